package bind

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/parse"
)

// Type turns a written type into an engine type; nil when the parser already
// reported it.
func Type(t *ast.TypeName) arrow.DataType {
	if t == nil {
		return nil
	}
	switch t.Kind {
	case ast.TypeBoolean:
		return vec.TypeBool
	case ast.TypeTinyint:
		return vec.TypeInt8
	case ast.TypeSmallint:
		return vec.TypeInt16
	case ast.TypeBigint:
		return vec.TypeInt64
	case ast.TypeReal:
		return vec.TypeFloat32
	case ast.TypeDouble:
		return vec.TypeFloat64
	case ast.TypeDecimal:
		return vec.DecimalType(int32(t.Precision), int32(t.Scale))
	case ast.TypeString:
		return vec.TypeString
	case ast.TypeBytes:
		return vec.TypeBinary
	case ast.TypeDate:
		return vec.TypeDate
	case ast.TypeTime:
		return vec.TypeTime
	case ast.TypeTimestamp:
		if t.Digits == 6 {
			return vec.TypeTimestampMicros
		}
		return vec.TypeTimestamp
	case ast.TypeInterval:
		return vec.TypeInterval
	case ast.TypeArray:
		if e := Type(t.Elem); e != nil {
			return arrow.ListOf(e)
		}
	case ast.TypeMap:
		k, v := Type(t.Key), Type(t.Elem)
		if k != nil && v != nil {
			return arrow.MapOf(k, v)
		}
	case ast.TypeStruct:
		var fields []arrow.Field
		for _, f := range t.Fields {
			e := Type(f.Type)
			if e == nil {
				return nil
			}
			fields = append(fields, arrow.Field{Name: f.Name.Name, Type: e, Nullable: true})
		}
		return arrow.StructOf(fields...)
	}
	return nil
}

// untyped tells whether a type is that of ARRAY[] or MAP[], which meets none.
func untyped(t arrow.DataType) bool {
	switch t := t.(type) {
	case *arrow.MapType:
		return vec.KindOf(t.KeyType()) == vec.Null || untyped(t.ItemType())
	case *arrow.ListType:
		return vec.KindOf(t.Elem()) == vec.Null || untyped(t.Elem())
	case *arrow.StructType:
		for _, f := range t.Fields() {
			if untyped(f.Type) {
				return true
			}
		}
	}
	return false
}

// Schema turns declared columns into an Arrow schema.
func Schema(cols []*ast.ColumnDef) *arrow.Schema {
	var fields []arrow.Field
	for _, c := range cols {
		t := Type(c.Type)
		if t == nil {
			t = vec.TypeString
		}
		fields = append(fields, arrow.Field{Name: c.Name.Name, Type: t, Nullable: !c.NotNull})
	}
	return arrow.NewSchema(fields, nil)
}

// Columns reads the text of the key `columns`: 'a INT, b STRING NOT NULL'.
func Columns(text string) (*arrow.Schema, error) {
	cols, _, errs := parse.Columns("columns", text)
	if err := errs.Err(); err != nil {
		return nil, err
	}
	return Schema(cols), nil
}

func integer(e expr.Expr) bool {
	switch vec.KindOf(e.Type()) {
	case vec.Int8, vec.Int16, vec.Int32, vec.Int64:
		return true
	}
	return false
}

func negative(k *expr.Const) bool {
	if k.IsNull() {
		return false
	}
	switch k.One.Kind {
	case vec.Int8, vec.Int16, vec.Int32, vec.Int64:
		return k.One.Int64At(0) < 0
	case vec.Float64:
		return vec.Values[float64](k.One)[0] < 0
	case vec.Decimal:
		return vec.Values[decimal128.Num](k.One)[0].Sign() < 0
	case vec.Interval:
		i := vec.Values[arrow.MonthDayNanoInterval](k.One)[0]
		return i.Months < 0 || i.Days < 0 || i.Nanoseconds < 0
	}
	return false
}
