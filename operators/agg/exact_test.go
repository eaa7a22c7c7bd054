package agg

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec/vec"
)

// TestExactSumsAreWhatIsLeft adds and takes back floats of all magnitudes and
// compares each sum with the one of what is left, rounded once.
func TestExactSumsAreWhatIsLeft(t *testing.T) {
	pick := map[string]func(*rand.Rand) float64{
		"prices": func(r *rand.Rand) float64 { return float64(r.IntN(1e6)) / 100 },
		"magnitudes": func(r *rand.Rand) float64 {
			return (r.Float64() - 0.5) * math.Pow(2, float64(r.IntN(400)-200))
		},
		"any": func(r *rand.Rand) float64 {
			for {
				if x := math.Float64frombits(r.Uint64()); x-x == 0 {
					return x
				}
			}
		},
		"halves": func(r *rand.Rand) float64 {
			return []float64{1, 0x1p-53, 0x1p-54, -0x1p-54, 0x1p-106, -1, 3}[r.IntN(7)]
		},
		"huge": func(r *rand.Rand) float64 {
			return []float64{math.MaxFloat64, -math.MaxFloat64, 1e308, 0x1p960, -0x1p959, 1, 0x1p-1074, math.Inf(1), math.Inf(-1), math.NaN()}[r.IntN(10)]
		},
	}
	for name, next := range pick {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(20) {
				rng := rand.New(rand.NewPCG(seed, 5))
				var e exacts
				e.acc = grown(e.acc, 1)
				var left []float64
				for range 200 {
					if len(left) > 0 && rng.IntN(5) < 2 {
						i := rng.IntN(len(left))
						e.add(0, left[i], -1)
						left = append(left[:i], left[i+1:]...)
					} else {
						x := next(rng)
						left = append(left, x)
						e.add(0, x, 1)
					}
					sum, special := new(big.Float).SetPrec(4400), 0.0
					for _, x := range left {
						if x-x != 0 {
							special += x
						} else {
							sum.Add(sum, new(big.Float).SetFloat64(x))
						}
					}
					want, _ := sum.Float64()
					if special != 0 || special != special {
						want = special
					}
					if got := e.total(0); want == want || got == got {
						require.Equal(t, want, got, "of %v", left)
					}
				}
				for _, x := range left {
					e.add(0, x, -1)
				}
				require.Equal(t, exact{parts: e.acc[0].parts}, e.acc[0], "nothing is left of it")
				require.Empty(t, e.huge(0))
			}
		})
	}
}

func TestExactSumsAreWrittenDown(t *testing.T) {
	for _, c := range [][]float64{{}, {1, 2}, {1, 0x1p-100, 0x1p-300, 0x1p300, 0x1p-500}, {math.MaxFloat64, math.MaxFloat64, 1}, {math.NaN(), math.Inf(1), 3}} {
		f, g, m := &exactFloats[float64]{what: wantSum}, &exactFloats[float64]{what: wantSum}, &exactFloats[float64]{what: wantSum}
		f.Grow(1)
		for _, x := range c {
			f.sums.add(0, x, 1)
		}
		pool := vec.NewPool(nil, true)
		sc := pool.Open()
		g.Restore(f.Snapshot(sc, []int32{0}))
		m.Grow(2)
		m.Merge(g, []int32{1})
		for _, x := range c {
			m.sums.add(1, x, -1)
		}
		if want, got := f.sums.total(0), g.sums.total(0); want == want || got == got {
			require.Equal(t, want, got)
		}
		require.Zero(t, m.sums.total(1))
		require.Zero(t, m.sums.acc[1].n)
		sc.Close()
	}
}
