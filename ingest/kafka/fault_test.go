package kafka

import (
	"fmt"
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
	"github.com/velostream/velo/ingest/recordkey"
)

// The last offsets of a compacted partition may hold no record: the end is found
// by the position of a fetch, not by records.
func TestEndInGap(t *testing.T) { eachWay(t, testEndInGap) }

func testEndInGap(t *testing.T, way string) {
	r := fakeRig(t, kfake.NumBrokers(1))
	r.way = way
	compact := "compact"
	now := time.Now().UnixMilli() // kfake deletes what is older than its retention
	r.create(t, "gap", 2, map[string]*string{"cleanup.policy": &compact})
	r.produce(t, rec("gap", 0, now, "first", "f"), rec("gap", 1, now, "first", "f"))
	for i := range 5 {
		r.produce(t, rec("gap", 0, now+int64(i), "same", fmt.Sprint(i)), rec("gap", 1, now+int64(10+i), fmt.Sprint(i), "b"))
	}
	r.fake.Compact()
	got := read(t, r.source(t, "topic", "gap", "end", "4"), 10, ingest.Scan{System: []string{"_partition", "_offset"}})
	require.Equal(t, []string{"f 0 0", "f 1 0", "b 1 1", "b 1 2", "b 1 3"}, got.lines)
	require.Equal(t, []int32{0, 1}, sorted(got.ended))
}

func sorted(in []int32) []int32 {
	out := append([]int32{}, in...)
	for i := range out {
		for j := i; j > 0 && out[j] < out[j-1]; j-- {
			out[j], out[j-1] = out[j-1], out[j]
		}
	}
	return out
}

// The probe moves the position over aborted records and markers alone.
func TestProbe(t *testing.T) {
	r := fakeRig(t, kfake.NumBrokers(1))
	topic := r.topic(t, 1)
	ctx := testContext(t)
	txn, err := kgo.NewClient(kgo.SeedBrokers(r.addr), kgo.TransactionalID("p"), kgo.DefaultProduceTopic(topic), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.DisableClientMetrics())
	require.NoError(t, err)
	defer txn.Close()
	require.NoError(t, txn.BeginTransaction())
	require.NoError(t, txn.ProduceSync(ctx, kgo.StringRecord("never"), kgo.StringRecord("never")).FirstErr())
	require.NoError(t, txn.EndTransaction(ctx, kgo.TryAbort))
	r.produce(t, rec(topic, 0, 1, "", "seen"))

	cfg, _, err := parsed(sourceSide, "kafka.fetch", "poll", "bootstrap.servers", r.addr, "topic", topic, "bounded", "true")
	require.NoError(t, err)
	open := func(from, to int64) *polled {
		reader, err := openRanges(ctx, &cfg, ingest.Env{}, []span{{Partition: 0, From: from, To: to}})
		require.NoError(t, err)
		t.Cleanup(reader.close)
		rr := reader.f.(*polled)
		for { // the client learns the leader
			if leader, _, err := rr.cl.PartitionLeader(topic, 0); err == nil && leader >= 0 {
				return rr
			}
			rr.cl.ForceMetadataRefresh()
		}
	}
	rr := open(0, 2) // two aborted records
	require.NoError(t, rr.probe(ctx, rr.parts[0]))
	require.True(t, rr.parts[0].full)
	rr = open(0, 4) // a visible one is among them: that is for polling to bring
	require.NoError(t, rr.probe(ctx, rr.parts[0]))
	require.False(t, rr.parts[0].full)
	require.EqualValues(t, 0, rr.parts[0].at)
	for len(rr.parts[0].queue) == 0 {
		require.NoError(t, rr.wait(ctx))
	}
	got, _, err := rr.next(0)
	require.NoError(t, err)
	require.Equal(t, 1, got.Len())
	require.Equal(t, "seen", string(got.Value(0)))
	rr = open(2, 3) // the marker
	require.NoError(t, rr.probe(ctx, rr.parts[0]))
	require.True(t, rr.parts[0].full)
	rr = open(3, 9) // the end was there when the read began, and is no more
	require.ErrorContains(t, rr.probe(ctx, rr.parts[0]), "ends at offset 4, but ended at 9 when the read began: the topic was truncated or made anew")
}

// Leaders move while a topic is read and written: nothing is lost or doubled.
func TestLeaderMoves(t *testing.T) { eachWay(t, testLeaderMoves) }

func testLeaderMoves(t *testing.T, way string) {
	r := fakeRig(t, kfake.NumBrokers(3))
	r.way = way
	topic := r.topic(t, 3)
	s := r.sink(t, "topic", topic, "linger.ms", "0")
	const n = 300
	for i := range n {
		if i%100 == 50 {
			r.fake.ShufflePartitionLeaders()
		}
		require.NoError(t, write(t, s, row{value: fmt.Sprint(i), key: fmt.Sprint(i), at: int64(i)}))
	}
	require.NoError(t, s.Close(testContext(t), true))

	c := r.source(t, "topic", topic, "bounded", "true", "max.partition.fetch.bytes", "256", "fetch.max.bytes", "512")
	pieces, err := c.Scan(testContext(t), ingest.Scan{Columns: textColumns})
	require.NoError(t, err)
	src, err := pieces[0](testContext(t))
	require.NoError(t, err)
	defer src.Close()
	for i := range n {
		if i == n/2 {
			r.fake.ShufflePartitionLeaders()
		}
		require.Equal(t, []string{fmt.Sprint(i)}, next(t, src, 1))
	}
	require.Nil(t, next(t, src, 1))
}

func TestReadFaults(t *testing.T) { eachWay(t, testReadFaults) }

func testReadFaults(t *testing.T, way string) {
	for _, c := range []struct {
		fault kfake.Fault
		props []string
		want  string
	}{
		{kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Err: kerr.TopicAuthorizationFailed}, nil, "may not use topic"},
		{kfake.Fault{Keys: []kmsg.Key{kmsg.ListOffsets}, Err: kerr.TopicAuthorizationFailed}, nil, "may not use topic"},
		{kfake.Fault{Keys: []kmsg.Key{kmsg.Metadata}, Err: kerr.TopicAuthorizationFailed}, nil, "may not use topic"},
		{kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Err: kerr.OffsetOutOfRange}, []string{"auto.offset.reset", "none"}, "is gone (deleted by retention) and auto.offset.reset is none"},
		{kfake.Fault{Keys: []kmsg.Key{kmsg.JoinGroup}, Err: kerr.GroupAuthorizationFailed, TopLevel: true}, []string{"bounded", "false"}, "may not use group"},
	} {
		r := fakeRig(t, kfake.NumBrokers(1))
		r.way = way
		topic := r.topic(t, 1)
		r.produce(t, rec(topic, 0, 1, "", "a"))
		c.fault.Count = -1
		r.fake.Fault(c.fault)
		conn := r.source(t, append([]string{"topic", topic, "bounded", "true"}, c.props...)...)
		err := readError(t, conn)
		require.ErrorContains(t, err, c.want)
		require.NotContains(t, err.Error(), "\n")
	}
}

// readError reads until something fails.
func readError(t *testing.T, c ingest.Connector) error {
	t.Helper()
	ctx := testContext(t)
	pieces, err := c.Scan(ctx, ingest.Scan{Columns: textColumns})
	if err != nil {
		return err
	}
	src, err := pieces[0](ctx)
	if err != nil {
		return err
	}
	defer src.Close()
	pool := vec.NewPool(nil, true)
	defer pool.Close()
	for {
		sc := pool.Open()
		_, err := src.Next(ctx, sc, 10)
		sc.Close()
		if err != nil {
			return err
		}
	}
}

// Faults that pass are waited out.
func TestPassingFaults(t *testing.T) { eachWay(t, testPassingFaults) }

func testPassingFaults(t *testing.T, way string) {
	r := fakeRig(t, kfake.NumBrokers(1))
	r.way = way
	topic := r.topic(t, 1)
	r.produce(t, rec(topic, 0, 1, "", "a"))
	for _, f := range []kfake.Fault{
		{Keys: []kmsg.Key{kmsg.Fetch}, Err: kerr.NotLeaderForPartition, Count: 2},
		{Keys: []kmsg.Key{kmsg.ListOffsets}, Err: kerr.NotLeaderForPartition, Count: 2},
		{Keys: []kmsg.Key{kmsg.OffsetFetch}, Err: kerr.CoordinatorLoadInProgress, Count: 2},
	} {
		r.fake.Fault(f)
		got := read(t, r.source(t, "topic", topic, "bounded", "true", "group.id", "x", "retry.backoff.ms", "5"), 10, ingest.Scan{})
		require.Equal(t, []string{"a"}, got.lines)
	}
}

// A partition far ahead in time waits without being fetched, and is then read on.
func TestBalance(t *testing.T) {
	r := fakeRig(t, kfake.NumBrokers(1))
	topic := r.topic(t, 2)
	var all []*kgo.Record
	for i := range 80 {
		r.produce(t, rec(topic, 1, int64(1000+i), "", strings.Repeat("x", 1000))) // a batch each
	}
	for i := range 20 {
		all = append(all, rec(topic, 0, int64(2*i), "", fmt.Sprint(i)))
	}
	r.produce(t, all...)
	cfg, _, err := parsed(sourceSide, "kafka.fetch", "poll", "bootstrap.servers", r.addr, "topic", topic, "bounded", "true", "fetch.max.bytes", "2000", "max.partition.fetch.bytes", "2000")
	require.NoError(t, err)
	ctx := testContext(t)
	rr, err := openRanges(ctx, &cfg, ingest.Env{}, []span{{Partition: 0, To: 20}, {Partition: 1, To: 80}})
	require.NoError(t, err)
	defer rr.close()
	p := rr.f.(*polled)
	p.ahead = 20_000
	var early []*block
	for p.parts[1].bytes < p.ahead { // the first has nothing, as far as the reader knows
		early, p.parts[0].queue = append(early, p.parts[0].queue...), nil
		require.NoError(t, p.wait(ctx))
	}
	p.parts[0].queue = append(early, p.parts[0].queue...)
	p.balance()
	require.True(t, p.parts[1].paused)
	require.False(t, p.parts[1].full)
	got := newRecords()
	require.NoError(t, rr.take(ctx, got, 1000))
	require.True(t, rr.parts[0].drained(), "no record follows the last of the first partition before its end is told")
	rr.parts[0].told = true
	require.NoError(t, rr.take(ctx, got, 1000))
	require.Equal(t, 100, got.n)
	offset := int64(0)
	for _, x := range got.runs {
		for i := x.from; i < x.to && x.partition == 1; i++ {
			require.Equal(t, offset, x.Offsets[i])
			offset++
		}
	}
	require.EqualValues(t, 80, offset)
}

func TestLimiter(t *testing.T) {
	var l limiter
	require.Equal(t, 10, l.want(10))
	require.Equal(t, 4096, l.want(65536), "nothing is known yet")
	l.observe(1, 2<<20)
	require.Equal(t, 256, l.want(65536))
	for range 40 {
		l.observe(1, 174)
	}
	require.Equal(t, 29959, l.want(65536), "5 MiB stay in the cache")
	for range 40 {
		l.observe(1, 2000)
	}
	require.Equal(t, 4096, l.want(65536), "less does not pay")
	for range 40 {
		l.observe(1, 39)
	}
	require.Equal(t, 65536, l.want(65536))
	l.observe(0, 0)
	require.Equal(t, 65536, l.want(65536))
	l.observe(1, 1<<30)
	require.Equal(t, 1, l.want(65536))
}

func TestMarks(t *testing.T) {
	var m marks
	batch := func(at ...int64) {
		k := newMark()
		for i := 0; i < len(at); i += 2 {
			k.at(int32(at[i]), at[i+1], 0)
		}
		m.add(k)
	}
	batch(0, 5, 1, 3, 0, 6)
	batch()
	batch(1, 4)
	batch(1, 9)
	require.Empty(t, m.take(0))
	require.Equal(t, map[int32]kgo.EpochOffset{0: {Offset: 6}, 1: {Offset: 4}}, m.take(3))
	batch(0, 7, 1, 10)
	m.forget([]int32{1})
	require.Equal(t, map[int32]kgo.EpochOffset{0: {Offset: 7}}, m.take(5))
	require.Empty(t, m.take(100))
}

// Times beyond the client's own range are read exactly.
func TestMillis(t *testing.T) {
	for _, ms := range []int64{0, 1, -1, 1700000000000, -1700000000000, 9223372036854, 9223372036855, 253402300799999, -62135596800000, 1 << 56, -1 << 57} {
		r := &kgo.Record{Timestamp: time.Unix(0, ms*1e6)} // as the client does
		require.Equal(t, ms, millis(r))
	}
}

// Reading a batch costs allocations by batch and field, not by record.
func TestColumnsAllocations(t *testing.T) {
	const n = 1000
	var free blocks
	b := free.get(0)
	for i := range int64(n) {
		b.Add(i, i, []byte("k"), []byte("12345"), 1, func(int) (string, []byte) { return "h", []byte("v") })
	}
	recs := newRecords()
	recs.add(b, 0, n)
	c := &columns{source: "s", topic: "t", scan: ingest.Scan{Columns: textColumns, System: allSystem, Failures: &arrowexec.Failures{}}}
	form, err := registry().Format("text")
	require.NoError(t, err)
	c.rows, err = recordkey.NewRows(recordkey.RowsOptions{Columns: textColumns, Format: form, Schema: arrow.NewSchema(textColumns, nil)})
	require.NoError(t, err)
	pool := vec.NewPool(nil, false)
	defer pool.Close()
	run := func() {
		sc := pool.Open()
		if b, err := c.batch(sc, recs, recs.runs, n); err != nil || b.N != n {
			panic("no batch")
		}
		sc.Close()
	}
	run()
	require.LessOrEqual(t, testing.AllocsPerRun(20, run), 40.0)
}
