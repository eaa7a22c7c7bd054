package planner_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/velostream/velo/planner"
)

// wire keeps what a broker was asked for.
type wire struct {
	mu    sync.Mutex
	fetch *kmsg.FetchRequest
	join  *kmsg.JoinGroupRequest
	sent  []kmsg.RecordBatch
	acks  int16
}

func watch(k *broker) *wire {
	w, out := &wire{}, k.TopicInfo("out").TopicID
	k.Control(func(r kmsg.Request) (kmsg.Response, error, bool) {
		k.KeepControl()
		w.mu.Lock()
		defer w.mu.Unlock()
		switch r := r.(type) {
		case *kmsg.FetchRequest:
			if len(r.Topics) > 0 { // later ones of a session need not say it again
				w.fetch = r
			}
		case *kmsg.JoinGroupRequest:
			w.join = r
		case *kmsg.ProduceRequest:
			w.acks = r.Acks
			for _, t := range r.Topics {
				if t.Topic != "out" && t.TopicID != out {
					continue
				}
				for _, p := range t.Partitions {
					var b kmsg.RecordBatch
					if b.ReadFrom(p.Records) == nil {
						w.sent = append(w.sent, b)
					}
				}
			}
		}
		return nil, nil, false
	})
	return w
}

// What the keys of a source and a sink ask of a broker is seen in what a live run
// asks it for.
func TestClientKeysOnTheWire(t *testing.T) {
	run := func(source, sink string) *wire {
		k := newBroker(t, 1, "in", "out")
		w := watch(k)
		var lines []string
		for i := range 20 {
			lines = append(lines, fmt.Sprintf(`{"v":%d,"s":%q}`, i, strings.Repeat("x", 500)))
		}
		k.produce("in", 1, lines...)
		l := newBench(t, planner.Run).live(fmt.Sprintf(`CREATE STREAM s (v BIGINT, s STRING) WITH ('type'='kafka_source', 'topic'='in', 'bootstrap.servers'='%[1]s', 'group.id'='g', 'auto.offset.reset'='earliest'%[2]s);
CREATE STREAM o AS SELECT v, s FROM s WITH ('o.type'='kafka_sink', 'o.topic'='out', 'o.bootstrap.servers'='%[1]s'%[3]s)`, k.addr, source, sink))
		within(t, "all is written", func() bool { return k.committed("g", "in") == 20 })
		require.NoError(t, l.end())
		return w
	}
	plain := run("", "")
	set := run(`, 'fetch.min.bytes'='2', 'fetch.max.bytes'='3MiB', 'max.partition.fetch.bytes'='2MiB', 'fetch.wait.max.ms'='42', 'isolation.level'='read_uncommitted', 'client.rack'='r1',
  'session.timeout.ms'='9000', 'max.poll.interval.ms'='70000', 'group.instance.id'='one', 'partition.assignment.strategy'='range'`,
		`, 'o.compression.type'='gzip', 'o.enable.idempotence'='false', 'o.acks'='1', 'o.batch.size'='2000', 'o.linger.ms'='0'`)

	require.Equal(t, [4]int32{2, 3 << 20, 2 << 20, 42}, [4]int32{set.fetch.MinBytes, set.fetch.MaxBytes, set.fetch.Topics[0].Partitions[0].PartitionMaxBytes, set.fetch.MaxWaitMillis})
	require.NotEqual(t, set.fetch.MinBytes, plain.fetch.MinBytes)
	require.NotEqual(t, set.fetch.MaxBytes, plain.fetch.MaxBytes)
	require.NotEqual(t, set.fetch.MaxWaitMillis, plain.fetch.MaxWaitMillis)
	require.Equal(t, [2]int8{0, 1}, [2]int8{set.fetch.IsolationLevel, plain.fetch.IsolationLevel})
	require.Equal(t, [2]string{"r1", ""}, [2]string{set.fetch.Rack, plain.fetch.Rack})

	require.Equal(t, [2]int32{9000, 70000}, [2]int32{set.join.SessionTimeoutMillis, set.join.RebalanceTimeoutMillis})
	require.NotEqual(t, set.join.SessionTimeoutMillis, plain.join.SessionTimeoutMillis)
	require.NotEqual(t, set.join.RebalanceTimeoutMillis, plain.join.RebalanceTimeoutMillis)
	require.Equal(t, "one", *set.join.InstanceID)
	require.Nil(t, plain.join.InstanceID)
	names := func(w *wire) (out []string) {
		for _, p := range w.join.Protocols {
			out = append(out, p.Name)
		}
		return out
	}
	require.Equal(t, []string{"range"}, names(set))
	require.NotEqual(t, names(set), names(plain))

	codecs := func(w *wire) (out []int16) {
		for _, b := range w.sent {
			out = append(out, b.Attributes&7)
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	require.Contains(t, codecs(set), int16(1), "gzip")
	require.NotContains(t, codecs(plain), int16(1))
	require.Equal(t, [2]int16{1, -1}, [2]int16{set.acks, plain.acks})
	require.EqualValues(t, -1, set.sent[0].ProducerID)
	require.GreaterOrEqual(t, plain.sent[0].ProducerID, int64(0))
	most := func(w *wire) (n int32) {
		for _, b := range w.sent {
			n = max(n, b.NumRecords)
		}
		return n
	}
	require.LessOrEqual(t, most(set), int32(3), "batch.size holds three records")
	require.Greater(t, most(plain), int32(3))
}

// A partition that says nothing lets the windows of the others close once
// watermark.idle_timeout has passed, and not before.
func TestIdleTimeoutOfALiveRun(t *testing.T) {
	for idle, closes := range map[string]bool{"200ms": true, "1h": false} {
		k := newBroker(t, 2, "in", "out")
		k.produce("in", 2, `{"at":1000}`, `{"at":1000}`, `{"at":60000}`) // the last to partition 0
		l := newBench(t, planner.Run).live(fmt.Sprintf(`CREATE STREAM s (at BIGINT) WITH ('type'='kafka_source', 'topic'='in', 'bootstrap.servers'='%[1]s', 'group.id'='g', 'auto.offset.reset'='earliest',
  'event.time.field'='at', 'event.time.format'='epoch_millis', 'watermark.idle_timeout'='%[2]s');
CREATE STREAM o AS SELECT COUNT(*) AS n FROM s WINDOW TUMBLING(10s) EMIT FINAL WITH ('o.type'='kafka_sink', 'o.topic'='out', 'o.bootstrap.servers'='%[1]s', 'o.linger.ms'='0')`, k.addr, idle))
		written := func() int64 { return k.PartitionInfo("out", 0).HighWatermark + k.PartitionInfo("out", 1).HighWatermark }
		for range 10 {
			time.Sleep(60 * time.Millisecond)
			k.produce("in", 2, `{"at":60000}`) // partition 0 goes on
		}
		if closes {
			within(t, "the window closes", func() bool {
				k.produce("in", 2, `{"at":60000}`)
				return written() == 1
			})
		}
		require.Equal(t, closes, written() == 1, idle)
		require.NoError(t, l.end())
	}
}
