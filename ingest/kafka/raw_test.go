package kafka

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/velostream/velo/ingest"
)

// What a raw fetch does itself and the client library's own tests have of it.
func TestRawFetch(t *testing.T) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, r *rig, topic string)
	}{
		{"replica", testReplica},
		{"back pressure", testBackPressure},
		{"partition goes while it is full", testFullGoes},
		{"requests", testRequests},
		{"old formats", testOldFormats},
		{"cut first batch", testCutFirst},
		{"leader moves meanwhile", testMovesMeanwhile},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := fakeRig(t)
			r.way = "raw"
			c.run(t, r, r.topic(t, 1))
		})
	}
}

// The leader may name a replica to read from; one that is none any more sends back.
func testReplica(t *testing.T, r *rig, _ string) {
	topic := r.topic(t, 2)
	leader := r.fake.LeaderFor(topic, 0)
	other := 1 - leader
	require.NoError(t, r.fake.MoveTopicPartition(topic, 1, other)) // the client reads from leaders of something
	values := r.numbered(t, topic, 0, 3)
	r.fake.SetFollowers(topic, 0, []int32{other})
	at := r.fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Nodes: []int32{other}, Observe: true, Count: -1, When: func(q kmsg.Request) bool {
		for _, p := range q.(*kmsg.FetchRequest).Topics {
			if slices.ContainsFunc(p.Partitions, func(p kmsg.FetchRequestTopicPartition) bool { return p.Partition == 0 }) {
				return true
			}
		}
		return false
	}})
	var alone atomic.Bool // the leader names nobody
	r.fake.ControlKey(int16(kmsg.Fetch), func(q kmsg.Request) (kmsg.Response, error, bool) {
		r.fake.KeepControl()
		req := q.(*kmsg.FetchRequest)
		if r.fake.CurrentNode() != leader || req.Rack != "here" || len(req.Topics) == 0 || alone.Load() {
			return nil, nil, false
		}
		resp := req.ResponseKind().(*kmsg.FetchResponse)
		rt, rp := kmsg.NewFetchResponseTopic(), kmsg.NewFetchResponseTopicPartition()
		rt.Topic, rt.TopicID = req.Topics[0].Topic, req.Topics[0].TopicID
		rp.HighWatermark, rp.LastStableOffset, rp.PreferredReadReplica = 3, 3, other
		rt.Partitions = append(rt.Partitions, rp)
		resp.Topics = append(resp.Topics, rt)
		return resp, nil, true
	})
	src := r.open(t, "topic", topic, "group.id", "g"+topic, "auto.offset.reset", "earliest", "client.rack", "here", "fetch.wait.max.ms", "50", "retry.backoff.ms", "10", "metadata.max.age.ms", "1s")
	require.Equal(t, values, nextN(t, src, 3))
	require.Positive(t, at.Hits())
	alone.Store(true)
	r.fake.SetFollowers(topic, 0, nil)
	require.Equal(t, r.numbered(t, topic, 9, 1), nextN(t, src, 1))
}

// What is not read waits at the broker, but for two answers.
func testBackPressure(t *testing.T, r *rig, topic string) {
	const n, size = 60, 1000
	for range n {
		r.produce(t, rec(topic, 0, 1, "", strings.Repeat("x", size)))
	}
	for _, props := range [][]string{{"bounded", "true"}, {"group.id", "g" + topic, "auto.offset.reset", "earliest"}} {
		src := r.scan(t, append(props, "topic", topic, "max.partition.fetch.bytes", "2500", "fetch.max.bytes", "5000")...)
		got := len(next(t, src, 1))
		var f *rawFetch
		switch x := src.(type) {
		case *rangeSource:
			f = x.share.r.f.(*rawFetch)
		case *groupSource:
			f = x.raw.fetch
		}
		waits := func() int64 {
			f.mu.Lock()
			defer f.mu.Unlock()
			return f.parts[0].bytes
		}
		require.Eventually(t, func() bool { return waits() > 3000 }, 10*time.Second, time.Millisecond, "one answer is fetched while another is read")
		require.Never(t, func() bool { return waits() > 3*2500+2*size }, 300*time.Millisecond, 5*time.Millisecond)
		require.Len(t, nextN(t, src, n-got), n-got)
	}
}

// Partitions of one broker wait while another has no room, but not for one that went.
func testFullGoes(t *testing.T, r *rig, _ string) {
	topic := r.topic(t, 2)
	for p := range int32(2) {
		require.NoError(t, r.fake.MoveTopicPartition(topic, p, 0))
	}
	for range 100 { // of about 130 bytes each, as they are sent
		r.produce(t, rec(topic, 0, 1, "", strings.Repeat("x", 1000)))
	}
	src := r.open(t, "topic", topic, "group.id", "g"+topic, "auto.offset.reset", "earliest", "max.partition.fetch.bytes", "2500", "fetch.max.bytes", "5000", "fetch.wait.max.ms", "50")
	require.Len(t, next(t, src, 1), 1)
	g := src.(*counted).Source.(*groupSource).raw
	require.Eventually(t, func() bool {
		g.fetch.mu.Lock()
		defer g.fetch.mu.Unlock()
		return g.fetch.parts[0].bytes >= g.fetch.limit && !g.fetch.parts[0].busy
	}, 10*time.Second, 10*time.Millisecond)
	g.gone([]int32{0}, func([]int32) {})
	r.produce(t, rec(topic, 1, 1, "", "other"))
	require.Equal(t, []string{"other"}, nextN(t, src, 1))
}

// The keys are in the requests, and each broker has one at a time.
func testRequests(t *testing.T, r *rig, topic string) {
	r.numbered(t, topic, 0, 3)
	var seen atomic.Pointer[kmsg.FetchRequest]
	r.fake.ControlKey(int16(kmsg.Fetch), func(q kmsg.Request) (kmsg.Response, error, bool) {
		r.fake.KeepControl()
		seen.Store(q.(*kmsg.FetchRequest))
		return nil, nil, false
	})
	src := r.scan(t, "topic", topic, "bounded", "true", "isolation.level", "read_uncommitted", "client.rack", "rack", "fetch.min.bytes", "7",
		"fetch.max.bytes", "4000", "max.partition.fetch.bytes", "3000", "fetch.wait.max.ms", "40", "start", "1")
	require.Len(t, all(t, src), 2)
	q := seen.Load()
	require.Equal(t, []int32{40, 7, 4000, 3000}, []int32{q.MaxWaitMillis, q.MinBytes, q.MaxBytes, q.Topics[0].Partitions[0].PartitionMaxBytes})
	require.Equal(t, "rack", q.Rack)
	require.EqualValues(t, 0, q.IsolationLevel)
	require.EqualValues(t, -1, q.SessionEpoch)
	require.EqualValues(t, 1, q.Topics[0].Partitions[0].FetchOffset)
	require.GreaterOrEqual(t, q.Topics[0].Partitions[0].CurrentLeaderEpoch, int32(0))
	require.NotEqual(t, [16]byte{}, q.Topics[0].TopicID)
	src = r.scan(t, "topic", topic, "bounded", "true")
	require.Len(t, all(t, src), 3)
	require.EqualValues(t, 1, seen.Load().IsolationLevel)
}

// Message sets from before Kafka 0.11 are refused by name.
func testOldFormats(t *testing.T, r *rig, topic string) {
	r.numbered(t, topic, 0, 1)
	in := slices.Clone(r.answer(t, topic))
	in[16] = 1
	r.reply(10, func(_ *kmsg.FetchResponse, _ int64, p *kmsg.FetchResponseTopicPartition) { p.RecordBatches = in })
	require.EqualError(t, failure(t, r.scan(t, "topic", topic, "bounded", "true")), fmt.Sprintf(
		"kafka: partition 0 of topic %q: the record batch at offset 0 is a message set of format version 1, not 2: set kafka.fetch=poll, which reads the formats from before Kafka 0.11", topic))
}

// A broker that cuts even the first batch can never give it.
func testCutFirst(t *testing.T, r *rig, topic string) {
	r.numbered(t, topic, 0, 1)
	in := r.answer(t, topic)
	r.reply(10, func(_ *kmsg.FetchResponse, _ int64, p *kmsg.FetchResponseTopicPartition) { p.RecordBatches = in[:40] })
	require.EqualError(t, failure(t, r.scan(t, "topic", topic, "bounded", "true")), fmt.Sprintf(
		"kafka: partition 0 of topic %q: the broker gave 40 bytes of the record batch of %d bytes at offset 0: raise max.partition.fetch.bytes and fetch.max.bytes above that", topic, len(in)))
}

// A leader that moves while the old one answers is asked for what follows: it has found the
// partition busy before.
func testMovesMeanwhile(t *testing.T, r *rig, topic string) {
	values := r.numbered(t, topic, 0, 5)
	cfg, _, err := parsed(sourceSide, "bootstrap.servers", r.addr, "topic", topic, "bounded", "true", "max.partition.fetch.bytes", "80", "retry.backoff.ms", "5")
	require.NoError(t, err)
	reader, err := openRanges(testContext(t), &cfg, ingest.Env{}, []span{{To: int64(len(values))}})
	require.NoError(t, err)
	defer reader.close()
	f := reader.f.(*rawFetch)
	var moved atomic.Bool
	r.fake.ControlKey(int16(kmsg.Fetch), func(kmsg.Request) (kmsg.Response, error, bool) {
		if !moved.Swap(true) {
			f.led(kmsg.MetadataResponseTopic{Partitions: []kmsg.MetadataResponseTopicPartition{{Leader: 1 - r.fake.CurrentNode(), LeaderEpoch: -1}}})
			time.Sleep(50 * time.Millisecond) // it looks, and finds nothing to do
		}
		return nil, nil, false
	})
	ctx, cancel := context.WithTimeout(testContext(t), 5*time.Second)
	defer cancel()
	got := newRecords()
	require.NoError(t, reader.take(ctx, got, len(values)))
	require.True(t, moved.Load())
	require.Equal(t, len(values), got.n)
}
