package arrowipc

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// loader makes arrays of the body of a message. Values stay where they are; what tells
// how many there are, and where, is checked and copied, so that whoever changes the file
// meanwhile can change values only.
type loader struct {
	m         *message
	body      []byte
	shift     int64 // place of body in memory, modulo 8
	node, buf int   // next
	dict      func(t *arrow.DictionaryType) (arrow.ArrayData, error)
}

const most = 1 << 40 // rows of an array

var errLayout = errors.New("its buffers are not those of its type")

// extent is how many nodes and buffers an array of a type has; ok is false for types that
// Arrow's own reader reads.
func extent(t arrow.DataType) (nodes, buffers int, ok bool) {
	var children []arrow.Field
	switch t := t.(type) {
	case *arrow.NullType:
		return 1, 0, true
	case *arrow.DictionaryType:
		return 1, 2, true
	case *arrow.StringType, *arrow.BinaryType, *arrow.LargeStringType, *arrow.LargeBinaryType:
		return 1, 3, true
	case *arrow.ListType, *arrow.LargeListType, *arrow.MapType:
		buffers, children = 2, t.(arrow.NestedType).Fields()
	case *arrow.FixedSizeListType, *arrow.StructType:
		buffers, children = 1, t.(arrow.NestedType).Fields()
	case arrow.ExtensionType:
		return 0, 0, false
	case arrow.FixedWidthDataType:
		return 1, 2, true
	default:
		return 0, 0, false
	}
	nodes = 1
	for _, c := range children {
		n, b, ok := extent(c.Type)
		if _, dict := c.Type.(*arrow.DictionaryType); !ok || dict { // inside, the id of a dictionary is not looked for
			return 0, 0, false
		}
		nodes, buffers = nodes+n, buffers+b
	}
	return nodes, buffers, true
}

// next gives the next node, whose array has so many rows at least; rows < 0: any number.
func (l *loader) next(rows int64) (node, error) {
	if l.node == len(l.m.nodes) {
		return node{}, errLayout
	}
	n := l.m.nodes[l.node]
	l.node++
	if n.rows < 0 || n.rows > most || n.rows < rows {
		return n, fmt.Errorf("it has %d rows where %d are needed", n.rows, max(rows, 0))
	}
	return n, nil
}

// bytes gives the next buffer, of so many bytes at least.
func (l *loader) bytes(least int64) ([]byte, error) {
	if l.buf == len(l.m.buffers) {
		return nil, errLayout
	}
	s := l.m.buffers[l.buf]
	l.buf++
	if s.at < 0 || s.n < 0 || s.at > int64(len(l.body)) || s.n > int64(len(l.body))-s.at {
		return nil, fmt.Errorf("a buffer of %d bytes at byte %d is outside of the body of %d", s.n, s.at, len(l.body))
	}
	if s.n < least {
		return nil, fmt.Errorf("a buffer has %d bytes, and %d are needed", s.n, least)
	}
	b := l.body[s.at : s.at+s.n : s.at+s.n]
	if (s.at+l.shift)&7 != 0 { // values are read as they stand
		b = bytes.Clone(b)
	}
	return b, nil
}

// valid gives the bitmap of an array, nil where nothing is NULL.
func (l *loader) valid(n node) (*memory.Buffer, error) {
	b, err := l.bytes(0)
	if err != nil || n.nulls == 0 {
		return nil, err
	}
	size := bitutil.BytesForBits(n.rows)
	if int64(len(b)) < size {
		if len(b) == 0 && n.nulls < 0 {
			return nil, nil
		}
		return nil, fmt.Errorf("it has NULLs, and its bitmap %d bytes where %d are needed", len(b), size)
	}
	return memory.NewBufferBytes(bytes.Clone(b[:size])), nil
}

// load makes the next array, of rows rows at least.
func (l *loader) load(t arrow.DataType, rows int64) (arrow.ArrayData, error) {
	n, err := l.next(rows)
	if err != nil {
		return nil, err
	}
	nulls := int(n.nulls)
	if nulls < 0 || n.nulls > n.rows {
		nulls = array.UnknownNullCount
	}
	if t.ID() == arrow.NULL {
		return array.NewData(t, int(n.rows), []*memory.Buffer{nil}, nil, int(n.rows), 0), nil
	}
	valid, err := l.valid(n)
	if err != nil {
		return nil, err
	}
	if valid == nil {
		nulls = 0
	}
	bufs := []*memory.Buffer{valid}
	add := func(b []byte) { bufs = append(bufs, memory.NewBufferBytes(b)) }
	var children []arrow.ArrayData
	switch t := t.(type) {
	case *arrow.DictionaryType:
		b, err := l.bytes(n.rows * int64(t.IndexType.(arrow.FixedWidthDataType).BitWidth()/8))
		if err != nil {
			return nil, err
		}
		add(b) // indices are checked when they are widened
		values, err := l.dict(t)
		if err != nil {
			return nil, err
		}
		return array.NewDataWithDictionary(t, int(n.rows), bufs, nulls, 0, values.(*array.Data)), nil
	case *arrow.StringType, *arrow.BinaryType, *arrow.LargeStringType, *arrow.LargeBinaryType:
		w := 4
		if t.ID() == arrow.LARGE_STRING || t.ID() == arrow.LARGE_BINARY {
			w = 8
		}
		off, err := l.offsets(n.rows, w)
		if err != nil {
			return nil, err
		}
		data, err := l.bytes(0)
		if err != nil {
			return nil, err
		}
		if _, err := ascending(off, w, int64(len(data))); err != nil {
			return nil, err
		}
		add(off)
		add(data)
	case *arrow.ListType, *arrow.MapType, *arrow.LargeListType:
		w := 4
		if t.ID() == arrow.LARGE_LIST {
			w = 8
		}
		off, err := l.offsets(n.rows, w)
		if err != nil {
			return nil, err
		}
		last, err := ascending(off, w, most)
		if err != nil {
			return nil, err
		}
		add(off)
		c, err := l.load(t.(arrow.NestedType).Fields()[0].Type, last)
		if err != nil {
			return nil, err
		}
		children = append(children, c)
	case *arrow.FixedSizeListType:
		if t.Len() < 0 || n.rows > most/max(int64(t.Len()), 1) {
			return nil, errLayout
		}
		c, err := l.load(t.Elem(), n.rows*int64(t.Len()))
		if err != nil {
			return nil, err
		}
		children = append(children, c)
	case *arrow.StructType:
		for _, f := range t.Fields() {
			c, err := l.load(f.Type, n.rows)
			if err != nil {
				return nil, fmt.Errorf("field %q: %w", f.Name, err)
			}
			children = append(children, c)
		}
	case arrow.FixedWidthDataType:
		if t.BitWidth() < 0 || n.rows > 64*most/max(int64(t.BitWidth()), 1) {
			return nil, errLayout
		}
		b, err := l.bytes((n.rows*int64(t.BitWidth()) + 7) / 8)
		if err != nil {
			return nil, err
		}
		add(b)
	default:
		return nil, errForeign
	}
	return array.NewData(t, int(n.rows), bufs, children, nulls, 0), nil
}

// offsets gives a copy of the next buffer, the places of so many rows, each w bytes wide.
func (l *loader) offsets(rows int64, w int) ([]byte, error) {
	if rows == 0 { // it may be empty
		_, err := l.bytes(0)
		return make([]byte, w), err
	}
	b, err := l.bytes((rows + 1) * int64(w))
	if err != nil {
		return nil, err
	}
	return bytes.Clone(b[:(rows+1)*int64(w)]), nil
}

// ascending checks places, and gives the last of them.
func ascending(b []byte, w int, limit int64) (last int64, err error) {
	for i := 0; i < len(b); i += w {
		at := int64(int32(order.Uint32(b[i:])))
		if w == 8 {
			at = int64(order.Uint64(b[i:]))
		}
		if at < last || at > limit {
			return 0, fmt.Errorf("row %d begins at byte %d, behind byte %d, and there are %d", i/w, at, last, limit)
		}
		last = at
	}
	return last, nil
}
