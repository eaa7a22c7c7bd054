package vec

import (
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// FromArrow views an Arrow array as a Vec of its [Canonical] type. Buffers are
// shared where the layouts agree, so the array must outlive the scope
// ([Scope.Keep]); bitmaps with a bit offset and values of foreign types are
// copied. It fails on a type without a place in SQL and on an unsigned value
// beyond int64.
func FromArrow(s *Scope, a arrow.Array) (*Vec, error) {
	t, ok := Canonical(a.DataType())
	if !ok {
		return nil, fmt.Errorf("arrow type %s has no SQL type; cast the column before it enters", a.DataType())
	}
	return s.fromData(a.Data(), t)
}

func (s *Scope) fromData(d arrow.ArrayData, t arrow.DataType) (*Vec, error) {
	n, off := d.Len(), d.Offset()
	v := s.vec()
	*v = Vec{Type: t, Kind: KindOf(t), Len: n}
	bufs := d.Buffers()
	if len(bufs) > 0 && bufs[0] != nil && d.NullN() != 0 && bufs[0].Len() > 0 {
		bits := Bitmap(s.Bytes(BitmapBytes(n)))
		if off&7 == 0 {
			bits = Bitmap(bufs[0].Bytes()[off>>3 : BitmapBytes(off+n)])
		} else {
			copyBits(bits, bufs[0].Bytes(), off, n)
		}
		v.Valid = bits
	}
	raw := func(i int) []byte {
		if i < len(bufs) && bufs[i] != nil {
			return bufs[i].Bytes()
		}
		return nil
	}
	if dt, ok := d.DataType().(*arrow.DictionaryType); ok {
		return s.fromDict(v, d, dt, t)
	}
	switch src := d.DataType().(type) {
	case *arrow.NullType:
		v.Valid = nil
	case *arrow.BooleanType:
		b := Bitmap(s.Bytes(BitmapBytes(n)))
		if n > 0 {
			copyBits(b, raw(1), off, n)
		}
		v.Buf = b
	case *arrow.Int8Type, *arrow.Int16Type, *arrow.Int32Type, *arrow.Int64Type, *arrow.Float32Type, *arrow.Float64Type,
		*arrow.Decimal128Type, *arrow.Date32Type, *arrow.MonthDayNanoIntervalType:
		w := v.Kind.Width()
		if n > 0 {
			v.Buf = raw(1)[off*w : (off+n)*w]
		}
	case *arrow.StringType, *arrow.BinaryType:
		v.Offsets, v.Data = offsets32(raw(1), off, n), raw(2)
	case *arrow.ListType, *arrow.MapType:
		v.Offsets = offsets32(raw(1), off, n)
		child := d.Children()[0]
		if v.Kind == Map {
			kt := t.(*arrow.MapType)
			for i, ct := range []arrow.DataType{kt.KeyType(), kt.ItemType()} {
				c, err := s.fromChild(child.Children()[i], child.Offset(), child.Len(), ct)
				if err != nil {
					return nil, err
				}
				v.Children = append(v.Children, c)
			}
			return v, nil
		}
		c, err := s.fromChild(child, 0, child.Len(), t.(*arrow.ListType).Elem())
		if err != nil {
			return nil, err
		}
		v.Children = []*Vec{c}
	case *arrow.StructType:
		for i, f := range t.(*arrow.StructType).Fields() {
			c, err := s.fromChild(d.Children()[i], off, n, f.Type)
			if err != nil {
				return nil, fmt.Errorf("field %q: %w", f.Name, err)
			}
			v.Children = append(v.Children, c)
		}
	default:
		return s.convert(v, d, src)
	}
	return v, nil
}

// fromChild reads rows [off, off+n) of a child and spells a dictionary out:
// children are always plain.
func (s *Scope) fromChild(d arrow.ArrayData, off, n int, t arrow.DataType) (*Vec, error) {
	if off != 0 || n != d.Len() {
		sl := array.NewSliceData(d, int64(off), int64(off+n))
		defer sl.Release()
		d = sl
	}
	c, err := s.fromData(d, t)
	if err != nil {
		return nil, err
	}
	return s.Flat(c), nil
}

func offsets32(b []byte, off, n int) []int32 {
	if len(b) == 0 {
		return make([]int32, n+1)
	}
	return cast[int32](b)[off : off+n+1]
}

func (s *Scope) fromDict(v *Vec, d arrow.ArrayData, dt *arrow.DictionaryType, t arrow.DataType) (*Vec, error) {
	dict, err := s.fromData(d.Dictionary(), t)
	if err != nil {
		return nil, err
	}
	idx := Slice[int32](s, v.Len)
	off := d.Offset()
	var buf []byte
	if v.Len > 0 {
		buf = d.Buffers()[1].Bytes()
	} else {
		off = 0
	}
	switch dt.IndexType.ID() {
	case arrow.INT8:
		widen(idx, cast[int8](buf)[off:])
	case arrow.UINT8:
		widen(idx, buf[off:])
	case arrow.INT16:
		widen(idx, cast[int16](buf)[off:])
	case arrow.UINT16:
		widen(idx, cast[uint16](buf)[off:])
	case arrow.INT32, arrow.UINT32:
		copy(idx, cast[int32](buf)[off:])
	default:
		for i := range idx {
			x := cast[int64](buf)[off+i]
			if x < 0 || x > math.MaxInt32 {
				x = -1 // refused below, unless it stands under a NULL
			}
			idx[i] = int32(x)
		}
	}
	for i := range idx { // an index under a NULL may be anything: make it safe to follow
		if v.Valid != nil && !v.Valid.Get(i) {
			idx[i] = 0
		} else if int(idx[i]) >= dict.Len || idx[i] < 0 {
			return nil, fmt.Errorf("dictionary index %d of row %d is outside the dictionary of %d values", idx[i], i, dict.Len)
		}
	}
	if dict.HasNulls() || dict.Len == 0 { // NULL inside the dictionary: spell it out, so that NULL has one place
		v.Dict, v.Buf = dict, BytesOf(idx)
		b := NewBuilder(s, t, v.Len)
		for i := range v.Len {
			if v.IsNull(i) || dict.IsNull(int(idx[i])) {
				b.Null()
			} else {
				b.AppendRow(dict, int(idx[i]))
			}
		}
		return b.Finish(), nil
	}
	if v.Kind == Bool || v.Kind == List || v.Kind == Map || v.Kind == Struct { // nobody follows the indices of these
		v.Dict, v.Buf = dict, BytesOf(idx)
		return s.Flat(v), nil
	}
	v.Dict, v.Buf = dict, BytesOf(idx)
	return v, nil
}

func widen[T int8 | uint8 | int16 | uint16](dst []int32, src []T) {
	for i := range dst {
		dst[i] = int32(src[i])
	}
}

// convert copies a column of a type that is foreign to the engine.
func (s *Scope) convert(v *Vec, d arrow.ArrayData, src arrow.DataType) (*Vec, error) {
	a := array.MakeFromData(d)
	defer a.Release()
	b := NewBuilder(s, v.Type, v.Len)
	var elems *Vec // of a list, read once for all rows
	if l, ok := a.(array.ListLike); ok {
		var err error
		if elems, err = FromArrow(s, l.ListValues()); err != nil {
			return nil, err
		}
		elems = s.Flat(elems)
	}
	for i := range v.Len {
		if a.IsNull(i) {
			b.Null()
			continue
		}
		switch a := a.(type) {
		case *array.Uint8:
			Append(b, int16(a.Value(i)))
		case *array.Uint16:
			b.Int32(int32(a.Value(i)))
		case *array.Uint32:
			b.Int64(int64(a.Value(i)))
		case *array.Uint64:
			if a.Value(i) > math.MaxInt64 {
				return nil, fmt.Errorf("unsigned value %d of row %d is beyond BIGINT", a.Value(i), i)
			}
			b.Int64(int64(a.Value(i)))
		case *array.Float16:
			Append(b, a.Value(i).Float32())
		case *array.LargeString:
			b.String(a.Value(i))
		case *array.StringView:
			b.String(a.Value(i))
		case *array.LargeBinary:
			b.Bytes(a.Value(i))
		case *array.BinaryView:
			b.Bytes(a.Value(i))
		case *array.FixedSizeBinary:
			b.Bytes(a.Value(i))
		case *array.Date64:
			b.Int32(int32(floorDiv(int64(a.Value(i)), 86_400_000)))
		case *array.Time32:
			f := int64(1000)
			if src.(*arrow.Time32Type).Unit == arrow.Second {
				f = 1_000_000
			}
			b.Int64(int64(a.Value(i)) * f)
		case *array.Time64:
			x := int64(a.Value(i))
			if src.(*arrow.Time64Type).Unit == arrow.Nanosecond {
				x /= 1000
			}
			b.Int64(x)
		case *array.Timestamp:
			x := int64(a.Value(i))
			switch src.(*arrow.TimestampType).Unit {
			case arrow.Second:
				x *= 1000
			case arrow.Nanosecond:
				x = floorDiv(x, 1000)
			}
			b.Int64(x)
		case array.ListLike:
			from, to := a.ValueOffsets(i)
			for e := from; e < to; e++ {
				b.Children[0].AppendRow(elems, int(e))
			}
			b.EndList()
		default:
			return nil, fmt.Errorf("arrow type %s has no SQL type", src)
		}
	}
	return b.Finish(), nil
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// ToArrow copies the selected rows of a column to a new Arrow array of Type,
// plain, in memory of mem; the caller owns it. n is the batch's row count.
func ToArrow(mem memory.Allocator, v *Vec, n int, sel Sel) arrow.Array {
	if h := *v; sel == nil && h.cut(n) {
		d := toData(copying(mem), &h)
		defer d.Release()
		return array.MakeFromData(d)
	}
	if d := picked(mem, v, n, sel); d != nil {
		defer d.Release()
		return array.MakeFromData(d)
	}
	p := NewPool(nil, false)
	s := p.Open()
	defer s.Close()
	h := s.Header(v)
	h.Len = n
	b := NewBuilder(s, v.Type, sel.Count(n))
	b.AppendSel(h, sel)
	d := toData(copying(mem), b.Finish())
	defer d.Release()
	return array.MakeFromData(d)
}

// cut makes v its first n rows, if it stands as an Arrow array does: then it is
// copied once.
func (v *Vec) cut(n int) bool {
	if v.Const || v.Dict != nil || v.Kind == Null || len(v.Children) > 0 || v.Len < n {
		return false
	}
	switch w := v.Kind.Width(); {
	case v.Kind.HasOffsets():
		if len(v.Offsets) <= n || v.Offsets[0] != 0 {
			return false
		}
		v.Offsets = v.Offsets[:n+1]
		v.Data = v.Data[:v.Offsets[n]]
	case v.Kind == Bool:
		v.Buf = v.Buf[:BitmapBytes(n)]
	case w > 0:
		v.Buf = v.Buf[:n*w]
	default:
		return false
	}
	if v.Valid != nil {
		v.Valid = v.Valid[:BitmapBytes(n)]
	}
	v.Len = n
	return true
}

// toData makes the data of an array, of buffers made of bytes.
func toData(buffer func([]byte) *memory.Buffer, v *Vec) *array.Data {
	nulls := 0
	var valid *memory.Buffer
	if v.Kind == Null {
		nulls = v.Len
	} else if v.Valid != nil {
		if nulls = v.Len - v.Valid.Count(v.Len); nulls > 0 {
			valid = buffer(v.Valid)
		}
	}
	bufs := append(make([]*memory.Buffer, 0, 3), valid)
	var children []arrow.ArrayData
	switch {
	case v.Kind == Null:
	case v.Kind == Struct:
	case v.Kind.HasOffsets():
		bufs = append(bufs, buffer(BytesOf(v.Offsets)))
		if v.Kind == String || v.Kind == Binary {
			bufs = append(bufs, buffer(v.Data))
		}
	default:
		bufs = append(bufs, buffer(v.Buf))
	}
	for _, c := range v.Children {
		children = append(children, toData(buffer, c))
	}
	if v.Kind == Map { // Arrow keeps a map's entries in a struct
		st := v.Type.(*arrow.MapType).Elem()
		entries := array.NewData(st, v.Children[0].Len, []*memory.Buffer{nil}, children, 0, 0)
		for _, c := range children {
			c.Release()
		}
		children = []arrow.ArrayData{entries}
	}
	d := array.NewData(v.Type, v.Len, bufs, children, nulls, 0)
	for _, b := range bufs {
		if b != nil {
			b.Release()
		}
	}
	for _, c := range children {
		c.Release()
	}
	return d
}

func copying(mem memory.Allocator) func([]byte) *memory.Buffer {
	return func(b []byte) *memory.Buffer { return copyBuffer(mem, b) }
}

func copyBuffer(mem memory.Allocator, b []byte) *memory.Buffer {
	buf := memory.NewResizableBuffer(mem)
	buf.Resize(len(b))
	copy(buf.Bytes(), b)
	return buf
}
