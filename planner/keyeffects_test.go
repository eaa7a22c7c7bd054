package planner_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/planner"
)

// The plan of an unbounded read holds the idle time; that a silent partition lets
// the watermark go after it is TestSilentPartitionIsReportedAndLetsGo's.
func TestIdleTimeout(t *testing.T) {
	for key, want := range map[string]string{"": "idle after 10s", ", 'watermark.idle_timeout'='90s'": "idle after 1m30s"} {
		app, err := newBench(t, planner.Validate).compile(`CREATE STREAM s (at BIGINT) WITH ('type'='kafka_source', 'topic'='s', 'event.time.field'='at'` + key + `);
CREATE STREAM o AS SELECT COUNT(*) AS n FROM s WINDOW TUMBLING(10s) WITH ('o.type'='kafka_sink', 'o.topic'='o')`)
		require.NoError(t, err, describe(err))
		require.Contains(t, app.Explain(), want)
		require.NoError(t, app.Close())
	}
}

// A key of DISTINCT is forgotten once the watermark is distinct.retention beyond it.
func TestDistinctRetention(t *testing.T) {
	for retention, want := range map[string]int{"": 2, "1h": 2, "1s": 3} {
		b := newBench(t, planner.Replay)
		b.o.From = []planner.Binding{{Name: "s", Path: b.file("s.jsonl", `{"ts":1000,"v":1}`, `{"ts":9000,"v":2}`, `{"ts":10000,"v":1}`)}}
		key := ""
		if retention != "" {
			key = ` WITH ('distinct.retention'='` + retention + `')`
		}
		got := b.run(`CREATE STREAM s (ts BIGINT, v BIGINT) WITH ('type'='kafka_source', 'topic'='s', 'event.time.field'='ts', 'event.time.format'='epoch_millis');
SELECT DISTINCT v FROM s` + key)
		require.Equal(t, want, strings.Count(got, "{"), "retention %q: %s", retention, got)
	}
}

// Statements that differ in what they make of the times of a source read it once, also
// where a key names it by an alias.
func TestReadersOfOneSource(t *testing.T) {
	b := newBench(t, planner.Replay)
	b.o.From = []planner.Binding{{Name: "s", Path: b.file("s.jsonl", `{"ts":1000}`, `{"ts":10000}`, `{"ts":2000}`), Props: map[string]string{"event.time.field": "ts", "event.time.format": "epoch_millis"}}}
	query := `SELECT _window_start AS w, COUNT(*) AS n FROM s x WINDOW TUMBLING(10s)`
	got := b.run(query + `;` + query + ` WITH ('s.allowed.lateness'='5s');` + query + ` WITH ('x.allowed.lateness'='5s')`)
	require.Equal(t, 2, strings.Count(got, `{"w":0,"n":2}`), got)
	require.Equal(t, 1, strings.Count(got, `{"w":0,"n":1}`), got)
	require.Len(t, b.rep.Sources, 1)
	require.Equal(t, int64(3), b.rep.Sources[0].Rows)
	require.Contains(t, b.fails(query+` WITH ('y.allowed.lateness'='5s')`), `unknown key "y.allowed.lateness"`)
}

func TestFormatKeys(t *testing.T) {
	run := func(path, keys string) string {
		b := newBench(t, planner.Run)
		b.file("s.jsonl", `{"v":1.5}`)
		b.run(`CREATE STREAM o AS SELECT CAST(v AS DECIMAL(9,2)) AS v FROM 's.jsonl' WITH ('o.type'='file_sink', 'o.path'='` + filepath.Join(b.dir, path) + `'` + keys + `)`)
		return b.read(path)
	}
	require.Equal(t, `{"v":1.50}`, run("o.jsonl", ``))
	require.Equal(t, `{"v":1.50}`, run("o.jsonl", `, 'o.json.decimal'='number'`))
	require.Equal(t, `{"v":"1.50"}`, run("o.jsonl", `, 'o.json.decimal'='string'`))
	require.Contains(t, run("o.jsonl", `, 'o.format'='capture'`), `"payload":"{\"v\":1.50}"`)
	require.Contains(t, run("o.jsonl", `, 'o.format'='capture', 'o.payload.format'='csv'`), `"payload":"1.50"`)

	b := newBench(t, planner.Query)
	b.file("d.jsonl", `[{"v":1},`, `{"v":2}]`)
	require.Equal(t, "{\"v\":1}\n{\"v\":2}", b.run(`SELECT v FROM 'd.jsonl' WITH ('json.layout'='document')`))
	b.run(`SELECT v FROM 'd.jsonl' WITH ('json.layout'='lines', 'columns'='v BIGINT')`)
	require.EqualValues(t, 2, b.rep.Ledger.Failed)

	b.file("tail.jsonl", `{"v":1,"w":x}`, `{"v":2}}`, `{"v":3`, `{"w":[,"v":4}`, `{"v":5,"w":1}`)
	b.file("tail.json", `[{"v":1,"w":x}, {"v":2,"w":{]}}, {"v":3}]`)
	for _, strict := range []string{``, `, 'json.validate'='strict'`} {
		require.Equal(t, `{"v":5}`, b.run(`SELECT v FROM 'tail.jsonl' WITH ('columns'='v BIGINT, w BIGINT'`+strict+`)`))
		require.EqualValues(t, 4, b.rep.Ledger.Failed)
	}
	require.Equal(t, "{\"v\":1}\n{\"v\":2}\n{\"v\":3}\n{\"v\":5}", b.run(`SELECT v FROM 'tail.jsonl' WITH ('columns'='v BIGINT, w BIGINT', 'json.validate'='touched')`))
	require.EqualValues(t, 1, b.rep.Ledger.Failed)
	require.Equal(t, "{\"v\":1}\n{\"v\":2}\n{\"v\":3}", b.run(`SELECT v FROM 'tail.json' WITH ('columns'='v BIGINT, w BIGINT', 'json.validate'='touched')`))
}

// slowRows is a sink that no batch passes in less than five milliseconds.
type slowRows struct{ arrowexec.Sink }

func (s slowRows) Write(ctx context.Context, b *arrowexec.Batch) error {
	time.Sleep(5 * time.Millisecond)
	return s.Sink.Write(ctx, b)
}

// No batch takes an hour, and none takes one millisecond: the adaptive size stays
// at its maximum with the one target and shrinks with the other.
func TestBatchTargetTime(t *testing.T) {
	lines := strings.Split(strings.Repeat("{\"v\":1}\n", 999)+`{"v":1}`, "\n")
	for target, want := range map[string]int{"1h": 200, "1ms": 100} {
		b := newBench(t, planner.Query)
		b.file("s.jsonl", lines...)
		rows := b.o.Rows
		b.o.Rows = func(out ingest.Output) (arrowexec.Sink, error) {
			s, err := rows(out)
			return slowRows{s}, err
		}
		b.run(`SELECT v FROM 's.jsonl' WITH ('batch.min'='10', 'batch.max'='200', 'batch.target.time'='` + target + `')`)
		require.Equal(t, 200, b.rep.Run.Decisions[0].Want)
		require.Equal(t, want, b.rep.Run.Decisions[0].Next, target)
	}
}

var badRow = `{"topic":"in","partition":3,"offset":7,"ts":1000,"headers":["h","1"],"key":"k","payload":{"v":"x"}}`

// A path that says .capture. keeps key, headers and time of the failed record,
// with headers that say what was wrong.
func TestDeadLetterCapture(t *testing.T) {
	b := newBench(t, planner.Query)
	b.file("s.jsonl", badRow)
	b.run(`CREATE STREAM s (v BIGINT) WITH ('type'='file_source', 'path'='s.jsonl');
SELECT v FROM s WITH ('failure.strategy'='dead_letter', 'dead.letter.queue.path'='` + filepath.Join(b.dir, "d.capture.jsonl") + `')`)
	got := b.read("d.capture.jsonl")
	for _, want := range []string{`"topic":"query-2.dlq"`, `"key":"k"`, `"ts":1000`, `"payload":"{\"v\":\"x\"}"`, `"h","1"`, `"velo.error","`, `"velo.error.class","`, `"velo.source","s"`, `"velo.partition","3"`, `"velo.offset","7"`, `"velo.query","`} {
		require.Contains(t, got, want)
	}
}

func TestDeadLetterTopic(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "in", "bad"))
	require.NoError(t, err)
	defer cluster.Close()
	addr := cluster.ListenAddrs()[0]
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.ConsumeTopics("bad"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	require.NoError(t, err)
	defer cl.Close()
	ctx := context.Background()
	require.NoError(t, cl.ProduceSync(ctx, &kgo.Record{Topic: "in", Key: []byte("k"), Value: []byte(`{"v":"x"}`), Headers: []kgo.RecordHeader{{Key: "h", Value: []byte("1")}}}).FirstErr())

	b := newBench(t, planner.Run)
	b.run(fmt.Sprintf(`CREATE STREAM s (v BIGINT) WITH ('type'='kafka_source', 'topic'='in', 'bootstrap.servers'='%s', 'bounded'='true');
CREATE STREAM o AS SELECT v FROM s WITH ('o.type'='blackhole_sink', 'failure.strategy'='dead_letter', 'dead.letter.queue.topic'='bad')`, addr))
	require.EqualValues(t, 1, b.rep.Ledger.Failed)
	fetched := cl.PollFetches(ctx)
	require.NoError(t, fetched.Err())
	recs := fetched.Records()
	require.Len(t, recs, 1)
	require.Equal(t, "k", string(recs[0].Key))
	require.Equal(t, `{"v":"x"}`, string(recs[0].Value))
	headers := map[string]string{}
	for _, h := range recs[0].Headers {
		headers[h.Key] = string(h.Value)
	}
	require.Contains(t, headers["velo.error"], "BIGINT")
	require.NotEmpty(t, headers["velo.error.class"])
	delete(headers, "velo.error")
	delete(headers, "velo.error.class")
	require.Equal(t, map[string]string{"h": "1", "velo.source": "s", "velo.partition": "0", "velo.offset": "0", "velo.query": "o"}, headers)
}

// Letters of records that do not decode and of rows that an expression fails
// stand in the order of the input, whatever the batch size and the threads.
func TestDeadLettersAreInInputOrder(t *testing.T) {
	lines := []string{`{"v":1,"s":"x"}`, `{"v":"bad","s":"1"}`, `{"v":2,"s":"1"}`, `{"v":3,"s":"y"}`, `nothing`, `{"v":4,"s":"z"}`}
	want := strings.Join([]string{lines[0], lines[1], lines[3], lines[4], lines[5]}, "\n")
	for _, size := range []string{"1", "2", "3", "1024"} {
		for _, threads := range []int{1, 3} {
			b := newBench(t, planner.Query)
			b.o.Threads = threads
			b.file("s.jsonl", lines...)
			b.run(`CREATE STREAM s (v BIGINT, s STRING) WITH ('type'='file_source', 'path'='s.jsonl');
SELECT v, CAST(s AS BIGINT) AS n FROM s WITH ('batch.size'='` + size + `', 'failure.strategy'='dead_letter', 'dead.letter.queue.path'='` + filepath.Join(b.dir, "d.jsonl") + `')`)
			require.Equal(t, want, b.read("d.jsonl"), "batches of %s, %d threads", size, threads)
		}
	}
}
