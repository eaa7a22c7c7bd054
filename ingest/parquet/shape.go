package parquet

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

// shape is a column to write, or one level inside it. Everything may be NULL but
// the keys of maps.
type shape struct {
	name     string
	kind     vec.Kind
	typ      arrow.DataType
	required bool
	rep      uint8 // of a list or map: level of its second element
	children []*shape
	leaf     *leafOut
}

// leafOut collects one leaf of a row group.
type leafOut struct {
	element
	path     []string
	most     uint8 // definition level of a value
	repeats  uint8 // greatest repetition level
	def, rep []uint8
	vals     *vec.Vec
	sel      []int32 // rows of vals that are not NULL
	starts   []int32 // of nested columns: level that each row begins with
	meta     chunkOut
}

// shapes makes the schema of a file: its tree, the leaves and the flattened
// elements.
func shapes(fields []arrow.Field) (list []*shape, leaves []*leafOut, elements []element, err error) {
	elements = []element{{typ: -1, name: "schema", children: int32(len(fields)), converted: cNone}}
	b := shaper{leaves: &leaves, elements: &elements}
	for _, f := range fields {
		s, err := b.shape(f.Name, f.Name, f.Type, nil, 0, 0, false)
		if err != nil {
			return nil, nil, nil, err
		}
		list = append(list, s)
	}
	return list, leaves, elements, nil
}

type shaper struct {
	leaves   *[]*leafOut
	elements *[]element
}

func (b shaper) group(name string, repeat, children int32, converted int32, logical int16) {
	*b.elements = append(*b.elements, element{typ: -1, name: name, repeat: repeat, children: children, converted: converted, logical: logical})
}

// shape describes a column of type t, whose parent is there from level def on.
func (b shaper) shape(column, name string, t arrow.DataType, path []string, def, rep uint8, key bool) (*shape, error) {
	path = append(path[:len(path):len(path)], name)
	s := &shape{name: name, kind: vec.KindOf(t), typ: t, required: key}
	repeat := int32(optional)
	if key {
		repeat = required
	} else {
		def++
	}
	if len(path) > maxDepth {
		return nil, ingest.Usage(fmt.Errorf("column %q: types stand more than %d deep in one another", column, maxDepth/2))
	}
	var err error
	child := func(name string, t arrow.DataType, path []string, def, rep uint8, key bool) {
		if err != nil {
			return
		}
		var c *shape
		if c, err = b.shape(column, name, t, path, def, rep, key); err == nil {
			s.children = append(s.children, c)
		}
	}
	switch t := t.(type) {
	case *arrow.StructType:
		if t.NumFields() == 0 {
			return nil, ingest.Usage(fmt.Errorf("column %q: Parquet has no STRUCT without fields", column))
		}
		b.group(name, repeat, int32(t.NumFields()), cNone, lNone)
		for _, f := range t.Fields() {
			child(f.Name, f.Type, path, def, rep, false)
		}
	case *arrow.ListType:
		s.rep = rep + 1
		b.group(name, repeat, 1, cList, lList)
		b.group("list", repeated, 1, cNone, lNone)
		child("element", t.Elem(), append(path, "list"), def+1, rep+1, false)
	case *arrow.MapType:
		s.rep = rep + 1
		b.group(name, repeat, 1, cMap, lMap)
		b.group("key_value", repeated, 2, cNone, lNone)
		child("key", t.KeyType(), append(path, "key_value"), def+1, rep+1, true)
		child("value", t.ItemType(), append(path, "key_value"), def+1, rep+1, false)
	default:
		e := scalarElement(t)
		e.name, e.repeat = name, repeat
		*b.elements = append(*b.elements, e)
		s.leaf = &leafOut{element: e, path: path, most: def, repeats: rep}
		*b.leaves = append(*b.leaves, s.leaf)
	}
	return s, err
}

// scalarElement is how a scalar type is stored.
func scalarElement(t arrow.DataType) element {
	e := element{converted: cNone}
	whole := func(typ int32, bits int8, converted int32) {
		e.typ, e.logical, e.bits, e.signed, e.converted = typ, lInteger, bits, true, converted
	}
	switch vec.KindOf(t) {
	case vec.Null:
		e.typ, e.logical = pInt32, lUnknown
	case vec.Bool:
		e.typ = pBoolean
	case vec.Int8:
		whole(pInt32, 8, cInt8)
	case vec.Int16:
		whole(pInt32, 16, cInt16)
	case vec.Int32:
		e.typ = pInt32
	case vec.Int64:
		e.typ = pInt64
	case vec.Float32:
		e.typ = pFloat
	case vec.Float64:
		e.typ = pDouble
	case vec.Decimal:
		d := t.(*arrow.Decimal128Type)
		e.logical, e.converted, e.precision, e.scale = lDecimal, cDecimal, d.Precision, d.Scale
		switch {
		case d.Precision <= 9:
			e.typ = pInt32
		case d.Precision <= 18:
			e.typ = pInt64
		default:
			e.typ, e.length = pFixed, 16
		}
	case vec.String:
		e.typ, e.logical, e.converted = pByteArray, lString, cUTF8
	case vec.Binary:
		e.typ = pByteArray
	case vec.Date:
		e.typ, e.logical, e.converted = pInt32, lDate, cDate
	case vec.Time:
		e.typ, e.logical, e.unit, e.converted = pInt64, lTime, 2, cTimeMicros
	case vec.Timestamp:
		e.typ, e.logical, e.unit, e.converted = pInt64, lTimestamp, 1, cTimestampMs
		if vec.Micros(t) {
			e.unit, e.converted = 2, cTimestampUs
		}
	case vec.Interval:
		e.typ, e.length, e.converted = pFixed, 12, cInterval
	}
	return e
}

// write writes an element of the schema.
func (e *element) write(t *thriftOut, root bool) {
	t.begin()
	if e.typ >= 0 {
		t.i32(1, e.typ)
	}
	if e.length > 0 {
		t.i32(2, e.length)
	}
	if !root {
		t.i32(3, e.repeat)
	}
	t.string(4, e.name)
	if e.typ < 0 {
		t.i32(5, e.children)
	}
	if e.converted != cNone {
		t.i32(6, e.converted)
	}
	if e.logical == lDecimal {
		t.i32(7, e.scale)
		t.i32(8, e.precision)
	}
	if e.logical != lNone {
		t.structField(10)
		t.structField(e.logical)
		switch e.logical {
		case lDecimal:
			t.i32(1, e.scale)
			t.i32(2, e.precision)
		case lTime, lTimestamp:
			t.bool(1, true) // in UTC
			t.structField(2)
			t.empty(e.unit)
			t.end()
		case lInteger:
			t.field(1, tByte)
			t.buf = append(t.buf, byte(e.bits))
			t.bool(2, e.signed)
		}
		t.end()
		t.end()
	}
	t.end()
}
