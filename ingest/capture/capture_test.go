package capture

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

func newRecords(t testing.TB) *Records {
	pool := vec.NewPool(nil, true)
	sc := pool.Open()
	t.Cleanup(func() {
		sc.Close()
		pool.Close()
	})
	r := &Records{}
	r.Reset(sc)
	return r
}

// scan reads everything and fails on bad lines.
func scan(t testing.TB, s *Scanner, text string) *Records {
	t.Helper()
	r := newRecords(t)
	buf := []byte(text)
	used, err := s.Scan(buf[:len(buf):len(buf)], 0, true, 1<<30, r, func(b Bad) error { return fmt.Errorf("line %d: %w", b.Span.Line, b.Cause) })
	require.NoError(t, err)
	require.Equal(t, len(text), used)
	return r
}

func show(b []byte) string {
	if b == nil {
		return "NULL"
	}
	return string(b)
}

func TestEnvelope(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{`{"topic":"orders","partition":0,"offset":7,"tstype":"create","ts":1700000000000,"headers":["k","v"],"key":"c1","payload":"{\"a\":1}"}`, `orders 0 7 1700000000000 c1 {"a":1} k=v`},
		{`{"topic":"t","partition":2,"offset":9223372036854775807,"tstype":"logappend","ts":-5,"broker":1,"key":null,"payload":null}`, `t 2 9223372036854775807 -5 NULL NULL`},
		{`{"topic":"t","partition":0,"offset":0,"tstype":"unknown","ts":0,"key":"","payload":""}`, `t 0 0 -  `},
		{`{"ts":1,"tstype":"unknown","topic":"t","partition":0,"offset":0}`, `t 0 0 - NULL NULL`},
		{` { "payload" : { "a" : [ 1 ] } , "offset" : 1 , "partition" : 3 , "topic" : "\u0074\"x" } `, `t"x 3 1 - NULL { "a" : [ 1 ] }`},
		{`{"topic":"t","partition":0,"offset":0,"ts":null,"payload":[1,2],"key":5}`, `t 0 0 - 5 [1,2]`},
		{`{"topic":"t","partition":0,"offset":0,"payload_base64":"/wA=","key_base64":"/w","headers_base64":["a","/w==","b",null]}`, "t 0 0 - \xff \xff\x00 a=\xff b=NULL"},
		{`{"topic":"t","partition":0,"offset":0,"headers":["a","\u00e9","a",null , "b" , 5],"headers_base64":null,"payload":"x","payload_base64":null}`, "t 0 0 - NULL x a=é a=NULL b=5"},
		{`{"topic":"t","partition":0,"offset":0,"headers":["a","\u00e9","a",null , "b" , 5],"payload":"plain text \\ \ud83d\ude00","unknown":{"x":[]}}`, "t 0 0 - NULL plain text \\ 😀 a=é a=NULL b=5"},
		{`{"topic":"t","partition":0,"offset":0,"headers":[],"payload":"1","payload":"2","partition":9}`, "t 0 0 - NULL 2"},
		{`{"topic":"t","partition":0,"offset":0,"headers":null,"payload":"0123456701234567\n"}` + "\r", "t 0 0 - NULL 0123456701234567\n"},
	} {
		for _, text := range []string{c.line, "\n \n" + c.line + "\n\r\n", c.line + "\n" + c.line + "\n"} {
			r := scan(t, NewScanner(All, ""), text)
			require.Equal(t, strings.Count(text, "topic"), r.Len(), c.line)
			for i := range r.Len() {
				ts := fmt.Sprint(r.Timestamps[i])
				if r.Timestamps[i] == NoTimestamp {
					ts = "-"
				}
				got := fmt.Sprintf("%s %d %d %s %s %s", r.Topics[i], r.Partitions[i], r.Offsets[i], ts, show(r.Keys[i]), show(r.Payloads[i]))
				for _, h := range r.HeadersOf(i) {
					got += " " + h.Key + "=" + show(h.Value)
				}
				require.Equal(t, c.want, got, c.line)
				require.Equal(t, strings.TrimSuffix(c.line, "\r"), strings.TrimSuffix(text[r.Spans[i].From:r.Spans[i].To], "\r"))
			}
			// What nobody wants is not kept.
			r = scan(t, NewScanner(Want{}, ""), text)
			require.Equal(t, c.want[strings.LastIndex(c.want, " - ")+1:] != "", r.Len() > 0)
			require.Empty(t, r.Keys)
			require.Empty(t, r.Topics)
			require.Empty(t, r.HeaderEnds)
		}
	}
}

func TestBadLines(t *testing.T) {
	good := `{"topic":"t","partition":1,"offset":%d,"payload":"p%d"}`
	for _, c := range []struct {
		line, err string
		partition int32
	}{
		{`x`, "no record of a capture", -1}, {`[]`, "no record of a capture", -1}, {`{}`, "no record of a capture", -1}, {`{"a":1}`, "no record of a capture", -1}, {`{"topic":"t","partition":1}`, "no record of a capture", 1},
		{`{"topic":5,"partition":1,"offset":1}`, `"topic" of the envelope is 5`, -1}, {`{"topic":"t","partition":-1,"offset":1}`, `"partition" of the envelope is -1`, -1}, {`{"topic":"t","partition":4294967296,"offset":1}`, `"partition"`, -1},
		{`{"topic":"t","partition":1,"offset":"1"}`, `"offset" of the envelope is "1"`, 1}, {`{"topic":"t","partition":1,"offset":1.5}`, `"offset"`, 1}, {`{"topic":"t","partition":1,"offset":99999999999999999999}`, `"offset"`, 1}, {`{"topic":"t","partition":1,"offset":1,"ts":"x"}`, `"ts"`, 1},
		{`{"topic":"t","partition":7,"offset":1,"payload":"x`, "ends too early", 7}, {`{"topic":"t","partition":7,"offset":1,"payload":"\x"}`, "bad escape", 7}, {"{\"topic\":\"t\",\"partition\":7,\"offset\":1,\"payload\":\"\xff\"}", "UTF-8", 7},
		{`{"topic":"t","partition":7,"offset":1,"payload":"x"`, "ends too early", 7}, {`{"topic":"t","partition":7,"offset":1,"payload":"x"}}`, "something follows", 7}, {`{"topic":"t","partition":7,"offset":1,"payload":"x" "key":1}`, "unexpected", 7},
		{`{"topic":"t","partition":7,"offset":1,"payload_base64":"?"}`, "payload of the envelope: it is no base64", 7}, {`{"topic":"t","partition":7,"offset":1,"key_base64":5}`, "key of the envelope", 7},
		{`{"topic":"t","partition":7,"offset":1,"headers":["a"]}`, "headers of the envelope", 7}, {`{"topic":"t","partition":7,"offset":1,"headers":["a","b","c"]}`, "headers of the envelope", 7}, {`{"topic":"t","partition":7,"offset":1,"headers":{"a":"b"}}`, "headers", 7},
		{`{"topic":"t","partition":7,"offset":1,"headers":[1,"b"]}`, "headers", 7}, {`{"topic":"t","partition":7,"offset":1,"headers_base64":["a","?"]}`, "headers", 7}, {`{"topic":"t","partition":7,"offset":1,}`, "unexpected '}'", 7},
	} {
		text := fmt.Sprintf(good, 1, 1) + "\n" + c.line + "\n" + fmt.Sprintf(good, 2, 2)
		r := newRecords(t)
		var bad []Bad
		used, err := NewScanner(All, "").Scan([]byte(text), 0, true, 10, r, func(b Bad) error {
			bad = append(bad, b)
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, len(text), used)
		require.Len(t, bad, 1, c.line)
		require.ErrorContains(t, bad[0].Cause, c.err, c.line)
		require.Equal(t, c.partition, bad[0].Partition, c.line)
		require.Equal(t, int32(2), bad[0].Span.Line)
		require.Equal(t, c.line, text[bad[0].Span.From:bad[0].Span.To])
		require.Equal(t, [][]byte{[]byte("p1"), []byte("p2")}, r.Payloads, c.line)
		require.Equal(t, []int64{1, 2}, r.Offsets)
		require.Len(t, r.HeaderEnds, 2)
		require.Empty(t, r.Headers)

		count := Counts{}
		require.Equal(t, len(text), count.Add([]byte(text), true))
		n := int64(0)
		for _, p := range count.Partitions {
			n += p.Records
			require.Contains(t, []int32{1, c.partition}, p.Partition)
		}
		require.Equal(t, c.partition >= 0, n == 3, c.line)
	}
	stop := errors.New("stop")
	_, err := NewScanner(All, "").Scan([]byte("x\n"), 0, true, 10, newRecords(t), func(Bad) error { return stop })
	require.ErrorIs(t, err, stop)
}

func lines(n int) string {
	var out []byte
	for i := range n {
		r := Record{Topic: []string{"a", "b"}[i%2], Partition: int32(i % 3), Offset: int64(i), Record: arrowexec.Record{Value: fmt.Appendf(nil, `{"n":%d,"s":"x\ty"}`, i), Timestamp: int64(i)}}
		out = AppendRecord(out, &r)
	}
	return string(out)
}

func TestPiecesTopicsAndCounts(t *testing.T) {
	text := lines(20)
	for _, topic := range []string{"", "a", "b", "c"} {
		for _, piece := range []int{1, 7, 100, 10000} {
			for _, want := range []int{1, 3, 100} {
				s, r, line := NewScanner(All, topic), newRecords(t), int32(0)
				c := Counts{Topic: topic}
				for from, to := 0, 0; from < len(text); {
					to = min(to+piece, len(text))
					before := r.Len()
					used, err := s.Scan([]byte(text[from:to]), 0, to == len(text), want, r, func(b Bad) error { return b.Cause })
					require.NoError(t, err)
					require.LessOrEqual(t, r.Len()-before, want)
					for _, sp := range r.Spans[before:] {
						line++
						require.Equal(t, strings.Count(text[from:from+int(sp.From)], "\n")+1, int(sp.Line))
					}
					require.Equal(t, used, c.Add([]byte(text[from:from+used]), true))
					from += used
				}
				n := 20
				if topic == "a" || topic == "b" {
					n = 10
				} else if topic == "c" {
					n = 0
				}
				require.Equal(t, n, r.Len())
				var counted []arrowexec.PartitionInfo
				for i := range r.Len() {
					require.Equal(t, fmt.Sprintf(`{"n":%d,"s":"x\ty"}`, r.Offsets[i]), string(r.Payloads[i]))
				}
				for _, tp := range []string{"a", "b"} {
					for p := range int32(3) {
						k := int64(0)
						for i := range r.Len() {
							if r.Topics[i] == tp && r.Partitions[i] == p {
								k++
							}
						}
						if k > 0 {
							counted = append(counted, arrowexec.PartitionInfo{Topic: tp, Partition: p, Records: k})
						}
					}
				}
				require.Equal(t, counted, c.Partitions)
			}
		}
	}
}

func TestDetect(t *testing.T) {
	line := `{"topic":"orders","partition":0,"offset":7,"ts":1,"payload":"x"}`
	for text, want := range map[string]bool{
		line: true, line + "\n" + line: true, "\xef\xbb\xbf\n \r\n" + line: true, line[:50]: true, line[:30]: false, "": false, "\n": false,
		`{"a":1}` + "\n" + line: false, `nonsense` + "\n" + line + "\n": true, `{"topic":"a","partition":1}`: false, `{"topic":"a","partition":"1","offset":2}`: false,
		`{"offset":1,"x":{},"partition":2,"topic":"z"}`: true, `[{"topic":"a","partition":1,"offset":2}]`: false, "a,b,c\n1,2,3\n": false,
	} {
		require.Equal(t, want, Detect([]byte(text)), text)
	}
}

func TestLinesRoundTrip(t *testing.T) {
	for _, rec := range []Record{
		{Topic: "t", Partition: 3, Offset: 9, Record: arrowexec.Record{Key: []byte("k"), Value: []byte("{\"a\":\"\\n\"}\n"), Timestamp: 5, Headers: []arrowexec.Header{{Key: "a", Value: []byte("b")}, {Key: "a"}}}},
		{Topic: "t\"\\\u00e9", Offset: 1 << 60, Record: arrowexec.Record{Timestamp: NoTimestamp}},
		{Topic: "t", Record: arrowexec.Record{Key: []byte{}, Value: []byte{}, Timestamp: -1}},
		{Topic: "t", Record: arrowexec.Record{Key: []byte{0xff}, Value: []byte("a\xc3"), Timestamp: 0, Headers: []arrowexec.Header{{Key: "é", Value: []byte{0, 0xff}}, {Key: "b"}, {Key: "", Value: []byte("text")}}}},
	} {
		line := AppendRecord(nil, &rec)
		r := scan(t, NewScanner(All, ""), string(line))
		require.Equal(t, 1, r.Len(), "%s", line)
		got := Record{Topic: r.Topics[0], Partition: r.Partitions[0], Offset: r.Offsets[0], Record: arrowexec.Record{Key: r.Keys[0], Value: r.Payloads[0], Timestamp: r.Timestamps[0]}}
		got.Headers = append(got.Headers, r.HeadersOf(0)...)
		require.Equal(t, rec, got, "%s", line)
	}
	rec := Record{Topic: "orders", Offset: 7, Record: arrowexec.Record{Key: []byte("c1"), Value: []byte(`{"a":1}`), Timestamp: 1700000000000, Headers: []arrowexec.Header{{Key: "k", Value: []byte("v")}}}}
	require.Equal(t, `{"topic":"orders","partition":0,"offset":7,"tstype":"create","ts":1700000000000,"headers":["k","v"],"key":"c1","payload":"{\"a\":1}"}`+"\n", string(AppendRecord(nil, &rec)))
}

// fixed encodes every row as the same payload.
type fixed struct{}

func (fixed) Encode(dst []byte, ends []int, b *arrowexec.Batch) ([]byte, []int, error) {
	for range b.Rows() {
		dst = append(dst, `{"x":1}`...)
		ends = append(ends, len(dst))
	}
	return dst, ends, nil
}

func TestEncoderTakesKeyTimeHeadersAndDeletions(t *testing.T) {
	pool := vec.NewPool(nil, true)
	sc := pool.Open()
	defer sc.Close()
	key, at, del, hd := vec.NewBuilder(sc, vec.TypeString, 4), vec.NewBuilder(sc, vec.TypeTimestamp, 4), vec.NewBuilder(sc, vec.TypeBool, 4), vec.NewBuilder(sc, vec.TypeHeaders, 4)
	for i := range 4 {
		at.Int64(int64(1000 + i))
		if i%2 == 0 {
			key.Null()
			del.Null()
			hd.Null()
			continue
		}
		key.String(fmt.Sprint("key", i))
		del.Bool(i == 3)
		hd.Children[0].String("h")
		hd.Children[1].String(fmt.Sprint(i))
		hd.Children[0].String("n")
		hd.Children[1].Null()
		hd.EndList()
	}
	b := &arrowexec.Batch{N: 4, Cols: []*vec.Vec{key.Finish(), hd.Finish(), at.Finish(), del.Finish()}, Sel: vec.Sel{0, 1, 3}}
	e := NewEncoder(fixed{}, "out", ingest.Output{Key: 0, Headers: 1, Time: 2, Deleted: 3})
	dst, ends, err := e.Encode([]byte("before"), nil, b)
	require.NoError(t, err)
	want := []string{
		"before" + `{"topic":"out","partition":0,"offset":0,"tstype":"create","ts":1000,"key":null,"payload":"{\"x\":1}"}` + "\n",
		`{"topic":"out","partition":0,"offset":1,"tstype":"create","ts":1001,"headers":["h","1","n",null],"key":"key1","payload":"{\"x\":1}"}` + "\n",
		`{"topic":"out","partition":0,"offset":2,"tstype":"create","ts":1003,"headers":["h","3","n",null],"key":"key3","payload":null}` + "\n",
	}
	require.Equal(t, strings.Join(want, ""), string(dst))
	require.Equal(t, []int{len(want[0]), len(want[0]) + len(want[1]), len(dst)}, ends)

	e = NewEncoder(fixed{}, "out", ingest.Output{Fields: []arrow.Field{}, Key: -1, Headers: -1, Time: -1, Deleted: -1})
	dst, _, err = e.Encode(nil, nil, &arrowexec.Batch{N: 1})
	require.NoError(t, err)
	require.Equal(t, `{"topic":"out","partition":0,"offset":0,"tstype":"unknown","ts":0,"key":null,"payload":"{\"x\":1}"}`+"\n", string(dst))
}

func TestScanAllocatesNothing(t *testing.T) {
	text := []byte(lines(50))
	s, pool := NewScanner(All, ""), vec.NewPool(nil, false)
	r := &Records{}
	sc := pool.Open()
	r.Reset(sc)
	run := func() {
		arena := r.arena
		r.Reset(sc)
		r.arena = arena[:0]
		if _, err := s.Scan(text, 0, true, 1000, r, func(b Bad) error { return b.Cause }); err != nil {
			t.Fatal(err)
		}
	}
	run()
	require.LessOrEqual(t, testing.AllocsPerRun(20, run), 0.0)
	require.Equal(t, 50, r.Len())
}

func BenchmarkScan(b *testing.B) {
	var text []byte
	for i := range 4096 {
		rec := Record{Topic: "trades", Partition: int32(i % 4), Offset: int64(i), Record: arrowexec.Record{Timestamp: 1700000000000 + int64(i), Key: []byte("SYM0001"),
			Value: fmt.Appendf(nil, `{"trade_id":%d,"symbol":"SYM%04d","price":%d.1234,"quantity":%d,"side":"BUY","trader":"trader%04d","timestamp":1700000000000,"event_time":"2023-11-14T22:13:20.000Z"}`, 10000000+i, i%500, 50+i%200, i%1000, i%2000)}}
		text = AppendRecord(text, &rec)
	}
	s, pool := NewScanner(Want{Partition: true, Offset: true, Timestamp: true}, ""), vec.NewPool(nil, false)
	r := &Records{}
	b.ReportAllocs()
	b.SetBytes(int64(len(text) / 4096))
	for n := 0; n < b.N; n += 4096 {
		sc := pool.Open()
		r.Reset(sc)
		if _, err := s.Scan(text, 0, true, 1<<20, r, func(b Bad) error { return b.Cause }); err != nil || r.Len() != 4096 {
			b.Fatal(err, r.Len())
		}
		sc.Close()
	}
}
