package kafka

import (
	"context"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

var textColumns = []arrow.Field{{Name: "value", Type: vec.TypeString, Nullable: true}}

// nonNil asks for no payload column at all.
var nonNil = []arrow.Field{}

// next reads one batch that has rows; nil at the end of a bounded read.
func next(t *testing.T, src arrowexec.Source, want int) []string {
	t.Helper()
	ctx := testContext(t)
	pool := vec.NewPool(nil, true)
	defer pool.Close()
	for {
		sc := pool.Open()
		b, err := src.Next(ctx, sc, want)
		if err == io.EOF {
			sc.Close()
			return nil
		}
		require.NoError(t, err)
		out := lines(b)
		sc.Close()
		if len(out) > 0 {
			return out
		}
	}
}

// nextN reads until n rows have come.
func nextN(t *testing.T, src arrowexec.Source, n int) []string {
	t.Helper()
	var out []string
	for len(out) < n {
		out = append(out, next(t, src, n-len(out))...)
	}
	slices.Sort(out)
	return out
}

// idle polls a while and gives what came.
func idle(t *testing.T, src arrowexec.Source, polls int) []string {
	t.Helper()
	pool := vec.NewPool(nil, true)
	defer pool.Close()
	var out []string
	for range polls {
		sc := pool.Open()
		b, err := src.Next(testContext(t), sc, 100)
		require.NoError(t, err)
		out = append(out, lines(b)...)
		sc.Close()
	}
	return out
}

// counted is a source that knows how many rows it has given with each batch.
type counted struct {
	arrowexec.Source
	rows []int64
}

func (c *counted) Next(ctx context.Context, sc *vec.Scope, want int) (*arrowexec.Batch, error) {
	b, err := c.Source.Next(ctx, sc, want)
	if err == nil {
		n := int64(b.N)
		if len(c.rows) > 0 {
			n += c.rows[len(c.rows)-1]
		}
		c.rows = append(c.rows, n)
	}
	return b, err
}

// ack acknowledges the batches that lie within the first rows.
func ack(t *testing.T, src arrowexec.Source, rows int64) {
	t.Helper()
	c, n := src.(*counted), int64(0)
	for n < int64(len(c.rows)) && c.rows[n] <= rows {
		n++
	}
	require.NoError(t, c.Source.(arrowexec.Acknowledger).Ack(testContext(t), n))
}

func (r *rig) open(t *testing.T, props ...string) arrowexec.Source {
	t.Helper()
	c := r.source(t, props...)
	require.False(t, c.Bounded())
	pieces, err := c.Scan(testContext(t), ingest.Scan{Columns: textColumns})
	require.NoError(t, err)
	require.Len(t, pieces, 1)
	src, err := pieces[0](testContext(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, src.Close()) })
	return &counted{Source: src}
}

func testUnbounded(t *testing.T, r *rig) {
	topic := r.topic(t, 2)
	for i := range 6 {
		r.produce(t, rec(topic, int32(i%2), int64(i), "", fmt.Sprint(i)))
	}
	props := []string{"topic", topic, "group.id", "g" + topic, "auto.offset.reset", "earliest"}
	src := r.open(t, props...)
	require.Equal(t, []string{"0", "1", "2", "3", "4", "5"}, nextN(t, src, 6))
	require.EqualValues(t, 6, src.Stats().Rows)
	require.Positive(t, src.Stats().Bytes)
	require.NoError(t, src.Close())
	require.NoError(t, src.Close(), "closed twice")

	// Nothing was acknowledged: the next member reads it all again.
	src = r.open(t, props...)
	first := next(t, src, 2)
	require.Len(t, first, 2)
	require.Len(t, nextN(t, src, 4), 4)
	ack(t, src, 1) // the first batch is not whole
	ack(t, src, 2)
	require.NoError(t, src.Close())

	// Only the first batch was acknowledged.
	src = r.open(t, props...)
	rest := nextN(t, src, 4)
	require.Empty(t, intersect(first, rest))
	ack(t, src, 4)
	require.Empty(t, idle(t, src, 3), "an empty batch when nothing comes")
	r.produce(t, rec(topic, 1, 9, "", "new"))
	require.Equal(t, []string{"new"}, nextN(t, src, 1))
	ack(t, src, 5)
	require.NoError(t, src.Close())
	src = r.open(t, props...)
	require.Empty(t, idle(t, src, 20))
}

func intersect(a, b []string) (out []string) {
	for _, x := range a {
		if slices.Contains(b, x) {
			out = append(out, x)
		}
	}
	return out
}

func testUnboundedStart(t *testing.T, r *rig) {
	topic := r.topic(t, 1)
	for i := range 5 {
		r.produce(t, rec(topic, 0, 1000*int64(i+1), "", fmt.Sprint(i)))
	}
	for i, c := range []struct {
		start string
		want  []string
	}{
		{"earliest", []string{"0", "1", "2", "3", "4"}},
		{"3", []string{"3", "4"}},
		{"-1", []string{"4"}},
		{"timestamp:2500", []string{"2", "3", "4"}},
	} {
		src := r.open(t, "topic", topic, "group.id", fmt.Sprint("g", i, topic), "start", c.start)
		require.Equal(t, c.want, nextN(t, src, len(c.want)), c.start)
		ack(t, src, int64(len(c.want)))
		require.NoError(t, src.Close())
		// What was committed goes before start.
		src = r.open(t, "topic", topic, "group.id", fmt.Sprint("g", i, topic), "start", c.start)
		require.Empty(t, idle(t, src, 5), c.start)
		require.NoError(t, src.Close())
	}
	// The default is the end: what comes is read, what was there is not.
	src := r.open(t, "topic", topic, "group.id", "end"+topic)
	require.Empty(t, idle(t, src, 10))
	r.produce(t, rec(topic, 0, 9, "", "new"))
	require.Equal(t, []string{"new"}, nextN(t, src, 1))
}

// A second member takes partitions over; what the first had not acknowledged of
// them is read again, and its late acknowledgement does not set the second back.
func testRebalance(t *testing.T, r *rig) {
	topic := r.topic(t, 2)
	for i := range 4 {
		r.produce(t, rec(topic, int32(i%2), int64(i), "", fmt.Sprintf("%d", i)))
	}
	for _, strategy := range []string{"cooperative-sticky", "range"} {
		group := strategy + topic
		props := []string{"topic", topic, "group.id", group, "auto.offset.reset", "earliest",
			"partition.assignment.strategy", strategy, "session.timeout.ms", "6000", "heartbeat.interval.ms", "200"}
		a := r.open(t, props...)
		require.Equal(t, []string{"0", "1", "2", "3"}, nextN(t, a, 4))

		b := r.open(t, props...)
		var got []string
		deadline := time.Now().Add(30 * time.Second)
		for len(got) < 2 && time.Now().Before(deadline) {
			got = append(got, idle(t, b, 1)...)
			// The first member must poll for the rebalance to go on; partitions that
			// it keeps may be read again by the eager strategy.
			idle(t, a, 1)
		}
		require.Len(t, got, 2, "%s: one partition went over", strategy)
		slices.Sort(got)
		require.Contains(t, [][]string{{"0", "2"}, {"1", "3"}}, got)
		moved := int32(0)
		if got[0] == "1" {
			moved = 1
		}
		ack(t, b, 2)
		ack(t, a, 4)
		require.NoError(t, a.Close())
		require.NoError(t, b.Close())
		off, err := r.adm.FetchOffsets(testContext(t), group)
		require.NoError(t, err)
		o, ok := off.Lookup(topic, moved)
		require.True(t, ok)
		require.EqualValues(t, 2, o.At, strategy)
	}
}

func testStaticMember(t *testing.T, r *rig) {
	topic := r.topic(t, 1)
	r.produce(t, rec(topic, 0, 1, "", "a"))
	props := []string{"topic", topic, "group.id", "g" + topic, "auto.offset.reset", "earliest", "group.instance.id", "one",
		"session.timeout.ms", "6000", "heartbeat.interval.ms", "500"}
	src := r.open(t, props...)
	require.Equal(t, []string{"a"}, nextN(t, src, 1))
	ack(t, src, 1)
	require.NoError(t, src.Close())
	// The member stays in the group, and comes back as itself.
	groups, err := r.adm.DescribeGroups(testContext(t), "g"+topic)
	require.NoError(t, err)
	require.Len(t, groups["g"+topic].Members, 1)
	require.Equal(t, "one", *groups["g"+topic].Members[0].InstanceID)
	r.produce(t, rec(topic, 0, 2, "", "b"))
	src = r.open(t, props...)
	require.Equal(t, []string{"b"}, nextN(t, src, 1))
}

func testServerSideGroup(t *testing.T, r *rig) {
	topic := r.topic(t, 2)
	r.produce(t, rec(topic, 0, 1, "", "a"), rec(topic, 1, 1, "", "b"))
	props := []string{"topic", topic, "group.id", "g" + topic, "auto.offset.reset", "earliest", "group.protocol", "consumer"}
	src := r.open(t, props...)
	require.Equal(t, []string{"a", "b"}, nextN(t, src, 2))
	ack(t, src, 2)
	require.NoError(t, src.Close())
	src = r.open(t, props...)
	require.Empty(t, idle(t, src, 15))
}
