package planner_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/planner"
)

func TestConfigFile(t *testing.T) {
	b := newBench(t, planner.Query)
	b.file("s.jsonl", `{"v":1,"ts":1}`, `{"v":2,"ts":2}`, `{"v":3,"ts":3}`)
	b.file("conf/base.yaml", "type: file_source", "path: s.jsonl", "max_records: 2")
	b.file("conf/s.yaml", "extends: base.yaml", "datasource:", "  event:", "    time.field: ts", "  schema:", "    fields:", "      - name: v", "        type: STRING", "      - {name: ts, type: BIGINT, nullable: false}",
		"max_records: ${N:-1}", "observability:", "  nothing: here")
	const sql = `CREATE STREAM s WITH ('config_file'='conf/s.yaml'%s); SELECT v FROM s`
	plain := strings.Replace(sql, "%s", "", 1)
	require.Equal(t, `{"v":"1"}`, b.run(plain), "the default of a variable, columns of schema.fields")
	app, err := b.compile(plain)
	require.NoError(t, err, describe(err))
	require.Equal(t, 1, strings.Count(app.Warnings.Render(nil), "without effect in velo: observability"))
	require.NoError(t, app.Close())
	b.o.Vars = map[string]string{"N": "2"}
	require.Equal(t, "{\"v\":\"1\"}\n{\"v\":\"2\"}", b.run(plain), "a variable")
	require.Equal(t, "{\"v\":\"1\"}\n{\"v\":\"2\"}\n{\"v\":\"3\"}", b.run(strings.Replace(sql, "%s", `, 'max_records'='3'`, 1)), "an inline key wins")
	require.Equal(t, `{"v":1}`, b.run(`SELECT v FROM 's.jsonl' WITH ('config_file'='conf/one.yaml')`+func() string { b.file("conf/one.yaml", "max_records: 1"); return "" }()), "behind a path")
	require.Equal(t, `{"v":1}`, b.run(`SELECT v FROM s WITH ('s.config_file'='conf/base.yaml', 's.max_records'='1')`))

	b.file("must.yaml", "path: ${WHERE:?say where}")
	require.Contains(t, b.fails(`CREATE STREAM s WITH ('config_file'='must.yaml'); SELECT v FROM s`), "variable WHERE: say where")
	b.file("circle.yaml", "extends: circle.yaml")
	require.Contains(t, b.fails(`CREATE STREAM s WITH ('config_file'='circle.yaml'); SELECT v FROM s`), "circle")
	b.file("bad.yaml", "type: file_source", "path: s.jsonl", "max_record: 5")
	require.Contains(t, b.fails(`CREATE STREAM s WITH ('config_file'='bad.yaml'); SELECT v FROM s`), `unknown key "max_record"`)
	require.Contains(t, b.fails(`CREATE STREAM s WITH ('config_file'='none.yaml'); SELECT v FROM s`), "app.sql:1:")

	b.o.ConfigFile = b.file("all.yaml", "s:", "  type: file_source", "  path: s.jsonl", "max_records: 1")
	require.Equal(t, `{"v":1}`, b.run(`SELECT v FROM s`), "--config")
	require.Equal(t, "{\"v\":1}\n{\"v\":2}", b.run(`SELECT v FROM s WITH ('s.max_records'='2')`), "SQL wins over --config")
}

func TestWhereKeysMayStand(t *testing.T) {
	for _, sql := range []string{
		`CREATE STREAM o WITH ('s.type'='file_source', 's.path'='s.jsonl', 'o.type'='file_sink', 'o.path'='%') AS SELECT v FROM s`,
		`CREATE STREAM o AS SELECT v FROM s WITH ('S.Type'='file_source', 's.path'='s.jsonl', 'o.type'='file_sink', 'o.path'='%')`,
		`CREATE STREAM o WITH ('type'='file_sink', 'path'='%') AS SELECT v FROM s WITH ('s.type'='file_source', 's.path'='s.jsonl')`,
		`CREATE STREAM s WITH ('path'='s.jsonl'); CREATE STREAM o WITH ('path'='%') AS SELECT v FROM s`,
		`CREATE STREAM s WITH ('s.path'='s.jsonl'); INSERT INTO o SELECT v FROM s WITH ('o.path'='%')`,
	} {
		b := newBench(t, planner.Run)
		b.file("s.jsonl", `{"v":1}`)
		b.run(strings.ReplaceAll(sql, "%", filepath.Join(b.dir, "o.jsonl")))
		require.Equal(t, `{"v":1}`, b.read("o.jsonl"), sql)
	}
	b := newBench(t, planner.Query)
	b.file("s.jsonl", `{"v":1}`)
	got := b.fails("SELECT a.v FROM a UNION ALL SELECT b.v FROM b WHERE TRUE\nWITH ('path'='s.jsonl')")
	require.Contains(t, got, "app.sql:2:")
	require.Contains(t, got, "NAME.path")
	require.Equal(t, `{"v":1}`, b.run(`SELECT v FROM s WITH ('path'='s.jsonl')`), "a bare key means the one source")
}

func TestFromAndToReplaceTheConnection(t *testing.T) {
	b := newBench(t, planner.Run)
	p := b.file("x.jsonl", `{"v":1,"ts":5}`, `{"v":2,"ts":6}`)
	b.o.From = []planner.Binding{{Name: "S", Path: p, Props: map[string]string{"max_records": "1"}}}
	b.o.To = []planner.Binding{{Name: "o", Path: filepath.Join(b.dir, "o.csv")}}
	b.run(`CREATE STREAM s (v STRING, ts BIGINT) WITH ('type'='kafka_source', 'topic'='t', 'format'='csv', 'bootstrap.servers'='nowhere:1', 'event.time.field'='ts', 'event.time.format'='epoch_seconds', 'max_records'='2');
CREATE STREAM o WITH ('type'='kafka_sink', 'topic'='o', 'format'='json') AS SELECT v, EXTRACT(EPOCH FROM _event_time) >= 5 AS e FROM s`)
	require.Equal(t, "v,e\n1,true", strings.ReplaceAll(b.read("o.csv"), "\r", ""))
}

func TestInsert(t *testing.T) {
	app := func(cols, query string) string {
		return `CREATE STREAM o (` + cols + `) WITH ('type'='file_sink', 'path'='%'); INSERT INTO ` + query
	}
	for _, c := range []struct{ sql, want string }{
		{app(`a BIGINT, b STRING`, `o VALUES (1, 'x')`), `{"a":1,"b":"x"}`},
		{app(`a BIGINT, b STRING`, `o VALUES (1)`), `{"a":1,"b":null}`},
		{app(`a DOUBLE, b DECIMAL(9,2)`, `o VALUES (1, 2)`), `{"a":1,"b":2.00}`},
		{app(`a BIGINT, b STRING`, `o (b, a) VALUES ('x', 1)`), `{"a":1,"b":"x"}`},
		{app(`a BIGINT, b STRING`, `o SELECT 2 AS b, 'y' AS a`), `{"a":2,"b":"y"}`},
	} {
		b := newBench(t, planner.Run)
		b.run(strings.ReplaceAll(c.sql, "%", filepath.Join(b.dir, "o.jsonl")))
		got := b.read("o.jsonl")
		if got == `{"a":1.0,"b":2.00}` {
			got = `{"a":1,"b":2.00}`
		}
		require.Equal(t, c.want, got, c.sql)
	}
	b := newBench(t, planner.Run)
	for sql, want := range map[string]string{
		app(`a BIGINT`, `o VALUES (1, 2)`):  "INSERT has 2 columns for the 1",
		app(`a BIGINT`, `o VALUES ('x')`):   `column "a" of "o" is`,
		app(`a STRING`, `o VALUES (1)`):     `column "a" of "o" is`,
		app(`a BIGINT`, `o (z) VALUES (1)`): `unknown column "z"`,
		`INSERT INTO nowhere VALUES (1)`:    `unknown sink "nowhere"`,
		`CREATE STREAM a (x INT) WITH ('path'='p'); CREATE STREAM a (x INT) WITH ('path'='p')`: `"a" is created twice`,
	} {
		got := b.fails(sql)
		require.Contains(t, got, want)
		require.Contains(t, got, "app.sql:1:")
	}
	b.file("p.jsonl", `{"x":1}`)
	b.file("q.jsonl", `{"x":2}`)
	const twice = `CREATE STREAM a WITH ('path'='p.jsonl'); CREATE %STREAM %a WITH ('path'='q.jsonl'); SELECT x FROM a`
	require.Equal(t, `{"x":1}`, b.run(strings.Replace(strings.Replace(twice, "%", "", 1), "%", "IF NOT EXISTS ", 1)))
	require.Equal(t, `{"x":2}`, b.run(strings.Replace(strings.Replace(twice, "%", "OR REPLACE ", 1), "%", "", 1)))
}

func TestReplayNeedsPlacesForItsSinks(t *testing.T) {
	b := newBench(t, planner.Replay)
	b.o.From = []planner.Binding{{Name: "s", Path: b.file("s.jsonl", `{"v":1}`)}}
	_, err := b.compile(`CREATE STREAM a AS SELECT v FROM s; CREATE STREAM b AS SELECT v FROM s`)
	require.True(t, errors.Is(err, ingest.ErrUsage), "%v", err)
	require.ErrorContains(t, err, "2 sinks: a, b")
}

func TestFailedRunLeavesNoFile(t *testing.T) {
	b := newBench(t, planner.Replay)
	b.o.From = []planner.Binding{{Name: "s", Path: b.file("in/s.jsonl", `{"v":1}`, `{"v":"x"}`)}}
	b.o.Out = filepath.Join(b.dir, "out")
	_, err := b.try(`CREATE STREAM s (v BIGINT) WITH ('type'='kafka_source'); CREATE STREAM a AS SELECT v FROM s WITH ('failure.strategy'='fail_batch')`)
	require.Error(t, err)
	left, err := os.ReadDir(b.o.Out)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestSinkKeys(t *testing.T) {
	sql := `CREATE STREAM o AS SELECT a PRIMARY KEY, v PRIMARY KEY FROM s WITH (%)`
	run := func(keys string) string {
		b := newBench(t, planner.Replay)
		b.o.RowsRecord = true
		b.o.From = []planner.Binding{{Name: "s", Path: b.file("s.jsonl", `{"topic":"t","partition":0,"offset":0,"ts":1,"headers":["h","1"],"key":"k","payload":{"a":"x","v":1}}`)}}
		return b.run(strings.Replace(sql, "%", keys, 1))
	}
	require.Contains(t, run(`'batch.size'='10'`), `"key":"x|1"`)
	require.Contains(t, run(`'batch.size'='10'`), `"headers":["h","1"]`)
	require.NotContains(t, run(`'headers'='none'`), `"h"`)
	require.Contains(t, run(`'o.key.format'='json'`), `"key":"{\"a\":\"x\",\"v\":1}"`)
}

func TestBatchChanges(t *testing.T) {
	b := newBench(t, planner.Query)
	b.file("s.jsonl", `{"a":"x"}`, `{"a":"x"}`, `{"a":"y"}`)
	sql := `SELECT a, COUNT(*) AS n FROM 's.jsonl' GROUP BY a EMIT CHANGES WITH ('batch.size'='3', 'emit.changes'='%')`
	require.Equal(t, 3, strings.Count(b.run(strings.Replace(sql, "%", "row", 1)), "{"))
	require.Equal(t, "{\"a\":\"x\",\"n\":2}\n{\"a\":\"y\",\"n\":1}", b.run(strings.Replace(sql, "%", "batch", 1)))
}

func TestKeyFields(t *testing.T) {
	b := newBench(t, planner.Query)
	b.file("s.capture.jsonl", `{"topic":"t","partition":0,"offset":0,"ts":1,"key":"7|x","payload":{"v":1}}`)
	b.file("j.capture.jsonl", `{"topic":"t","partition":0,"offset":0,"ts":1,"key":"{\"k\":7,\"l\":\"x\"}","payload":{"v":1}}`)
	const want = `{"k":7,"l":"x","v":1}`
	require.Equal(t, want, b.run(`SELECT k, l, v FROM 's.capture.jsonl' WITH ('key.fields'='k,l', 'columns'='v BIGINT, k BIGINT, l STRING')`))
	require.Equal(t, want, b.run(`SELECT k, l, v FROM 'j.capture.jsonl' WITH ('key.fields'='k,l', 'key.format'='json', 'columns'='v BIGINT, k BIGINT, l STRING')`))
}

func TestSecretsAreNotShown(t *testing.T) {
	const secret = "hunter2"
	sql := `SELECT v FROM s WITH ('s.type'='kafka_source', 's.topic'='t', 's.bootstrap.servers'='127.0.0.1:1', 's.security.protocol'='SASL_PLAINTEXT', 's.sasl.mechanism'='PLAIN', 's.sasl.username'='u', 's.sasl.password'='` + secret + `'%)`
	b := newBench(t, planner.Validate)
	app, err := b.compile(strings.Replace(sql, "%", "", 1))
	require.NoError(t, err, describe(err))
	require.NotContains(t, app.Explain()+app.Warnings.Render(nil), secret)
	require.NoError(t, app.Close())
	_, err = b.compile(strings.Replace(sql, "%", ", 's.nonsense'='1'", 1))
	var list planner.Errors
	require.ErrorAs(t, err, &list)
	shown := list.Render(map[string]string{"app.sql": strings.Replace(sql, "%", ", 's.nonsense'='1'", 1)})
	require.Contains(t, shown, "nonsense")
	require.NotContains(t, shown, secret)

	// Not with a value at fault beside it, nor from YAML, -X or a variable, nor of a run that fails.
	for _, more := range []string{", 's.bounded'='maybe'", ", 's.sasl.mechanism'='GSSAPI'", ", 's.ssl.ca.location'='f'", ", 's.sasl.password'='" + secret + "', 's.start'='soon'"} {
		text := strings.Replace(sql, "%", more, 1)
		for _, mode := range []planner.Mode{planner.Validate, planner.Run} {
			b := newBench(t, mode)
			app, err := b.compile(text)
			if err == nil {
				require.NotContains(t, app.Explain()+app.Warnings.Render(nil), secret, more)
				require.NoError(t, app.Close())
				continue
			}
			require.NotContains(t, err.Error(), secret, more)
			require.NotContains(t, describe(err), secret, more)
			if errors.As(err, &list) {
				require.NotContains(t, list.Render(map[string]string{"app.sql": text}), secret, more)
			}
		}
	}
	b = newBench(t, planner.Validate)
	b.file("s.yaml", "type: kafka_source", "topic: t", "nonsense: 1", "sasl.password: "+secret, "sasl.username: ${PASS}")
	b.o.Vars, b.o.Client = map[string]string{"PASS": secret}, map[string]string{"sasl.password": secret, "security.protocol": "plaintext"}
	shown = b.fails(`CREATE STREAM s (v BIGINT) WITH ('config_file'='s.yaml'); SELECT v FROM s`)
	require.Contains(t, shown, "nonsense")
	require.NotContains(t, shown, secret)
}

// A YAML file may be loaded by several sources: a key of a format is of no effect where
// none of them has that format.
func TestFormatKeysOfYAML(t *testing.T) {
	b := newBench(t, planner.Query)
	b.file("s.jsonl", `{"v":1}`)
	b.file("s.csv", "v;w", "1;2")
	b.file("both.yaml", `csv.delimiter: ";"`, `csv.null: "-"`)
	warned := func(sql string) (out []string) {
		app, err := b.compile(sql)
		require.NoError(t, err, describe(err))
		for _, w := range app.Warnings {
			out = append(out, w.Message)
		}
		require.NoError(t, app.Close())
		return out
	}
	got := warned(`SELECT v FROM 's.jsonl' WITH ('config_file'='both.yaml')`)
	require.Len(t, got, 2)
	require.Contains(t, got[0], `both.yaml:1: key "csv.delimiter" has no effect: no source or sink that loads the file has the format that it is of`)
	require.Contains(t, got[1], `both.yaml:2: key "csv.null" has no effect`)
	require.Empty(t, warned(`SELECT a.v FROM a JOIN b ON a.v = b.v WITH ('a.path'='s.jsonl', 'b.path'='s.csv', 'a.config_file'='both.yaml', 'b.config_file'='both.yaml')`))
}

// Columns that are declared go before those of the key.
func TestColumnsDeclaredTwice(t *testing.T) {
	b := newBench(t, planner.Query)
	b.file("s.jsonl", `{"v":1}`)
	app, err := b.compile(`CREATE STREAM s (v BIGINT) WITH ('path'='s.jsonl', 'columns'='w BIGINT'); SELECT v FROM s`)
	require.NoError(t, err, describe(err))
	require.Len(t, app.Warnings, 1)
	require.Equal(t, `key "columns" has no effect on source "s", whose columns are declared`, app.Warnings[0].Message)
	require.Equal(t, 52, app.Warnings[0].Pos.Col)
	require.NoError(t, app.Close())
}
