package rules

import (
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/planner/internal/logical"
)

// mergeProjections makes one projection of two that stand on each other, when
// every expression is computed as often, and for the same rows, as before.
func mergeProjections(n logical.Node, f Facts) logical.Node {
	n = inputs(n, func(in logical.Node) logical.Node { return mergeProjections(in, f) })
	for {
		up, ok := n.(*logical.Project)
		if !ok {
			return n
		}
		low, ok := up.Input.(*logical.Project)
		if !ok || up.HeaderEdits || low.HeaderEdits || !mergeable(up, low) {
			return n
		}
		c := *up
		c.Input, c.Joined = low.Input, low.Joined
		c.Exprs = make([]expr.Expr, len(up.Exprs))
		for i, e := range up.Exprs {
			c.Exprs[i] = substitute(e, func(c *expr.Column) expr.Expr { return low.Exprs[c.Index] })
		}
		n = &c
	}
}

// mergeable tells that what the lower projection computes is a column or a
// constant, or is read once: as it is, or where it cannot fail.
func mergeable(up, low *logical.Project) bool {
	uses, plain := make([]int, len(low.Exprs)), make([]bool, len(low.Exprs))
	for _, e := range up.Exprs {
		if c, ok := e.(*expr.Column); ok {
			plain[c.Index] = true
		}
		expr.Walk(e, func(e expr.Expr) bool {
			if c, ok := e.(*expr.Column); ok {
				uses[c.Index]++
			}
			return true
		})
	}
	for i, e := range low.Exprs {
		switch {
		case len(e.Children()) == 0 && expr.Safe(e):
		case uses[i] == 1 && (plain[i] || expr.Safe(e)):
		case uses[i] == 0 && expr.Safe(e):
		default:
			return false
		}
	}
	return true
}
