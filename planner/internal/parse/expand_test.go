package parse

import (
	"strings"
	"testing"

	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
)

func TestExpand(t *testing.T) {
	v := Variables{
		Vars: map[string]string{"N": "5", "QUOTE": "it's", "DQ": `a"b`, "BS": `a\b`, "EMPTY": "", "SQL": "a, b", "NL": "x\ny"},
		Env: func(name string) (string, bool) {
			return "env'" + name, name == "HOME" || name == "N"
		},
	}
	for _, c := range []struct{ in, out string }{
		{"SELECT ${N}", "SELECT 5"},
		{"SELECT ${SQL} FROM t LIMIT ${N}", "SELECT a, b FROM t LIMIT 5"},
		{"SELECT '${QUOTE}', E'${BS}${QUOTE}', \"${DQ}\", `${DQ}`", "SELECT 'it''s', E'a\\\\bit''s', \"a\"\"b\", `a\"b`"},
		{"-- ${MISSING}\nSELECT /* ${MISSING} /* ${N} */ */ 1", "-- ${MISSING}\nSELECT /* ${MISSING} /* ${N} */ */ 1"},
		{"-- @app: ${HOME} ${N} ${NL}\nSELECT 1", "-- @app: env'HOME 5 x y\nSELECT 1"},
		{"SELECT 1 -- @app: ${HOME}", "SELECT 1 -- @app: ${HOME}"},
		{"SELECT * FROM t WITH ('a' = '${HOME}', \"b\" = \"${N:-x}\")", "SELECT * FROM t WITH ('a' = 'env''HOME', \"b\" = \"5\")"},
		{"SELECT * FROM t with\n( 'a' = '${MISSING:-d''x}', 'b' = '${EMPTY:-e}', 'c' = '${M:d}', 'd' = '${EMPTY}')", "SELECT * FROM t with\n( 'a' = 'd''''x', 'b' = 'e', 'c' = 'd', 'd' = '')"},
		{"SELECT '${1}', '$', '${', '${x', '$N', '${a b}'", "SELECT '${1}', '$', '${', '${x', '$N', '${a b}'"},
		{"SELECT ${M:-1} + ${N:-2}", "SELECT 1 + 5"},
	} {
		got, diags := Expand("query", c.in, v)
		if got.Text != c.out || len(diags) > 0 {
			t.Errorf("%s\n got %s\nwant %s\n%v", c.in, got.Text, c.out, diags)
		}
	}
}

func TestExpandMissing(t *testing.T) {
	v := Variables{Vars: map[string]string{"NAME": "x"}, Env: func(name string) (string, bool) { return "env", name == "HOME" }}
	text := "SELECT ${NAMES};\nSELECT '${HOME}' FROM x y z; SELECT 1 WITH ('a'='${HOME}', 'b'='${X:?is needed}');\nSELECT a FROM t WITH ('x' = '1') WHERE b = ${HOME}; SELECT 2"
	list, diags := Statements("app.sql", text, Options{Variables: v})
	var got []string
	for _, d := range diags {
		got = append(got, d.Error()+" | "+d.Hint)
		if d.Kind != diag.Variable {
			t.Errorf("%v", d)
		}
	}
	want := "app.sql:1:8: variable \"NAMES\" has no value | did you mean \"NAME\"?\n" +
		"app.sql:2:9: variable \"HOME\" has no value | the environment is used in WITH and annotations only; give it with --var HOME=VALUE\n" +
		"app.sql:2:65: variable \"X\": is needed | give it with --var X=VALUE\n" +
		"app.sql:3:44: variable \"HOME\" has no value | the environment is used in WITH and annotations only; give it with --var HOME=VALUE"
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
	if len(list) != 5 {
		t.Fatalf("%d statements", len(list))
	}
	for i, bad := range []bool{true, true, true, true, false} {
		if _, ok := list[i].Body.(*ast.Bad); ok != bad {
			t.Errorf("%d: %T", i, list[i].Body)
		}
	}
}

func TestRequiredVariable(t *testing.T) {
	_, diags := Statements("query", "SELECT a FROM t WITH ('x' = '${X:?give the host}')", Options{})
	if len(diags) != 1 || diags[0].Message != `variable "X": give the host` {
		t.Errorf("%v", diags)
	}
}

func TestNeverExpand(t *testing.T) {
	v := Variables{Vars: map[string]string{"N": "5"}, Never: true}
	list, diags := Statements("query", "SELECT '${N}'; SELECT ${N}", Options{Variables: v})
	if len(diags) != 1 || diags[0].Kind != diag.Variable || diags[0].Pos.String() != "1:23" {
		t.Errorf("%v", diags)
	}
	if got := ast.Format(list[0].Body); got != "SELECT '${N}'" {
		t.Errorf("%s", got)
	}
}

// Places are those of the text as written, whatever was put in before them.
func TestExpandedPlaces(t *testing.T) {
	v := Variables{Vars: map[string]string{"LONG": "aaaaaaaaaaaaaaaa,\nbbbbbbbbbbb", "TWO": "a b c", "E": ""}}
	for in, want := range map[string]string{
		"SELECT ${LONG}, x y z":              "1:21",
		"SELECT '${LONG}' x,\n  'é${E}' y z": "2:13",
		"SELECT ${TWO} FROM t":               "1:8",
		"SELECT ${E}":                        "1:7",
		"SELECT ${E} FROM t":                 "1:13",
		"\ufeffSELECT ^ ${E}":                "1:8",
	} {
		list, diags := Statements("query", in, Options{Variables: v})
		if len(diags) != 1 || diags[0].Pos.String() != want {
			t.Errorf("%s: %v", in, diags)
		}
		if list[0].Text != strings.TrimPrefix(in, "\ufeff") && !strings.HasSuffix(in, "${E}") {
			t.Errorf("%s: text %q", in, list[0].Text)
		}
	}
}
