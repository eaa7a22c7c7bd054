package agg

import (
	"bytes"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// extreme is ARG_MIN and ARG_MAX, and MIN and MAX of types without a faster
// state: the value at the least or greatest key, the first row of a tie.
type extreme struct {
	max   bool
	ord   []int64
	seen  []bool
	keys  *cells
	vals  *cells // nil: the key is the value
	key   int    // index of the key among the arguments
	words bool
}

func newExtreme(most bool, value, key arrow.DataType) *extreme {
	e := &extreme{max: most, keys: newCells(key)}
	if value != nil {
		e.vals, e.key = newCells(value), 1
	}
	e.words = !e.keys.blob()
	return e
}

func (e *extreme) Grow(n int) {
	e.ord, e.seen = grown(e.ord, n), grown(e.seen, n)
	e.keys.grow(n)
	if e.vals != nil {
		e.vals.grow(n)
	}
}

func (e *extreme) Update(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel) {
	k := plain(b, args[e.key])
	if k.Kind == vec.Null {
		return
	}
	nulls := k.HasNulls()
	if sel == nil {
		for i, g := range groups[:b.N] {
			if !nulls || !k.IsNull(i) {
				e.offer(b, g, k, args, i)
			}
		}
		return
	}
	for _, i := range sel {
		if !nulls || !k.IsNull(int(i)) {
			e.offer(b, groups[i], k, args, int(i))
		}
	}
}

func (e *extreme) offer(b *arrowexec.Batch, g int32, k *vec.Vec, args []*vec.Vec, i int) {
	if e.seen[g] {
		c := 0
		if e.words {
			lo, hi := wordsOf(k, i)
			c = compareWords(k.Kind, lo, hi, e.keys.lo[g], e.high(g))
		} else {
			c = bytes.Compare(k.Data[k.Offsets[i]:k.Offsets[i+1]], e.keys.get(g))
		}
		if e.max {
			c = -c
		}
		if c > 0 || c == 0 && b.OrdOf(i) >= e.ord[g] {
			return
		}
	}
	e.seen[g], e.ord[g] = true, b.OrdOf(i)
	e.keys.set(g, k, i)
	if e.vals != nil {
		e.vals.set(g, args[0], i)
	}
}

func (e *extreme) high(g int32) uint64 {
	if e.keys.hi == nil {
		return 0
	}
	return e.keys.hi[g]
}

func (e *extreme) UpdateEach(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel, out *vec.Builder, fail Fail) {
	updateEach(e, b, groups, args, sel, out, fail)
}

func (e *extreme) Merge(other State, into []int32) {
	o := other.(*extreme)
	for k, g := range into {
		k := int32(k)
		if g < 0 || !o.seen[k] {
			continue
		}
		if e.seen[g] {
			c := 0
			if e.words {
				c = compareWords(e.keys.kind, o.keys.lo[k], o.high(k), e.keys.lo[g], e.high(g))
			} else {
				c = bytes.Compare(o.keys.get(k), e.keys.get(g))
			}
			if e.max {
				c = -c
			}
			if c > 0 || c == 0 && o.ord[k] >= e.ord[g] {
				continue
			}
		}
		e.seen[g], e.ord[g] = true, o.ord[k]
		e.keys.copy(g, o.keys, k)
		if e.vals != nil {
			e.vals.copy(g, o.vals, k)
		}
	}
}

func (e *extreme) Emit(groups []int32, out *vec.Builder, _ Fail) {
	v := e.keys
	if e.vals != nil {
		v = e.vals
	}
	for _, g := range groups {
		v.append(g, out)
	}
}

func (e *extreme) Reset(groups []int32) {
	for _, g := range groups {
		e.seen[g] = false
		e.keys.clear(g)
		if e.vals != nil {
			e.vals.clear(g)
		}
	}
}

func (e *extreme) Snapshot(s *vec.Scope, groups []int32) []*vec.Vec {
	cols := []*vec.Vec{column(s, vec.TypeInt64, groups, func(g int32) int64 { return e.ord[g] }), e.keys.column(s, groups)}
	if e.vals != nil {
		cols = append(cols, e.vals.column(s, groups))
	}
	return cols
}

func (e *extreme) Restore(cols []*vec.Vec) {
	e.ord = append(e.ord[:0], vec.Values[int64](cols[0])...)
	e.seen = make([]bool, len(e.ord))
	e.keys.load(cols[1])
	copy(e.seen, e.keys.valid)
	if e.vals != nil {
		e.vals.load(cols[2])
	}
}

func (e *extreme) Bytes() int64 {
	n := int64(cap(e.ord))*8 + int64(cap(e.seen)) + e.keys.bytes()
	if e.vals != nil {
		n += e.vals.bytes()
	}
	return n
}
