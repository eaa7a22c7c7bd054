package text

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// Numbers of few decimals are written without a search for the shortest text: it is the
// shortest all the same, also next to such a number and at the ends of the range.
func TestNumbersOfFewDecimalsAreTheShortest(t *testing.T) {
	rnd := rand.New(rand.NewPCG(11, 2))
	for range 300_000 {
		x := float64(rnd.Int64N(1<<uint(1+rnd.IntN(52)))) / []float64{1, 10, 100, 1000, 1e4, 1e5, 3}[rnd.IntN(7)]
		switch rnd.IntN(4) {
		case 0:
			x = math.Nextafter(x, math.Inf(1))
		case 1:
			x = math.Nextafter(x, math.Inf(-1))
		}
		if rnd.IntN(2) == 0 {
			x = -x
		}
		if a := math.Abs(x); a < 1e-4 || a >= 1e15 {
			continue
		}
		require.Equal(t, strconv.FormatFloat(x, 'f', -1, 64), string(AppendFloat64(nil, x)))
	}
	for x, want := range map[float64]string{1e-4: "0.0001", 9.999e-5: "9.999e-05", 0.5: "0.5", -0.25: "-0.25", 99999999999.9999: "99999999999.9999", 1e11 + 0.0625: "100000000000.0625", math.Copysign(0, -1): "-0"} {
		require.Equal(t, want, string(AppendFloat64(nil, x)))
	}
}
