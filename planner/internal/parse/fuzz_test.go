package parse

import (
	"strings"
	"testing"

	"github.com/velostream/velo/planner/internal/ast"
)

// FuzzStatements: no input makes the parser panic or report a place outside the
// text; what it reads without errors, written back, reads the same.
func FuzzStatements(f *testing.F) {
	for _, c := range statements {
		f.Add(c.in)
	}
	for _, c := range expressions {
		f.Add("SELECT " + c.in)
	}
	for _, c := range mistakes {
		f.Add(c.in)
	}
	f.Add(annotated)
	vars := Variables{Vars: map[string]string{"N": "5", "Q": "it's", "S": "a; b"}}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 20_000 {
			return
		}
		list, diags := Statements("query", text, Options{Variables: vars, Limits: Limits{Depth: 60}})
		lines := strings.Count(text, "\n") + 1
		for _, d := range diags {
			if d.Line < 1 || d.Line > lines || d.Col < 1 || d.Offset < 0 || d.Offset > len(text) || d.Message == "" {
				t.Fatalf("%q: place of %v", text, d)
			}
			_ = d.Render(text)
		}
		for _, s := range list {
			ast.Inspect(&s, func(n ast.Node) bool {
				if !n.Pos().Valid() {
					t.Fatalf("%q: %T has no place", text, n)
				}
				return true
			})
			if !diags.HasErrors() {
				roundTrip(t, s.Text, s.Body)
			}
		}
	})
}

// FuzzParts: the readers of parts do not panic.
func FuzzParts(f *testing.F) {
	for _, s := range []string{"a INT, b STRING", "5s", "INTERVAL '5' MINUTE", "P1DT2H", "1 day ago", "a + b", "MAP<A, B>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if d, err := durationOf(text); err == nil && d < 0 {
			t.Fatalf("%q: %v", text, d)
		}
		Columns("columns", text)
		typeNameOf("type", text)
		Expr("expr", text)
	})
}
