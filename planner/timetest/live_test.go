package timetest

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/funcs"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/all"
	"github.com/velostream/velo/operators/agg"
	"github.com/velostream/velo/planner"
)

// step is what an unbounded source gives at a time of the clock.
type step struct {
	now  int64
	recs []*record
	see  func() // called before the step after it
}

// live is a source that does not end: it plays steps, and then stops the run.
type live struct {
	feed
	steps []step
	mu    sync.Mutex
	now   int64
	stop  chan struct{}
}

func (l *live) Bounded() bool { return false }

func (l *live) Scan(_ context.Context, s ingest.Scan) ([]arrowexec.Piece, error) {
	x := &liveReader{reader: reader{f: &l.feed, s: s}, l: l}
	return []arrowexec.Piece{func(context.Context) (arrowexec.Source, error) { return x, nil }}, nil
}

func (l *live) clock() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

type liveReader struct {
	reader
	l    *live
	next int
}

func (x *liveReader) Next(_ context.Context, sc *vec.Scope, _ int) (*arrowexec.Batch, error) {
	l := x.l
	if x.next > 0 && x.next <= len(l.steps) && l.steps[x.next-1].see != nil {
		l.steps[x.next-1].see()
	}
	x.next++
	if x.next > len(l.steps) {
		if x.next == len(l.steps)+1 {
			close(l.stop)
		}
		return x.batch(sc, nil)
	}
	s := l.steps[x.next-1]
	l.mu.Lock()
	l.now = s.now
	l.mu.Unlock()
	x.mu.Lock()
	x.at += len(s.recs)
	x.mu.Unlock()
	return x.batch(sc, s.recs)
}

func (x *liveReader) Partitions() []arrowexec.PartitionInfo {
	var out []arrowexec.PartitionInfo
	for p := range x.f.src.parts {
		out = append(out, arrowexec.PartitionInfo{Topic: "a", Partition: int32(p), Records: -1})
	}
	return out
}

// runLive runs queries over a live source a and gives their rows, the warnings
// and the report.
func runLive(t *testing.T, a *app, l *live) (map[string]kept, *[]string, func() planner.Report) {
	reg, err := expr.NewRegistry(append(expr.Operators(), funcs.All()...)...)
	require.NoError(t, err)
	sinks, warned := map[string]kept{}, &[]string{}
	l.src, l.stop = a.sources[0], make(chan struct{})
	o := planner.Options{
		Mode: planner.Run, Source: "query", Registry: all.New(), Funcs: reg, Aggs: agg.All(), Threads: 1, Set: map[string]string{},
		Connect: map[string]ingest.Connector{"a": l}, SinkFor: map[string]func(ingest.Output) (arrowexec.Sink, error){},
		Env: ingest.Env{Clock: l.clock}, Warn: func(s string) { *warned = append(*warned, s) },
	}
	sinksOf(a, &o, sinks)
	return sinks, warned, func() planner.Report {
		app, err := planner.Compile(context.Background(), a.sql(), o)
		require.NoError(t, err)
		defer app.Close()
		rep, err := app.Run(context.Background(), planner.RunOptions{Stop: l.stop})
		require.NoError(t, err)
		return rep
	}
}

func at(part int, ts int64, k string) *record {
	return &record{part: part, stamp: ts, vals: []value{ts, ts, k, int64(1), ""}}
}

func tumbling(name, emit string) *query {
	return &query{name: name, from: "a", items: []item{{alias: "s", sys: "_window_start"}, {alias: "n", agg: &call{fn: "count*"}}},
		win: &window{kind: "TUMBLING", size: 10_000}, keep: -1, lateness: -1, limit: -1, emit: emit}
}

// TestSilentPartitions holds that a partition of an unbounded read that is silent
// for watermark.idle_timeout no longer holds the watermark, that this is told by
// the name of the source, and that it counts again with its next record.
func TestSilentPartitions(t *testing.T) {
	a := &app{sources: []*source{{name: "a", parts: 2, stamps: true}}, queries: []*query{tumbling("o", "final")}}
	var sinks map[string]kept
	var warned *[]string
	var seen []int
	see := func() { seen = append(seen, len(sinks["o"].lines())) }
	l := &live{steps: []step{
		{now: 100_000, recs: []*record{at(0, 1000, "x"), at(1, 2000, "x")}},
		{now: 101_000, recs: []*record{at(0, 25_000, "x")}, see: see}, // partition 1 holds the watermark at 2000
		{now: 109_999, recs: []*record{at(0, 26_000, "x")}, see: see}, // silent for 9.999 s
		{now: 110_000, see: see}, // 10 s: the window closes though nothing comes
		{now: 110_500, recs: []*record{at(1, 27_000, "x"), at(1, 3000, "x")}, see: see},
		{now: 110_600, recs: []*record{at(0, 41_000, "x")}, see: see}, // partition 1 is at 27000 again
	}}
	sinks, warned, run := runLive(t, a, l)
	rep := run()
	require.Equal(t, []int{0, 0, 1, 1, 1}, seen)
	require.Equal(t, []string{`{"s":0,"n":2}`}, sinks["o"].lines())
	require.Equal(t, []string{`source "a": partition 1 is silent and no longer holds the watermark`, `source "a": partition 1 speaks again`}, *warned)
	require.Equal(t, arrowexec.Ledger{In: 7, Used: 2, Late: 1, Held: 4, Out: 1}, rep.Ledger)
}

// TestFinalRowsWaitForTheirWindow holds that FINAL gives nothing before the window
// closes, CHANGES each row at once, and a stopped run holds what it never gave.
func TestFinalRowsWaitForTheirWindow(t *testing.T) {
	a := &app{sources: []*source{{name: "a", parts: 1, stamps: true}}, queries: []*query{tumbling("f", "final"), tumbling("c", "changes")}}
	var sinks map[string]kept
	var seen [][2]int
	see := func() { seen = append(seen, [2]int{len(sinks["f"].lines()), len(sinks["c"].lines())}) }
	l := &live{steps: []step{
		{now: 1, recs: []*record{at(0, 1000, "x")}, see: see},
		{now: 2, recs: []*record{at(0, 9999, "x")}, see: see},
		{now: 3, recs: []*record{at(0, 10_000, "x"), at(0, 9000, "x")}, see: see},
	}}
	sinks, _, run := runLive(t, a, l)
	rep := run()
	require.Equal(t, [][2]int{{0, 1}, {0, 2}, {1, 3}}, seen)
	require.Equal(t, arrowexec.Ledger{In: 4, Used: 2, Late: 1, Held: 1, Out: 1}, rep.Queries[0].Ledger)
	require.Equal(t, arrowexec.Ledger{In: 4, Used: 3, Late: 1, Out: 3}, rep.Queries[1].Ledger)
}

// TestPaceShowsInNoRow replays cases at max, at 1x and at 10x of the time of their
// records, which here is some milliseconds.
func TestPaceShowsInNoRow(t *testing.T) {
	done := 0
	for seed := uint64(1); done < 6; seed++ {
		a := generate(seed)
		least, greatest := int64(after), int64(before)
		for _, s := range a.sources {
			for _, r := range s.recs {
				if r.gone == "" {
					least, greatest = min(least, r.stamp), max(greatest, r.stamp)
				}
			}
		}
		if least == before || greatest-least > 150 || greatest-least < 20 || slices.ContainsFunc(a.queries, func(q *query) bool { return q.win != nil }) == false {
			continue
		}
		done++
		want, err := run(a, a.shape.batch, 1)
		require.NoError(t, err)
		for _, speed := range []float64{1, 10} {
			began := time.Now()
			got, err := paced(a, speed)
			require.NoError(t, err)
			require.Equal(t, want, got, "seed %d at %gx\n%s", seed, speed, a)
			if speed == 1 && !strings.Contains(a.sql(), "LIMIT") {
				require.Greater(t, time.Since(began), time.Duration(greatest-least)*time.Millisecond/2, "seed %d took no time", seed)
			}
		}
	}
}

// paced replays a case at a speed.
func paced(a *app, speed float64) (outcome, error) {
	var feeds []*feed
	for _, s := range a.sources {
		feeds = append(feeds, &feed{src: s, to: len(s.recs), pieces: 1})
	}
	app, sinks, err := compile(a, feeds, 3)
	if err != nil {
		return outcome{}, err
	}
	defer app.Close()
	rep, err := app.Run(context.Background(), planner.RunOptions{Speed: speed, Sizer: &arrowexec.SizerOptions{Strategy: "fixed_size", Size: a.shape.batch}})
	return collected(a, sinks, rep), err
}
