package funcs

import (
	"math"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// roundFuncs are the functions that keep the type of their argument. On
// decimals they are exact; the result keeps the scale.
func roundFuncs() []*expr.Func {
	return []*expr.Func{
		{
			Name: "ABS", Family: "Math", Signature: "ABS(x)", Doc: "The absolute value.",
			Example: "ABS(-2.50)", Result: "2.50",
			Overloads: numeric(absInt[int8], absInt[int16], absInt[int32], absInt[int64], math.Abs,
				same(0), func(x decimal128.Num, _ int32) (decimal128.Num, error) { return x.Abs(), nil }),
		},
		{
			Name: "SIGN", Family: "Math", Signature: "SIGN(x)", Doc: "-1, 0 or 1, in the type of x.",
			Example: "SIGN(-7)", Result: "-1",
			Overloads: numeric(signInt[int8], signInt[int16], signInt[int32], signInt[int64], signFloat, widest,
				func(x decimal128.Num, scale int32) (decimal128.Num, error) {
					return shiftDecimal(decimal128.FromI64(int64(x.Sign())), scale)
				}),
		},
		{
			Name: "CEIL", Aliases: []string{"CEILING"}, Family: "Math", Signature: "CEIL(x)", Doc: "The least whole number that is not less than x, in the type of x.",
			Example: "CEIL(-1.5)", Result: "-1.0",
			Overloads: numeric(whole[int8], whole[int16], whole[int32], whole[int64], math.Ceil, widest, decimalTo(ceiling)),
		},
		{
			Name: "FLOOR", Family: "Math", Signature: "FLOOR(x)", Doc: "The greatest whole number that is not greater than x, in the type of x.",
			Example: "FLOOR(-1.5)", Result: "-2.0",
			Overloads: numeric(whole[int8], whole[int16], whole[int32], whole[int64], math.Floor, widest, decimalTo(floor)),
		},
		{
			Name: "ROUND", Family: "Math", Signature: "ROUND(x [, digits])", Doc: "x rounded to a number of digits after the point, which may be negative: half away from zero, a DOUBLE without digits half to even. Keeps the type.",
			Example: "ROUND(2.345, 2)", Result: "2.350",
			Overloads: append(numeric(whole[int8], whole[int16], whole[int32], whole[int64], math.RoundToEven, widest, decimalTo(halfAway)), digits(halfAway, widest)...),
		},
		{
			Name: "TRUNC", Aliases: []string{"TRUNCATE"}, Family: "Math", Signature: "TRUNC(x [, digits])", Doc: "x cut towards zero after a number of digits after the point. Keeps the type.",
			Example: "TRUNC(-2.79, 1)", Result: "-2.70",
			Overloads: append(numeric(whole[int8], whole[int16], whole[int32], whole[int64], math.Trunc, same(0), decimalTo(truncate)), digits(truncate, same(0))...),
		},
	}
}

type integer interface {
	~int8 | ~int16 | ~int32 | ~int64
}

// numeric makes one overload per numeric type.
func numeric(i8 func(int8) (int8, error), i16 func(int16) (int16, error), i32 func(int32) (int32, error), i64 func(int64) (int64, error),
	f func(float64) float64, decimalType typeFunc, d func(x decimal128.Num, scale int32) (decimal128.Num, error)) []expr.Overload {
	return []expr.Overload{
		on(same(0), tried(i64), vec.Int64),
		on(same(0), tried(i32), vec.Int32),
		on(same(0), tried(i16), vec.Int16),
		on(same(0), tried(i8), vec.Int8),
		prepared(decimalType, func(args []arrow.DataType, _ []*expr.Const) (expr.Kernel, error) {
			scale := scaleOf(args[0])
			return tried(func(x decimal128.Num) (decimal128.Num, error) { return d(x, scale) }), nil
		}, vec.Decimal),
		on(same(0), mapped(f), vec.Float64),
		on(same(0), mapped(func(x float32) float32 { return float32(f(float64(x))) }), vec.Float32),
	}
}

func absInt[T integer](x T) (T, error) {
	if x >= 0 {
		return x, nil
	}
	if -x < 0 {
		return x, overflow("the absolute value of the least integer is beyond its type")
	}
	return -x, nil
}

func signInt[T integer](x T) (T, error) {
	switch {
	case x > 0:
		return 1, nil
	case x < 0:
		return -1, nil
	}
	return 0, nil
}

func signFloat(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	case x == 0:
		return 0
	}
	return x
}

func whole[T integer](x T) (T, error) { return x, nil }

func decimalTo(how rounding) func(decimal128.Num, int32) (decimal128.Num, error) {
	return func(x decimal128.Num, scale int32) (decimal128.Num, error) { return roundDecimal(x, scale, how) }
}

// digits are the overloads with a number of digits.
func digits(how rounding, decimalType typeFunc) []expr.Overload {
	return []expr.Overload{
		on(same(0), tried2(func(x, d int64) (int64, error) { return roundInt(x, d, how) }), vec.Int64, vec.Int64),
		on(same(0), tried2(func(x int32, d int64) (int32, error) { return narrow[int32](roundInt(int64(x), d, how)) }), vec.Int32, vec.Int64),
		on(same(0), tried2(func(x int16, d int64) (int16, error) { return narrow[int16](roundInt(int64(x), d, how)) }), vec.Int16, vec.Int64),
		on(same(0), tried2(func(x int8, d int64) (int8, error) { return narrow[int8](roundInt(int64(x), d, how)) }), vec.Int8, vec.Int64),
		prepared(decimalType, func(args []arrow.DataType, _ []*expr.Const) (expr.Kernel, error) {
			scale := int64(scaleOf(args[0]))
			return tried2(func(x decimal128.Num, d int64) (decimal128.Num, error) {
				return roundDecimal(x, int32(scale-max(min(d, scale), -100)), how)
			}), nil
		}, vec.Decimal, vec.Int64),
		on(same(0), tried2(func(x float64, d int64) (float64, error) { return roundFloat(x, d, how, 64) }), vec.Float64, vec.Int64),
		on(same(0), tried2(func(x float32, d int64) (float32, error) {
			r, err := roundFloat(float64(x), d, how, 32)
			return float32(r), err
		}), vec.Float32, vec.Int64),
	}
}

const errIntRange = overflow("the result is beyond the integer type")

func narrow[T integer](x int64, err error) (T, error) {
	if err == nil && int64(T(x)) != x {
		err = errIntRange
	}
	return T(x), err
}

func roundInt(x, d int64, how rounding) (int64, error) {
	if d >= 0 {
		return x, nil
	}
	if d < -19 {
		return 0, nil
	}
	p := pow10u[-d]
	abs := uint64(x)
	if x < 0 {
		abs = -abs
	}
	r := abs % p
	abs -= r
	if how == halfAway && r >= p/2 {
		abs += p
	}
	if abs > math.MaxInt64 && (x > 0 || abs > 1<<63) {
		return 0, errIntRange
	}
	if x < 0 {
		return int64(-abs), nil
	}
	return int64(abs), nil
}

// roundFloat rounds the shortest text of x, so that ROUND(2.675, 2) is 2.68 as
// a reader of the number expects.
func roundFloat(x float64, d int64, how rounding, size int) (float64, error) {
	if x == 0 || math.IsNaN(x) || math.IsInf(x, 0) {
		return x, nil
	}
	var buf, num [40]byte
	b := strconv.AppendFloat(buf[:0], x, 'e', -1, size)
	out := num[:0]
	if b[0] == '-' {
		out, b = append(out, '-'), b[1:]
	}
	digs := append(out, b[0])
	mark := 1
	if b[1] == '.' {
		for mark = 2; b[mark] != 'e'; mark++ {
			digs = append(digs, b[mark])
		}
	}
	exp, _ := strconv.Atoi(string(b[mark+1:]))
	m := digs[len(out):]
	d = max(min(d, 400), -400)
	keep := exp + 1 + int(d)
	if keep >= len(m) {
		return x, nil
	}
	if keep < 0 {
		return 0, nil
	}
	up := how == halfAway && m[keep] >= '5'
	m = m[:keep]
	for i := keep - 1; up && i >= 0; i-- {
		if m[i] == '9' {
			m[i] = '0'
			continue
		}
		m[i]++
		up = false
	}
	if up { // 99.9 became 00: a one in front
		m = append(append(make([]byte, 0, 40), '1'), m...)
	}
	if len(m) == 0 {
		return 0, nil
	}
	digs = append(append(digs[:len(out)], m...), 'e')
	digs = strconv.AppendInt(digs, -d, 10)
	r, err := strconv.ParseFloat(vec.Text(digs), size)
	if err != nil {
		return 0, overflow("the rounded value is beyond DOUBLE")
	}
	return r, nil
}
