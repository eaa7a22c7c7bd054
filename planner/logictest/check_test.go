package logictest

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/velostream/velo/planner"
	"github.com/velostream/velo/planner/logictest/slt"
)

// check compares what validate finds in a text: errors and warnings with kind,
// place and hint, then sources whose columns are not known. With the word "from"
// the script's tables are there, as --from makes them.
func (w *world) check(t *testing.T, b *slt.Block) {
	o := w.options(b.Words)
	if _, ok := b.Words["from"]; !ok {
		o.From = nil
	}
	v, err := planner.Check(context.Background(), strings.Join(b.Body, "\n"), o)
	var got []string
	if err != nil {
		got = append(got, "usage: "+err.Error())
	} else {
		for _, d := range v.Findings {
			got = append(got, fmt.Sprintf("%s %s %s: %s", d.Severity, d.Pos, d.Kind, d.Message))
			if d.Hint != "" {
				got = append(got, "hint: "+d.Hint)
			}
		}
		for _, n := range v.Unchecked {
			got = append(got, "columns not checked: "+n)
		}
	}
	if len(b.Parts) == 0 {
		if !*update {
			t.Fatalf("line %d: the check has no answer; -update writes it", b.Line)
		}
		b.Parts = []slt.Part{{Lines: got}}
	}
	if want, _ := b.Part(""); !same(got, want) {
		t.Errorf("line %d: found\n%s\nwant\n%s", b.Line, show(got), show(want))
	}
}

// TestEveryKindIsChecked holds that each kind of diagnostic is in a check.
func TestEveryKindIsChecked(t *testing.T) {
	text := ""
	for _, f := range []string{"errors.slt", "warnings.slt"} {
		b, err := os.ReadFile(filepath.Join("..", "..", "testdata", "check", f))
		if err != nil {
			t.Fatal(err)
		}
		text += string(b)
	}
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "internal", "diag", "diagnostic.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	kinds := 0
	ast.Inspect(f, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if id, ok := v.Type.(*ast.Ident); !ok || id.Name != "Kind" {
			return true
		}
		kind, _ := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
		kinds++
		if !strings.Contains(text, " "+kind+": ") {
			t.Errorf("no check shows an error or a warning of kind %q", kind)
		}
		return true
	})
	if kinds < 20 {
		t.Errorf("only %d kinds were found", kinds)
	}
}

// TestDemoHasNoFindings holds that validate has nothing to say of the demo.
func TestDemoHasNoFindings(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "testdata", "demo", "flights.sql"))
	if err != nil {
		t.Fatal(err)
	}
	v, err := planner.Check(context.Background(), string(text), (&world{}).options(nil))
	if err != nil || len(v.Findings) > 0 || len(v.Statements) != 3 {
		t.Errorf("%v %v", err, v.Findings)
	}
}
