package kafka

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

func rawRig(t *testing.T, opts ...kfake.Opt) *rig {
	r := fakeRig(t, opts...)
	r.way = "raw"
	return r
}

// begun is the time of the first row of tests. A broker forgets at a restart what it knows
// of a writer whose records are older than producer.id.expiration.ms, a day.
var begun = time.Now().UnixMilli()

// numbered are rows n to m-1, each with its number and, of some, a key.
func numbered(n, m, keys int) (rows []row) {
	for i := n; i < m; i++ {
		x := row{value: fmt.Sprint(i), key: "NULL", at: begun + int64(i)}
		if keys > 0 {
			x.key = fmt.Sprint(i % keys)
		}
		rows = append(rows, x)
	}
	return rows
}

// once checks that a topic has the rows 0 to n-1, each once, and those of each key and
// partition in their order.
func once(t *testing.T, r *rig, topic string, n int) {
	t.Helper()
	last := map[string]int64{}
	seen := map[string]int{}
	for _, x := range r.readAll(t, topic, n) {
		seen[string(x.Value)]++
		at := fmt.Sprint(x.Partition, string(x.Key))
		if prev, ok := last[at]; ok {
			require.Greater(t, x.Timestamp.UnixMilli(), prev, "order in %s", at)
		}
		last[at] = x.Timestamp.UnixMilli()
	}
	require.Len(t, seen, n)
	for v, k := range seen {
		require.Equal(t, 1, k, v)
	}
}

// Errors that pass are waited out, whoever gives them: nothing is lost, doubled or out of
// order. A broker that has forgotten the writer's numbers is told new ones.
func TestProduceFaults(t *testing.T) {
	for _, c := range []struct {
		fault kfake.Fault
		props []string
	}{
		{fault: kfake.Fault{Err: kerr.NotLeaderForPartition}},
		{fault: kfake.Fault{Err: kerr.NotEnoughReplicas}},
		{fault: kfake.Fault{Err: kerr.NotEnoughReplicasAfterAppend}},
		{fault: kfake.Fault{Err: kerr.RequestTimedOut}},
		{fault: kfake.Fault{Err: kerr.KafkaStorageError}},
		{fault: kfake.Fault{Err: kerr.UnknownTopicOrPartition}},
		{fault: kfake.Fault{Err: kerr.UnknownTopicID}},
		{fault: kfake.Fault{Err: kerr.UnknownProducerID}},
		{fault: kfake.Fault{Err: kerr.OutOfOrderSequenceNumber}},
		{fault: kfake.Fault{Err: kerr.InvalidProducerEpoch}},
		{fault: kfake.Fault{Keys: []kmsg.Key{kmsg.InitProducerID}, TopLevel: true, Err: kerr.CoordinatorLoadInProgress}},
		{fault: kfake.Fault{Err: kerr.NotLeaderForPartition}, props: []string{"enable.idempotence", "false"}},
		{fault: kfake.Fault{Err: kerr.NotLeaderForPartition}, props: []string{"acks", "1"}},
	} {
		t.Run(fmt.Sprint(c.fault.Err.Message, c.props), func(t *testing.T) {
			r := rawRig(t)
			topic := r.topic(t, 3)
			s := r.sink(t, append([]string{"topic", topic, "retry.backoff.ms", "5", "linger.ms", "0"}, c.props...)...)
			if c.fault.Keys == nil {
				c.fault.Keys = []kmsg.Key{kmsg.Produce}
				c.fault.Topic = topic
			}
			c.fault.Count = 3
			h := r.fake.Fault(c.fault)
			n := 0
			for range 20 {
				require.NoError(t, write(t, s, numbered(n, n+25, 7)...))
				n += 25
				time.Sleep(2 * time.Millisecond)
			}
			require.NoError(t, s.Close(testContext(t), true))
			require.Equal(t, 3, h.Hits())
			once(t, r, topic, n)
		})
	}
}

// What waiting does not mend ends the sink, with what to do.
func TestProduceErrors(t *testing.T) {
	for _, c := range []struct {
		fault kfake.Fault
		props []string
		want  string
	}{
		{kfake.Fault{Keys: []kmsg.Key{kmsg.InitProducerID}, TopLevel: true, Err: kerr.ClusterAuthorizationFailed}, nil, "may not write idempotently"},
		{kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.MessageTooLarge}, nil, "refused a batch of records as too large: lower batch.size"},
		{kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.CorruptMessage}, nil, "CORRUPT_MESSAGE"},
		{kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.NotLeaderForPartition}, []string{"retries", "2"}, "NOT_LEADER"},
		{kfake.Fault{Keys: []kmsg.Key{kmsg.Metadata}, Err: kerr.TopicAuthorizationFailed}, []string{"metadata.max.age.ms", "1000"}, "may not write to topic"},
	} {
		r := rawRig(t)
		topic := r.topic(t, 1)
		s := r.sink(t, append([]string{"topic", topic, "retry.backoff.ms", "5"}, c.props...)...)
		c.fault.Count = -1
		h := r.fake.Fault(c.fault)
		require.NoError(t, write(t, s, numbered(0, 5, 0)...))
		err := s.Flush(testContext(t))
		for end := time.Now().Add(10 * time.Second); err == nil && time.Now().Before(end); { // metadata is looked up now and then
			time.Sleep(20 * time.Millisecond)
			err = s.Flush(testContext(t))
		}
		require.ErrorContains(t, err, c.want)
		require.NotContains(t, err.Error(), "\n")
		require.ErrorContains(t, s.Close(testContext(t), true), c.want)
		h.Remove()
	}
}

// A broker that puts records off until delivery.timeout.ms is over says why.
func TestProducePutOff(t *testing.T) {
	r := rawRig(t)
	topic := r.topic(t, 1)
	s := r.sink(t, "topic", topic, "retry.backoff.ms", "5", "delivery.timeout.ms", "300")
	r.fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.NotEnoughReplicas, Count: -1})
	require.NoError(t, write(t, s, numbered(0, 5, 0)...))
	require.ErrorContains(t, s.Flush(testContext(t)), "5 records wait for the broker since more than delivery.timeout.ms=300: NOT_ENOUGH_REPLICAS")
}

// One partition that is not taken ends the sink, though others are.
func TestProducePutOffPartition(t *testing.T) {
	r := rawRig(t)
	topic := r.topic(t, 3)
	s := r.sink(t, "topic", topic, "retry.backoff.ms", "5", "retry.backoff.max.ms", "20", "delivery.timeout.ms", "300", "linger.ms", "0")
	r.fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: topic, Partitions: []int32{javaPartitions["21"]}, Err: kerr.NotEnoughReplicas, Count: -1})
	other := "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8"
	require.NotEqual(t, javaPartitions["21"], javaPartitions[other])
	require.NoError(t, write(t, s, row{value: "stuck", key: "21", at: 1}))
	var err error
	for end := time.Now().Add(5 * time.Second); err == nil && time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		err = write(t, s, row{value: "goes", key: other, at: 1})
	}
	require.ErrorContains(t, err, "1 records wait for the broker since more than delivery.timeout.ms=300: NOT_ENOUGH_REPLICAS")
}

// Headers count for the size of a record.
func TestProduceLargeHeaders(t *testing.T) {
	r := rawRig(t)
	s := r.sink(t, "topic", r.topic(t, 1), "batch.size", "1000")
	require.NoError(t, write(t, s, row{key: "NULL", at: 1, headers: []kgo.RecordHeader{{Key: "h", Value: make([]byte, 2000)}}}))
	require.ErrorContains(t, s.Flush(testContext(t)), "refused a record of 2005 bytes as too large")
}

// A topic that is deleted while it is written is an error, and so is one that is made anew.
func TestProduceToDeletedTopic(t *testing.T) {
	for _, anew := range []bool{false, true} {
		r := rawRig(t)
		topic := r.topic(t, 2)
		s := r.sink(t, "topic", topic, "retry.backoff.ms", "5", "metadata.max.age.ms", "1000")
		require.NoError(t, write(t, s, numbered(0, 10, 3)...))
		require.NoError(t, s.Flush(testContext(t)))
		_, err := r.adm.DeleteTopics(testContext(t), topic)
		require.NoError(t, err)
		want := "was deleted while it was written"
		if anew {
			r.create(t, topic, 2, nil)
			want = "was deleted and made anew while it was written"
		}
		require.NoError(t, write(t, s, numbered(10, 20, 3)...))
		require.ErrorContains(t, s.Flush(testContext(t)), want)
	}
}

// A broker that has not heard of a new topic yet, while another has, is asked again.
func TestProduceToTopicNotYetKnown(t *testing.T) {
	r := rawRig(t)
	topic := r.topic(t, 2)
	n := 0
	r.fake.ControlKey(int16(kmsg.Metadata), func(q kmsg.Request) (kmsg.Response, error, bool) {
		r.fake.KeepControl()
		req := q.(*kmsg.MetadataRequest)
		if len(req.Topics) == 0 {
			return nil, nil, false
		}
		if n++; n != 2 {
			return nil, nil, false
		}
		resp := req.ResponseKind().(*kmsg.MetadataResponse)
		rt := kmsg.NewMetadataResponseTopic()
		rt.Topic, rt.ErrorCode = req.Topics[0].Topic, kerr.UnknownTopicOrPartition.Code
		resp.Topics = append(resp.Topics, rt)
		return resp, nil, true
	})
	s := r.sink(t, "topic", topic)
	require.NoError(t, write(t, s, numbered(0, 20, 3)...))
	require.NoError(t, s.Close(testContext(t), true))
	once(t, r, topic, 20)
}

// Partitions with numbers that a topic cannot have are passed over, and asked for again.
func TestProduceOddPartitions(t *testing.T) {
	r := rawRig(t)
	topic := r.topic(t, 2)
	s := r.sink(t, "topic", topic)
	odd := kmsg.MetadataResponseTopic{Partitions: []kmsg.MetadataResponseTopicPartition{{Partition: -1}, {Partition: 1 << 30}}}
	require.True(t, s.(*sink).by.(*producer).led(odd))
	require.NoError(t, write(t, s, numbered(0, 20, 3)...))
	require.NoError(t, s.Close(testContext(t), true))
	once(t, r, topic, 20)
}

// Partitions that are added take their share of the keys, as with other clients.
func TestProduceToNewPartitions(t *testing.T) {
	r := rawRig(t)
	topic := r.topic(t, 1)
	s := r.sink(t, "topic", topic, "metadata.max.age.ms", "1000")
	require.NoError(t, write(t, s, row{value: "before", key: "21", at: 1}))
	require.NoError(t, s.Flush(testContext(t)))
	_, err := r.adm.CreatePartitions(testContext(t), 2, topic)
	require.NoError(t, err)
	p := s.(*sink).by.(*producer)
	require.Eventually(t, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return len(p.parts) == 3
	}, 10*time.Second, 10*time.Millisecond)
	var rows []row
	for key := range javaPartitions {
		rows = append(rows, row{value: "v", key: key, at: 2})
	}
	require.NoError(t, write(t, s, rows...))
	require.NoError(t, s.Close(testContext(t), true))
	for _, x := range r.readAll(t, topic, len(rows)+1) {
		if string(x.Value) == "v" {
			require.Equal(t, javaPartitions[string(x.Key)], x.Partition, string(x.Key))
		}
	}
}

// A leader that moves while the old one takes a batch goes on with the next: it has found
// the partition busy before.
func TestProduceLeaderMovesMeanwhile(t *testing.T) {
	r := rawRig(t, kfake.NumBrokers(2))
	topic := r.topic(t, 1)
	s := r.sink(t, "topic", topic, "retry.backoff.ms", "5", "batch.size", "600", "linger.ms", "0")
	p := s.(*sink).by.(*producer)
	r.fake.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		p.mu.Lock()
		other := 1 - p.parts[0].leader
		p.mu.Unlock()
		p.led(kmsg.MetadataResponseTopic{Partitions: []kmsg.MetadataResponseTopicPartition{{Leader: other, LeaderEpoch: -1}}})
		time.Sleep(50 * time.Millisecond) // it looks, and finds nothing to do
		return nil, nil, false
	})
	require.NoError(t, write(t, s, numbered(0, 200, 3)...))
	require.Eventually(t, func() bool { n, _ := p.waiting(); return n == 0 }, 5*time.Second, 5*time.Millisecond)
	require.NoError(t, s.Close(testContext(t), true))
	once(t, r, topic, 200)
}

// Several pipelines write at once while leaders move; batches are small, so that there are
// many, and the buffer is, so that they wait.
func TestProduceConcurrently(t *testing.T) {
	r := rawRig(t, kfake.NumBrokers(3))
	topic := r.topic(t, 5)
	s := r.sink(t, "topic", topic, "retry.backoff.ms", "5", "batch.size", "600", "linger.ms", "1", "queue.buffering.max.messages", "200")
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for k := range 30 {
				var rows []row
				for i := range 20 {
					n := (w*30+k)*20 + i
					rows = append(rows, row{value: fmt.Sprint(n), key: fmt.Sprint(w, n%5), at: int64(n)})
				}
				if err := write(t, s, rows...); err != nil {
					t.Error(err)
				}
				if k%10 == 5 && w == 0 {
					r.fake.ShufflePartitionLeaders()
				}
			}
		})
	}
	wg.Wait()
	require.NoError(t, s.Close(testContext(t), true))
	once(t, r, topic, 4*30*20)
}

// Rows without a key fill one batch after the other, in partitions that change.
func TestProduceWithoutKeys(t *testing.T) {
	r := rawRig(t)
	topic := r.topic(t, 4)
	s := r.sink(t, "topic", topic, "batch.size", "2000", "linger.ms", "60000", "acks", "all")
	for k := range 10 {
		require.NoError(t, write(t, s, numbered(k*100, k*100+100, 0)...))
	}
	require.NoError(t, s.Close(testContext(t), true))
	got := r.readAll(t, topic, 1000)
	used := map[int32]bool{}
	for _, x := range got {
		used[x.Partition] = true
	}
	require.Greater(t, len(used), 1)
	once(t, r, topic, 1000)
}

// acks=0 asks nobody.
func TestProduceWithoutAcks(t *testing.T) {
	r := rawRig(t)
	topic := r.topic(t, 2)
	s := r.sink(t, "topic", topic, "acks", "0")
	require.NoError(t, write(t, s, numbered(0, 100, 5)...))
	require.NoError(t, s.Close(testContext(t), true))
	once(t, r, topic, 100)
}

// Brokers that do not tell the ids of topics are told names, also if they would take ids.
func TestProduceByName(t *testing.T) {
	odd := kversion.Stable()
	odd.SetMaxKeyVersion(int16(kmsg.Metadata), 9)
	for _, v := range []*kversion.Versions{kversion.V2_7_0(), odd} {
		for _, acks := range []string{"all", "1", "0"} {
			r := rawRig(t, kfake.MaxVersions(v))
			topic := r.topic(t, 2)
			s := r.sink(t, "topic", topic, "acks", acks, "delivery.timeout.ms", "5000")
			require.NoError(t, write(t, s, numbered(0, 100, 5)...))
			require.NoError(t, s.Close(testContext(t), true), acks)
			once(t, r, topic, 100)
		}
	}
}

// A broker that knows no record batches is refused when the sink is opened.
func TestProduceToOldLog(t *testing.T) {
	r := rawRig(t)
	topic := r.topic(t, 1)
	r.fake.ControlKey(int16(kmsg.ApiVersions), func(q kmsg.Request) (kmsg.Response, error, bool) {
		r.fake.KeepControl()
		resp := q.ResponseKind().(*kmsg.ApiVersionsResponse)
		for _, k := range []kmsg.Key{kmsg.Produce, kmsg.Metadata, kmsg.ApiVersions} {
			v, _ := kversion.V0_10_2().LookupMaxKeyVersion(int16(k))
			x := kmsg.NewApiVersionsResponseApiKey()
			x.ApiKey, x.MaxVersion = int16(k), v
			resp.ApiKeys = append(resp.ApiKeys, x)
		}
		return resp, nil, true
	})
	for _, acks := range []string{"all", "0"} {
		_, err := r.trySink("topic", topic, "acks", acks)
		require.ErrorContains(t, err, "is older than Kafka 0.11, whose log kafka.produce=raw does not write: set kafka.produce=client")
	}
}

// A great many partitions share requests, which have a size.
func TestProduceManyPartitions(t *testing.T) {
	r := rawRig(t, kfake.NumBrokers(1))
	topic := r.topic(t, 60)
	s := r.sink(t, "topic", topic, "compression.type", "none", "linger.ms", "60000")
	big := strings.Repeat("x", 900_000)
	var rows []row
	for i := range 60 {
		rows = append(rows, row{value: fmt.Sprint(i) + big, key: fmt.Sprint(i), at: int64(i)})
	}
	seen := r.fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: topic, Count: -1, Observe: true})
	require.NoError(t, write(t, s, rows...))
	require.NoError(t, s.Close(testContext(t), true))
	require.Greater(t, seen.Hits(), 1, "a request has at most %d bytes", requestBytes)
	got := r.readAll(t, topic, 60)
	require.Len(t, got, 60)
	slices.SortFunc(got, func(a, b *kgo.Record) int { return int(a.Timestamp.UnixMilli() - b.Timestamp.UnixMilli()) })
	for i, x := range got {
		require.Equal(t, fmt.Sprint(i)+big, string(x.Value))
	}
}

// Times that the client library cannot hold are written as they are.
func TestProduceFarFuture(t *testing.T) {
	r := rawRig(t)
	topic := r.topic(t, 1)
	s := r.sink(t, "topic", topic)
	at := time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC).UnixMilli()
	require.NoError(t, write(t, s, row{value: "v", key: "k", at: at}))
	require.NoError(t, s.Close(testContext(t), true))
	got := read(t, r.source(t, "topic", topic, "bounded", "true"), 10, ingest.Scan{System: []string{"_timestamp"}})
	require.Equal(t, []string{fmt.Sprintf("v %d", at)}, got.lines)
}

// A batch of rows costs a fixed number of allocations, not some for each record.
func TestProduceAllocations(t *testing.T) {
	r := rawRig(t, kfake.NumBrokers(1))
	topic := r.topic(t, 1)
	k := r.sink(t, "topic", topic, "linger.ms", "60000").(*sink)
	pool := vec.NewPool(nil, false)
	defer pool.Close()
	sc := pool.Open()
	defer sc.Close()
	const n = 1000
	v, key := vec.NewBuilder(sc, vec.TypeString, n), vec.NewBuilder(sc, vec.TypeString, n)
	h := vec.NewBuilder(sc, vec.TypeHeaders, n)
	for i := range n {
		v.String("value")
		key.String(fmt.Sprint(i))
		h.Children[0].String("h")
		h.Children[1].String("x")
		h.EndList()
	}
	b := &arrowexec.Batch{Scope: sc, N: n, Cols: []*vec.Vec{v.Finish(), key.Finish(), h.Finish()}}
	k.out.Time, k.out.Deleted = -1, -1
	ctx := testContext(t)
	p := k.by.(*producer)
	require.NoError(t, p.send(ctx, b))
	require.Less(t, testing.AllocsPerRun(10, func() {
		if err := p.send(ctx, b); err != nil {
			panic(err)
		}
	}), 10.0)
	require.NoError(t, k.Flush(ctx))
}

func TestMurmur2(t *testing.T) {
	for key, want := range javaPartitions {
		require.Equal(t, want, int32(murmur2([]byte(key))&0x7fffffff%3), key)
	}
	for _, c := range []struct {
		key  string
		want int32
	}{{"21", -973932308}, {"foobar", -790332482}, {"abc", 479470107}} {
		require.Equal(t, c.want, int32(murmur2([]byte(c.key))))
	}
}
