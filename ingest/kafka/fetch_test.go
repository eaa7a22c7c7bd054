package kafka

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

// fetchFaults are what brokers, networks and other programs do to who reads a topic.
// Each holds for both ways to fetch.
var fetchFaults = []struct {
	name string
	opts []kfake.Opt
	run  func(t *testing.T, r *rig, topic string)
}{
	{"out of range in a group", nil, testOutOfRange},
	{"start lost by retention", nil, testStartLost},
	{"deleted", nil, testDeleted},
	{"made anew", nil, testMadeAnew},
	{"batch larger than the limits", nil, testLargeBatch},
	{"last batch cut", nil, testCutBatch},
	{"corrupt batch", nil, testCorruptBatch},
	{"errors that pass", nil, testErrorsPass},
	{"errors that stay", nil, testErrorsStay},
	{"throttled", nil, testThrottled},
	{"brokers come and go", nil, testBrokersComeAndGo},
	{"cancelled", nil, testCancelled},
	{"bytes", nil, testBytes},
	{"broker without topic ids", []kfake.Opt{kfake.MaxVersions(kversion.V2_7_0())}, testOldBroker},
	{"log cut by a new leader", nil, testLogCut},
	{"open transaction", nil, testOpenTransaction},
	{"many partitions", nil, testManyPartitions},
}

func TestFetchFaults(t *testing.T) {
	eachWay(t, func(t *testing.T, way string) {
		for _, c := range fetchFaults {
			t.Run(c.name, func(t *testing.T) {
				r := fakeRig(t, c.opts...)
				r.way = way
				c.run(t, r, r.topic(t, 1))
			})
		}
	})
}

// numbered writes n records, each a batch of its own, with their numbers as values.
func (r *rig) numbered(t *testing.T, topic string, from, n int) (values []string) {
	t.Helper()
	for i := range n {
		v := fmt.Sprint(from + i)
		r.produce(t, rec(topic, 0, int64(from+i), "", v))
		values = append(values, v)
	}
	return values
}

// answer gives the bytes of a topic's partition 0 as a broker sends them.
func (r *rig) answer(t *testing.T, topic string) []byte {
	t.Helper()
	meta, err := r.adm.Metadata(testContext(t), topic)
	require.NoError(t, err)
	req := kmsg.NewPtrFetchRequest()
	req.MaxBytes, req.SessionEpoch = 1<<20, -1
	rt, rp := kmsg.NewFetchRequestTopic(), kmsg.NewFetchRequestTopicPartition()
	rt.Topic, rt.TopicID, rp.PartitionMaxBytes = topic, meta.Topics[topic].ID, 1<<20
	rt.Partitions = append(rt.Partitions, rp)
	req.Topics = append(req.Topics, rt)
	resp, err := r.cl.Broker(int(r.fake.LeaderFor(topic, 0))).Request(testContext(t), req)
	require.NoError(t, err)
	return resp.(*kmsg.FetchResponse).Topics[0].Partitions[0].RecordBatches
}

// batches cuts an answer into its batches.
func batches(in []byte) (out [][]byte) {
	for len(in) > 0 {
		n := 12 + binary.BigEndian.Uint32(in[8:])
		out, in = append(out, in[:n]), in[n:]
	}
	return out
}

// reply answers the next fetches, as many as times, by hand.
func (r *rig) reply(times int, edit func(resp *kmsg.FetchResponse, offset int64, p *kmsg.FetchResponseTopicPartition)) {
	r.fake.ControlKey(int16(kmsg.Fetch), func(q kmsg.Request) (kmsg.Response, error, bool) {
		if times--; times > 0 {
			r.fake.KeepControl()
		}
		req := q.(*kmsg.FetchRequest)
		resp := req.ResponseKind().(*kmsg.FetchResponse)
		for _, t := range req.Topics {
			rt := kmsg.NewFetchResponseTopic()
			rt.Topic, rt.TopicID = t.Topic, t.TopicID
			for _, p := range t.Partitions {
				rp := kmsg.NewFetchResponseTopicPartition()
				rp.Partition, rp.HighWatermark, rp.LastStableOffset, rp.PreferredReadReplica = p.Partition, 1000, 1000, -1
				edit(resp, p.FetchOffset, &rp)
				rt.Partitions = append(rt.Partitions, rp)
			}
			resp.Topics = append(resp.Topics, rt)
		}
		return resp, nil, true
	})
}

// scan starts a read of a topic.
func (r *rig) scan(t *testing.T, props ...string) arrowexec.Source {
	t.Helper()
	pieces, err := r.source(t, props...).Scan(testContext(t), ingest.Scan{Columns: textColumns})
	require.NoError(t, err)
	src, err := pieces[0](testContext(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, src.Close()) })
	return src
}

// all reads a source to its end.
func all(t *testing.T, src arrowexec.Source) (out []string) {
	t.Helper()
	for {
		got := next(t, src, 3)
		if got == nil {
			return out
		}
		out = append(out, got...)
	}
}

// failure reads a source until it fails.
func failure(t *testing.T, src arrowexec.Source) error {
	t.Helper()
	pool := vec.NewPool(nil, true)
	defer pool.Close()
	for {
		sc := pool.Open()
		_, err := src.Next(testContext(t), sc, 10)
		sc.Close()
		if err != nil {
			require.NotErrorIs(t, err, context.DeadlineExceeded)
			return err
		}
	}
}

func (r *rig) deleteTo(t *testing.T, topic string, offset int64) {
	t.Helper()
	var o kadm.Offsets
	o.AddOffset(topic, 0, offset, -1)
	resp, err := r.adm.DeleteRecords(testContext(t), o)
	require.NoError(t, err)
	require.NoError(t, resp.Error())
}

func testOutOfRange(t *testing.T, r *rig, topic string) {
	values := r.numbered(t, topic, 0, 10)
	r.deleteTo(t, topic, 5)
	props := func(reset string) []string {
		group := reset + topic
		var o kadm.Offsets
		o.AddOffset(topic, 0, 2, -1)
		require.NoError(t, r.adm.CommitAllOffsets(testContext(t), group, o))
		return []string{"topic", topic, "group.id", group, "auto.offset.reset", reset}
	}
	require.Equal(t, values[5:], nextN(t, r.open(t, props("earliest")...), 5))
	latest := r.open(t, props("latest")...)
	require.Empty(t, idle(t, latest, 10))
	require.Equal(t, r.numbered(t, topic, 10, 1), nextN(t, latest, 1))
	require.ErrorContains(t, failure(t, r.open(t, props("none")...)), fmt.Sprintf("the position in partition 0 of topic %q is gone (deleted by retention) and auto.offset.reset is none", topic))
}

// A bounded read whose next records are deleted goes on with those that are left.
func testStartLost(t *testing.T, r *rig, topic string) {
	values := r.numbered(t, topic, 0, 10)
	src := r.scan(t, "topic", topic, "bounded", "true")
	r.deleteTo(t, topic, 7)
	require.Equal(t, values[7:], all(t, src))
	src = r.scan(t, "topic", topic, "start", "7", "end", "9")
	r.deleteTo(t, topic, 10)
	require.Empty(t, all(t, src))
}

func testDeleted(t *testing.T, r *rig, topic string) {
	r.numbered(t, topic, 0, 3)
	for _, props := range [][]string{{"bounded", "true"}, {"group.id", "g" + topic, "auto.offset.reset", "earliest"}} {
		r2 := r.topic(t, 1)
		r.numbered(t, r2, 0, 3)
		src := r.scan(t, append(props, "topic", r2, "max.partition.fetch.bytes", "1", "fetch.max.bytes", "1", "retry.backoff.ms", "10", "fetch.wait.max.ms", "50")...)
		if props[0] == "group.id" {
			require.Len(t, nextN(t, src, 3), 3)
		}
		_, err := r.adm.DeleteTopics(testContext(t), r2)
		require.NoError(t, err)
		require.ErrorContains(t, failure(t, src), fmt.Sprintf("topic %q was deleted while it was read", r2))
	}
}

func testMadeAnew(t *testing.T, r *rig, topic string) {
	r.numbered(t, topic, 0, 3)
	src := r.scan(t, "topic", topic, "group.id", "g"+topic, "auto.offset.reset", "earliest", "retry.backoff.ms", "10", "fetch.wait.max.ms", "50")
	require.Len(t, nextN(t, src, 3), 3)
	_, err := r.adm.DeleteTopics(testContext(t), topic)
	require.NoError(t, err)
	_, err = r.adm.CreateTopic(testContext(t), 1, 1, nil, topic)
	require.NoError(t, err)
	require.ErrorContains(t, failure(t, src), fmt.Sprintf("topic %q was deleted", topic))
}

func testLargeBatch(t *testing.T, r *rig, topic string) {
	big := strings.Repeat("0123456789", 80_000)
	r.produce(t, rec(topic, 0, 1, "", "a"))
	r.produce(t, rec(topic, 0, 2, "", big))
	r.produce(t, rec(topic, 0, 3, "", "b"))
	require.Equal(t, []string{"a", big, "b"}, all(t, r.scan(t, "topic", topic, "bounded", "true", "max.partition.fetch.bytes", "10", "fetch.max.bytes", "20")))
}

// A broker cuts its answer at the limit, in the middle of the last batch.
func testCutBatch(t *testing.T, r *rig, topic string) {
	values := r.numbered(t, topic, 0, 4)
	in := r.answer(t, topic)
	all3 := batches(in)
	cut := len(all3[0]) + len(all3[1]) + 5
	src := r.scan(t, "topic", topic, "bounded", "true")
	r.reply(1, func(_ *kmsg.FetchResponse, _ int64, p *kmsg.FetchResponseTopicPartition) { p.RecordBatches = in[:cut] })
	require.Equal(t, values, all(t, src))
}

// A batch that was damaged ends the run and says where it is; what is before it came.
func testCorruptBatch(t *testing.T, r *rig, topic string) {
	values := r.numbered(t, topic, 0, 3)
	in := slices.Clone(r.answer(t, topic))
	in[len(in)-2] ^= 1
	bad := func(_ *kmsg.FetchResponse, _ int64, p *kmsg.FetchResponseTopicPartition) { p.RecordBatches = in }
	src := r.scan(t, "topic", topic, "bounded", "true")
	r.reply(100, bad)
	err := failure(t, src)
	require.ErrorContains(t, err, fmt.Sprintf("partition 0 of topic %q", topic))
	if r.way == "raw" { // the client library does not name the offset
		require.ErrorContains(t, err, "the record batch at offset 2 is corrupt: its checksum is ")
	}
	// Where the end of the range is before it, nobody looks at it; the client library
	// looks at the whole answer.
	if r.way == "raw" {
		src = r.scan(t, "topic", topic, "end", "2")
		require.Equal(t, values[:2], all(t, src))
	}
}

func testErrorsPass(t *testing.T, r *rig, topic string) {
	values := r.numbered(t, topic, 0, 2)
	for _, e := range []*kerr.Error{
		kerr.NotLeaderForPartition, kerr.LeaderNotAvailable, kerr.UnknownLeaderEpoch, kerr.FencedLeaderEpoch, kerr.OffsetNotAvailable,
		kerr.ReplicaNotAvailable, kerr.KafkaStorageError, kerr.UnknownTopicID, kerr.UnknownTopicOrPartition, kerr.CorruptMessage, kerr.RequestTimedOut,
	} {
		r.fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Err: e, Count: 2})
		got := all(t, r.scan(t, "topic", topic, "bounded", "true", "retry.backoff.ms", "5"))
		require.Equal(t, values, got, e.Message)
	}
}

func testErrorsStay(t *testing.T, r *rig, topic string) {
	r.numbered(t, topic, 0, 2)
	for _, e := range []*kerr.Error{kerr.TopicAuthorizationFailed, kerr.UnsupportedCompressionType, kerr.UnsupportedForMessageFormat} {
		h := r.fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Err: e, Count: -1})
		err := failure(t, r.scan(t, "topic", topic, "bounded", "true", "retry.backoff.ms", "5"))
		require.ErrorContains(t, err, topic)
		h.Remove()
	}
}

// A broker that asks for a pause gets it.
func testThrottled(t *testing.T, r *rig, topic string) {
	values := r.numbered(t, topic, 0, 2)
	src := r.scan(t, "topic", topic, "bounded", "true")
	r.reply(1, func(resp *kmsg.FetchResponse, _ int64, _ *kmsg.FetchResponseTopicPartition) {
		resp.ThrottleMillis = 700
	})
	began := time.Now()
	require.Equal(t, values, all(t, src))
	require.Greater(t, time.Since(began), 600*time.Millisecond)
}

// Brokers are restarted elsewhere while a topic is read and written.
func testBrokersComeAndGo(t *testing.T, r *rig, topic string) {
	// kfake knows an epoch once a record was written in it; a broker does before.
	r.logEnds(1000, 1<<40)
	src := r.open(t, "topic", topic, "group.id", "g"+topic, "auto.offset.reset", "earliest", "retry.backoff.ms", "20", "metadata.max.age.ms", "1s")
	want := r.numbered(t, topic, 0, 5)
	require.Equal(t, want, nextN(t, src, 5))
	for i := range 3 {
		node, _, err := r.fake.AddNode(-1, 0)
		require.NoError(t, err)
		require.NoError(t, r.fake.MoveTopicPartition(topic, 0, node))
		want = r.numbered(t, topic, 10+10*i, 5)
		require.Equal(t, want, nextN(t, src, 5))
		require.NoError(t, r.fake.RemoveNode(node))
		want = r.numbered(t, topic, 15+10*i, 3)
		require.Equal(t, want, nextN(t, src, 3))
	}
}

// Neither a wait for records nor the broker's holds up who wants to stop.
func testCancelled(t *testing.T, r *rig, topic string) {
	r.numbered(t, topic, 0, 1)
	src := r.open(t, "topic", topic, "group.id", "g"+topic, "auto.offset.reset", "earliest", "fetch.wait.max.ms", "30s")
	require.Len(t, nextN(t, src, 1), 1)
	pool := vec.NewPool(nil, true)
	defer pool.Close()
	ctx, cancel := context.WithCancel(testContext(t))
	time.AfterFunc(30*time.Millisecond, cancel)
	began := time.Now()
	for {
		sc := pool.Open()
		_, err := src.Next(ctx, sc, 10)
		sc.Close()
		if err != nil {
			require.ErrorIs(t, err, context.Canceled)
			break
		}
	}
	require.Less(t, time.Since(began), 2*time.Second)
	began = time.Now()
	require.NoError(t, src.Close())
	require.Less(t, time.Since(began), 2*time.Second)
}

// The bytes of the statistics are those of the records as they were sent.
func testBytes(t *testing.T, r *rig, topic string) {
	r.numbered(t, topic, 0, 5)
	want := int64(0)
	for _, b := range batches(r.answer(t, topic)) {
		want += int64(len(b)) - 61
	}
	for _, props := range [][]string{{"bounded", "true"}, {"group.id", "g" + topic, "auto.offset.reset", "earliest"}} {
		src := r.scan(t, append(props, "topic", topic)...)
		require.Len(t, nextN(t, src, 5), 5)
		require.Equal(t, arrowexec.SourceStats{Rows: 5, Bytes: want}, src.Stats())
	}
}

func testOldBroker(t *testing.T, r *rig, topic string) {
	values := r.numbered(t, topic, 0, 3)
	require.Equal(t, values, all(t, r.scan(t, "topic", topic, "bounded", "true")))
	require.Equal(t, values, nextN(t, r.open(t, "topic", topic, "group.id", "g"+topic, "auto.offset.reset", "earliest"), 3))
}

// A leader that was not in sync has lost records that were read: reading goes on at
// the end that it has.
func testLogCut(t *testing.T, r *rig, topic string) {
	values := r.numbered(t, topic, 0, 6)
	src := r.open(t, "topic", topic, "group.id", "g"+topic, "auto.offset.reset", "earliest", "retry.backoff.ms", "20", "metadata.max.age.ms", "1s")
	require.Equal(t, values, nextN(t, src, 6))
	r.logEnds(1, 4)
	require.NoError(t, r.fake.MoveTopicPartition(topic, 0, 1-r.fake.LeaderFor(topic, 0)))
	require.Equal(t, values[4:], nextN(t, src, 2))
	// One that does not know the epoch at all: auto.offset.reset decides.
	r.logEnds(1, -1)
	require.NoError(t, r.fake.MoveTopicPartition(topic, 0, 1-r.fake.LeaderFor(topic, 0)))
	require.Equal(t, values, nextN(t, src, 6))
}

// logEnds answers the next questions for the end of an epoch by hand.
func (r *rig) logEnds(times int, end int64) {
	r.fake.ControlKey(int16(kmsg.OffsetForLeaderEpoch), func(q kmsg.Request) (kmsg.Response, error, bool) {
		if times--; times > 0 {
			r.fake.KeepControl()
		}
		req := q.(*kmsg.OffsetForLeaderEpochRequest)
		resp := req.ResponseKind().(*kmsg.OffsetForLeaderEpochResponse)
		rt, rp := kmsg.NewOffsetForLeaderEpochResponseTopic(), kmsg.NewOffsetForLeaderEpochResponseTopicPartition()
		rt.Topic, rp.LeaderEpoch, rp.EndOffset = req.Topics[0].Topic, req.Topics[0].Partitions[0].LeaderEpoch, end
		if end < 0 {
			rp.LeaderEpoch = -1
		}
		rt.Partitions = append(rt.Partitions, rp)
		resp.Topics = append(resp.Topics, rt)
		return resp, nil, true
	})
}

// Records of a transaction come when it is committed, and those behind it not before.
func testOpenTransaction(t *testing.T, r *rig, topic string) {
	ctx := testContext(t)
	txn, err := kgo.NewClient(kgo.SeedBrokers(r.addr), kgo.TransactionalID("x"+topic), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.DisableClientMetrics())
	require.NoError(t, err)
	defer txn.Close()
	src := r.open(t, "topic", topic, "group.id", "g"+topic, "auto.offset.reset", "earliest", "fetch.wait.max.ms", "50")
	for i, end := range []kgo.TransactionEndTry{kgo.TryCommit, kgo.TryAbort, kgo.TryAbort, kgo.TryCommit} {
		require.NoError(t, txn.BeginTransaction())
		require.NoError(t, txn.ProduceSync(ctx, rec(topic, 0, 1, "", "in")).FirstErr())
		r.produce(t, rec(topic, 0, 2, "", "behind"))
		require.Empty(t, idle(t, src, 3), i)
		require.NoError(t, txn.EndTransaction(ctx, end))
		want := []string{"behind"}
		if end == kgo.TryCommit {
			want = append(want, "in")
		}
		require.Equal(t, want, nextN(t, src, len(want)), i)
	}
}

// Partitions of several brokers, some empty, some far ahead in time.
func testManyPartitions(t *testing.T, r *rig, _ string) {
	topic := r.topic(t, 12)
	var recs []*kgo.Record
	want := 0
	for p := range int32(12) {
		for i := range int(p) * 100 {
			recs = append(recs, rec(topic, p, int64(int(p)*1000+i), "k", fmt.Sprint(p, i)))
			want++
		}
	}
	r.produce(t, recs...)
	got := read(t, r.source(t, "topic", topic, "bounded", "true", "max.partition.fetch.bytes", "500", "fetch.max.bytes", "2000"), 100, ingest.Scan{})
	require.Len(t, got.lines, want)
	last := map[string]int{}
	for _, l := range nextN(t, r.open(t, "topic", topic, "group.id", "g"+topic, "auto.offset.reset", "earliest"), want) {
		last[l]++
	}
	require.Len(t, last, want)
	for _, n := range last {
		require.Equal(t, 1, n)
	}
}
