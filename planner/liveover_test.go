package planner_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/planner"
)

// TestOverOfAChainWhileTheTopicGoesOn reads a topic that does not end through a
// filtered stream and a derived table: rows come as the watermark passes them, and
// are those of the same statements over the records so far.
func TestOverOfAChainWhileTheTopicGoesOn(t *testing.T) {
	k, to := newBroker(t, 2, "in"), newBroker(t, 1, "out")
	const text = `CREATE STREAM s (id BIGINT, g STRING, ts BIGINT) WITH ('type'='kafka_source', 'topic'='in', 'bootstrap.servers'='%[1]s', 'auto.offset.reset'='earliest',
  'event.time.field'='ts', 'event.time.format'='epoch_millis', 'watermark.strategy'='bounded_out_of_orderness', 'watermark.max_out_of_orderness'='2s'%[2]s);
CREATE STREAM f AS SELECT id, g, ts FROM s WHERE g <> 'no';
CREATE STREAM o AS SELECT id, SUM(id) OVER (PARTITION BY g ORDER BY _event_time ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS n FROM (SELECT id, g FROM f WHERE id <> 6) q
  WITH ('o.type'='%[3]s', 'o.topic'='out', 'o.bootstrap.servers'='%[4]s', 'o.linger.ms'='0')`
	record := func(id int, g string, ts int) string { return fmt.Sprintf(`{"id":%d,"g":"%s","ts":%d}`, id, g, ts) }
	row := func(id, n int) string { return fmt.Sprintf(`{"id":%d,"n":%d}`, id, n) }

	b := newBench(t, planner.Run)
	l := b.live(fmt.Sprintf(text, k.addr, ", 'group.id'='g'", "kafka_sink", to.addr))
	// Records of the partitions by turns: the watermark is at 12 s - 2 s.
	k.produce("in", 2, record(1, "a", 5000), record(2, "a", 4000), record(3, "b", 7000), record(4, "a", 6500), record(5, "no", 13000), record(6, "a", 12000))
	want := []string{row(2, 2), row(1, 3), row(4, 7), row(3, 3)}
	within(t, "the rows before 10 s", func() bool { return to.PartitionInfo("out", 0).HighWatermark == int64(len(want)) })
	require.Equal(t, want, to.values("out"))

	k.produce("in", 2, record(7, "b", 14000), record(8, "a", 11500), record(9, "a", 18000), record(10, "b", 19000))
	want = append(want, row(8, 13), row(7, 10))
	within(t, "the rows before 16 s", func() bool { return to.PartitionInfo("out", 0).HighWatermark == int64(len(want)) })
	require.NoError(t, l.end())
	require.Equal(t, want, to.values("out"))
	for _, q := range l.rep.Queries {
		require.Equal(t, q.Ledger.In, q.Ledger.Used+q.Ledger.Filtered+q.Ledger.Held, "%s: %+v", q.Name, q.Ledger)
	}

	r := newBench(t, planner.Query)
	sql := fmt.Sprintf(text, k.addr, ", 'bounded'='true'", "", "")
	parts := strings.Split(sql, ";\n")
	query := "WITH f AS (" + strings.TrimPrefix(parts[1], "CREATE STREAM f AS ") + ") " + strings.TrimPrefix(parts[2][:strings.Index(parts[2], "\n")], "CREATE STREAM o AS ")
	all := strings.Split(r.run(parts[0]+";\n"+query), "\n")
	all = slices.DeleteFunc(all, func(l string) bool { return strings.HasPrefix(l, `{"id":9,`) || strings.HasPrefix(l, `{"id":10,`) }) // the watermark has not passed them
	slices.Sort(all)
	slices.Sort(want)
	require.Equal(t, want, all)
}

// TestOverOfTwoTopicsWhileTheyGoOn reads two topics as one: the watermark is the least
// of both, and rows of either come in the order of their time.
func TestOverOfTwoTopicsWhileTheyGoOn(t *testing.T) {
	k, to := newBroker(t, 1, "a", "b"), newBroker(t, 1, "out")
	const with = ` (id BIGINT, ts BIGINT) WITH ('type'='kafka_source', 'topic'='%[2]s', 'bootstrap.servers'='%[1]s', 'auto.offset.reset'='earliest', 'group.id'='g%[2]s',
  'event.time.field'='ts', 'event.time.format'='epoch_millis', 'watermark.strategy'='ascending');
`
	sql := fmt.Sprintf("CREATE STREAM a"+with, k.addr, "a") + fmt.Sprintf("CREATE STREAM b"+with, k.addr, "b") +
		fmt.Sprintf(`CREATE STREAM o AS SELECT id, LAG(id) OVER (ORDER BY ts) AS n FROM (SELECT id, ts FROM a WHERE id <> 2 UNION ALL SELECT id, ts FROM b) q
  WITH ('o.type'='kafka_sink', 'o.topic'='out', 'o.bootstrap.servers'='%s', 'o.linger.ms'='0')`, to.addr)
	l := newBench(t, planner.Run).live(sql)
	k.produce("a", 1, `{"id":1,"ts":1000}`, `{"id":2,"ts":3000}`, `{"id":3,"ts":5000}`)
	k.produce("b", 1, `{"id":4,"ts":2000}`, `{"id":5,"ts":4000}`)
	want := []string{`{"id":1,"n":null}`, `{"id":4,"n":1}`}
	within(t, "the rows before 4 s", func() bool { return to.PartitionInfo("out", 0).HighWatermark == 2 })
	require.Equal(t, want, to.values("out"))
	k.produce("b", 1, `{"id":6,"ts":9000}`)
	want = append(want, `{"id":5,"n":4}`)
	within(t, "the rows before 5 s", func() bool { return to.PartitionInfo("out", 0).HighWatermark == 3 })
	require.NoError(t, l.end())
	require.Equal(t, want, to.values("out"))
}

// TestOverInTimeLosesNoRowOfAStoppedRun stops a run while a row that the watermark has
// passed waits for the next one, and goes on: that row was given under the number of
// the record that moved the watermark, and is read again all the same.
func TestOverInTimeLosesNoRowOfAStoppedRun(t *testing.T) {
	k, to := newBroker(t, 1, "in"), newBroker(t, 1, "out")
	sql := fmt.Sprintf(`CREATE STREAM s (id BIGINT, ts BIGINT) WITH ('type'='kafka_source', 'topic'='in', 'bootstrap.servers'='%s', 'auto.offset.reset'='earliest', 'group.id'='g',
  'event.time.field'='ts', 'event.time.format'='epoch_millis', 'watermark.strategy'='bounded_out_of_orderness', 'watermark.max_out_of_orderness'='2s');
CREATE STREAM o AS SELECT id, LEAD(id) OVER (ORDER BY ts) AS n FROM s WITH ('o.type'='kafka_sink', 'o.topic'='out', 'o.bootstrap.servers'='%s', 'o.linger.ms'='0')`, k.addr, to.addr)
	rows := func(n int64) {
		within(t, "rows come out", func() bool { return to.PartitionInfo("out", 0).HighWatermark >= n })
	}
	l := newBench(t, planner.Run).live(sql)
	k.produce("in", 1, `{"id":1,"ts":3000}`, `{"id":2,"ts":1000}`, `{"id":3,"ts":6000}`) // the last lets both go
	rows(1)
	require.NoError(t, l.end())
	require.Equal(t, []string{`{"id":2,"n":1}`}, to.values("out"))
	require.Zero(t, k.committed("g", "in"))

	l = newBench(t, planner.Run).live(sql)
	k.produce("in", 1, `{"id":4,"ts":9000}`)
	rows(3)
	require.NoError(t, l.end())
	require.Equal(t, []string{`{"id":2,"n":1}`, `{"id":2,"n":1}`, `{"id":1,"n":3}`}, to.values("out"))
}
