package parse

import (
	"fmt"
	"strings"
	"testing"

	"github.com/velostream/velo/planner/internal/ast"
)

// Each node with the column it is placed at, in the order of the walk.
func TestPositions(t *testing.T) {
	for in, want := range map[string]string{
		"a + b * c":                       "Binary@3 Name@1 Binary@7 Name@5 Name@9",
		"-a = -5":                         "Binary@4 Unary@1 Name@2 IntLit@6",
		"SUM( x ) + 1":                    "Binary@10 Call@1 Name@6 IntLit@12",
		"a IS NULL":                       "Is@3 Name@1",
		"a NOT IN (1, 2)":                 "In@7 Name@1 IntLit@11 IntLit@14",
		"a NOT LIKE 'x'":                  "Like@7 Name@1 StringLit@12",
		"a BETWEEN 1 AND 2":               "Between@3 Name@1 IntLit@11 IntLit@17",
		"a::INT":                          "Cast@2 Name@1 TypeName@4",
		"CAST(a AS INT)":                  "Cast@1 Name@6 TypeName@11",
		"m['k'].x":                        "Field@8 Index@2 Name@1 StringLit@3",
		"a.b.c":                           "Name@1",
		"t AT TIME ZONE 'UTC'":            "AtTimeZone@3 Name@1 StringLit@16",
		"CASE a WHEN 1 THEN 2 ELSE 3 END": "Case@1 Name@6 IntLit@13 IntLit@20 IntLit@27",
		"f(x) OVER (PARTITION BY y ORDER BY z RANGE 5m PRECEDING)": "Call@1 Name@3 Over@6 Name@25 OrderItem@36 Name@36 Frame@38 DurationLit@44",
		"a = ANY (SELECT x FROM t)":                                "Quantified@3 Name@1 Query@10 Select@10 SelectItem@17 Name@17 NamedSource@24",
		"EXTRACT(DAY FROM t) + ARRAY[1][1]":                        "Binary@21 Extract@1 Name@18 Index@31 ArrayExpr@23 IntLit@29 IntLit@32",
		"STRUCT(a AS b, MAP[1, 2])":                                "StructExpr@1 Name@8 MapExpr@16 IntLit@20 IntLit@23",
		"x IS DISTINCT FROM INTERVAL '1' DAY":                      "IsDistinct@3 Name@1 IntervalLit@20",
		"(a, b) = (SELECT 1)":                                      "Binary@8 RowExpr@1 Name@2 Name@5 Subquery@10 Query@11 Select@11 SelectItem@18 IntLit@18",
		"EXISTS (VALUES (1))":                                      "Exists@1 Query@9 Values@9 IntLit@17",
		"LISTAGG(a ORDER BY b) FILTER (WHERE c)":                   "Call@1 Name@9 OrderItem@20 Name@20 Name@37",
	} {
		e, diags := Expr("query", in)
		if len(diags) > 0 {
			t.Errorf("%s: %v", in, diags)
			continue
		}
		var got []string
		ast.Inspect(e, func(n ast.Node) bool {
			got = append(got, fmt.Sprintf("%s@%d", strings.TrimPrefix(fmt.Sprintf("%T", n), "*ast."), n.Pos().Col))
			return true
		})
		if strings.Join(got, " ") != want {
			t.Errorf("%s\n got %s\nwant %s", in, strings.Join(got, " "), want)
		}
		if s := ast.Start(e); s.Col != 1 {
			t.Errorf("%s: starts at %v", in, s)
		}
	}
}

func TestStatementWalk(t *testing.T) {
	text := `CREATE TABLE x (a INT, b MAP<INT, STRUCT<c INT>>) WITH ('k' = 'v') AS
WITH c AS (SELECT 1) SELECT a.*, b FROM a JOIN (SELECT 1) d ON TRUE WITHIN 5m, UNNEST(z) u, 'f' WITH ('x' = '1')
WHERE p GROUP BY q WINDOW SESSION(ts, 5m, k) HAVING r UNION SELECT 1 ORDER BY s LIMIT 1 OFFSET 2 EMIT CHANGES EVERY 1s WITH ('a' = 'b')`
	list, diags := Statements("query", text, Options{})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	var got []string
	ast.Inspect(&list[0], func(n ast.Node) bool {
		if !n.Pos().Valid() {
			t.Errorf("%T has no place", n)
		}
		got = append(got, strings.TrimPrefix(fmt.Sprintf("%T", n), "*ast."))
		_, star := n.(*ast.DerivedTable)
		return !star
	})
	want := "Statement Create ColumnDef TypeName ColumnDef TypeName TypeName TypeName TypeName Options Option Query CTE Query Select SelectItem IntLit " +
		"SetOp Select SelectItem Star SelectItem Name Join Join Join NamedSource DerivedTable BoolLit Duration Unnest Name URISource Options Option Name Name " +
		"Window Name Duration Name Name Select SelectItem IntLit OrderItem Name IntLit IntLit Emit Duration Options Option"
	if strings.Join(got, " ") != want {
		t.Errorf("\n got %s\nwant %s", strings.Join(got, " "), want)
	}
	for _, text := range []string{"EXPLAIN DESCRIBE 'x'", "SHOW TABLES LIKE 'a'", "START JOB j AS SELECT 1", "DEPLOY JOB j VERSION 'v' AS SELECT 1",
		"ROLLBACK JOB j VERSION 'v'", "INSERT INTO a SELECT 1"} {
		list, _ := Statements("query", text, Options{})
		n := 0
		ast.Inspect(list[0].Body, func(ast.Node) bool { n++; return true })
		if n < 2 {
			t.Errorf("%s: %d nodes", text, n)
		}
	}
}

func TestHelpersOfTheTree(t *testing.T) {
	body := one(t, "SELECT a FROM t ORDER BY a DESC, b, c NULLS FIRST").(*ast.Query)
	for i, first := range []bool{true, false, true} {
		if body.OrderBy[i].NullsAreFirst() != first {
			t.Errorf("%d", i)
		}
	}
	src := one(t, "SELECT * FROM t WITH ('A.b' = 'c')").(*ast.Query).Body.(*ast.Select).From.(*ast.NamedSource)
	if o, ok := src.With.Get("a.B"); !ok || o.Value != "c" || o.ValuePos.Col != 31 {
		t.Errorf("%v", o)
	}
	if _, ok := (*ast.Options)(nil).Get("x"); ok {
		t.Error("found in nothing")
	}
	var list []ast.Expr
	for _, e := range []string{"a", "b + c"} {
		x, _ := Expr("", e)
		list = append(list, x)
	}
	n := 0
	for _, e := range list {
		ast.Inspect(e, func(ast.Node) bool { n++; return true })
	}
	if n != 4 || !ast.Eq.IsComparison() || ast.Add.IsComparison() {
		t.Error(n)
	}
	if got := ast.FormatDuration(0) + ast.FormatDuration(1) + ast.FormatDuration(2000); got != "0s1ns2us" {
		t.Error(got)
	}
	if _, ok := list[0].(*ast.Name); !ok || IsReserved("price") || !IsReserved("SELECT") || !IsReserved("LIMIT") {
		t.Error("reserved words")
	}
}
