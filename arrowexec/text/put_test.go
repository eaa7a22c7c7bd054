package text

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNumbersArePutAsStrconvWritesThem(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	room := make([]byte, 3+Room)
	check := func(x int64) {
		want := strconv.FormatInt(x, 10)
		copy(room, "abc")
		require.Equal(t, "abc"+want, string(room[:PutInt64(room, 3, x)]))
	}
	for p, x := 0, int64(1); p < 19; p++ {
		for d := int64(-2); d <= 2; d++ {
			check(x + d)
			check(-x + d)
		}
		x *= 10
	}
	check(math.MaxInt64)
	check(math.MinInt64)
	for range 200_000 {
		check(int64(rnd.Uint64()) >> rnd.UintN(64))
	}
	for range 200_000 {
		x := float64(int64(rnd.Uint64())>>rnd.UintN(64)) / []float64{1, 10, 100, 1e3, 1e4, 1e5, 1e7}[rnd.IntN(7)]
		if rnd.IntN(4) == 0 {
			x = math.Float64frombits(math.Float64bits(x) + rnd.Uint64N(3) - 1)
		}
		if a := math.Abs(x); a >= 1e-4 && a < 1e15 {
			want := strconv.FormatFloat(x, 'f', -1, 64)
			require.Equal(t, want, string(AppendFloat64(nil, x)))
			require.Equal(t, want, string(room[3:PutFloat64(room, 3, x)]))
		}
	}
	for _, x := range []float64{0, math.Copysign(0, -1), math.NaN(), math.Inf(1), math.Inf(-1), 1e300, -1.5e-300, 5e-324, 1e15, 123456789012345.7} {
		require.Equal(t, string(AppendFloat64(nil, x)), string(room[3:PutFloat64(room, 3, x)]))
	}
}

// FuzzPutFloat64 compares with strconv, whatever the bits.
func FuzzPutFloat64(f *testing.F) {
	f.Add(uint64(0x4059000000000000))
	f.Add(math.Float64bits(123.4567))
	f.Fuzz(func(t *testing.T, u uint64) {
		room := make([]byte, Room)
		for _, x := range []float64{math.Float64frombits(u), float64(int64(u)>>11) / 1e4, float64(int64(u)>>20) / 1e4} {
			got := string(room[:PutFloat64(room, 0, x)])
			a := math.Abs(x)
			switch {
			case x != x, a > math.MaxFloat64:
				continue
			case a != 0 && (a < 1e-4 || a >= 1e15):
				require.Equal(t, strconv.FormatFloat(x, 'e', -1, 64), got)
			default:
				require.Equal(t, strconv.FormatFloat(x, 'f', -1, 64), got)
			}
		}
		x := int64(u)
		require.Equal(t, strconv.FormatInt(x, 10), string(room[:PutInt64(room, 0, x)]))
	})
}
