package vec

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// Ahead changes nothing and takes any number, of elements in one line of cache and in two.
func TestAheadTakesAnyNumber(t *testing.T) {
	type odd [5]uint64
	for n := range 70 {
		words, cells, at := make([]uint64, n), make([]odd, n), make([]int32, n)
		for i := range at {
			at[i] = []int32{int32(i), -1, math.MinInt32, math.MaxInt32, int32(n)}[i%5]
			words[i], cells[i] = uint64(i), odd{4: uint64(i)}
		}
		was, cellsWere, atWas := slices.Clone(words), slices.Clone(cells), slices.Clone(at)
		Ahead(words, at, 0)
		Ahead(cells, at, 3)
		Ahead(cells, []uint32{math.MaxUint32, 0, 1 << 30}[:n%4%3], 30)
		require.Equal(t, was, words)
		require.Equal(t, cellsWere, cells)
		require.Equal(t, atWas, at)
	}
	for n := range 40 {
		AheadBytes(make([]byte, n), []uint32{0, 1, 2, math.MaxUint32})
		AheadIn([]*[8]uint64{{}}[:n%2], []int32{0, 7, -1, 8}, 3)
	}
	AheadIn([]*[8]uint64{{}, {}}, []int32{0, 7, -1, 8, 16}, 3)
	Ahead([]uint64{}, []int32{1}, 0)
}
