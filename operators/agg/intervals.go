package agg

import (
	"errors"
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// intervals is SUM and AVG of INTERVAL. Months, days and time are summed each for
// itself, as in PostgreSQL: none is carried into another.
type intervals struct {
	mean bool
	acc  []intervalAcc
}

// intervalAcc is the sum of one group. The time, which is at most 292 years a value,
// has 128 bits, so it never wraps.
type intervalAcc struct {
	n, months, days int64
	lo              uint64 // nanoseconds
	hi              int64
}

var errIntervalSum = errors.New("the sum is beyond INTERVAL: 2^31 months or days, or 292 years of time")

func (f *intervals) Grow(n int) { f.acc = grown(f.acc, n) }

// change adds a value, or takes it back: by is 1 or -1.
func (f *intervals) change(g int32, v *vec.Vec, row int, by int64) {
	a, x := &f.acc[g], vec.Values[arrow.MonthDayNanoInterval](v)[v.At(row)]
	a.n += by
	a.months += by * int64(x.Months)
	a.days += by * int64(x.Days)
	if by > 0 {
		a.lo, a.hi = plusInteger(a.lo, a.hi, x.Nanoseconds)
		return
	}
	var c uint64
	a.lo, c = bits.Sub64(a.lo, uint64(x.Nanoseconds), 0)
	a.hi -= x.Nanoseconds>>63 + int64(c)
}

func (f *intervals) clear(g int32) { f.acc[g] = intervalAcc{} }

func (f *intervals) show(g int32, k int, out *vec.Builder, fail Fail) {
	a := &f.acc[g]
	if a.n == 0 {
		out.Null()
		return
	}
	x := arrow.MonthDayNanoInterval{Months: int32(a.months), Days: int32(a.days), Nanoseconds: int64(a.lo)}
	var err error
	switch {
	case int64(x.Months) != a.months || int64(x.Days) != a.days || a.hi != x.Nanoseconds>>63:
		err = errIntervalSum
	case f.mean:
		x, err = expr.DivideInterval(x, float64(a.n))
	}
	if err != nil {
		out.Null()
		fail(k, err)
		return
	}
	vec.Append(out, x)
}

func (f *intervals) Update(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel) {
	eachValid(b.N, sel, args, func(i int) { f.change(groups[i], args[0], i, 1) })
}

func (f *intervals) UpdateEach(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel, out *vec.Builder, fail Fail) {
	updateEach(f, b, groups, args, sel, out, fail)
}

// Change adds, or subtracts.
func (f *intervals) Change(c *Changes, args []*vec.Vec, out *vec.Builder, fail Fail) {
	changeEach(f, c, args[0], out, fail)
}

// Slide gives the value of each frame.
func (f *intervals) Slide(w *Frames, args []*vec.Vec, out *vec.Builder, fail Fail) {
	slideEach(f, w, args[0], out, fail)
}

func (f *intervals) Merge(other State, into []int32) {
	o := other.(*intervals)
	for k, g := range into {
		a, from := &f.acc[g], o.acc[k]
		var c uint64
		a.lo, c = bits.Add64(a.lo, from.lo, 0)
		a.hi += from.hi + int64(c)
		a.n, a.months, a.days = a.n+from.n, a.months+from.months, a.days+from.days
	}
}

func (f *intervals) Emit(groups []int32, out *vec.Builder, fail Fail) {
	for k, g := range groups {
		f.show(g, k, out, fail)
	}
}

func (f *intervals) Reset(groups []int32) {
	for _, g := range groups {
		f.clear(g)
	}
}

func (f *intervals) Snapshot(s *vec.Scope, groups []int32) []*vec.Vec {
	whole := func(of func(a *intervalAcc) int64) *vec.Vec {
		return column(s, vec.TypeInt64, groups, func(g int32) int64 { return of(&f.acc[g]) })
	}
	return []*vec.Vec{
		whole(func(a *intervalAcc) int64 { return a.n }),
		whole(func(a *intervalAcc) int64 { return a.months }),
		whole(func(a *intervalAcc) int64 { return a.days }),
		whole(func(a *intervalAcc) int64 { return int64(a.lo) }),
		whole(func(a *intervalAcc) int64 { return a.hi }),
	}
}

func (f *intervals) Restore(cols []*vec.Vec) {
	f.acc = make([]intervalAcc, cols[0].Len)
	var c [5][]int64
	for i := range c {
		c[i] = vec.Values[int64](cols[i])
	}
	for g := range f.acc {
		f.acc[g] = intervalAcc{n: c[0][g], months: c[1][g], days: c[2][g], lo: uint64(c[3][g]), hi: c[4][g]}
	}
}

func (f *intervals) Bytes() int64 { return int64(cap(f.acc)) * 40 }
