package expr

import (
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/vec"
)

// Operators are the functions behind operator symbols: + - * / // % || and
// "neg", unary minus.
func Operators() []*Func {
	op := func(name, doc, example, result string, os ...Overload) *Func {
		sig := "a " + name + " b"
		if name == "neg" {
			sig = "-a"
		}
		return &Func{Name: name, Family: "Operator", Signature: sig, Doc: doc, Example: example, Result: result, Overloads: os}
	}
	i, d, f := vec.Int64, vec.Decimal, vec.Float64
	plus := []Overload{over(addInt, vec.TypeInt64, i, i), decimalOver(decAdd), totalOver(addFloat, vec.TypeFloat64, f, f)}
	minus := []Overload{over(subInt, vec.TypeInt64, i, i), decimalOver(decSub), totalOver(subFloat, vec.TypeFloat64, f, f)}
	times := []Overload{over(mulInt, vec.TypeInt64, i, i), decimalOver(decMul), totalOver(mulFloat, vec.TypeFloat64, f, f)}
	slash := []Overload{totalOver(divIntFloat, vec.TypeFloat64, i, i), decimalOver(decDiv), totalOver(divFloat, vec.TypeFloat64, f, f)}
	plus = append(plus, timePlus()...)
	minus = append(minus, timeMinus()...)
	times = append(times, intervalTimes()...)
	slash = append(slash, intervalSlash()...)
	return []*Func{
		op("+", "Adds numbers; moves a time by an interval, milliseconds or days.", "1 + 2", "3", plus...),
		op("-", "Subtracts; two times give milliseconds.", "3 - 5", "-2", minus...),
		op("*", "Multiplies.", "6 * 7", "42", times...),
		op("/", "Divides; integers give DOUBLE, division by zero NULL.", "1 / 4", "0.25", slash...),
		op("//", "Divides and truncates towards zero; by zero NULL.", "-7 // 2", "-3",
			over(quoInt, vec.TypeInt64, i, i), decimalOver(decQuo), totalOver(quoFloat, vec.TypeFloat64, f, f)),
		op("%", "The remainder, with the sign of the dividend; by zero NULL.", "-7 % 2", "-1",
			over(modInt, vec.TypeInt64, i, i), decimalOver(decMod), totalOver(modFloat, vec.TypeFloat64, f, f)),
		op("||", "Concatenates texts or bytes; other values by their text.", "'a' || 1", "a1", concatOverloads()...),
		op("neg", "Changes the sign.", "-(5)", "-5",
			over(negInt, vec.TypeInt64, i),
			Overload{Args: kinds(d), Type: func(a []arrow.DataType, _ []*Const) (arrow.DataType, error) { return a[0], nil }, Kernel: negDecimal, total: true},
			totalOver(negFloat, vec.TypeFloat64, f),
			over(negInterval, vec.TypeInterval, vec.Interval)),
	}
}

func kinds(ks ...vec.Kind) []Param {
	ps := make([]Param, len(ks))
	for i, k := range ks {
		ps[i] = Param{Kind: k}
	}
	return ps
}

func fixedType(t arrow.DataType) func([]arrow.DataType, []*Const) (arrow.DataType, error) {
	return func([]arrow.DataType, []*Const) (arrow.DataType, error) { return t, nil }
}

func over(k Kernel, t arrow.DataType, ks ...vec.Kind) Overload {
	return Overload{Args: kinds(ks...), Type: fixedType(t), Kernel: k}
}

func totalOver(k Kernel, t arrow.DataType, ks ...vec.Kind) Overload {
	o := over(k, t, ks...)
	o.total = true
	return o
}

var errOverflow = errors.New("BIGINT overflow")

func overflow(c *Ctx, row int, op string, a, b int64) {
	c.Fail(row, "overflow", fmt.Errorf("%w: %d %s %d; cast an operand to DOUBLE or DECIMAL", errOverflow, a, op, b))
}

// Constants are spelt with a mask: index i&m is i for a column and 0 for a
// constant, so one loop serves all three shapes at no measurable cost.
func mask(v *vec.Vec) int {
	if v.Const {
		return 0
	}
	return -1
}
