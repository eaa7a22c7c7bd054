package json

import (
	"bytes"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest/jsonscan"
)

// column is how one wanted column, or one level inside it, is read.
type column struct {
	name    string
	kind    vec.Kind
	notNull bool
	micros  bool
	prec    int32
	scale   int32
	typ     arrow.DataType
	object  *object // STRUCT
	elem    *column // ARRAY: elements; MAP: values
	key     *column // MAP
}

// object is how a record, or a STRUCT in it, is read.
type object struct {
	cols []column
	keys *jsonscan.Keys
}

// What a key means when it is no wanted column.
const (
	skipped = -1 // a column of the schema that the query does not read
	unknown = -2 // no column of the schema
)

// compile makes the reader of an object with the declared fields, of which some
// are wanted.
func compile(declared, want []arrow.Field) (*object, error) {
	o := &object{cols: make([]column, len(want))}
	names := make([]string, 0, len(declared))
	field := make([]int32, 0, len(declared))
	add := func(name string) int {
		for i, n := range names {
			if n == name {
				return i
			}
		}
		names, field = append(names, name), append(field, skipped)
		return len(names) - 1
	}
	for _, f := range declared {
		add(f.Name)
	}
	for i, f := range want {
		var full arrow.DataType
		for _, df := range declared {
			if df.Name == f.Name {
				full = df.Type
			}
		}
		if full == nil || full.ID() != f.Type.ID() {
			full = f.Type
		}
		c, err := compileColumn(f, full)
		if err != nil {
			return nil, err
		}
		o.cols[i] = c
		at := add(f.Name)
		if field[at] >= 0 {
			return nil, fmt.Errorf("column %q is wanted twice", f.Name)
		}
		field[at] = int32(i)
	}
	o.keys = jsonscan.NewKeys(func(name []byte) (int32, bool) {
		found := -1
		for i, n := range names {
			if n == string(name) {
				return field[i], true
			}
			if bytes.EqualFold(name, []byte(n)) {
				if found >= 0 {
					found = len(names) // several: none
				} else {
					found = i
				}
			}
		}
		if found < 0 || found == len(names) {
			return unknown, false
		}
		return field[found], false
	})
	return o, nil
}

// compileColumn makes the reader of one column; full is its declared type, of
// which f.Type may be a pruned form.
func compileColumn(f arrow.Field, full arrow.DataType) (c column, err error) {
	c = column{name: f.Name, kind: vec.KindOf(f.Type), notNull: !f.Nullable, micros: vec.Micros(f.Type), typ: f.Type}
	inner := func(name string, t, full arrow.DataType) (*column, error) {
		if full.ID() != t.ID() {
			full = t
		}
		c, err := compileColumn(arrow.Field{Name: name, Type: t, Nullable: true}, full)
		return &c, err
	}
	switch t := f.Type.(type) {
	case *arrow.Decimal128Type:
		c.prec, c.scale = t.Precision, t.Scale
	case *arrow.ListType:
		c.elem, err = inner("element", t.Elem(), full.(*arrow.ListType).Elem())
	case *arrow.MapType:
		ft := full.(*arrow.MapType)
		if c.key, err = inner("key", t.KeyType(), ft.KeyType()); err != nil {
			return c, err
		}
		switch c.key.kind {
		case vec.List, vec.Map, vec.Struct:
			return c, fmt.Errorf("column %q: the key of a MAP read from JSON must be a plain type, not %s", f.Name, c.key.kind)
		}
		c.elem, err = inner("value", t.ItemType(), ft.ItemType())
	case *arrow.StructType:
		c.object, err = compile(full.(*arrow.StructType).Fields(), t.Fields())
	}
	return c, err
}

// sqlType names a column's type in messages.
func (c *column) sqlType() string {
	if c.kind == vec.Decimal {
		return fmt.Sprintf("DECIMAL(%d,%d)", c.prec, c.scale)
	}
	return c.kind.String()
}
