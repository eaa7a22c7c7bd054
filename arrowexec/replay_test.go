package arrowexec

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

// bare replaces all columns, as a projection does.
type bare struct{ Stateless }

func (bare) Process(b *Batch, emit Emit) error { return emit(b.With(nil, b.Sel)) }

type nows struct {
	Stateless
	seen []int64
}

func (n *nows) Process(b *Batch, _ Emit) error { n.seen = append(n.seen, b.Now); return nil }

func TestReplayClockOfPiecesReadsTheSourcesColumns(t *testing.T) {
	in := input(true, &ticks{batches: [][]int64{{5, 9}, {7}}}, &ticks{batches: [][]int64{{12}}})
	in.Prefix = func() []Operator { return []Operator{bare{}} }
	n := &nows{}
	in.Next = []*Node{NewNode("now", n)}
	_, err := Run(context.Background(), &Graph{Inputs: []*Input{in}}, Options{Threads: 2, ReplayClock: true})
	require.NoError(t, err)
	require.Equal(t, []int64{9, 9, 12}, n.seen)
}
