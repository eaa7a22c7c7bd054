package rules

import (
	"math"
	"slices"

	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/planner/internal/logical"
)

// keepFirsts lets OVER keep only the first rows of each partition where a filter
// above it asks for no others, by a bound on ROW_NUMBER. The filter stays: the bound
// need not be its whole condition.
func keepFirsts(n logical.Node, f Facts) logical.Node {
	n = inputs(n, func(in logical.Node) logical.Node { return keepFirsts(in, f) })
	w, ok := n.(*logical.Filter)
	if !ok {
		return n
	}
	o, ok := w.Input.(*logical.Over)
	if !ok {
		return n
	}
	numbers := o.RowNumbers()
	first := int64(math.MaxInt64)
	for _, e := range expr.Conjuncts(w.Pred) {
		if !expr.Safe(e) {
			break // rows that fail it must come, whatever stands behind it
		}
		if r, ok := expr.RangeOf(e); ok && slices.Contains(numbers, r.Column.Index) {
			first = min(first, max(r.High, 1))
		}
	}
	if first == math.MaxInt64 {
		return n
	}
	return w.WithInputs([]logical.Node{o.KeepFirst(first)})
}
