package recordbatch

import (
	"encoding/binary"
	"math"
	"slices"
)

// Span is a place in the data of a block. From is negative for NULL.
type Span struct{ From, To int32 }

var null = Span{-1, -1}

// NoTime stands for the time of a record that has none.
const NoTime = math.MinInt64

// Block is records of one partition in the order of their offsets, as columns:
// record i has Offsets[i], Times[i] in ms, and the bytes of Data that its spans
// tell. Headers spans the number of headers and the headers as the log has them.
type Block struct {
	Data    []byte
	Offsets []int64
	Times   []int64
	Keys    []Span
	Values  []Span
	Headers []Span
	Headed  bool  // some record has headers
	Epoch   int32 // of the leader that took the records

	own  []byte // Data, where it is the block's own memory
	lent bool   // Data is part of an answer
}

// Len is the number of records.
func (b *Block) Len() int { return len(b.Offsets) }

// Reset empties the block and keeps its memory.
func (b *Block) Reset() {
	b.truncate(0)
	b.Data, b.own, b.lent, b.Headed, b.Epoch = nil, b.own[:0], false, false, 0
}

// Own is the memory that Reset keeps; nobody may read it any more.
func (b *Block) Own() []byte { return b.own[:cap(b.own)] }

func (b *Block) truncate(n int) {
	b.Offsets, b.Times = b.Offsets[:n], b.Times[:n]
	b.Keys, b.Values, b.Headers = b.Keys[:n], b.Values[:n], b.Headers[:n]
}

// extend makes room for n more records, whose content is undefined.
func (b *Block) extend(n int) {
	b.Offsets, b.Times = extend(b.Offsets, n), extend(b.Times, n)
	b.Keys, b.Values, b.Headers = extend(b.Keys, n), extend(b.Values, n), extend(b.Headers, n)
}

func extend[T any](s []T, n int) []T { return grow(s, len(s)+n)[:len(s)+n] }

// grow makes room for so many elements in all. Blocks are used again, mostly empty: what
// [slices.Grow] does for them is to copy all that they could hold before.
func grow[T any](s []T, to int) []T {
	if to <= cap(s) {
		return s
	}
	out := make([]T, len(s), max(to+to/16, min(2*cap(s), blockBytes)))
	copy(out, s)
	return out
}

// Before gives how many of the records, of those from the one at from on, are
// before an offset.
func (b *Block) Before(from int, offset int64) int {
	n, _ := slices.BinarySearch(b.Offsets[from:], offset)
	return n
}

// Key is the key of record i, nil for NULL.
func (b *Block) Key(i int) []byte { return b.bytes(b.Keys[i]) }

// Value is the payload of record i, nil for NULL.
func (b *Block) Value(i int) []byte { return b.bytes(b.Values[i]) }

func (b *Block) bytes(s Span) []byte {
	if s.From < 0 {
		return nil
	}
	return b.Data[s.From:s.To:s.To]
}

// Header walks the headers of record i.
func (b *Block) Header(i int) Headers {
	in := b.bytes(b.Headers[i])
	n, p := varint(in, 0)
	if p < 0 {
		return Headers{}
	}
	return Headers{in: in, at: p, left: int(n)}
}

// Headers gives the headers of a record one after the other.
type Headers struct {
	in       []byte
	at, left int
}

// Len is the number of headers that are left.
func (h *Headers) Len() int { return max(h.left, 0) }

// Next gives the next header; a NULL value is nil. It must not be called without
// one left: the walk over the record has checked them all.
func (h *Headers) Next() (key, value []byte) {
	n, p := varint(h.in, h.at)
	key = h.in[p : p+int(n) : p+int(n)]
	n, p = varint(h.in, p+int(n))
	if n >= 0 {
		value = h.in[p : p+int(n) : p+int(n)]
		p += int(n)
	}
	h.at = p
	h.left--
	return key, value
}

// Room makes room for so many records and bytes to be added, most likely.
func (b *Block) Room(records, bytes int) {
	n := len(b.Offsets)
	b.extend(records)
	b.truncate(n)
	b.own = slices.Grow(b.own, bytes)
}

// Add appends a record that came by other ways, and copies its bytes. It must not
// be mixed with [Decoder.Fill] in one block.
func (b *Block) Add(offset, time int64, key, value []byte, headers int, header func(i int) (string, []byte)) {
	b.Offsets, b.Times = append(b.Offsets, offset), append(b.Times, time)
	b.Keys, b.Values = append(b.Keys, b.copy(key)), append(b.Values, b.copy(value))
	at := int32(len(b.own))
	b.own = binary.AppendVarint(b.own, int64(headers))
	b.Headed = b.Headed || headers > 0
	for i := range headers {
		k, v := header(i)
		b.own = append(binary.AppendVarint(b.own, int64(len(k))), k...)
		if v == nil {
			b.own = binary.AppendVarint(b.own, -1)
			continue
		}
		b.own = append(binary.AppendVarint(b.own, int64(len(v))), v...)
	}
	b.Headers = append(b.Headers, Span{at, int32(len(b.own))})
	b.Data = b.own
}

func (b *Block) copy(x []byte) Span {
	if x == nil {
		return null
	}
	at := len(b.own)
	b.own = append(b.own, x...)
	return Span{int32(at), int32(len(b.own))}
}
