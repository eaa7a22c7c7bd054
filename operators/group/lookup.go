package group

import (
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/velostream/velo/arrowexec/vec"
)

// Lookup writes the group of each selected row i of key columns to ids[i], -1
// for a key that the table does not have. It adds nothing: a join probes with it.
func (t *Table) Lookup(sc *vec.Scope, keys []*vec.Vec, n int, sel vec.Sel, ids []int32) {
	if len(t.cols) == 0 {
		id := int32(0)
		if t.n == 0 {
			id = -1
		}
		set(n, sel, ids, id)
		return
	}
	if len(t.cols) == 1 {
		t.cols[0].lookup(sc, keys[0], n, sel, ids)
		return
	}
	t.lookupAll(sc, keys, n, sel, ids)
}

// lookupAll looks the columns up one after the other, each for the rows that the
// others know: first the one that has known the fewest so far.
func (t *Table) lookupAll(sc *vec.Scope, keys []*vec.Vec, n int, sel vec.Sel, ids []int32) {
	if t.known == nil {
		t.known = make([]share, len(t.cols))
	}
	set(n, sel, ids, -1)
	numbers := make([][]int32, len(t.cols))
	for range t.cols {
		c := -1
		for i, s := range t.known {
			if numbers[i] == nil && (c < 0 || s.known*t.known[c].asked < t.known[c].known*s.asked) {
				c = i
			}
		}
		numbers[c] = vec.Slice[int32](sc, n)
		t.cols[c].lookup(sc, keys[c], n, sel, numbers[c])
		asked := sel.Count(n)
		sel = found(sc, numbers[c], n, sel)
		s := &t.known[c]
		s.asked, s.known = s.asked+float64(asked), s.known+float64(len(sel))
	}
	first := numbers[0]
	for _, i := range sel {
		ids[i] = first[i]
	}
	for c, p := range t.pairs {
		right, k := numbers[c+1], 0
		for _, i := range sel {
			id := p.get(ids[i], right[i])
			if ids[i] = id; id >= 0 {
				sel[k] = i
				k++
			}
		}
		sel = sel[:k]
	}
}

// share is how many of the rows asked for a column knew.
type share struct{ asked, known float64 }

// found lists the selected rows that have a number.
func found(sc *vec.Scope, ids []int32, n int, sel vec.Sel) vec.Sel {
	out, k := vec.Slice[int32](sc, sel.Count(n)), 0
	if sel == nil {
		for i, id := range ids[:n] {
			out[k] = int32(i)
			if id >= 0 {
				k++
			}
		}
		return out[:k]
	}
	for _, i := range sel {
		if ids[i] >= 0 {
			out[k] = i
			k++
		}
	}
	return out[:k]
}

func set(n int, sel vec.Sel, ids []int32, x int32) {
	if sel == nil {
		for i := range ids[:n] {
			ids[i] = x
		}
		return
	}
	for _, i := range sel {
		ids[i] = x
	}
}

// known maps a number of num or str, or -1, to the column's.
func (c *column) known(id int32) int32 {
	if c.null >= 0 && id >= c.null && c.lines == nil {
		id++
	}
	return id
}

func (c *column) lookup(sc *vec.Scope, v *vec.Vec, n int, sel vec.Sel, ids []int32) {
	switch {
	case sel.Count(n) == 0:
	case v.Const || v.Kind == vec.Null:
		id := c.see(v, 0)
		each(n, sel, func(i int) { ids[i] = id })
	case v.Dict != nil && v.Dict.Len <= n:
		m := vec.Slice[int32](sc, v.Dict.Len)
		for d := range m {
			m[d] = -2
		}
		idx := v.Indices()
		each(n, sel, func(i int) {
			if v.Valid != nil && !v.Valid.Get(i) {
				ids[i] = c.null
				return
			}
			d := idx[i]
			if m[d] == -2 {
				m[d] = c.see(v.Dict, int(d))
			}
			ids[i] = m[d]
		})
	case c.num != nil && v.Dict == nil:
		w := words(sc, v, n, sel)
		if v.Valid == nil && c.null < 0 {
			c.num.lookup(w, sel, ids)
			return
		}
		each(n, sel, func(i int) {
			if v.Valid != nil && !v.Valid.Get(i) {
				ids[i] = c.null
				return
			}
			ids[i] = c.known(c.num.get(w[i]))
		})
	case (c.kind == vec.String || c.kind == vec.Binary) && v.Dict == nil && v.Valid == nil:
		c.str.lookup(v.Data, v.Offsets, n, sel, ids)
		if c.null >= 0 {
			each(n, sel, func(i int) { ids[i] = c.known(ids[i]) })
		}
	default:
		each(n, sel, func(i int) { ids[i] = c.see(v, i) })
	}
}

// see is the number of a single row, -1 when the column has not seen its value.
func (c *column) see(v *vec.Vec, row int) int32 {
	if v.IsNull(row) {
		return c.null
	}
	switch c.kind {
	case vec.Null:
		return -1
	case vec.String, vec.Binary:
		return c.known(c.str.get(v.BytesAt(row)))
	case vec.Decimal:
		d, i := v, v.At(row)
		if v.Dict != nil {
			d = v.Dict
		}
		var k [16]byte
		return c.known(c.str.get(decimalKey(k[:0], vec.Values[decimal128.Num](d)[i])))
	case vec.Interval, vec.List, vec.Map, vec.Struct:
		return c.known(c.str.get(c.rep.encode(v, row)))
	}
	d, i := v, v.At(row)
	if v.Dict != nil {
		d = v.Dict
	}
	return c.known(c.num.get(word(d, i)))
}

// get gives the number of a key, -1 when it is not known.
func (t *ints) get(k int64) int32 {
	switch {
	case t.near.ids != nil:
		return t.near.get(k)
	case t.lines != nil:
		return t.getLine(k, tagged(t.hash64(k)))
	}
	for p := uint64(t.hash(k) >> t.shift); ; p++ {
		s := &t.slots[p&uint64(len(t.slots)-1)]
		if s.id == 0 {
			return -1
		}
		if s.key == k {
			return s.id - 1
		}
	}
}

func (t *ints) lookup(keys []int64, sel vec.Sel, ids []int32) {
	if t.near.ids != nil {
		t.near.lookup(keys, sel, ids)
		return
	}
	if t.lines != nil {
		each(len(keys), sel, func(i int) { ids[i] = t.get(keys[i]) })
		return
	}
	slots, shift, a, b := t.slots, t.shift, t.seed.a, t.seed.b
	if sel == nil {
		ids = ids[:len(keys)]
		for i, k := range keys {
			s := &slots[hash(uint64(k)^a, b)>>32>>shift&uint64(len(slots)-1)]
			if s.key == k || s.id == 0 {
				ids[i] = s.id - 1
				continue
			}
			ids[i] = t.get(k)
		}
		return
	}
	for _, i := range sel {
		k := keys[i]
		s := &slots[hash(uint64(k)^a, b)>>32>>shift&uint64(len(slots)-1)]
		if s.key == k || s.id == 0 {
			ids[i] = s.id - 1
			continue
		}
		ids[i] = t.get(k)
	}
}
