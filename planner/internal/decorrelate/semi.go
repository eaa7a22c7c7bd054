package decorrelate

import (
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/planner/internal/logical"
)

// filter rewrites what is below a filter; a condition that is nothing but the
// answer of EXISTS or IN makes its join drop rows by itself.
func (w *rewriter) filter(f *logical.Filter) logical.Node {
	in := w.node(f.Input)
	var rest []expr.Expr
	for _, c := range expr.Conjuncts(f.Pred) {
		at, not := answer(c)
		if at >= 0 {
			if n := halve(in, at, not); n != nil {
				in = n
				continue
			}
		}
		rest = append(rest, c)
	}
	if len(rest) == 0 {
		return in
	}
	return &logical.Filter{Input: in, Pred: logical.And(rest)}
}

// answer is the column that a condition is, or denies; -1 for any other.
func answer(e expr.Expr) (at int, not bool) {
	if x, ok := expr.Negated(e); ok {
		e, not = x, true
	}
	if c, ok := e.(*expr.Column); ok {
		return c.Index, not
	}
	return -1, false
}

// halve replaces the mark join that gives a column by one that keeps only the
// rows for which the mark is TRUE, or with not, not; nil when the column is
// something else.
func halve(n logical.Node, at int, not bool) logical.Node {
	switch n := n.(type) {
	case *logical.Join:
		left := len(n.Left.Fields())
		switch n.Kind {
		case logical.MarkJoin:
			if at == left {
				return half(n, not)
			}
		case logical.SingleJoin:
		default:
			return nil
		}
		if at < left {
			if l := halve(n.Left, at, not); l != nil {
				return n.WithInputs([]logical.Node{l, n.Right})
			}
		}
	case *logical.Project:
		if c, ok := n.Exprs[at].(*expr.Column); ok && n.Joined {
			if in := halve(n.Input, c.Index, not); in != nil {
				return n.WithInputs([]logical.Node{in})
			}
		}
	}
	return nil
}

func half(n *logical.Join, not bool) logical.Node {
	c := *n
	fields := n.Fields()
	nl := len(n.Left.Fields())
	switch {
	case not && (len(n.In) > 0 || n.Compare != nil):
		return nil // NOT IN has NULLs to mind
	case not:
		c.Kind = logical.AntiJoin
	default:
		c.Kind = logical.SemiJoin
		c.Keys = append(append([]logical.JoinKey(nil), n.Keys...), n.In...)
		if n.Compare != nil {
			var both []expr.Expr
			if n.Residual != nil {
				both = append(both, n.Residual)
			}
			c.Residual = logical.And(append(both, n.Compare))
		}
	}
	c.In, c.Compare, c.Mark = nil, nil, ""
	p := keep(&c, nl)
	p.Exprs = append(p.Exprs, expr.BoolConst(!not))
	p.Out = fields
	return p
}
