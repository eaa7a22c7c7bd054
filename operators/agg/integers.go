package agg

import (
	"fmt"
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/group"
)

// integers is SUM, AVG, MIN, MAX and DELTA of integers, and MIN and MAX of
// dates and times, in one accumulator as floats.
type integers[T int8 | int16 | int32 | int64] struct {
	what        what
	t           arrow.DataType // of the argument
	sums, edges bool
	acc         accs[intAcc]
	lead        *integers[T]
}

// intAcc is one group; the sum has 128 bits.
type intAcc struct {
	lo       uint64
	hi       int64
	n        int64
	min, max int64 // meaningful when n > 0
}

func newIntegers[T int8 | int16 | int32 | int64](w what, t arrow.DataType) *integers[T] {
	return &integers[T]{what: w, t: t, sums: w == wantSum || w == wantAvg, edges: w != wantSum && w != wantAvg}
}

func (f *integers[T]) Share(lead State) bool {
	l, ok := lead.(*integers[T])
	if !ok {
		return false
	}
	l.sums, l.edges = l.sums || f.sums, l.edges || f.edges
	f.lead, f.acc = l, accs[intAcc]{}
	return true
}

func (f *integers[T]) counted(g int32) int64 {
	if f.lead != nil {
		return f.lead.counted(g)
	}
	return f.acc.at(g).n
}

func (f *integers[T]) counts(groups []int32, to []int64) {
	if f.lead != nil {
		f.lead.counts(groups, to)
		return
	}
	acc := &f.acc
	to = to[:len(groups)]
	for k, g := range groups {
		to[k] = acc.at(g).n
	}
}

const maxInt64, minInt64 = 1<<63 - 1, -1 << 63

var emptyInt = intAcc{min: maxInt64, max: minInt64}

func (f *integers[T]) Grow(n int) { f.acc.grow(n, &emptyInt) }

func (a *intAcc) add(x int64) { a.lo, a.hi = plusInteger(a.lo, a.hi, x) }

func plusInteger(lo uint64, hi, x int64) (uint64, int64) {
	lo, c := bits.Add64(lo, uint64(x), 0)
	return lo, hi + x>>63 + int64(c)
}

func (a *intAcc) take(x int64, sums, edges bool) {
	a.n++
	if sums {
		a.add(x)
	}
	if edges {
		a.min, a.max = min(a.min, x), max(a.max, x)
	}
}

func (f *integers[T]) Update(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel) {
	v := plain(b, args[0])
	if v.Kind == vec.Null {
		return
	}
	x, acc, sums, edges := vec.Values[T](v), f.acc.own, f.sums, f.edges
	if lines := f.acc.lines; lines != nil {
		each(b.N, sel, func(i int) {
			if v.Valid == nil || v.Valid.Get(i) {
				vec.View[intAcc](lines.Cell(groups[i])).take(int64(x[i]), sums, edges)
			}
		})
		return
	}
	switch {
	case len(acc) == 1 && v.Valid == nil:
		onlyIntegers(&acc[0], x[:b.N], sel, sums, edges)
	case sel == nil && v.Valid == nil:
		groups = groups[:len(x)]
		for len(acc) > manyGroups && len(x) > stretch {
			vec.Ahead(acc, groups[:stretch], 0)
			for i, x := range x[:stretch] {
				acc[groups[i]].take(int64(x), sums, edges)
			}
			x, groups = x[stretch:], groups[stretch:]
		}
		for i, x := range x {
			acc[groups[i]].take(int64(x), sums, edges)
		}
	case sel == nil:
		for i, x := range x[:b.N] {
			if v.Valid.Get(i) {
				acc[groups[i]].take(int64(x), sums, edges)
			}
		}
	case v.Valid == nil:
		for _, i := range sel {
			acc[groups[i]].take(int64(x[i]), sums, edges)
		}
	default:
		for _, i := range sel {
			if v.Valid.Get(int(i)) {
				acc[groups[i]].take(int64(x[i]), sums, edges)
			}
		}
	}
}

func (f *integers[T]) UpdateEach(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel, out *vec.Builder, fail Fail) {
	v := plain(b, args[0])
	x, sums, edges, k := vec.Values[T](v), f.sums, f.edges, 0
	if f.what == wantSum && !v.HasNulls() {
		f.sumEach(x[:b.N], groups, sel, out, fail)
		return
	}
	each(b.N, sel, func(i int) {
		a := f.acc.at(groups[i])
		if !v.IsNull(i) {
			a.take(int64(x[i]), sums, edges)
		}
		f.emit(a, k, out, fail)
		k++
	})
}

func (f *integers[T]) Merge(other State, into []int32) {
	from := &other.(*integers[T]).acc
	n := min(from.len(), len(into))
	for k := range n {
		if k%stretch == 0 {
			f.acc.ahead(into[k:min(k+stretch, n)])
		}
		o := from.at(int32(k))
		if o.n == 0 || into[k] < 0 {
			continue
		}
		a := f.acc.at(into[k])
		a.n += o.n
		var c uint64
		a.lo, c = bits.Add64(a.lo, o.lo, 0)
		a.hi += o.hi + int64(c)
		a.min, a.max = min(a.min, o.min), max(a.max, o.max)
	}
}

// UseLines moves the groups to lines.
func (f *integers[T]) UseLines(l *group.Lines) { f.acc.use(l) }

// mean is the sum over the number of values. A sum that a DOUBLE does not hold is
// divided first: the mean of what does not differ is that value.
func (a *intAcc) mean() float64 {
	if sum := int64(a.lo); a.hi == sum>>63 && sum <= 1<<53 && sum >= -1<<53 {
		return float64(sum) / float64(a.n)
	}
	hi, lo := uint64(a.hi), a.lo
	if a.hi < 0 {
		var borrow uint64
		lo, borrow = bits.Sub64(0, lo, 0)
		hi, _ = bits.Sub64(0, hi, borrow)
	}
	q, rest := bits.Div64(hi, lo, uint64(a.n)) // a mean of 64-bit values has 64 bits
	m := float64(q) + float64(rest)/float64(a.n)
	if q >= 1<<53 && q < 1<<62 { // the rest only decides which of two DOUBLEs is the nearer
		m = float64(q<<1|min(rest, 1)) / 2
	}
	if a.hi < 0 {
		return -m
	}
	return m
}

// sumEach is UpdateEach of a SUM without NULLs, without calls for each row: half of the time.
func (f *integers[T]) sumEach(x []T, groups []int32, sel vec.Sel, out *vec.Builder, fail Fail) {
	acc, edges, n := &f.acc, f.edges, sel.Count(len(x))
	dst := vec.Extend[int64](out, n)
	wide := -1 // the first row whose sum is beyond BIGINT
	for k := range dst {
		i := k
		if sel != nil {
			i = int(sel[k])
		}
		a := acc.at(groups[i])
		a.take(int64(x[i]), true, edges)
		dst[k] = int64(a.lo)
		if a.hi != dst[k]>>63 {
			wide = k
			break
		}
	}
	if wide < 0 {
		out.Filled(n)
		return
	}
	out.Filled(wide)
	for k := wide; k < n; k++ {
		i := k
		if sel != nil {
			i = int(sel[k])
		}
		a := acc.at(groups[i])
		if k > wide {
			a.take(int64(x[i]), true, edges)
		}
		f.emit(a, k, out, fail)
	}
}

func (f *integers[T]) emit(a *intAcc, k int, out *vec.Builder, fail Fail) {
	if a.n == 0 {
		out.Null()
		return
	}
	switch f.what {
	case wantSum:
		if a.hi != int64(a.lo)>>63 {
			out.Null()
			fail(k, fmt.Errorf("the sum of %d values is beyond BIGINT; cast the argument to DECIMAL or DOUBLE", a.n))
			return
		}
		out.Int64(int64(a.lo))
	case wantAvg:
		out.Float64(a.mean())
	case wantMin:
		vec.Append(out, T(a.min))
	case wantMax:
		vec.Append(out, T(a.max))
	case wantDelta:
		d := a.max - a.min
		if d < 0 {
			out.Null()
			fail(k, fmt.Errorf("the difference of %d and %d is beyond BIGINT; cast the argument to DECIMAL or DOUBLE", a.max, a.min))
			return
		}
		out.Int64(d)
	}
}

func (f *integers[T]) Emit(groups []int32, out *vec.Builder, fail Fail) {
	acc := &f.acc
	for l := f.lead; l != nil; l = l.lead {
		acc = &l.acc
	}
	for k, g := range groups {
		f.emit(acc.at(g), k, out, fail)
	}
}

func (f *integers[T]) Reset(groups []int32) {
	for _, g := range groups {
		*f.acc.at(g) = emptyInt
	}
}

func (f *integers[T]) Snapshot(s *vec.Scope, groups []int32) []*vec.Vec {
	return []*vec.Vec{
		column(s, vec.TypeInt64, groups, func(g int32) int64 { return f.acc.at(g).n }),
		column(s, vec.TypeInt64, groups, func(g int32) int64 { return int64(f.acc.at(g).lo) }),
		column(s, vec.TypeInt64, groups, func(g int32) int64 { return f.acc.at(g).hi }),
		column(s, vec.TypeInt64, groups, func(g int32) int64 { return f.acc.at(g).min }),
		column(s, vec.TypeInt64, groups, func(g int32) int64 { return f.acc.at(g).max }),
	}
}

func (f *integers[T]) Restore(cols []*vec.Vec) {
	f.acc = accs[intAcc]{own: make([]intAcc, cols[0].Len)}
	c := make([][]int64, len(cols))
	for i := range c {
		c[i] = vec.Values[int64](cols[i])
	}
	for i := range f.acc.own {
		f.acc.own[i] = intAcc{n: c[0][i], lo: uint64(c[1][i]), hi: c[2][i], min: c[3][i], max: c[4][i]}
	}
}

func (f *integers[T]) Bytes() int64 { return f.acc.bytes(40) }
