package arrowexec

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec/vec"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ticks is a source of batches of timestamps; it commits what is acknowledged.
type ticks struct {
	batches [][]int64
	acked   int64
	fail    error
}

func (s *ticks) Next(_ context.Context, sc *vec.Scope, _ int) (*Batch, error) {
	if len(s.batches) == 0 {
		if s.fail != nil {
			return nil, s.fail
		}
		return nil, io.EOF
	}
	rows := s.batches[0]
	s.batches = s.batches[1:]
	b := vec.NewBuilder(sc, vec.TypeInt64, len(rows))
	for _, x := range rows {
		b.Int64(x)
	}
	return &Batch{N: len(rows), Cols: []*vec.Vec{b.Finish()}}, nil
}
func (s *ticks) Ack(_ context.Context, rows int64) error { s.acked = rows; return nil }
func (s *ticks) Stats() SourceStats                      { return SourceStats{} }
func (s *ticks) Close() error                            { return nil }

func input(bounded bool, srcs ...*ticks) *Input {
	in := &Input{Bounded: bounded, Times: func(b *Batch) []int64 { return vec.Values[int64](b.Cols[0]) }}
	for _, s := range srcs {
		in.Pieces = append(in.Pieces, func(context.Context) (Source, error) { return s, nil })
	}
	return in
}

// holder keeps a scope open between batches, as a sort does.
type holder struct {
	Stateless
	sc    *vec.Scope
	rows  []int64
	limit int
	bad   int64
}

func (h *holder) Process(b *Batch, _ Emit) error {
	if h.sc == nil {
		h.sc = b.Scope.Pool().Open()
		h.sc.Bytes(10000)
	}
	if b.Watermark != NoWatermark {
		return errors.New("a source's batch has a watermark")
	}
	for i := range b.N {
		if b.Sel == nil || i >= int(b.Sel[0]) && i <= int(b.Sel[len(b.Sel)-1]) {
			x := vec.Values[int64](b.Cols[0])[i]
			if h.bad != 0 && x == h.bad {
				panic("bad row")
			}
			h.rows = append(h.rows, x)
		}
	}
	if h.limit > 0 && len(h.rows) >= h.limit {
		return ErrDone
	}
	return nil
}

func (h *holder) Close() {
	if h.sc != nil {
		h.sc.Close()
		h.sc = nil
	}
}

func TestRunMergesAcknowledgesAndFreesAll(t *testing.T) {
	bad := errors.New("broken")
	seq := func(from, n int64) (out []int64) {
		for i := range n {
			out = append(out, from+i)
		}
		return out
	}
	for _, c := range []struct {
		name    string
		inputs  [][]*ticks
		live    bool
		threads int
		limit   int
		bad     int64
		want    []int64
		any     bool // order between inputs is open
		err     string
	}{
		{name: "merged with an empty batch", inputs: [][]*ticks{{{batches: [][]int64{{1, 4}, {}, {9}}}}, {{batches: [][]int64{{2, 3, 5}}}}}, want: []int64{1, 2, 3, 4, 5, 9}},
		{name: "live inputs lose nothing", live: true, inputs: [][]*ticks{{{batches: [][]int64{{1, 4}, {9}}}}, {{batches: [][]int64{{2, 3, 5}}}, {batches: [][]int64{{6}}}}}, want: []int64{1, 2, 3, 4, 5, 6, 9}, any: true},
		{name: "limit", inputs: [][]*ticks{{{batches: [][]int64{{1}, {2}, {3}}}}}, limit: 2, want: []int64{1, 2}},
		{name: "source fails", inputs: [][]*ticks{{{batches: [][]int64{{1}}, fail: bad}}}, err: "broken"},
		{name: "operator panics", inputs: [][]*ticks{{{batches: [][]int64{{1}, {7}}}}}, bad: 7, err: "bad row"},
		{name: "pieces in order", threads: 2, inputs: [][]*ticks{{{batches: [][]int64{seq(0, 5), seq(5, 5)}}, {batches: [][]int64{seq(10, 5)}}, {batches: [][]int64{seq(15, 5)}}}}, want: seq(0, 20)},
		{name: "limit before a failing piece", threads: 2, limit: 5, inputs: [][]*ticks{{{batches: [][]int64{seq(0, 5)}}, {batches: [][]int64{seq(5, 5)}, fail: bad}}}, want: seq(0, 5)},
		{name: "failing piece behind pieces", threads: 2, inputs: [][]*ticks{{{batches: [][]int64{{1}}}, {batches: [][]int64{{2}}, fail: bad}}}, err: "broken"},
		{name: "panic behind pieces", threads: 2, bad: 3, inputs: [][]*ticks{{{batches: [][]int64{{1}, {3}}}, {batches: [][]int64{{4}, {5}, {6}}}}}, err: "bad row"},
	} {
		t.Run(c.name, func(t *testing.T) {
			mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
			h := &holder{limit: c.limit, bad: c.bad}
			n := NewNode("hold", h)
			g := &Graph{}
			for _, srcs := range c.inputs {
				in := input(!c.live, srcs...)
				in.Next = []*Node{n}
				g.Inputs = append(g.Inputs, in)
			}
			// The nodes' consumers are none: a terminal operator, not a sink.
			res, err := Run(context.Background(), g, Options{Allocator: mem, Poison: true, Threads: c.threads})
			mem.AssertSize(t, 0)
			if c.err != "" {
				require.ErrorContains(t, err, c.err)
				return
			}
			require.NoError(t, err)
			require.Positive(t, res.Sized)
			if c.any {
				require.ElementsMatch(t, c.want, h.rows)
			} else {
				require.Equal(t, c.want, h.rows)
			}
			if c.threads == 0 && c.limit == 0 && !c.live {
				for _, srcs := range c.inputs {
					require.Equal(t, true, srcs[0].acked > 0)
				}
			}
		})
	}
}

// slow gives one batch and then nothing until the run ends.
type slow struct {
	ticks
	rows atomic.Int64
}

func (s *slow) Next(ctx context.Context, sc *vec.Scope, want int) (*Batch, error) {
	if len(s.batches) == 0 {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	b, err := s.ticks.Next(ctx, sc, want)
	s.rows.Add(int64(b.N))
	return b, err
}
func (s *slow) Stats() SourceStats { return SourceStats{Rows: s.rows.Load()} }

// all takes all rows and gives none before the end.
type all struct{ holder }

func (*all) Merge(Operator) error { return nil }

// Progress counts pieces that are still being read, and a run of several pipelines
// stops while they are waited for.
func TestParallelRunsShowProgressAndStop(t *testing.T) {
	for _, partial := range []bool{false, true} {
		pieces := []*slow{{ticks: ticks{batches: [][]int64{{1, 2}}}}, {ticks: ticks{batches: [][]int64{{3, 4, 5}}}}}
		in := input(true)
		for _, s := range pieces {
			in.Pieces = append(in.Pieces, func(context.Context) (Source, error) { return s, nil })
		}
		if partial {
			in.Partial = func() Mergeable { return &all{} }
		}
		h := &holder{}
		in.Next = []*Node{NewNode("hold", h)}
		stop := make(chan struct{})
		res, err := Run(context.Background(), &Graph{Inputs: []*Input{in}}, Options{Threads: 2, Stop: stop, ProgressEvery: time.Millisecond, Progress: func(s SourceStats) {
			if s.Rows == 5 && stop != nil {
				close(stop)
				stop = nil
			}
		}})
		require.NoError(t, err)
		require.True(t, res.Stopped)
		if partial {
			require.Empty(t, h.rows)
			require.Zero(t, pieces[0].acked+pieces[1].acked)
		} else {
			require.Equal(t, []int64{1, 2}, h.rows)
			require.EqualValues(t, 1, pieces[0].acked)
			require.Zero(t, pieces[1].acked, "it was not handed on")
		}
	}
}

// Sources that are read one after the other are all acknowledged, the last batches
// of each included.
func TestEveryPieceIsAcknowledged(t *testing.T) {
	for _, threads := range []int{1, 2} {
		pieces := []*ticks{{batches: [][]int64{{1}, {2, 3}, {}}}, {batches: [][]int64{{}}}, {batches: [][]int64{{4}}}}
		in := input(true, pieces...)
		in.Next = []*Node{NewNode("take", &nows{})}
		_, err := Run(context.Background(), &Graph{Inputs: []*Input{in}}, Options{Threads: threads})
		require.NoError(t, err)
		for i, n := range []int64{3, 1, 1} {
			require.Equal(t, n, pieces[i].acked, "piece %d, %d threads", i, threads)
		}
	}
}
