package expr

import (
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/vec"
)

// soft is the type of an expression with NULL in place of what takes the type that
// it meets: string literals and NULLs, alone and in constructors.
func soft(e Expr) arrow.DataType {
	if isTextLiteral(e) {
		return vec.TypeNull
	}
	if c, ok := e.(*Const); ok && c.IsNull() {
		return vec.TypeNull
	}
	c, ok := e.(*constructor)
	if !ok {
		return e.Type()
	}
	common := func(first, step int) arrow.DataType {
		var t arrow.DataType = vec.TypeNull
		for i := first; i < len(c.args); i += step {
			next, ok := CommonType(t, soft(c.args[i]))
			if !ok {
				return c.args[i].Type() // the constructor has brought all to one type
			}
			t = next
		}
		return t
	}
	switch t := c.t.(type) {
	case *arrow.MapType:
		return arrow.MapOf(common(0, 2), common(1, 2))
	case *arrow.StructType:
		fields := append([]arrow.Field{}, t.Fields()...)
		for i := range fields {
			fields[i].Type = soft(c.args[i])
		}
		return arrow.StructOf(fields...)
	}
	return arrow.ListOf(common(0, 1))
}

// Meet is the type in which expressions meet, and the place of the one that does
// not fit; -1 when all do. String literals and NULLs, also those of constructors,
// take the type of the others; among themselves they stay what they are.
func Meet(es []Expr) (arrow.DataType, int) {
	var t arrow.DataType = vec.TypeNull
	for i, e := range es {
		if isTextLiteral(e) {
			continue
		}
		s := e.Type()
		if _, ok := e.(*constructor); ok {
			s = soft(e)
		}
		c, ok := CommonType(t, s)
		if !ok {
			return t, i
		}
		t = c
	}
	for _, e := range es {
		switch {
		case !isTextLiteral(e):
			t = fill(t, e.Type())
		case vec.KindOf(t) == vec.Decimal:
			t, _ = CommonType(t, decimalOfText(e, t))
		}
	}
	return t, -1
}

// Met is the type that an expression takes where it meets type t: a string literal
// that meets a DECIMAL has its own digits.
func Met(e Expr, t arrow.DataType) arrow.DataType {
	if isTextLiteral(e) && vec.KindOf(t) == vec.Decimal {
		return decimalOfText(e, t)
	}
	return t
}

// decimalOfText is the type of a string literal that meets a DECIMAL: as a number
// written there it has digits of its own. One that is no such number has type t, of
// which it will not be read.
func decimalOfText(e Expr, t arrow.DataType) arrow.DataType {
	s := strings.TrimSpace(e.(*Const).One.StringAt(0))
	s, exponent, _ := strings.Cut(strings.ToLower(s), "e")
	whole, fraction, _ := strings.Cut(strings.TrimLeft(s, "+-"), ".")
	if strings.Trim(whole+fraction, "0123456789") != "" || whole+fraction == "" {
		return t
	}
	scale := len(fraction)
	if exponent != "" {
		x, err := strconv.Atoi(exponent)
		if err != nil || x < -maxDigits || x > maxDigits {
			return t
		}
		scale -= x
	}
	digits := len(strings.TrimLeft(whole+fraction, "0")) + max(-scale, 0)
	scale = max(scale, 0)
	if digits = max(digits, scale, 1); digits > maxDigits {
		return t
	}
	return vec.DecimalType(int32(digits), int32(scale))
}

const maxDigits = 38 // of a DECIMAL

// ElementsLike gives NULL, and ARRAY[…] of literals alone, the type of x, which its
// elements are compared with; another array stays as it is.
func ElementsLike(array, x Expr) (Expr, error) {
	if vec.KindOf(array.Type()) == vec.Null {
		return NullConst(arrow.ListOf(x.Type())), nil
	}
	c, ok := array.(*constructor)
	if !ok || isTextLiteral(x) || vec.KindOf(x.Type()) == vec.Null {
		return array, nil
	}
	t, ok := soft(c).(*arrow.ListType)
	if !ok || vec.KindOf(t.Elem()) != vec.Null {
		return array, nil
	}
	elem := x.Type()
	for _, a := range c.args {
		elem, _ = CommonType(elem, Met(a, elem))
	}
	return convert(array, arrow.ListOf(elem))
}

// fill puts the parts of by where t has only NULL.
func fill(t, by arrow.DataType) arrow.DataType {
	if vec.KindOf(t) == vec.Null {
		return by
	}
	switch t := t.(type) {
	case *arrow.MapType:
		if b, ok := by.(*arrow.MapType); ok {
			return arrow.MapOf(fill(t.KeyType(), b.KeyType()), fill(t.ItemType(), b.ItemType()))
		}
	case *arrow.ListType:
		if b, ok := by.(*arrow.ListType); ok {
			return arrow.ListOf(fill(t.Elem(), b.Elem()))
		}
	case *arrow.StructType:
		b, ok := by.(*arrow.StructType)
		if !ok {
			return t
		}
		at, ok := matchFields(t, b)
		if !ok {
			return t
		}
		fields := append([]arrow.Field{}, t.Fields()...)
		for i := range fields {
			fields[i].Type = fill(fields[i].Type, b.Field(at[i]).Type)
		}
		return arrow.StructOf(fields...)
	}
	return t
}

// to makes a constructor one of another type of its kind, of which its literals
// are read; ok is false when it is of another kind.
func (e *constructor) to(t arrow.DataType) (x Expr, ok bool, err error) {
	if vec.KindOf(e.t) != vec.KindOf(t) {
		return nil, false, nil
	}
	args := make([]Expr, len(e.args))
	switch t := t.(type) {
	case *arrow.MapType:
		for i, a := range e.args {
			to := t.KeyType()
			if i%2 == 1 {
				to = t.ItemType()
			}
			if args[i], err = convert(a, to); err != nil {
				return nil, true, err
			}
		}
	case *arrow.StructType:
		at, same := matchFields(t, e.t.(*arrow.StructType))
		if !same {
			return nil, false, nil
		}
		for i, from := range at {
			if args[i], err = convert(e.args[from], t.Field(i).Type); err != nil {
				return nil, true, err
			}
		}
	case *arrow.ListType:
		for i, a := range e.args {
			if args[i], err = convert(a, t.Elem()); err != nil {
				return nil, true, err
			}
		}
	default:
		return nil, false, nil
	}
	return &constructor{t: t, args: args}, true, nil
}
