package planner

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/all"
	"github.com/velostream/velo/ingest/kafka"
)

// clientKeys is the test that walks the table of client properties, each with
// the field or client option that it sets.
const clientKeys = "ingest/kafka TestEveryKeyHasAnEffect"

// wireKeys is the test that sees in the requests of a live run what the keys of its
// source and sink ask for.
const wireKeys = "TestClientKeysOnTheWire"

// effectTests name, for every WITH key that is accepted, a test that fails when
// the key loses its effect: "folder TestName", or "TestName" of this folder.
// Client properties of Kafka that are not listed are those of clientKeys.
var effectTests = map[string]string{
	"fetch.min.bytes": wireKeys, "fetch.max.bytes": wireKeys, "max.partition.fetch.bytes": wireKeys, "fetch.wait.max.ms": wireKeys,
	"isolation.level": wireKeys, "client.rack": wireKeys, "session.timeout.ms": wireKeys, "max.poll.interval.ms": wireKeys, "group.instance.id": wireKeys,
	"partition.assignment.strategy": wireKeys, "enable.idempotence": wireKeys, "acks": wireKeys, "linger.ms": "ingest/kafka testLinger",
	"topic.wait.timeout": "ingest/kafka testLateTopic", "topic.retry.interval": "ingest/kafka testLateTopic",
	"start": "ingest/kafka testUnboundedStart", "end": "ingest/kafka testBounds", "bounded": "ingest/kafka testBoundedGroup", "group.id": "ingest/kafka testBoundedGroup",
	"auto.offset.reset": "ingest/kafka testUnbounded", "group.protocol": "ingest/kafka testServerSideGroup", "delivery.timeout.ms": "ingest/kafka testDeliveryTimeout",
	"security.protocol": "ingest/kafka TestLogin",
	"ssl.ca.location":   "ingest/kafka TestTLS", "ssl.certificate.location": "ingest/kafka TestClientCertificate", "ssl.key.location": "ingest/kafka TestClientCertificate",
	"type": "TestWhereKeysMayStand", "path": "TestWhereKeysMayStand", "config_file": "TestConfigFile",
	"format": "TestFromAndToReplaceTheConnection", "key.format": "TestKeyFields", "key.fields": "TestKeyFields",
	"schema": "TestSourceKeys", "schema.file": "TestSourceKeys", "columns": "TestSourceKeys", "infer.records": "TestSourceKeys",
	"delimiter": "TestSourceKeys", "csv.delimiter": "TestSourceKeys", "csv.header": "TestSourceKeys", "csv.quote": "TestSourceKeys", "csv.null": "TestSourceKeys",
	"json.decimal": "TestFormatKeys", "json.layout": "TestFormatKeys", "json.validate": "TestFormatKeys", "payload.format": "TestFormatKeys", "protobuf.message": "TestProtobuf",

	"failure.strategy": "TestFailureKeys", "dead.letter.queue.topic": "TestDeadLetterTopic", "dead.letter.queue.path": "TestDeadLetterCapture", "max.poison.rows": "TestFailureKeys",
	"event.time.field": "TestEventTimeFormats", "event.time.format": "TestEventTimeFormats",
	"watermark.strategy": "TestTimeKeys", "watermark.max_out_of_orderness": "TestTimeKeys", "watermark.idle_timeout": "TestIdleTimeoutOfALiveRun",
	"allowed.lateness": "TestTimeKeys", "late.data.strategy": "TestTimeKeys", "late.data.retention": "TestTimeKeys",
	"emit.changes": "TestBatchChanges", "headers": "TestSinkKeys", "distinct.retention": "TestDistinctRetention",
	"batch.strategy": "TestBatchKeys", "batch.size": "TestBatchKeys", "batch.min": "TestBatchKeys", "batch.max": "TestBatchKeys", "batch.target.time": "TestBatchTargetTime",
	"delivery.guarantee": "TestRefusedAndUnknownKeys", // one value is accepted, the other refused
	"max.memory.mb":      "TestMaxMemoryIsTheMemoryLimit",

	"recursive": "ingest/file TestPaths", "watch": "ingest/file TestWatch", "polling.interval": "ingest/file TestWatch", "max_records": "ingest/file TestKeys",
	"skip_lines": "ingest/file TestKeys", "file.wait.timeout": "ingest/file TestWaitForFile", "envelope": "ingest/file TestCapture", "topic": "ingest/file TestCapture",
	"append": "ingest/file TestSinkAppendAndRotate", "rotate.size": "ingest/file TestSinkAppendAndRotate", "rotate.interval": "ingest/file TestSinkAppendAndRotate",
	"compression.type": "TestFileSinkCompression", "compression": "TestFileSinkCompression",

	"has_headers": "TestVelostreamNames", "watermark.idle.timeout": "TestVelostreamNames", "buffer_memory": "TestVelostreamNames", "max_in_flight_requests_per_connection": "TestVelostreamNames",
	"rows": "ingest/std TestGenerator", "rate": "ingest/std TestGenerator", "seed": "ingest/std TestGenerator", "nulls": "ingest/std TestGenerator",
}

// acceptedKeys are all keys that no statement refuses.
func acceptedKeys() []string {
	list := slices.Concat(queryKeys, sourceGroup, sinkGroup)
	add := func(keys []ingest.Key) {
		for _, k := range keys {
			list = append(list, k.Name)
		}
	}
	r := all.New()
	for _, t := range r.Sources {
		add(t.Keys)
	}
	for _, t := range r.Sinks {
		add(t.Keys)
	}
	for _, f := range r.Formats {
		add(f.Keys)
	}
	for alias, key := range keyAliases {
		if _, refused := refusedKeys[key]; !refused {
			list = append(list, alias)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// testText gives the source of a test function, "" when there is none.
func testText(t *testing.T, folder, name string) string {
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	require.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, file, text, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == name {
				return string(text[set.Position(fn.Pos()).Offset:set.Position(fn.End()).Offset])
			}
		}
	}
	return ""
}

func TestEveryAcceptedKeyHasAnEffectTest(t *testing.T) {
	accepted := acceptedKeys()
	require.Greater(t, len(accepted), 80)
	for _, key := range accepted {
		where, ok := effectTests[key]
		if !ok {
			if kafka.CheckKey(key) == nil {
				where = clientKeys
			} else {
				t.Errorf("key %q is accepted, but no test shows its effect: write one and name it in effectTests", key)
				continue
			}
		}
		folder, name, elsewhere := strings.Cut(where, " ")
		if !elsewhere {
			folder, name = "planner", where
		}
		text := testText(t, filepath.Join("..", filepath.FromSlash(folder)), name)
		switch {
		case text == "":
			t.Errorf("key %q: there is no test %s in %s", key, name, folder)
		case where != clientKeys && !strings.Contains(strings.ToLower(text), key):
			t.Errorf("key %q: %s in %s does not speak of it", key, name, folder)
		}
	}
	for key := range effectTests {
		if !slices.Contains(accepted, key) {
			t.Errorf("effectTests has key %q, which nothing accepts", key)
		}
	}
}
