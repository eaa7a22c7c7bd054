package bind

import (
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/logical"
)

// onSubqueries gives the subqueries in ON their places: above an inner join, and
// on the right side of any other, whose rows they may depend on. It gives the
// conditions that are left for the join, and what the joined rows are then.
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
	for _, a := range x.subs.list {
		for _, e := range append(append([]expr.Expr(nil), a.Probe...), a.Params...) {
			if reads(e, func(i int) bool { return i < nl }) {
				b.refuse(a.Place, "a subquery in ON of an outer or ASOF join that depends on the left side", "join with a derived table that has its answer")
				return nil, nil, false
			}
		}
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
