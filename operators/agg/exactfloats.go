package agg

import (
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// exactFloats is SUM and AVG of REAL and DOUBLE whose rows may be taken back. What
// is left is the same as if nothing else had ever been added.
type exactFloats[T float32 | float64] struct {
	what what
	sums exacts
}

func (f *exactFloats[T]) Grow(n int) { f.sums.acc = grown(f.sums.acc, n) }

func (f *exactFloats[T]) Update(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel) {
	v := plain(b, args[0])
	x := vec.Values[T](v)
	each(b.N, sel, func(i int) {
		if v.Valid == nil || v.Valid.Get(i) {
			f.sums.add(groups[i], float64(x[i]), 1)
		}
	})
}

func (f *exactFloats[T]) UpdateEach(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel, out *vec.Builder, fail Fail) {
	updateEach(f, b, groups, args, sel, out, fail)
}

// Change adds, or adds what was added with the other sign.
func (f *exactFloats[T]) Change(c *Changes, args []*vec.Vec, out *vec.Builder, _ Fail) {
	v := plain(c.Batch, args[0])
	x, valid := vec.Values[T](v), v.Valid
	for _, i := range c.Rows {
		g, w := c.Groups[i], c.What[i]
		if by := w.sign(); by != 0 && (valid == nil || valid.Get(int(i))) {
			f.sums.add(g, float64(x[i]), int32(by))
		}
		if w&Show != 0 {
			f.emit(g, out)
		}
		if w&Clear != 0 {
			f.sums.clear(g)
		}
	}
}

func (f *exactFloats[T]) emit(g int32, out *vec.Builder) {
	switch n := f.sums.acc[g].n; {
	case n == 0:
		out.Null()
	case f.what == wantAvg:
		out.Float64(f.sums.total(g) / float64(n))
	default:
		vec.Append(out, T(f.sums.total(g)))
	}
}

func (f *exactFloats[T]) Emit(groups []int32, out *vec.Builder, _ Fail) {
	for _, g := range groups {
		f.emit(g, out)
	}
}

func (f *exactFloats[T]) Merge(other State, into []int32) {
	f.sums.merge(&other.(*exactFloats[T]).sums, into)
}

func (f *exactFloats[T]) Reset(groups []int32) { f.sums.reset(groups) }

func (f *exactFloats[T]) Snapshot(s *vec.Scope, groups []int32) []*vec.Vec {
	return f.sums.snapshot(s, groups)
}

func (f *exactFloats[T]) Restore(cols []*vec.Vec) { f.sums.restore(cols) }

func (f *exactFloats[T]) Bytes() int64 { return f.sums.bytes() }
