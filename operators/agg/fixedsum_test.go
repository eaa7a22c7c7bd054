package agg

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestFixedSum compares with sums of unbounded precision, over numbers that come and
// go: what is left of numbers of which all bits fit is exact.
func TestFixedSum(t *testing.T) {
	for round := range 300 {
		rnd := rand.New(rand.NewPCG(uint64(round), 3))
		var s fixedSum
		var all []float64
		want := new(big.Float).SetPrec(2000)
		for range 40 {
			x := math.Ldexp(rnd.Float64()-0.5, rnd.IntN(340)-120)
			if len(all) > 0 && rnd.IntN(3) == 0 {
				i := rnd.IntN(len(all))
				x = -all[i]
				all = append(all[:i], all[i+1:]...)
			} else {
				all = append(all, x)
			}
			s.add(x)
			want.Add(want, big.NewFloat(x))
			got := s.near()
			hi, _ := want.Float64()
			require.LessOrEqual(t, math.Abs(hi-got.float()), math.Abs(hi)*0x1p-52)
			rest := new(big.Float).SetPrec(2000).Sub(want, big.NewFloat(got.hi))
			rest.Sub(rest, big.NewFloat(got.lo))
			left, _ := rest.Float64()
			require.LessOrEqual(t, math.Abs(left), math.Abs(hi)*0x1p-104)
			if hi >= 0 {
				for _, p := range []int{-100, -1, 0, 7, 100} {
					require.Equal(t, hi < math.Ldexp(1, p), s.below(p), "%g below 2^%d", hi, p)
				}
			}
		}
		for _, x := range all {
			s.add(-x)
		}
		require.Equal(t, fixedSum{}, s)
	}
}
