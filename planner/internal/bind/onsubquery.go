package bind

import (
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/logical"
)

// onSubqueries gives the subqueries in ON their places: above an inner join, and on
// one side of any other, the one whose rows they depend on. It gives the conditions
// that are left for the join, and what the joined rows are then.
func (b *Binder) onSubqueries(s *ast.Join, x *exprs, n *logical.Join, conj []expr.Expr, nl int) (rest []expr.Expr, above func(*logical.Join) logical.Node, ok bool) {
	same := func(n *logical.Join) logical.Node { return n }
	if x.subs.next == 0 {
		return conj, same, true
	}
	if !s.AsOf && (n.Kind == logical.InnerJoin || n.Kind == logical.CrossJoin) {
		var asks []expr.Expr
		for _, c := range conj {
			if reads(c, func(i int) bool { return i >= belowBase }) {
				asks = append(asks, c)
			} else {
				rest = append(rest, c)
			}
		}
		return rest, func(n *logical.Join) logical.Node {
			node, number := x.subs.place(n, nil)
			if len(asks) == 0 {
				return node
			}
			for i, c := range asks {
				asks[i] = number(c)
			}
			return logical.PushFilter(node, asks)
		}, true
	}
	onLeft, onRight := false, false
	for _, a := range x.subs.list {
		for _, e := range append(append([]expr.Expr{a.Guard}, a.Probe...), a.Params...) {
			if e == nil {
				continue
			}
			onLeft = onLeft || reads(e, func(i int) bool { return i < nl })
			onRight = onRight || reads(e, func(i int) bool { return i >= nl && i < belowBase })
			if onLeft && (onRight || n.Interval != nil || n.Table != logical.NoTable) {
				what := "a subquery in ON of an outer or ASOF join, where they depend on both sides,"
				if !onRight {
					what = "a subquery in ON of a join of streams or tables that depends on the left side"
				}
				b.refuse(a.Place, what, "join with a derived table that has its answer")
				return nil, nil, false
			}
		}
	}
	if onLeft {
		rest, above = b.leftSubqueries(x, n, conj, nl)
		return rest, above, true
	}
	width := len(n.Right.Fields())
	shift := func(e expr.Expr, own, answers int) expr.Expr {
		return expr.Rewrite(e, func(e expr.Expr) expr.Expr {
			c, ok := e.(*expr.Column)
			if !ok {
				return e
			}
			k := *c
			if k.Index >= belowBase {
				k.Index += answers
			} else {
				k.Index += own
			}
			return &k
		})
	}
	n.Right, _ = x.subs.place(n.Right, func(e expr.Expr) expr.Expr { return shift(e, -nl, 0) })
	for _, c := range conj {
		rest = append(rest, shift(c, 0, nl+width-belowBase))
	}
	return rest, same, true
}

// leftSubqueries puts the subqueries of ON onto the left side of a join. Their answers
// stand behind its columns there, and not among those of the joined rows.
func (b *Binder) leftSubqueries(x *exprs, n *logical.Join, conj []expr.Expr, nl int) (rest []expr.Expr, above func(*logical.Join) logical.Node) {
	answers, fields := x.subs.next, n.Fields()
	n.Left, _ = x.subs.place(n.Left, nil)
	for _, c := range conj {
		rest = append(rest, expr.Rewrite(c, func(e expr.Expr) expr.Expr {
			c, ok := e.(*expr.Column)
			if !ok || c.Index < nl {
				return e
			}
			k := *c
			if k.Index += answers; c.Index >= belowBase {
				k.Index = c.Index - belowBase + nl
			}
			return &k
		}))
	}
	return rest, func(n *logical.Join) logical.Node {
		p := &logical.Project{Input: n, Joined: true, Headers: -1, Out: fields}
		for i, f := range fields {
			at := i
			if i >= nl {
				at += answers
			}
			p.Exprs = append(p.Exprs, &expr.Column{Index: at, Name: f.Name, T: f.Type})
		}
		return p
	}
}

// reads tells whether an expression reads a column of some kind.
func reads(e expr.Expr, kind func(int) bool) bool {
	found := false
	expr.Walk(e, func(e expr.Expr) bool {
		c, ok := e.(*expr.Column)
		found = found || ok && kind(c.Index)
		return !found
	})
	return found
}
