package rules

import (
	"slices"
	"strings"

	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/planner/internal/logical"
)

// seek turns conditions on _offset, _partition and _timestamp of a filter right
// above a source into bounds of what is read. The filter stays: bounds are as
// exact as a source can make them.
func seek(n logical.Node, f Facts) logical.Node {
	n = inputs(n, func(in logical.Node) logical.Node { return seek(in, f) })
	w, ok := n.(*logical.Filter)
	if !ok {
		return n
	}
	s, ok := w.Input.(*logical.Scan)
	if !ok || f.Seeks == nil || !f.Seeks(s.Source) {
		return n
	}
	b, any := logical.NewSeek(), false
	down(expr.Conjuncts(w.Pred), func(e expr.Expr) (expr.Expr, bool) {
		if !expr.Safe(e) {
			return e, false
		}
		if r, ok := expr.RangeOf(e); ok && s.Out[r.Column.Index].System {
			any = narrow(b, strings.ToLower(s.Out[r.Column.Index].Name), r) || any
		}
		return e, true
	})
	if !any {
		return n
	}
	c := *s
	c.Seek = b
	return w.WithInputs([]logical.Node{&c})
}

// narrow puts one more condition on a seek.
func narrow(b *logical.Seek, column string, r expr.Range) bool {
	switch column {
	case "_offset":
		b.FromOffset, b.ToOffset = max(b.FromOffset, r.Low), min(b.ToOffset, r.High)
	case "_timestamp":
		b.FromTimestamp, b.ToTimestamp = max(b.FromTimestamp, r.Low), min(b.ToTimestamp, r.High)
	case "_partition":
		if r.In == nil {
			return false
		}
		list := []int64{}
		for _, p := range r.In {
			if (b.Partitions == nil || slices.Contains(b.Partitions, p)) && !slices.Contains(list, p) {
				list = append(list, p)
			}
		}
		slices.Sort(list)
		b.Partitions = list
	default:
		return false
	}
	return true
}
