package logictest

import (
	"context"
	"strings"
	"testing"

	"github.com/velostream/velo/planner"
	"github.com/velostream/velo/planner/logictest/slt"
)

// plan compares EXPLAIN of a statement.
func (w *world) plan(t *testing.T, b *slt.Block, sql string) {
	o := w.options(b.Words)
	if _, ok := b.Words["replay"]; ok {
		o.Mode, o.Out = planner.Replay, t.TempDir()
	}
	app, err := planner.Compile(context.Background(), sql, o)
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	var got []string
	for _, l := range strings.Split(strings.TrimRight(strings.ReplaceAll(app.Explain(), w.dir+"/", ""), "\n"), "\n") {
		if strings.TrimSpace(l) != "" { // a blank line would end the block
			got = append(got, strings.TrimRight(l, " "))
		}
	}
	if len(b.Parts) == 0 {
		if !*update {
			t.Fatalf("line %d: the plan has no answer; -update writes it", b.Line)
		}
		b.Parts = []slt.Part{{Lines: got}}
	}
	if want, _ := b.Part(""); !same(got, want) {
		t.Errorf("line %d: the plan is\n%s\nwant\n%s", b.Line, show(got), show(want))
	}
}
