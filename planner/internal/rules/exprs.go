package rules

import (
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/planner/internal/logical"
)

// mapExprs rewrites the expressions of one node by f, which keeps their types.
func mapExprs(n logical.Node, f func(expr.Expr) expr.Expr) logical.Node {
	one := func(e expr.Expr) expr.Expr {
		if e == nil {
			return nil
		}
		return f(e)
	}
	all := func(list []expr.Expr) []expr.Expr {
		out := make([]expr.Expr, len(list))
		for i, e := range list {
			out[i] = one(e)
		}
		return out
	}
	keys := func(list []logical.SortKey) []logical.SortKey {
		out := append([]logical.SortKey(nil), list...)
		for i := range out {
			out[i].Expr = one(out[i].Expr)
		}
		return out
	}
	pairs := func(list []logical.JoinKey) []logical.JoinKey {
		out := append([]logical.JoinKey(nil), list...)
		for i := range out {
			out[i].Left, out[i].Right = one(out[i].Left), one(out[i].Right)
		}
		return out
	}
	switch n := n.(type) {
	case *logical.Filter:
		return &logical.Filter{Input: n.Input, Pred: one(n.Pred)}
	case *logical.Project:
		c := *n
		c.Exprs = all(n.Exprs)
		return &c
	case *logical.Aggregate:
		c := *n
		c.Keys, c.Last, c.Having = all(n.Keys), all(n.Last), one(n.Having)
		c.Aggs = append([]logical.AggCall(nil), n.Aggs...)
		for i := range c.Aggs {
			c.Aggs[i].Args, c.Aggs[i].Filter, c.Aggs[i].OrderBy = all(c.Aggs[i].Args), one(c.Aggs[i].Filter), keys(c.Aggs[i].OrderBy)
		}
		return &c
	case *logical.Sort:
		c := *n
		c.Keys = keys(n.Keys)
		return &c
	case *logical.Join:
		c := *n
		c.Keys, c.In = pairs(n.Keys), pairs(n.In)
		c.OnLeft, c.OnRight, c.Residual, c.Compare = one(n.OnLeft), one(n.OnRight), one(n.Residual), one(n.Compare)
		return &c
	case *logical.Unnest:
		c := *n
		c.Args = all(n.Args)
		return &c
	case *logical.Attach:
		c := *n
		c.Probe = all(n.Probe)
		return &c
	case *logical.Over:
		c := *n
		c.Windows = nil
		for _, w := range n.Windows {
			c.Windows = append(c.Windows, w.Rewrite(one))
		}
		return &c
	}
	return n
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
