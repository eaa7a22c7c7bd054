package agg

import (
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// exactMoments is [moments] of rows that may be taken back: what a row adds to the
// sums of powers depends on the row alone, and of these sums nothing is lost, so
// that what is left is the same as if nothing else had ever been added.
type exactMoments struct {
	of   *moments // what is computed; its own sums are not used
	n    []int64
	sums []exacts  // x, x², and then x³, x⁴ or y, y², xy
	acc  momentAcc // of the group at hand
	buf  []float64
}

func newExactMoments(m *moments) *exactMoments {
	n := 2
	if m.two {
		n = 5
	} else if m.powers > 2 {
		n = 4
	}
	return &exactMoments{of: m, sums: make([]exacts, n)}
}

func (f *exactMoments) Grow(n int) {
	f.n = grown(f.n, n)
	for i := range f.sums {
		f.sums[i].acc = grown(f.sums[i].acc, n)
	}
}

// add adds a row, by 1, or takes it back, by -1.
func (f *exactMoments) add(g int32, args []*vec.Vec, row int, by int32) {
	x := floatAt(args[0], f.of.types[0], row)
	xx := product(x, x)
	f.n[g] += int64(by)
	f.move(0, g, dd{hi: x}, by)
	f.move(1, g, xx, by)
	switch {
	case f.of.two:
		y := floatAt(args[1], f.of.types[1], row)
		f.move(2, g, dd{hi: y}, by)
		f.move(3, g, product(y, y), by)
		f.move(4, g, product(x, y), by)
	case f.of.powers > 2:
		f.move(2, g, xx.scaled(x), by)
		f.move(3, g, xx.times(xx), by)
	}
}

// move adds a number to a sum; one that is not finite makes it no number.
func (f *exactMoments) move(sum int, g int32, x dd, by int32) {
	e := &f.sums[sum]
	if s := x.hi + x.lo; s-s != 0 {
		e.acc[g].nan += by
		return
	}
	e.move(g, x.hi*float64(by))
	if x.lo != 0 {
		e.move(g, x.lo*float64(by))
	}
}

func (f *exactMoments) Update(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel) {
	eachValid(b.N, sel, args, func(i int) { f.add(groups[i], args, i, 1) })
}

func (f *exactMoments) UpdateEach(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel, out *vec.Builder, fail Fail) {
	updateEach(f, b, groups, args, sel, out, fail)
}

// Change adds the powers of rows, or subtracts them.
func (f *exactMoments) Change(c *Changes, args []*vec.Vec, out *vec.Builder, _ Fail) {
	for _, i := range c.Rows {
		g, w := c.Groups[i], c.What[i]
		if by := w.sign(); by != 0 && !args[0].IsNull(int(i)) && !(f.of.two && args[1].IsNull(int(i))) {
			f.add(g, args, int(i), int32(by))
		}
		if w&Show != 0 {
			f.emit(g, out)
		}
		if w&Clear != 0 {
			f.clear(g)
		}
	}
}

// sum is a sum to about 106 bits.
func (f *exactMoments) sum(i int, g int32) dd {
	e := &f.sums[i]
	hi := e.total(g)
	if hi-hi != 0 || len(e.huge(g)) > 0 {
		return dd{hi: hi}
	}
	f.buf = grow(append(f.buf[:0], e.partsOf(g)...), -hi)
	return dd{hi, rounded(f.buf)}
}

// spread tells whether there are different values, of which sum i and the next are
// the sum and that of the squares. Values v that are all the same, and no others,
// have the sums n·v and n·v².
func (f *exactMoments) spread(i int, g int32) spread {
	sums := f.sums[i : i+2]
	n := float64(f.n[g])
	v := f.sum(i, g).over(n).float()
	if v-v != 0 || sums[1].acc[g].nan > 0 || len(sums[0].huge(g)) > 0 || len(sums[1].huge(g)) > 0 {
		return spread{some: true}
	}
	vv := product(v, v)
	return spread{some: !f.is(i, g, product(v, n)) || !f.is(i+1, g, product(vv.hi, n), product(vv.lo, n))}
}

// is tells whether a sum is exactly that of numbers.
func (f *exactMoments) is(i int, g int32, of ...dd) bool {
	f.buf = append(f.buf[:0], f.sums[i].partsOf(g)...)
	for _, x := range of {
		f.buf = grow(grow(f.buf, -x.hi), -x.lo)
	}
	return len(f.buf) == 0
}

func (f *exactMoments) emit(g int32, out *vec.Builder) {
	n := f.n[g]
	if n == 0 {
		out.Null()
		return
	}
	f.acc = momentAcc{n: n, x: f.sum(0, g), xx: f.sum(1, g), ofX: f.spread(0, g)}
	switch {
	case f.of.two:
		f.acc.y, f.acc.yy, f.acc.xy, f.acc.ofY = f.sum(2, g), f.sum(3, g), f.sum(4, g), f.spread(2, g)
	case f.of.powers > 2:
		f.acc.xxx, f.acc.xxxx = f.sum(2, g), f.sum(3, g)
	}
	if x, ok := f.of.value(&f.acc); ok {
		out.Float64(x)
	} else {
		out.Null()
	}
}

func (f *exactMoments) Emit(groups []int32, out *vec.Builder, _ Fail) {
	for _, g := range groups {
		f.emit(g, out)
	}
}

func (f *exactMoments) Merge(other State, into []int32) {
	o := other.(*exactMoments)
	for k, g := range into {
		f.n[g] += o.n[k]
	}
	for i := range f.sums {
		f.sums[i].merge(&o.sums[i], into)
	}
}

func (f *exactMoments) clear(g int32) {
	f.n[g] = 0
	for i := range f.sums {
		f.sums[i].clear(g)
	}
}

func (f *exactMoments) Reset(groups []int32) {
	for _, g := range groups {
		f.clear(g)
	}
}

func (f *exactMoments) Snapshot(s *vec.Scope, groups []int32) []*vec.Vec {
	cols := []*vec.Vec{column(s, vec.TypeInt64, groups, func(g int32) int64 { return f.n[g] })}
	for i := range f.sums {
		cols = append(cols, f.sums[i].snapshot(s, groups)...)
	}
	return cols
}

func (f *exactMoments) Restore(cols []*vec.Vec) {
	f.n = append(f.n[:0], vec.Values[int64](cols[0])...)
	for i := range f.sums {
		f.sums[i].restore(cols[1+i*exactColumns:])
	}
}

func (f *exactMoments) Bytes() int64 {
	n := int64(cap(f.n)+cap(f.buf)) * 8
	for i := range f.sums {
		n += f.sums[i].bytes()
	}
	return n
}
