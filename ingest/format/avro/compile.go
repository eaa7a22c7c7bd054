package avro

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

// op is what a reader does with the value at hand.
type op uint8

const (
	opSkip   op = iota
	opAbsent    // not in the datum: NULL
	opNull
	opBool
	opInt      // int or long into a 64-bit column
	opSmall    // int or long into a narrower one, in range
	opFloating // int, long, float or double into REAL or DOUBLE
	opText     // string or bytes into STRING
	opBytes    // string or bytes into BYTES
	opFixed    // fixed into BYTES
	opUUID     // fixed of 16 bytes into STRING
	opEnum
	opDecimal // of bytes or fixed
	opDate
	opTime
	opTimestamp
	opInterval
	opList
	opMap
	opStruct
	opNullable // union of null and one type
	opUnion
)

// reader reads one wanted column, or one level inside it, or skips what nobody
// wants.
type reader struct {
	op      op
	node    *node
	name    string
	kind    vec.Kind // of the column
	notNull bool
	null    int   // the null branch of a union, -1 for none
	mul     int64 // time units: multiplied, then divided
	div     int64
	least   int64 // of what fits
	most    int64
	prec    int32
	into    int       // child builder, or column, of a step; -1: none
	elem    *reader   // of a list, map or nullable
	steps   []*reader // of a record, in the writer's order, then those absent
	in      []*reader // of a union, by branch
}

// compile makes the reader of a column of type t from node n.
func compile(n *node, name string, t arrow.DataType, notNull bool) (*reader, error) {
	r := &reader{node: n, name: name, kind: vec.KindOf(t), notNull: notNull, null: -1}
	misfit := func() error {
		return ingest.Usage(fmt.Errorf("column %q: the Avro schema has %s, and %s is wanted; leave the declaration out and CAST", name, sqlName(n.sqlType()), sqlName(t)))
	}
	switch {
	case n.kind == kNull:
		r.op = opNull
		return r, nil
	case n.kind == kUnion:
		return r, r.compileUnion(n, t)
	case n.logical != "":
		if !r.compileLogical(t) {
			return nil, misfit()
		}
		if n.prec > 38 && r.op == opDecimal {
			return nil, ingest.Usage(fmt.Errorf("column %q is a decimal of %d digits, and DECIMAL has 38 at most; leave it out of the query", name, n.prec))
		}
		return r, nil
	}
	var err error
	switch n.kind {
	case kBoolean:
		r.op = opBool
		if r.kind != vec.Bool {
			err = misfit()
		}
	case kInt, kLong:
		if !r.compileInteger(t) {
			err = misfit()
		}
	case kFloat, kDouble:
		r.op = opFloating
		if r.kind != vec.Float64 && (r.kind != vec.Float32 || n.kind != kFloat) {
			err = misfit()
		}
	case kBytes, kString, kFixed, kEnum:
		switch {
		case n.kind == kEnum && r.kind == vec.String:
			r.op = opEnum
		case n.kind == kFixed && r.kind == vec.Binary:
			r.op = opFixed
		case n.kind < kEnum && r.kind == vec.Binary:
			r.op = opBytes
		case n.kind < kEnum && r.kind == vec.String:
			r.op = opText
		default:
			err = misfit()
		}
	case kArray:
		l, ok := t.(*arrow.ListType)
		if !ok {
			return nil, misfit()
		}
		r.op = opList
		r.elem, err = compile(n.items, name, l.Elem(), false)
	case kMap:
		m, ok := t.(*arrow.MapType)
		if !ok || vec.KindOf(m.KeyType()) != vec.String {
			return nil, misfit()
		}
		r.op = opMap
		r.elem, err = compile(n.items, name, m.ItemType(), false)
	case kRecord:
		st, ok := t.(*arrow.StructType)
		if !ok {
			return nil, misfit()
		}
		r.op = opStruct
		r.steps, err = compileRecord(n, st.Fields(), name+".")
	}
	return r, err
}

// compileRecord makes the steps that read a record into the wanted fields.
func compileRecord(n *node, want []arrow.Field, path string) ([]*reader, error) {
	into := make([]int, len(n.fields))
	for i := range into {
		into[i] = -1
	}
	var absent []*reader
	for c, f := range want {
		at := find(n.fields, f.Name, func(f field) string { return f.name })
		switch {
		case at < 0:
			absent = append(absent, &reader{op: opAbsent, name: path + f.Name, notNull: !f.Nullable, into: c})
		case into[at] >= 0:
			return nil, ingest.Usage(fmt.Errorf("columns %q and %q both mean the field %q of the Avro schema", want[into[at]].Name, f.Name, n.fields[at].name))
		default:
			into[at] = c
		}
	}
	var steps []*reader
	for i, f := range n.fields {
		r := &reader{op: opSkip, node: f.node}
		if c := into[i]; c >= 0 {
			var err error
			if r, err = compile(f.node, path+want[c].Name, want[c].Type, !want[c].Nullable); err != nil {
				return nil, err
			}
		}
		r.into = into[i]
		steps = append(steps, r)
	}
	return append(steps, absent...), nil
}

func (r *reader) compileUnion(n *node, t arrow.DataType) error {
	for i, b := range n.branches {
		if b.kind == kNull {
			r.null = i
		}
	}
	if one, ok := n.only(); ok {
		r.op = opNullable
		var err error
		r.elem, err = compile(one, r.name, t, r.notNull)
		return err
	}
	st, ok := t.(*arrow.StructType)
	if !ok {
		return ingest.Usage(fmt.Errorf("column %q: the Avro schema has a union of several types, which is a STRUCT with a field for each, and %s is wanted", r.name, sqlName(t)))
	}
	r.op = opUnion
	for i, b := range n.branches {
		in := &reader{op: opSkip, node: b, into: -1}
		if c, ok := st.FieldIdx(n.member(i)); ok && b.kind != kNull {
			var err error
			if in, err = compile(b, r.name+"."+n.member(i), st.Field(c).Type, false); err != nil {
				return err
			}
			in.into = c
		}
		r.in = append(r.in, in)
	}
	return nil
}

// compileLogical tells whether a node with a logical type fits the column.
func (r *reader) compileLogical(t arrow.DataType) bool {
	r.mul, r.div = 1, 1
	switch r.node.logical {
	case "decimal":
		d, ok := t.(*arrow.Decimal128Type)
		if !ok || d.Scale != min(r.node.scale, 38) || d.Precision < min(r.node.prec, 38) {
			return false
		}
		r.op, r.prec = opDecimal, d.Precision
	case "date":
		r.op = opDate
		return r.kind == vec.Date
	case "time-millis", "time-micros":
		if r.op = opTime; r.node.kind == kInt {
			r.mul = 1000
		}
		return r.kind == vec.Time
	case "uuid":
		if r.op = opText; r.node.kind == kFixed {
			r.op = opUUID
		}
		return r.kind == vec.String
	case "duration":
		r.op = opInterval
		return r.kind == vec.Interval
	default: // timestamps
		if r.kind != vec.Timestamp {
			return false
		}
		r.op = opTimestamp
		unit := map[string]int64{"timestamp-millis": 1000, "timestamp-micros": 1, "timestamp-nanos": 1}[r.node.logical] // in µs
		if r.node.logical == "timestamp-nanos" {
			r.div = 1000
		}
		r.bounds(t, unit)
	}
	return true
}

// bounds sets the factors and limits of a TIMESTAMP whose values come in units
// of so many µs.
func (r *reader) bounds(t arrow.DataType, unit int64) {
	r.least, r.most = minMicros, maxMicros
	switch {
	case vec.Micros(t):
		r.mul = unit
	case unit == 1000:
		r.least, r.most = minMicros/1000, (maxMicros-999)/1000
	default:
		r.div *= 1000
		r.least, r.most = minMicros/1000, (maxMicros-999)/1000
	}
}

// compileInteger tells whether an int or long fits the column.
func (r *reader) compileInteger(t arrow.DataType) bool {
	r.op = opSmall
	switch r.kind {
	case vec.Int64:
		r.op = opInt
	case vec.Int32:
		r.least, r.most = -1<<31, 1<<31-1
	case vec.Int16:
		r.least, r.most = -1<<15, 1<<15-1
	case vec.Int8:
		r.least, r.most = -1<<7, 1<<7-1
	case vec.Float64:
		r.op = opFloating
	case vec.Timestamp: // epoch ms
		r.op, r.mul, r.div = opTimestamp, 1, 1
		r.bounds(t, 1000)
	default:
		return false
	}
	return true
}
