package planner_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/planner"
	"github.com/velostream/velo/planner/internal/diag"
)

// The other names that Velostream's files have for keys have the effect of the keys.
func TestVelostreamNames(t *testing.T) {
	b := newBench(t, planner.Query)
	b.file("s.csv", "1", "2")
	require.Equal(t, "{\"v\":1}\n{\"v\":2}", b.run(`SELECT v FROM 's.csv' WITH ('has_headers'='false', 'columns'='v BIGINT')`))

	app, err := newBench(t, planner.Validate).compile(`CREATE STREAM s (at BIGINT) WITH ('type'='kafka_source', 'topic'='s', 'event.time.field'='at', 'watermark.idle.timeout'='90s');
CREATE STREAM o AS SELECT COUNT(*) AS n FROM s WINDOW TUMBLING(10s) WITH ('o.type'='kafka_sink', 'o.topic'='o')`)
	require.NoError(t, err, describe(err))
	require.Contains(t, app.Explain(), "idle after 1m30s")
	require.NoError(t, app.Close())

	b = newBench(t, planner.Run)
	b.file("s.jsonl", `{"v":1}`)
	for _, key := range []string{"buffer_memory", "max_in_flight_requests_per_connection"} {
		text := b.fails(`CREATE STREAM o AS SELECT v FROM 's.jsonl' WITH ('o.type'='kafka_sink', 'o.topic'='o', 'o.` + key + `'='none')`)
		require.Contains(t, text, `app.sql:1:88: sink "o": key "`+key+`" must be`)
		require.Contains(t, text, `"none"`)
	}
}

// Keys of Velostream's files that mean nothing here are said to, those of YAML with what
// else they are, lists too.
func TestVelostreamKeysWithoutEffect(t *testing.T) {
	b := newBench(t, planner.Run)
	b.file("s.jsonl", `{"v":1}`)
	b.file("sink.yaml", `datasink:`, `  schema: {name: record}`, `  producer_config: {circuit.breaker.enabled: true}`, `metadata:`, `  target_consumers: [a, b]`, `  description: text`)
	app, err := b.compile(`CREATE STREAM o AS SELECT v FROM 's.jsonl' WITH ('o.type'='file_sink', 'o.path'='` + filepath.Join(b.dir, "o.jsonl") + `', 'o.config_file'='sink.yaml', 'cache.enabled'='true', 'max.groups'='5')`)
	require.NoError(t, err, describe(err))
	var got []string
	for _, d := range app.Warnings {
		require.Equal(t, diag.NoEffect, d.Kind)
		got = append(got, d.Message)
	}
	require.ElementsMatch(t, []string{
		`key "cache.enabled" has no effect in velo: tables are in memory`,
		`key "max.groups" has no effect in velo: memory is bounded by --memory-limit`,
		`key "circuit.breaker.enabled" has no effect in velo: the client retries until delivery.timeout.ms`,
		`key "metadata.description" has no effect in velo: it describes`,
		`key "metadata.target_consumers" has no effect in velo: it describes`,
		`key "name" has no effect in velo: a source or sink has the name that the statement gives it`,
	}, got)
	require.NoError(t, app.Close())
	require.Contains(t, b.fails(`CREATE STREAM o AS SELECT v FROM 's.jsonl' WITH ('o.type'='kafka_sink', 'o.topic'='o', 'o.metadata.max.age'='1')`), `unknown key "metadata.max.age" of sink "o"`)
}

// The name of the topic stands in a section of YAML.
func TestTopicSection(t *testing.T) {
	b := newBench(t, planner.Query)
	b.file("topic.yaml", `topic:`, `  name: "trades"`)
	b.file("c.jsonl", `{"topic":"trades","partition":0,"offset":0,"ts":1,"payload":{"v":1}}`, `{"topic":"quotes","partition":0,"offset":0,"ts":1,"payload":{"v":2}}`)
	require.Equal(t, `{"v":1}`, b.run(`SELECT v FROM 'c.jsonl' WITH ('config_file'='topic.yaml')`))
}

// A key that only sinks have means the statement's sink, one that only sources have its
// source, without a name before it.
func TestBareKeysOfOneSide(t *testing.T) {
	b := newBench(t, planner.Run)
	b.file("s.jsonl", `{"v":1}`, `{"v":2}`)
	b.file("u.jsonl", `{"v":1}`)
	b.run(`CREATE STREAM o AS SELECT s.v FROM s JOIN u ON s.v = u.v WITH ('s.path'='s.jsonl', 's.type'='file_source', 'u.path'='u.jsonl', 'u.type'='file_source',
 'o.type'='file_sink', 'o.path'='` + filepath.Join(b.dir, "o.jsonl") + `', 'rotate.size'='1MiB')`)
	require.Equal(t, `{"v":1}`, b.read("o-00001.jsonl"))
	b.run(`CREATE STREAM p AS SELECT v FROM 's.jsonl' WITH ('p.type'='file_sink', 'p.path'='` + filepath.Join(b.dir, "p.jsonl") + `', 'max_records'='1')`)
	require.Equal(t, `{"v":1}`, b.read("p.jsonl"))
	b.file("u.csv", `v`, `1`)
	require.Contains(t, b.fails(`CREATE STREAM o AS SELECT s.v FROM s JOIN u ON s.v = u.v WITH ('s.path'='s.jsonl', 'u.path'='u.csv', 'csv.delimiter'=';')`),
		`key "csv.delimiter" does not say which source or sink it means`)
}
