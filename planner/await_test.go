package planner_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/velostream/velo/planner"
)

const undeclared = `CREATE STREAM o AS SELECT a, b FROM s WHERE a > 1 WITH ('s.type'='kafka_source', 's.topic'='in', 's.bootstrap.servers'='%[1]s', 's.group.id'='g'%[2]s,
  'o.type'='kafka_sink', 'o.topic'='out', 'o.bootstrap.servers'='%[1]s', 'o.linger.ms'='0')`

// The columns of a topic that has no record yet are those of its first one that can be
// read, and the run begins with the first record there is.
func TestColumnsOfTheFirstRecord(t *testing.T) {
	for _, from := range []string{"", `, 's.start'='latest'`, `, 's.auto.offset.reset'='earliest'`} {
		k := newBroker(t, 1, "in", "out")
		b := newBench(t, planner.Run)
		var told []string
		b.o.Warn = func(s string) { told = append(told, s) }
		l := b.live(fmt.Sprintf(undeclared, k.addr, from))
		time.Sleep(100 * time.Millisecond) // the first look finds nothing
		k.record("in", nil, `no object`)
		k.record("in", nil, `{"a":1,"b":"x"}`)
		k.record("in", nil, `{"a":2,"b":null}`)
		within(t, "the row", func() bool { return k.PartitionInfo("out", 0).HighWatermark == 1 })
		within(t, "the offsets", func() bool { return k.committed("g", "in") == 3 })
		require.NoError(t, l.end())
		require.Equal(t, []string{`{"a":2,"b":null}`}, k.values("out"))
		require.Equal(t, []string{`no record tells the columns of "s" yet: the run begins with the first; declare columns to begin at once`}, told)
		require.Equal(t, int64(1), l.rep.Ledger.Failed)
		require.Equal(t, int64(3), l.rep.Ledger.In)
	}
}

// What the first record lacks is an error then, and a run may be stopped before.
func TestFirstRecordWithoutTheColumn(t *testing.T) {
	k := newBroker(t, 1, "in", "out")
	b := newBench(t, planner.Run)
	require.NoError(t, b.live(fmt.Sprintf(undeclared, k.addr, "")).end())
	l := b.live(fmt.Sprintf(undeclared, k.addr, ""))
	k.record("in", nil, `{"a":1,"c":"x"}`)
	err := <-l.done
	require.Contains(t, describe(err), `app.sql:1:30: unknown column "b" in source "s"`)
}

// The consumer group is named by the application and by what the statement makes, so
// that it is the same when statements come before it.
func TestGroupsAreNamedByStatements(t *testing.T) {
	k := newBroker(t, 1, "in")
	b := newBench(t, planner.Run)
	sql := fmt.Sprintf("-- @app: shop\n\nCREATE STREAM s (a BIGINT) WITH ('topic'='in', 'bootstrap.servers'='%s');\n%%s\nCREATE STREAM o AS SELECT a FROM s WITH ('o.type'='blackhole_sink')", k.addr)
	for _, before := range []string{"", "CREATE STREAM other (b BIGINT) WITH ('topic'='in');"} {
		app, err := b.compile(fmt.Sprintf(sql, before))
		require.NoError(t, err, "%s", describe(err))
		require.Contains(t, app.Explain(), "group velo-shop-o from committed offsets")
		require.NoError(t, app.Close())
	}
}
