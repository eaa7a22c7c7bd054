package over

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestReleasedHoldsAllThatWent compares with a list of all rows: never more is done with
// than there, and just as much as long as nothing has been joined.
func TestReleasedHoldsAllThatWent(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 1))
	for _, joined := range []bool{false, true} {
		var r released
		var all []release
		by, low := int64(100), int64(0)
		for range 5000 {
			by += rnd.Int64N(3)
			x := release{by: by, own: by - rnd.Int64N(80)}
			all = append(all, x)
			r.add(x.by, x.own)
			require.LessOrEqual(t, len(r.all), mostReleases)
			if joined && rnd.IntN(2000) > 0 || !joined && rnd.IntN(20) > 0 {
				continue
			}
			low = max(low, by-rnd.Int64N(30))
			want := low
			for _, x := range all {
				if x.by >= low {
					want = min(want, x.own)
				}
			}
			got := r.least(low)
			if joined {
				require.LessOrEqual(t, got, want)
			} else {
				require.Equal(t, want, got)
			}
			r.forget(got)
		}
		require.EqualValues(t, int64(math.MaxInt64), r.least(math.MaxInt64))
	}
}
