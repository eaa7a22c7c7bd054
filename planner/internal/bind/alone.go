package bind

import (
	"slices"

	"github.com/velostream/velo/planner/internal/ast"
)

// own are functions that the binder makes itself.
var own = []string{"COALESCE", "IFNULL", "NVL", "NULLIF", "IF", "TIMESTAMP"}

// checkAlone looks for unknown functions in a SELECT whose source is not known.
// Names are not reported, nor anything that follows from them.
func (b *Binder) checkAlone(s *ast.Select, q *ast.Query) {
	x := &exprs{b: b, in: &scope{unknown: true}}
	look := func(e ast.Expr) {
		if e == nil {
			return
		}
		ast.Inspect(e, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Query:
				return false // its sources may be those of the query around it
			case *ast.Call:
				_, scalar := b.Funcs.Lookup(n.Name)
				_, bound := windowBounds[n.Name]
				if b.Aggs[n.Name] == nil && !scalar && !bound && !overOnly[n.Name] && !slices.Contains(own, n.Name) {
					x.unknownFunction(n)
				}
			}
			return true
		})
	}
	for _, it := range s.Items {
		look(it.Expr)
	}
	look(s.Where)
	for _, g := range s.GroupBy {
		look(g)
	}
	look(s.Having)
	for _, o := range q.OrderBy {
		look(o.Expr)
	}
}
