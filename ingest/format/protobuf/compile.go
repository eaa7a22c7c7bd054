package protobuf

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// message reads the wanted fields of one message.
type message struct {
	cols   []*field // one for each wanted column
	direct []*field // by number, for small ones
	others map[int32]*field
}

// field reads one field of a message. Fields that nobody wants have no column.
type field struct {
	desc    protoreflect.FieldDescriptor
	num     int32
	path    string
	kind    protoreflect.Kind
	col     int // of the message's columns, -1: not wanted
	notNull bool
	null    bool // absent is NULL: presence is tracked
	list    bool
	wire    int8 // wire type of a value
	to      vec.Kind
	oneof   []*field // the other members
	sub     *message // of a message, or of a map's entry
	key     *field   // of a map
	value   *field
	form    form
	zero    string // name of an enum's first value
	missing bool   // the schema has no such field
}

// form tells messages apart that are values.
type form uint8

const (
	plain form = iota
	timestamp
	interval
	wrapper
	mapping
)

// Wire types.
const (
	wireVarint  = 0
	wire64      = 1
	wireBytes   = 2
	wire32      = 5
	wireStart   = 3
	wireEnd     = 4
	maxDirect   = 256
	maxFieldNum = 1<<29 - 1
)

func wireOf(k protoreflect.Kind) int8 {
	switch k {
	case protoreflect.Fixed32Kind, protoreflect.Sfixed32Kind, protoreflect.FloatKind:
		return wire32
	case protoreflect.Fixed64Kind, protoreflect.Sfixed64Kind, protoreflect.DoubleKind:
		return wire64
	case protoreflect.StringKind, protoreflect.BytesKind, protoreflect.MessageKind:
		return wireBytes
	}
	return wireVarint
}

// compileMessage makes the reader of the wanted fields of a message.
func compileMessage(m protoreflect.MessageDescriptor, want []arrow.Field, path string) (*message, error) {
	out := &message{others: map[int32]*field{}}
	all := make([]*field, m.Fields().Len())
	names := make([]arrow.Field, len(all))
	for i := range all {
		d := m.Fields().Get(i)
		all[i] = &field{desc: d, num: int32(d.Number()), col: -1, kind: d.Kind(), wire: wireOf(d.Kind()), list: d.IsList()}
		names[i] = arrow.Field{Name: string(d.Name()), Type: vec.TypeNull}
	}
	schema := arrow.NewSchema(names, nil)
	for c, w := range want {
		i := ingest.Lookup(schema, w.Name)
		if i < 0 {
			out.cols = append(out.cols, &field{path: path + w.Name, col: c, missing: true, null: true, notNull: !w.Nullable})
			continue
		}
		f := all[i]
		if f.col >= 0 {
			return nil, ingest.Usage(fmt.Errorf("columns %q and %q both mean the field %q of the message", want[f.col].Name, w.Name, f.desc.Name()))
		}
		f.col, f.path, f.notNull = c, path+w.Name, !w.Nullable
		if err := f.compile(w.Type); err != nil {
			return nil, err
		}
		out.cols = append(out.cols, f)
	}
	for _, f := range all {
		if o := f.desc.ContainingOneof(); o != nil {
			for _, g := range all {
				if g != f && g.desc.ContainingOneof() == o && g.col >= 0 {
					f.oneof = append(f.oneof, g)
				}
			}
		}
		if f.num < maxDirect {
			for len(out.direct) <= int(f.num) {
				out.direct = append(out.direct, nil)
			}
			out.direct[f.num] = f
		} else {
			out.others[f.num] = f
		}
	}
	return out, nil
}

// compile makes the reader of a field into a column of type t.
func (f *field) compile(t arrow.DataType) error {
	d := f.desc
	misfit := func() error {
		have, err := typeOf(d, nil)
		if err != nil {
			return err
		}
		return ingest.Usage(fmt.Errorf("column %q: the message has %s, and %s is wanted; leave the declaration out and CAST", f.path, vec.KindOf(have), vec.KindOf(t)))
	}
	f.null = d.HasPresence()
	switch {
	case d.IsMap():
		mt, ok := t.(*arrow.MapType)
		if !ok {
			return misfit()
		}
		f.form = mapping
		f.key = &field{desc: d.MapKey(), num: 1, kind: d.MapKey().Kind(), wire: wireOf(d.MapKey().Kind()), path: f.path}
		f.value = &field{desc: d.MapValue(), num: 2, kind: d.MapValue().Kind(), wire: wireOf(d.MapValue().Kind()), path: f.path}
		if err := f.key.compileOne(mt.KeyType(), misfit); err != nil {
			return err
		}
		return f.value.compileOne(mt.ItemType(), misfit)
	case d.IsList():
		l, ok := t.(*arrow.ListType)
		if !ok {
			return misfit()
		}
		return f.compileOne(l.Elem(), misfit)
	}
	return f.compileOne(t, misfit)
}

// compileOne makes the reader of one value.
func (f *field) compileOne(t arrow.DataType, misfit func() error) error {
	f.to = vec.KindOf(t)
	var ok bool
	switch f.kind {
	case protoreflect.BoolKind:
		ok = f.to == vec.Bool
	case protoreflect.FloatKind:
		ok = f.to == vec.Float32 || f.to == vec.Float64
	case protoreflect.DoubleKind:
		ok = f.to == vec.Float64
	case protoreflect.StringKind:
		ok = f.to == vec.String
	case protoreflect.BytesKind:
		ok = f.to == vec.Binary || f.to == vec.String
	case protoreflect.EnumKind:
		ok = f.to == vec.String
		f.zero = string(f.desc.Enum().Values().Get(0).Name())
	case protoreflect.MessageKind:
		m := f.desc.Message()
		switch {
		case m.FullName() == timestampName:
			f.form, ok = timestamp, f.to == vec.Timestamp && vec.Micros(t)
		case m.FullName() == durationName:
			f.form, ok = interval, f.to == vec.Interval
		case wrapped(m) != nil:
			w := wrapped(m)
			f.form = wrapper
			f.value = &field{desc: w, num: 1, kind: w.Kind(), wire: wireOf(w.Kind()), path: f.path}
			return f.value.compileOne(t, misfit)
		default:
			st, is := t.(*arrow.StructType)
			if !is {
				return misfit()
			}
			var err error
			f.sub, err = compileMessage(m, st.Fields(), f.path+".")
			return err
		}
	default: // integers
		ok = f.to >= vec.Int8 && f.to <= vec.Int64 || f.to == vec.Float64
	}
	if !ok {
		return misfit()
	}
	return nil
}

// find gives the field of a number, nil for none.
func (m *message) find(num int32) *field {
	if int(num) < len(m.direct) {
		return m.direct[num]
	}
	return m.others[num]
}
