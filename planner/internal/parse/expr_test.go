package parse

import (
	"testing"

	"github.com/velostream/velo/planner/internal/ast"
)

// Each expression with its form written back, parentheses reduced to what the
// tree needs; empty when that is the same.
var expressions = []struct{ in, out string }{
	{"a OR b AND NOT c = d || e + f * -g::INT[1].x", "error"}, // a type takes no subscript
	{"a OR b AND c OR d", ""},
	{"(a OR b) AND (c OR d)", ""},
	{"(a AND b) OR (c AND d)", "a AND b OR c AND d"},
	{"NOT a = b AND NOT NOT c", ""},
	{"NOT (a AND b)", ""},
	{"(NOT a) = b", ""},
	{"a = b || c || d + e * f", ""},
	{"(a || b) = c", "a || b = c"},
	{"((a + b) * c - d) / e // f % g", "((a + b) * c - d) / e // f % g"},
	{"a - (b - c)", ""}, {"a - b - c", ""}, {"a * (b / c)", ""},
	{"-a * +b", ""}, {"-(-a)", ""}, {"- -5", "-(-5)"}, {"-(5)", "-(5)"}, {"a - -5", ""}, {"a-5", "a - 5"}, {"-5::INT", "CAST(-5 AS INT)"},
	{"-a::INT", "-(CAST(a AS INT))"}, {"a::INT::STRING", "CAST(CAST(a AS INT) AS STRING)"},
	{"a[1].b.c['k'][2]", ""}, {"a.b.c", ""}, {"(a).b", ""}, {"F(x).y[1]", ""}, {"(a + b)[1]", ""}, {"m['k'].a", ""},
	{"a <> b", ""}, {"a != b", "a <> b"}, {"a <= b", ""}, {"(a < b) = (c >= d)", ""},
	{"a IS NULL", ""}, {"a IS NOT NULL IS TRUE", "(a IS NOT NULL) IS TRUE"}, {"a = b IS UNKNOWN", "(a = b) IS UNKNOWN"},
	{"a IS NOT FALSE", ""}, {"a IS DISTINCT FROM b + 1", ""}, {"a IS NOT DISTINCT FROM b", ""},
	{"a BETWEEN 1 AND 2 AND b NOT BETWEEN SYMMETRIC c AND d", ""},
	{"a BETWEEN (b AND c) AND d", ""},
	{"a LIKE 'x%' OR a NOT LIKE b || '%' ESCAPE '!' OR a ILIKE 'y'", ""},
	{"a IN (1, 2, b + c) AND a NOT IN (SELECT x FROM t)", ""},
	{"a IN (b) = c", "(a IN (b)) = c"},
	{"(a, b) IN ((1, 2), (3, 4))", ""}, {"(a, b) = (c, d)", ""}, {"(a, b) <> (SELECT 1, 2)", ""}, {"(a, b) NOT IN (SELECT 1, 2)", ""},
	{"a = ANY (SELECT x FROM t)", ""}, {"a > SOME(b)", "a > ANY (b)"}, {"a <= ALL (SELECT 1)", ""}, {"(a, b) < SOME (SELECT 1, 2)", "(a, b) < ANY (SELECT 1, 2)"}, {"(a, b) <> ALL (SELECT 1, 2)", ""}, {"a = ANY (ARRAY[1, 2])", ""},
	{"a = any", ""},
	{"EXISTS (SELECT 1) AND NOT EXISTS (SELECT 2)", ""},
	{"(SELECT MAX(x) FROM t) + 1", ""}, {"((SELECT 1)) + 1", "(SELECT 1) + 1"}, {"((SELECT 1) + 2) * 3", ""},
	{"((SELECT 1) UNION (SELECT 2))", "(SELECT 1 UNION SELECT 2)"}, {"((SELECT 1), 2) = (3, 4)", ""},
	{"CASE WHEN a THEN b WHEN c THEN d ELSE e END", ""}, {"CASE x WHEN 1 THEN 'a' END", ""},
	{"CASE WHEN a THEN CASE b WHEN 1 THEN 2 END END", ""}, {"CASE WHEN \"end\" THEN 1 END", ""},
	{"CASE WHEN (SELECT end FROM t) THEN 1 END", ""},
	{"CAST(a AS DECIMAL(10, 2))", ""}, {"CAST(a AS DECIMAL)", "CAST(a AS DECIMAL(38, 9))"}, {"CAST(a AS DECIMAL(5))", "CAST(a AS DECIMAL(5, 0))"},
	{"TRY_CAST('x' AS MAP<STRING, INT>)", ""}, {"CAST(a AS TIMESTAMP(3))", "CAST(a AS TIMESTAMP)"},
	{"cast(a as double precision)", "CAST(a AS DOUBLE PRECISION)"}, {"CAST(a AS CHAR(3))", ""}, {"a::STRUCT<x INT, y STRING>", "CAST(a AS STRUCT<x INT, y STRING>)"},
	{"EXTRACT(epoch FROM ts - b)", "EXTRACT(EPOCH FROM ts - b)"}, {"EXTRACT('year' FROM ts)", "EXTRACT(YEAR FROM ts)"},
	{"ts AT TIME ZONE 'Europe/Berlin' AT TIME ZONE z", ""}, {"a + ts AT TIME ZONE 'UTC'", ""}, {"(a + ts) AT TIME ZONE 'UTC'", ""},
	{"ARRAY[1, 2, ARRAY[]]", ""}, {"MAP['a', 1, 'b', 2]", ""}, {"MAP[]", ""},
	{"ARRAY(1, ARRAY(), b)", "ARRAY[1, ARRAY[], b]"}, {"MAP('a', 1)['a']", "MAP['a', 1]['a']"}, {"MAP()", "MAP[]"}, {"array (1)", "ARRAY[1]"}, {"STRUCT(a AS x, 1, b.c)", ""},
	{"ARRAY(1, 2)", "ARRAY[1, 2]"}, {"map['k']", "error"}, {"\"map\"['k']", ""},
	{"count(*)", "COUNT(*)"}, {"COUNT(DISTINCT a)", ""}, {"SUM(ALL a)", "SUM(a)"}, {"f()", "F()"}, {"f(all)", "F(all)"},
	{"SUM(a) FILTER (WHERE b > 1)", ""}, {"LISTAGG(DISTINCT a, ',' ORDER BY b DESC, c)", ""},
	{"PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY x DESC) FILTER (WHERE y)", ""},
	{"LAST(x IGNORE NULLS)", "LAST(x) IGNORE NULLS"}, {"LAG(x, 1) RESPECT NULLS OVER (ORDER BY y)", ""},
	{"FIRST(x ORDER BY y IGNORE NULLS)", "FIRST(x ORDER BY y) IGNORE NULLS"},
	{"SUBSTRING(s FROM 2 FOR 3)", "SUBSTRING(s, 2, 3)"}, {"SUBSTRING(s FOR 3)", "SUBSTRING(s, 1, 3)"}, {"SUBSTRING(s FOR 3 FROM 2)", "SUBSTRING(s, 2, 3)"},
	{"SUBSTR(s, 2)", ""}, {"POSITION('a' IN s)", "POSITION('a', s)"}, {"POSITION(a || b, s)", ""},
	{"TRIM(s)", ""}, {"TRIM(BOTH 'x' FROM s)", "TRIM(s, 'x')"}, {"TRIM(LEADING FROM s)", "LTRIM(s)"}, {"TRIM(TRAILING 'x' FROM s)", "RTRIM(s, 'x')"},
	{"TRIM('x' FROM s)", "TRIM(s, 'x')"}, {"TRIM(both)", ""}, {"TRIM(s, 'x')", ""}, {"TRIM(both, 'x')", ""},
	{"LEFT(s, 1) || RIGHT(s, 1) || REPLACE(a, b, c) || FORMAT('x') || IF(a, b, c) || FIRST(x)", ""},
	{"TIMESTAMP()", ""}, {"TIMESTAMP '2024-01-01'", ""}, {"timestamp", ""}, {"DATE '2024-01-01' + TIME '12:00'", ""},
	{"CURRENT_DATE", ""}, {"current_timestamp()", "CURRENT_TIMESTAMP"}, {"\"current_date\"", ""}, {"NOW()", ""},
	{"DATE_TRUNC(day, t)", ""}, {"TIME_BUCKET(5m, t)", ""}, {"TIME_BUCKET(5 MINUTES, t)", "TIME_BUCKET(5m, t)"},
	{"TIME_BUCKET(INTERVAL '1' MONTH, t)", "TIME_BUCKET(INTERVAL '1 mon', t)"}, {"TUMBLE_START(ts, 5m)", ""}, {"HOP_END(ts, 1 h, 1m)", "HOP_END(ts, 1h, 1m)"},
	{"SUM(x) OVER ()", ""},
	{"SUM(x) OVER (ROWS WINDOW BUFFER 100 ROWS PARTITION BY a, b ORDER BY c DESC ROWS BETWEEN 5 PRECEDING AND CURRENT ROW EXPIRE AFTER 5m INACTIVITY)", ""},
	{"SUM(x) OVER (ORDER BY c ROWS 5 PRECEDING)", "SUM(x) OVER (ORDER BY c ROWS BETWEEN 5 PRECEDING AND CURRENT ROW)"},
	{"SUM(x) OVER (ORDER BY c RANGE BETWEEN INTERVAL '5' MINUTE PRECEDING AND 5m FOLLOWING)", "SUM(x) OVER (ORDER BY c RANGE BETWEEN INTERVAL '00:05:00' PRECEDING AND 5m FOLLOWING)"},
	{"SUM(x) OVER (ORDER BY c RANGE BETWEEN 1.5 PRECEDING AND UNBOUNDED FOLLOWING)", ""},
	{"SUM(x) OVER (ROWS UNBOUNDED PRECEDING)", "SUM(x) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"},
	{"SUM(x) OVER (PARTITION BY a EMIT EVERY RECORD EXPIRE AFTER NEVER)", "SUM(x) OVER (PARTITION BY a)"},
	{"SUM(x) OVER (PARTITION BY a EXPIRE AFTER INTERVAL '1' HOUR INACTIVITY EMIT EVERY RECORD)", "SUM(x) OVER (PARTITION BY a EXPIRE AFTER 1h INACTIVITY)"},
	{"INTERVAL '5' MINUTE", "INTERVAL '00:05:00'"}, {"interval", ""}, {"ts + INTERVAL 5 DAYS - interval", "ts + INTERVAL '5 days' - interval"},
	{"NULL IS NULL AND TRUE", ""},
	{"_timestamp + _offset", ""}, {"\"payload\".\"_offset\"", ""}, {"größe + 名", ""},
}

func TestExpressions(t *testing.T) {
	for _, c := range expressions {
		e, diags := Expr("query", c.in)
		if c.out == "error" {
			if !diags.HasErrors() {
				t.Errorf("%s: no error", c.in)
			}
			continue
		}
		if len(diags) > 0 {
			t.Errorf("%s\n%s", c.in, diags.Render(map[string]string{"query": c.in}))
			continue
		}
		want := c.out
		if want == "" {
			want = c.in
		}
		if got := ast.Format(e); got != want {
			t.Errorf("\n  in %s\n got %s\nwant %s", c.in, got, want)
		}
		roundTrip(t, "SELECT "+c.in, one(t, "SELECT "+c.in))
	}
}

func TestEqualStructure(t *testing.T) {
	for _, c := range []struct {
		a, b  string
		equal bool
	}{
		{"upper( a )", "UPPER((a))", true}, {"a + b", "(a) + /* x */ b", true}, {"a + b", "b + a", false},
		{"a - (b - c)", "a - b - c", false}, {"INTERVAL '60' SECOND", "INTERVAL '1' MINUTE", true}, {"a", `"a"`, false},
	} {
		x, _ := Expr("", c.a)
		y, _ := Expr("", c.b)
		if (ast.Format(x) == ast.Format(y)) != c.equal {
			t.Errorf("%s and %s: equal is %v", c.a, c.b, !c.equal)
		}
	}
}
