package planner_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/planner"
)

// A key of a format that a source or sink does not have would be dropped in silence.
func TestKeysOfAnotherFormat(t *testing.T) {
	for _, c := range []struct{ sql, want string }{
		{`SELECT v FROM 's.jsonl' WITH ('csv.delimiter'=';')`,
			`app.sql:1:31: key "csv.delimiter" has no effect on source "s": it is a key of format csv and tsv, and the format is json`},
		{`SELECT v FROM 's.jsonl' WITH ('delimiter'=';')`, `app.sql:1:31: key "delimiter" has no effect on source "s"`},
		{`SELECT v FROM 's.jsonl' WITH ('json.decimal'='string')`, `app.sql:1:31: key "json.decimal" has no effect on source "s": it tells how records are written`},
		{`SELECT v FROM 's.csv' WITH ('json.validate'='touched')`, `app.sql:1:29: key "json.validate" has no effect on source "s"`},
		{`SELECT v FROM 's.csv' WITH ('format'='json', 'csv.header'='false')`, `app.sql:1:46: key "csv.header" has no effect on source "s"`},
		{`SELECT v FROM 'kafka://h/s' WITH ('csv.null'='-', 'columns'='v BIGINT')`, `app.sql:1:35: key "csv.null" has no effect on source "s"`},
		{`SELECT v FROM 'kafka://h/s' WITH ('format'='avro', 'schema'='{"type":"record","name":"r","fields":[{"name":"v","type":"long"}]}', 'json.layout'='lines')`,
			`app.sql:1:131: key "json.layout" has no effect on source "s": it is a key of format json, and the format is avro`},
		{`SELECT v FROM g WITH ('g.type'='generator_source', 'g.columns'='v BIGINT', 'g.csv.header'='false')`, `app.sql:1:76: unknown key "csv.header" of source "g"`},
		{`CREATE STREAM d (v BIGINT) WITH ('type'='kafka_source', 'topic'='d', 'protobuf.message'='m');
SELECT v FROM d`, `app.sql:1:70: key "protobuf.message" has no effect on source "d": it is a key of format protobuf, and the format is json`},
		{`CREATE STREAM o AS SELECT v FROM 's.jsonl' WITH ('o.type'='file_sink', 'o.path'='o.csv', 'o.json.decimal'='string')`,
			`app.sql:1:90: key "json.decimal" has no effect on sink "o": it is a key of format json, and the format is csv`},
		{`CREATE STREAM o AS SELECT v FROM 's.jsonl' WITH ('o.type'='file_sink', 'o.path'='o.jsonl', 'o.json.validate'='strict')`,
			`app.sql:1:92: key "json.validate" has no effect on sink "o": it tells how records are read`},
		{`CREATE STREAM o AS SELECT v FROM 's.jsonl' WITH ('o.type'='stdout_sink', 'o.csv.quote'='')`, `app.sql:1:74: key "csv.quote" has no effect on sink "o"`},
		{`CREATE STREAM o AS SELECT v FROM 's.jsonl' WITH ('o.type'='blackhole_sink', 'o.csv.quote'='')`, `app.sql:1:77: unknown key "csv.quote" of sink "o"`},
		{`CREATE STREAM o AS SELECT v FROM 's.jsonl' WITH ('o.type'='kafka_sink', 'o.topic'='o', 'o.delimiter'=';')`, `app.sql:1:88: key "delimiter" has no effect on sink "o"`},
	} {
		for _, mode := range []planner.Mode{planner.Query, planner.Run, planner.Validate} {
			if mode == planner.Query && c.sql[:6] == "CREATE" {
				continue
			}
			b := newBench(t, mode)
			b.file("s.jsonl", `{"v":1}`)
			b.file("s.csv", `v`, `1`)
			require.Contains(t, b.fails(c.sql), c.want)
		}
	}
}

// What the files of --from and --to replace of a declaration leaves its keys without
// effect, and without complaint; their own options must have one.
func TestFormatKeysOfReplacedConnections(t *testing.T) {
	const app = `CREATE STREAM s (v BIGINT) WITH ('type'='kafka_source', 'topic'='s', 'format'='csv', 'csv.delimiter'=';');
CREATE STREAM o AS SELECT v FROM s WITH ('o.type'='kafka_sink', 'o.topic'='o', 'o.format'='csv', 'o.delimiter'=';', 'o.linger.ms'='5')`
	b := newBench(t, planner.Replay)
	in, out := b.file("s.jsonl", `{"v":1}`), filepath.Join(b.dir, "o.jsonl")
	set := func(from, to map[string]string) {
		b.o.From = []planner.Binding{{Name: "S", Path: in, Props: from}}
		b.o.To = []planner.Binding{{Name: "O", Path: out, Props: to}}
	}
	set(nil, nil)
	b.run(app)
	require.Equal(t, `{"v":1}`, b.read("o.jsonl"))
	set(map[string]string{"csv.header": "false"}, nil)
	require.Contains(t, b.fails(app), `key "csv.header" has no effect on source "s": it is a key of format csv and tsv, and the format is json (--from S)`)
	set(map[string]string{"linger.ms": "5"}, nil)
	require.Contains(t, b.fails(app), `unknown key "linger.ms" of source "s" (--from S)`)
	set(nil, map[string]string{"csv.quote": ""})
	require.Contains(t, b.fails(app), `key "csv.quote" has no effect on sink "o": it is a key of format csv and tsv, and the format is json (--to O)`)
	set(nil, map[string]string{"linger.ms": "5"})
	require.Contains(t, b.fails(app), `unknown key "linger.ms" of sink "o" (--to O)`)
}

// Keys of sinks are checked where a replay writes them elsewhere, and where a stream
// stays in memory.
func TestUnknownKeysOfReplacedSinks(t *testing.T) {
	for _, mode := range []planner.Mode{planner.Replay, planner.Run, planner.Validate} {
		b := newBench(t, mode)
		b.file("s.jsonl", `{"v":1}`)
		require.Contains(t, b.fails(`CREATE STREAM o AS SELECT v FROM 's.jsonl' WITH ('o.type'='kafka_sink', 'o.topic'='o', 'o.linger'='5')`), `app.sql:1:88: unknown key "linger" of sink "o"`)
		require.Contains(t, b.fails(`CREATE STREAM o AS SELECT v FROM 's.jsonl' WITH ('o.lingerms'='5');
SELECT v FROM o`), `app.sql:1:50: unknown key "lingerms" of sink "o"`)
	}
}

// A key of --set is for all: it is enough that one source or sink has its format.
func TestFormatKeysOfSet(t *testing.T) {
	b := newBench(t, planner.Query)
	b.file("s.jsonl", `{"v":1}`)
	b.file("s.csv", `v;w`, `1;2`)
	join := `SELECT s.v, w FROM s JOIN c ON s.v = c.v`
	b.o.From = []planner.Binding{{Name: "s", Path: filepath.Join(b.dir, "s.jsonl")}, {Name: "c", Path: filepath.Join(b.dir, "s.csv")}}
	b.o.Set = map[string]string{"c.csv.delimiter": ";"}
	require.Equal(t, `{"v":1,"w":2}`, b.run(join))
	b.o.Set = map[string]string{"s.csv.delimiter": ";"}
	require.Contains(t, b.fails(`SELECT v FROM s`), `key "csv.delimiter" has no effect on source "s": it is a key of format csv and tsv, and the format is json (--set s.csv.delimiter)`)
	b.o.Set = map[string]string{"csv.delimiter": ";"}
	require.Contains(t, b.fails(`SELECT v FROM s`), `key "csv.delimiter" of --set has no effect: no source or sink of the application has the format that it is of`)
	require.Equal(t, `{"v":1,"w":2}`, b.run(`SELECT v, w FROM c`))
}
