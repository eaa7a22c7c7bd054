package agg

import (
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// boolCounts is BOOL_AND and BOOL_OR of rows that may be taken back: it counts
// what [bools] only notes.
type boolCounts struct {
	or bool
	n  [][2]int64 // by group: how often FALSE and TRUE
}

func (f *boolCounts) Grow(n int) { f.n = grown(f.n, n) }

func (f *boolCounts) Update(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel) {
	eachValid(b.N, sel, args, func(i int) { f.change(groups[i], args[0], i, 1) })
}

func (f *boolCounts) clear(g int32) { f.n[g] = [2]int64{} }

func (f *boolCounts) change(g int32, v *vec.Vec, row int, by int64) {
	if v.BoolAt(row) {
		f.n[g][1] += by
	} else {
		f.n[g][0] += by
	}
}

func (f *boolCounts) UpdateEach(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel, out *vec.Builder, fail Fail) {
	updateEach(f, b, groups, args, sel, out, fail)
}

// Change counts up and down.
func (f *boolCounts) Change(c *Changes, args []*vec.Vec, out *vec.Builder, fail Fail) {
	changeEach(f, c, args[0], out, fail)
}

// Slide counts the values of each frame.
func (f *boolCounts) Slide(w *Frames, args []*vec.Vec, out *vec.Builder, fail Fail) {
	slideEach(f, w, args[0], out, fail)
}

func (f *boolCounts) Merge(other State, into []int32) {
	o := other.(*boolCounts)
	for k, g := range into {
		f.n[g][0] += o.n[k][0]
		f.n[g][1] += o.n[k][1]
	}
}

func (f *boolCounts) show(g int32, _ int, out *vec.Builder, _ Fail) {
	switch n := f.n[g]; {
	case n == [2]int64{}:
		out.Null()
	case f.or:
		out.Bool(n[1] > 0)
	default:
		out.Bool(n[0] == 0)
	}
}

func (f *boolCounts) Emit(groups []int32, out *vec.Builder, fail Fail) {
	for k, g := range groups {
		f.show(g, k, out, fail)
	}
}

func (f *boolCounts) Reset(groups []int32) {
	for _, g := range groups {
		f.clear(g)
	}
}

func (f *boolCounts) Snapshot(s *vec.Scope, groups []int32) []*vec.Vec {
	return []*vec.Vec{
		column(s, vec.TypeInt64, groups, func(g int32) int64 { return f.n[g][0] }),
		column(s, vec.TypeInt64, groups, func(g int32) int64 { return f.n[g][1] }),
	}
}

func (f *boolCounts) Restore(cols []*vec.Vec) {
	f.n = make([][2]int64, cols[0].Len)
	no, yes := vec.Values[int64](cols[0]), vec.Values[int64](cols[1])
	for g := range f.n {
		f.n[g] = [2]int64{no[g], yes[g]}
	}
}

func (f *boolCounts) Bytes() int64 { return int64(cap(f.n)) * 16 }
