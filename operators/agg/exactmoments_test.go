package agg

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// TestStatisticsOfWhatIsLeft compares statistics after each row that comes or goes
// with those of the rows that are there.
func TestStatisticsOfWhatIsLeft(t *testing.T) {
	types := []arrow.DataType{vec.TypeFloat64, vec.TypeFloat64}
	pick := map[string]func(*rand.Rand) float64{
		"equal":  func(r *rand.Rand) float64 { return []float64{0.1, 0.1, 0.1, 0.3}[r.IntN(4)] },
		"prices": func(r *rand.Rand) float64 { return 1e6 + float64(r.IntN(1e4))/100 },
		"wide":   func(r *rand.Rand) float64 { return (r.Float64() - 0.5) * math.Pow(2, float64(r.IntN(100))) },
		"weird":  func(r *rand.Rand) float64 { return []float64{1, 2, 3, 4, math.NaN(), math.Inf(1)}[r.IntN(6)] },
	}
	for _, fn := range statistics() {
		of := types[:len(fn.Overloads[0].Args)]
		for name, next := range pick {
			rng := rand.New(rand.NewPCG(3, 4))
			pool := vec.NewPool(nil, true)
			newState := func() State { return fn.Overloads[0].New(of, nil) }
			st := Retracting(newState, of)
			st.Grow(1)
			var left [][2]float64
			one := func(sc *vec.Scope, rows [][2]float64) []*vec.Vec {
				var cols []*vec.Vec
				for c := range of {
					b := vec.NewBuilder(sc, vec.TypeFloat64, len(rows))
					for _, r := range rows {
						b.Float64(r[c])
					}
					cols = append(cols, b.Finish())
				}
				return cols
			}
			for range 300 {
				sc := pool.Open()
				row, what := [2]float64{next(rng), next(rng)}, Add
				if len(left) > 0 && rng.IntN(2) == 0 {
					i := rng.IntN(len(left))
					row, what = left[i], Take
					left = append(left[:i], left[i+1:]...)
				} else {
					left = append(left, row)
				}
				got := vec.NewBuilder(sc, vec.TypeFloat64, 1)
				b := &arrowexec.Batch{Scope: sc, N: 1}
				st.Change(&Changes{Batch: b, Groups: []int32{0}, Rows: vec.Sel{0}, What: []Change{what | Show}}, one(sc, [][2]float64{row}), got, nil)
				fresh, want := newState(), vec.NewBuilder(sc, vec.TypeFloat64, 1)
				fresh.Grow(1)
				b = &arrowexec.Batch{Scope: sc, N: len(left)}
				fresh.Update(b, make([]int32, len(left)), one(sc, left), nil)
				fresh.Emit([]int32{0}, want, nil)
				w, g := want.Finish(), got.Finish()
				where := fmt.Sprintf("%s of %s: %v", fn.Name, name, left)
				require.Equal(t, w.IsNull(0), g.IsNull(0), where)
				if x, y := vec.Values[float64](w)[0], vec.Values[float64](g)[0]; !w.IsNull(0) && (x == x || y == y) {
					require.InDelta(t, x, y, 1e-9*math.Abs(x)+1e-12, where)
				}
				sc.Close()
			}
		}
	}
}
