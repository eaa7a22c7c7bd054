package funcs

import (
	"math"
	"math/rand/v2"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// domain is a value that a function is not defined for.
type domain string

func (e domain) Error() string { return string(e) }

const (
	errSqrt  = domain("square root of a negative number")
	errLog0  = domain("logarithm of zero")
	errLog   = domain("logarithm of a negative number")
	errBase  = domain("a logarithm's base must be greater than 0 and not 1")
	errAsin  = domain("the argument must be between -1 and 1")
	errTrig  = domain("the argument must be finite")
	errRoot  = domain("a negative number raised to a fraction")
	errPow0  = domain("zero raised to a negative power")
	errRange = overflow("the result is beyond DOUBLE")
)

func floatFuncs() []*expr.Func {
	fs := []*expr.Func{
		float("SQRT", "The square root.", "SQRT(16)", "4", func(x float64) (float64, error) {
			if x < 0 {
				return 0, errSqrt
			}
			return math.Sqrt(x), nil
		}),
		float("CBRT", "The cube root.", "CBRT(27)", "3", func(x float64) (float64, error) { return math.Cbrt(x), nil }),
		float("EXP", "e to the power x.", "EXP(0)", "1", func(x float64) (float64, error) {
			r := math.Exp(x)
			if math.IsInf(r, 1) && !math.IsInf(x, 1) {
				return 0, errRange
			}
			return r, nil
		}),
		float("LN", "The natural logarithm.", "LN(1)", "0", logarithm(math.Log)),
		float("LOG10", "The logarithm to base 10.", "LOG10(1000)", "3", logarithm(math.Log10)),
		float("SIN", "The sine of an angle in radians.", "SIN(0)", "0", finite(math.Sin)),
		float("COS", "The cosine of an angle in radians.", "COS(0)", "1", finite(math.Cos)),
		float("TAN", "The tangent of an angle in radians.", "TAN(0)", "0", finite(math.Tan)),
		float("ASIN", "The angle in radians with that sine.", "ASIN(0)", "0", inUnit(math.Asin)),
		float("ACOS", "The angle in radians with that cosine.", "ACOS(1)", "0", inUnit(math.Acos)),
		float("ATAN", "The angle in radians with that tangent.", "ATAN(0)", "0", func(x float64) (float64, error) { return math.Atan(x), nil }),
		{
			Name: "ATAN2", Family: "Math", Signature: "ATAN2(y, x)", Doc: "The angle in radians of the point (x, y).",
			Example: "ATAN2(0, 1)", Result: "0",
			Overloads: []expr.Overload{on(is(vec.TypeFloat64), tried2(func(y, x float64) (float64, error) { return math.Atan2(y, x), nil }), vec.Float64, vec.Float64)},
		},
		{
			Name: "LOG", Family: "Math", Signature: "LOG([base,] x)", Doc: "The logarithm to a base, 10 if none is given.",
			Example: "LOG(2, 8)", Result: "3",
			Overloads: []expr.Overload{
				on(is(vec.TypeFloat64), tried(logarithm(math.Log10)), vec.Float64),
				on(is(vec.TypeFloat64), tried2(logBase), vec.Float64, vec.Float64),
			},
		},
		{
			Name: "POWER", Aliases: []string{"POW"}, Family: "Math", Signature: "POWER(x, y)", Doc: "x to the power y: exact for a DECIMAL and a literal integer of 0 or more, else DOUBLE.",
			Example: "POWER(1.5, 2)", Result: "2.25",
			Overloads: []expr.Overload{
				on(is(vec.TypeFloat64), tried2(func(x, y int64) (float64, error) { return power(float64(x), float64(y)) }), vec.Int64, vec.Int64),
				prepared(powerType, powerDecimal, vec.Decimal, vec.Int64),
				on(is(vec.TypeFloat64), tried2(power), vec.Float64, vec.Float64),
			},
		},
		{
			Name: "PI", Family: "Math", Signature: "PI()", Doc: "The number pi.",
			Example: "PI()", Result: "3.141592653589793",
			Overloads: []expr.Overload{on(is(vec.TypeFloat64), func(c *expr.Ctx, t arrow.DataType, _ []*vec.Vec, _ vec.Sel) *vec.Vec {
				one := c.Scope.New(t, 1)
				vec.Values[float64](one)[0] = math.Pi
				return c.Scope.Repeat(one, c.Batch.N)
			})},
		},
		{
			Name: "RANDOM", Family: "Math", Signature: "RANDOM()", Doc: "A random DOUBLE from 0 (included) to 1 (excluded), another one for every row; a replay gives other numbers.",
			Example: "RANDOM() < 1", Result: "true", Volatile: true,
			Overloads: []expr.Overload{on(is(vec.TypeFloat64), func(c *expr.Ctx, t arrow.DataType, _ []*vec.Vec, sel vec.Sel) *vec.Vec {
				out := c.Scope.New(t, c.Batch.N)
				dst := vec.Values[float64](out)
				for i := range rows(len(dst), sel) {
					dst[i] = rand.Float64()
				}
				return out
			})},
		},
	}
	return fs
}

func float(name, doc, example, result string, f func(float64) (float64, error)) *expr.Func {
	return &expr.Func{
		Name: name, Family: "Math", Signature: name + "(x)", Doc: doc, Example: example, Result: result,
		Overloads: []expr.Overload{on(is(vec.TypeFloat64), tried(f), vec.Float64)},
	}
}

func logarithm(f func(float64) float64) func(float64) (float64, error) {
	return func(x float64) (float64, error) {
		if x <= 0 {
			if x == 0 {
				return 0, errLog0
			}
			return 0, errLog
		}
		return f(x), nil
	}
}

func logBase(b, x float64) (float64, error) {
	if x <= 0 {
		if x == 0 {
			return 0, errLog0
		}
		return 0, errLog
	}
	switch {
	case b <= 0 || b == 1:
		return 0, errBase
	case b == 2:
		return math.Log2(x), nil
	case b == 10:
		return math.Log10(x), nil
	}
	return math.Log(x) / math.Log(b), nil
}

func finite(f func(float64) float64) func(float64) (float64, error) {
	return func(x float64) (float64, error) {
		if math.IsInf(x, 0) {
			return 0, errTrig
		}
		return f(x), nil
	}
}

func inUnit(f func(float64) float64) func(float64) (float64, error) {
	return func(x float64) (float64, error) {
		if x < -1 || x > 1 {
			return 0, errAsin
		}
		return f(x), nil
	}
}

func power(x, y float64) (float64, error) {
	if x == 0 && y < 0 {
		return 0, errPow0
	}
	if x < 0 && !math.IsInf(x, 0) && !math.IsInf(y, 0) && !math.IsNaN(y) && y != math.Trunc(y) {
		return 0, errRoot
	}
	r := math.Pow(x, y)
	if math.IsInf(r, 0) && !math.IsInf(x, 0) && !math.IsInf(y, 0) {
		return 0, errRange
	}
	return r, nil
}

// powerType is DECIMAL for a literal exponent of 0 or more, else DOUBLE.
func powerType(args []arrow.DataType, consts []*expr.Const) (arrow.DataType, error) {
	n, ok := constInt(consts, 1)
	if !ok || n < 0 {
		return vec.TypeFloat64, nil
	}
	if s := int64(scaleOf(args[0])); s > 0 && n > 38/s {
		return nil, domain("the exact power has more than 38 digits after the point; cast the base to DOUBLE")
	}
	return vec.DecimalType(38, scaleOf(args[0])*int32(min(n, 38))), nil
}

func powerDecimal(args []arrow.DataType, consts []*expr.Const) (expr.Kernel, error) {
	scale := scaleOf(args[0])
	n, ok := constInt(consts, 1)
	if !ok || n < 0 {
		return tried2(func(x decimal128.Num, y int64) (float64, error) { return power(x.ToFloat64(scale), float64(y)) }), nil
	}
	return tried(func(x decimal128.Num) (decimal128.Num, error) { return intPower(x, n) }), nil
}

// intPower multiplies unscaled values; the scales multiply with them.
func intPower(x decimal128.Num, n int64) (decimal128.Num, error) {
	r := decimal128.FromI64(1)
	var err error
	for ; n > 0; n >>= 1 {
		if n&1 != 0 {
			if r, err = mulDecimal(r, x); err != nil {
				return r, err
			}
		}
		if n > 1 {
			if x, err = mulDecimal(x, x); err != nil {
				return x, err
			}
		}
	}
	return r, nil
}
