package expr

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// TestMasksAsSelections compares conjunctions over whole columns, which are bits where the
// processor can, with the same over a selection of all rows, which the loops of Go narrow.
func TestMasksAsSelections(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	types := []arrow.DataType{vec.TypeInt64, vec.TypeInt32, vec.TypeFloat64, vec.TypeString, vec.TypeDate, vec.TypeTimestamp}
	pool := vec.NewPool(nil, true)
	masked := 0
	for range 4000 {
		s := pool.Open()
		n := []int{r.IntN(100), 64 + r.IntN(64), 1024, 1000}[r.IntN(4)]
		from := r.IntN(20)
		var cols []*vec.Vec
		var args []Expr
		for i := range 1 + r.IntN(3) {
			ty := types[r.IntN(len(types))]
			v := few(r, s, ty, n+from+r.IntN(3))
			if r.IntN(3) == 0 { // all alike, or texts of one length
				v = few(r, s, ty, 1)
				b := vec.NewBuilder(s, ty, n+from)
				other := few(r, s, ty, 1)
				for range n + from {
					switch {
					case r.IntN(50) == 0 && ty == vec.TypeString && len(other.StringAt(0)) == len(v.StringAt(0)):
						b.AppendRow(other, 0)
					default:
						b.AppendRow(v, 0)
					}
				}
				v = b.Finish()
			}
			cols = append(cols, s.Slice(v, from, from+n))
			e := newCompare(compareOp(r.IntN(6)), &Column{Index: i, T: ty}, &Const{One: few(r, s, ty, 1)})
			if r.IntN(8) == 0 {
				e = NewIsNull(e, true)
			}
			args = append(args, e)
		}
		e, err := NewAnd(args...)
		require.NoError(t, err)
		c := &Ctx{}
		c.Reset(&arrowexec.Batch{Scope: s, N: n, Cols: cols})
		every := make(vec.Sel, n)
		for i := range every {
			every[i] = int32(i)
		}
		want, got := Filter(c, e, every), Filter(c, e, nil)
		if got == nil {
			got = every
		}
		require.Equal(t, append([]int32{}, want...), append([]int32{}, got...), "%d rows, %s", n, e)
		if _, done := filterMasked(c, args); done > 0 {
			masked++
		}
		s.Close()
	}
	if comparesMany {
		require.Greater(t, masked, 1000)
	}
}

// few makes a column of few different values, some of them NULL unless it is one row.
func few(r *rand.Rand, s *vec.Scope, t arrow.DataType, n int) *vec.Vec {
	b := vec.NewBuilder(s, t, n)
	nulls := n > 1 && r.IntN(3) == 0
	least := r.IntN(4) * -1
	floats := []float64{0, math.Copysign(0, -1), 1, -1, math.NaN(), math.Inf(1), math.Inf(-1), 0.5}
	texts := []string{"", "a", "b", "BUY", "SEL", "SELL", "12345678", "12345679", "123456789", "0123456789abcdefg", "é"}
	if r.IntN(2) == 0 {
		texts = texts[3:5] // all of one length
	}
	for range n {
		if nulls && r.IntN(5) == 0 {
			b.Null()
			continue
		}
		switch vec.KindOf(t) {
		case vec.Float64:
			b.Float64(floats[r.IntN(len(floats))])
		case vec.String:
			b.String(texts[r.IntN(len(texts))])
		case vec.Int32, vec.Date:
			b.Int32([]int32{math.MinInt32, math.MaxInt32, int32(r.IntN(5) + least)}[min(r.IntN(20), 2)])
		default:
			b.Int64([]int64{math.MinInt64, math.MaxInt64, int64(r.IntN(5) + least)}[min(r.IntN(20), 2)])
		}
	}
	return b.Finish()
}

// BenchmarkMasks is two comparisons of 8,192 rows, as bits and as selections.
func BenchmarkMasks(b *testing.B) {
	const n = 8192
	r := rand.New(rand.NewPCG(1, 2))
	pool := vec.NewPool(nil, false)
	keep := pool.Open()
	x, y := keep.New(vec.TypeFloat64, n), keep.New(vec.TypeInt64, n)
	every := make(vec.Sel, n)
	for i := range n {
		every[i] = int32(i)
		vec.Values[float64](x)[i], vec.Values[int64](y)[i] = r.Float64(), r.Int64N(1000)
	}
	e, err := NewAnd(newCompare(opGt, &Column{Index: 0, T: x.Type}, FloatConst(0.25)), newCompare(opLe, &Column{Index: 1, T: y.Type}, IntConst(500)))
	if err != nil {
		b.Fatal(err)
	}
	c := &Ctx{}
	for name, sel := range map[string]vec.Sel{"bits": nil, "selections": every} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				s := pool.Open()
				c.Reset(&arrowexec.Batch{Scope: s, N: n, Cols: []*vec.Vec{x, y}})
				Filter(c, e, sel)
				s.Close()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row")
		})
	}
}
