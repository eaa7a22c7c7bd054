package expr

import (
	"encoding/binary"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/vec"
)

// andValid is the AND of two validity bitmaps for n rows; nil is all valid.
func andValid(s *vec.Scope, a, b vec.Bitmap, n int) vec.Bitmap {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	nb := vec.BitmapBytes(n)
	out := vec.Bitmap(s.Bytes(nb))
	a, b = a[:nb], b[:nb]
	i := 0
	for ; i+8 <= nb; i += 8 {
		binary.LittleEndian.PutUint64(out[i:], binary.LittleEndian.Uint64(a[i:])&binary.LittleEndian.Uint64(b[i:]))
	}
	for ; i < nb; i++ {
		out[i] = a[i] & b[i]
	}
	return out
}

// rowValid is a column's validity by row: nil when no row is NULL. Constants
// that are NULL are the caller's.
func rowValid(v *vec.Vec) vec.Bitmap {
	if v.Const {
		return nil
	}
	return v.Valid
}

// validOnly narrows a selection to rows that are set in valid.
func validOnly(c *Ctx, valid vec.Bitmap, sel vec.Sel) vec.Sel {
	if valid == nil {
		return sel
	}
	n := c.Batch.N
	out := vec.Slice[int32](c.Scope, sel.Count(n))
	k := 0
	if sel == nil {
		for i := range n {
			out[k] = int32(i)
			k += int(valid[i>>3] >> (i & 7) & 1)
		}
		return out[:k]
	}
	for _, i := range sel {
		out[k] = i
		k += int(valid[i>>3] >> (i & 7) & 1)
	}
	return out[:k]
}

// clearFailed makes the rows NULL that failed.
func clearFailed(c *Ctx, v *vec.Vec) *vec.Vec {
	if c.failed == nil || v.Kind == vec.Null {
		return v
	}
	if v.Const {
		if v.IsNull(0) {
			return v
		}
		v = c.Scope.Flat(v)
	}
	h := c.Scope.Header(v)
	bits := vec.Bitmap(c.Scope.Bytes(vec.BitmapBytes(c.Batch.N)))
	for i := range bits {
		bits[i] = ^c.failed[i]
		if v.Valid != nil {
			bits[i] &= v.Valid[i]
		}
	}
	h.Valid = bits
	return h
}

// eachRow calls f for the selected rows; for loops that are not hot.
func eachRow(n int, sel vec.Sel, f func(i int)) {
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

// without gives the rows of sel that are not in drop; both ascending.
func without(c *Ctx, sel, drop vec.Sel) vec.Sel {
	n := c.Batch.N
	out := vec.Slice[int32](c.Scope, sel.Count(n))[:0]
	d := 0
	if sel == nil {
		for i := range n {
			if d < len(drop) && drop[d] == int32(i) {
				d++
				continue
			}
			out = append(out, int32(i))
		}
		return out
	}
	for _, i := range sel {
		if d < len(drop) && drop[d] == i {
			d++
			continue
		}
		out = append(out, i)
	}
	return out
}

// plain spells a dictionary out and leaves constants alone: what kernels take.
func plain(s *vec.Scope, v *vec.Vec) *vec.Vec {
	if v.Dict == nil {
		return v
	}
	return s.Flat(v)
}

// StringResult makes a STRING or BYTES column in row order: append the bytes of
// a row to Data, then call End. Rows left out are empty.
type StringResult struct {
	Data []byte

	c     *Ctx
	v     *vec.Vec
	start int
	next  int
}

// NewStringResult makes a result of type t with room for size bytes.
func NewStringResult(c *Ctx, t arrow.DataType, size int) *StringResult {
	r := &StringResult{c: c, v: c.Scope.New(t, c.Batch.N)}
	r.v.Offsets[0] = 0
	r.Data = c.Scope.Bytes(max(size, 64))[:0]
	return r
}

// Room makes place for n more bytes in memory of the scope.
func (r *StringResult) Room(n int) {
	if cap(r.Data)-len(r.Data) < n {
		r.Data = r.c.Scope.Grow(r.Data, n)
	}
}

// End ends row i with what was appended to Data since the row before.
func (r *StringResult) End(i int) {
	if len(r.Data) > vec.MaxData {
		r.Data = r.Data[:r.start]
		r.c.Failf(i, "the texts of one batch are over %d bytes; make them smaller", vec.MaxData)
	}
	off := r.v.Offsets
	for ; r.next < i; r.next++ {
		off[r.next+1] = int32(r.start)
	}
	r.start = len(r.Data)
	off[i+1] = int32(r.start)
	r.next = i + 1
}

// Null makes row i NULL and takes back what was appended for it.
func (r *StringResult) Null(i int) {
	r.Data = r.Data[:r.start]
	r.c.Scope.SetValid(r.v).Clear(i)
}

// Finish gives the column.
func (r *StringResult) Finish() *vec.Vec {
	for ; r.next < r.v.Len; r.next++ {
		r.v.Offsets[r.next+1] = int32(r.start)
	}
	r.v.Data = r.Data
	return r.v
}
