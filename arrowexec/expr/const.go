package expr

import (
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
)

func fixedConst[T vec.Fixed](t arrow.DataType, x T) *Const {
	v := &vec.Vec{Type: t, Kind: vec.KindOf(t), Const: true, Len: 1, Buf: vec.BytesOf([]T{x})}
	return &Const{One: v, Text: literalText(v)}
}

func textConst(t arrow.DataType, x string) *Const {
	v := &vec.Vec{Type: t, Kind: vec.KindOf(t), Const: true, Len: 1, Offsets: []int32{0, int32(len(x))}, Data: []byte(x)}
	return &Const{One: v, Text: literalText(v)}
}

// IntConst is a BIGINT literal.
func IntConst(x int64) *Const { return fixedConst(vec.TypeInt64, x) }

// FloatConst is a DOUBLE literal.
func FloatConst(x float64) *Const { return fixedConst(vec.TypeFloat64, x) }

// StringConst is a STRING literal.
func StringConst(x string) *Const { return textConst(vec.TypeString, x) }

// BytesConst is a BYTES literal.
func BytesConst(x []byte) *Const { return textConst(vec.TypeBinary, string(x)) }

// BoolConst is TRUE or FALSE.
func BoolConst(x bool) *Const {
	b := byte(0)
	if x {
		b = 1
	}
	v := &vec.Vec{Type: vec.TypeBool, Kind: vec.Bool, Const: true, Len: 1, Buf: []byte{b}}
	return &Const{One: v, Text: literalText(v)}
}

// NullConst is NULL of a type; [vec.TypeNull] for the untyped literal.
func NullConst(t arrow.DataType) *Const {
	c := &Const{One: vec.NullOne(t), Text: "NULL"}
	if c.One.Kind != vec.Null {
		c.Text = "NULL::" + TypeName(t)
	}
	return c
}

// IntervalConst is an INTERVAL literal.
func IntervalConst(x arrow.MonthDayNanoInterval) *Const { return fixedConst(vec.TypeInterval, x) }

// ConstFromText reads a string literal as a value of the type it meets.
func ConstFromText(s string, t arrow.DataType) (*Const, error) {
	c := StringConst(s)
	if vec.KindOf(t) == vec.String {
		return c, nil
	}
	x, err := NewCast(c, t, false)
	if err != nil {
		return nil, err
	}
	v, err := evalConst(x)
	if err != nil {
		return nil, err
	}
	return v, nil
}

func literalText(v *vec.Vec) string {
	if v.IsNull(0) {
		return "NULL"
	}
	s := string(text.AppendValue(nil, v, 0))
	switch v.Kind {
	case vec.Bool:
		return strings.ToUpper(s)
	case vec.Int64, vec.Decimal:
		return s
	case vec.Float64:
		if strings.ContainsAny(s, "eN") {
			return s
		}
		return s + "e0"
	case vec.String:
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	case vec.Binary:
		return fmt.Sprintf("X'%X'", v.BytesAt(0))
	}
	return TypeName(v.Type) + " '" + s + "'"
}

// ConstAt is the first row of a column as a constant of type t.
func ConstAt(v *vec.Vec, t arrow.DataType) *Const {
	if v.IsNull(0) {
		return NullConst(t)
	}
	// a scope that is never closed: its memory is Go's and lives with the constant
	b := vec.NewBuilder(vec.NewPool(nil, false).Open(), t, 1)
	b.AppendRow(v, 0)
	one := b.Finish()
	one.Const = true
	return &Const{One: one, Text: literalText(one)}
}

// evalConst computes an expression of constants, on Go's heap.
func evalConst(e Expr) (*Const, error) {
	p := vec.NewPool(nil, false)
	s := p.Open()
	defer s.Close()
	c := &Ctx{}
	c.Reset(&arrowexec.Batch{Scope: s, N: 1})
	v := e.Eval(c, nil)
	if f := c.Failed(); len(f) > 0 {
		return nil, f[0].Err
	}
	return ConstAt(v, e.Type()), nil
}

// Fold computes every part of an expression that consists of constants and
// calls nothing volatile. What fails stays as it is: it becomes a row error.
func Fold(e Expr) Expr {
	return Rewrite(e, func(e Expr) Expr {
		kids := e.Children()
		if len(kids) == 0 || volatile(e) {
			return e
		}
		for _, k := range kids {
			if _, ok := k.(*Const); !ok {
				return e
			}
		}
		c, err := evalConst(e)
		if err != nil {
			return e
		}
		return c
	})
}

// Volatile tells whether an expression calls a function that may give something
// else each time: NOW, RANDOM.
func Volatile(e Expr) bool {
	found := false
	Walk(e, func(e Expr) bool {
		found = found || volatile(e)
		return !found
	})
	return found
}

func volatile(e Expr) bool {
	c, ok := e.(*call)
	return ok && c.f.Volatile
}
