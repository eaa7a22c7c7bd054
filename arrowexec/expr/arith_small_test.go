package expr

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/stretchr/testify/require"
)

// TestSmallDecimalsAsLarge compares the arithmetic of 64-bit digits with that of
// all.
func TestSmallDecimalsAsLarge(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	edges := []int64{0, 1, -1, math.MaxInt64, math.MinInt64, math.MaxInt64 - 1, 1 << 32, -1 << 32}
	pick := func() int64 {
		if r.IntN(3) == 0 {
			return edges[r.IntN(len(edges))]
		}
		return int64(r.Uint64()) >> r.IntN(64)
	}
	for range 20000 {
		x, y := decimal128.FromI64(pick()), decimal128.FromI64(pick())
		want, ok := mulDecimal(x, y)
		got, is := mulSmall(x, y)
		require.Equal(t, ok, is)
		require.Equal(t, want, got, "%v * %v", x, y)
		byX, byY, sub := int32(r.IntN(19)), int32(r.IntN(19)), r.IntN(2) == 0
		want, ok = addDecimal(x, y, byX, byY, sub)
		got, is = addSmall(x, y, int64(pow10[byX].lo), int64(pow10[byY].lo), byX, byY, sub)
		require.Equal(t, ok, is)
		if ok {
			require.Equal(t, want, got, "%v, %v by %d, %d", x, y, byX, byY)
		}
	}
}
