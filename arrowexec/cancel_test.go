package arrowexec

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

// endless gives batch after batch for one that it gets.
type endless struct {
	Stateless
	gave   int
	cancel func()
}

func (e *endless) Process(b *Batch, emit Emit) error {
	for {
		if e.gave++; e.gave == 3 {
			e.cancel()
		}
		if err := emit(b); err != nil {
			return err
		}
	}
}

// A run that is cancelled does not wait for an operator that still has batches to give.
func TestCancelledWithinABatch(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	op := &endless{cancel: cancel}
	out := NewNode("out", &dropper{})
	n := NewNode("endless", op, out)
	g := &Graph{Inputs: []*Input{{Next: []*Node{n}}}}
	g.prepare(ctx, false, &place{})
	require.ErrorIs(t, n.process(&Batch{N: 1}), context.Canceled)
	require.Equal(t, 3, op.gave)
	require.EqualValues(t, 2, out.Stats.Batches)
}

type dropper struct{ Stateless }

func (*dropper) Process(*Batch, Emit) error { return nil }
