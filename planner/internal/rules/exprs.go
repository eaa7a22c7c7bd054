package rules

import (
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/planner/internal/logical"
)

// mapExprs rewrites the expressions over the input of a node, not those over its
// own rows, by f, which keeps their types.
func mapExprs(n logical.Node, f func(expr.Expr) expr.Expr) logical.Node {
	return logical.MapExprs(n, func(e expr.Expr, s logical.Space) expr.Expr {
		if s == logical.OfOutput {
			return e
		}
		return f(e)
	})
}

// substitute replaces columns by the expressions that they are; columns that
// stand for themselves keep the shown name.
func substitute(e expr.Expr, by func(c *expr.Column) expr.Expr) expr.Expr {
	return expr.Rewrite(e, func(e expr.Expr) expr.Expr {
		if c, ok := e.(*expr.Column); ok {
			return by(c)
		}
		return e
	})
}

// below tells whether an expression reads only the first n columns.
func below(e expr.Expr, n int) bool {
	ok := true
	expr.Walk(e, func(e expr.Expr) bool {
		if c, is := e.(*expr.Column); is && c.Index >= n {
			ok = false
		}
		return ok
	})
	return ok
}

func allSafe(list ...expr.Expr) bool {
	for _, e := range list {
		if e != nil && !expr.Safe(e) {
			return false
		}
	}
	return true
}
