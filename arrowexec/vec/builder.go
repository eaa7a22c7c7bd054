package vec

import (
	"fmt"
	"math"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
)

// Builder makes a Vec row by row. Every row is one append: of a value, of
// NULL, or for nested kinds of [Builder.EndList] or [Builder.EndStruct] after
// the appends to its children. [Builder.Truncate] takes rows back, so a decoder
// can drop a bad record, or the first of two duplicate keys.
//
// A validity bitmap exists only once a NULL was appended. Memory comes from
// the scope and belongs to it; blocks outgrown go back to it at once, so a
// builder on a long-lived scope is also how operators keep rows.
type Builder struct {
	Type     arrow.DataType
	Kind     Kind
	N        int // rows so far
	Children []*Builder

	sc    *Scope
	width int
	room  int // rows that fit without growing
	p     unsafe.Pointer
	buf   []byte
	off   []int32
	data  []byte
	valid Bitmap
}

// NewBuilder makes a builder with room for n rows; it grows when needed.
func NewBuilder(s *Scope, t arrow.DataType, n int) *Builder {
	b := &Builder{}
	b.Init(s, t, n)
	return b
}

// Init readies a builder, new or used, for n rows of a type in a scope. A
// decoder keeps its builders and calls Init for every batch.
func (b *Builder) Init(s *Scope, t arrow.DataType, n int) {
	n = max(n, 8)
	k := KindOf(t)
	children := b.Children
	if len(children) > 0 && !arrow.TypeEqual(b.Type, t) { // which allocates
		children = nil
	}
	*b = Builder{Type: t, Kind: k, sc: s, width: k.Width(), room: n, Children: children}
	switch {
	case k == Bool:
		b.buf = s.Bytes(BitmapBytes(n))
	case k.HasOffsets():
		b.off = Slice[int32](s, n+1)
		b.off[0] = 0
		b.p = unsafe.Pointer(unsafe.SliceData(b.off))
		if k == String || k == Binary {
			b.data = s.Bytes(n * 8)[:0]
		}
	case b.width > 0:
		b.buf = s.Bytes(n * b.width)
		b.p = unsafe.Pointer(unsafe.SliceData(b.buf))
	}
	var kinds []arrow.DataType
	switch t := t.(type) {
	case *arrow.ListType:
		kinds = []arrow.DataType{t.Elem()}
	case *arrow.MapType:
		kinds = []arrow.DataType{t.KeyType(), t.ItemType()}
	case *arrow.StructType:
		for _, f := range t.Fields() {
			kinds = append(kinds, f.Type)
		}
	}
	if b.Children == nil {
		for range kinds {
			b.Children = append(b.Children, &Builder{})
		}
	}
	for i, c := range b.Children {
		c.Init(s, kinds[i], n)
	}
}

func (b *Builder) grow() {
	if b.room >= math.MaxInt32 {
		panic(&TooMuch{Rows: true, Limit: math.MaxInt32})
	}
	room := min(max(2*b.room, 64), math.MaxInt32)
	switch {
	case b.Kind == Bool:
		b.buf = b.sc.moved(b.buf, BitmapBytes(b.room), BitmapBytes(room))
	case b.Kind.HasOffsets():
		b.off = cast[int32](b.sc.moved(BytesOf(b.off), (b.N+1)*4, (room+1)*4))
		b.p = unsafe.Pointer(unsafe.SliceData(b.off))
	case b.width > 0:
		b.buf = b.sc.moved(b.buf, b.N*b.width, room*b.width)
		b.p = unsafe.Pointer(unsafe.SliceData(b.buf))
	}
	if b.valid != nil {
		b.valid = b.sc.moved(b.valid, BitmapBytes(b.room), BitmapBytes(room))
	}
	b.room = room
}

// moved copies the first used bytes of b to a new block of n bytes and gives
// the old block back.
func (s *Scope) moved(b []byte, used, n int) []byte {
	nb := s.Bytes(n)
	copy(nb, b[:min(used, len(b))])
	s.release(b)
	return nb
}

// release gives one block back before the scope closes, if it is a block of
// its own.
func (s *Scope) release(b []byte) {
	if cap(b) <= slabBytes {
		return
	}
	p := unsafe.SliceData(b)
	for i := len(s.blocks) - 1; i >= 0; i-- {
		if unsafe.SliceData(s.blocks[i]) == p {
			blk := s.blocks[i]
			s.blocks[i] = s.blocks[len(s.blocks)-1]
			s.blocks = s.blocks[:len(s.blocks)-1]
			s.pool.put([][]byte{blk})
			return
		}
	}
}

func (b *Builder) done() {
	if b.valid != nil {
		b.valid.Set(b.N)
	}
	b.N++
}

// NullAt tells that a row appended before is NULL.
func (b *Builder) NullAt(row int) bool {
	return b.Kind == Null || b.valid != nil && !b.valid.Get(row)
}

// Null appends NULL. Children of a STRUCT get a NULL row too.
func (b *Builder) Null() {
	if b.N == b.room {
		b.grow()
	}
	if b.valid == nil {
		b.allValid()
	}
	switch {
	case b.Kind.HasOffsets():
		b.off[b.N+1] = b.off[b.N]
	case b.Kind == Bool:
		Bitmap(b.buf).Clear(b.N)
	case b.Kind == Struct:
		for _, c := range b.Children {
			c.Null()
		}
	case b.width > 0:
		clear(b.buf[b.N*b.width : (b.N+1)*b.width])
	}
	b.valid.Clear(b.N)
	b.N++
}

// Bool appends to a BOOLEAN column.
func (b *Builder) Bool(x bool) {
	if b.N == b.room {
		b.grow()
	}
	Bitmap(b.buf).Put(b.N, x)
	b.done()
}

// Int64 appends to a column of 64-bit values: BIGINT, TIME, TIMESTAMP.
func (b *Builder) Int64(x int64) {
	if b.N == b.room {
		b.grow()
	}
	*(*int64)(unsafe.Add(b.p, b.N<<3)) = x
	b.done()
}

// Float64 appends to a DOUBLE column.
func (b *Builder) Float64(x float64) {
	if b.N == b.room {
		b.grow()
	}
	*(*float64)(unsafe.Add(b.p, b.N<<3)) = x
	b.done()
}

// Int32 appends to a column of 32-bit integers: INT, DATE.
func (b *Builder) Int32(x int32) {
	if b.N == b.room {
		b.grow()
	}
	*(*int32)(unsafe.Add(b.p, b.N<<2)) = x
	b.done()
}

// Append appends a value of any fixed-width kind; T must be its Go type.
func Append[T Fixed](b *Builder, x T) {
	if b.N == b.room {
		b.grow()
	}
	*(*T)(unsafe.Add(b.p, b.N*int(unsafe.Sizeof(x)))) = x
	b.done()
}

// Decimal appends to a DECIMAL column.
func (b *Builder) Decimal(x decimal128.Num) { Append(b, x) }

// Bytes appends a copy of x to a STRING or BYTES column.
func (b *Builder) Bytes(x []byte) {
	if b.N == b.room {
		b.grow()
	}
	if cap(b.data)-len(b.data) < len(x) {
		b.growData(len(x))
	}
	b.data = append(b.data, x...)
	b.off[b.N+1] = int32(len(b.data))
	b.done()
}

// String appends a copy of x to a STRING or BYTES column.
func (b *Builder) String(x string) {
	b.Bytes(unsafe.Slice(unsafe.StringData(x), len(x)))
}

func (b *Builder) growData(extra int) {
	n, limit := len(b.data), b.sc.pool.maxData
	if n+extra > limit {
		panic(&TooMuch{Limit: limit})
	}
	b.data = b.sc.moved(b.data, n, min(max(2*cap(b.data), n+extra, 256), limit))
	b.data = b.data[:n:min(cap(b.data), limit)] // what the size class has more must not be used
}

// Reserve gives room for n more bytes in a STRING or BYTES column and returns
// the unused tail, at least n long. The caller writes k bytes into it and calls
// Commit(k): for decoders that write where the value will stand.
func (b *Builder) Reserve(n int) []byte {
	if cap(b.data)-len(b.data) < n {
		b.growData(n)
	}
	return b.data[len(b.data):cap(b.data)]
}

// Commit appends the row whose k bytes were written into the reserved tail.
func (b *Builder) Commit(k int) {
	if b.N == b.room {
		b.grow()
	}
	b.data = b.data[:len(b.data)+k]
	b.off[b.N+1] = int32(len(b.data))
	b.done()
}

// DataLen is the number of bytes in a STRING or BYTES column so far. Offsets
// are 32-bit: a decoder ends its batch before this passes [MaxData], and an append
// beyond it panics with [TooMuch].
func (b *Builder) DataLen() int { return len(b.data) }

// MaxData is how many bytes one STRING or BYTES column may hold, in a batch and in
// what an operator keeps.
const MaxData = 1<<31 - 1

// TooMuch is what an append panics with that would pass the 32 bits in which a
// column counts its bytes, elements or rows: no caller could do anything about it
// but end the run, which tells the operator by it.
type TooMuch struct {
	Limit int
	Rows  bool // rows or elements, not bytes
}

func (e *TooMuch) Error() string {
	if e.Rows {
		return fmt.Sprintf("one column has more than %d rows or elements", e.Limit)
	}
	return fmt.Sprintf("one column of text or bytes holds more than %d bytes", e.Limit)
}

// EndList appends a row to an ARRAY or MAP column: all elements appended to the
// children since the row before.
func (b *Builder) EndList() {
	if b.N == b.room {
		b.grow()
	}
	b.off[b.N+1] = int32(b.Children[0].N)
	b.done()
}

// RowStart is where the elements of the row begin that [Builder.EndList] is going to
// append.
func (b *Builder) RowStart() int { return int(b.off[b.N]) }

// EndStruct appends a row to a STRUCT column after one append to each child.
func (b *Builder) EndStruct() {
	if b.N == b.room {
		b.grow()
	}
	b.done()
}

// Truncate takes back the rows from n on, with what they put into children.
func (b *Builder) Truncate(n int) {
	if n >= b.N {
		if b.Kind == Struct { // children may be ahead of an unfinished row
			for _, c := range b.Children {
				c.Truncate(n)
			}
		} else if b.Kind == List || b.Kind == Map {
			for _, c := range b.Children {
				c.Truncate(int(b.off[b.N]))
			}
		}
		return
	}
	b.N = n
	switch {
	case b.Kind == String || b.Kind == Binary:
		b.data = b.data[:b.off[n]]
	case b.Kind == List || b.Kind == Map:
		for _, c := range b.Children {
			c.Truncate(int(b.off[n]))
		}
	case b.Kind == Struct:
		for _, c := range b.Children {
			c.Truncate(n)
		}
	}
}

// Finish gives the rows as a Vec that shares the builder's memory. A builder on
// a long-lived scope may be appended to afterwards, but that voids the Vec: what
// the builder outgrows goes back to the pool.
func (b *Builder) Finish() *Vec {
	v := b.sc.vec()
	b.view(v)
	return v
}

// View is Finish into a Vec of the caller's: for reading kept state without
// making a header each time.
func (b *Builder) View(v *Vec) { b.view(v) }

func (b *Builder) view(v *Vec) {
	*v = Vec{Type: b.Type, Kind: b.Kind, Len: b.N, Data: b.data}
	if b.valid != nil {
		v.Valid = b.valid[:BitmapBytes(b.N)]
	}
	switch {
	case b.Kind == Bool:
		v.Buf = b.buf[:BitmapBytes(b.N)]
	case b.Kind.HasOffsets():
		v.Offsets = b.off[: b.N+1 : b.N+1]
	case b.width > 0:
		v.Buf = b.buf[:b.N*b.width]
	}
	if len(b.Children) > 0 {
		v.Children = make([]*Vec, len(b.Children))
		for i, c := range b.Children {
			v.Children[i] = c.Finish()
		}
	}
}
