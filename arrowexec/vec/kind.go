package vec

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
)

// Kind is the physical layout of a Vec: what its buffers hold. Several SQL
// types share a Kind only where their Go value type is the same and the
// logical type in [Vec.Type] tells them apart.
type Kind uint8

// The kinds. Every column inside the engine has one of these layouts; anything
// else that Arrow knows is converted when it enters ([FromArrow]).
const (
	Null      Kind = iota // untyped NULL: no buffers, every row NULL
	Bool                  // bit-packed, as Arrow
	Int8                  // int8: TINYINT
	Int16                 // int16: SMALLINT
	Int32                 // int32: 32-bit source fields
	Int64                 // int64: BIGINT
	Float32               // float32: REAL
	Float64               // float64: DOUBLE
	Decimal               // decimal128.Num: DECIMAL(p,s)
	String                // UTF-8 bytes with 32-bit offsets
	Binary                // bytes with 32-bit offsets
	Date                  // int32 days since 1970-01-01 (arrow.Date32)
	Time                  // int64 microseconds since midnight (arrow.Time64)
	Timestamp             // int64 ms or µs since the epoch, UTC (arrow.Timestamp)
	Interval              // arrow.MonthDayNanoInterval
	List                  // offsets into Children[0]
	Map                   // offsets into Children[0] (keys) and Children[1] (values)
	Struct                // Children, one per field
)

var kindNames = [...]string{
	"NULL", "BOOLEAN", "TINYINT", "SMALLINT", "INT", "BIGINT", "REAL", "DOUBLE", "DECIMAL",
	"STRING", "BYTES", "DATE", "TIME", "TIMESTAMP", "INTERVAL", "ARRAY", "MAP", "STRUCT",
}

// String gives the SQL name of the kind.
func (k Kind) String() string { return kindNames[k] }

// The Arrow types that columns inside the engine have. Decimals, nested types
// and timestamps with microseconds are built with arrow's own constructors.
var (
	TypeNull      arrow.DataType = arrow.Null
	TypeBool      arrow.DataType = arrow.FixedWidthTypes.Boolean
	TypeInt8      arrow.DataType = arrow.PrimitiveTypes.Int8
	TypeInt16     arrow.DataType = arrow.PrimitiveTypes.Int16
	TypeInt32     arrow.DataType = arrow.PrimitiveTypes.Int32
	TypeInt64     arrow.DataType = arrow.PrimitiveTypes.Int64
	TypeFloat32   arrow.DataType = arrow.PrimitiveTypes.Float32
	TypeFloat64   arrow.DataType = arrow.PrimitiveTypes.Float64
	TypeString    arrow.DataType = arrow.BinaryTypes.String
	TypeBinary    arrow.DataType = arrow.BinaryTypes.Binary
	TypeDate      arrow.DataType = arrow.FixedWidthTypes.Date32
	TypeTime      arrow.DataType = arrow.FixedWidthTypes.Time64us
	TypeTimestamp arrow.DataType = &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: "UTC"}
	// TypeTimestampMicros is TIMESTAMP(6).
	TypeTimestampMicros arrow.DataType = &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
	TypeInterval        arrow.DataType = arrow.FixedWidthTypes.MonthDayNanoInterval
	// TypeHeaders is the type of _headers: MAP<STRING,BYTES>. Values may be NULL, keys may repeat.
	TypeHeaders arrow.DataType = arrow.MapOf(arrow.BinaryTypes.String, arrow.BinaryTypes.Binary)
)

// DecimalType is DECIMAL(p,s).
func DecimalType(precision, scale int32) arrow.DataType {
	return &arrow.Decimal128Type{Precision: precision, Scale: scale}
}

// KindOf gives the physical kind of an engine type. It panics on a type that
// [Canonical] would have replaced: such a type inside the engine is a bug.
func KindOf(t arrow.DataType) Kind {
	switch t.ID() {
	case arrow.NULL:
		return Null
	case arrow.BOOL:
		return Bool
	case arrow.INT8:
		return Int8
	case arrow.INT16:
		return Int16
	case arrow.INT32:
		return Int32
	case arrow.INT64:
		return Int64
	case arrow.FLOAT32:
		return Float32
	case arrow.FLOAT64:
		return Float64
	case arrow.DECIMAL128:
		return Decimal
	case arrow.STRING:
		return String
	case arrow.BINARY:
		return Binary
	case arrow.DATE32:
		return Date
	case arrow.TIME64:
		return Time
	case arrow.TIMESTAMP:
		return Timestamp
	case arrow.INTERVAL_MONTH_DAY_NANO:
		return Interval
	case arrow.LIST:
		return List
	case arrow.MAP:
		return Map
	case arrow.STRUCT:
		return Struct
	}
	panic(fmt.Sprintf("vec: %s is not an engine type", t))
}

// Width is the size in bytes of one value of a fixed-width kind other than
// Bool, and 0 for every other kind.
func (k Kind) Width() int {
	switch k {
	case Int8:
		return 1
	case Int16:
		return 2
	case Int32, Float32, Date:
		return 4
	case Int64, Float64, Time, Timestamp:
		return 8
	case Decimal, Interval:
		return 16
	}
	return 0
}

// HasOffsets tells whether the kind has 32-bit offsets: STRING, BYTES, ARRAY, MAP.
func (k Kind) HasOffsets() bool { return k == String || k == Binary || k == List || k == Map }

// Micros tells whether a TIMESTAMP type keeps microseconds.
func Micros(t arrow.DataType) bool {
	ts, ok := t.(*arrow.TimestampType)
	return ok && ts.Unit == arrow.Microsecond
}

// Canonical gives the engine type that a column of Arrow type t has once it is
// inside: narrower unsigned integers widen to signed ones, large and view
// strings become STRING, timestamps UTC with ms or µs (seconds become ms,
// nanoseconds µs), and so on, nested types element by element. The second
// result is false for a type that has no place in SQL.
func Canonical(t arrow.DataType) (arrow.DataType, bool) {
	switch t := t.(type) {
	case *arrow.NullType, *arrow.BooleanType, *arrow.Int8Type, *arrow.Int16Type, *arrow.Int32Type, *arrow.Int64Type,
		*arrow.Float32Type, *arrow.Float64Type, *arrow.Decimal128Type, *arrow.StringType, *arrow.BinaryType,
		*arrow.Date32Type, *arrow.MonthDayNanoIntervalType:
		return t, true
	case *arrow.Uint8Type:
		return TypeInt16, true
	case *arrow.Uint16Type:
		return TypeInt32, true
	case *arrow.Uint32Type, *arrow.Uint64Type:
		return TypeInt64, true
	case *arrow.Float16Type:
		return TypeFloat32, true
	case *arrow.LargeStringType, *arrow.StringViewType:
		return TypeString, true
	case *arrow.LargeBinaryType, *arrow.BinaryViewType, *arrow.FixedSizeBinaryType:
		return TypeBinary, true
	case *arrow.Date64Type:
		return TypeDate, true
	case *arrow.Time32Type, *arrow.Time64Type:
		return TypeTime, true
	case *arrow.TimestampType:
		if t.Unit == arrow.Microsecond || t.Unit == arrow.Nanosecond {
			return TypeTimestampMicros, true
		}
		return TypeTimestamp, true
	case *arrow.DictionaryType:
		return Canonical(t.ValueType)
	case *arrow.MapType:
		k, ok1 := Canonical(t.KeyType())
		v, ok2 := Canonical(t.ItemType())
		if !ok1 || !ok2 {
			return nil, false
		}
		return arrow.MapOf(k, v), true
	case *arrow.ListType, *arrow.LargeListType, *arrow.FixedSizeListType:
		e, ok := Canonical(t.(arrow.ListLikeType).Elem())
		if !ok {
			return nil, false
		}
		return arrow.ListOf(e), true
	case *arrow.StructType:
		fields := make([]arrow.Field, t.NumFields())
		for i, f := range t.Fields() {
			e, ok := Canonical(f.Type)
			if !ok {
				return nil, false
			}
			fields[i] = arrow.Field{Name: f.Name, Type: e, Nullable: true}
		}
		return arrow.StructOf(fields...), true
	}
	return nil, false
}
