package agg

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/vec"
)

// cells keeps one value of any type for each group.
type cells struct {
	t     arrow.DataType
	kind  vec.Kind
	valid []bool
	lo    []uint64 // fixed-width kinds
	hi    []uint64 // 128-bit kinds
	at    []span   // others: where the bytes stand in the arena
	arena []byte
	waste int
	buf   []byte
}

type span struct {
	off       int64
	len, room int32
}

func newCells(t arrow.DataType) *cells { return &cells{t: t, kind: vec.KindOf(t)} }

func (c *cells) text() bool { return c.kind == vec.String || c.kind == vec.Binary }

func (c *cells) blob() bool {
	return c.text() || c.kind == vec.List || c.kind == vec.Map || c.kind == vec.Struct
}

func (c *cells) grow(n int) {
	c.valid = grown(c.valid, n)
	if c.blob() {
		c.at = grown(c.at, n)
		return
	}
	c.lo = grown(c.lo, n)
	if c.kind == vec.Decimal || c.kind == vec.Interval {
		c.hi = grown(c.hi, n)
	}
}

// set keeps the value of a row of v.
func (c *cells) set(g int32, v *vec.Vec, row int) {
	if v.IsNull(row) {
		c.valid[g] = false
		return
	}
	c.valid[g] = true
	switch {
	case c.text():
		c.put(g, v.BytesAt(row))
	case c.blob():
		c.buf = encode(c.buf[:0], v, row)
		c.put(g, c.buf)
	default:
		i := v.At(row)
		if v.Dict != nil {
			v = v.Dict
		}
		lo, hi := wordsOf(v, i)
		c.lo[g] = lo
		if c.hi != nil {
			c.hi[g] = hi
		}
	}
}

func (c *cells) put(g int32, b []byte) {
	s := &c.at[g]
	if len(b) > int(s.room) {
		c.waste += int(s.room)
		if c.waste > len(c.arena)/2 && c.waste > 1<<16 {
			s.len, s.room = 0, 0
			c.compact()
		}
		*s = span{off: int64(len(c.arena)), room: int32(len(b))}
		c.arena = append(c.arena, b...)
	} else {
		copy(c.arena[s.off:], b)
	}
	s.len = int32(len(b))
}

func (c *cells) compact() {
	arena := make([]byte, 0, len(c.arena)-c.waste+1024)
	for i := range c.at {
		s := &c.at[i]
		b := c.arena[s.off : s.off+int64(s.len)]
		*s = span{off: int64(len(arena)), len: s.len, room: s.len}
		arena = append(arena, b...)
	}
	c.arena, c.waste = arena, 0
}

func (c *cells) get(g int32) []byte {
	s := c.at[g]
	return c.arena[s.off : s.off+int64(s.len)]
}

// copy keeps the value of group k of another store.
func (c *cells) copy(g int32, o *cells, k int32) {
	c.valid[g] = o.valid[k]
	if c.blob() {
		c.put(g, o.get(k))
		return
	}
	c.lo[g] = o.lo[k]
	if c.hi != nil {
		c.hi[g] = o.hi[k]
	}
}

// append gives the value of a group to a builder.
func (c *cells) append(g int32, out *vec.Builder) {
	switch {
	case !c.valid[g]:
		out.Null()
	case c.text():
		out.Bytes(c.get(g))
	case c.blob():
		decode(c.get(g), out)
	case c.hi != nil:
		appendWords(out, c.lo[g], c.hi[g])
	default:
		appendWords(out, c.lo[g], 0)
	}
}

func (c *cells) clear(g int32) {
	c.valid[g] = false
	if c.blob() {
		c.waste += int(c.at[g].room)
		c.at[g] = span{}
	}
}

func (c *cells) column(s *vec.Scope, groups []int32) *vec.Vec {
	b := vec.NewBuilder(s, c.t, len(groups))
	for _, g := range groups {
		c.append(g, b)
	}
	return b.Finish()
}

func (c *cells) load(v *vec.Vec) {
	c.grow(v.Len)
	for i := range v.Len {
		c.set(int32(i), v, i)
	}
}

func (c *cells) bytes() int64 {
	return int64(cap(c.valid)) + int64(cap(c.lo)+cap(c.hi))*8 + int64(cap(c.at))*16 + int64(cap(c.arena))
}
