package funcs

import (
	"bytes"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// extremeFuncs are LEAST and GREATEST. Both skip NULLs; NaN is the greatest
// number.
func extremeFuncs() []*expr.Func {
	return []*expr.Func{
		{
			Name: "LEAST", Family: "Math", Signature: "LEAST(x, …)", Doc: "The least of the arguments that are not NULL.",
			Example: "LEAST(3, NULL, 1.5)", Result: "1.5", Overloads: extreme(-1),
		},
		{
			Name: "GREATEST", Family: "Math", Signature: "GREATEST(x, …)", Doc: "The greatest of the arguments that are not NULL.",
			Example: "GREATEST('a', 'b', NULL)", Result: "b", Overloads: extreme(1),
		},
	}
}

func extreme(sign int) []expr.Overload {
	several := func(t typeFunc, k vec.Kind, kernel expr.Kernel) expr.Overload {
		return expr.Overload{Args: kinds(k, k), Variadic: true, Type: t, NullCall: true, Kernel: kernel}
	}
	return []expr.Overload{
		several(same(0), vec.Int64, extremeFixed(sign, order[int64])),
		several(widestOf, vec.Decimal, extremeDecimal(sign)),
		several(same(0), vec.Float64, extremeFixed(sign, orderFloat)),
		several(same(0), vec.String, extremeText(sign)),
		several(same(0), vec.Date, extremeFixed(sign, order[int32])),
		several(finest, vec.Timestamp, extremeTime(sign)),
		several(same(0), vec.Time, extremeFixed(sign, order[int64])),
		several(same(0), vec.Interval, extremeFixed(sign, expr.CompareIntervals)),
		several(same(0), vec.Bool, extremeBool(sign)),
		several(same(0), vec.Binary, extremeText(sign)),
	}
}

// widestOf is the DECIMAL that holds the greatest scale of the arguments.
func widestOf(args []arrow.DataType, consts []*expr.Const) (arrow.DataType, error) {
	scale, whole := int32(0), int32(1)
	for k, a := range args {
		if consts[k] != nil && consts[k].IsNull() {
			continue // a NULL literal has no digits of its own
		}
		if d, ok := a.(*arrow.Decimal128Type); ok {
			scale = max(scale, d.Scale)
			whole = max(whole, d.Precision-d.Scale)
		}
	}
	return vec.DecimalType(min(38, scale+whole), scale), nil
}

// finest is TIMESTAMP(6) when an argument is.
func finest(args []arrow.DataType, _ []*expr.Const) (arrow.DataType, error) {
	for _, a := range args {
		if vec.Micros(a) {
			return vec.TypeTimestampMicros, nil
		}
	}
	return vec.TypeTimestamp, nil
}

func order[T integer](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// orderFloat is PostgreSQL's order: NaN equals NaN and is the greatest.
func orderFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	case a == b:
		return 0
	case math.IsNaN(a) && math.IsNaN(b):
		return 0
	case math.IsNaN(a):
		return 1
	}
	return -1
}

// better calls take for every row and argument that is the best so far.
func better(c *expr.Ctx, args []*vec.Vec, sel vec.Sel, wins func(arg, i int) bool, take func(arg, i int)) vec.Bitmap {
	seen := vec.Bitmap(c.Scope.Zeroed(vec.BitmapBytes(c.Batch.N)))
	for k, a := range args {
		if a.Kind == vec.Null {
			continue
		}
		for i := range rows(c.Batch.N, sel) {
			if a.IsNull(i) {
				continue
			}
			if !seen.Get(i) {
				seen.Set(i)
				take(k, i)
			} else if wins(k, i) {
				take(k, i)
			}
		}
	}
	return seen
}

func columnsOf[T vec.Fixed](args []*vec.Vec) []column[T] {
	cols := make([]column[T], len(args))
	for k, a := range args {
		if a.Kind != vec.Null {
			cols[k] = columnOf[T](a)
		}
	}
	return cols
}

func extremeFixed[T vec.Fixed](sign int, cmp func(a, b T) int) expr.Kernel {
	return func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
		out, cols := c.Scope.New(t, c.Batch.N), columnsOf[T](args)
		dst := vec.Values[T](out)
		out.Valid = better(c, args, sel,
			func(k, i int) bool { return cmp(cols[k].at(i), dst[i]) == sign },
			func(k, i int) { dst[i] = cols[k].at(i) })
		return out
	}
}

func extremeTime(sign int) expr.Kernel {
	return func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
		out, cols := c.Scope.New(t, c.Batch.N), columnsOf[int64](args)
		dst, fine := vec.Values[int64](out), vec.Micros(t)
		up := make([]int64, len(args))
		for k, a := range args {
			if up[k] = 1; fine && !vec.Micros(a.Type) {
				up[k] = 1000
			}
		}
		out.Valid = better(c, args, sel,
			func(k, i int) bool { return order(cols[k].at(i)*up[k], dst[i]) == sign },
			func(k, i int) { dst[i] = cols[k].at(i) * up[k] })
		return out
	}
}

func extremeDecimal(sign int) expr.Kernel {
	return func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
		out := c.Scope.New(t, c.Batch.N)
		dst := vec.Values[decimal128.Num](out)
		cols := make([]scaled, len(args))
		for k, a := range args {
			if a.Kind != vec.Null {
				cols[k] = scaledOf(a, scaleOf(t))
			}
		}
		read := func(k, i int) decimal128.Num {
			x, err := cols[k].read(i)
			if err != nil {
				c.Fail(i, classOf(err), err)
			}
			return x
		}
		out.Valid = better(c, args, sel,
			func(k, i int) bool { return read(k, i).Cmp(dst[i]) == sign },
			func(k, i int) { dst[i] = read(k, i) })
		return out
	}
}

func extremeBool(sign int) expr.Kernel {
	return func(c *expr.Ctx, _ arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
		out, bits := newBool(c)
		out.Valid = better(c, args, sel,
			func(k, i int) bool { return args[k].BoolAt(i) == (sign > 0) },
			func(k, i int) { bits.Put(i, args[k].BoolAt(i)) })
		return out
	}
}

func extremeText(sign int) expr.Kernel {
	return func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
		best := vec.Slice[int32](c.Scope, c.Batch.N)
		seen := better(c, args, sel,
			func(k, i int) bool { return bytes.Compare(args[k].BytesAt(i), args[best[i]].BytesAt(i)) == sign },
			func(k, i int) { best[i] = int32(k) })
		out := newText(c, t, 16*c.Batch.N)
		for i := range rows(c.Batch.N, sel) {
			if seen.Get(i) {
				out.put(i, args[best[i]].BytesAt(i))
			} else {
				out.null(i)
			}
		}
		return out.done()
	}
}
