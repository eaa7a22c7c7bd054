package capture

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/format/json"
)

var payloadFields = []arrow.Field{
	{Name: "i", Type: vec.TypeInt64, Nullable: true}, {Name: "s", Type: vec.TypeString, Nullable: true},
	{Name: "f", Type: vec.TypeFloat64, Nullable: true}, {Name: "t", Type: vec.TypeTimestamp, Nullable: true},
	{Name: "d", Type: vec.DecimalType(12, 3), Nullable: true}, {Name: "b", Type: vec.TypeBool, Nullable: true},
	{Name: "absent", Type: vec.TypeString, Nullable: true},
}

// reader reads lines into records and rows, with runs or without.
type reader struct {
	scan *Scanner
	runs *Runs
	dec  ingest.Decoder
	many int // lines read by runs
}

func newReader(t testing.TB, want Want, topic string, notNull, runs bool) *reader {
	t.Helper()
	fields := append([]arrow.Field(nil), payloadFields...)
	fields[0].Nullable = !notNull
	dec, err := json.NewDecoder(nil, fields)
	require.NoError(t, err)
	r := &reader{scan: NewScanner(want, topic), dec: dec}
	if runs {
		r.runs = NewRuns(dec, want, topic)
	}
	return r
}

// read gives what was read of text, in words: spans and columns of records, rows, and
// what was bad; used is the index behind the lines.
func (r *reader) read(t testing.TB, pool *vec.Pool, text []byte, final bool, most int) (said string, used int) {
	t.Helper()
	sc := pool.Open()
	defer sc.Close()
	var out, rowless strings.Builder // a source puts the latter in their order
	var recs Records
	recs.Reset(sc)
	rows := ingest.Rows{}
	for _, f := range payloadFields {
		rows.Cols = append(rows.Cols, vec.NewBuilder(sc, f.Type, 0))
	}
	var kept []int32
	if r.runs != nil {
		r.runs.Begin(text)
	}
	bad := 0
	for used < len(text) && recs.Len()+bad < most {
		alone := most - recs.Len() - bad
		if r.runs != nil {
			n, next, others := r.runs.Read(used, alone, &recs, &rows)
			require.LessOrEqual(t, n, alone)
			for i := range n {
				kept = append(kept, int32(recs.Len()-n+i))
			}
			r.many += n
			if used, alone = next, min(others, alone-n); alone == 0 {
				continue
			}
		}
		before, first := used, recs.Len()
		var err error
		used, err = r.scan.Scan(text, used, final, alone, &recs, func(b Bad) error {
			bad++
			fmt.Fprintf(&out, "bad line %v %d %s %d: %v\n", b.Span, recs.Len(), b.Topic, b.Partition, b.Cause)
			return nil
		})
		require.NoError(t, err)
		rows.Kept = rows.Kept[:0]
		var which []int32
		var payloads [][]byte
		for i := first; i < recs.Len(); i++ {
			if recs.Payloads[i] != nil {
				which, payloads = append(which, int32(i)), append(payloads, recs.Payloads[i])
			}
		}
		rows.Bad = func(i int, field string, cause error) error {
			fmt.Fprintf(&rowless, "bad payload %d %s: %v\n", which[i], field, cause)
			return nil
		}
		require.NoError(t, r.dec.Decode(payloads, &rows))
		for _, k := range rows.Kept {
			kept = append(kept, which[k])
		}
		if used == before {
			break
		}
	}
	require.Len(t, kept, rows.N)
	out.WriteString(rowless.String())
	fmt.Fprintf(&out, "%d unknown %d\n%v %v %v %v\n%q %q %v\n", rows.N, rows.Unknown, recs.Spans, recs.Partitions, recs.Offsets, recs.Timestamps, recs.Topics, recs.Keys, kept)
	for i, k := range recs.Keys {
		if k == nil {
			fmt.Fprintf(&out, "no key %d\n", i)
		}
	}
	for i, p := range recs.Payloads {
		if p == nil {
			fmt.Fprintf(&out, "tombstone %d\n", i)
		}
	}
	for c, b := range rows.Cols {
		v := b.Finish()
		require.Equal(t, rows.N, v.Len)
		fmt.Fprintln(&out, payloadFields[c].Name, vec.ToArrow(memory.DefaultAllocator, v, v.Len, nil))
	}
	return out.String(), used
}

// sameByRuns holds that runs make no difference. The readers have read other texts
// before.
func sameByRuns(t testing.TB, pool *vec.Pool, one, many *reader, text []byte, final bool, most int) {
	t.Helper()
	want, end := one.read(t, pool, text, final, most)
	got, used := many.read(t, pool, text, final, most)
	if want != got { // not all of it: it is long
		at := 0
		for at < min(len(want), len(got)) && want[at] == got[at] {
			at++
		}
		from := max(0, at-60)
		t.Fatalf("…%.120s…\n…%.120s…\n%.2000q", want[from:], got[from:], text)
	}
	require.Equal(t, end, used, "%.2000q", text)
}

// program writes lines as one program would, now and then one with something odd.
type program struct {
	r                 *rand.Rand
	envelope, payload int
	seldom            int // one value in so many is odd
}

func (p *program) odd(usual string, others ...string) string {
	if p.r.IntN(p.seldom) == 0 {
		return others[p.r.IntN(len(others))]
	}
	return usual
}

func (p *program) values() (i, s, f, t, d, b string) {
	r := p.r
	i = p.odd(fmt.Sprint(r.IntN(10_000_000)), "0", "-5", "01", "123456789", "1234567890123456", "12345678901234567890", "1.0", "1e3", "null", "-", "", `"12"`, "tru", "[1]")
	s = p.odd(`"SYM`+fmt.Sprint(r.IntN(300))+`"`, `""`, `"a text of many more letters than sixteen"`, `"exactly 16 bytes"`, "null", "12", `"\\n"`, `"é"`, `"\u00e9"`, `"a\"b"`, "\"\x01\"", "\"\xff\"", `"open`, `{"x":"y"}`)
	f = p.odd(fmt.Sprintf("%d.%04d", r.IntN(1000), r.IntN(10000)), "-12.5", "-0", "0.1", "00.1", "1.", ".5", "12345678.5", "1.123456789", "1e-5", "7", "null", `"1.5"`, "-", "1.5.5", "1.x")
	t = p.odd(fmt.Sprintf(`"2023-11-14T22:%02d:%02d.%03dZ"`, r.IntN(60), r.IntN(60), r.IntN(1000)), `"2023-11-14"`, `"2023-11-14T22:13:20.000X"`, `"2023-11-14T25:13:20.000Z"`, "1700000000000", "null", `"x"`)
	d = p.odd(fmt.Sprintf("%d.%02d", r.IntN(100), r.IntN(100)), "1", "-1.005", `"3.5"`, "null", "99999999999999")
	b = p.odd(fmt.Sprint(r.IntN(2) == 0), "null", `"true"`, "truth", "1")
	return
}

func (p *program) payloadText() string {
	i, s, f, t, d, b := p.values()
	switch p.payload {
	case 0:
		return fmt.Sprintf(`{"i":%s,"s":%s,"f":%s,"t":%s,"d":%s,"b":%s}`, i, s, f, t, d, b)
	case 1:
		return fmt.Sprintf(`{"x":%s, "s" : %s,"i": %s,"nested":{"a":[%s,"k",%s],"e":{}},"unread":%s }`, s, s, i, f, t, f)
	case 2:
		return fmt.Sprintf(`{"s":%s,"I":%s}`, s, i)
	case 3:
		return fmt.Sprintf(`{"t":%s,"i":%s,"f":%s%s}`, t, i, f, p.odd("", `,"i":3`, `,"new":1`, "}"))
	}
	return p.odd("{}", s, i)
}

func (p *program) line() string {
	payload := string(AppendRecord(nil, &Record{Record: arrowexec.Record{Value: []byte(p.payloadText())}}))
	payload = payload[strings.LastIndex(payload, `,"payload`)+1 : len(payload)-2]
	payload = p.odd(payload, `"payload":null`, `"payload":{"i":1}`, `"payload_base64":"eyJpIjoxfQ=="`, strings.Replace(payload, `\"`, `\u0022`, 1), strings.Replace(payload, `\"`, `"`, 1), strings.Replace(payload, `\"`, `\\"`, 1))
	offset := p.odd(fmt.Sprint(p.r.IntN(100000)), "0", "00", "-1", "1.5", "null", "12345678901", "12345678901234567")
	ts := p.odd(fmt.Sprint(1700000000000+p.r.IntN(100000)), "5", "null", "-1", "x")
	partition := p.odd(fmt.Sprint(p.r.IntN(12)), "-1", "2147483648", "01", `"1"`)
	topic := p.odd(`"o"`, `"p"`, `"\u006f"`, `""`)
	key := p.odd(`"k`+fmt.Sprint(p.r.IntN(1000))+`"`, "null", `"a\"b"`, `"a\","payload":"{}`, `"a\"`, `"é"`, "12", "{}", `["k"]`, `"\\"`)
	tail := p.odd("}", " }", "}x", "}\r", "} ", "", "},")
	switch p.envelope {
	case 0:
		return fmt.Sprintf(`{"topic":%s,"partition":%s,"offset":%s,"tstype":"create","ts":%s,"broker":%s,"key":%s,%s%s`, topic, partition, offset, ts, p.odd("1", "2", "x"), key, payload, tail)
	case 1:
		return fmt.Sprintf(`{"topic": %s, "partition": %s, "offset": %s, "tstype": "unknown", "ts": 0, "headers": ["h",%s], "key": %s, %s%s`, topic, partition, offset, key, key, payload, tail)
	case 2:
		return fmt.Sprintf(`{%s,"offset":%s,"partition":%s,"topic":%s%s`, payload, offset, partition, topic, tail)
	}
	return fmt.Sprintf(`{"partition":%s,"topic":%s,"ts":%s,"offset":%s,"key_base64":%s,%s,"other":{"a":%s,"b":"c"}%s`, partition, topic, ts, offset, p.odd(`"YQ=="`, `"?"`), payload, offset, tail)
}

var wants = []Want{{}, {Partition: true, Timestamp: true}, All, {Topic: true, Partition: true, Offset: true, Timestamp: true, Key: true}}

// TestRuns reads the same lines with runs and without.
func TestRuns(t *testing.T) {
	pool := vec.NewPool(nil, true)
	r := rand.New(rand.NewPCG(11, 12))
	var lines, many int
	for round := range 100 {
		want, topic, notNull := wants[round%len(wants)], []string{"", "o"}[round%2], round%5 == 4
		one, runs := newReader(t, want, topic, notNull, false), newReader(t, want, topic, notNull, true)
		p := &program{r: r, envelope: r.IntN(4), payload: r.IntN(5), seldom: []int{40, 400, 5000}[round%3]}
		for range 6 {
			var text []byte
			n := 1 + r.IntN(400)
			for range n {
				line := []byte(p.line())
				if p.odd("", "x") != "" {
					line[r.IntN(len(line))] = " \"\\\n,:{}0ax\x80"[r.IntN(12)]
				}
				text = append(append(text, line...), p.odd("\n", "\r\n", "\n\n")...)
			}
			if r.IntN(5) == 0 { // the next program's
				p.envelope, p.payload = r.IntN(4), r.IntN(5)
			}
			final := r.IntN(4) > 0
			if r.IntN(3) == 0 {
				text = text[:r.IntN(len(text)+1)]
			}
			text = text[:len(text):len(text)]
			sameByRuns(t, pool, one, runs, text, final, 1+r.IntN(2*n))
			lines += n
		}
		many += runs.many
	}
	require.Greater(t, many, lines/10, "of %d lines", lines)
}

// FuzzRuns reads lines again and again, with runs and without.
func FuzzRuns(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for k := range 20 {
		p := &program{r: r, envelope: k % 4, payload: k / 4, seldom: 1000}
		f.Add([]byte(p.line()+"\n"+p.line()), uint8(k))
	}
	pool := vec.NewPool(nil, true)
	f.Fuzz(func(t *testing.T, text []byte, kind uint8) {
		want, topic, notNull := wants[kind&3], []string{"", "o"}[kind>>2&1], kind&8 != 0
		text = append(bytes.Repeat(append(text, '\n'), 3), bytes.Repeat([]byte{' '}, 80)...)
		sameByRuns(t, pool, newReader(t, want, topic, notNull, false), newReader(t, want, topic, notNull, true), text, true, 1000)
	})
}

// TestRunsOfOneProgram holds that nearly all lines of one program are read many at once.
func TestRunsOfOneProgram(t *testing.T) {
	pool := vec.NewPool(nil, true)
	for envelope := range 4 {
		for _, payload := range []int{0, 1, 3} {
			p := &program{r: rand.New(rand.NewPCG(1, 1)), envelope: envelope, payload: payload, seldom: 1 << 40}
			var text []byte
			for range 1000 {
				text = append(append(text, p.line()...), '\n')
			}
			want := wants[1]
			if envelope == 2 {
				want = wants[0] // it has no times
			}
			r := newReader(t, want, "o", false, true)
			r.read(t, pool, text, true, 2000)
			require.Greater(t, r.many, 990, "%s", text[:400])
		}
	}
}
