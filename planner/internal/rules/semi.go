package rules

import (
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/planner/internal/logical"
)

// semi puts a join that only drops rows below the inner joins that make them,
// onto the one input that it asks about, where its own right side is no larger.
func (o orderer) semi(n *logical.Join) logical.Node {
	low, high := 1<<30, -1
	look := func(e expr.Expr, limit int) {
		if e == nil {
			return
		}
		expr.Walk(e, func(e expr.Expr) bool {
			if c, ok := e.(*expr.Column); ok && c.Index < limit {
				low, high = min(low, c.Index), max(high, c.Index)
			}
			return true
		})
	}
	nl := len(n.Left.Fields())
	for _, k := range n.Keys {
		look(k.Left, nl)
	}
	look(n.OnLeft, nl)
	look(n.Residual, nl)
	safe := true
	logical.EachExpr(n, func(e expr.Expr) { safe = safe && expr.Safe(e) })
	if high < 0 || !safe {
		return n
	}
	right := o.sizes.of(n.Right)
	var into func(in logical.Node, begin int) logical.Node
	into = func(in logical.Node, begin int) logical.Node {
		if j, ok := in.(*logical.Join); ok && plainInner(j) {
			middle := begin + len(j.Left.Fields())
			switch {
			case high < middle:
				if l := into(j.Left, begin); l != nil {
					return j.WithInputs([]logical.Node{l, j.Right})
				}
			case low >= middle:
				if r := into(j.Right, middle); r != nil {
					return j.WithInputs([]logical.Node{j.Left, r})
				}
			}
			return nil
		}
		if s := o.sizes.of(in); !s.known || !right.known || right.rows > s.rows {
			return nil
		}
		width := len(in.Fields())
		c := *n
		c.Left = in
		return logical.MapExprs(&c, func(e expr.Expr, s logical.Space) expr.Expr {
			return substitute(e, func(col *expr.Column) expr.Expr {
				m := *col
				switch {
				case s == logical.OfRight:
				case s == logical.OfBoth && col.Index >= nl:
					m.Index += width - nl
				default:
					m.Index -= begin
				}
				return &m
			})
		})
	}
	if j, ok := n.Left.(*logical.Join); ok && plainInner(j) {
		if out := into(n.Left, 0); out != nil {
			return out
		}
	}
	return n
}
