package protobuf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// encoder writes rows as messages, fields by their number.
type encoder struct {
	fields []*writer
}

// writer writes one field, or one level inside it.
type writer struct {
	desc   protoreflect.FieldDescriptor
	name   string
	col    int // of the columns, -1: the query does not have it
	kind   protoreflect.Kind
	num    protowire.Number
	form   form
	always bool // presence is tracked, so that the default is written too
	fields []*writer
	key    *writer
	value  *writer // of a map, or of a wrapper
}

func newEncoder(m protoreflect.MessageDescriptor, have []arrow.Field) (*encoder, error) {
	fields, err := writers(m, have, "")
	return &encoder{fields: fields}, err
}

func writers(m protoreflect.MessageDescriptor, have []arrow.Field, path string) ([]*writer, error) {
	var list []*writer
	taken := make([]bool, len(have))
	schema := arrow.NewSchema(have, nil)
	for i := range m.Fields().Len() {
		d := m.Fields().Get(i)
		c := ingest.Lookup(schema, string(d.Name()))
		if c < 0 {
			if d.Cardinality() == protoreflect.Required {
				return nil, ingest.Usage(fmt.Errorf("message %s requires the field %q, and the query has no such column", m.FullName(), path+string(d.Name())))
			}
			continue
		}
		taken[c] = true
		w, err := write(d, path+have[c].Name, have[c].Type)
		if err != nil {
			return nil, err
		}
		w.col = c
		list = append(list, w)
	}
	for c, f := range have {
		if !taken[c] {
			return nil, ingest.Usage(fmt.Errorf("column %q is no field of message %s", path+f.Name, m.FullName()))
		}
	}
	slices.SortFunc(list, func(a, b *writer) int { return int(a.num) - int(b.num) })
	return list, nil
}

// write makes the writer of a column of type t, with its repetition.
func write(d protoreflect.FieldDescriptor, name string, t arrow.DataType) (*writer, error) {
	w := &writer{desc: d, name: name, kind: d.Kind(), num: d.Number(), always: d.HasPresence()}
	misfit := func() error {
		have, err := typeOf(d, nil)
		if err != nil {
			return err
		}
		return ingest.Usage(fmt.Errorf("column %q is %s, and the message wants %s; CAST it", name, vec.KindOf(t), vec.KindOf(have)))
	}
	switch {
	case d.IsMap():
		m, ok := t.(*arrow.MapType)
		if !ok {
			return nil, misfit()
		}
		w.form = mapping
		var err error
		if w.key, err = writeOne(d.MapKey(), name, m.KeyType(), misfit); err != nil {
			return nil, err
		}
		w.value, err = writeOne(d.MapValue(), name, m.ItemType(), misfit)
		return w, err
	case d.IsList():
		l, ok := t.(*arrow.ListType)
		if !ok {
			return nil, misfit()
		}
		one, err := writeOne(d, name, l.Elem(), misfit)
		return one, err
	}
	return writeOne(d, name, t, misfit)
}

// writeOne makes the writer of one value.
func writeOne(d protoreflect.FieldDescriptor, name string, t arrow.DataType, misfit func() error) (*writer, error) {
	w := &writer{desc: d, name: name, kind: d.Kind(), num: d.Number(), always: d.HasPresence()}
	k := vec.KindOf(t)
	var ok bool
	switch w.kind {
	case protoreflect.BoolKind:
		ok = k == vec.Bool
	case protoreflect.FloatKind:
		ok = k == vec.Float32
	case protoreflect.DoubleKind:
		ok = k == vec.Float32 || k == vec.Float64
	case protoreflect.StringKind, protoreflect.EnumKind:
		ok = k == vec.String
	case protoreflect.BytesKind:
		ok = k == vec.Binary || k == vec.String
	case protoreflect.MessageKind:
		m := d.Message()
		switch {
		case m.FullName() == timestampName:
			w.form, ok = timestamp, k == vec.Timestamp
		case m.FullName() == durationName:
			w.form, ok = interval, k == vec.Interval
		case wrapped(m) != nil:
			w.form = wrapper
			var err error
			w.value, err = writeOne(wrapped(m), name, t, misfit)
			return w, err
		default:
			st, is := t.(*arrow.StructType)
			if !is {
				return nil, misfit()
			}
			var err error
			w.fields, err = writers(m, st.Fields(), name+".")
			return w, err
		}
	default: // integers of SQL have 64 bits: values are checked
		ok = k >= vec.Int8 && k <= vec.Int64
	}
	if !ok && k != vec.Null {
		return nil, misfit()
	}
	return w, nil
}

// Encode implements [ingest.Encoder]. A value that the message has no place for
// ends the run.
func (e *encoder) Encode(dst []byte, ends []int, b *arrowexec.Batch) ([]byte, []int, error) {
	var err error
	for j := range b.Rows() {
		row := j
		if b.Sel != nil {
			row = int(b.Sel[j])
		}
		if dst, err = appendMessage(dst, e.fields, b.Cols, row); err != nil {
			return dst, ends, err
		}
		ends = append(ends, len(dst))
	}
	return dst, ends, nil
}

func appendMessage(dst []byte, fields []*writer, cols []*vec.Vec, row int) ([]byte, error) {
	var err error
	for _, w := range fields {
		if dst, err = w.field(dst, cols[w.col], row); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

func (w *writer) bad(what string, args ...any) error {
	return fmt.Errorf("column %q: %w", w.name, fmt.Errorf(what, args...))
}

var (
	errElement = errors.New("NULL among the values of a repeated field or map, which cannot hold it")
	errNoValue = errors.New("NULL in a required field")
)

// field writes a field with its tag; NULL is nothing.
func (w *writer) field(dst []byte, v *vec.Vec, row int) ([]byte, error) {
	if v.IsNull(row) {
		if w.desc.Cardinality() == protoreflect.Required {
			return dst, w.bad("%w", errNoValue)
		}
		return dst, nil
	}
	switch {
	case w.form == mapping:
		from, to := v.Range(row)
		for e := from; e < to; e++ {
			dst = protowire.AppendTag(dst, w.num, protowire.BytesType)
			at := len(dst)
			var err error
			for c, part := range []*writer{w.key, w.value} {
				if v.Children[c].IsNull(e) {
					return dst, w.bad("%w", errElement)
				}
				if dst, err = part.one(dst, v.Children[c], e, true); err != nil {
					return dst, err
				}
			}
			dst = measured(dst, at)
		}
		return dst, nil
	case w.desc.IsList():
		return w.list(dst, v, row)
	}
	return w.one(dst, v, row, w.always)
}

func (w *writer) list(dst []byte, v *vec.Vec, row int) ([]byte, error) {
	from, to := v.Range(row)
	elems := v.Children[0]
	packed := w.desc.IsPacked() && to > from
	if packed {
		dst = protowire.AppendTag(dst, w.num, protowire.BytesType)
	}
	at := len(dst)
	var err error
	for e := from; e < to; e++ {
		if elems.IsNull(e) {
			return dst, w.bad("%w", errElement)
		}
		if packed {
			dst, err = w.scalar(dst, elems, e)
		} else {
			dst, err = w.one(dst, elems, e, true)
		}
		if err != nil {
			return dst, err
		}
	}
	if packed {
		dst = measured(dst, at)
	}
	return dst, nil
}

// measured puts the length of what stands from at on before it.
func measured(dst []byte, at int) []byte {
	n := len(dst) - at
	size := protowire.SizeVarint(uint64(n))
	dst = append(dst, make([]byte, size)...)
	copy(dst[at+size:], dst[at:at+n])
	binary.PutUvarint(dst[at:], uint64(n))
	return dst
}

// one writes one value with its tag; the default of a field only if always.
func (w *writer) one(dst []byte, v *vec.Vec, row int, always bool) ([]byte, error) {
	start := len(dst)
	dst = protowire.AppendTag(dst, w.num, protowire.Type(wireOf(w.kind)))
	at := len(dst)
	var err error
	if w.kind == protoreflect.MessageKind {
		switch w.form {
		case timestamp, interval:
			dst, err = w.instant(dst, v, row)
		case wrapper:
			dst, err = w.value.one(dst, v, row, false)
		default:
			dst, err = appendMessage(dst, w.fields, v.Children, v.At(row))
		}
		if err != nil {
			return dst, err
		}
		return measured(dst, at), nil
	}
	if dst, err = w.scalar(dst, v, row); err != nil {
		return dst, err
	}
	if !always {
		zero := true
		for _, c := range dst[at:] {
			zero = zero && c == 0
		}
		if zero {
			return dst[:start], nil
		}
	}
	return dst, nil
}

// scalar writes the bytes of a value.
func (w *writer) scalar(dst []byte, v *vec.Vec, row int) ([]byte, error) {
	base := v
	if v.Dict != nil {
		base = v.Dict
	}
	switch w.kind {
	case protoreflect.BoolKind:
		x := byte(0)
		if v.BoolAt(row) {
			x = 1
		}
		return append(dst, x), nil
	case protoreflect.FloatKind:
		return binary.LittleEndian.AppendUint32(dst, math.Float32bits(vec.Values[float32](base)[v.At(row)])), nil
	case protoreflect.DoubleKind:
		if v.Kind == vec.Float32 {
			return binary.LittleEndian.AppendUint64(dst, math.Float64bits(float64(vec.Values[float32](base)[v.At(row)]))), nil
		}
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(vec.Values[float64](base)[v.At(row)])), nil
	case protoreflect.StringKind, protoreflect.BytesKind:
		return protowire.AppendBytes(dst, v.BytesAt(row)), nil
	case protoreflect.EnumKind:
		e := w.desc.Enum().Values().ByName(protoreflect.Name(v.StringAt(row)))
		if e == nil {
			return dst, w.bad("%q is no value of the enum %s", v.StringAt(row), w.desc.Enum().FullName())
		}
		return binary.AppendUvarint(dst, uint64(int64(e.Number()))), nil
	}
	x := v.Int64At(row)
	switch w.kind {
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		if x != int64(int32(x)) {
			return dst, w.bad("%d does not fit a number of 32 bits", x)
		}
	}
	switch w.kind {
	case protoreflect.Sint32Kind, protoreflect.Sint64Kind:
		return binary.AppendVarint(dst, x), nil
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		if x < 0 || x > math.MaxUint32 {
			return dst, w.bad("%d does not fit an unsigned number of 32 bits", x)
		}
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		if x < 0 {
			return dst, w.bad("%d does not fit an unsigned number", x)
		}
	}
	switch wireOf(w.kind) {
	case wire32:
		return binary.LittleEndian.AppendUint32(dst, uint32(x)), nil
	case wire64:
		return binary.LittleEndian.AppendUint64(dst, uint64(x)), nil
	}
	return binary.AppendUvarint(dst, uint64(x)), nil
}

// instant writes the seconds and nanoseconds of a Timestamp or Duration.
func (w *writer) instant(dst []byte, v *vec.Vec, row int) ([]byte, error) {
	var seconds, nanos int64
	if w.form == interval {
		base := v
		if v.Dict != nil {
			base = v.Dict
		}
		x := vec.Values[arrow.MonthDayNanoInterval](base)[v.At(row)]
		if x.Months != 0 || x.Days != 0 {
			return dst, w.bad("an interval of months or days is no Duration, which counts seconds")
		}
		seconds, nanos = x.Nanoseconds/1_000_000_000, x.Nanoseconds%1_000_000_000
	} else {
		unit := int64(1000)
		if vec.Micros(v.Type) {
			unit = 1_000_000
		}
		x := v.Int64At(row)
		seconds, nanos = x/unit, x%unit
		if nanos < 0 {
			seconds, nanos = seconds-1, nanos+unit
		}
		nanos *= 1_000_000_000 / unit
	}
	for num, x := range []int64{seconds, nanos} {
		if x != 0 {
			dst = binary.AppendUvarint(protowire.AppendTag(dst, protowire.Number(num+1), protowire.VarintType), uint64(x))
		}
	}
	return dst, nil
}
