package optest

import (
	"math/rand/v2"

	"github.com/apache/arrow/go/v17/arrow"
)

// Random fills rows of the given types with few different values and a NULL in
// about every eighth place, the same for the same seed.
func Random(seed uint64, n int, types ...arrow.DataType) [][]any {
	rnd := rand.New(rand.NewPCG(seed, 1))
	rows := make([][]any, n)
	for i := range rows {
		for _, t := range types {
			rows[i] = append(rows[i], randomValue(rnd, t))
		}
	}
	return rows
}

func randomValue(rnd *rand.Rand, t arrow.DataType) any {
	if rnd.IntN(8) == 0 {
		return nil
	}
	switch t.ID() {
	case arrow.STRING:
		return []string{"", "a", "b", "é", "a long text that is not inline", "a long text that is not inlinf", "ab\x00", "ab"}[rnd.IntN(8)]
	case arrow.FLOAT64, arrow.FLOAT32:
		return float64(rnd.IntN(9)-4) / 2
	case arrow.BOOL:
		return rnd.IntN(2) == 0
	}
	return rnd.IntN(11) - 5
}
