package sort

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRadixIsStable(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for name, number := range map[string]func() uint64{
		"spread":  rnd.Uint64,
		"few":     func() uint64 { return rnd.Uint64N(3) },
		"one":     func() uint64 { return 7 },
		"narrow":  func() uint64 { return 1<<40 + rnd.Uint64N(5000) },
		"skewed":  func() uint64 { return 1 << rnd.Uint64N(64) },
		"extreme": func() uint64 { return []uint64{0, math.MaxUint64, 1, math.MaxUint64 - 1}[rnd.IntN(4)] },
		"doubles": func() uint64 { return float(float64(rnd.IntN(10_000_000)) / 1e4) },
	} {
		for _, n := range []int{1, 2, 30, 3000, 100_000} {
			numbers := make([]uint64, 2*n)
			for i := range numbers {
				numbers[i] = number()
			}
			var rows []int32
			for i := 0; i < len(numbers); i += 2 {
				rows = append(rows, int32(i))
			}
			want := slices.Clone(rows)
			slices.SortStableFunc(want, func(i, j int32) int {
				switch x, y := numbers[i], numbers[j]; {
				case x < y:
					return -1
				case x > y:
					return 1
				}
				return 0
			})
			got, ties := radix(numbers, rows, true)
			require.Equal(t, want, got, "%s %d", name, n)
			var runs []tie
			for from := 0; from < n; {
				to := from + 1
				for to < n && numbers[want[to]] == numbers[want[from]] {
					to++
				}
				if to > from+1 {
					runs = append(runs, tie{int32(from), int32(to)})
				}
				from = to
			}
			require.Equal(t, runs, ties, "%s %d", name, n)
		}
	}
}

func BenchmarkRadix(b *testing.B) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{10_000, 3_000_000} {
		numbers := make([]uint64, n)
		for i := range numbers {
			numbers[i] = float(10 + float64(rnd.IntN(9_900_000))/1e4)
		}
		rows := ascending(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				radix(numbers, rows, false)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/row")
		})
	}
}
