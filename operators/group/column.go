package group

import (
	"encoding/binary"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/velostream/velo/arrowexec/vec"
)

// column numbers the values of one key column: number by first arrival.
type column struct {
	t    arrow.DataType
	kind vec.Kind
	null int32 // number of NULL, -1: not seen
	n    int   // values, NULL included
	num  *ints // one of num and str, by kind
	str  *strings
	// order maps a number of num or str, which know no NULL, to the column's
	// once NULL has come; nil while they are the same.
	order []int32
	back  []int32 // the other way; -1 at NULL
	// rep keeps first arrivals of kinds that cannot be read back from their key.
	rep *reps
}

func newColumn(t arrow.DataType) *column {
	c := &column{t: t, kind: vec.KindOf(t), null: -1}
	switch c.kind {
	case vec.Null:
	case vec.String, vec.Binary, vec.Decimal:
		c.str = newStrings()
	case vec.Interval, vec.List, vec.Map, vec.Struct:
		c.str, c.rep = newStrings(), newReps(t)
	default:
		c.num = newInts()
	}
	return c
}

// inner is the number of values that num or str know.
func (c *column) inner() int {
	switch {
	case c.num != nil:
		return len(c.num.keys)
	case c.str != nil:
		return c.str.len()
	}
	return 0
}

func (c *column) nullID() int32 {
	if c.null < 0 {
		c.null = int32(c.n)
		c.n++
		if c.order == nil {
			c.order = make([]int32, c.inner(), 2*c.inner()+16)
			c.back = make([]int32, c.inner(), 2*c.inner()+16)
			for i := range c.order {
				c.order[i], c.back[i] = int32(i), int32(i)
			}
		}
		c.back = append(c.back, -1)
	}
	return c.null
}

// outer gives the column's number of a number of num or str.
func (c *column) outer(id int32) int32 {
	if c.order == nil {
		c.n = max(c.n, int(id)+1)
		return id
	}
	if int(id) == len(c.order) {
		c.order = append(c.order, int32(c.n))
		c.back = append(c.back, id)
		c.n++
	}
	return c.order[id]
}

// assign writes the number of every selected row to ids.
func (c *column) assign(sc *vec.Scope, v *vec.Vec, n int, sel vec.Sel, ids []int32) {
	switch {
	case sel.Count(n) == 0:
	case v.Const || v.Kind == vec.Null:
		id := c.one(v, 0)
		if sel == nil {
			for i := range ids[:n] {
				ids[i] = id
			}
			return
		}
		for _, i := range sel {
			ids[i] = id
		}
	case v.Dict != nil:
		c.assignDict(sc, v, n, sel, ids)
	case v.HasNulls() || c.order != nil || c.rep != nil:
		c.assignNullable(sc, v, n, sel, ids)
	default:
		c.assignPlain(sc, v, n, sel, ids)
		c.n = c.inner()
	}
}

func (c *column) assignPlain(sc *vec.Scope, v *vec.Vec, n int, sel vec.Sel, ids []int32) {
	switch c.kind {
	case vec.String, vec.Binary:
		c.str.assign(v.Data, v.Offsets, n, sel, ids)
	case vec.Decimal:
		each(n, sel, func(i int) {
			var k [16]byte
			ids[i] = c.str.find(decimalKey(k[:0], vec.Values[decimal128.Num](v)[i]))
		})
	default:
		c.num.assign(words(sc, v, n, sel), sel, ids)
	}
}

// assignNullable numbers the rows that are not NULL by the fast path when NULL
// has not shown itself yet in this batch, and else row by row, for the numbers
// to follow arrival.
func (c *column) assignNullable(sc *vec.Scope, v *vec.Vec, n int, sel vec.Sel, ids []int32) {
	if c.num != nil {
		w := words(sc, v, n, sel)
		each(n, sel, func(i int) {
			if v.Valid != nil && !v.Valid.Get(i) {
				ids[i] = c.nullID()
			} else {
				ids[i] = c.outer(c.num.find(w[i]))
			}
		})
		return
	}
	each(n, sel, func(i int) { ids[i] = c.one(v, i) })
}

func (c *column) assignDict(sc *vec.Scope, v *vec.Vec, n int, sel vec.Sel, ids []int32) {
	m := vec.Slice[int32](sc, v.Dict.Len)
	for i := range m {
		m[i] = -1
	}
	idx := v.Indices()
	if sel == nil && v.Valid == nil {
		for i, x := range idx[:n] {
			id := m[x]
			if id < 0 {
				id = c.one(v.Dict, int(x))
				m[x] = id
			}
			ids[i] = id
		}
		return
	}
	each(n, sel, func(i int) {
		if v.Valid != nil && !v.Valid.Get(i) {
			ids[i] = c.nullID()
			return
		}
		x := idx[i]
		if m[x] < 0 {
			m[x] = c.one(v.Dict, int(x))
		}
		ids[i] = m[x]
	})
}

// one numbers a single row of a plain or constant column.
func (c *column) one(v *vec.Vec, row int) int32 {
	if v.IsNull(row) {
		return c.nullID()
	}
	switch c.kind {
	case vec.String, vec.Binary:
		return c.outer(c.str.find(v.BytesAt(row)))
	case vec.Decimal:
		var k [16]byte
		return c.outer(c.str.find(decimalKey(k[:0], vec.Values[decimal128.Num](v)[v.At(row)])))
	case vec.Interval, vec.List, vec.Map, vec.Struct:
		id := c.str.find(c.rep.encode(v, row))
		c.rep.keep(int(id), v, row)
		return c.outer(id)
	}
	return c.outer(c.num.find(word(v, v.At(row))))
}

// keys appends the values of numbers to a builder of the column's type.
func (c *column) keys(ids []int32, out *vec.Builder) {
	for _, id := range ids {
		if c.back != nil {
			id = c.back[id]
		} else if id == c.null {
			id = -1
		}
		if id < 0 {
			out.Null()
			continue
		}
		switch c.kind {
		case vec.String, vec.Binary:
			out.Bytes(c.str.key(id))
		case vec.Decimal:
			k := c.str.key(id)
			out.Decimal(decimal128.New(int64(binary.LittleEndian.Uint64(k[8:])), binary.LittleEndian.Uint64(k)))
		case vec.Interval, vec.List, vec.Map, vec.Struct:
			c.rep.get(int(id), out)
		case vec.Bool:
			out.Bool(c.num.keys[id] != 0)
		case vec.Int8:
			vec.Append(out, int8(c.num.keys[id]))
		case vec.Int16:
			vec.Append(out, int16(c.num.keys[id]))
		case vec.Int32, vec.Date:
			out.Int32(int32(c.num.keys[id]))
		case vec.Float32:
			vec.Append(out, float32(math.Float64frombits(uint64(c.num.keys[id]))))
		case vec.Float64:
			out.Float64(math.Float64frombits(uint64(c.num.keys[id])))
		default:
			out.Int64(c.num.keys[id])
		}
	}
}

func (c *column) reset() {
	c.null, c.n, c.order, c.back = -1, 0, nil, nil
	if c.num != nil {
		c.num.reset()
	}
	if c.str != nil {
		c.str.reset()
	}
	if c.rep != nil {
		c.rep.reset()
	}
}

func (c *column) bytes() int64 {
	b := int64(cap(c.order)+cap(c.back)) * 4
	if c.num != nil {
		b += c.num.bytes()
	}
	if c.str != nil {
		b += c.str.bytes()
	}
	if c.rep != nil {
		b += c.rep.bytes()
	}
	return b
}

// each calls f for every selected row.
func each(n int, sel vec.Sel, f func(i int)) {
	if sel == nil {
		for i := range n {
			f(i)
		}
		return
	}
	for _, i := range sel {
		f(int(i))
	}
}
