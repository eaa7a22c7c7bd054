package kafka

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

// onBroker are the tests that hold on kfake and on a real broker alike.
var onBroker = []struct {
	name string
	run  func(*testing.T, *rig)
}{
	{"columns", testColumns},
	{"merge", testMerge},
	{"bounds", testBounds},
	{"empty", testEmpty},
	{"seek", testSeek},
	{"parts", testParts},
	{"threads", testThreads},
	{"tombstones", testTombstones},
	{"deletions", testDeletions},
	{"bad rows", testBadRows},
	{"key columns", testKeyColumns},
	{"undecoded", testUndecoded},
	{"infer", testInfer},
	{"transactions", testTransactions},
	{"bounded group", testBoundedGroup},
	{"unbounded", testUnbounded},
	{"unbounded start", testUnboundedStart},
	{"leave while joining", testLeaveWhileJoining},
	{"rebalance", testRebalance},
	{"static member", testStaticMember},
	{"server side group", testServerSideGroup},
	{"run", testRun},
	{"missing topic", testMissingTopic},
	{"out of range in a group", onTopic(testOutOfRange)},
	{"start lost by retention", onTopic(testStartLost)},
	{"deleted", onTopic(testDeleted)},
	{"made anew", onTopic(testMadeAnew)},
	{"batch larger than the limits", onTopic(testLargeBatch)},
	{"open transaction", onTopic(testOpenTransaction)},
	{"many partitions", onTopic(testManyPartitions)},
	{"late topic", testLateTopic},
	{"sink", testSink},
	{"sink order", testSinkOrder},
	{"sink codecs", testSinkCodecs},
	{"sink tombstones", testSinkTombstones},
	{"sink too large", testSinkTooLarge},
	{"dead broker", testDeadBroker},
}

func onTopic(run func(*testing.T, *rig, string)) func(*testing.T, *rig) {
	return func(t *testing.T, r *rig) { run(t, r, r.topic(t, 1)) }
}

func TestFake(t *testing.T) {
	eachWay(t, func(t *testing.T, way string) {
		r := fakeRig(t)
		r.way = way
		for _, c := range onBroker {
			t.Run(c.name, func(t *testing.T) { c.run(t, r) })
		}
	})
}

func TestReal(t *testing.T) {
	addr := realBroker(t)
	eachWay(t, func(t *testing.T, way string) {
		r := newRig(t, addr)
		r.way = way
		for _, c := range onBroker {
			t.Run(c.name, func(t *testing.T) { c.run(t, r) })
		}
	})
}

func testColumns(t *testing.T, r *rig) {
	topic := r.topic(t, 2)
	r.produce(t,
		rec(topic, 0, 1000, "k1", "a", kgo.RecordHeader{Key: "h", Value: []byte("1")}, kgo.RecordHeader{Key: "n"}, kgo.RecordHeader{Key: "h", Value: []byte("")}),
		rec(topic, 1, 2000, "", "b"),
		rec(topic, 0, 3000, "k\xff", ""),
	)
	want := []string{
		"a 0 0 1000 " + topic + " k1 {h:1;n:NULL;h:;}",
		"b 1 0 2000 " + topic + " NULL {}",
		" 0 1 3000 " + topic + " k\xff {}",
	}
	for _, size := range []int{1, 2, 1000} {
		got := read(t, r.source(t, "topic", topic, "bounded", "true"), size, ingest.Scan{System: allSystem})
		require.Equal(t, want, got.lines)
		require.ElementsMatch(t, []int32{0, 1}, got.ended)
	}
	// Only what is asked for, in the order asked.
	got := read(t, r.source(t, "topic.name", topic, "bounded", "true"), 10, ingest.Scan{System: []string{"_key", "_partition"}})
	require.Equal(t, []string{"a k1 0", "b NULL 1", " k\xff 0"}, got.lines)
}

// Rows come in the order of their times, ties by partition, and the records of
// one partition never overtake each other, whatever the batch size.
func testMerge(t *testing.T, r *rig) {
	topic := r.topic(t, 3)
	times := [][]int64{{10, 40, 40, 41}, {10, 5, 90}, {1, 40, 60, 60, 61, 62}}
	var all []*kgo.Record
	for p, ts := range times {
		for i, at := range ts {
			all = append(all, rec(topic, int32(p), at, "", fmt.Sprintf("%d.%d@%d", p, i, at)))
		}
	}
	r.produce(t, all...)
	want := []string{"2.0@1", "0.0@10", "1.0@10", "1.1@5", "0.1@40", "0.2@40", "2.1@40", "0.3@41", "2.2@60", "2.3@60", "2.4@61", "2.5@62", "1.2@90"}
	for _, size := range []int{1, 2, 3, 64} {
		got := read(t, r.source(t, "topic", topic, "bounded", "true"), size, ingest.Scan{})
		require.Equal(t, want, got.lines, "batches of %d", size)
		require.ElementsMatch(t, []int32{0, 1, 2}, got.ended)
	}
}

func testBounds(t *testing.T, r *rig) {
	topic := r.topic(t, 2)
	day := time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC).UnixMilli()
	var all []*kgo.Record
	for i := range 10 {
		all = append(all, rec(topic, int32(i%2), day+int64(i)*1000, "", strconv.Itoa(i)))
	}
	r.produce(t, all...)
	for _, c := range []struct {
		props []string
		want  []string
	}{
		{[]string{"bounded", "true"}, []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}},
		{[]string{"start", "earliest", "end", "latest"}, []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}},
		{[]string{"start", "latest", "end", "latest"}, nil},
		{[]string{"bounded", "true", "auto.offset.reset", "latest"}, nil},
		{[]string{"start", "3", "bounded", "true"}, []string{"6", "7", "8", "9"}},
		{[]string{"end", "1"}, []string{"0", "1"}},
		{[]string{"start", "offset:1", "end", "2"}, []string{"2", "3"}},
		{[]string{"start", "2", "end", "1"}, nil},
		{[]string{"start", "-1", "bounded", "true"}, []string{"8", "9"}},
		{[]string{"start", "-1000", "end", "-4"}, []string{"0", "1"}},
		{[]string{"end", "1000"}, []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}},
		{[]string{"start", strconv.FormatInt(day+7000, 10), "bounded", "true"}, []string{"7", "8", "9"}},
		{[]string{"start", "2024-02-29T00:00:08Z", "bounded", "true"}, []string{"8", "9"}},
		{[]string{"end", "2024-02-29 00:00:03"}, []string{"0", "1", "2"}},
		{[]string{"start", "2024-02-29", "end", "2024-03-01"}, []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}},
		{[]string{"start", "timestamp:1", "end", "timestamp:-5"}, nil},
	} {
		got := read(t, r.source(t, append([]string{"topic", topic}, c.props...)...), 3, ingest.Scan{})
		require.Equal(t, c.want, got.lines, "%v", c.props)
	}
}

func testEmpty(t *testing.T, r *rig) {
	topic := r.topic(t, 2)
	c := r.source(t, "topic", topic, "bounded", "true")
	got := read(t, c, 10, ingest.Scan{System: allSystem})
	require.Empty(t, got.lines)
	require.Zero(t, got.batches)

	// The columns of an inferred format are not known, and that is no error.
	c = r.source(t, "topic", topic, "bounded", "true", "format", "number")
	schema, err := c.Schema(testContext(t))
	require.NoError(t, err)
	require.Nil(t, schema)
	require.Empty(t, read(t, c, 10, ingest.Scan{}).lines)
}

func testSeek(t *testing.T, r *rig) {
	topic := r.topic(t, 2)
	var all []*kgo.Record
	for i := range 10 {
		all = append(all, rec(topic, int32(i%2), 1000*int64(i+1), "", strconv.Itoa(i)))
	}
	r.produce(t, all...)
	for _, c := range []struct {
		seek ingest.Seek
		want []string
	}{
		{ingest.Seek{ToOffset: -1, ToTimestamp: -1}, []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}},
		{ingest.Seek{ToOffset: -1, Partitions: []int32{1}}, []string{"1", "3", "5", "7", "9"}},
		{ingest.Seek{FromOffset: 1, ToOffset: 2}, []string{"2", "3", "4", "5"}},
		{ingest.Seek{FromTimestamp: 8000, ToOffset: -1}, []string{"7", "8", "9"}},
		{ingest.Seek{Partitions: []int32{}, ToOffset: -1}, nil},
	} {
		got := read(t, r.source(t, "topic", topic, "bounded", "true"), 3, ingest.Scan{Seek: &c.seek})
		require.Equal(t, c.want, got.lines, "%+v", c.seek)
	}
}

// However many pipelines read a bounded topic, its records come in one order.
func testThreads(t *testing.T, r *rig) {
	topic := r.topic(t, 3)
	many := r.produceMany(t, topic, 3*pieceRecords)
	ctx := testContext(t)
	for _, group := range [][]string{nil, {"group.id", topic}} {
		c := r.source(t, append([]string{"topic", topic, "bounded", "true"}, group...)...)
		pieces, err := c.Scan(ctx, ingest.Scan{Threads: 4})
		require.NoError(t, err)
		require.Len(t, pieces, 3)
		one := read(t, c, 1000, ingest.Scan{Threads: 1})
		require.Equal(t, many, one.lines)
		got := read(t, c, 1000, ingest.Scan{Threads: 4})
		require.Equal(t, one.lines, got.lines)
		require.ElementsMatch(t, []int32{0, 1, 2}, got.ended)
	}
}

// produceMany writes n records to three partitions and gives their values in the
// order of their times.
func (r *rig) produceMany(t *testing.T, topic string, n int) (values []string) {
	t.Helper()
	var recs []*kgo.Record
	for i := range n {
		values = append(values, fmt.Sprintf("%05d", i))
		recs = append(recs, rec(topic, int32(i*i%7%3), int64(i), "", values[i]))
	}
	r.produce(t, recs...)
	return values
}

func testTombstones(t *testing.T, r *rig) {
	topic := r.topic(t, 1)
	gone := rec(topic, 0, 2, "k", "")
	gone.Value = nil
	r.produce(t, rec(topic, 0, 1, "k", "1"), gone, rec(topic, 0, 3, "k", "3"))
	got := read(t, r.source(t, "topic", topic, "bounded", "true", "format", "number"), 10, ingest.Scan{System: []string{"_offset"}})
	require.Equal(t, []string{"1 0", "3 2"}, got.lines)
	require.Equal(t, int64(1), got.skipped.Tombstones)
	got = read(t, r.source(t, "topic", topic, "bounded", "true", "format", "text"), 10, ingest.Scan{System: []string{"_offset"}})
	require.Equal(t, []string{"1 0", "NULL 1", "3 2"}, got.lines)
	require.Zero(t, got.skipped.Tombstones)
	for format, want := range map[string][]string{"number": {"0", "2"}, "text": {"0", "1", "2"}} { // also where nothing of the payload is read
		got = read(t, r.source(t, "topic", topic, "bounded", "true", "format", format), 10, ingest.Scan{Columns: []arrow.Field{}, System: []string{"_offset"}})
		require.Equal(t, want, got.lines)
		require.Equal(t, int64(3-len(want)), got.skipped.Tombstones)
	}

	// A partition ends behind its last record, also when that gives no row.
	topic = r.topic(t, 3)
	end, bad := rec(topic, 0, 2, "k", ""), rec(topic, 1, 4, "k", "x")
	end.Value = nil
	r.produce(t, rec(topic, 0, 1, "k", "1"), end, rec(topic, 1, 3, "k", "3"), bad, rec(topic, 2, 0, "k", "0"), rec(topic, 2, 5, "k", "5"), rec(topic, 2, 6, "k", "6"))
	for _, size := range []int{1, 2, 10} {
		got = read(t, r.source(t, "topic", topic, "bounded", "true", "format", "number"), size, ingest.Scan{})
		require.Equal(t, []string{"0", "1", "end of 0", "3", "end of 1", "5", "6", "end of 2"}, got.events, "batches of %d", size)
	}
}

// On a table a record without payload deletes the row of its key.
func testDeletions(t *testing.T, r *rig) {
	topic := r.topic(t, 1)
	gone, nameless := rec(topic, 0, 2, "7", ""), rec(topic, 0, 4, "", "")
	gone.Value, nameless.Value, nameless.Key = nil, nil, nil
	r.produce(t, rec(topic, 0, 1, "7", "1"), gone, rec(topic, 0, 3, "8", "x"), nameless, rec(topic, 0, 5, "9", "5"))
	id := arrow.Field{Name: "id", Type: vec.TypeInt64}
	n := arrow.Field{Name: "n", Type: vec.TypeInt64, Nullable: true}
	for _, size := range []int{1, 2, 10} {
		c, err := Source().Open(t.Context(), registry(), ingest.SourceSpec{Name: "s", Columns: arrow.NewSchema([]arrow.Field{id, n}, nil), KeyFields: []string{"id"}, Table: true,
			Props: ingest.PropsOf(map[string]string{"bootstrap.servers": r.addr, "topic": topic, "bounded": "true", "format": "number"})})
		require.NoError(t, err)
		got := read(t, c, size, ingest.Scan{System: []string{"_offset", "_deleted"}})
		require.Equal(t, []string{"7 1 0 NULL", "7 NULL 1 true", "9 5 4 NULL"}, fill(got.lines))
		require.Equal(t, []string{
			`s partition 0 offset 2 field "n": not a number`,
			`s partition 0 offset 3 field "id": a record without key and payload deletes nothing`,
		}, got.errs)
		require.Zero(t, got.skipped.Tombstones)
	}
}

// fill makes one of the two ways to say that a row is no deletion of both.
func fill(lines []string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = strings.Replace(l, "false", "NULL", 1)
	}
	return out
}

func testBadRows(t *testing.T, r *rig) {
	topic := r.topic(t, 1)
	r.produce(t, rec(topic, 0, 1, "a", "1"), rec(topic, 0, 2, "b", "x"), rec(topic, 0, 3, "c", "3"), rec(topic, 0, 4, "d", ""))
	for _, size := range []int{1, 2, 10} {
		got := read(t, r.source(t, "topic", topic, "bounded", "true", "format", "number"), size, ingest.Scan{System: []string{"_offset", "_key"}})
		require.Equal(t, []string{"1 0 a", "3 2 c"}, got.lines)
		require.Equal(t, []string{
			`s partition 0 offset 1 field "n": not a number`,
			`s partition 0 offset 3 field "n": not a number`,
		}, got.errs)
		require.Equal(t, []string{"b=x@2", "d=@4"}, got.letters)
	}
}

// Columns from the message key, of records whose payload or key may be bad.
func testKeyColumns(t *testing.T, r *rig) {
	topic := r.topic(t, 1)
	r.produce(t, rec(topic, 0, 1, "a|7", "1"), rec(topic, 0, 2, "b|8", "x"), rec(topic, 0, 3, "c", "3"), rec(topic, 0, 4, "", "4"), rec(topic, 0, 5, "d|9", "5"))
	want := []string{"7 1 a 0", "NULL 4 NULL 3", "9 5 d 4"}
	id := arrow.Field{Name: "id", Type: vec.TypeInt64, Nullable: true}
	name := arrow.Field{Name: "name", Type: vec.TypeString, Nullable: true}
	n := arrow.Field{Name: "n", Type: vec.TypeInt64, Nullable: true}
	p := ingest.PropsOf(map[string]string{"bootstrap.servers": r.addr, "topic": topic, "bounded": "true", "format": "number"})
	open := func(keys string, primary ...string) ingest.Connector {
		p := p
		if keys != "" {
			p = p.With("key.fields", keys)
		}
		c, err := Source().Open(t.Context(), registry(), ingest.SourceSpec{Name: "s", Props: p, Columns: arrow.NewSchema([]arrow.Field{id, n, name}, nil), KeyFields: primary})
		require.NoError(t, err)
		return c
	}
	for _, size := range []int{1, 2, 10} {
		got := read(t, open("name, id"), size, ingest.Scan{System: []string{"_offset"}})
		require.Equal(t, want, got.lines)
		require.Equal(t, []string{
			`s partition 0 offset 1 field "n": not a number`,
			`s partition 0 offset 2: the message key has 1 parts where key.fields names 2`,
		}, got.errs, "in the order of the records")
		// The payload is not decoded for the key's columns alone.
		got = read(t, open("name, id"), size, ingest.Scan{Columns: []arrow.Field{name}})
		require.Equal(t, []string{"a", "b", "NULL", "d"}, got.lines)
	}
	// A PRIMARY KEY is the payload's, and the key's where that lacks it.
	for _, size := range []int{1, 2, 10} {
		got := read(t, open("", "name", "id"), size, ingest.Scan{System: []string{"_offset"}})
		require.Equal(t, want, got.lines)
		require.Equal(t, []string{
			`s partition 0 offset 1 field "n": not a number`,
			`s partition 0 offset 2: the message key has 1 parts where key.fields names 2`,
		}, got.errs)
	}
	// Inferred columns, and those of the key beside them.
	c := r.source(t, "topic", topic, "bounded", "true", "format", "number", "key.fields", "name,id")
	schema, err := c.Schema(testContext(t))
	require.NoError(t, err)
	require.Equal(t, 3, schema.NumFields())
	require.Equal(t, []string{"1 a 7", "4 NULL NULL", "5 d 9"}, read(t, c, 10, ingest.Scan{}).lines)
}

// A query of system columns alone decodes no payload.
func testUndecoded(t *testing.T, r *rig) {
	topic := r.topic(t, 1)
	r.produce(t, rec(topic, 0, 1, "a", "not"), rec(topic, 0, 2, "b", "numbers"))
	c := r.source(t, "topic", topic, "bounded", "true", "format", "number")
	got := read(t, c, 10, ingest.Scan{Columns: nonNil, System: []string{"_key"}})
	require.Equal(t, []string{"a", "b"}, got.lines)
	require.Empty(t, got.errs)
}

func testInfer(t *testing.T, r *rig) {
	topic := r.topic(t, 2)
	r.produce(t, rec(topic, 0, 1, "", "1"), rec(topic, 1, 2, "", "2"))
	for _, props := range [][]string{
		{"bounded", "true"},
		{"start", "earliest"},
		{}, // reading starts at the end: the records before it tell
		{"infer.records", "1"},
		{"start", "latest", "group.id", "g"},
	} {
		c := r.source(t, append([]string{"topic", topic, "format", "number"}, props...)...)
		s, err := c.Schema(testContext(t))
		require.NoError(t, err, "%v", props)
		require.NotNil(t, s, "%v", props)
		require.Equal(t, "n", s.Field(0).Name)
	}
}

func testTransactions(t *testing.T, r *rig) {
	topic := r.topic(t, 2)
	ctx := testContext(t)
	txn, err := kgo.NewClient(kgo.SeedBrokers(r.addr), kgo.TransactionalID("x"+topic), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.DisableClientMetrics())
	require.NoError(t, err)
	defer txn.Close()
	write := func(commit kgo.TransactionEndTry, recs ...*kgo.Record) {
		require.NoError(t, txn.BeginTransaction())
		require.NoError(t, txn.ProduceSync(ctx, recs...).FirstErr())
		require.NoError(t, txn.EndTransaction(ctx, commit))
	}
	write(kgo.TryCommit, rec(topic, 0, 1, "", "a"), rec(topic, 1, 2, "", "b"))
	write(kgo.TryAbort, rec(topic, 0, 3, "", "never"), rec(topic, 1, 4, "", "never"))
	write(kgo.TryCommit, rec(topic, 0, 5, "", "c"))
	write(kgo.TryAbort, rec(topic, 1, 6, "", "never"))

	// Both partitions end with a marker, one after aborted records only.
	got := read(t, r.source(t, "topic", topic, "bounded", "true"), 10, ingest.Scan{})
	require.Equal(t, []string{"a", "b", "c"}, got.lines)
	require.ElementsMatch(t, []int32{0, 1}, got.ended)
	got = read(t, r.source(t, "topic", topic, "bounded", "true", "isolation.level", "read_uncommitted"), 10, ingest.Scan{})
	require.Equal(t, []string{"a", "b", "never", "never", "c", "never"}, got.lines)

	// The end of a committed read lies before an open transaction.
	require.NoError(t, txn.BeginTransaction())
	require.NoError(t, txn.ProduceSync(ctx, rec(topic, 0, 7, "", "open")).FirstErr())
	got = read(t, r.source(t, "topic", topic, "bounded", "true"), 10, ingest.Scan{})
	require.Equal(t, []string{"a", "b", "c"}, got.lines)
	require.NoError(t, txn.EndTransaction(ctx, kgo.TryAbort))
}

// With a group written out, a bounded read goes on where the last one was
// acknowledged.
func testBoundedGroup(t *testing.T, r *rig) {
	topic := r.topic(t, 2)
	ctx := testContext(t)
	r.produce(t, rec(topic, 0, 1, "", "a"), rec(topic, 1, 2, "", "b"), rec(topic, 0, 3, "", "c"))
	open := func() arrowexec.Source {
		c := r.source(t, "topic", topic, "bounded", "true", "group.id", "g"+topic)
		pieces, err := c.Scan(ctx, ingest.Scan{Columns: textColumns})
		require.NoError(t, err)
		src, err := pieces[0](ctx)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, src.Close()) })
		return &counted{Source: src}
	}
	src := open()
	require.Equal(t, []string{"a", "b"}, next(t, src, 2))
	require.Equal(t, []string{"c"}, next(t, src, 2))
	ack(t, src, 1) // half of the first batch: nothing may be committed
	ack(t, src, 2)
	src = open()
	require.Equal(t, []string{"c"}, next(t, src, 2))
	ack(t, src, 1)
	r.produce(t, rec(topic, 1, 9, "", "d"))
	src = open()
	require.Equal(t, []string{"d"}, next(t, src, 2))
	ack(t, src, 1)
	src = open()
	require.Nil(t, next(t, src, 2))

	// Without a group nothing is committed and everything is read again.
	_, plain := open().(*counted).Source.(arrowexec.Acknowledger)
	require.True(t, plain)
	pieces, err := r.source(t, "topic", topic, "bounded", "true").Scan(ctx, ingest.Scan{Columns: textColumns})
	require.NoError(t, err)
	src, err = pieces[0](ctx)
	require.NoError(t, err)
	defer src.Close()
	_, plain = src.(arrowexec.Acknowledger)
	require.False(t, plain)

	_, err = r.source(t, "topic", topic, "bounded", "true", "group.id", "new"+topic, "auto.offset.reset", "none").Scan(ctx, ingest.Scan{})
	require.ErrorContains(t, err, "has no committed offset for partition")
}
