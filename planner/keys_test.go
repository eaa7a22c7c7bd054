package planner_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/planner"
)

const windowed = `CREATE STREAM s (ts STRING, v BIGINT) WITH ('type'='file_source', 'path'='s.jsonl', 'event.time.field'='ts'%s);
SELECT COUNT(*) AS n, SUM(v) AS t FROM s WINDOW TUMBLING(10s) EMIT FINAL%s`

func TestTimeKeys(t *testing.T) {
	// 1s, 12s closes [0,10), 2s is late, 25s.
	lines := []string{`{"ts":"1970-01-01T00:00:01Z","v":1}`, `{"ts":"1970-01-01T00:00:12Z","v":10}`, `{"ts":"1970-01-01T00:00:02Z","v":100}`, `{"ts":"1970-01-01T00:00:25Z","v":null}`}
	dropped := `{"n":1,"t":1}{"n":1,"t":10}{"n":1,"t":null}`
	kept := `{"n":2,"t":101}{"n":1,"t":10}{"n":1,"t":null}`
	for _, c := range []struct {
		name, source, statement, want string
		late                          int64
	}{
		{"default is ascending and drops", ``, ``, dropped, 1},
		{"ascending", `, 'watermark.strategy'='ascending'`, ``, dropped, 1},
		{"bounded keeps", `, 'watermark.strategy'='bounded_out_of_orderness', 'watermark.max_out_of_orderness'='5s'`, ``, kept, 0},
		{"lateness of the source", `, 'allowed.lateness'='5s'`, ``, kept, 0},
		{"lateness of the statement", ``, ` WITH ('allowed.lateness'='5s')`, kept, 0},
		{"the statement's lateness wins", `, 'allowed.lateness'='5s'`, ` WITH ('allowed.lateness'='0')`, dropped, 1},
		{"drop", `, 'late.data.strategy'='drop'`, ``, dropped, 1},
		{"next window", `, 'late.data.strategy'='include_in_next_window'`, ``, `{"n":1,"t":1}{"n":2,"t":110}{"n":1,"t":null}`, -1},
		{"update", ``, ` WITH ('late.data.strategy'='update_previous')`, `{"n":1,"t":1}{"n":2,"t":101}{"n":1,"t":10}{"n":1,"t":null}`, -1},
		{"update, but kept for too short", `, 'late.data.retention'='1ms'`, ` WITH ('late.data.strategy'='update_previous')`, dropped, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, planner.Query)
			b.file("s.jsonl", lines...)
			got := b.run(strings.Replace(strings.Replace(windowed, "%s", c.source, 1), "%s", c.statement, 1))
			require.Equal(t, c.want, strings.ReplaceAll(got, "\n", ""))
			if c.late >= 0 {
				require.Equal(t, c.late, b.rep.Ledger.Late)
			}
		})
	}
}

func TestEventTimeFormats(t *testing.T) {
	for _, c := range []struct{ format, value, want string }{
		{"epoch_millis", `1700000000123`, "1700000000123"},
		{"EPOCH_SECONDS", `1700000000`, "1700000000000"},
		{"epoch_millis", `1700000000`, "1700000000"},
		{"epoch_seconds", `1700000000.5`, "1700000000500"},
		{"epoch", `1700000000`, "1700000000000"}, // another word for seconds
		{"epoch", `"1700000000"`, "1700000000000"},
		{"", `1700000000123`, "1700000000123"},
		{"", `99999999999`, "99999999999000"}, // from 1e11 on it is ms
		{"", `100000000000`, "100000000000"},
		{"", `-100000000000`, "-100000000000"},
		{"epoch_millis", `"1700000000123"`, "1700000000123"},
		{"iso8601", `"2023-11-14T22:13:20.1239+01:00"`, "1699996400123"},
		{"iso8601", `"2023-11-14T22:13:20Z"`, "1700000000000"},
		{"%d.%m.%Y %H:%M:%S", `"14.11.2023 22:13:20"`, "1700000000000"},
		{"", `"2023-11-14"`, "1699920000000"},
	} {
		t.Run(c.format, func(t *testing.T) {
			b := newBench(t, planner.Query)
			b.file("s.jsonl", `{"t":`+c.value+`}`, `{"t":null}`)
			format := ""
			if c.format != "" {
				format = ", 'event.time.format'='" + c.format + "'"
			}
			got := b.run(`SELECT CAST(EXTRACT(EPOCH FROM _event_time) * 1000 AS BIGINT) AS e FROM 's.jsonl' WITH ('event.time.field'='t'` + format + `)`)
			require.Equal(t, `{"e":`+c.want+`}`, strings.TrimSpace(got))
			require.EqualValues(t, 1, b.rep.Ledger.Failed, "a NULL event time is a row error")
		})
	}
}

func TestLateDeadLetter(t *testing.T) {
	b := newBench(t, planner.Replay)
	b.o.Out = filepath.Join(b.dir, "out")
	b.file("s.jsonl", `{"ts":1000,"v":1}`, `{"ts":12000,"v":10}`, `{"ts":2000,"v":100}`)
	b.o.From = []planner.Binding{{Name: "s", Path: filepath.Join(b.dir, "s.jsonl")}}
	b.run(`CREATE STREAM o AS SELECT COUNT(*) AS n FROM s WINDOW TUMBLING(10s) EMIT FINAL
WITH ('s.type'='kafka_source', 's.topic'='x', 's.event.time.field'='ts', 's.event.time.format'='epoch_millis', 'late.data.strategy'='dead_letter', 'o.type'='kafka_sink', 'o.topic'='o')`)
	require.Equal(t, `{"ts":2000,"v":100}`, b.read("out/o.dlq.jsonl"))
	require.Equal(t, "{\"n\":1}\n{\"n\":1}", b.read("out/o.jsonl"))
}

func TestBatchKeys(t *testing.T) {
	var lines []string
	for range 500 {
		lines = append(lines, `{"v":1}`)
	}
	for _, c := range []struct {
		keys string
		want int
	}{
		{`'batch.size'='50'`, 50},
		{`'batch.strategy'='fixed_size', 'batch.size'='70'`, 70},
		{`'batch.strategy'='FIXED_SIZE'`, 8192},
		{`'batch.strategy'='time_window', 'batch.max'='200'`, 200},
		{`'batch.strategy'='memory_based', 'batch.max'='300'`, 300},
		{`'batch.strategy'='low_latency', 'batch.min'='10'`, 10},
		{`'batch.strategy'='mega_batch', 'batch.max'='123'`, 123},
		{`'batch.strategy'='adaptive', 'batch.max'='150'`, 150},
	} {
		b := newBench(t, planner.Query)
		b.file("s.jsonl", lines...)
		b.run(`SELECT v FROM 's.jsonl' WITH (` + c.keys + `)`)
		require.NotEmpty(t, b.rep.Run.Decisions)
		require.Equal(t, c.want, b.rep.Run.Decisions[0].Want, c.keys)
	}
	b := newBench(t, planner.Query)
	b.file("s.jsonl", lines...)
	b.run("-- @batch_size: 40\nSELECT v FROM 's.jsonl'")
	require.Equal(t, 40, b.rep.Run.Decisions[0].Want, "@batch_size")
	require.Contains(t, b.fails(`SELECT v FROM 's.jsonl' WITH ('batch.max'='50')`), "app.sql:1:")
	require.Contains(t, b.fails(`SELECT v FROM 's.jsonl' WITH ('batch.strategy'='fast')`), "batch.strategy")
}

func TestFailureKeys(t *testing.T) {
	lines := []string{`{"v":1}`, `{"v":"x"}`, `{"v":2}`, `{"v":"y"}`}
	sql := func(keys string) string {
		return `CREATE STREAM s (v BIGINT) WITH ('type'='file_source', 'path'='s.jsonl'); SELECT v FROM s WITH ('failure.strategy'=` + keys + `)`
	}
	b := newBench(t, planner.Query)
	b.file("s.jsonl", lines...)
	require.Equal(t, "{\"v\":1}\n{\"v\":2}", b.run(sql(`'log_and_continue'`)))
	require.EqualValues(t, 2, b.rep.Ledger.Failed)
	require.Len(t, b.errs, 2)
	_, err := b.try(sql(`'fail_batch'`))
	require.ErrorContains(t, err, "fail_batch")
	_, err = b.try(sql(`'log_and_continue', 'max.poison.rows'='1'`))
	require.ErrorContains(t, err, "max.poison.rows=1")
	b.run(sql(`'log_and_continue', 'max.poison.rows'='2'`))
	b.run(sql(`'dead_letter', 'dead.letter.queue.path'='` + filepath.Join(b.dir, "d.jsonl") + `'`))
	require.Equal(t, lines[1]+"\n"+lines[3], b.read("d.jsonl"))
	_, err = b.try(`CREATE STREAM s (v BIGINT) WITH ('type'='file_source', 'path'='s.jsonl', 'failure.strategy'='fail_batch'); SELECT v FROM s`)
	require.ErrorContains(t, err, "fail_batch", "a source's failure.strategy holds for its statement")
	require.Contains(t, b.fails(sql(`'log_and_continue', 'dead.letter.queue.topic'='x'`)), "no effect")

	b = newBench(t, planner.Replay)
	p := b.file("s.jsonl", lines...)
	b.o.From, b.o.Out = []planner.Binding{{Name: "s", Path: p}}, filepath.Join(b.dir, "out")
	app := `CREATE STREAM s (v BIGINT) WITH ('type'='kafka_source', 'topic'='s'); CREATE STREAM o AS SELECT v FROM s WITH ('failure.strategy'='dead_letter'`
	b.run(app + `)`)
	require.Equal(t, lines[1]+"\n"+lines[3], b.read("out/o.dlq.jsonl"))
	b.run(app + `, 'dead.letter.queue.topic'='bad')`)
	require.Equal(t, lines[1]+"\n"+lines[3], b.read("out/bad.jsonl"))
}

func TestRefusedAndUnknownKeys(t *testing.T) {
	b := newBench(t, planner.Query)
	b.file("s.jsonl", `{"v":1}`)
	for _, k := range []string{"checkpoint.interval", "checkpoint.path", "retry.max.attempts", "retry.initial.delay", "retry.max.delay", "retry.multiplier",
		"table.model", "retention", "table.ready.timeout", "refresh.interval", "fallback.strategy", "fallback.defaults",
		"schema.registry.url", "schema.registry.auth", "schema.registry.subject", "join.timeout", "table_model", "refresh_interval"} {
		got := b.fails("SELECT v\nFROM 's.jsonl' WITH ('" + k + "'='secret1')")
		require.Contains(t, got, "app.sql:2:", k)
		require.Contains(t, got, `key "`+k+`" is not supported yet`)
		require.NotContains(t, got, "secret1")
	}
	require.Contains(t, b.fails(`SELECT v FROM 's.jsonl' WITH ('failure.strategy'='retry_with_backoff')`), "retry_with_backoff is not supported")
	require.Contains(t, b.fails(`SELECT v FROM 's.jsonl' WITH ('delivery.guarantee'='exactly_once')`), "exactly_once is not supported")
	got := b.fails(`SELECT v FROM 's.jsonl' WITH ('infer.record'='5')`)
	require.Contains(t, got, `unknown key "infer.record"`)
	require.Contains(t, got, `infer.records`)
	b.file("a.txt", `syntax = "proto3";`)
	require.Contains(t, b.fails("SELECT v FROM 's.jsonl' WITH ('schema.file'='a.txt')"), "must be a column list")
	require.Contains(t, b.fails("SELECT v FROM 's.jsonl' WITH ('schema.file'='nowhere.txt')"), "no such file")

	app, err := b.compile(`SELECT v FROM 's.jsonl' WITH ('performance_profile'='fast')`)
	require.NoError(t, err, describe(err))
	require.Contains(t, app.Warnings.Render(nil), "has no effect in velo")
	require.NoError(t, app.Close())

	b.o.Set = map[string]string{"nonsense.key": "1"}
	require.Contains(t, b.fails(`SELECT v FROM 's.jsonl'`), `unknown key "nonsense.key" of --set`)
}

func TestSourceKeys(t *testing.T) {
	b := newBench(t, planner.Query)
	b.file("s.jsonl", `{"v":1,"w":null}`, `{"v":2.5,"w":"a"}`)
	b.file("s.csv", `1;~;'a;b'`, `2;N;c`)
	b.file("cols.txt", "v STRING,\nw STRING")
	for _, c := range []struct{ sql, want string }{
		{`SELECT v FROM 's.jsonl' WITH ('columns'='v STRING')`, `{"v":"1"}{"v":"2.5"}`},
		{`SELECT v FROM 's.jsonl' WITH ('schema'='v STRING')`, `{"v":"1"}{"v":"2.5"}`},
		{`SELECT v, w FROM 's.jsonl' WITH ('schema.file'='cols.txt')`, `{"v":"1","w":null}{"v":"2.5","w":"a"}`},
		{`SELECT v FROM 's.jsonl' WITH ('infer.records'='1')`, `{"v":1}`},
		{`SELECT * FROM 's.csv' WITH ('csv.delimiter'=';', 'csv.header'='false', 'csv.null'='~', 'csv.quote'='''', 'columns'='a INT, b STRING, c STRING')`, `{"a":1,"b":null,"c":"a;b"}{"a":2,"b":"N","c":"c"}`},
		{`SELECT * FROM 's.csv' WITH ('delimiter'=';', 'csv.header'='false', 'csv.null'='N', 'columns'='a INT, b STRING, c STRING')`, `{"a":2,"b":null,"c":"c"}`},
	} {
		require.Equal(t, c.want, strings.ReplaceAll(b.run(c.sql), "\n", ""), c.sql)
	}
	require.Contains(t, b.fails(`SELECT v FROM 's.jsonl' WITH ('schema'='{"type":"record"}')`), `key "schema" must be a column list`)
	b.o.Set = map[string]string{"s.columns": "v STRING"}
	require.Equal(t, `{"v":"1"}`+"\n"+`{"v":"2.5"}`, b.run(`CREATE STREAM s WITH ('type'='file_source','path'='s.jsonl'); SELECT v FROM s`))
	b.o.Set = map[string]string{"max_records": "1", "batch.size": "1"}
	require.Equal(t, `{"v":1}`, b.run(`CREATE STREAM s WITH ('type'='file_source','path'='s.jsonl'); SELECT v FROM s`))
}

func TestMaxMemoryIsTheMemoryLimit(t *testing.T) {
	b := newBench(t, planner.Query)
	b.file("s.jsonl", `{"v":1}`)
	require.Equal(t, `{"v":1}`, b.run(`SELECT v FROM 's.jsonl' WITH ('max.memory.mb'='64')`))
	var lines []string
	for k := range 4000 {
		lines = append(lines, fmt.Sprintf(`{"v":"%d%s"}`, k, strings.Repeat("x", 500)))
	}
	b.file("g.jsonl", lines...)
	const groups = `SELECT COUNT(*) AS n FROM (SELECT v, COUNT(*) AS c FROM 'g.jsonl' GROUP BY v) g WITH ('max.memory.mb'='%d')`
	require.Equal(t, `{"n":4000}`, b.run(fmt.Sprintf(groups, 64)))
	_, err := b.try(fmt.Sprintf(groups, 1))
	require.ErrorContains(t, err, "1048576", "two million bytes of keys do not fit")
	b.o.MemoryLimit = 64 << 20
	require.Equal(t, `{"n":4000}`, b.run(fmt.Sprintf(groups, 1)), "a limit of the command wins")
	b.o.MemoryLimit = 0
	require.Contains(t, b.fails(`SELECT v FROM 's.jsonl' WITH ('max.memory.mb'='much')`), "max.memory.mb")
}
