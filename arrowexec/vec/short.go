package vec

import (
	"encoding/binary"

	"github.com/apache/arrow/go/v17/arrow"
)

// Shorts are the texts of a column, none longer than 15 bytes, in 16 bytes each, the
// last of which is the length, or in 8 where none is longer than 7: for who moves rows,
// and then takes them in another order.
type Shorts struct {
	kind  arrow.DataType
	texts [][2]uint64
	words []uint64
}

// LongestShort is the length of the longest text that fits [Shorts].
const LongestShort = 15

// Longest is the length of the longest text of a plain column without NULLs; ok is false
// when the column is another.
func (v *Vec) Longest() (n int, ok bool) {
	if v.Kind != String && v.Kind != Binary || v.Const || v.Dict != nil || v.Valid != nil {
		return 0, false
	}
	off, longest := v.Offsets[:v.Len+1], int32(0)
	for i, from := range off[:v.Len] {
		longest = max(longest, off[i+1]-from)
	}
	return int(longest), true
}

// NewShorts makes room for n texts of a type, none longer than longest, which is
// [LongestShort] at most.
func (s *Scope) NewShorts(t arrow.DataType, n, longest int) *Shorts {
	if longest > 7 {
		return &Shorts{kind: t, texts: LargeSlice[[2]uint64](s, n)}
	}
	return &Shorts{kind: t, words: LargeSlice[uint64](s, n)}
}

// Scatter packs row i of a column at place to[i].
func (p *Shorts) Scatter(v *Vec, to []int32) {
	from, ends := int(v.Offsets[0]), v.Offsets[1:][:len(to)]
	if p.words != nil {
		words, data := p.words, v.Data
		for i, end := range ends {
			n := int(end) - from
			var w uint64
			if from+8 <= len(data) {
				w = binary.LittleEndian.Uint64(data[from:])
			} else {
				w, _ = load16(data, from, n)
			}
			words[to[i]] = w&(1<<(uint(n)*8&63)-1) | uint64(n)<<56
			from += n
		}
		return
	}
	for i, end := range ends {
		n := int(end) - from
		lo, hi := load16(v.Data, from, n)
		p.texts[to[i]] = [2]uint64{lo, hi&(1<<56-1) | uint64(n)<<56}
		from += n
	}
}

// load16 gives 16 bytes, of which the first n are a text.
func load16(data []byte, from, n int) (lo, hi uint64) {
	var t [16]byte
	if from+16 <= len(data) {
		t = [16]byte(data[from:])
	} else {
		copy(t[:], data[from:from+n])
	}
	return binary.LittleEndian.Uint64(t[:8]), binary.LittleEndian.Uint64(t[8:])
}

// Take gives the texts of some rows, in any order.
func (p *Shorts) Take(s *Scope, rows []int32) *Vec {
	v := s.New(p.kind, len(rows))
	off, to := v.Offsets, 0
	off[0] = 0
	off = off[1:][:len(rows)]
	if p.words != nil {
		data := s.Bytes(8*len(rows) + 8)
		for j, r := range rows {
			w := p.words[r]
			binary.LittleEndian.PutUint64(data[to:], w)
			to += int(w >> 56)
			off[j] = int32(to)
		}
		v.Data = data[:to]
		return v
	}
	data := s.Bytes(16*len(rows) + 16)
	for j, r := range rows {
		w := p.texts[r]
		d := data[to : to+16]
		binary.LittleEndian.PutUint64(d, w[0])
		binary.LittleEndian.PutUint64(d[8:], w[1])
		to += int(w[1] >> 56)
		off[j] = int32(to)
	}
	v.Data = data[:to]
	return v
}

// Prefetch asks for the memory of rows from … to-1, which are read soon in another order.
func (p *Shorts) Prefetch(from, to int) {
	if p.words != nil {
		prefetch(BytesOf(p.words[from:to]))
		return
	}
	prefetch(BytesOf(p.texts[from:to]))
}
