package agg

import (
	"math"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/group"
)

// what a fused numeric state is asked for.
type what uint8

const (
	wantSum what = iota
	wantAvg
	wantMin
	wantMax
	wantDelta // max - min
)

// floats is SUM, AVG, MIN, MAX and DELTA of REAL and DOUBLE. One accumulator
// holds what all of them need, so that they share it and a group is one access
// to memory.
type floats[T float32 | float64] struct {
	what  what
	sums  bool // keep sums; false while only MIN and MAX are wanted
	edges bool // keep least and greatest
	acc   accs[floatAcc]
	slid  []slid // of sliding frames
	lead  *floats[T]
	only  *lanes // of the only group; nil: there may be more
}

// floatAcc is one group. The sum is sum+err: err gathers what rounding took
// from sum, so that the order of additions does not show.
type floatAcc struct {
	sum, err float64
	n        int64
	min, max float64 // meaningful when n > 0; a NaN is greater than all
}

func newFloats[T float32 | float64](w what) *floats[T] {
	return &floats[T]{what: w, sums: w == wantSum || w == wantAvg, edges: w != wantSum && w != wantAvg}
}

func (f *floats[T]) Share(lead State) bool {
	l, ok := lead.(*floats[T])
	if !ok {
		return false
	}
	l.sums, l.edges = l.sums || f.sums, l.edges || f.edges
	f.lead, f.acc = l, accs[floatAcc]{}
	return true
}

func (f *floats[T]) counted(g int32) int64 {
	if f.lead != nil {
		return f.lead.counted(g)
	}
	return f.acc.at(g).n
}

func (f *floats[T]) counts(groups []int32, to []int64) {
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

func (f *floats[T]) Grow(n int) { f.acc.grow(n, &emptyFloat) }

var emptyFloat = floatAcc{min: math.NaN(), max: math.Inf(-1)}

func (a *floatAcc) add(x float64) { a.sum, a.err = plus(a.sum, a.err, x) }

// plus adds x to a sum and what rounding takes from it to err.
func plus(sum, err, x float64) (float64, float64) {
	s := sum + x
	bb := s - sum
	return s, err + ((sum - (s - bb)) + (x - bb))
}

func (a *floatAcc) edge(x float64) { a.min, a.max = widened(a.min, a.max, x) }

// widened makes edges hold x.
func widened(least, most, x float64) (float64, float64) {
	if x < least || least != least {
		least = x
	}
	if x > most || x != x {
		most = x
	}
	return least, most
}

// edgeFar is edge without branches, which are mispredicted every second time while a group has
// few rows, as each of a million has; of few groups they cost less.
func (a *floatAcc) edgeFar(x float64) {
	least, most, b := math.Float64bits(a.min), math.Float64bits(a.max), math.Float64bits(x)
	if x < a.min {
		least = b
	}
	if a.min != a.min {
		least = b
	}
	if x > a.max {
		most = b
	}
	if x != x {
		most = b
	}
	a.min, a.max = math.Float64frombits(least), math.Float64frombits(most)
}

func (f *floats[T]) Update(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel) {
	v := plain(b, args[0])
	if v.Kind == vec.Null {
		return
	}
	x := vec.Values[T](v)
	if f.acc.lines != nil {
		f.addLines(x[:b.N], groups, v.Valid, sel)
		return
	}
	acc := f.acc.own
	if f.only != nil && f.sums {
		f.addOnly(b, x[:b.N], v.Valid, sel)
		return
	}
	if len(acc) == 1 && v.Valid == nil {
		onlyFloats(&acc[0], x[:b.N], sel, f.sums, f.edges)
		return
	}
	if sel == nil && v.Valid == nil && f.sums {
		groups = groups[:len(x)]
		for len(acc) > manyGroups && len(x) > stretch {
			vec.Ahead(acc, groups[:stretch], 0)
			f.addAll(x[:stretch], groups)
			x, groups = x[stretch:], groups[stretch:]
		}
		f.addAll(x, groups)
		return
	}
	sums, edges := f.sums, f.edges
	if sel == nil {
		for i, x := range x[:b.N] {
			if v.Valid == nil || v.Valid.Get(i) {
				acc[groups[i]].take(float64(x), sums, edges)
			}
		}
		return
	}
	if v.Valid == nil && sums && !edges {
		for _, i := range sel {
			a := &acc[groups[i]]
			a.n++
			a.add(float64(x[i]))
		}
		return
	}
	if v.Valid == nil {
		for _, i := range sel {
			acc[groups[i]].take(float64(x[i]), sums, edges)
		}
		return
	}
	for _, i := range sel {
		if v.Valid.Get(int(i)) {
			acc[groups[i]].take(float64(x[i]), sums, edges)
		}
	}
}

// addLines adds rows to groups in lines.
func (f *floats[T]) addLines(x []T, groups []int32, valid vec.Bitmap, sel vec.Sel) {
	lines, sums, edges := f.acc.lines, f.sums, f.edges
	switch {
	case valid == nil && sums && edges && sel == nil:
		groups = groups[:len(x)]
		for i, x := range x {
			a, x := vec.View[floatAcc](lines.Cell(groups[i])), float64(x)
			a.n++
			a.add(x)
			a.edgeFar(x)
		}
	case valid == nil && sums && edges:
		groups = groups[:len(x)]
		for _, i := range sel {
			a, x := vec.View[floatAcc](lines.Cell(groups[i])), float64(x[i])
			a.n++
			a.add(x)
			a.edgeFar(x)
		}
	default:
		each(len(x), sel, func(i int) {
			if valid == nil || valid.Get(i) {
				vec.View[floatAcc](lines.Cell(groups[i])).take(float64(x[i]), sums, edges)
			}
		})
	}
}

// addAll adds rows without NULLs, at least to sums.
func (f *floats[T]) addAll(x []T, groups []int32) {
	groups = groups[:len(x)]
	acc := f.acc.own
	if f.edges {
		for i, x := range x {
			a, x := &acc[groups[i]], float64(x)
			a.n++
			a.add(x)
			a.edge(x)
		}
		return
	}
	for i, x := range x {
		a := &acc[groups[i]]
		a.n++
		a.add(float64(x))
	}
}

func (a *floatAcc) take(x float64, sums, edges bool) {
	a.n++
	if sums {
		a.add(x)
	}
	if edges {
		a.edge(x)
	}
}

func (f *floats[T]) UpdateEach(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel, out *vec.Builder, _ Fail) {
	v := plain(b, args[0])
	x := vec.Values[T](v)
	sums, edges := f.sums, f.edges
	each(b.N, sel, func(i int) {
		a := f.acc.at(groups[i])
		if !v.IsNull(i) {
			a.take(float64(x[i]), sums, edges)
		}
		f.emit(a, out)
	})
}

func (f *floats[T]) Merge(other State, into []int32) {
	of := other.(*floats[T])
	n := min(of.acc.len(), len(into))
	if of.only == nil && of.acc.lines == nil && f.acc.lines == nil {
		// Panes are merged once for each window that they are of: copies of an accumulator,
		// and asking where it stands, took 3 of 18 ns a row of hopping windows.
		acc := f.acc.own
		from := of.acc.own[:n]
		for k := range from {
			if to := into[k]; to >= 0 {
				acc[to].merge(&from[k], f.edges)
			}
		}
		return
	}
	for k, to := range into[:n] {
		if k%stretch == 0 {
			f.acc.ahead(into[k:min(k+stretch, n)])
		}
		if to >= 0 {
			o := of.whole(int32(k))
			f.acc.at(to).merge(&o, f.edges)
		}
	}
}

func (a *floatAcc) merge(o *floatAcc, edges bool) {
	if o.n == 0 {
		return
	}
	a.n += o.n
	a.add(o.sum)
	a.err += o.err
	if !edges {
		return
	}
	if o.min < a.min || a.min != a.min {
		a.min = o.min
	}
	if o.max > a.max || o.max != o.max {
		a.max = o.max
	}
}

// UseLines moves the groups to lines.
func (f *floats[T]) UseLines(l *group.Lines) { f.acc.use(l) }

func (f *floats[T]) emit(a *floatAcc, out *vec.Builder) {
	if a.n == 0 {
		out.Null()
		return
	}
	var x float64
	switch f.what {
	case wantSum:
		vec.Append(out, T(a.total()))
		return
	case wantAvg:
		out.Float64(a.total() / float64(a.n))
		return
	case wantMin:
		x = a.min
	case wantMax:
		x = a.max
	case wantDelta:
		x = float64(T(a.max) - T(a.min))
	}
	vec.Append(out, T(x+0)) // -0 and 0 are equal: always 0, whichever came first
}

func (f *floats[T]) Reset(groups []int32) {
	for _, g := range groups {
		*f.acc.at(g) = emptyFloat
	}
	if f.only != nil && len(groups) > 0 {
		*f.only = lanes{}
	}
}

func (f *floats[T]) Snapshot(s *vec.Scope, groups []int32) []*vec.Vec {
	cols := []*vec.Vec{
		column(s, vec.TypeInt64, groups, func(g int32) int64 { return f.acc.at(g).n }),
		column(s, vec.TypeFloat64, groups, func(g int32) float64 { return f.acc.at(g).sum }),
		column(s, vec.TypeFloat64, groups, func(g int32) float64 { return f.acc.at(g).err }),
		column(s, vec.TypeFloat64, groups, func(g int32) float64 { return f.acc.at(g).min }),
		column(s, vec.TypeFloat64, groups, func(g int32) float64 { return f.acc.at(g).max }),
	}
	if f.only != nil {
		cols = append(cols, f.only.columns(s, groups)...)
	}
	return cols
}

func (f *floats[T]) Restore(cols []*vec.Vec) {
	f.acc = accs[floatAcc]{own: make([]floatAcc, cols[0].Len)}
	n, sum, err := vec.Values[int64](cols[0]), vec.Values[float64](cols[1]), vec.Values[float64](cols[2])
	least, most := vec.Values[float64](cols[3]), vec.Values[float64](cols[4])
	for i := range f.acc.own {
		f.acc.own[i] = floatAcc{sum: sum[i], err: err[i], n: n[i], min: least[i], max: most[i]}
	}
	if f.only != nil {
		f.only.restore(cols[5:])
	}
}

func (f *floats[T]) Bytes() int64 {
	n := f.acc.bytes(40) + int64(cap(f.slid))*32
	if f.only != nil {
		n += 128
	}
	return n
}
