package kafka

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

// row is a row of a sink's test; "NULL" is no key, at < 0 no time.
type row struct {
	value, key string
	headers    []kgo.RecordHeader
	at         int64
	deleted    bool
}

var sinkOutput = ingest.Output{
	Fields: []arrow.Field{{Name: "value", Type: vec.TypeString, Nullable: true}},
	Key:    1, Headers: 2, Time: 3, Deleted: 4,
}

func (r *rig) trySink(props ...string) (arrowexec.Sink, error) {
	p := ingest.NewProps()
	p.Set("bootstrap.servers", r.addr, "")
	p.Set("format", "text", "")
	p.Set("kafka.produce", sendings[r.way], "")
	for i := 0; i < len(props); i += 2 {
		p.Set(props[i], props[i+1], "")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	return Sink().Open(ctx, registry(), ingest.SinkSpec{Name: "out", Props: p, Output: sinkOutput})
}

func (r *rig) sink(t *testing.T, props ...string) arrowexec.Sink {
	t.Helper()
	s, err := r.trySink(props...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close(context.Background(), false) })
	return s
}

// write hands rows to a sink as one batch whose memory is poisoned afterwards,
// with an unselected row before each.
func write(t *testing.T, s arrowexec.Sink, rows ...row) error {
	t.Helper()
	pool := vec.NewPool(nil, true)
	defer pool.Close()
	sc := pool.Open()
	defer sc.Close()
	types := []arrow.DataType{vec.TypeString, vec.TypeString, vec.TypeHeaders, vec.TypeTimestamp, vec.TypeBool}
	var cols []*vec.Builder
	for _, ty := range types {
		cols = append(cols, vec.NewBuilder(sc, ty, 2*len(rows)))
	}
	sel := vec.Sel{}
	for _, x := range rows {
		for range 2 {
			cols[0].String(x.value)
			if x.key == "NULL" {
				cols[1].Null()
			} else {
				cols[1].String(x.key)
			}
			for _, h := range x.headers {
				cols[2].Children[0].String(h.Key)
				if h.Value == nil {
					cols[2].Children[1].Null()
				} else {
					cols[2].Children[1].Bytes(h.Value)
				}
			}
			cols[2].EndList()
			if x.at < 0 {
				cols[3].Null()
			} else {
				cols[3].Int64(x.at)
			}
			cols[4].Bool(x.deleted)
		}
		sel = append(sel, int32(cols[0].N-1))
	}
	b := &arrowexec.Batch{Scope: sc, N: cols[0].N, Sel: sel}
	for _, c := range cols {
		b.Cols = append(b.Cols, c.Finish())
	}
	return s.Write(testContext(t), b)
}

// javaPartitions are Utils.toPositive(Utils.murmur2(key)) % 3 of Java's default
// partitioner, from the hashes in Kafka's own UtilsTest.
var javaPartitions = map[string]int32{
	"21":                         -973932308 & 0x7fffffff % 3,
	"foobar":                     -790332482 & 0x7fffffff % 3,
	"a-little-bit-long-string":   -985981536 & 0x7fffffff % 3,
	"a-little-bit-longer-string": -1486304829 & 0x7fffffff % 3,
	"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971 & 0x7fffffff % 3,
	"abc": 479470107 % 3,
}

func testSink(t *testing.T, r *rig) {
	topic := r.topic(t, 3)
	s := r.sink(t, "topic", topic)
	past := time.Date(1975, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	future := time.Date(2262, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	var want []string
	var rows []row
	for key := range javaPartitions {
		rows = append(rows, row{value: "v" + key, key: key, at: past})
		want = append(want, fmt.Sprintf("%d %s=v%s @%d []", javaPartitions[key], key, key, past))
	}
	// An empty key is a key, and an empty payload is no tombstone.
	hs := []kgo.RecordHeader{{Key: "a", Value: []byte("1")}, {Key: "n"}, {Key: "a", Value: []byte{}}}
	rows = append(rows, row{value: "", key: "foobar", at: future, headers: hs})
	want = append(want, fmt.Sprintf("%d foobar= @%d [a=1 n=NULL a=]", javaPartitions["foobar"], future))
	require.NoError(t, write(t, s))
	require.NoError(t, write(t, s, rows...))
	require.NoError(t, s.Flush(testContext(t)))
	require.Equal(t, int64(len(rows)), s.Stats().Rows)
	require.Positive(t, s.Stats().Bytes)
	got := r.readAll(t, topic, len(rows))
	require.ElementsMatch(t, want, describe(got))

	// Without a key and time: some partition, and about now.
	before := time.Now().Add(-time.Hour)
	require.NoError(t, write(t, s, row{value: "plain", key: "NULL", at: -1}))
	require.NoError(t, s.Close(testContext(t), true))
	require.NoError(t, s.Close(testContext(t), true), "closed twice")
	require.Error(t, write(t, s, row{value: "late"}))
	got = r.readAll(t, topic, len(rows)+1)
	i := slices.IndexFunc(got, func(x *kgo.Record) bool { return string(x.Value) == "plain" })
	require.Nil(t, got[i].Key)
	require.True(t, got[i].Timestamp.After(before))
}

func describe(recs []*kgo.Record) (out []string) {
	for _, x := range recs {
		var hs []string
		for _, h := range x.Headers {
			v := "NULL"
			if h.Value != nil {
				v = string(h.Value)
			}
			hs = append(hs, h.Key+"="+v)
		}
		v := "NULL"
		if x.Value != nil {
			v = string(x.Value)
		}
		out = append(out, fmt.Sprintf("%d %s=%s @%d %v", x.Partition, x.Key, v, x.Timestamp.UnixMilli(), hs))
	}
	return out
}

// Many batches, their memory reused: order within a key, nothing lost or doubled.
func testSinkOrder(t *testing.T, r *rig) {
	topic := r.topic(t, 2)
	s := r.sink(t, "topic", topic, "queue.buffering.max.messages", "50", "linger.ms", "1")
	const batches, per = 40, 25
	for b := range batches {
		var rows []row
		for i := range per {
			n := b*per + i
			rows = append(rows, row{value: fmt.Sprintf("%d/%s", n, strings.Repeat("x", n%50)), key: fmt.Sprint(n % 7), at: int64(n)})
		}
		require.NoError(t, write(t, s, rows...))
	}
	require.NoError(t, s.Flush(testContext(t)))
	last := map[string]int64{}
	got := r.readAll(t, topic, batches*per)
	require.Len(t, got, batches*per)
	for _, x := range got {
		n := x.Timestamp.UnixMilli()
		require.Equal(t, fmt.Sprintf("%d/%s", n, strings.Repeat("x", int(n%50))), string(x.Value))
		require.Equal(t, fmt.Sprint(n%7), string(x.Key))
		if prev, ok := last[string(x.Key)]; ok {
			require.Greater(t, n, prev)
		}
		last[string(x.Key)] = n
	}
}

func testSinkCodecs(t *testing.T, r *rig) {
	for _, codec := range []string{"none", "gzip", "snappy", "lz4", "zstd"} {
		topic := r.topic(t, 1)
		s := r.sink(t, "topic", topic, "compression.type", codec)
		var rows []row
		for i := range 100 {
			rows = append(rows, row{value: strings.Repeat("velo ", 20), key: fmt.Sprint(i), at: 1})
		}
		require.NoError(t, write(t, s, rows...))
		require.NoError(t, s.Close(testContext(t), true))
		for _, x := range r.readAll(t, topic, 100) {
			require.Equal(t, codecNumber[codec], x.Attrs.CompressionType(), codec)
		}
		got := read(t, r.source(t, "topic", topic, "bounded", "true"), 64, ingest.Scan{})
		require.Len(t, got.lines, 100, codec)
	}
}

var codecNumber = map[string]uint8{"none": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}

func testSinkTombstones(t *testing.T, r *rig) {
	topic := r.topic(t, 1)
	s := r.sink(t, "topic", topic)
	require.NoError(t, write(t, s, row{value: "a", key: "k", at: 1}, row{value: "gone", key: "k", at: 2, deleted: true}, row{key: "", at: 3}))
	require.NoError(t, s.Close(testContext(t), true))
	require.Equal(t, []string{"0 k=a @1 []", "0 k=NULL @2 []", "0 = @3 []"}, describe(r.readAll(t, topic, 3)))
	got := r.readAll(t, topic, 3)
	require.NotNil(t, got[2].Key, "an empty key is a key")
}

func testSinkTooLarge(t *testing.T, r *rig) {
	topic := r.topic(t, 1)
	s := r.sink(t, "topic", topic, "batch.size", "1000")
	require.NoError(t, write(t, s, row{value: strings.Repeat("x", 2000), key: "k", at: 1}))
	err := s.Flush(testContext(t))
	require.ErrorContains(t, err, "refused a record of 2001 bytes as too large")
	require.ErrorContains(t, write(t, s, row{value: "small"}), "too large", "the sink stays failed")
	require.ErrorContains(t, s.Close(testContext(t), true), "too large")
}

// A time that the client would write wrong is refused.
func TestSinkFarFuture(t *testing.T) {
	r := fakeRig(t)
	s := r.sink(t, "topic", r.topic(t, 1))
	at := time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC).UnixMilli()
	require.ErrorContains(t, write(t, s, row{value: "v", at: at}), "the time 9999-12-31T00:00:00Z of a row cannot be written")
}

// Records of long ago are not late for delivery; a broker that does not take
// records is noticed by the sink's own clock.
func TestDeliveryTimeout(t *testing.T) { eachWay(t, testDeliveryTimeout) }

func testDeliveryTimeout(t *testing.T, way string) {
	r := fakeRig(t)
	r.way = way
	topic := r.topic(t, 1)
	s := r.sink(t, "topic", topic, "delivery.timeout.ms", "60000")
	require.NoError(t, write(t, s, row{value: "old", at: 1}))
	require.NoError(t, s.Flush(testContext(t)))
	s = r.sink(t, "topic", topic, "delivery.timeout.ms", "300", "retry.backoff.ms", "10", "queue.buffering.max.messages", "1")
	h := r.fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: topic, Err: kerr.NotLeaderForPartition, Count: -1})
	require.NoError(t, write(t, s, row{value: "stuck", at: 1}))
	require.ErrorContains(t, s.Flush(testContext(t)), "1 records wait for the broker since more than delivery.timeout.ms=300")
	require.NoError(t, s.Close(testContext(t), false), "abandoned without waiting")
	h.Remove()

	// A full buffer ends by the same clock.
	s = r.sink(t, "topic", topic, "delivery.timeout.ms", "300", "retry.backoff.ms", "10", "buffer.memory", "1024")
	r.fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: topic, Err: kerr.NotLeaderForPartition, Count: -1})
	big := row{value: strings.Repeat("x", 2000), at: 1}
	require.NoError(t, write(t, s, big))
	require.ErrorContains(t, write(t, s, big), "delivery.timeout.ms=300")
}

func TestDeliveryErrors(t *testing.T) { eachWay(t, testDeliveryErrors) }

func testDeliveryErrors(t *testing.T, way string) {
	for _, c := range []struct {
		err  *kerr.Error
		want string
	}{
		{kerr.TopicAuthorizationFailed, "may not write to topic"},
		{kerr.InvalidRecord, "a compacted topic takes no record without a key"},
		{kerr.InvalidTimestamp, "refused the time 1970-01-01T00:00:01Z"},
		{kerr.InvalidRequiredAcks, "INVALID_REQUIRED_ACKS"},
	} {
		r := fakeRig(t)
		r.way = way
		topic := r.topic(t, 1)
		s := r.sink(t, "topic", topic, "enable.idempotence", "false")
		r.fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: topic, Err: c.err, Count: -1})
		require.NoError(t, write(t, s, row{value: "v", at: 1000}))
		require.ErrorContains(t, s.Flush(testContext(t)), c.want)
	}
}

// A produce request that fails after the broker appended it is repeated without
// doubling its records.
func TestIdempotent(t *testing.T) { eachWay(t, testIdempotent) }

func testIdempotent(t *testing.T, way string) {
	r := fakeRig(t)
	r.way = way
	topic := r.topic(t, 1)
	s := r.sink(t, "topic", topic, "retry.backoff.ms", "10")
	r.fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: topic, Err: kerr.NotEnoughReplicasAfterAppend, Count: 1})
	require.NoError(t, write(t, s, row{value: "once", at: 1}))
	require.NoError(t, s.Flush(testContext(t)))
	require.NoError(t, write(t, s, row{value: "next", at: 2}))
	require.NoError(t, s.Close(testContext(t), true))
	require.Equal(t, []string{"0 =once @1 []", "0 =next @2 []"}, describe(r.readAll(t, topic, 2)))
}

// A batch costs a fixed number of allocations, not some for each record.
func TestSinkAllocations(t *testing.T) {
	r := fakeRig(t, kfake.NumBrokers(1))
	topic := r.topic(t, 1)
	k := r.sink(t, "topic", topic).(*sink)
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
	c := k.by.(*library).take()
	require.NoError(t, c.fill(k, b))
	require.Zero(t, testing.AllocsPerRun(10, func() {
		if err := c.fill(k, b); err != nil {
			panic(err)
		}
	}))
}

// linger.ms holds rows back for those of later writes; a flush does not wait for it.
func TestLinger(t *testing.T) { eachWay(t, testLinger) }

func testLinger(t *testing.T, way string) {
	sent := func(linger string, wait bool) int {
		r := fakeRig(t)
		r.way = way
		topic := r.topic(t, 1)
		seen := r.fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: topic, Count: -1, Observe: true})
		s := r.sink(t, "topic", topic, "linger.ms", linger)
		for i := range 3 {
			require.NoError(t, write(t, s, row{value: fmt.Sprint(i), at: 1}))
			if wait {
				require.NoError(t, seen.Wait(testContext(t), i+1))
			}
		}
		if !wait {
			time.Sleep(100 * time.Millisecond)
			require.Zero(t, seen.Hits())
		}
		require.NoError(t, s.Flush(testContext(t)))
		require.NoError(t, s.Close(testContext(t), true))
		require.Len(t, r.readAll(t, topic, 3), 3)
		return seen.Hits()
	}
	require.Equal(t, 3, sent("0", true))
	require.Equal(t, 1, sent("60000", false))
}
