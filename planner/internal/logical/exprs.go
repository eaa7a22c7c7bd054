package logical

import "github.com/velostream/velo/arrowexec/expr"

// MapExprs makes a copy of a node whose own expressions, those of its inputs
// not, have been replaced. What is over both inputs of a join, and HAVING, is
// over other columns than the rest: f is told by the space.
func MapExprs(n Node, f func(expr.Expr, Space) expr.Expr) Node {
	one := func(e expr.Expr, s Space) expr.Expr {
		if e == nil {
			return nil
		}
		return f(e, s)
	}
	all := func(list []expr.Expr, s Space) []expr.Expr {
		out := make([]expr.Expr, len(list))
		for i, e := range list {
			out[i] = one(e, s)
		}
		return out
	}
	sorted := func(list []SortKey) []SortKey {
		out := append([]SortKey(nil), list...)
		for i := range out {
			out[i].Expr = one(out[i].Expr, OfInput)
		}
		return out
	}
	switch n := n.(type) {
	case *Values:
		c := *n
		c.Rows = nil
		for _, r := range n.Rows {
			c.Rows = append(c.Rows, all(r, OfInput))
		}
		return &c
	case *Filter:
		return &Filter{Input: n.Input, Pred: one(n.Pred, OfInput)}
	case *KeyFilter:
		c := *n
		c.Keys = all(n.Keys, OfInput)
		return &c
	case *Project:
		c := *n
		c.Exprs = all(n.Exprs, OfInput)
		return &c
	case *Sort:
		c := *n
		c.Keys = sorted(n.Keys)
		return &c
	case *InTime:
		c := *n
		c.Keys = sorted(n.Keys)
		return &c
	case *Unnest:
		c := *n
		c.Args, c.On = all(n.Args, OfInput), one(n.On, OfOutput)
		return &c
	case *Over:
		c := *n
		c.Windows = nil
		for _, w := range n.Windows {
			c.Windows = append(c.Windows, w.Rewrite(func(e expr.Expr) expr.Expr { return one(e, OfInput) }))
		}
		return &c
	case *Attach:
		c := *n
		c.Probe, c.Params, c.Guard = all(n.Probe, OfInput), all(n.Params, OfInput), one(n.Guard, OfInput)
		return &c
	case *Aggregate:
		c := *n
		c.Keys, c.Last, c.Having = all(n.Keys, OfInput), all(n.Last, OfInput), one(n.Having, OfOutput)
		c.Aggs = append([]AggCall(nil), n.Aggs...)
		for i := range c.Aggs {
			a := &c.Aggs[i]
			a.Args, a.Filter, a.OrderBy = all(a.Args, OfInput), one(a.Filter, OfInput), sorted(a.OrderBy)
		}
		return &c
	case *Join:
		c := *n
		keys := func(list []JoinKey) []JoinKey {
			out := append([]JoinKey(nil), list...)
			for i := range out {
				out[i].Left, out[i].Right = one(out[i].Left, OfLeft), one(out[i].Right, OfRight)
			}
			return out
		}
		c.Keys, c.In = keys(n.Keys), keys(n.In)
		if n.AsOf != nil {
			a := *n.AsOf
			a.Left, a.Right = one(a.Left, OfLeft), one(a.Right, OfRight)
			c.AsOf = &a
		}
		c.OnLeft, c.OnRight = one(n.OnLeft, OfLeft), one(n.OnRight, OfRight)
		c.Residual, c.Compare = one(n.Residual, OfBoth), one(n.Compare, OfBoth)
		return &c
	}
	return n
}

// Space says which columns an expression of a node numbers.
type Space uint8

// The spaces.
const (
	OfInput  Space = iota // those of the one input
	OfLeft                // those of the left input of a join
	OfRight               // those of the right one
	OfBoth                // those of the left one, and behind them the right one's
	OfOutput              // those of the node itself
)

// EachExpr calls f for the node's own expressions.
func EachExpr(n Node, f func(expr.Expr)) {
	MapExprs(n, func(e expr.Expr, _ Space) expr.Expr { f(e); return e })
}
