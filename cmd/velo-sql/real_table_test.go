package main_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
)

// TestRealTables runs an application over a table with deletions and a stream, in two
// partitions each of a real Apache Kafka, and over what velo-sql captures of them: the
// topics that it writes, with keys and deletions, are the replay's captures.
func TestRealTables(t *testing.T) {
	ctx, addr, run := realBroker(t)
	dir := t.TempDir()
	id := strconv.FormatInt(time.Now().UnixNano(), 36)
	produceTable(ctx, t, addr, "users-"+id, "orders-"+id)
	sinks := []string{"sold", "regions", "north", "big"}
	text := fmt.Sprintf(`CREATE TABLE users (id BIGINT PRIMARY KEY, name STRING, region STRING) WITH ('topic'='users-%[1]s', 'bounded'='true');
CREATE STREAM orders (n BIGINT, user_id BIGINT) WITH ('topic'='orders-%[1]s', 'bounded'='true');
CREATE STREAM sold WITH ('topic'='sold-%[1]s') AS SELECT o.n, u.name, u.region FROM orders o LEFT JOIN users u ON o.user_id = u.id;
CREATE TABLE regions WITH ('topic'='regions-%[1]s') AS SELECT region, COUNT(*) AS n, MAX(name) AS last FROM users GROUP BY region;
CREATE TABLE north WITH ('topic'='north-%[1]s') AS SELECT id PRIMARY KEY, name FROM users WHERE region = 'north';
CREATE TABLE big WITH ('topic'='big-%[1]s') AS SELECT region, SUM(n) AS n FROM regions GROUP BY region HAVING SUM(n) > 3;
`, id)
	app := filepath.Join(dir, "tables.sql")
	require.NoError(t, os.WriteFile(app, []byte(text), 0o666))
	args := []string{"replay", app}
	for _, s := range []string{"users", "orders"} {
		captured := filepath.Join(dir, s+".jsonl")
		run("capture", s+"-"+id, "--broker", addr, "-o", captured, "--until", "latest")
		args = append(args, "--from", s+"="+captured)
	}
	for _, s := range sinks {
		createTopic(ctx, t, addr, s+"-"+id, 1)
		args = append(args, "--to", s+"="+filepath.Join(dir, s+".jsonl")+",format=capture")
	}
	run(args...)
	run("run", app, "--broker", addr)
	for _, s := range sinks {
		var want []string
		deleted := 0
		for _, l := range lines(t, filepath.Join(dir, s+".jsonl")) {
			var r struct {
				TS           int64
				Key, Payload *string
			}
			require.NoError(t, json.Unmarshal([]byte(l), &r))
			want = append(want, fmt.Sprint(r.TS, orNull(r.Key), orNull(r.Payload)))
			if r.Payload == nil {
				deleted++
			}
		}
		require.Greater(t, len(want), 20, s)
		require.Equal(t, s != "sold", deleted > 0, s)
		require.Equal(t, want, records(ctx, t, addr, s+"-"+id, len(want)), s)
	}
}

func orNull(s *string) string {
	if s == nil {
		return " NULL"
	}
	return " " + *s
}

// records reads a topic of one partition.
func records(ctx context.Context, t *testing.T, addr, topic string, n int) (out []string) {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableClientMetrics())
	require.NoError(t, err)
	defer cl.Close()
	for len(out) < n {
		f := cl.PollFetches(ctx)
		require.NoError(t, f.Err())
		f.EachRecord(func(r *kgo.Record) {
			show := func(b []byte) string {
				if b == nil {
					return " NULL"
				}
				return " " + string(b)
			}
			out = append(out, fmt.Sprint(r.Timestamp.UnixMilli(), show(r.Key), show(r.Value)))
		})
	}
	return out
}

// produceTable writes users that change and go, and orders of theirs among them.
func produceTable(ctx context.Context, t *testing.T, addr, users, orders string) {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.DisableClientMetrics())
	require.NoError(t, err)
	defer cl.Close()
	createTopic(ctx, t, addr, users, 2)
	createTopic(ctx, t, addr, orders, 2)
	rnd := rand.New(rand.NewPCG(8, 9))
	regions := []string{`"north"`, `"south"`, `"west"`, `null`}
	for i := range 2000 {
		at := time.UnixMilli(1_700_000_000_000 + int64(i/2)*10)
		r := &kgo.Record{Timestamp: at}
		user := rnd.IntN(12)
		if rnd.IntN(2) == 0 {
			r.Topic, r.Partition = orders, int32(rnd.IntN(2))
			r.Value = []byte(fmt.Sprintf(`{"n":%d,"user_id":%d}`, i, user))
		} else {
			r.Topic, r.Partition, r.Key = users, int32(user%2), []byte(strconv.Itoa(user))
			if rnd.IntN(3) > 0 {
				r.Value = []byte(fmt.Sprintf(`{"name":"u%d","region":%s}`, i, regions[rnd.IntN(4)]))
			}
		}
		cl.Produce(ctx, r, func(_ *kgo.Record, err error) {
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		})
	}
	require.NoError(t, cl.Flush(ctx))
}
