package planner_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/planner"
)

// A run in several pipelines that ends early, at once or on the way, leaves no row
// without a fate.
func TestParallelRunsThatEndEarly(t *testing.T) {
	var text strings.Builder
	for i := range 400_000 {
		fmt.Fprintf(&text, "{\"k\":%d,\"v\":%d}\n", i%97, i)
	}
	for _, c := range []struct {
		name, sql string
		stop      bool
	}{
		{"limit", `SELECT k, v FROM 's.jsonl' WHERE v % 2 = 0 LIMIT 3`, false},
		{"limit of nothing but columns", `SELECT * FROM 's.jsonl' LIMIT 3`, false},
		{"stopped rows", `SELECT k, v FROM 's.jsonl' WHERE v % 2 = 0`, true},
		{"stopped aggregate", `SELECT k, COUNT(*) AS n FROM 's.jsonl' WHERE v % 2 = 0 GROUP BY k`, true},
		{"stopped sort", `SELECT k, v FROM 's.jsonl' ORDER BY v DESC`, true},
		{"stopped window", `SELECT k, COUNT(*) AS n FROM 's.jsonl' WITH ('event.time.field'='v') GROUP BY k WINDOW TUMBLING(1h)`, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, planner.Query)
			b.o.Threads = 3
			b.file("s.jsonl", text.String())
			app, err := b.compile(c.sql)
			require.NoError(t, err, describe(err))
			o := planner.RunOptions{}
			if c.stop {
				stop := make(chan struct{})
				var once sync.Once
				o.Stop, o.ProgressEvery = stop, time.Millisecond
				o.Progress = func(s arrowexec.SourceStats) {
					if s.Rows > 0 {
						once.Do(func() { close(stop) })
					}
				}
			}
			rep, err := app.Run(context.Background(), o)
			require.NoError(t, err)
			require.NoError(t, app.Close())
			l := rep.Ledger
			require.Equal(t, l.In, l.Used+l.Filtered+l.Late+l.Failed+l.Held, "%+v", l)
		})
	}
}

// Over a bounded topic of several partitions the rows, and the dead letters, are the
// same whatever the threads and the batch size.
func TestThreadsDoNotShowOverTopics(t *testing.T) {
	k := newBroker(t, 3, "in")
	var recs []*kgo.Record
	for i := range 12_000 {
		v := fmt.Sprintf(`{"v":%d,"k":"k%d"}`, i, i*i%7)
		if i%1000 == 7 {
			v = fmt.Sprintf("nothing %d", i)
		}
		recs = append(recs, &kgo.Record{Topic: "in", Partition: int32(i*i%7) % 3, Value: []byte(v), Timestamp: time.UnixMilli(int64(i - i%3*40))})
	}
	require.NoError(t, k.cl.ProduceSync(context.Background(), recs...).FirstErr())
	for _, sql := range []string{
		`SELECT v, _partition AS p FROM s WHERE v % 3 <> 1`,
		`SELECT k, COUNT(*) AS n, FIRST(v) AS f, LAST(v) AS l FROM s GROUP BY k`,
		`SELECT k, COUNT(*) AS n, LAST(v) AS l FROM s GROUP BY k WINDOW TUMBLING(1s)`,
		`SELECT CAST(SUBSTRING(k, 1 + v % 1000 // 999) AS STRING) AS k, 10 / (v % 5) AS q FROM s ORDER BY k, v LIMIT 50`,
	} {
		var want, letters string
		for i, c := range []struct {
			threads int
			size    string
		}{{1, "1024"}, {1, "77"}, {3, "1024"}, {3, "77"}} {
			b := newBench(t, planner.Query)
			b.o.Threads = c.threads
			got := b.run(fmt.Sprintf(`CREATE STREAM s (v BIGINT, k STRING) WITH ('type'='kafka_source', 'topic'='in', 'bootstrap.servers'='%s', 'bounded'='true');
%s WITH ('batch.size'='%s', 'failure.strategy'='dead_letter', 'dead.letter.queue.path'='%s')`, k.addr, sql, c.size, filepath.Join(b.dir, "d.jsonl")))
			if i == 0 {
				want, letters = got, b.read("d.jsonl")
				require.NotEmpty(t, want)
				require.Equal(t, 11, strings.Count(letters, "\n"))
			}
			require.Equal(t, want, got, "%s: %d threads, batches of %s", sql, c.threads, c.size)
			require.Equal(t, letters, b.read("d.jsonl"))
			l := b.rep.Ledger
			require.Equal(t, l.In, l.Used+l.Filtered+l.Late+l.Failed+l.Held)
			require.EqualValues(t, 12_000, l.In)
		}
	}
}

// A partition that ends in the middle of what a pipeline has taken lets the watermark
// go behind its last record, not behind what was taken: as many rows are late.
func TestThreadsDoNotShowInLateRows(t *testing.T) {
	k := newBroker(t, 2, "in")
	var recs []*kgo.Record
	for i := range 6000 {
		p, at := int32(0), i
		if i < 2000 && i%2 == 0 {
			p, at = 1, i/4
		} else if i%50 == 1 {
			at = max(0, i-1500)
		}
		recs = append(recs, &kgo.Record{Topic: "in", Partition: p, Value: fmt.Appendf(nil, `{"at":%d}`, at), Timestamp: time.UnixMilli(int64(i))})
	}
	require.NoError(t, k.cl.ProduceSync(context.Background(), recs...).FirstErr())
	var want string
	var late int64
	for _, threads := range []int{1, 3} {
		for _, size := range []string{"1024", "77", "1"} {
			b := newBench(t, planner.Query)
			b.o.Threads = threads
			got := b.run(fmt.Sprintf(`CREATE STREAM s (at BIGINT) WITH ('type'='kafka_source', 'topic'='in', 'bootstrap.servers'='%s', 'bounded'='true', 'event.time.field'='at', 'event.time.format'='epoch_millis');
SELECT _window_start AS w, COUNT(*) AS n FROM s WINDOW TUMBLING(500ms) EMIT FINAL WITH ('batch.size'='%s')`, k.addr, size))
			if want == "" {
				want, late = got, b.rep.Ledger.Late
				require.Positive(t, late)
			}
			require.Equal(t, want, got, "%d threads, batches of %s", threads, size)
			require.Equal(t, late, b.rep.Ledger.Late)
		}
	}
}
