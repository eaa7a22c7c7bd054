package agg

import (
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// ends is FIRST_VALUE and LAST_VALUE: the value of the row with the least or
// the greatest sequence number, so merging pipelines is exact.
type ends struct {
	last, skipNulls bool
	ord             []int64 // of the row kept; none until there is one
	vals            *cells
	row             []int32 // during Update: row + 1 of the batch that won so far
	touched         []int32
}

// NewLast is the state of LAST_VALUE, NULLs kept.
func NewLast(t arrow.DataType) State { return newEnds(t, true, false) }

func newEnds(t arrow.DataType, last, skipNulls bool) *ends {
	return &ends{last: last, skipNulls: skipNulls, vals: newCells(t)}
}

func (e *ends) none() int64 {
	if e.last {
		return math.MinInt64
	}
	return math.MaxInt64
}

func (e *ends) Grow(n int) {
	old := len(e.ord)
	e.ord, e.row = grown(e.ord, n), grown(e.row, n)
	for i := old; i < n; i++ {
		e.ord[i] = e.none()
	}
	e.vals.grow(n)
}

func (e *ends) Update(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel) {
	v := args[0]
	nulls := e.skipNulls && v.HasNulls()
	if sel == nil {
		for i, g := range groups[:b.N] {
			if !nulls || !v.IsNull(i) {
				e.offer(g, int32(i), b.OrdOf(i))
			}
		}
	} else {
		for _, i := range sel {
			if !nulls || !v.IsNull(int(i)) {
				e.offer(groups[i], i, b.OrdOf(int(i)))
			}
		}
	}
	for _, g := range e.touched {
		e.vals.set(g, v, int(e.row[g]-1))
		e.row[g] = 0
	}
	e.touched = e.touched[:0]
}

func (e *ends) offer(g, row int32, ord int64) {
	if e.last {
		if ord < e.ord[g] {
			return
		}
	} else if ord >= e.ord[g] {
		return
	}
	e.ord[g] = ord
	if e.row[g] == 0 {
		e.touched = append(e.touched, g)
	}
	e.row[g] = row + 1
}

// UpdateEach of rows that come in their order gives their own values back. Headers and
// times that go with each change are such: a row at a time they cost more than the sums.
func (e *ends) UpdateEach(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel, out *vec.Builder, fail Fail) {
	if !e.ahead(b, groups, args[0], sel) {
		updateEach(e, b, groups, args, sel, out, fail)
		return
	}
	v := args[0]
	if v.Len != b.N {
		v = b.Scope.Header(v)
		v.Len = b.N
	}
	out.AppendSel(v, sel)
	e.Update(b, groups, args, sel)
}

// ahead tells that each row takes the place of the one that is kept, and of those before
// it.
func (e *ends) ahead(b *arrowexec.Batch, groups []int32, v *vec.Vec, sel vec.Sel) bool {
	if !e.last || e.skipNulls && v.HasNulls() {
		return false
	}
	n, prev := sel.Count(b.N), e.none()
	for k := range n {
		i := k
		if sel != nil {
			i = int(sel[k])
		}
		ord := b.OrdOf(i)
		if ord < prev || ord < e.ord[groups[i]] {
			return false
		}
		prev = ord
	}
	return true
}

func (e *ends) Merge(other State, into []int32) {
	o := other.(*ends)
	for k, g := range into {
		x := o.ord[k]
		if g < 0 || x == o.none() || e.last && x < e.ord[g] || !e.last && x >= e.ord[g] {
			continue
		}
		e.ord[g] = x
		e.vals.copy(g, o.vals, int32(k))
	}
}

func (e *ends) Emit(groups []int32, out *vec.Builder, _ Fail) {
	for _, g := range groups {
		e.vals.append(g, out)
	}
}

func (e *ends) Reset(groups []int32) {
	for _, g := range groups {
		e.ord[g] = e.none()
		e.vals.clear(g)
	}
}

func (e *ends) Snapshot(s *vec.Scope, groups []int32) []*vec.Vec {
	return []*vec.Vec{column(s, vec.TypeInt64, groups, func(g int32) int64 { return e.ord[g] }), e.vals.column(s, groups)}
}

func (e *ends) Restore(cols []*vec.Vec) {
	e.ord = append(e.ord[:0], vec.Values[int64](cols[0])...)
	e.row = make([]int32, len(e.ord))
	e.vals.load(cols[1])
}

func (e *ends) Bytes() int64 { return int64(cap(e.ord))*8 + int64(cap(e.row))*4 + e.vals.bytes() }
