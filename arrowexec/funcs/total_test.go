package funcs

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
)

// edges is a column of a kind with values at the ends of what it holds.
func edges(sc *vec.Scope, r *rand.Rand, t arrow.DataType, n int) *vec.Vec {
	pick := func(xs ...int64) int64 { return xs[r.IntN(len(xs))] }
	b := vec.NewBuilder(sc, t, n)
	for range n {
		switch vec.KindOf(t) {
		case vec.Bool:
			b.Bool(r.IntN(2) == 0)
		case vec.Int8:
			vec.Append(b, int8(pick(math.MinInt8, -1, 0, 1, math.MaxInt8)))
		case vec.Int16:
			vec.Append(b, int16(pick(math.MinInt16, -1, 0, 1, math.MaxInt16)))
		case vec.Int32:
			b.Int32(int32(pick(math.MinInt32, -1, 0, 1, math.MaxInt32)))
		case vec.Int64:
			b.Int64(pick(math.MinInt64, -7, -1, 0, 1, 2, 99, math.MaxInt64))
		case vec.Float32:
			vec.Append(b, float32([]float64{math.Inf(1), math.Inf(-1), math.NaN(), 0, -1.5, math.MaxFloat32}[r.IntN(6)]))
		case vec.Float64:
			b.Float64([]float64{math.Inf(1), math.Inf(-1), math.NaN(), 0, -1.5, math.MaxFloat64, math.SmallestNonzeroFloat64}[r.IntN(7)])
		case vec.Decimal:
			b.Decimal(decimal128.New(pick(-1, 0, 1, 1<<60), uint64(pick(math.MinInt64, 0, -1, 5))))
		case vec.String, vec.Binary:
			b.Bytes([]byte([]string{"", "a", "ÀßŒ x9", "  b ", `{"a":[1,{"b":null}]}`, "[", "\x00\xff", "2024-02-29", "ɐɐ"}[r.IntN(9)]))
		case vec.Date:
			b.Int32(int32(pick(text.MinDay, text.MaxDay, 0, -1, 19782)))
		case vec.Time:
			b.Int64(pick(0, text.DayMicros-1, 45296789000))
		case vec.Timestamp:
			b.Int64(pick(minMicros/1000, maxMicros/1000, 0, -1, 1709210096789))
		case vec.Interval:
			vec.Append(b, arrow.MonthDayNanoInterval{Months: int32(pick(-13, 0, math.MaxInt32)), Days: int32(pick(0, math.MinInt32)), Nanoseconds: pick(0, math.MaxInt64)})
		case vec.List:
			for range r.IntN(3) {
				b.Children[0].Bytes([]byte{byte('a' + r.IntN(3))})
			}
			b.EndList()
		case vec.Map:
			for k := range r.IntN(3) {
				b.Children[0].Bytes([]byte{byte('a' + k)})
				b.Children[1].Bytes([]byte("v"))
			}
			b.EndList()
		default:
			b.Null()
		}
	}
	return b.Finish()
}

// A function that a planner may compute for any row gives each row a value.
func TestTotalFunctionsNeverFail(t *testing.T) {
	types := map[vec.Kind]arrow.DataType{
		vec.Bool: vec.TypeBool, vec.Int8: vec.TypeInt8, vec.Int16: vec.TypeInt16, vec.Int32: vec.TypeInt32, vec.Int64: vec.TypeInt64, vec.Float32: vec.TypeFloat32,
		vec.Float64: vec.TypeFloat64, vec.Decimal: vec.DecimalType(38, 4), vec.String: vec.TypeString, vec.Binary: vec.TypeBinary, vec.Date: vec.TypeDate, vec.Time: vec.TypeTime,
		vec.Timestamp: vec.TypeTimestamp, vec.Interval: vec.TypeInterval, vec.List: arrow.ListOf(vec.TypeString), vec.Map: arrow.MapOf(vec.TypeString, vec.TypeString),
	}
	constants := map[string]map[int]expr.Expr{ // arguments that must be constant
		"EXTRACT": {0: expr.StringConst("hour")}, "DATE_TRUNC": {0: expr.StringConst("week")}, "REGEXP_LIKE": {1: expr.StringConst("a|b"), 2: expr.StringConst("i")},
		"REGEXP_EXTRACT": {1: expr.StringConst("(a)|(b)"), 2: expr.IntConst(2)}, "SUBSTRING": {2: expr.IntConst(3)}, "SPLIT_PART": {2: expr.IntConst(-2)},
		"JSON_VALUE": {1: expr.StringConst("$..b")}, "JSON_QUERY": {1: expr.StringConst("$.a")}, "JSON_EXISTS": {1: expr.StringConst("$.a")},
		"JSON_LENGTH": {1: expr.StringConst("$.a")}, "JSON_KEYS": {1: expr.StringConst("$.a")},
	}
	r, seen := rand.New(rand.NewPCG(5, 6)), 0
	for _, f := range All() {
		for i := range f.Overloads {
			o := &f.Overloads[i]
			if o.Total == nil {
				continue
			}
			for args := len(o.Args) - o.Optional; args <= len(o.Args); args++ {
				sc := vec.NewPool(nil, true).Open()
				const n = 300
				b := &arrowexec.Batch{Scope: sc, N: n}
				var es []expr.Expr
				for a, p := range o.Args[:args] {
					if c := constants[f.Name][a]; c != nil {
						es = append(es, c)
						continue
					}
					k := types[p.Kind]
					if k == nil || p.Any { // a STRUCT is as text
						k = vec.TypeString
					}
					es = append(es, &expr.Column{Index: len(b.Cols), Name: "c", T: k})
					b.Cols = append(b.Cols, edges(sc, r, k, n))
				}
				one := *f
				one.Overloads = f.Overloads[i : i+1]
				e, err := expr.NewCall(&one, es)
				if err != nil { // a TIME has no year, an INTERVAL no week, and text is no STRUCT
					require.Regexp(t, "no such unit|takes no week|does not take", err.Error())
					sc.Close()
					continue
				}
				if !expr.Safe(e) { // ROUND with digits
					sc.Close()
					continue
				}
				var c expr.Ctx
				c.Reset(b)
				e.Eval(&c, nil)
				require.Empty(t, c.Failed(), "%s", e)
				seen++
				sc.Close()
			}
		}
	}
	require.Greater(t, seen, 100)
	safe := func(name string, args ...expr.Expr) bool {
		for _, f := range All() {
			if f.Name == name {
				e, err := expr.NewCall(f, args)
				require.NoError(t, err)
				return expr.Safe(e)
			}
		}
		return false
	}
	s, n := &expr.Column{T: vec.TypeString}, &expr.Column{T: vec.TypeInt64}
	require.False(t, safe("ABS", n))
	require.False(t, safe("SUBSTRING", s, n, n))
	require.False(t, safe("SUBSTRING", s, n, expr.IntConst(-1)))
	require.False(t, safe("REGEXP_LIKE", s, s))
	require.False(t, safe("SPLIT_PART", s, s, expr.IntConst(0)))
	require.False(t, safe("DATE_TRUNC", s, &expr.Column{T: vec.TypeTimestamp}))
	require.False(t, safe("DATE_TRUNC", expr.StringConst("day"), n))
	require.False(t, safe("RANDOM"))
	require.False(t, safe("SQRT", &expr.Column{T: vec.TypeFloat64}))
}
