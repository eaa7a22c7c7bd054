package vec

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
)

// Vec is one column of a batch: Len rows of one type in Arrow layout.
//
// Three layouts exist. Plain: the buffers hold Len values. Constant (Const):
// the buffers hold one value, at index 0, that stands for all Len rows.
// Dictionary (Dict not nil): Buf holds Len int32 indices into Dict, which is
// plain; NULL rows are marked in Valid and their index is undefined. Type is
// the type of the values in every layout.
//
// A Vec is read-only for everyone but its maker, and it may be shared by many
// batches. What stands in rows outside the selection it was computed for is
// undefined, their validity bits included.
type Vec struct {
	Type     arrow.DataType
	Kind     Kind
	Const    bool
	Len      int
	Valid    Bitmap  // nil: no NULLs
	Buf      []byte  // fixed-width values; bits for Bool; dictionary indices
	Offsets  []int32 // STRING, BYTES, ARRAY, MAP: one more than values
	Data     []byte  // STRING, BYTES
	Children []*Vec  // ARRAY: elements; MAP: keys, values; STRUCT: fields. Never Const or Dict
	Dict     *Vec    // dictionary layout only
}

// Sel lists the selected rows of a batch in ascending order; nil selects all.
type Sel []int32

// Count is the number of selected rows of a batch of n.
func (s Sel) Count(n int) int {
	if s == nil {
		return n
	}
	return len(s)
}

// Fixed are the Go value types of fixed-width kinds.
type Fixed interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~float32 | ~float64 | decimal128.Num | arrow.MonthDayNanoInterval
}

// Values views the value buffer of a fixed-width Vec as Go values. The caller
// picks T to fit the kind (Date: int32; Time, Timestamp: int64). A constant has one.
func Values[T Fixed](v *Vec) []T { return cast[T](v.Buf) }

// Indices are the dictionary indices of a Vec in dictionary layout.
func (v *Vec) Indices() []int32 { return cast[int32](v.Buf) }

// Bits is the value bitmap of a Bool Vec.
func (v *Vec) Bits() Bitmap { return Bitmap(v.Buf) }

// At maps a row to the index of its value in the buffers.
func (v *Vec) At(row int) int {
	if v.Const {
		return 0
	}
	if v.Dict != nil {
		return int(v.Indices()[row])
	}
	return row
}

// IsNull tells whether a row is NULL.
func (v *Vec) IsNull(row int) bool {
	if v.Kind == Null {
		return true
	}
	if v.Valid == nil {
		return false
	}
	if v.Const {
		row = 0
	}
	return !v.Valid.Get(row)
}

// HasNulls is false when no row can be NULL.
func (v *Vec) HasNulls() bool { return v.Valid != nil || v.Kind == Null }

// BytesAt is the value of a row of a STRING or BYTES column, borrowed; in every
// layout. For a NULL row the result is undefined but safe to compute unless
// the column is in dictionary layout.
func (v *Vec) BytesAt(row int) []byte {
	i := row
	if v.Const {
		i = 0
	} else if v.Dict != nil {
		i, v = int(v.Indices()[row]), v.Dict
	}
	return v.Data[v.Offsets[i]:v.Offsets[i+1]:v.Offsets[i+1]]
}

// StringAt is BytesAt as a borrowed string.
func (v *Vec) StringAt(row int) string { return Text(v.BytesAt(row)) }

// BoolAt is the value of a row of a BOOLEAN column.
func (v *Vec) BoolAt(row int) bool {
	if v.Const {
		row = 0
	}
	return Bitmap(v.Buf).Get(row)
}

// Int64At is the value of a row of any integer, DATE, TIME or TIMESTAMP column.
func (v *Vec) Int64At(row int) int64 {
	i := v.At(row)
	if v.Dict != nil {
		v = v.Dict
	}
	switch v.Kind {
	case Int8:
		return int64(cast[int8](v.Buf)[i])
	case Int16:
		return int64(cast[int16](v.Buf)[i])
	case Int32, Date:
		return int64(cast[int32](v.Buf)[i])
	}
	return cast[int64](v.Buf)[i]
}

// Range gives the element range of a row of an ARRAY or MAP column.
func (v *Vec) Range(row int) (from, to int) {
	if v.Const {
		row = 0
	}
	return int(v.Offsets[row]), int(v.Offsets[row+1])
}

// New makes a plain Vec of n rows with room for its fixed-width values, or for
// its offsets, content undefined and without NULLs. Children and Data are the
// caller's to set.
func (s *Scope) New(t arrow.DataType, n int) *Vec {
	v := s.vec()
	k := KindOf(t)
	*v = Vec{Type: t, Kind: k, Len: n}
	switch {
	case k == Bool:
		v.Buf = s.Bytes(BitmapBytes(n))
	case k.HasOffsets():
		v.Offsets = Slice[int32](s, n+1)
	default:
		v.Buf = s.Bytes(n * k.Width())
	}
	return v
}

// Header makes a new Vec header that shares everything with v, for changing
// its Type, Len or Valid.
func (s *Scope) Header(v *Vec) *Vec {
	h := s.vec()
	*h = *v
	return h
}

// Repeat is a constant of n rows with the value of row 0 of a one-row Vec.
func (s *Scope) Repeat(one *Vec, n int) *Vec {
	h := s.Header(one)
	h.Const, h.Len = true, n
	return h
}

// NullConst is a constant NULL of any type.
func (s *Scope) NullConst(t arrow.DataType, n int) *Vec {
	return s.Repeat(NullOne(t), n)
}

// NullOne is one NULL of a type on Go's heap, owned by nobody.
func NullOne(t arrow.DataType) *Vec {
	k := KindOf(t)
	v := &Vec{Type: t, Kind: k, Const: true, Len: 1, Valid: Bitmap{0}}
	switch {
	case k == Null:
	case k == Bool:
		v.Buf = []byte{0}
	case k.HasOffsets():
		v.Offsets = []int32{0, 0}
	default:
		v.Buf = BytesOf(make([]int64, (k.Width()+7)/8))[:k.Width()]
	}
	switch t := t.(type) {
	case *arrow.MapType:
		v.Children = []*Vec{empty(t.KeyType()), empty(t.ItemType())}
	case *arrow.ListType:
		v.Children = []*Vec{empty(t.Elem())}
	case *arrow.StructType:
		for _, f := range t.Fields() {
			c := NullOne(f.Type)
			c.Const = false
			v.Children = append(v.Children, c)
		}
	}
	return v
}

// Empty is a plain Vec of no rows on Go's heap.
func Empty(t arrow.DataType) *Vec { return empty(t) }

func empty(t arrow.DataType) *Vec {
	v := NullOne(t)
	v.Const, v.Len, v.Valid, v.Buf = false, 0, nil, nil
	for i, c := range v.Children {
		v.Children[i] = empty(c.Type)
	}
	return v
}

// SetValid gives a Vec a validity bitmap of its own with all bits set, unless
// it has one, and returns it.
func (s *Scope) SetValid(v *Vec) Bitmap {
	if v.Valid == nil {
		b := s.Bytes(BitmapBytes(v.Len))
		for i := range b {
			b[i] = 0xFF
		}
		v.Valid = b
	}
	return v.Valid
}

// Flat gives v in plain layout: constants are spelt out, dictionaries decoded.
func (s *Scope) Flat(v *Vec) *Vec {
	if !v.Const && v.Dict == nil {
		return v
	}
	b := NewBuilder(s, v.Type, v.Len)
	b.AppendSel(v, nil)
	return b.Finish()
}

// Gather gives the selected rows of v as a Vec of their own. A constant stays
// one and a dictionary keeps its dictionary; with a nil selection v itself is
// returned.
func (s *Scope) Gather(v *Vec, sel Sel) *Vec {
	if sel == nil {
		return v
	}
	if v.Const {
		return s.Repeat(v, len(sel))
	}
	if v.Dict != nil {
		h := s.Header(v)
		h.Len = len(sel)
		idx, src := Slice[int32](s, len(sel)), v.Indices()
		for j, i := range sel {
			idx[j] = src[i]
		}
		h.Buf = BytesOf(idx)
		h.Valid = s.gatherBits(v.Valid, sel)
		return h
	}
	b := NewBuilder(s, v.Type, len(sel))
	b.AppendSel(v, sel)
	return b.Finish()
}

func (s *Scope) gatherBits(src Bitmap, sel Sel) Bitmap {
	if src == nil {
		return nil
	}
	dst := Bitmap(s.Zeroed(BitmapBytes(len(sel))))
	for j, i := range sel {
		if src.Get(int(i)) {
			dst.Set(j)
		}
	}
	return dst
}

// Slice gives rows [from, to) of a plain, constant or dictionary Vec. Only
// bitmaps are copied, when from is no multiple of 8.
func (s *Scope) Slice(v *Vec, from, to int) *Vec {
	h := s.Header(v)
	h.Len = to - from
	if v.Const || v.Kind == Null {
		return h
	}
	if v.Valid != nil {
		h.Valid = s.sliceBits(v.Valid, from, to)
	}
	switch {
	case v.Dict != nil:
		h.Buf = v.Buf[from*4 : to*4]
	case v.Kind == Bool:
		h.Buf = s.sliceBits(v.Buf, from, to)
	case v.Kind.HasOffsets():
		h.Offsets = v.Offsets[from : to+1]
	case v.Kind == Struct:
		h.Children = make([]*Vec, len(v.Children))
		for i, c := range v.Children {
			h.Children[i] = s.Slice(c, from, to)
		}
	default:
		w := v.Kind.Width()
		h.Buf = v.Buf[from*w : to*w]
	}
	return h
}

func (s *Scope) sliceBits(b Bitmap, from, to int) Bitmap {
	if from&7 == 0 {
		return b[from>>3 : BitmapBytes(to)]
	}
	d := Bitmap(s.Bytes(BitmapBytes(to - from)))
	copyBits(d, b, from, to-from)
	return d
}
