package planner_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/velostream/velo/planner"
)

// broker is a kfake of a test, and a client of it.
type broker struct {
	t *testing.T
	*kfake.Cluster
	addr string
	cl   *kgo.Client
}

func newBroker(t *testing.T, partitions int32, topics ...string) *broker {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(partitions, topics...), kfake.BrokerConfigs(map[string]string{"group.initial.rebalance.delay.ms": "0"}))
	require.NoError(t, err)
	t.Cleanup(c.Close)
	k := &broker{t: t, Cluster: c, addr: c.ListenAddrs()[0]}
	k.cl, err = kgo.NewClient(kgo.SeedBrokers(k.addr), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	require.NoError(t, err)
	t.Cleanup(k.cl.Close)
	return k
}

// produce writes values to the partitions of a topic in turn.
func (k *broker) produce(topic string, partitions int32, values ...string) {
	k.t.Helper()
	for i, v := range values {
		require.NoError(k.t, k.cl.ProduceSync(context.Background(), &kgo.Record{Topic: topic, Partition: int32(i) % partitions, Value: []byte(v), Timestamp: time.UnixMilli(int64(i + 1))}).FirstErr())
	}
}

// values gives what stands in partition 0 of a topic.
func (k *broker) values(topic string) (out []string) {
	k.t.Helper()
	n := k.PartitionInfo(topic, 0).HighWatermark
	cl, err := kgo.NewClient(kgo.SeedBrokers(k.addr), kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().AtStart()}}))
	require.NoError(k.t, err)
	defer cl.Close()
	for int64(len(out)) < n {
		f := cl.PollFetches(context.Background())
		require.NoError(k.t, f.Err())
		f.EachRecord(func(r *kgo.Record) { out = append(out, string(r.Value)) })
	}
	return out
}

// committed sums the offsets that a group has committed of a topic.
func (k *broker) committed(group, topic string) (sum int64) {
	if g := k.GroupInfo(group); g != nil {
		for _, c := range g.Commits[topic] {
			sum += c.Offset
		}
	}
	return sum
}

// silent makes writes to a topic unanswered until the handle is removed; the
// client goes on trying.
func (k *broker) silent(topic string) *kfake.FaultHandle {
	return k.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: topic, Err: kerr.NotEnoughReplicas, Count: -1})
}

// live is a continuous run of an application.
type live struct {
	t    *testing.T
	stop chan struct{}
	done chan error
	rep  planner.Report
}

func (b *bench) live(sql string) *live {
	b.t.Helper()
	app, err := b.compile(sql)
	require.NoError(b.t, err, "compile: %s", describe(err))
	l := &live{t: b.t, stop: make(chan struct{}), done: make(chan error, 1)}
	go func() {
		rep, err := app.Run(context.Background(), planner.RunOptions{Stop: l.stop, CommitEvery: 20 * time.Millisecond})
		l.rep = rep
		if cerr := app.Close(); err == nil {
			err = cerr
		}
		l.done <- err
	}()
	return l
}

func (l *live) end() error {
	close(l.stop)
	return <-l.done
}

func within(t *testing.T, what string, ok func() bool) {
	t.Helper()
	require.Eventually(t, ok, 30*time.Second, 5*time.Millisecond, what)
}

const lettered = `CREATE STREAM s (v BIGINT, s STRING) WITH ('type'='kafka_source', 'topic'='in', 'bootstrap.servers'='%[1]s', 'group.id'='g', 'auto.offset.reset'='earliest');
CREATE STREAM o AS SELECT v, CAST(s AS BIGINT) AS n FROM s WITH ('o.type'='kafka_sink', 'o.topic'='out', 'o.bootstrap.servers'='%[1]s', 'o.linger.ms'='0',
  'failure.strategy'='dead_letter', 'dead.letter.queue.topic'='bad'%[2]s)`

// Offsets are committed when the dead letters are safe, as well as the rows.
func TestOffsetsWaitForDeadLetters(t *testing.T) {
	for _, values := range [][]string{
		{`{"v":1,"s":"1"}`, `{"v":2,"s":"x"}`, `{"v":3,"s":"3"}`}, // an expression fails
		{`{"v":1,"s":"1"}`, `nothing`, `{"v":3,"s":"3"}`},         // a record is none
		{`nothing`, `nothing`, `nothing`},                         // no record is one
	} {
		k := newBroker(t, 1, "in", "out", "bad")
		k.produce("in", 1, values...)
		fault := k.silent("bad")
		l := newBench(t, planner.Run).live(fmt.Sprintf(lettered, k.addr, ""))
		within(t, "a letter is on its way", func() bool { return fault.Hits() > 0 })
		time.Sleep(100 * time.Millisecond)
		require.Zero(t, k.committed("g", "in"))
		fault.Remove()
		within(t, "the offsets are committed", func() bool { return k.committed("g", "in") == 3 })
		require.NoError(t, l.end())
		require.Equal(t, strings.Count(strings.Join(values, ""), "x")+strings.Count(strings.Join(values, ""), "nothing"), len(k.values("bad")))
	}
}

// A dead letter topic that refuses its records ends the run, and nothing was
// committed.
func TestLostDeadLettersCommitNothing(t *testing.T) {
	k := newBroker(t, 1, "in", "out", "bad")
	k.produce("in", 1, `{"v":1,"s":"1"}`, `nothing`)
	k.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "bad", Err: kerr.TopicAuthorizationFailed, Count: -1})
	l := newBench(t, planner.Run).live(fmt.Sprintf(lettered, k.addr, ""))
	select {
	case err := <-l.done:
		require.ErrorContains(t, err, `dead letter sink "bad"`)
	case <-time.After(30 * time.Second):
		t.Fatal("the run goes on")
	}
	require.Zero(t, k.committed("g", "in"))
}

// A sink that several statements write is flushed too before offsets are committed.
func TestOffsetsWaitForASharedSink(t *testing.T) {
	k := newBroker(t, 1, "in", "out")
	k.produce("in", 1, `{"v":1,"s":"1"}`, `{"v":2,"s":"2"}`)
	fault := k.silent("out")
	l := newBench(t, planner.Run).live(fmt.Sprintf(`CREATE STREAM s (v BIGINT, s STRING) WITH ('type'='kafka_source', 'topic'='in', 'bootstrap.servers'='%[1]s', 'group.id'='g', 'auto.offset.reset'='earliest');
CREATE STREAM o (v BIGINT) WITH ('type'='kafka_sink', 'topic'='out', 'bootstrap.servers'='%[1]s');
INSERT INTO o SELECT v FROM s; INSERT INTO o SELECT v * 10 FROM s`, k.addr))
	within(t, "rows are on their way", func() bool { return fault.Hits() > 0 })
	time.Sleep(100 * time.Millisecond)
	require.Zero(t, k.committed("g", "in"))
	fault.Remove()
	within(t, "the offsets are committed", func() bool { return k.committed("g", "in") == 2 })
	require.NoError(t, l.end())
	require.Equal(t, []string{`{"v":1}`, `{"v":10}`, `{"v":2}`, `{"v":20}`}, k.values("out"))
}

// The letters of a continuous run stand in the order of the input, whatever the
// batch size.
func TestLiveDeadLettersAreInInputOrder(t *testing.T) {
	lines := []string{`{"v":1,"s":"x"}`, `{"v":"bad","s":"1"}`, `{"v":2,"s":"1"}`, `{"v":3,"s":"y"}`, `nothing`, `{"v":4,"s":"z"}`}
	want := []string{lines[0], lines[1], lines[3], lines[4], lines[5]}
	for _, size := range []string{"1", "2", "3", "1024"} {
		k := newBroker(t, 1, "in", "out", "bad")
		k.produce("in", 1, lines...)
		l := newBench(t, planner.Run).live(fmt.Sprintf(lettered, k.addr, ", 'batch.size'='"+size+"'"))
		within(t, "all is read", func() bool { return k.committed("g", "in") == int64(len(lines)) })
		require.NoError(t, l.end())
		require.Equal(t, want, k.values("bad"), "batches of %s", size)
		require.EqualValues(t, 5, l.rep.Ledger.Failed)
	}
}

// Two inputs are read ahead by goroutines of their own: their letters stay with the
// batches that they belong to.
func TestLiveDeadLettersOfTwoInputs(t *testing.T) {
	k := newBroker(t, 1, "in", "in2", "out", "bad")
	k.produce("in", 1, `{"v":1}`, `nothing`, `{"v":3}`)
	k.produce("in2", 1, `none`, `none`)
	fault := k.silent("bad")
	l := newBench(t, planner.Run).live(fmt.Sprintf(`CREATE STREAM s (v BIGINT) WITH ('type'='kafka_source', 'topic'='in', 'bootstrap.servers'='%[1]s', 'group.id'='g', 'auto.offset.reset'='earliest');
CREATE STREAM s2 (v BIGINT) WITH ('type'='kafka_source', 'topic'='in2', 'bootstrap.servers'='%[1]s', 'group.id'='g2', 'auto.offset.reset'='earliest');
CREATE STREAM o AS SELECT v FROM s UNION ALL SELECT v FROM s2 WITH ('o.type'='kafka_sink', 'o.topic'='out', 'o.bootstrap.servers'='%[1]s', 'failure.strategy'='dead_letter', 'dead.letter.queue.topic'='bad', 'batch.size'='1')`, k.addr))
	within(t, "letters are on their way", func() bool { return fault.Hits() > 0 })
	time.Sleep(50 * time.Millisecond)
	require.LessOrEqual(t, k.committed("g", "in"), int64(1), "before its letter")
	require.Zero(t, k.committed("g2", "in2"))
	fault.Remove()
	within(t, "all is committed", func() bool { return k.committed("g", "in") == 3 && k.committed("g2", "in2") == 2 })
	require.NoError(t, l.end())
	require.ElementsMatch(t, []string{"nothing", "none", "none"}, k.values("bad"))
}
