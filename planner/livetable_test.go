package planner_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/velostream/velo/planner"
)

// record writes one record; a nil value is a deletion.
func (k *broker) record(topic string, key, value any) {
	k.t.Helper()
	r := &kgo.Record{Topic: topic, Timestamp: time.Now()}
	if key != nil {
		r.Key = []byte(fmt.Sprint(key))
	}
	if value != nil {
		r.Value = []byte(fmt.Sprint(value))
	}
	require.NoError(k.t, k.cl.ProduceSync(context.Background(), r).FirstErr())
}

// latest gives the last value of each key of a topic.
func (k *broker) keyed(topic string) (out []string) {
	k.t.Helper()
	n := k.PartitionInfo(topic, 0).HighWatermark
	cl, err := kgo.NewClient(kgo.SeedBrokers(k.addr), kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().AtStart()}}))
	require.NoError(k.t, err)
	defer cl.Close()
	for int64(len(out)) < n {
		f := cl.PollFetches(context.Background())
		require.NoError(k.t, f.Err())
		f.EachRecord(func(r *kgo.Record) {
			v := "deleted"
			if r.Value != nil {
				v = string(r.Value)
			}
			out = append(out, string(r.Key)+" "+v)
		})
	}
	return out
}

const joined = `CREATE TABLE users (id BIGINT PRIMARY KEY, name STRING) WITH ('topic'='users', 'bootstrap.servers'='%[1]s');
CREATE STREAM orders (n BIGINT, user_id BIGINT) WITH ('topic'='orders', 'bootstrap.servers'='%[1]s', 'group.id'='g', 'auto.offset.reset'='earliest');
CREATE STREAM named AS SELECT o.n, u.name FROM orders o LEFT JOIN users u ON o.user_id = u.id WITH ('named.topic'='named', 'named.bootstrap.servers'='%[1]s', 'named.linger.ms'='0');
CREATE TABLE names AS SELECT name, COUNT(*) AS n FROM users GROUP BY name WITH ('names.topic'='names', 'names.bootstrap.servers'='%[1]s', 'names.linger.ms'='0')`

// A table is read to where it stands before its streams begin, and then followed; it
// is read again by every run, and the stream goes on where it was.
func TestLiveTable(t *testing.T) {
	k := newBroker(t, 1, "users", "orders", "named", "names")
	b := newBench(t, planner.Run)
	k.record("orders", nil, `{"n":1,"user_id":1}`) // before any user, but the table is loaded first
	for i := range 500 {
		k.record("users", i%5, fmt.Sprintf(`{"name":"u%d-%d"}`, i%5, i))
	}
	k.record("users", 3, nil)
	k.record("orders", nil, `{"n":2,"user_id":3}`)
	l := b.live(fmt.Sprintf(joined, k.addr))
	within(t, "rows of the loaded table", func() bool { return k.PartitionInfo("named", 0).HighWatermark == 2 })
	k.record("users", 1, `{"name":"new"}`)
	within(t, "the change of the table", func() bool { return slices.Contains(k.keyed("names"), `new {"name":"new","n":1}`) })
	k.record("orders", nil, `{"n":3,"user_id":1}`)
	within(t, "a row after the change", func() bool { return k.PartitionInfo("named", 0).HighWatermark == 3 })
	k.record("users", 1, nil)
	within(t, "the deletion of the group", func() bool { return slices.Contains(k.keyed("names"), `new deleted`) })
	within(t, "offsets of the stream alone", func() bool { return k.committed("g", "orders") == 3 })
	require.NoError(t, l.end())
	require.Equal(t, []string{`{"n":1,"name":"u1-496"}`, `{"n":2,"name":null}`, `{"n":3,"name":"new"}`}, k.values("named"))
	k.record("orders", nil, `{"n":4,"user_id":1}`)
	k.record("orders", nil, `{"n":5,"user_id":4}`)
	l = b.live(fmt.Sprintf(joined, k.addr))
	within(t, "rows of the second run", func() bool { return k.PartitionInfo("named", 0).HighWatermark == 5 })
	require.NoError(t, l.end())
	require.Equal(t, []string{`{"n":4,"name":null}`, `{"n":5,"name":"u4-499"}`}, k.values("named")[3:])
}

// What ends is read before a stream that does not, whatever is made of it.
func TestLiveStreamWithWhatEnds(t *testing.T) {
	k := newBroker(t, 1, "orders", "named")
	b := newBench(t, planner.Run)
	var text strings.Builder
	text.WriteString("k,v\n")
	for i := range 20_000 {
		fmt.Fprintf(&text, "%d,%d\n", i%7, i)
	}
	require.NoError(t, os.WriteFile(filepath.Join(b.dir, "t.csv"), []byte(text.String()), 0o666))
	for i := range 10 {
		k.record("orders", nil, fmt.Sprintf(`{"n":%d}`, i))
	}
	l := b.live(fmt.Sprintf(`CREATE STREAM orders (n BIGINT) WITH ('topic'='orders', 'bootstrap.servers'='%[1]s', 'auto.offset.reset'='earliest');
CREATE TABLE t (k BIGINT PRIMARY KEY, v BIGINT) WITH ('path'='%[2]s');
CREATE STREAM named AS SELECT o.n, x.name, c.rows, t.v FROM orders o JOIN (VALUES (0, 'zero'), (1, 'one'), (6, 'six')) x (n, name) ON x.n = o.n
  JOIN (SELECT k, COUNT(*) AS rows FROM '%[2]s' GROUP BY k) c ON c.k = o.n JOIN t ON t.k = o.n
  WITH ('named.topic'='named', 'named.bootstrap.servers'='%[1]s', 'named.linger.ms'='0')`, k.addr, filepath.Join(b.dir, "t.csv")))
	within(t, "three rows", func() bool { return k.PartitionInfo("named", 0).HighWatermark == 3 })
	require.NoError(t, l.end())
	require.Equal(t, []string{`{"n":0,"name":"zero","rows":2858,"v":19999}`, `{"n":1,"name":"one","rows":2857,"v":19993}`, `{"n":6,"name":"six","rows":2857,"v":19998}`}, k.values("named"))
}
