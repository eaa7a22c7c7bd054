package group

import (
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/velostream/velo/arrowexec/vec"
)

// column numbers the values of one key column: number by first arrival.
type column struct {
	t    arrow.DataType
	kind vec.Kind
	null int32 // number of NULL, -1: not seen; num and str know no NULL: what came after it has there one less
	n    int   // values, NULL included
	num  *ints // one of num and str, by kind
	str  *strings
	// lines keep the keys of a column that has very many and NULL among them: num and str then know its number.
	lines *Lines
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
		return c.num.len()
	case c.str != nil:
		return c.str.len()
	}
	return 0
}

func (c *column) nullID() int32 {
	if c.lines != nil {
		if c.null < 0 {
			c.null = c.lines.push(strKey{})
			if c.num != nil {
				c.num.null = c.null
			}
		}
		c.n = c.lines.n
		return c.null
	}
	if c.null < 0 {
		c.null = int32(c.inner())
	}
	c.n = c.inner() + 1
	return c.null
}

// outer gives the column's number of a number of num or str.
func (c *column) outer(id int32) int32 {
	c.n = c.inner()
	if c.null >= 0 && c.lines == nil {
		c.n++
		if id >= c.null {
			id++
		}
	}
	return id
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
	case c.rep != nil:
		each(n, sel, func(i int) { ids[i] = c.one(v, i) })
	case v.HasNulls():
		c.assignNullable(sc, v, n, sel, ids)
	default:
		c.assignPlain(sc, v, n, sel, ids)
		c.raise(n, sel, ids)
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

// raise makes numbers of num or str the column's.
func (c *column) raise(n int, sel vec.Sel, ids []int32) {
	c.n = c.inner()
	null := c.null
	if null < 0 || c.lines != nil {
		return
	}
	c.n++
	if sel == nil {
		for i, id := range ids[:n] {
			if id >= null {
				id++
			}
			ids[i] = id
		}
		return
	}
	for _, i := range sel {
		id := ids[i]
		if id >= null {
			id++
		}
		ids[i] = id
	}
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
	if c.null >= 0 || c.rep != nil || c.kind == vec.Bool || c.kind == vec.Null {
		for _, id := range ids {
			c.keyOf(id, out)
		}
		return
	}
	switch c.kind {
	case vec.String, vec.Binary:
		c.str.texts(ids, out)
	case vec.Decimal:
		to := vec.Extend[decimal128.Num](out, len(ids))
		for i, id := range ids {
			k := *c.str.at(id)
			to[i] = decimal128.New(int64(k.hi^1<<63), k.lo)
		}
		out.Filled(len(ids))
	case vec.Int8:
		integers[int8](c.num, ids, out)
	case vec.Int16:
		integers[int16](c.num, ids, out)
	case vec.Int32, vec.Date:
		integers[int32](c.num, ids, out)
	case vec.Float32:
		to := vec.Extend[float32](out, len(ids))
		for i, id := range ids {
			to[i] = float32(math.Float64frombits(uint64(c.num.key(id))))
		}
		out.Filled(len(ids))
	default: // 64 bits, those of a DOUBLE too
		integers[int64](c.num, ids, out)
	}
}

func integers[T int8 | int16 | int32 | int64](t *ints, ids []int32, out *vec.Builder) {
	to := vec.Extend[T](out, len(ids))
	for i, id := range ids {
		to[i] = T(t.key(id))
	}
	out.Filled(len(ids))
}

// keyOf is keys of one number, NULL or of any kind.
func (c *column) keyOf(id int32, out *vec.Builder) {
	switch {
	case id == c.null:
		out.Null()
		return
	case c.null >= 0 && id > c.null && c.lines == nil:
		id--
	}
	switch c.kind {
	case vec.String, vec.Binary:
		var buf [inline]byte
		out.Bytes(c.str.key(id, &buf))
	case vec.Decimal:
		k := *c.str.at(id)
		out.Decimal(decimal128.New(int64(k.hi^1<<63), k.lo))
	case vec.Interval, vec.List, vec.Map, vec.Struct:
		c.rep.get(int(id), out)
	case vec.Bool:
		out.Bool(c.num.key(id) != 0)
	case vec.Int8:
		vec.Append(out, int8(c.num.key(id)))
	case vec.Int16:
		vec.Append(out, int16(c.num.key(id)))
	case vec.Int32, vec.Date:
		out.Int32(int32(c.num.key(id)))
	case vec.Float32:
		vec.Append(out, float32(math.Float64frombits(uint64(c.num.key(id)))))
	case vec.Float64:
		out.Float64(math.Float64frombits(uint64(c.num.key(id))))
	default:
		out.Int64(c.num.key(id))
	}
}

func (c *column) reset() {
	c.null, c.n = -1, 0
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
	b := int64(0)
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
