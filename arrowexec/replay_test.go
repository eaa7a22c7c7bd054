package arrowexec

import (
	"context"
	"testing"
	"time"

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

// arrivals remembers how many rows came together and when.
type arrivals struct {
	Stateless
	rows []int
	at   []time.Duration
	from time.Time
}

func (a *arrivals) Process(b *Batch, _ Emit) error {
	a.rows, a.at = append(a.rows, b.N), append(a.at, time.Since(a.from))
	return nil
}

func TestSpeedHoldsRowsOfOneBatchApart(t *testing.T) {
	in := input(true, &ticks{batches: [][]int64{{1000, 1000, 600, 1200, 1400}, {1400}}})
	a := &arrivals{from: time.Now()}
	in.Next = []*Node{NewNode("at", a)}
	res, err := Run(context.Background(), &Graph{Inputs: []*Input{in}}, Options{Threads: 2, ReplayClock: true, Speed: 4})
	require.NoError(t, err)
	require.Equal(t, []int{3, 1, 1, 1}, a.rows)
	require.GreaterOrEqual(t, a.at[1], 50*time.Millisecond)
	require.GreaterOrEqual(t, a.at[2], 100*time.Millisecond)
	require.False(t, res.Stopped)
}

func TestStopEndsTheWaitOfAPacedRun(t *testing.T) {
	in := input(true, &ticks{batches: [][]int64{{0, 0, 3_600_000}}})
	a, stop := &arrivals{from: time.Now()}, make(chan struct{})
	in.Next = []*Node{NewNode("at", a)}
	time.AfterFunc(50*time.Millisecond, func() { close(stop) })
	res, err := Run(context.Background(), &Graph{Inputs: []*Input{in}}, Options{Speed: 1, Stop: stop})
	require.NoError(t, err)
	require.True(t, res.Stopped)
	require.Equal(t, []int{2}, a.rows)
	require.EqualValues(t, 1, res.Left[0].Rows)
}
