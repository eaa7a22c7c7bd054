package window

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSessionsCloseByTheirEnds grows sessions at random and turns the wheel at
// random, to the end of time last: what is nearest must be what ends first.
func TestSessionsCloseByTheirEnds(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		gap := []int64{1, 7, 1000, 10_000, 1_000_000}[r.IntN(5)]
		s := &sessions{o: Options{Size: gap}, open: newWheel(gap)}
		left := map[int32]bool{}
		now := r.Int64N(1000)
		closeTo := func(to int64) {
			s.open.turn(to, s.now)
			var want, got []int64
			for id := range left {
				if s.all[id].end < to {
					want = append(want, s.all[id].end)
				}
			}
			slices.Sort(want)
			for d, ok := s.nearest(to); ok && d.end < to; d, ok = s.nearest(to) {
				got = append(got, d.end)
				require.True(t, left[d.id])
				delete(left, d.id)
				s.open.drop(d)
				s.all[d.id].closed = true
			}
			require.Equal(t, want, got, "seed %d", seed)
			first := int64(math.MaxInt64)
			for id := range left {
				first = min(first, s.all[id].end)
			}
			require.LessOrEqual(t, s.open.next(), first)
		}
		for range 300 {
			at := now + r.Int64N(3*gap) - gap
			if r.IntN(20) == 0 {
				at += gap * r.Int64N(500) // far ahead of the watermark
			}
			if len(left) > 0 && r.IntN(2) == 0 {
				x := &s.all[slices.Min(slices.Collect(maps.Keys(left)))]
				x.end = max(x.end, at+gap)
			} else {
				id := int32(len(s.all))
				s.all = append(s.all, session{bounds: bounds{at, at + gap}, live: true})
				left[id] = true
				s.open.put(deadline{bounds: bounds{at, at + gap}, id: id})
			}
			if r.IntN(3) == 0 {
				now += r.Int64N(gap)
				closeTo(now)
			}
		}
		closeTo(math.MaxInt64)
		require.Empty(t, left)
	}
}
