package rules

import (
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/planner/internal/logical"
)

// foldConstants simplifies the expressions of all nodes and drops filters that
// are TRUE.
func foldConstants(n logical.Node, f Facts) logical.Node {
	n = inputs(n, func(in logical.Node) logical.Node { return foldConstants(in, f) })
	n = logical.MapExprs(n, func(e expr.Expr, _ logical.Space) expr.Expr { return expr.Simplify(e) })
	if w, ok := n.(*logical.Filter); ok {
		if c, ok := w.Pred.(*expr.Const); ok && !c.IsNull() && c.One.BoolAt(0) {
			return w.Input
		}
	}
	return n
}
