package agg

import (
	"encoding/binary"
	"math"

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
	o := &other.(*exactFloats[T]).sums
	for k, g := range into {
		k := int32(k)
		a, b := &f.sums.acc[g], &o.acc[k]
		a.n, a.nan, a.pos, a.neg = a.n+b.n, a.nan+b.nan, a.pos+b.pos, a.neg+b.neg
		for _, x := range o.partsOf(k) {
			f.sums.move(g, x)
		}
		for _, x := range o.huge(k) {
			m := f.sums.spill(g)
			m.huge = grow(m.huge, x)
			f.sums.unspill(g, m)
		}
	}
}

func (f *exactFloats[T]) Reset(groups []int32) {
	for _, g := range groups {
		f.sums.clear(g)
	}
}

// Snapshot gives counts, and the parts of a sum in one column: how many there are,
// the parts, and then huge ones.
func (f *exactFloats[T]) Snapshot(s *vec.Scope, groups []int32) []*vec.Vec {
	acc := f.sums.acc
	packs := make([][]byte, len(groups))
	for k, g := range groups {
		parts := f.sums.partsOf(g)
		packs[k] = append(packs[k], byte(len(parts)))
		for _, x := range append(parts[:len(parts):len(parts)], f.sums.huge(g)...) {
			packs[k] = binary.LittleEndian.AppendUint64(packs[k], math.Float64bits(x))
		}
	}
	return []*vec.Vec{
		column(s, vec.TypeInt64, groups, func(g int32) int64 { return acc[g].n }),
		column(s, vec.TypeInt32, groups, func(g int32) int32 { return acc[g].nan }),
		column(s, vec.TypeInt32, groups, func(g int32) int32 { return acc[g].pos }),
		column(s, vec.TypeInt32, groups, func(g int32) int32 { return acc[g].neg }),
		packed(s, packs),
	}
}

func (f *exactFloats[T]) Restore(cols []*vec.Vec) {
	f.sums = exacts{acc: make([]exact, cols[0].Len)}
	for g := range f.sums.acc {
		f.sums.acc[g] = exact{
			n: vec.Values[int64](cols[0])[g], nan: vec.Values[int32](cols[1])[g], pos: vec.Values[int32](cols[2])[g], neg: vec.Values[int32](cols[3])[g],
		}
		src := cols[4].BytesAt(g)
		n := int(src[0])
		var all []float64
		for src = src[1:]; len(src) > 0; src = src[8:] {
			all = append(all, math.Float64frombits(binary.LittleEndian.Uint64(src)))
		}
		f.sums.put(int32(g), all[:n])
		if n < len(all) {
			f.sums.spill(int32(g)).huge = all[n:]
		}
	}
}

func (f *exactFloats[T]) Bytes() int64 { return f.sums.bytes() }
