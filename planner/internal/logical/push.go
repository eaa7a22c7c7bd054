package logical

import "github.com/velostream/velo/arrowexec/expr"

// And joins conditions; nil for none.
func And(list []expr.Expr) expr.Expr {
	if len(list) == 0 {
		return nil
	}
	e, err := expr.NewAnd(list...)
	if err != nil {
		panic("bug: AND of conditions that are no BOOLEAN: " + err.Error())
	}
	return e
}

// Sides tells which inputs an expression reads.
func Sides(e expr.Expr, nl int) (left, right bool) {
	expr.Walk(e, func(e expr.Expr) bool {
		if c, ok := e.(*expr.Column); ok {
			left, right = left || c.Index < nl, right || c.Index >= nl
		}
		return true
	})
	return left, right
}

// KeyOf takes an equality of the two sides of a join apart.
func KeyOf(c expr.Expr, nl int) (JoinKey, bool) {
	a, b, nullSafe, ok := expr.Equality(c)
	if !ok {
		return JoinKey{}, false
	}
	al, ar := Sides(a, nl)
	bl, br := Sides(b, nl)
	switch {
	case al && !ar && br && !bl:
		return JoinKey{Left: a, Right: Moved(b, -nl), NullSafe: nullSafe}, true
	case ar && !al && bl && !br:
		return JoinKey{Left: b, Right: Moved(a, -nl), NullSafe: nullSafe}, true
	}
	return JoinKey{}, false
}

// Moved shifts the column numbers of an expression.
func Moved(e expr.Expr, by int) expr.Expr {
	return expr.Rewrite(e, func(e expr.Expr) expr.Expr {
		c, ok := e.(*expr.Column)
		if !ok {
			return e
		}
		k := *c
		k.Index += by
		return &k
	})
}

// PushFilter puts conditions that cannot fail as far down as the joins allow.
func PushFilter(n Node, conj []expr.Expr) Node {
	if len(conj) == 0 {
		return n
	}
	switch n := n.(type) {
	case *Require:
		return n.WithInputs([]Node{PushFilter(n.Input, conj)})
	case *Project:
		var below, above []expr.Expr
		for _, c := range conj {
			plain := n.Joined
			e := expr.Rewrite(c, func(e expr.Expr) expr.Expr {
				col, ok := e.(*expr.Column)
				if !ok {
					return e
				}
				in, ok := n.Exprs[col.Index].(*expr.Column)
				if !ok {
					plain = false
					return e
				}
				return in
			})
			if plain {
				below = append(below, e)
			} else {
				above = append(above, c)
			}
		}
		out := n.WithInputs([]Node{PushFilter(n.Input, below)})
		if len(above) > 0 {
			out = &Filter{Input: out, Pred: And(above)}
		}
		return out
	case *Attach:
		var below, above []expr.Expr
		for _, c := range conj {
			if _, answer := Sides(c, len(n.Input.Fields())); answer {
				above = append(above, c)
			} else {
				below = append(below, c)
			}
		}
		out := n.WithInputs([]Node{PushFilter(n.Input, below), n.Sub})
		if len(above) > 0 {
			out = &Filter{Input: out, Pred: And(above)}
		}
		return out
	case *Join:
		return pushJoin(n, conj)
	}
	return &Filter{Input: n, Pred: And(conj)}
}

func pushJoin(n *Join, conj []expr.Expr) Node {
	c := *n
	nl := len(n.Left.Fields())
	inner := n.Kind == InnerJoin || n.Kind == CrossJoin
	var left, right, both, above []expr.Expr
	for _, e := range conj {
		l, r := Sides(e, nl)
		switch {
		case !r && (inner || n.KeepsLeft()):
			left = append(left, e)
		case r && !l && (inner || n.Kind == RightJoin):
			right = append(right, Moved(e, -nl))
		case l && r && inner:
			if k, ok := KeyOf(e, nl); ok {
				c.Keys = append(c.Keys[:len(c.Keys):len(c.Keys)], k)
			} else {
				both = append(both, e)
			}
			c.Kind = InnerJoin
		default:
			above = append(above, e)
		}
	}
	if len(both) > 0 {
		if c.Residual != nil {
			both = append([]expr.Expr{c.Residual}, both...)
		}
		c.Residual = And(both)
	}
	c.Left, c.Right = PushFilter(n.Left, left), PushFilter(n.Right, right)
	if len(above) > 0 {
		return &Filter{Input: &c, Pred: And(above)}
	}
	return &c
}

// JoinOn gives the conditions of ON their places. What may fail keeps those
// before it as its guards.
func JoinOn(n *Join, conj []expr.Expr, nl int) {
	var left, right, rest []expr.Expr
	for i, c := range conj {
		l, r := Sides(c, nl)
		safe := i == 0 || expr.Safe(c)
		if k, ok := KeyOf(c, nl); ok && safe {
			n.Keys = append(n.Keys, k)
			continue
		}
		switch {
		case !safe || l && r:
			rest = append(rest, c)
		case r:
			right = append(right, Moved(c, -nl))
		default:
			left = append(left, c)
		}
	}
	n.OnLeft, n.OnRight, n.Residual = And(left), And(right), And(rest)
	inner := n.Kind == InnerJoin
	if n.OnLeft != nil && (inner || n.Kind == RightJoin) {
		n.Left, n.OnLeft = PushFilter(n.Left, left), nil
	}
	if n.OnRight != nil && (inner || n.Kind == LeftJoin) {
		n.Right, n.OnRight = PushFilter(n.Right, right), nil
	}
}
