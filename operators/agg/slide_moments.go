package agg

import (
	"math"
	"slices"

	"github.com/velostream/velo/arrowexec/vec"
)

// movingMoments is [moments] over frames that move: sums of powers of which nothing
// is lost, so that what leaves a frame is taken back as if it had never been there.
type movingMoments struct {
	*moments
	of    []frameMoments
	sums  []fixedSum // by group, as many as each has
	each  int
	terms [2 * momentSums]float64 // of one row, two for each sum
}

// frameMoments is what a frame has beside its sums.
type frameMoments struct {
	n      int64
	x, y   run
	beyond int64 // rows whose powers are too great for the sums
}

// run tells whether all values of a frame are the same, as [spread] does: those at
// its end that equal the last are as many as there are values.
type run struct {
	last  float64
	same  int64
	some  int64 // values that are not 0
	weird int64 // of which that are no finite numbers: in no sum
}

func (r *run) move(n int64, x float64, by int64) {
	if by > 0 && (n == 1 || x != r.last) {
		r.last, r.same = x, 0
	}
	if by > 0 {
		r.same++
	}
	if x != 0 {
		r.some += by
	}
	if x-x != 0 {
		r.weird += by
	}
}

func (r *run) differ(n int64) bool { return r.same < n || r.weird > 0 }

func newMovingMoments(m *moments) *movingMoments {
	f := &movingMoments{moments: m, each: 2}
	if m.two {
		f.each = 5
	} else if m.powers > 2 {
		f.each = 4
	}
	return f
}

func (f *movingMoments) Grow(n int) { f.of, f.sums = grown(f.of, n), grown(f.sums, n*f.each) }

func (f *movingMoments) Bytes() int64 {
	return int64(cap(f.of))*80 + int64(cap(f.sums))*56
}

// beyond tells of a finite number that its powers are too great for the sums.
func (f *movingMoments) beyond(x float64) bool {
	if f.powers > 2 {
		return math.Abs(x) >= 1<<(fixedHigh/4-1)
	}
	return math.Abs(x) >= 1<<(fixedHigh/2-2)
}

// powersOf writes the terms of a row to f.terms: for each of x, x², … or of x, x², y,
// y², xy two numbers whose sum it is. What is no finite number has no terms.
func (f *movingMoments) powersOf(x, y float64) []float64 {
	t := f.terms[:2*f.each]
	clear(t)
	put := func(i int, v dd) { t[2*i], t[2*i+1] = v.hi, v.lo }
	fx, fy := x-x == 0, y-y == 0
	if fx {
		xx := product(x, x)
		put(0, dd{hi: x})
		put(1, xx)
		if f.powers > 2 {
			put(2, xx.scaled(x))
			put(3, xx.times(xx))
		}
	}
	if f.two {
		if fy {
			put(2, dd{hi: y})
			put(3, product(y, y))
		}
		if fx && fy {
			put(4, product(x, y))
		}
	}
	return t
}

// Slide gives the statistics of each frame, which depend on the frame's rows alone.
func (f *movingMoments) Slide(w *Frames, args []*vec.Vec, out *vec.Builder, _ Fail) {
	if slices.ContainsFunc(args, func(v *vec.Vec) bool { return v.Kind == vec.Null }) {
		nulls(len(w.Lo), out)
		return
	}
	var value float64
	ok := false
	for k, lo := range w.Lo {
		g, hi := w.Group[k], w.Hi[k]
		if k == 0 || g != w.Group[k-1] || lo != w.Lo[k-1] || hi != w.Hi[k-1] { // else it is the frame before
			value, ok = f.frame(w, k, args)
		}
		if ok {
			out.Float64(value)
		} else {
			out.Null()
		}
	}
}

// frame is the value over frame k.
func (f *movingMoments) frame(w *Frames, k int, args []*vec.Vec) (float64, bool) {
	g, lo, hi := w.Group[k], w.Lo[k], w.Hi[k]
	from, to, follows := w.next(k)
	sums := f.sums[int(g)*f.each:][:f.each]
	m := &f.of[g]
	if !follows {
		*m = frameMoments{}
		clear(sums)
	}
	for ; from < lo; from++ {
		f.move(m, sums, args, int(w.Row[from]), -1)
	}
	for ; to < hi; to++ {
		f.move(m, sums, args, int(w.Row[to]), 1)
	}
	w.From[g], w.To[g] = from, to
	if m.n == 0 {
		return 0, false
	}
	acc := momentAcc{n: m.n, ofX: spread{some: m.x.differ(m.n)}, ofY: spread{some: m.y.differ(m.n)}}
	if m.beyond > 0 || f.tiny(m, sums) {
		acc = momentAcc{}
		for _, r := range w.Row[lo:hi] {
			if x, y, ok := f.at(args, int(r)); ok {
				acc.take(f.moments, x, y)
			}
		}
	} else {
		f.read(&acc, m, sums)
	}
	return f.value(&acc)
}

// tiny tells that the sums keep too little of numbers that are next to 0.
func (f *movingMoments) tiny(m *frameMoments, sums []fixedSum) bool {
	const least = 92 - fixedLow
	if f.powers > 2 {
		return m.x.some > m.x.weird && sums[3].below(least)
	}
	return m.x.some > m.x.weird && sums[1].below(least) || f.two && m.y.some > m.y.weird && sums[3].below(least)
}

// at gives the values of a row, unless one of them is NULL.
func (f *movingMoments) at(args []*vec.Vec, row int) (x, y float64, ok bool) {
	if args[0].IsNull(row) || f.two && args[1].IsNull(row) {
		return 0, 0, false
	}
	x = floatAt(args[0], f.types[0], row)
	if f.two {
		y = floatAt(args[1], f.types[1], row)
	}
	return x, y, true
}

// move adds a row, by 1, or takes it back, by -1.
func (f *movingMoments) move(m *frameMoments, sums []fixedSum, args []*vec.Vec, row int, by int64) {
	x, y, ok := f.at(args, row)
	if !ok {
		return
	}
	m.n += by
	m.x.move(m.n, x, by)
	m.y.move(m.n, y, by)
	if x-x == 0 && f.beyond(x) || y-y == 0 && f.beyond(y) {
		m.beyond += by
		return
	}
	for i, t := range f.powersOf(x, y) {
		if t != 0 {
			sums[i/2].add(t * float64(by))
		}
	}
}

// read fills the sums of powers. What is no finite number makes those that it is in
// no number.
func (f *movingMoments) read(m *momentAcc, of *frameMoments, sums []fixedSum) {
	sum := func(i int, weird int64) dd {
		if weird > 0 {
			return dd{hi: math.NaN()}
		}
		return sums[i].near()
	}
	m.x, m.xx = sum(0, of.x.weird), sum(1, of.x.weird)
	if f.two {
		m.y, m.yy, m.xy = sum(2, of.y.weird), sum(3, of.y.weird), sum(4, of.x.weird+of.y.weird)
	} else if f.powers > 2 {
		m.xxx, m.xxxx = sum(2, of.x.weird), sum(3, of.x.weird)
	}
}
