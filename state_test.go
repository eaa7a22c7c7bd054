package velo_test

import (
	"go/ast"
	"path"
	"strings"
	"testing"
)

// keepsNothing are the operators that have nothing to write down between two
// batches, each with why.
var keepsNothing = map[string]string{
	"operators/eventtime.Require":     "it looks at one row at a time",
	"operators/filter.Operator":       "it looks at one row at a time",
	"operators/join.keyFilter":        "the join has the keys; what it counts only says whether looking is worth while",
	"operators/project.Operator":      "it looks at one row at a time",
	"operators/unnest.Operator":       "it looks at one row at a time",
	"operators/upsert.Merge":          "all rows of a record come in one batch",
	"planner.deletionsOp":             "it looks at one row at a time",
	"planner.lateOp":                  "it passes on what the window beside it finds",
	"planner.memberPort":              "its union writes the watermarks down; rows go on with the batch they came from",
	"planner.mergePort":               "rows go on with the batch they came from",
	"planner.passOp":                  "it passes batches on",
	"planner.printPort":               "rows go on with the batch they came from",
	"planner.weightless":              "it passes batches on",
	"planner/internal/build.dropLast": "it is a projection",
	"planner/internal/build.lastInto": "it is a projection",
}

// TestOperatorsAreWrittenDown walks all operators: what keeps state is a
// Snapshotter, what does not is on the list.
func TestOperatorsAreWrittenDown(t *testing.T) {
	process, snapshot := map[string]string{}, map[string]bool{}
	for _, s := range sources(t) {
		if s.test || strings.HasPrefix(s.dir, "bench") {
			continue
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv == nil {
				continue
			}
			recv := f.Recv.List[0].Type
			if p, ok := recv.(*ast.StarExpr); ok {
				recv = p.X
			}
			if g, ok := recv.(*ast.IndexExpr); ok {
				recv = g.X
			}
			id, ok := recv.(*ast.Ident)
			if !ok {
				continue
			}
			name := s.dir + "." + id.Name
			switch {
			case f.Name.Name == "Process" && len(f.Type.Params.List) == 2:
				process[name] = s.path
			case f.Name.Name == "Restore":
				snapshot[name] = true
			}
		}
	}
	if len(process) < 20 {
		t.Fatalf("the walk found %d operators, too few to mean anything", len(process))
	}
	for name, file := range process {
		if !snapshot[name] && keepsNothing[name] == "" {
			t.Errorf("%s: %s is no arrowexec.Snapshotter; write its state down, or list it here with why it has none", file, path.Base(name))
		}
		if snapshot[name] && keepsNothing[name] != "" {
			t.Errorf("%s: %s writes its state down and is listed as if it had none", file, path.Base(name))
		}
	}
	for name := range keepsNothing {
		if process[name] == "" {
			t.Errorf("%s is listed and is no operator any more", name)
		}
	}
}
