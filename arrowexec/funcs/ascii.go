package funcs

import (
	"encoding/binary"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// Kernels for columns whose texts are ASCII throughout, which is looked at once for a
// column: a character is a byte then, so that places are computed and texts copied by
// loops over the selected rows without a call for each. Constants of other arguments are
// looked at once too.

const high = 0x8080808080808080

// isASCII tells whether characters and bytes are the same.
func isASCII(s []byte) bool {
	for len(s) >= 32 {
		w := s[:32:32]
		if (binary.LittleEndian.Uint64(w)|binary.LittleEndian.Uint64(w[8:])|binary.LittleEndian.Uint64(w[16:])|binary.LittleEndian.Uint64(w[24:]))&high != 0 {
			return false
		}
		s = s[32:]
	}
	for len(s) >= 8 {
		if binary.LittleEndian.Uint64(s)&high != 0 {
			return false
		}
		s = s[8:]
	}
	for _, b := range s {
		if b >= 0x80 {
			return false
		}
	}
	return true
}

// ascii tells that all texts of a column that is no constant are ASCII.
func (t texts) ascii(n int) bool { return t.step == 1 && isASCII(t.data[t.off[0]:t.off[n]]) }

// everyRow spells a selection out.
func everyRow(c *expr.Ctx, sel vec.Sel) vec.Sel {
	if sel != nil {
		return sel
	}
	out := vec.Slice[int32](c.Scope, c.Batch.N)
	for i := range out {
		out[i] = int32(i)
	}
	return out
}

// dense makes a STRING column of the selected rows; size is what they have at most.
type dense struct {
	v    *vec.Vec
	data []byte
	to   int
	next int
}

// spare is what a text may overwrite behind its end, see [vec.CopyText].
const spare = 16

func newDense(c *expr.Ctx, t arrow.DataType, size int) dense {
	d := dense{v: c.Scope.New(t, c.Batch.N), data: c.Scope.Bytes(size + spare)}
	d.data = d.data[:size+spare]
	d.v.Offsets[0] = 0
	return d
}

// end ends row i.
func (d *dense) end(i int) {
	off := d.v.Offsets
	for ; d.next <= i; d.next++ {
		off[d.next+1] = off[d.next]
	}
	off[i+1] = int32(d.to)
}

func (d *dense) done() *vec.Vec {
	off := d.v.Offsets
	for ; d.next < d.v.Len; d.next++ {
		off[d.next+1] = off[d.next]
	}
	d.v.Data = d.data[:d.to]
	return d.v
}

// sizeOf is what the selected rows of a column have together.
func (t texts) sizeOf(sel vec.Sel) int {
	if t.step == 0 {
		return len(sel) * int(t.off[1]-t.off[0])
	}
	n := 0
	for _, i := range sel {
		n += int(t.off[i+1] - t.off[i])
	}
	return n
}

// substringASCII gives bytes [skip, skip+size) of each text.
func substringASCII(c *expr.Ctx, t arrow.DataType, a texts, skip, size int64, sel vec.Sel) *vec.Vec {
	sel = everyRow(c, sel)
	most := a.sizeOf(sel)
	if int64(most) > size*int64(len(sel)) {
		most = int(size) * len(sel)
	}
	d := newDense(c, t, most)
	for _, i := range sel {
		from, to := int64(a.off[i]), int64(a.off[i+1])
		from = min(from+skip, to)
		n := min(to-from, size)
		vec.CopyText(d.data, d.to, a.data, int(from), int(n))
		d.to += int(n)
		d.end(int(i))
	}
	return d.done()
}

// mapASCII maps the case of a column's texts, where it is: the places stay.
func mapASCII(c *expr.Ctx, t arrow.DataType, v *vec.Vec, from, to byte) *vec.Vec {
	out := c.Scope.Header(v)
	out.Type, out.Valid = t, nil
	first, last := v.Offsets[0], v.Offsets[v.Len]
	out.Data = c.Scope.Bytes(int(last))
	dst, src := out.Data[first:last], v.Data[first:last]
	const ones = 0x0101010101010101
	least, most := ones*uint64(0x80-from), ones*uint64(0x7f-to)
	for len(src) >= 8 {
		x := binary.LittleEndian.Uint64(src)
		// the high bit of a byte of x+least says that it is not below from, one of x+most
		// that it is above to; no byte carries, as none is above 0x7f
		letter := (x + least) &^ (x + most) & high
		binary.LittleEndian.PutUint64(dst, x^letter>>2)
		src, dst = src[8:], dst[8:]
	}
	for i, b := range src {
		if b >= from && b <= to {
			b ^= 0x20
		}
		dst[i] = b
	}
	return out
}

// needle finds a short text in others by eight bytes at once.
type needle struct {
	text []byte
	word uint64
	mask uint64
}

func newNeedle(text []byte) needle {
	n := needle{text: text}
	var w [8]byte
	if len(text) <= 8 {
		copy(w[:], text)
		n.word, n.mask = binary.LittleEndian.Uint64(w[:]), ^uint64(0)>>(8*(8-len(text)))
	}
	return n
}

// in is the first place of the text in data[from:to], or −1.
func (n *needle) in(data []byte, from, to int) int {
	last := to - len(n.text)
	if n.mask == 0 || last-from > 64 || to+8 > len(data) {
		return indexIn(data, from, to, n.text)
	}
	for ; from <= last; from++ {
		if binary.LittleEndian.Uint64(data[from:])&n.mask == n.word {
			return from
		}
	}
	return -1
}

// replaceConst replaces a constant text by another.
func replaceConst(c *expr.Ctx, t arrow.DataType, a texts, part, by []byte, sel vec.Sel) (v *vec.Vec, ok bool) {
	sel = everyRow(c, sel)
	find := newNeedle(part)
	size := a.sizeOf(sel)
	if longer := len(by) - len(part); longer > 0 {
		more, times := 1<<24, size/len(part) // what grows much is measured row by row
		if times > more/longer {
			return nil, false
		}
		size += times * longer
	}
	if size > maxValue {
		return nil, false
	}
	d := newDense(c, t, size)
	for _, i := range sel {
		from, to := int(a.off[i]), int(a.off[i+1])
		for {
			at := find.in(a.data, from, to)
			if at < 0 {
				break
			}
			vec.CopyText(d.data, d.to, a.data, from, at-from)
			d.to += at - from
			d.to += copy(d.data[d.to:], by)
			from = at + len(part)
		}
		vec.CopyText(d.data, d.to, a.data, from, to-from)
		d.to += to - from
		d.end(int(i))
	}
	return d.done(), true
}
