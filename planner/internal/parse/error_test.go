package parse

import (
	"strings"
	"testing"

	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
)

// Each wrong text with the first error: place, kind, a part of the message, and
// a part of the hint.
var mistakes = []struct {
	in   string
	at   string
	kind diag.Kind
	msg  string
	hint string
}{
	// what is missing is reported just past the end
	{"SELECT", "1:7", diag.Syntax, "expected an expression, found the end of the statement", ""},
	{"SELECT a FROM", "1:14", diag.Syntax, "expected a source, found the end", ""},
	{"SELECT a FROM  ; SELECT 1", "1:14", diag.Syntax, "expected a source", ""},
	{"SELECT f(a", "1:11", diag.Syntax, `expected ")" after the arguments of F`, ""},
	{"SELECT a FROM t JOIN b", "1:23", diag.Syntax, "expected ON or USING", ""},
	{"SELECT a FROM WHERE b", "1:15", diag.Syntax, `expected a source, found "WHERE"`, "quotes"},
	{"SELECT a, FROM t", "1:11", diag.Syntax, `expected an expression, found "FROM"`, ""},
	{"SELEC a", "1:1", diag.Syntax, `expected a statement, found "SELEC"`, `"SELECT"`},
	{"FROM t", "1:1", diag.Syntax, "expected a statement", ""},
	{"SELECT a b c FROM t", "1:12", diag.Syntax, `unexpected "c"`, "comma"},
	{"SELECT a FROM t WHERE b WHERE c", "1:25", diag.Syntax, `unexpected "WHERE"`, "the order is"},
	{"SELECT a FROM t) x", "1:16", diag.Syntax, `unexpected ")"`, ""},
	{"SELECT a FROM t ORDER a", "1:23", diag.Syntax, "expected BY after ORDER", ""},
	{"SELECT 'a", "1:8", diag.Syntax, "string is not closed", "'"},
	{`SELECT "a`, "1:8", diag.Syntax, "quoted name is not closed", ""},
	{`SELECT ""`, "1:8", diag.Syntax, "must not be empty", ""},
	{"SELECT a /* b", "1:10", diag.Syntax, "comment is not closed", ""},
	{"SELECT a\n\t\tFROM größe é ü", "2:16", diag.Syntax, `unexpected "ü"`, ""},
	{"SELECT “a”", "1:8", diag.Syntax, "unexpected character", "typographic"},
	{"SELECT \xff", "1:8", diag.Syntax, "invalid UTF-8", ""},
	{"SELECT a = b = c", "1:14", diag.Syntax, "comparisons do not chain", "AND"},
	{"SELECT a < b < c", "1:14", diag.Syntax, "comparisons do not chain", "AND"},
	{"SELECT a = b IN (c)", "1:14", diag.Syntax, "comparisons do not chain", "parentheses"},
	{"SELECT a IS NULL = b", "1:18", diag.Syntax, "comparisons do not chain", ""},
	{"SELECT a = NOT b", "1:12", diag.Syntax, "NOT binds looser", "parentheses"},
	{"SELECT a IN ()", "1:14", diag.Syntax, "IN () is empty", ""},
	{"SELECT (a, b)", "1:8", diag.Syntax, "row value", ""},
	{"SELECT ()", "1:9", diag.Syntax, "expected an expression", ""},
	{"SELECT (a, b) = (1, 2, 3)", "1:15", diag.Arity, "row values of 2 and 3 parts", ""},
	{"SELECT (a, b) = 1", "1:17", diag.Type, "compared with a row value", ""},
	{"SELECT a = (1, 2)", "1:12", diag.Syntax, "row value", ""},
	{"SELECT CASE WHEN end THEN 1 END", "1:18", diag.Syntax, `found "end"`, ""},
	{"SELECT CASE a END", "1:15", diag.Syntax, "expected WHEN", ""},
	{"SELECT MAP['a']", "1:8", diag.Arity, "key without a value", ""},
	{"SELECT f(*)", "1:10", diag.Syntax, "only COUNT takes *", ""},
	{"SELECT f(x)(y)", "1:12", diag.Syntax, `unexpected "("`, ""},
	{"SELECT a.b(x)", "1:11", diag.Syntax, "after a column", "plain name"},
	{"SELECT a FROM t LIMIT -1", "1:23", diag.Value, "LIMIT must not be negative", ""},
	{"SELECT a FROM t LIMIT 1.5", "1:23", diag.Syntax, "LIMIT as an integer", ""},
	{"SELECT a FROM t LIMIT x", "1:23", diag.Value, "non-negative integer", ""},
	{"SELECT a FROM t LIMIT (SELECT 1)", "1:23", diag.Value, "non-negative integer", ""},
	{"SELECT a FROM t LIMIT 9223372036854775808", "1:23", diag.Literal, "beyond 64 bits", ""},
	{"SELECT a FROM t EMIT", "1:21", diag.Syntax, "CHANGES or FINAL", ""},
	{"SELECT a FROM t EMIT FINAL EVERY 1s", "1:28", diag.Syntax, "CHANGES only", ""},
	{"SELECT a FROM (SELECT b FROM t EMIT FINAL) x", "1:32", diag.Syntax, "EMIT stands only at the outermost", ""},
	{"SELECT a FROM t WHERE x IN (SELECT 1 FROM t INTO u)", "1:45", diag.Syntax, "INTO stands only at the outermost", ""},
	{"SELECT a FROM t ORDER BY a UNION SELECT 1", "1:28", diag.Syntax, "UNION after ORDER BY", "parentheses"},
	{"SELECT a FROM t WINDOW TUMBLING(5m) GROUP BY TUMBLE(5m)", "1:46", diag.Window, "one window only", ""},
	{"SELECT a FROM t WINDOW TUMBLNG(5m)", "1:24", diag.Window, "unknown window", "TUMBLING"},
	{"SELECT a FROM t WINDOW TUMBLING(5)", "1:33", diag.Syntax, "size of the window has no unit", "5s"},
	{"SELECT a FROM t WINDOW TUMBLING('5m')", "1:33", diag.Syntax, "found a string", "INTERVAL"},
	{"SELECT a FROM t WINDOW TUMBLING(0s)", "1:33", diag.Value, "more than 0", ""},
	{"SELECT a FROM t WINDOW TUMBLING(-5m)", "1:33", diag.Value, "must not be negative", ""},
	{"SELECT a FROM t WINDOW TUMBLING(5 parsecs)", "1:35", diag.Literal, `unknown unit "parsecs"`, ""},
	{"SELECT a FROM t WINDOW TUMBLING(5minuts)", "1:33", diag.Literal, `unknown unit "minuts"`, `"minute"`},
	{"SELECT a FROM t WINDOW TUMBLING(1 month)", "1:33", diag.Value, "no fixed length", ""},
	{"SELECT a FROM t WINDOW HOP(1m, 5m)", "1:32", diag.Window, "advance 5m is longer than the size 1m", "HOP(5m, 1m)"},
	{"SELECT a FROM t WINDOW CUMULATE(1h, 1m)", "1:33", diag.Window, "step 1h is longer", "CUMULATE(1m, 1h)"},
	{"SELECT a FROM t WINDOW CUMULATE(7m, 1h)", "1:33", diag.Window, "does not divide", ""},
	{"SELECT a FROM t WINDOW SLIDING(1m)", "1:34", diag.Syntax, `expected "," and the advance`, ""},
	{"SELECT a FROM a CROSS JOIN b ON TRUE", "1:30", diag.Syntax, "takes no condition", ""},
	{"SELECT a FROM t WITH (a = 'b')", "1:23", diag.Syntax, "key in quotes", "'key'"},
	{"SELECT a FROM t WITH ()", "1:23", diag.Syntax, "is empty", ""},
	{"SELECT a FROM t WITH ('a'='b', 'A'='c')", "1:32", diag.Duplicate, "'A' is given twice, first at 1:23", ""},
	{"CREATE VIEW v AS SELECT 1", "1:8", diag.Syntax, "STREAM or TABLE", ""},
	{"CREATE OR REPLACE STREAM IF NOT EXISTS s", "1:26", diag.Syntax, "exclude each other", ""},
	{"CREATE STREAM s (a)", "1:18", diag.Syntax, `column "a" has no type`, ""},
	{"CREATE STREAM s (a INT, a INT)", "1:25", diag.Duplicate, "declared twice", ""},
	{"CREATE STREAM s (a INT, PRIMARY KEY (b))", "1:38", diag.UnknownColumn, "not declared", ""},
	{"CREATE STREAM s (a INTT)", "1:20", diag.UnknownType, `unknown type "INTT"`, `"INT"`},
	{"CREATE STREAM s (a DECIMAL(39, 2))", "1:28", diag.Value, "precision of DECIMAL is 1 to 38", ""},
	{"CREATE STREAM s (a DECIMAL(5, 6))", "1:31", diag.Value, "scale of DECIMAL", ""},
	{"CREATE STREAM s (a TIMESTAMP(9))", "1:30", diag.Value, "3 or 6", ""},
	{"CREATE STREAM s (a INT(5))", "1:23", diag.Value, "INT takes no arguments", ""},
	{"CREATE STREAM s (a ARRAY)", "1:25", diag.Syntax, `"<" after ARRAY`, ""},
	{"CREATE STREAM s AS SELECT 1 INTO t", "1:29", diag.Syntax, "names its sink already", ""},
	{"INSERT INTO s (a, b) VALUES (1)", "1:22", diag.Arity, "2 columns and VALUES has 1", ""},
	{"INSERT INTO s VALUES (1), (1, 2)", "1:27", diag.Arity, "differ in length", ""},
	{"INSERT INTO s (a, a) VALUES (1, 2)", "1:19", diag.Duplicate, "listed twice", ""},
	{"SHOW STREEMS", "1:6", diag.Syntax, "unknown SHOW", `"STREAMS"`},
	{"SHOW SCHEMA", "1:12", diag.Syntax, "expected a name", ""},
	{"START JOB j AS DROP STREAM s", "1:16", diag.Syntax, "for the job", ""},
	{"START JOB j AS CREATE STREAM s", "1:31", diag.Syntax, "needs a query", ""},
	{"DEPLOY JOB j AS SELECT 1", "1:14", diag.Syntax, "VERSION", ""},
	{"DEPLOY JOB j VERSION 'v' AS SELECT 1 STRATEGY CANARY(0)", "1:54", diag.Value, "CANARY is above 0", ""},
	{"DEPLOY JOB j VERSION 'v' AS SELECT 1 STRATEGY BLUE", "1:47", diag.Syntax, "after STRATEGY", ""},
	{"WITH a AS (SELECT 1), a AS (SELECT 2) SELECT 1", "1:23", diag.Duplicate, "twice", ""},
	{"SELECT SUM(x) OVER (ROWS BETWEEN CURRENT ROW AND 1 PRECEDING)", "1:34", diag.Syntax, "ends before it starts", ""},
	{"SELECT SUM(x) OVER (ROWS BETWEEN UNBOUNDED FOLLOWING AND CURRENT ROW)", "1:34", diag.Syntax, "cannot start", ""},
	{"SELECT SUM(x) OVER (ROWS WINDOW BUFFER 0 ROWS)", "1:40", diag.Value, "more than 0", ""},
	{"SELECT ${X}", "1:8", diag.Variable, `variable "X" has no value`, "--var"},
	// literals
	{"SELECT 5s", "1:8", diag.Syntax, "a duration 5s stands only where", "INTERVAL '5' SECOND"},
	{"SELECT 5x", "1:8", diag.Syntax, "malformed number 5x", "INTERVAL"},
	{"SELECT 1_", "1:8", diag.Literal, "malformed number", ""},
	{"SELECT 1__0", "1:8", diag.Literal, "malformed number", ""},
	{"SELECT 1e400, 1e-400", "1:8", diag.Literal, "out of the range of DOUBLE", ""},
	{"SELECT 123456789012345678901234567890123456789", "1:8", diag.Literal, "39 digits", ""},
	{"SELECT X'4'", "1:8", diag.Literal, "invalid bytes literal", ""},
	{"SELECT X'4g'", "1:8", diag.Literal, "invalid bytes literal", ""},
	{`SELECT E'\uD800'`, "1:10", diag.Literal, "invalid Unicode escape", ""},
	{`SELECT E'\xff'`, "1:8", diag.Literal, "not valid UTF-8", ""},
	{"SELECT INTERVAL '5' FORTNIGHT", "1:21", diag.Literal, `unknown unit "FORTNIGHT"`, ""},
	{"SELECT INTERVAL '5 dayz'", "1:17", diag.Literal, `unknown unit "dayz"`, `"day"`},
	{"SELECT INTERVAL '5 6'", "1:17", diag.Literal, "has no unit", ""},
	{"SELECT INTERVAL ''", "1:17", diag.Literal, "empty", ""},
	// refused by name
	{"SELECT * FROM a SEMI JOIN b USING (x)", "1:17", diag.Refused, "SEMI JOIN is not supported", "WHERE EXISTS"},
	{"SELECT * FROM a x ANTI JOIN b ON x.a = b.a", "1:19", diag.Refused, "ANTI JOIN is not supported", "WHERE NOT EXISTS"},
	{"SELECT * FROM a NATURAL JOIN b", "1:17", diag.Refused, "NATURAL JOIN is not supported", "USING"},
	{"SELECT * FROM a SEMI JOIN b ON a.x = b.x", "1:17", diag.Refused, "SEMI JOIN is not supported", "EXISTS"},
	{"SELECT * FROM a LEFT ANTI JOIN b ON a.x = b.x", "1:22", diag.Refused, "ANTI JOIN is not supported", "NOT EXISTS"},
	{"SELECT * FROM a JOIN b USING (x, y, X)", "1:37", diag.Duplicate, `"X" is listed twice`, ""},
	{"WITH RECURSIVE a AS (SELECT 1) SELECT 1", "1:6", diag.Refused, "WITH RECURSIVE is", ""},
	{"SELECT DISTINCT ON (a) b FROM t", "1:8", diag.Refused, "DISTINCT ON", ""},
	{"SELECT a FROM t FETCH FIRST 5 ROWS ONLY", "1:17", diag.Refused, "FETCH", "LIMIT"},
	{"SELECT a FROM t, LATERAL (SELECT 1) x", "1:18", diag.Refused, "LATERAL", "UNNEST"},
	{"SELECT a FROM t, LATERAL f(x)", "1:18", diag.Refused, "LATERAL", ""},
	{"SELECT a FROM t GROUP BY ALL", "1:26", diag.Refused, "GROUP BY ALL", ""},
	{"SELECT a FROM t GROUP BY ROLLUP (a)", "1:26", diag.Refused, "ROLLUP", ""},
	{"SELECT a FROM t GROUP BY a, CUBE (a)", "1:29", diag.Refused, "CUBE", ""},
	{"SELECT a FROM t GROUP BY GROUPING SETS (a)", "1:26", diag.Refused, "GROUPING SETS is", ""},
	{"SELECT a FROM t QUALIFY b", "1:17", diag.Refused, "QUALIFY", ""},
	{"SELECT a FROM t WINDOW w AS (PARTITION BY b)", "1:24", diag.Refused, "named windows are", ""},
	{"SELECT SUM(x) OVER w FROM t", "1:20", diag.Refused, "named windows", ""},
	{"SELECT SUM(x) OVER (w ORDER BY y) FROM t", "1:21", diag.Refused, "named windows", ""},
	{"SELECT SUM(x) OVER (GROUPS 1 PRECEDING)", "1:21", diag.Refused, "GROUPS frames", ""},
	{"SELECT SUM(x) OVER (ROWS 1 PRECEDING EXCLUDE TIES)", "1:38", diag.Refused, "EXCLUDE", ""},
	{"SELECT SUM(x) OVER (EMIT ON BUFFER FULL)", "1:21", diag.Refused, "EMIT ON BUFFER FULL", ""},
	{"SELECT a SIMILAR TO 'b'", "1:10", diag.Refused, "SIMILAR TO", ""},
	{"SELECT a NOT SIMILAR TO 'b'", "1:10", diag.Refused, "SIMILAR TO", ""},
	{"SELECT a ~ 'b'", "1:10", diag.Refused, "operator ~", "REGEXP_LIKE"},
	{"SELECT ~a", "1:8", diag.Refused, "operator ~", ""},
	{"SELECT a !~* 'b'", "1:10", diag.Refused, "operator !~*", ""},
	{"SELECT a & b", "1:10", diag.Refused, "bit operator &", ""},
	{"SELECT a | b", "1:10", diag.Refused, "bit operator |", ""},
	{"SELECT a # b", "1:10", diag.Refused, "bit operator #", ""},
	{"SELECT a << b", "1:10", diag.Refused, "bit operator <<", ""},
	{"SELECT a >> b", "1:10", diag.Refused, "bit operator >>", ""},
	{"SELECT a ^ b", "1:10", diag.Refused, "operator ^", "POWER"},
	{"SELECT a == b", "1:10", diag.Refused, "operator ==", "write ="},
	{"SELECT a -> 'b'", "1:10", diag.Refused, "operator ->", "JSON"},
	{"SELECT a COLLATE \"de\"", "1:10", diag.Refused, "COLLATE", ""},
	{"SELECT a FROM t ORDER BY a COLLATE \"de\"", "1:28", diag.Refused, "COLLATE", ""},
	{"SELECT a[1:2]", "1:11", diag.Refused, "slice", ""},
	{"SELECT a[:2]", "1:10", diag.Refused, "slice", ""},
	{"SELECT $$a$$", "1:8", diag.Refused, "$$…$$", ""},
	{"SELECT $x$a$x$", "1:8", diag.Refused, "$$…$$", ""},
	{"SELECT U&'a'", "1:8", diag.Refused, "U&'…'", ""},
	{"SELECT B'01'", "1:8", diag.Refused, "bit strings", ""},
	{"SELECT OVERLAY(a PLACING b FROM 1)", "1:8", diag.Refused, "OVERLAY", ""},
	{"SELECT UNNEST(a) FROM t", "1:8", diag.Refused, "UNNEST outside FROM", ""},
	{"SELECT COUNT() FROM t", "1:8", diag.Refused, "COUNT()", "COUNT(*)"},
	{"SELECT 1 + COUNT(a, b) FROM t", "1:12", diag.Refused, "COUNT(a, b)", ""},
	{"SELECT SUM(DISTINCT a) OVER (ORDER BY b) FROM t", "1:8", diag.Refused, "SUM(DISTINCT …) OVER", ""},
	{"SELECT a FROM UNNEST(b) WITH ORDINALITY", "1:25", diag.Refused, "WITH ORDINALITY", ""},
	{"SELECT (a, b) < ANY (ARRAY[1])", "1:22", diag.Syntax, "expected a subquery to compare the row value with", ""},
	{"SELECT ROW()", "1:12", diag.Syntax, "expected an expression", ""},
	{"SELECT SUM(x IGNORE NULLS)", "1:14", diag.Refused, "IGNORE NULLS of SUM", ""},
	{"SELECT ARRAY(SELECT 1)", "1:8", diag.Refused, "ARRAY(SELECT …)", "ARRAY_AGG"},
	{"SELECT a::INT[]", "1:14", diag.Refused, "INT[]", "ARRAY<INT>"},
	{"SELECT a::TIMESTAMP WITH TIME ZONE", "1:21", diag.Refused, "TIME ZONE", ""},
	{"SELECT * FROM a ASOF RIGHT JOIN b ON TRUE", "1:22", diag.Refused, "ASOF RIGHT JOIN", ""},
	{"SELECT * FROM TUMBLE(t, x)", "1:15", diag.Refused, "table function", ""},
	{"INSERT INTO s VALUES (DEFAULT)", "1:23", diag.Refused, "DEFAULT", "NULL"},
}

func TestMistakes(t *testing.T) {
	for _, c := range mistakes {
		list, diags := Statements("query", c.in, Options{})
		if len(diags) == 0 {
			t.Errorf("%s: no error", c.in)
			continue
		}
		d := diags[0]
		if d.Pos.String() != c.at || d.Kind != c.kind || !strings.Contains(d.Message, c.msg) || !strings.Contains(d.Hint, c.hint) {
			t.Errorf("%s\nwant %s %s %q hint %q\n got %s %s %q hint %q", c.in, c.at, c.kind, c.msg, c.hint, d.Pos, d.Kind, d.Message, d.Hint)
		}
		if len(list) == 0 {
			t.Errorf("%s: the statement is gone", c.in)
		}
	}
}

// One error a statement, the others still read; what a broken statement makes
// is known.
func TestRecovery(t *testing.T) {
	text := "CREATE STREAM a AS SELEC 1;\nINSERT INTO b SELECT FROM;\nSELECT a b c ^ d; SELECT 'x;y' FROM t;\nCREATE TABLE OR REPLACE \"c d\" (x INTT, y BOOLEN) AS SELECT 1;"
	list, diags := Statements("app.sql", text, Options{})
	var got []string
	for _, d := range diags {
		got = append(got, d.Error())
	}
	want := []string{
		`app.sql:1:20: expected SELECT or VALUES, found "SELEC"`,
		`app.sql:2:22: expected an expression, found "FROM"`,
		`app.sql:3:12: unexpected "c"`,
		`app.sql:4:34: unknown type "INTT"`,
		`app.sql:4:42: unknown type "BOOLEN"`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
	if len(list) != 5 {
		t.Fatalf("%d statements", len(list))
	}
	for i, name := range []string{"a", "b"} {
		bad, ok := list[i].Body.(*ast.Bad)
		if !ok || bad.Creates == nil || bad.Creates.Name != name {
			t.Errorf("%d: %#v", i, list[i].Body)
		}
	}
	if bad, ok := list[2].Body.(*ast.Bad); !ok || bad.Creates != nil {
		t.Errorf("%#v", list[2].Body)
	}
	if c, ok := list[4].Body.(*ast.Create); !ok || c.Columns[0].Type.Kind != ast.TypeInvalid {
		t.Errorf("%#v", list[4].Body)
	}
}

func TestLiteralErrorsGoOn(t *testing.T) {
	_, diags := Statements("query", "SELECT 1e999, 2, 123456789012345678901234567890123456789, 1e-999 FROM t", Options{})
	if len(diags) != 3 {
		t.Errorf("%v", diags)
	}
}

func TestLimits(t *testing.T) {
	deep := func(n int, open, mid, shut string) string {
		return "SELECT " + strings.Repeat(open, n) + mid + strings.Repeat(shut, n)
	}
	for name, c := range map[string]struct {
		text string
		l    Limits
		msg  string
	}{
		"parentheses": {deep(300, "(", "1", ")"), Limits{}, "nested more than 200 deep"},
		"minus":       {deep(300, "- ", "a", ""), Limits{}, "nested"},
		"not":         {deep(300, "NOT ", "a", ""), Limits{}, "nested"},
		"queries":     {deep(300, "(SELECT ", "1", ")"), Limits{}, "nested"},
		"set queries": {strings.Repeat("(", 300) + "SELECT 1", Limits{}, "nested"},
		"double":      {deep(300, "((SELECT 1)+", "1", ")"), Limits{}, "nested"},
		"sources":     {"SELECT 1 FROM " + strings.Repeat("(", 300) + "a", Limits{}, "nested"},
		"types":       {"SELECT CAST(1 AS " + strings.Repeat("ARRAY<", 300), Limits{}, "nested"},
		"explain":     {strings.Repeat("EXPLAIN ", 300) + "SELECT 1", Limits{}, "nested"},
		"case":        {deep(300, "CASE WHEN ", "a", " THEN 1 END"), Limits{}, "nested"},
		"operators":   {"SELECT a" + strings.Repeat(" + a", 6000), Limits{}, "more than 5000 operators"},
		"casts":       {"SELECT a" + strings.Repeat("::INT", 6000), Limits{}, "operators"},
		"subscripts":  {"SELECT a" + strings.Repeat("[1]", 6000), Limits{}, "operators"},
		"path":        {"SELECT a" + strings.Repeat(".a", 6000), Limits{}, "operators"},
		"joins":       {"SELECT a FROM a" + strings.Repeat(" CROSS JOIN a", 6000), Limits{}, "joins"},
		"commas":      {"SELECT a FROM a" + strings.Repeat(", a", 6000), Limits{}, "joins"},
		"unions":      {"SELECT a" + strings.Repeat(" UNION SELECT a", 6000), Limits{}, "set operations"},
		"list":        {"SELECT a IN (1" + strings.Repeat(", 1", 20) + ")", Limits{List: 20}, "more than 20 items"},
		"rows":        {"VALUES (1)" + strings.Repeat(", (1)", 20), Limits{List: 20}, "more than 20 items"},
		"size":        {"SELECT '" + strings.Repeat("x", 200) + "'", Limits{Bytes: 100}, "statement of 209 bytes is longer than 100"},
	} {
		_, diags := Statements("query", c.text, Options{Limits: c.l})
		if len(diags) != 1 || diags[0].Kind != diag.Limit || !strings.Contains(diags[0].Message, c.msg) {
			t.Errorf("%s: %v", name, diags)
		}
	}
	for name, text := range map[string]string{
		"parentheses": deep(150, "(", "1", ")"),
		"operators":   "SELECT " + strings.Repeat("a"+strings.Repeat(" + a", 4000)+", ", 3) + "b",
		"list":        "SELECT a IN (1" + strings.Repeat(", 1", 90_000) + ")",
	} {
		if _, diags := Statements("query", text, Options{}); len(diags) > 0 {
			t.Errorf("%s: %v", name, diags)
		}
	}
}
