package main_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
)

// timeApp has a sink for each kind of window, emission and late strategy, OVER, and
// a join of streams within a time bound.
const timeApp = `
CREATE STREAM tumbling AS SELECT k, _window_start AS s, COUNT(*) AS n, SUM(v) AS v FROM events WINDOW TUMBLING(10s) GROUP BY k EMIT FINAL LATE ROWS INTO missed;
CREATE STREAM sliding AS SELECT _window_start AS s, _window_end AS e, COUNT(DISTINCT k) AS n FROM events WINDOW SLIDING(30s, 10s) EMIT FINAL;
CREATE STREAM sessions AS SELECT k, SESSION_START() AS s, SESSION_END() AS e, LISTAGG(CAST(v AS STRING) ORDER BY v) AS v FROM events WINDOW SESSION(4s) GROUP BY k;
CREATE STREAM cumulate AS SELECT _window_end AS e, MAX(v) AS v FROM events WINDOW CUMULATE(5s, 20s) EMIT FINAL;
CREATE STREAM corrected WITH ('late.data.strategy'='update_previous') AS SELECT k, _window_start AS s, COUNT(*) AS n FROM events WINDOW TUMBLING(10s) GROUP BY k EMIT FINAL;
CREATE STREAM moved WITH ('late.data.strategy'='include_in_next_window', 'allowed.lateness'='2s') AS SELECT _window_start AS s, COUNT(*) AS n FROM events WINDOW TUMBLING(10s) EMIT FINAL;
CREATE STREAM changes AS SELECT k, COUNT(*) AS n, MAX(v) AS v FROM events GROUP BY k EMIT CHANGES;
CREATE STREAM moving AS SELECT k, v, SUM(v) OVER (ROWS WINDOW BUFFER 5 ROWS PARTITION BY k) AS five, LAG(v) OVER (ROWS WINDOW BUFFER 3 ROWS PARTITION BY k ORDER BY ts) AS earlier FROM events;
CREATE STREAM pairs AS SELECT a.k AS k, a.v AS a, b.v AS b FROM events a LEFT JOIN events b ON a.k = b.k AND a.v < b.v WITHIN 2s;
`

// TestRealTime produces records out of order to four partitions of a topic of a real
// Apache Kafka and runs one application over it, and over what velo-sql captures of
// it: all windows, emissions and late rows are the same.
func TestRealTime(t *testing.T) {
	ctx, addr, run := realBroker(t)
	dir := t.TempDir()
	topic := "events-" + strconv.FormatInt(time.Now().UnixNano(), 36)
	n := produceEvents(ctx, t, addr, topic)
	app := filepath.Join(dir, "time.sql")
	keys := "WITH ('events.topic'='" + topic + "', 'events.bounded'='true', 'events.event.time.field'='ts', 'events.watermark.strategy'='bounded_out_of_orderness', 'events.watermark.max_out_of_orderness'='3s')"
	text := "CREATE STREAM events (k STRING, ts BIGINT, v BIGINT) " + keys + ";\n" + timeApp
	require.NoError(t, os.WriteFile(app, []byte(text), 0o666))
	captured := filepath.Join(dir, "events.jsonl")
	run("capture", topic, "--broker", addr, "-o", captured, "--until", "latest")
	require.Len(t, lines(t, captured), n)
	files := filepath.Join(dir, "replay")
	run("replay", app, "--from", "events="+captured, "--out", files)
	sinks := []string{"tumbling", "missed", "sliding", "sessions", "cumulate", "corrected", "moved", "changes", "moving", "pairs"}
	live := filepath.Join(dir, "live")
	require.NoError(t, os.Mkdir(live, 0o777))
	args := []string{"run", app, "--broker", addr}
	for _, s := range sinks {
		args = append(args, "--to", s+"="+filepath.Join(live, s+".jsonl"))
	}
	run(args...)
	for _, s := range sinks {
		want := lines(t, filepath.Join(files, s+".jsonl"))
		require.Greater(t, len(want), 3, s)
		require.Equal(t, want, lines(t, filepath.Join(live, s+".jsonl")), s)
	}
}

// produceEvents writes records to four partitions, each ahead or behind the others,
// out of order by up to 3 s and now and then by 40 s.
func produceEvents(ctx context.Context, t *testing.T, addr, topic string) (n int) {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.DisableClientMetrics())
	require.NoError(t, err)
	defer cl.Close()
	createTopic(ctx, t, addr, topic, 4)
	rnd := rand.New(rand.NewPCG(5, 6))
	const begin = 1_700_000_000_000
	var recs []*kgo.Record
	for i := range 2000 {
		p := int32(rnd.IntN(4))
		at := begin + int64(i)*100 + int64(p)*700
		ts := at - rnd.Int64N(3000)
		if rnd.IntN(40) == 0 {
			ts = at - 40_000
		}
		k := fmt.Sprintf("%q", string(rune('a'+rnd.IntN(5))))
		if rnd.IntN(20) == 0 {
			k = "null"
		}
		value := fmt.Sprintf(`{"k":%s,"ts":%d,"v":%d}`, k, ts, i)
		require.True(t, json.Valid([]byte(value)))
		recs = append(recs, &kgo.Record{Topic: topic, Partition: p, Timestamp: time.UnixMilli(at), Value: []byte(value)})
	}
	slices.SortStableFunc(recs, func(a, b *kgo.Record) int { return a.Timestamp.Compare(b.Timestamp) })
	for _, r := range recs {
		cl.Produce(ctx, r, func(_ *kgo.Record, err error) {
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		})
	}
	require.NoError(t, cl.Flush(ctx))
	return len(recs)
}
