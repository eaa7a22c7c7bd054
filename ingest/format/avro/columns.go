package avro

import (
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

// Column is the name of the one column of a schema that is no record.
const Column = "value"

// readSchema gives the columns of a schema's text.
func readSchema(_ ingest.Props, text string) (*arrow.Schema, error) {
	n, err := parseSchema(text)
	if err != nil {
		return nil, err
	}
	return arrow.NewSchema(columnsOf(n), nil), nil
}

// columnsOf are the columns of a record, or one for what is none.
func columnsOf(n *node) []arrow.Field {
	if n.kind != kRecord {
		return []arrow.Field{{Name: Column, Type: n.sqlType(), Nullable: true}}
	}
	out := make([]arrow.Field, len(n.fields))
	for i, f := range n.fields {
		out[i] = arrow.Field{Name: f.name, Type: f.node.sqlType(), Nullable: true}
	}
	return out
}

// sqlType is the type of the column that a node becomes. A decimal beyond 38
// digits is an error when it is read ([compile]).
func (n *node) sqlType() arrow.DataType {
	switch n.logical {
	case "decimal":
		return vec.DecimalType(min(n.prec, 38), min(n.scale, 38))
	case "date":
		return vec.TypeDate
	case "time-millis", "time-micros":
		return vec.TypeTime
	case "timestamp-millis":
		return vec.TypeTimestamp
	case "timestamp-micros", "timestamp-nanos":
		return vec.TypeTimestampMicros
	case "uuid":
		return vec.TypeString
	case "duration":
		return vec.TypeInterval
	}
	switch n.kind {
	case kBoolean:
		return vec.TypeBool
	case kInt:
		return vec.TypeInt32
	case kLong:
		return vec.TypeInt64
	case kFloat:
		return vec.TypeFloat32
	case kDouble:
		return vec.TypeFloat64
	case kBytes, kFixed:
		return vec.TypeBinary
	case kArray:
		return arrow.ListOf(n.items.sqlType())
	case kMap:
		return arrow.MapOf(vec.TypeString, n.items.sqlType())
	case kRecord:
		return arrow.StructOf(columnsOf(n)...)
	case kUnion:
		if one, ok := n.only(); ok {
			return one.sqlType()
		}
		var fields []arrow.Field
		for i, b := range n.branches {
			if b.kind != kNull {
				fields = append(fields, arrow.Field{Name: n.member(i), Type: b.sqlType(), Nullable: true})
			}
		}
		return arrow.StructOf(fields...)
	}
	return vec.TypeString // enum, string, and null, which is all NULL
}

// only is the one type of a union beside null; a union of null alone is null.
func (n *node) only() (*node, bool) {
	var one *node
	for _, b := range n.branches {
		if b.kind != kNull {
			if one != nil {
				return nil, false
			}
			one = b
		}
	}
	if one == nil {
		one = n.branches[0]
	}
	return one, true
}

// member names the field of the STRUCT that a union of several types becomes
// for one of them: the type's name, without its namespace where that is clear.
func (n *node) member(i int) string {
	short := func(b *node) string { name := b.branch(); return name[strings.LastIndexByte(name, '.')+1:] }
	for j, b := range n.branches {
		if j != i && short(b) == short(n.branches[i]) {
			return n.branches[i].branch()
		}
	}
	return short(n.branches[i])
}

// find looks a name up as columns are: exact, else the only one that differs in
// case; -1 for none.
func find[T any](list []T, name string, of func(T) string) int {
	found := -1
	for i, x := range list {
		switch n := of(x); {
		case n == name:
			return i
		case strings.EqualFold(n, name) && found >= 0:
			found = len(list)
		case strings.EqualFold(n, name):
			found = i
		}
	}
	if found == len(list) {
		return -1
	}
	return found
}

func sqlName(t arrow.DataType) string {
	if d, ok := t.(*arrow.Decimal128Type); ok {
		return fmt.Sprintf("DECIMAL(%d,%d)", d.Precision, d.Scale)
	}
	return vec.KindOf(t).String()
}
