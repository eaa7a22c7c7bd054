package group

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// TestStretchesAreNumberedAsTheirRows takes selections of stretches that are shorter,
// as long as and longer than what counts as one, with gaps between them, of few keys
// and of many, and compares numbers and first rows with a map's.
func TestStretchesAreNumberedAsTheirRows(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 5))
		sc := vec.NewPool(nil, true).Open()
		n, card := 3000, []int{1, 40, 3000}[r.IntN(3)]
		text := make([]string, n)
		b := vec.NewBuilder(sc, vec.TypeString, n)
		for i := range text {
			text[i] = fmt.Sprint("k", r.IntN(card))
			if r.IntN(4) == 0 {
				text[i] += " which is longer than sixteen bytes"
			}
			b.String(text[i])
		}
		var sel vec.Sel
		for at := r.IntN(3); at < n; {
			run := []int{1, 2, 63, 64, 65, 128, 700}[r.IntN(7)]
			for k := range min(run, n-at) {
				sel = append(sel, int32(at+k))
			}
			at += run + r.IntN(4)
		}
		table := New([]arrow.DataType{vec.TypeString})
		ids := make([]int32, n)
		batch := &arrowexec.Batch{Scope: sc, N: n, Seq: 77}
		table.Assign(batch, []*vec.Vec{b.Finish()}, sel, ids)
		want := map[string]int32{}
		for _, i := range sel {
			id, ok := want[text[i]]
			if !ok {
				id = int32(len(want))
				want[text[i]] = id
				stamp, _ := table.Arrival(id)
				require.Equal(t, 77+int64(i), stamp, "seed %d", seed)
			}
			require.Equal(t, id, ids[i], "seed %d row %d", seed, i)
		}
		require.Equal(t, len(want), table.Len())
		sc.Close()
	}
}
