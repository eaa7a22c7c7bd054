package agg

import (
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// The mean that is computed in machine words is that of numbers of any size.
func TestAverageOfDecimals(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		x := new(big.Int).Lsh(big.NewInt(r.Int64()), uint(r.IntN(100)))
		x.Add(x, big.NewInt(r.Int64N(1000)))
		if r.IntN(2) == 0 {
			x.Neg(x)
		}
		low := new(big.Int).And(x, new(big.Int).SetUint64(1<<64-1)).Uint64()
		mid := new(big.Int).And(new(big.Int).Rsh(x, 64), new(big.Int).SetUint64(1<<64-1)).Uint64()
		a := decAcc{lo: low, mid: mid, hi: new(big.Int).Rsh(x, 128).Int64(), n: 1 + r.Int64N(1<<r.IntN(62))}
		require.Equal(t, x.String(), a.big().String())
		digits := int32(r.IntN(20))
		want, ok := average(x, a.n, digits)
		got, also := a.average(digits)
		require.Equal(t, ok, also, "%v / %d with %d digits more", x, a.n, digits)
		require.Equal(t, want, got, "%v / %d with %d digits more", x, a.n, digits)
	}
}
