package bind

import (
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
)

// asOf binds the condition of an ASOF join: equalities, conditions on one side,
// and one comparison of the two sides, of which the nearest row is meant.
func (b *Binder) asOf(s *ast.Join, n *logical.Join, conj []expr.Expr, nl int) bool {
	at := s.Pos()
	if s.On != nil {
		at = ast.Start(s.On)
	}
	var rest []expr.Expr
	for _, c := range conj {
		a, ok := nearest(c, nl)
		switch {
		case !ok:
			rest = append(rest, c)
		case n.AsOf != nil:
			b.errorf(diag.Refused, at, "ASOF JOIN takes one comparison of the two sides, not two")
			return false
		default:
			n.AsOf = a
		}
	}
	if n.AsOf == nil {
		b.errorHint(diag.Refused, at, "write ON a.key = b.key AND b.time <= a.time", "ASOF JOIN needs a comparison of a column of each side with <=, <, >= or >")
		return false
	}
	if n.Kind == logical.LeftJoin {
		n.Kind = logical.AsOfLeftJoin
	} else {
		n.Kind = logical.AsOfJoin
	}
	logical.JoinOn(n, rest, nl)
	if n.Residual != nil {
		b.errorHint(diag.Refused, at, "put it in WHERE", "ASOF JOIN takes equalities, conditions on one side and one comparison, not other conditions on both sides")
		return false
	}
	return true
}

// nearest reads a comparison of an expression over each side.
func nearest(c expr.Expr, nl int) (*logical.AsOf, bool) {
	l, op, r, ok := expr.Comparison(c)
	if !ok {
		return nil, false
	}
	ll, lr := logical.Sides(l, nl)
	rl, rr := logical.Sides(r, nl)
	before, strict := op[0] == '<', len(op) == 1 // l before r
	switch {
	case ll && !lr && rr && !rl:
		return &logical.AsOf{Left: l, Right: logical.Moved(r, -nl), After: before, Strict: strict}, true
	case lr && !ll && rl && !rr:
		return &logical.AsOf{Left: r, Right: logical.Moved(l, -nl), After: !before, Strict: strict}, true
	}
	return nil, false
}
