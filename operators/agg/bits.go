package agg

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// bitOp is what BIT_AND, BIT_OR and BIT_XOR do with two values. It is asked
// once a row, which is cheap beside the random access to the group.
type bitOp byte

func (o bitOp) of(a, b int64) int64 {
	switch o {
	case '&':
		return a & b
	case '|':
		return a | b
	}
	return a ^ b
}

// bitsets is the state of BIT_AND, BIT_OR and BIT_XOR of integers.
type bitsets struct {
	op   bitOp
	acc  []int64
	seen []bool
}

func bitwise(name string, op bitOp) []Overload {
	return []Overload{{
		Args: anyArg,
		Type: func(args []arrow.DataType, _ []*vec.Vec) (arrow.DataType, error) {
			if k := vec.KindOf(args[0]); !isInteger(k) {
				return nil, fmt.Errorf("%s needs an integer, not %s", name, k)
			}
			return vec.TypeInt64, nil
		},
		New: func([]arrow.DataType, []*vec.Vec) State { return &bitsets{op: op} },
	}}
}

func (f *bitsets) Grow(n int) { f.acc, f.seen = grown(f.acc, n), grown(f.seen, n) }

func (f *bitsets) add(g int32, x int64) {
	if f.seen[g] {
		x = f.op.of(f.acc[g], x)
	}
	f.acc[g], f.seen[g] = x, true
}

func (f *bitsets) Update(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel) {
	v := args[0]
	if v.Kind == vec.Null {
		return
	}
	eachValid(b.N, sel, args, func(i int) { f.add(groups[i], v.Int64At(i)) })
}

func (f *bitsets) UpdateEach(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel, out *vec.Builder, fail Fail) {
	updateEach(f, b, groups, args, sel, out, fail)
}

func (f *bitsets) Merge(other State, into []int32) {
	o := other.(*bitsets)
	for k, g := range into {
		if g >= 0 && o.seen[k] {
			f.add(g, o.acc[k])
		}
	}
}

func (f *bitsets) Emit(groups []int32, out *vec.Builder, _ Fail) {
	for _, g := range groups {
		if f.seen[g] {
			out.Int64(f.acc[g])
		} else {
			out.Null()
		}
	}
}

func (f *bitsets) Reset(groups []int32) {
	for _, g := range groups {
		f.seen[g] = false
	}
}

func (f *bitsets) Snapshot(s *vec.Scope, groups []int32) []*vec.Vec {
	return []*vec.Vec{
		column(s, vec.TypeInt64, groups, func(g int32) int64 { return f.acc[g] }),
		column(s, vec.TypeInt8, groups, func(g int32) int8 {
			if f.seen[g] {
				return 1
			}
			return 0
		}),
	}
}

func (f *bitsets) Restore(cols []*vec.Vec) {
	f.acc = append(f.acc[:0], vec.Values[int64](cols[0])...)
	f.seen = make([]bool, len(f.acc))
	for i, x := range vec.Values[int8](cols[1]) {
		f.seen[i] = x == 1
	}
}

func (f *bitsets) Bytes() int64 { return int64(cap(f.acc))*8 + int64(cap(f.seen)) }
