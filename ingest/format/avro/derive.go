package avro

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

// derive makes the schema of an output: a record "row" of its columns, each a
// union with null. Records inside it are named by their path.
func derive(fields []arrow.Field) (*node, error) {
	return deriveRecord("row", fields)
}

func deriveRecord(name string, fields []arrow.Field) (*node, error) {
	n := &node{kind: kRecord, name: name}
	for _, f := range fields {
		if !nameForm.MatchString(f.Name) {
			return nil, ingest.Usage(fmt.Errorf("column %q cannot be a field of an Avro schema, whose names are letters, digits and _; name it with AS", f.Name))
		}
		t, err := deriveType(name+"_"+f.Name, f.Name, f.Type)
		if err != nil {
			return nil, err
		}
		n.fields = append(n.fields, field{f.Name, t})
	}
	n.measure()
	return n, nil
}

// deriveType makes the type of a column, which may be NULL.
func deriveType(name, column string, t arrow.DataType) (*node, error) {
	n := &node{}
	var err error
	switch t := t.(type) {
	case *arrow.NullType:
		n.measure()
		return n, nil
	case *arrow.BooleanType:
		n.kind = kBoolean
	case *arrow.Int8Type, *arrow.Int16Type, *arrow.Int32Type:
		n.kind = kInt
	case *arrow.Int64Type:
		n.kind = kLong
	case *arrow.Float32Type:
		n.kind = kFloat
	case *arrow.Float64Type:
		n.kind = kDouble
	case *arrow.Decimal128Type:
		n.kind, n.logical, n.prec, n.scale = kBytes, "decimal", t.Precision, t.Scale
	case *arrow.BinaryType:
		n.kind = kBytes
	case *arrow.Date32Type:
		n.kind, n.logical = kInt, "date"
	case *arrow.Time64Type:
		n.kind, n.logical = kLong, "time-micros"
	case *arrow.TimestampType:
		n.kind, n.logical = kLong, "timestamp-millis"
		if vec.Micros(t) {
			n.logical = "timestamp-micros"
		}
	case *arrow.ListType:
		n.kind = kArray
		n.items, err = deriveType(name, column, t.Elem())
	case *arrow.MapType:
		if vec.KindOf(t.KeyType()) != vec.String {
			return nil, ingest.Usage(fmt.Errorf("column %q: the keys of an Avro map are STRING, not %s; CAST the map", column, sqlName(t.KeyType())))
		}
		n.kind = kMap
		n.items, err = deriveType(name, column, t.ItemType())
	case *arrow.StructType:
		n, err = deriveRecord(name, t.Fields())
	default: // STRING, and INTERVAL, whose signs and microseconds a duration has no place for
		n.kind = kString
	}
	if err != nil {
		return nil, err
	}
	n.measure()
	u := &node{kind: kUnion, branches: []*node{{}, n}}
	u.branches[0].measure()
	u.measure()
	return u, nil
}
