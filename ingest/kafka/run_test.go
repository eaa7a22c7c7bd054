package kafka

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/ingest"
)

// stopAfter closes stop once the sink has taken n rows.
type stopAfter struct {
	arrowexec.Sink
	n    int
	stop chan struct{}
}

func (s *stopAfter) Write(ctx context.Context, b *arrowexec.Batch) error {
	if s.n > 0 {
		if s.n -= b.Rows(); s.n <= 0 {
			close(s.stop)
		}
	}
	return s.Sink.Write(ctx, b)
}

// copyRows runs a source into a sink of a topic until n rows were written, or to
// the end of a bounded source for n = 0.
func copyRows(t *testing.T, r *rig, from, to string, n int, props ...string) {
	t.Helper()
	ctx := testContext(t)
	c := r.source(t, append([]string{"topic", from}, props...)...)
	pieces, err := c.Scan(ctx, ingest.Scan{Columns: textColumns, System: []string{"_key"}, Threads: 1})
	require.NoError(t, err)
	p := ingest.PropsOf(map[string]string{"bootstrap.servers": r.addr, "topic": to, "format": "text", "kafka.produce": sendings[r.way]})
	snk, err := Sink().Open(ctx, registry(), ingest.SinkSpec{Name: "out", Props: p, Output: ingest.Output{Fields: textColumns, Key: 1, Headers: -1, Time: -1, Deleted: -1}})
	require.NoError(t, err)
	s := &stopAfter{Sink: snk, n: n, stop: make(chan struct{})}
	var ledger arrowexec.Ledger
	g := &arrowexec.Graph{Inputs: []*arrowexec.Input{{Name: "s", Pieces: pieces, Bounded: c.Bounded(), Next: []*arrowexec.Node{arrowexec.NewSinkNode("out", s, &ledger)}}}}
	_, err = arrowexec.Run(ctx, g, arrowexec.Options{Poison: true, Stop: s.stop, CommitEvery: 50 * time.Millisecond})
	require.NoError(t, err)
	require.NoError(t, snk.Close(ctx, true))
}

// A continuous run that is stopped has committed what its sink acknowledged: the
// next one goes on there. A bounded run of a group does the same at its end.
func testRun(t *testing.T, r *rig) {
	from, to := r.topic(t, 2), r.topic(t, 2)
	for i := range 10 {
		r.produce(t, rec(from, int32(i%2), int64(i), fmt.Sprint(i%3), fmt.Sprint(i)))
	}
	group := []string{"group.id", "g" + from, "auto.offset.reset", "earliest"}
	copyRows(t, r, from, to, 10, group...)
	require.Len(t, r.readAll(t, to, 10), 10)
	for i := 10; i < 14; i++ {
		r.produce(t, rec(from, int32(i%2), int64(i), fmt.Sprint(i%3), fmt.Sprint(i)))
	}
	copyRows(t, r, from, to, 4, group...)
	copyRows(t, r, from, to, 0, append(group, "bounded", "true")...) // nothing is left
	r.produce(t, rec(from, 0, 14, "2", "14"))
	copyRows(t, r, from, to, 0, append(group, "bounded", "true")...)
	copyRows(t, r, from, to, 0, append(group, "bounded", "true")...)
	seen := map[string]int{}
	for _, x := range r.readAll(t, to, 15) {
		seen[string(x.Value)]++
	}
	require.Len(t, seen, 15)
	for i := range 15 {
		require.Equal(t, 1, seen[fmt.Sprint(i)], i)
	}
}

// seen collects the rows of a run and stops it after some.
type seen struct {
	rows  []string
	after int
	stop  chan struct{}
}

func (s *seen) Write(_ context.Context, b *arrowexec.Batch) error {
	before := len(s.rows)
	s.rows = append(s.rows, lines(b)...)
	if before < s.after && len(s.rows) >= s.after {
		close(s.stop)
	}
	return nil
}
func (s *seen) Flush(context.Context) error       { return nil }
func (s *seen) Close(context.Context, bool) error { return nil }
func (s *seen) Stats() arrowexec.SinkStats        { return arrowexec.SinkStats{} }

// Several pipelines read one bounded topic of a group: what was committed when the
// run is stopped is what the sink has had, a stretch of the input from its start,
// and the next run goes on right behind it.
func TestParallelRunsStopAndCommit(t *testing.T) { eachWay(t, testParallelRunsStopAndCommit) }

func testParallelRunsStopAndCommit(t *testing.T, way string) {
	r := fakeRig(t)
	r.way = way
	topic := r.topic(t, 3)
	many := r.produceMany(t, topic, 5*pieceRecords)
	var all []string
	for _, after := range []int{1, 9000, 0} {
		c := r.source(t, "topic", topic, "bounded", "true", "group.id", "g"+topic, "auto.offset.reset", "earliest")
		pieces, err := c.Scan(testContext(t), ingest.Scan{Columns: textColumns, Threads: 3})
		require.NoError(t, err)
		s := &seen{after: after, stop: make(chan struct{})}
		var progress arrowexec.SourceStats
		g := &arrowexec.Graph{Inputs: []*arrowexec.Input{{Name: "s", Pieces: pieces, Bounded: true, Next: []*arrowexec.Node{arrowexec.NewSinkNode("out", s, nil)}}}}
		res, err := arrowexec.Run(testContext(t), g, arrowexec.Options{Poison: true, Threads: 3, Stop: s.stop, CommitEvery: time.Millisecond,
			ProgressEvery: 1, Progress: func(p arrowexec.SourceStats) { progress = p }})
		require.NoError(t, err)
		require.Equal(t, after > 0, res.Stopped)
		require.GreaterOrEqual(t, progress.Rows, int64(1), "progress is seen while pieces are read")
		all = append(all, s.rows...)
		require.Equal(t, many[:len(all)], all, "nothing is read twice, nothing is left out")
		require.Equal(t, int64(len(all)), r.committed(t, "g"+topic, topic))
	}
	require.Len(t, all, len(many))
}

// committed sums the offsets that a group has committed.
func (r *rig) committed(t *testing.T, group, topic string) (sum int64) {
	t.Helper()
	off, err := r.adm.FetchOffsetsForTopics(testContext(t), group, topic)
	require.NoError(t, err)
	off.Each(func(o kadm.OffsetResponse) { sum += max(o.At, 0) })
	return sum
}
