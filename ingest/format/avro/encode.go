package avro

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

// encoder writes rows as datums of a schema.
type encoder struct {
	record bool
	steps  []*writer
	buf    []byte
}

// writer writes one field of the schema, or one level inside it.
type writer struct {
	op    op
	node  *node
	name  string
	mul   int64     // of a TIMESTAMP: the schema's units in one of the column's
	col   int       // of a step: the column, -1 for one that is always NULL
	null  int       // of a union
	one   int       // of a union of null and one type: its branch
	elem  *writer   // of a list, map or nullable
	steps []*writer // of a record
	in    []*writer // of a union, by branch; nil: no field of the STRUCT
}

// newEncoder makes an encoder of the payload columns of an output.
func newEncoder(n *node, fields []arrow.Field) (*encoder, error) {
	if n == nil {
		var err error
		if n, err = derive(fields); err != nil {
			return nil, err
		}
	}
	e := &encoder{record: n.kind == kRecord}
	var err error
	e.steps, err = writeRecord(rowOf(n), fields, "")
	return e, err
}

func writeRecord(n *node, have []arrow.Field, path string) ([]*writer, error) {
	taken := make([]bool, len(have))
	var steps []*writer
	for _, f := range n.fields {
		c := find(have, f.name, func(f arrow.Field) string { return f.Name })
		w := &writer{op: opAbsent, node: f.node, name: path + f.name, col: -1}
		if c >= 0 {
			taken[c] = true
			var err error
			if w, err = write(f.node, path+have[c].Name, have[c].Type); err != nil {
				return nil, err
			}
			w.col = c
		} else if f.node.kind == kUnion {
			w.null = slices.IndexFunc(f.node.branches, func(b *node) bool { return b.kind == kNull })
		}
		if c < 0 && f.node.kind != kNull && (f.node.kind != kUnion || w.null < 0) {
			return nil, ingest.Usage(fmt.Errorf("the Avro schema has the field %q, which may not be null, and the query has no such column", path+f.name))
		}
		steps = append(steps, w)
	}
	for c, f := range have {
		if !taken[c] {
			return nil, ingest.Usage(fmt.Errorf("column %q is no field of the Avro schema", path+f.Name))
		}
	}
	return steps, nil
}

// write makes the writer of a column of type t as node n.
func write(n *node, name string, t arrow.DataType) (*writer, error) {
	w := &writer{node: n, name: name, null: -1}
	k := vec.KindOf(t)
	misfit := ingest.Usage(fmt.Errorf("column %q is %s, and the Avro schema wants %s; CAST it", name, sqlName(t), sqlName(n.sqlType())))
	ok := true
	var err error
	switch {
	case n.kind == kUnion:
		return w, w.union(t, misfit)
	case n.kind == kNull || k == vec.Null:
		w.op, ok = opNull, k == vec.Null
	case n.logical == "decimal":
		d, is := t.(*arrow.Decimal128Type)
		w.op, ok = opDecimal, is && d.Scale == n.scale && d.Precision <= n.prec
	case n.logical == "date":
		w.op, ok = opDate, k == vec.Date
	case n.logical == "time-millis" || n.logical == "time-micros":
		w.op, ok = opTime, k == vec.Time
	case n.logical == "duration":
		w.op, ok = opInterval, k == vec.Interval
	case n.logical == "uuid" && n.kind == kFixed:
		w.op, ok = opUUID, k == vec.String
	case n.logical != "" && n.logical != "uuid":
		w.op, w.mul = opTimestamp, map[string]int64{"timestamp-millis": 1, "timestamp-micros": 1000, "timestamp-nanos": 1_000_000}[n.logical]
		if vec.Micros(t) {
			w.mul /= 1000
		}
		ok = k == vec.Timestamp && w.mul > 0
	case n.kind == kBoolean:
		w.op, ok = opBool, k == vec.Bool
	case n.kind == kInt: // integers of SQL have 64 bits: values are checked
		w.op, ok = opSmall, k >= vec.Int8 && k <= vec.Int64
	case n.kind == kLong:
		w.op, ok = opInt, k >= vec.Int8 && k <= vec.Int64
	case n.kind == kFloat:
		w.op, ok = opFloating, k == vec.Float32
	case n.kind == kDouble:
		w.op, ok = opFloating, k == vec.Float32 || k == vec.Float64
	case n.kind == kString && k == vec.Interval:
		w.op = opInterval
	case n.kind == kBytes || n.kind == kString:
		w.op, ok = opBytes, k == vec.String || k == vec.Binary && n.kind == kBytes
	case n.kind == kFixed:
		w.op, ok = opFixed, k == vec.Binary
	case n.kind == kEnum:
		w.op, ok = opEnum, k == vec.String
	case n.kind == kArray:
		l, is := t.(*arrow.ListType)
		if !is {
			return nil, misfit
		}
		w.op = opList
		w.elem, err = write(n.items, name, l.Elem())
	case n.kind == kMap:
		m, is := t.(*arrow.MapType)
		if !is || vec.KindOf(m.KeyType()) != vec.String {
			return nil, misfit
		}
		w.op = opMap
		w.elem, err = write(n.items, name, m.ItemType())
	case n.kind == kRecord:
		st, is := t.(*arrow.StructType)
		if !is {
			return nil, misfit
		}
		w.op = opStruct
		w.steps, err = writeRecord(n, st.Fields(), name+".")
	}
	if !ok {
		return nil, misfit
	}
	return w, err
}

func (w *writer) union(t arrow.DataType, misfit error) error {
	n := w.node
	w.null = slices.IndexFunc(n.branches, func(b *node) bool { return b.kind == kNull })
	if one, ok := n.only(); ok {
		w.op, w.one = opNullable, slices.Index(n.branches, one)
		var err error
		w.elem, err = write(one, w.name, t)
		if vec.KindOf(t) == vec.Null && w.null >= 0 {
			w.elem, err = nil, nil // every row is NULL
		}
		return err
	}
	st, ok := t.(*arrow.StructType)
	if !ok {
		return misfit
	}
	w.op, w.in = opUnion, make([]*writer, st.NumFields())
	for c, f := range st.Fields() {
		b := -1
		for i := range n.branches {
			if n.branches[i].kind != kNull && n.member(i) == f.Name {
				b = i
			}
		}
		if b < 0 {
			return misfit
		}
		in, err := write(n.branches[b], w.name+"."+f.Name, f.Type)
		if err != nil {
			return err
		}
		in.one = b
		w.in[c] = in
	}
	return nil
}

// Encode implements [ingest.Encoder]. A value that the schema has no place for
// ends the run.
func (e *encoder) Encode(dst []byte, ends []int, b *arrowexec.Batch) ([]byte, []int, error) {
	var err error
	for j := range b.Rows() {
		row := j
		if b.Sel != nil {
			row = int(b.Sel[j])
		}
		if dst, err = e.row(dst, e.steps, b.Cols, row); err != nil {
			return dst, ends, err
		}
		ends = append(ends, len(dst))
	}
	return dst, ends, nil
}

func (e *encoder) row(dst []byte, steps []*writer, cols []*vec.Vec, row int) ([]byte, error) {
	var err error
	for _, w := range steps {
		if w.col < 0 {
			if w.node.kind == kUnion {
				dst = binary.AppendVarint(dst, int64(w.null))
			}
			continue
		}
		if dst, err = e.value(dst, w, cols[w.col], row); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

func (w *writer) bad(what string, args ...any) error {
	return fmt.Errorf("column %q: %w", w.name, fmt.Errorf(what, args...))
}

var errIsNull = errors.New("NULL where the Avro schema has no null; use COALESCE or a union with null")

func (e *encoder) value(dst []byte, w *writer, v *vec.Vec, row int) ([]byte, error) {
	null := v.IsNull(row)
	switch {
	case w.op == opNull && null:
		return dst, nil
	case null && w.null >= 0:
		return binary.AppendVarint(dst, int64(w.null)), nil
	case null:
		return dst, w.bad("%w", errIsNull)
	case w.op == opNullable:
		return e.value(binary.AppendVarint(dst, int64(w.one)), w.elem, v, row)
	}
	base, i := v, v.At(row)
	if v.Dict != nil {
		base = v.Dict
	}
	var err error
	switch w.op {
	case opBool:
		return append(dst, byte(b2i(v.BoolAt(row)))), nil
	case opInt, opDate:
		return binary.AppendVarint(dst, v.Int64At(row)), nil
	case opFloating:
		if v.Kind == vec.Float32 {
			f := vec.Values[float32](base)[i]
			if w.node.kind == kFloat {
				return binary.LittleEndian.AppendUint32(dst, math.Float32bits(f)), nil
			}
			return binary.LittleEndian.AppendUint64(dst, math.Float64bits(float64(f))), nil
		}
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(vec.Values[float64](base)[i])), nil
	case opBytes:
		s := v.BytesAt(row)
		return append(binary.AppendVarint(dst, int64(len(s))), s...), nil
	case opList, opMap:
		from, to := v.Range(row)
		if to > from {
			dst = binary.AppendVarint(dst, int64(to-from))
		}
		for at := from; at < to; at++ {
			if w.op == opMap {
				k := v.Children[0].BytesAt(at)
				dst = append(binary.AppendVarint(dst, int64(len(k))), k...)
			}
			if dst, err = e.value(dst, w.elem, v.Children[len(v.Children)-1], at); err != nil {
				return dst, err
			}
		}
		return append(dst, 0), nil
	case opStruct:
		return e.row(dst, w.steps, v.Children, i)
	case opUnion:
		return e.oneOf(dst, w, v, i)
	}
	return e.other(dst, w, v, base, row, i)
}

// oneOf writes the one field of a STRUCT that is not NULL as its type.
func (e *encoder) oneOf(dst []byte, w *writer, v *vec.Vec, i int) ([]byte, error) {
	found := -1
	for c, child := range v.Children {
		if child.IsNull(i) {
			continue
		}
		if found >= 0 {
			return dst, w.bad("the fields %q and %q both have a value, and a union has one", w.in[found].name, w.in[c].name)
		}
		found = c
	}
	if found < 0 {
		return dst, w.bad("%w", errIsNull)
	}
	in := w.in[found]
	return e.value(binary.AppendVarint(dst, int64(in.one)), in, v.Children[found], i)
}

// other writes values that need more than their bits.
func (e *encoder) other(dst []byte, w *writer, v, base *vec.Vec, row, i int) ([]byte, error) {
	switch w.op {
	case opSmall:
		x := v.Int64At(row)
		if x != int64(int32(x)) {
			return dst, w.bad("%d is beyond the int of the Avro schema", x)
		}
		return binary.AppendVarint(dst, x), nil
	case opTime:
		x := v.Int64At(row)
		if w.node.kind == kInt {
			if x%1000 != 0 {
				return dst, w.bad("a TIME is finer than the milliseconds of the Avro schema")
			}
			x /= 1000
		}
		return binary.AppendVarint(dst, x), nil
	case opTimestamp:
		x := v.Int64At(row)
		if x > math.MaxInt64/w.mul || x < math.MinInt64/w.mul {
			return dst, w.bad("a TIMESTAMP is too far from 1970 for the nanoseconds of the Avro schema")
		}
		return binary.AppendVarint(dst, x*w.mul), nil
	case opDecimal:
		return appendDecimal(dst, w, base, i)
	case opFixed:
		s := v.BytesAt(row)
		if len(s) != w.node.size {
			return dst, w.bad("%d bytes, and the Avro schema has fixed(%d)", len(s), w.node.size)
		}
		return append(dst, s...), nil
	case opUUID:
		x, ok := parseUUID(v.BytesAt(row))
		if !ok {
			return dst, w.bad("%q is no UUID", v.StringAt(row))
		}
		return append(dst, x[:]...), nil
	case opEnum:
		k := slices.Index(w.node.symbols, v.StringAt(row))
		if k < 0 {
			return dst, w.bad("%q is no symbol of the enum %s", v.StringAt(row), w.node.name)
		}
		return binary.AppendVarint(dst, int64(k)), nil
	}
	x := vec.Values[arrow.MonthDayNanoInterval](base)[i] // opInterval
	if w.node.kind == kString {
		e.buf = text.AppendValue(e.buf[:0], v, row)
		return append(binary.AppendVarint(dst, int64(len(e.buf))), e.buf...), nil
	}
	ms := x.Nanoseconds / 1_000_000
	if x.Months < 0 || x.Days < 0 || x.Nanoseconds < 0 || ms > math.MaxUint32 || ms*1_000_000 != x.Nanoseconds {
		return dst, w.bad("an interval is negative, beyond 49 days of time, or finer than a millisecond, which an Avro duration cannot hold")
	}
	dst = binary.LittleEndian.AppendUint32(dst, uint32(x.Months))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(x.Days))
	return binary.LittleEndian.AppendUint32(dst, uint32(ms)), nil
}
