package agg

import (
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// bools is BOOL_AND and BOOL_OR, which are MIN and MAX of BOOLEAN.
type bools struct {
	or   bool
	seen []byte // bit 0: a FALSE was seen; bit 1: a TRUE
}

func (f *bools) Grow(n int) { f.seen = grown(f.seen, n) }

func (f *bools) Update(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel) {
	v := args[0]
	if v.Kind == vec.Null {
		return
	}
	eachValid(b.N, sel, args, func(i int) {
		if v.BoolAt(i) {
			f.seen[groups[i]] |= 2
		} else {
			f.seen[groups[i]] |= 1
		}
	})
}

func (f *bools) UpdateEach(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel, out *vec.Builder, fail Fail) {
	updateEach(f, b, groups, args, sel, out, fail)
}

func (f *bools) Merge(other State, into []int32) {
	o := other.(*bools)
	for k, g := range into {
		if g >= 0 {
			f.seen[g] |= o.seen[k]
		}
	}
}

func (f *bools) Emit(groups []int32, out *vec.Builder, _ Fail) {
	for _, g := range groups {
		switch s := f.seen[g]; {
		case s == 0:
			out.Null()
		case f.or:
			out.Bool(s&2 != 0)
		default:
			out.Bool(s&1 == 0)
		}
	}
}

func (f *bools) Reset(groups []int32) {
	for _, g := range groups {
		f.seen[g] = 0
	}
}

func (f *bools) Snapshot(s *vec.Scope, groups []int32) []*vec.Vec {
	return []*vec.Vec{column(s, vec.TypeInt8, groups, func(g int32) int8 { return int8(f.seen[g]) })}
}

func (f *bools) Restore(cols []*vec.Vec) {
	f.seen = make([]byte, cols[0].Len)
	for i, x := range vec.Values[int8](cols[0]) {
		f.seen[i] = byte(x)
	}
}

func (f *bools) Bytes() int64 { return int64(cap(f.seen)) }
