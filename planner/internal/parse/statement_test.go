package parse

import (
	"testing"

	"github.com/velostream/velo/planner/internal/ast"
)

// Each statement with its form written back; empty when that is the same.
var statements = []struct{ in, out string }{
	{"SELECT 1", ""},
	{"select a, b c, t.d as e from t", "SELECT a, b AS c, t.d AS e FROM t"},
	{"SELECT ALL a FROM t", "SELECT a FROM t"},
	{"SELECT all FROM t", ""},
	{"SELECT DISTINCT a FROM t", ""},
	{"SELECT *, t.*, a.b.* FROM t", ""},
	{"SELECT * EXCEPT (a, b), t.* EXCEPT (c) FROM t", ""},
	{"SELECT * EXCEPT SELECT * FROM t", "SELECT * EXCEPT SELECT * FROM t"},
	{"SELECT a PRIMARY KEY, b AS x PRIMARY KEY, c PRIMARY KEY AS y FROM t", "SELECT a PRIMARY KEY, b AS x PRIMARY KEY, c AS y PRIMARY KEY FROM t"},
	{"SELECT key, value, timestamp, version, status, metrics, properties, start, end, row, range, list, final, limit FROM t", ""},
	{"SELECT t.select, t.from FROM t WHERE key = 1 AND end > 2 AND limit < 3", ""},
	{"SELECT a key, b value, c timestamp, d start, e end, f row, g list, h final FROM t version",
		"SELECT a AS key, b AS value, c AS timestamp, d AS start, e AS end, f AS row, g AS list, h AS final FROM t AS version"},
	{"SELECT a AS from, b AS limit FROM t AS x", ""},
	{`SELECT "a b", "x""y", ` + "`c d`, `e``f` FROM \"my table\"", `SELECT "a b", "x""y", "c d", "e` + "`" + `f" FROM "my table"`},
	{"SELECT 5 s", "SELECT 5 AS s"},
	{"SELECT group, order, partition FROM t GROUP BY group ORDER BY order", ""},
	{"SELECT offset FROM t LIMIT 1 OFFSET 2", ""},
	{"SELECT window, emit, left, map, first, date, time, interval, array FROM t", ""},
	{"SELECT * FROM 'data/t.csv' x WITH ('format' = 'csv')", "SELECT * FROM 'data/t.csv' AS x WITH ('format' = 'csv')"},
	{"SELECT * FROM a.b.c", ""},
	{"SELECT * FROM (SELECT a FROM t) AS x (b)", ""},
	{"SELECT * FROM (VALUES (1, 'a'), (2, NULL)) AS x (i, s)", ""},
	{"VALUES (1, 2), (3, 4)", ""},
	{"SELECT * FROM UNNEST(ARRAY[1, 2]) AS u (x)", ""},
	{"SELECT * FROM t, UNNEST(t.a, t.b) AS u", ""},
	{"SELECT * FROM t CROSS JOIN LATERAL UNNEST(t.a) u", "SELECT * FROM t CROSS JOIN UNNEST(t.a) AS u"},
	{"SELECT * FROM t LEFT JOIN UNNEST(t.m) AS u (k, v) ON TRUE", ""},
	{"SELECT * FROM a INNER JOIN b ON a.x = b.x LEFT OUTER JOIN c USING (x, y) RIGHT JOIN d ON TRUE FULL OUTER JOIN e ON a.x = e.x",
		"SELECT * FROM a JOIN b ON a.x = b.x LEFT JOIN c USING (x, y) RIGHT JOIN d ON TRUE FULL JOIN e ON a.x = e.x"},
	{"SELECT * FROM a, b CROSS JOIN c, d", ""},
	{"SELECT * FROM (a, b) CROSS JOIN c", ""},
	{"SELECT * FROM a JOIN (b JOIN c ON b.x = c.x) ON a.x = b.x", ""},
	{"SELECT * FROM ((a JOIN b ON TRUE))", "SELECT * FROM a JOIN b ON TRUE"},
	{"SELECT * FROM ((SELECT 1) AS x JOIN b ON TRUE)", "SELECT * FROM (SELECT 1) AS x JOIN b ON TRUE"},
	{"SELECT * FROM ((SELECT 1) UNION (SELECT 2)) AS x", "SELECT * FROM (SELECT 1 UNION SELECT 2) AS x"},
	{"SELECT * FROM ((SELECT 1)) AS x", "SELECT * FROM (SELECT 1) AS x"},
	{"SELECT * FROM a ASOF JOIN b ON a.k = b.k AND b._event_time <= a._event_time", ""},
	{"SELECT * FROM a ASOF LEFT JOIN b ON a.k = b.k", ""},
	{"SELECT * FROM a JOIN b ON a.k = b.k WITHIN 5m", ""},
	{"SELECT * FROM a JOIN b ON a.k = b.k WITHIN INTERVAL '90' SECONDS WHERE a.x > 1", "SELECT * FROM a JOIN b ON a.k = b.k WITHIN 90s WHERE a.x > 1"},
	{"SELECT * FROM a LEFT JOIN b USING (k) WITHIN 5 MINUTES JOIN c USING (k)", "SELECT * FROM a LEFT JOIN b USING (k) WITHIN 5m JOIN c USING (k)"},
	{"SELECT a FROM t WHERE b GROUP BY a, 2 HAVING COUNT(*) > 1 ORDER BY 1 DESC NULLS LAST, a ASC NULLS FIRST, c LIMIT 5 OFFSET 6",
		"SELECT a FROM t WHERE b GROUP BY a, 2 HAVING COUNT(*) > 1 ORDER BY 1 DESC NULLS LAST, a NULLS FIRST, c LIMIT 5 OFFSET 6"},
	{"SELECT COUNT(*) FROM t GROUP BY ()", "SELECT COUNT(*) FROM t GROUP BY ()"},
	{"SELECT COUNT(*) FROM t GROUP BY (), a, ()", "SELECT COUNT(*) FROM t GROUP BY a"},
	{"SELECT a FROM t GROUP BY (a, b), c", "SELECT a FROM t GROUP BY a, b, c"},
	{"SELECT a FROM t OFFSET 6 ROWS LIMIT ALL", "SELECT a FROM t OFFSET 6"},
	{"SELECT a FROM t LIMIT 1_000", ""},
	{"SELECT a FROM t WINDOW TUMBLING(5m) WHERE b", "SELECT a FROM t WHERE b WINDOW TUMBLING(5m)"},
	{"SELECT a FROM t WHERE b WINDOW TUMBLING(5 m) GROUP BY a", "SELECT a FROM t WHERE b GROUP BY a WINDOW TUMBLING(5m)"},
	{"SELECT a FROM t GROUP BY a WINDOW TUMBLING(ts, INTERVAL '5' MINUTE) HAVING c", "SELECT a FROM t GROUP BY a WINDOW TUMBLING(ts, 5m) HAVING c"},
	{"SELECT a FROM t GROUP BY a HAVING c WINDOW TUMBLING(INTERVAL 5 MINUTE)", "SELECT a FROM t GROUP BY a WINDOW TUMBLING(5m) HAVING c"},
	{"SELECT a FROM t GROUP BY a, TUMBLE(ts, INTERVAL '1 hour 30 minutes'), b", "SELECT a FROM t GROUP BY a, b, TUMBLING(ts, 90m)"},
	{"SELECT COUNT(*) FROM t GROUP BY HOP(ts, 1h, 10m)", "SELECT COUNT(*) FROM t GROUP BY SLIDING(ts, 1h, 10m)"},
	{"SELECT a FROM t WINDOW HOPPING(1d, 1h)", "SELECT a FROM t WINDOW SLIDING(1d, 1h)"},
	{"SELECT a FROM t WINDOW SLIDING(s.ts, 2w, 250ms)", ""},
	{"SELECT a FROM t WINDOW SESSION(30s)", ""},
	{"SELECT a FROM t WINDOW SESSION(ts, 30s, customer, b)", ""},
	{"SELECT a FROM t WINDOW CUMULATE(ts, 10m, 1h)", ""},
	{"SELECT a FROM t WINDOW CUMULATE(1.5s, 3s)", "SELECT a FROM t WINDOW CUMULATE(1500ms, 3s)"},
	{"SELECT a FROM t WINDOW TUMBLING(interval, 5m)", ""},
	{"SELECT a FROM t EMIT CHANGES", ""},
	{"SELECT a FROM t EMIT CHANGES EVERY 1s", ""},
	{"SELECT a FROM t ORDER BY a EMIT FINAL LATE ROWS INTO late INTO out WITH ('a.b' = 'c', \"d\" = \"e\", 'n' = 5, 'b' = TRUE, 'm' = -1.5, 'd2' = 5s)",
		"SELECT a FROM t ORDER BY a EMIT FINAL LATE ROWS INTO late INTO out WITH ('a.b' = 'c', 'd' = 'e', 'n' = 5, 'b' = true, 'm' = -1.5, 'd2' = 5s)"},
	{"SELECT a FROM t WITH ('x' = 'y') WITH ('z' = '1')", ""},
	{"SELECT a UNION SELECT b UNION ALL SELECT c", ""},
	{"SELECT a UNION SELECT b INTERSECT ALL SELECT c EXCEPT ALL SELECT d", ""},
	{"SELECT a UNION DISTINCT (SELECT b UNION SELECT c)", "SELECT a UNION (SELECT b UNION SELECT c)"},
	{"(SELECT a UNION SELECT b) INTERSECT SELECT c", ""},
	{"(SELECT a) UNION ((SELECT b)) ORDER BY 1 LIMIT 2", "SELECT a UNION SELECT b ORDER BY 1 LIMIT 2"},
	{"(SELECT a FROM t ORDER BY a LIMIT 1) UNION ALL (WITH x AS (SELECT 1) SELECT * FROM x)", ""},
	{"WITH x AS (SELECT 1), y (a, b) AS (VALUES (1, 2)) SELECT * FROM x, y", ""},
	{"WITH recursive AS (SELECT 1) SELECT * FROM recursive", ""},
	{"CREATE STREAM s (a INT, b STRING NOT NULL, c DECIMAL(10, 2) PRIMARY KEY NOT NULL) WITH ('topic' = 't')",
		"CREATE STREAM s (a INT, b STRING NOT NULL, c DECIMAL(10, 2) NOT NULL PRIMARY KEY) WITH ('topic' = 't')"},
	{"CREATE TABLE IF NOT EXISTS s (a INT, b INT, PRIMARY KEY (a, b))", ""},
	{"CREATE OR REPLACE TABLE s", "CREATE TABLE OR REPLACE s"},
	{"CREATE STREAM OR REPLACE s WITH ('a' = 'b')", ""},
	{"CREATE STREAM s AS SELECT a FROM t EMIT CHANGES WITH ('a' = 'b')", ""},
	{"CREATE TABLE s (a, b PRIMARY KEY) WITH ('a' = 'b') AS SELECT a, b FROM t", ""},
	{"CREATE TABLE s (PRIMARY KEY (a)) AS SELECT 1", "error"},
	{"CREATE STREAM version (key INT, value ARRAY<STRUCT<a INT, b MAP<STRING, ARRAY<INT>>>>, row TIMESTAMP(6), range VARCHAR(10), list DOUBLE PRECISION)", ""},
	{"INSERT INTO s SELECT * FROM t", ""},
	{"INSERT INTO s (a, b) VALUES (1, 2), (3, 4)", ""},
	{"INSERT INTO s (SELECT 1)", "INSERT INTO s SELECT 1"},
	{"INSERT INTO s WITH x AS (SELECT 1) SELECT * FROM x", ""},
	{"DROP STREAM s", ""},
	{"DROP TABLE IF EXISTS \"a b\"", ""},
	{"EXPLAIN SELECT 1", ""},
	{"EXPLAIN ANALYZE CREATE STREAM s AS SELECT 1", ""},
	{"DESCRIBE s", ""},
	{"DESCRIBE 'f.csv'", ""},
	{"SHOW STREAMS", ""}, {"SHOW TABLES LIKE 'a%'", ""}, {"SHOW TOPICS", ""}, {"SHOW FUNCTIONS LIKE 'x'", ""},
	{"SHOW JOBS", ""}, {"SHOW SCHEMA s", ""}, {"SHOW STATUS", ""}, {"SHOW STATUS j", ""}, {"SHOW METRICS j LIKE 'p'", ""},
	{"SHOW PARTITIONS t", ""}, {"SHOW PROPERTIES version", ""}, {"SHOW VERSIONS j", ""}, {"SHOW METRICS LIKE 'p'", ""},
	{"START JOB j AS SELECT 1", ""},
	{"START JOB j AS INSERT INTO s SELECT 1", ""},
	{"STOP JOB j", ""}, {"STOP JOB j FORCE", ""}, {"PAUSE JOB j", ""}, {"RESUME JOB j", ""},
	{"DEPLOY JOB j VERSION '1.2' AS SELECT * FROM t STRATEGY BLUE_GREEN", ""},
	{"DEPLOY JOB j VERSION '1.2' AS SELECT a FROM t STRATEGY CANARY(12.5%)", "DEPLOY JOB j VERSION '1.2' AS SELECT a FROM t STRATEGY CANARY(12.5)"},
	{"DEPLOY JOB j VERSION 'v' AS CREATE STREAM s AS SELECT 1 x STRATEGY ROLLING", "DEPLOY JOB j VERSION 'v' AS CREATE STREAM s AS SELECT 1 AS x STRATEGY ROLLING"},
	{"DEPLOY JOB j VERSION 'v' AS SELECT 1 STRATEGY REPLACE", ""},
	{"DEPLOY JOB j VERSION 'v' AS SELECT 1", ""},
	{"ROLLBACK JOB j", ""}, {"ROLLBACK JOB j VERSION '1'", ""},
	{"SELECT /* a ; /* nested */ ' */ a -- ; comment '\nFROM t -- end", "SELECT a FROM t"},
}

func TestStatements(t *testing.T) {
	for _, c := range statements {
		if c.out == "error" {
			if _, diags := Statements("query", c.in, Options{}); !diags.HasErrors() {
				t.Errorf("%s: no error", c.in)
			}
			continue
		}
		t.Run(c.in, func(t *testing.T) {
			body := one(t, c.in)
			want := c.out
			if want == "" {
				want = c.in
			}
			if got := ast.Format(body); got != want {
				t.Errorf("\n got %s\nwant %s", got, want)
			}
			roundTrip(t, c.in, body)
		})
	}
}

func TestSeveralStatements(t *testing.T) {
	list, diags := Statements("app.sql", "SELECT ';' ;; /* ; */ SELECT 2 -- ;\n;\n\n SELECT \"a;b\"", Options{})
	if len(diags) > 0 || len(list) != 3 {
		t.Fatalf("%d statements, %v", len(list), diags)
	}
	for i, want := range []struct {
		text string
		line int
		col  int
	}{{"SELECT ';'", 1, 1}, {"SELECT 2", 1, 23}, {`SELECT "a;b"`, 4, 2}} {
		if s := list[i]; s.Text != want.text || s.Position.Line != want.line || s.Position.Col != want.col || s.Source != "app.sql" {
			t.Errorf("%d: %q at %v", i, s.Text, s.Position)
		}
	}
}

func TestEmpty(t *testing.T) {
	for _, text := range []string{"", ";", " ;; \n", "-- nothing", "/* nothing */", "\ufeff", "\ufeff-- x\n;"} {
		if list, diags := Statements("query", text, Options{}); len(list) > 0 || len(diags) > 0 {
			t.Errorf("%q: %v %v", text, list, diags)
		}
	}
}
