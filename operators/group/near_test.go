package group

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec/vec"
)

// Integers get the numbers that a map gives them, whether they lie close together,
// at first or later, grow upwards or downwards, or stand at the ends of the range.
func TestIntegersAreNumberedAlikeNearAndFar(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	streams := map[string]func(i int) int64{
		"ascending":      func(i int) int64 { return int64(i) },
		"descending":     func(i int) int64 { return int64(-i) },
		"sparse":         func(i int) int64 { return int64(i/8*32 + i%8) },
		"shuffled":       func(i int) int64 { return r.Int64N(5000) },
		"far":            func(i int) int64 { return r.Int64() },
		"near, then far": func(i int) int64 { return int64(i) * (1 + int64(i/3000)<<40) },
		"far, then near": func(i int) int64 { return map[bool]int64{true: r.Int64(), false: r.Int64N(20_000)}[i < 30] },
		"greatest":       func(i int) int64 { return math.MaxInt64 - r.Int64N(int64(i+1)) },
		"least":          func(i int) int64 { return math.MinInt64 + r.Int64N(int64(i+1)) },
		"both ends": func(i int) int64 {
			return map[bool]int64{true: math.MaxInt64, false: math.MinInt64}[i%2 == 0] - int64(i/2%2)
		},
		"around zero":       func(i int) int64 { return r.Int64N(int64(i+1)) - int64(i/2) },
		"islands":           func(i int) int64 { return int64(i%7)*1_000_000 + int64(i/7) },
		"one value a while": func(i int) int64 { return int64(i / 100) },
	}
	for name, next := range streams {
		for _, lined := range []int{-1, 0, 3, 11} { // batches before keys stand in lines
			t.Run(fmt.Sprint(name, " ", lined), func(t *testing.T) {
				table, want, lines := newInts(), map[int64]int32{}, 0
				for round := range 3 {
					for from := 0; from < 9000; from += 500 {
						if round == 0 && from == lined*500 {
							table.line(-1)
							lines = 1 << (lineBits + 6)
						}
						keys, ids, known := make([]int64, 500), make([]int32, 500), make([]int32, 500)
						var sel vec.Sel
						for i := range keys {
							keys[i] = next(from + i)
							if round == 1 && i%3 == 0 {
								sel = append(sel, int32(i))
							}
						}
						table.lookup(keys, sel, known)
						before := len(want)
						table.assign(keys, sel, ids)
						each(len(keys), sel, func(i int) {
							id, ok := want[keys[i]]
							if !ok {
								id = int32(len(want))
								want[keys[i]] = id
							}
							require.Equal(t, id, ids[i], "key %d", keys[i])
							require.Equal(t, id, table.get(keys[i]))
							require.Equal(t, keys[i], table.key(id))
							if int(id) >= before {
								id = -1
							}
							require.Equal(t, id, known[i])
						})
					}
					require.LessOrEqual(t, table.bytes(), int64(200*table.len()+2048+lines))
					if round == 1 {
						table.reset()
						clear(want)
					}
				}
			})
		}
	}
}

func BenchmarkIntegers(b *testing.B) {
	for _, keys := range []int64{1000, 200_000, 1_500_000} {
		b.Run(map[int64]string{1000: "thousand", 200_000: "many", 1_500_000: "million"}[keys], func(b *testing.B) {
			table, r := newInts(), rand.New(rand.NewPCG(1, 2))
			in, ids := make([]int64, 1<<16), make([]int32, 1<<16)
			for b.Loop() {
				for i := range in {
					in[i] = r.Int64N(keys)
				}
				table.assign(in, nil, ids)
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(len(in)), "ns/key")
		})
	}
}

// Growing costs little however close to the limit the keys lie.
func TestReachingDoesNotCopyAgainAndAgain(t *testing.T) {
	for _, step := range []int64{1, 2, 7, 8, -8, -1} {
		table, grown, before := newInts(), 0, 0
		for i := range int64(100_000) {
			table.find(i * step)
			if n := len(table.near.ids) + len(table.slots); n != before {
				grown, before = grown+1, n
			}
		}
		require.Less(t, grown, 60, "keys %d apart", step)
	}
}
