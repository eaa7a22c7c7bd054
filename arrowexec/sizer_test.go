package arrowexec

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

// wide takes 64 KiB for each batch.
type wide struct{ Stateless }

func (wide) Process(b *Batch, emit Emit) error {
	b.Scope.Bytes(1 << 16)
	return emit(b)
}

// memory_based learns from the bytes that a batch took, in a run of several
// pipelines too, whether its batches are handed on or not.
func TestMemoryBasedSizesByTheBytesOfABatch(t *testing.T) {
	for _, threads := range []int{1, 2} {
		in := input(true, &ticks{batches: [][]int64{{1, 2, 3, 4}}}, &ticks{batches: [][]int64{{5, 6, 7, 8}}})
		in.Prefix = func() []Operator { return []Operator{wide{}} }
		in.Next = []*Node{NewNode("count", &nows{})}
		res, err := Run(context.Background(), &Graph{Inputs: []*Input{in}},
			Options{Threads: threads, Sizer: SizerOptions{Strategy: "memory_based", Min: 1, Memory: 1 << 20}})
		require.NoError(t, err)
		require.Len(t, res.Decisions, 2)
		for _, d := range res.Decisions {
			require.Equal(t, "bytes a row seen last", d.Reason)
			require.GreaterOrEqual(t, d.Next, 32) // 1 MiB over 20 KiB a row
			require.LessOrEqual(t, d.Next, 64)
		}
	}
}
