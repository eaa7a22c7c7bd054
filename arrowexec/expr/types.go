package expr

import (
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/vec"
)

// TypeName spells a type as SQL does.
func TypeName(t arrow.DataType) string {
	switch t := t.(type) {
	case *arrow.Decimal128Type:
		return fmt.Sprintf("DECIMAL(%d,%d)", t.Precision, t.Scale)
	case *arrow.TimestampType:
		if vec.Micros(t) {
			return "TIMESTAMP(6)"
		}
		return "TIMESTAMP"
	case *arrow.MapType: // before ListType, which it resembles
		return "MAP<" + TypeName(t.KeyType()) + ", " + TypeName(t.ItemType()) + ">"
	case *arrow.ListType:
		return "ARRAY<" + TypeName(t.Elem()) + ">"
	case *arrow.StructType:
		var sb strings.Builder
		sb.WriteString("STRUCT<")
		for i, f := range t.Fields() {
			if i > 0 {
				sb.WriteString(", ")
			}
			sb.WriteString(f.Name + " " + TypeName(f.Type))
		}
		return sb.String() + ">"
	}
	return vec.KindOf(t).String()
}

func isInt(k vec.Kind) bool     { return k >= vec.Int8 && k <= vec.Int64 }
func isFloat(k vec.Kind) bool   { return k == vec.Float32 || k == vec.Float64 }
func isNumeric(k vec.Kind) bool { return k >= vec.Int8 && k <= vec.Decimal }
func isNested(k vec.Kind) bool  { return k == vec.List || k == vec.Map || k == vec.Struct }

func decimalOf(t arrow.DataType) (precision, scale int32) {
	if d, ok := t.(*arrow.Decimal128Type); ok {
		return d.Precision, d.Scale
	}
	return 19, 0 // an integer counts as DECIMAL(19,0)
}

// CommonType is the type in which values of both types meet in CASE, COALESCE,
// IN, UNION and ARRAY; false when they do not.
func CommonType(a, b arrow.DataType) (arrow.DataType, bool) {
	if arrow.TypeEqual(a, b) {
		return a, true
	}
	ka, kb := vec.KindOf(a), vec.KindOf(b)
	switch {
	case ka == vec.Null:
		return b, true
	case kb == vec.Null:
		return a, true
	case isInt(ka) && isInt(kb):
		if ka < kb {
			return b, true
		}
		return a, true
	case isNumeric(ka) && isNumeric(kb):
		if isFloat(ka) || isFloat(kb) {
			return vec.TypeFloat64, true
		}
		p1, s1 := decimalOf(a)
		p2, s2 := decimalOf(b)
		s := max(s1, s2)
		return vec.DecimalType(min(38, max(p1-s1, p2-s2)+s), s), true
	case ka == vec.Timestamp && kb == vec.Timestamp:
		return vec.TypeTimestampMicros, true
	case ka == vec.Timestamp && (kb == vec.Date || isInt(kb)):
		return a, true
	case kb == vec.Timestamp && (ka == vec.Date || isInt(ka)):
		return b, true
	case ka != kb:
		return nil, false
	case ka == vec.List:
		e, ok := CommonType(a.(*arrow.ListType).Elem(), b.(*arrow.ListType).Elem())
		if !ok {
			return nil, false
		}
		return arrow.ListOf(e), true
	case ka == vec.Map:
		ma, mb := a.(*arrow.MapType), b.(*arrow.MapType)
		k, ok1 := CommonType(ma.KeyType(), mb.KeyType())
		v, ok2 := CommonType(ma.ItemType(), mb.ItemType())
		if !ok1 || !ok2 {
			return nil, false
		}
		return arrow.MapOf(k, v), true
	case ka == vec.Struct:
		sa, sb := a.(*arrow.StructType), b.(*arrow.StructType)
		at, ok := matchFields(sa, sb)
		if !ok {
			return nil, false
		}
		fields := make([]arrow.Field, sa.NumFields())
		for i, f := range sa.Fields() {
			t, ok := CommonType(f.Type, sb.Field(at[i]).Type)
			if !ok {
				return nil, false
			}
			fields[i] = arrow.Field{Name: f.Name, Type: t, Nullable: true}
		}
		return arrow.StructOf(fields...), true
	}
	return nil, false
}

// matchFields gives, for every field of a, the field of b with its name; false
// unless both have the same names.
func matchFields(a, b *arrow.StructType) ([]int, bool) {
	if a.NumFields() != b.NumFields() {
		return nil, false
	}
	at := make([]int, a.NumFields())
	used := make([]bool, len(at))
	for i, f := range a.Fields() {
		at[i] = -1
		for j, g := range b.Fields() {
			if g.Name == f.Name && !used[j] {
				at[i], used[j] = j, true
				break
			}
		}
		if at[i] < 0 {
			return nil, false
		}
	}
	return at, true
}

// unify casts expressions to the type in which all meet. String literals take
// the type of the others; all NULL is STRING.
func unify(what string, es []Expr) ([]Expr, arrow.DataType, error) {
	t, bad := Meet(es)
	if bad >= 0 {
		return nil, nil, mixError(what, t, es[bad].Type())
	}
	if vec.KindOf(t) == vec.Null {
		t = vec.TypeString
	}
	out := make([]Expr, len(es))
	for i, e := range es {
		var err error
		if out[i], err = convert(e, t); err != nil {
			return nil, nil, inArg(i, err)
		}
	}
	return out, t, nil
}

func mixError(what string, a, b arrow.DataType) error {
	s, o := a, b
	if vec.KindOf(o) == vec.String {
		s, o = o, s
	}
	if vec.KindOf(s) == vec.String {
		return fmt.Errorf("%s of STRING and %s; write CAST(… AS %s) around the STRING", what, TypeName(o), TypeName(o))
	}
	return fmt.Errorf("%s of %s and %s; cast one of them", what, TypeName(a), TypeName(b))
}

// isTextLiteral tells whether an expression is a string literal, which takes
// the type it meets.
func isTextLiteral(e Expr) bool {
	c, ok := e.(*Const)
	return ok && c.One.Kind == vec.String && !c.IsNull()
}

// IsTextLiteral tells whether an expression is a string literal, which takes
// the type it meets; [Convert] reads it as that type.
func IsTextLiteral(e Expr) bool { return isTextLiteral(e) }

// IsConstructor tells whether an expression is ARRAY[…], MAP[…] or STRUCT(…), whose
// literals take the types that they meet; [Convert] makes them so.
func IsConstructor(e Expr) bool { _, ok := e.(*constructor); return ok }

// Convert is the implicit cast to a type that e widens to, or that a string
// literal meets.
func Convert(e Expr, t arrow.DataType) (Expr, error) { return convert(e, t) }

// convert is the implicit cast to a type that e widens to. String literals are
// read as that type; an error says that one cannot be.
func convert(e Expr, t arrow.DataType) (Expr, error) {
	if arrow.TypeEqual(e.Type(), t) {
		return e, nil
	}
	if c, ok := e.(*Const); ok {
		switch {
		case c.IsNull():
			return NullConst(t), nil
		case isTextLiteral(e):
			return ConstFromText(c.One.StringAt(0), t)
		}
	}
	if vec.KindOf(e.Type()) == vec.Null {
		return NullConst(t), nil
	}
	if c, ok := e.(*constructor); ok {
		if x, ok, err := c.to(t); ok {
			return x, err
		}
	}
	x, err := NewCast(e, t, false)
	if err != nil {
		return nil, err
	}
	if x, ok := x.(*cast); ok {
		x.implicit = true
	}
	if _, ok := e.(*Const); ok {
		return Fold(x), nil
	}
	return x, nil
}
