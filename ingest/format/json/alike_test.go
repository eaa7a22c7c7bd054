package json

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/alike"
)

// program writes records as one program would, now and then one with something odd.
type program struct {
	r      *rand.Rand
	form   int
	seldom int // one value in so many is odd
}

const forms = 10

func (p *program) odd(usual string, others ...string) string {
	if p.r.IntN(p.seldom) == 0 {
		return others[p.r.IntN(len(others))]
	}
	return usual
}

func (p *program) record() string {
	r := p.r
	i := p.odd(fmt.Sprint(r.IntN(10_000_000)), "0", "-0", "-5", "01", "123456789", "1234567890123456", "12345678901234567", "12345678901234567890", "1.0", "1e3", "1e5", "null", "-", "", `"12"`, "tru", "[1]", " 7", "7 ", "1 2")
	s := p.odd(`"SYM`+fmt.Sprint(r.IntN(300))+`"`, `""`, `"a text of many more letters than sixteen"`, `"exactly 16 bytes"`, "null", "12", `"\n"`, `"\\"`, `"é"`, `"\u00e9"`, `"a\"b"`, `"a\"`, `"\","i":"`, "\"\x01\"", "\"\xff\"", "\"\x7f\"", `"open`, `{"x":"y"}`, "\"tab\t\"")
	f := p.odd(fmt.Sprintf("%d.%04d", r.IntN(1000), r.IntN(10000)), "-12.5", "-0", "-0.0", "0.1", "00.1", "1.", ".5", "12345678.5", "1.123456789", "1e-5", "1E5", "7", "null", `"1.5"`, "-", "1.5.5", "1.x", "1 .5")
	t := p.odd(fmt.Sprintf(`"2023-11-14T22:%02d:%02d.%03dZ"`, r.IntN(60), r.IntN(60), r.IntN(1000)), `"2023-11-14"`, `"2023-11-14T22:13:20.000X"`, `"2023-11-14T25:13:20.000Z"`, "1700000000000", "null", `"x"`)
	d := p.odd(fmt.Sprintf("%d.%02d", r.IntN(100), r.IntN(100)), "1", "-1.005", `"3.5"`, "null", "99999999999999999999")
	b := p.odd(fmt.Sprint(r.IntN(2) == 0), "null", `"true"`, "truth", "1")
	end := p.odd("}", " }", "} ", "}x", "}}", "", "},", "}\r", `,"i":3}`, `,"new":1}`, "\n}")
	switch p.form {
	case 0:
		return fmt.Sprintf(`{"i":%s,"s":%s,"f":%s,"t":%s,"d":%s,"b":%s,"n":%s%s`, i, s, f, t, d, b, i, end)
	case 1:
		return fmt.Sprintf(`{"n":1,"x":%s, "s" : %s,"i": %s,"nested":{"a":[%s,"k",%s],"e":{}},"unread":%s %s`, s, s, i, f, t, f, end)
	case 2:
		return fmt.Sprintf(`{"n":2,"s":%s,"I":%s%s`, s, i, end)
	case 3:
		return fmt.Sprintf(`{"t":%s,"n":%s,"f":%s%s`, t, i, f, end)
	case 4:
		return fmt.Sprintf(`{"f":%s,"n":%s,"s":%s%s`, f, i, s, end)
	case 5:
		return fmt.Sprintf(`{"n":1,"o":{"i":%s},"l":[%s,%s],"a long name of a column":%s%s`, i, s, s, i, end)
	}
	o := p.odd(fmt.Sprintf(`{"i":%s,"s":%s}`, i, s), "null", "{}", `{"i":1,"i":2}`, `{"I":1}`, `{"s":"x"}`, `"o"`, "[]", `{"i":1,"s":"a","new":{}}`)
	switch p.form {
	case 7:
		return fmt.Sprintf(`{"n":1,"p":{"s":%s,"f":%s,"x":{"i":%s},"b":%s,"t":%s},"o":%s%s`, s, f, i, b, t, o, p.odd(end, `,"m":{"k":"v"}}`, `,"m":{}}`, `,"m":null}`))
	case 8:
		return fmt.Sprintf(`{"o":%s,"n":%s,"p":{"new":%s,"n":%s,"d":%s}%s`, o, i, s, i, d, end)
	}
	if p.form == 9 {
		return fmt.Sprintf(`{"n":1,"m":{"k":%s},"i":%s%s`, s, i, end)
	}
	return p.odd("{}", s, i, "[]", " {}", `{"n":5}`, "")
}

// damage changes a byte now and then.
func (p *program) damage(rec string) []byte {
	b := []byte(rec)
	if len(b) > 0 && p.odd("", "x") != "" {
		b[p.r.IntN(len(b))] = " \"\\\n,:{}0ax\x80\r"[p.r.IntN(13)]
	}
	return b
}

// structFields are STRUCTs of which some members are read.
var structFields = []arrow.Field{
	col("o", arrow.StructOf(col("i", vec.TypeInt64))),
	col("p", arrow.StructOf(col("s", vec.TypeString), col("n", vec.TypeInt64), col("f", vec.TypeFloat64), col("t", vec.TypeTimestamp), col("b", vec.TypeBool), col("d", vec.DecimalType(12, 3)), col("l", arrow.ListOf(vec.TypeInt64)), col("m", arrow.MapOf(vec.TypeString, vec.TypeString)))),
	col("m", arrow.MapOf(vec.TypeString, vec.TypeString)),
}

// reader reads records many at once or not, and counts those.
type reader struct {
	d     *Decoder
	lines *Lines
	alike *alike.Payloads // of payloads
	many  counter
}

// counter counts the records that are read many at once.
type counter struct {
	*Decoder
	n int
}

// Shut implements [ingest.AlikeDecoder].
func (c *counter) Shut(rows *ingest.Rows, n int) {
	c.n += n
	c.Decoder.Shut(rows, n)
}

func newReader(t testing.TB, want []arrow.Field, many bool) *reader {
	t.Helper()
	d, err := NewDecoder(arrow.NewSchema(append([]arrow.Field{col("unread", vec.TypeFloat64), structFields[1], structFields[2]}, blockFields...), nil), want)
	require.NoError(t, err)
	d.lines = true
	r := &reader{d: d, lines: &Lines{d: d}}
	if many {
		r.many.Decoder = d
		r.lines = newLines(d)
		r.lines.alike = alike.NewPayloads(&r.many)
		r.alike = alike.NewPayloads(&r.many)
	} else {
		d.alone = 1 << 40
	}
	return r
}

type result struct {
	one
	spans []ingest.Span
	used  int
}

func collect(t testing.TB, pool *vec.Pool, want []arrow.Field, read func(rows *ingest.Rows, out *result)) (out result) {
	t.Helper()
	h := &harness{sc: pool.Open()}
	defer h.sc.Close()
	for _, f := range want {
		h.rows.Cols = append(h.rows.Cols, vec.NewBuilder(h.sc, f.Type, 0))
	}
	h.rows.Bad = func(record int, field string, cause error) error {
		h.errors = append(h.errors, fmt.Sprintf("%d %s: %v", record, field, cause))
		return nil
	}
	read(&h.rows, &out)
	require.Len(t, h.rows.Kept, h.rows.N)
	out.one = one{h.lines(), h.errors, h.rows.Kept, h.rows.Unknown}
	return out
}

func (r *reader) readLines(t testing.TB, pool *vec.Pool, want []arrow.Field, text []byte, final bool, most int) result {
	t.Helper()
	return collect(t, pool, want, func(rows *ingest.Rows, out *result) {
		var err error
		out.used, err = r.lines.DecodeStream(text, final, most, rows, &out.spans)
		require.NoError(t, err)
		require.LessOrEqual(t, len(out.spans), most)
	})
}

// readPayloads reads the records of a buffer; where from is negative is none.
func (r *reader) readPayloads(t testing.TB, pool *vec.Pool, want []arrow.Field, buf []byte, from, to []int32, most int) result {
	t.Helper()
	return collect(t, pool, want, func(rows *ingest.Rows, out *result) {
		if r.alike != nil {
			r.alike.Begin(buf, rows)
		}
		for i := 0; i < len(from); {
			alone := min(most, len(from)-i)
			if r.alike != nil {
				var n int
				n, alone = r.alike.Records(from, to, i, alone)
				for range n {
					rows.Kept = append(rows.Kept, int32(i))
					i++
				}
			}
			var records [][]byte
			var which []int32
			for alone = min(alone, len(from)-i); alone > 0; alone-- {
				if from[i] >= 0 {
					records, which = append(records, buf[from[i]:to[i]]), append(which, int32(i))
				}
				i++
			}
			bad, k := rows.Bad, len(rows.Kept)
			rows.Bad = func(record int, field string, cause error) error { return bad(int(which[record]), field, cause) }
			require.NoError(t, r.d.Decode(records, rows))
			for ; k < len(rows.Kept); k++ {
				rows.Kept[k] = which[rows.Kept[k]]
			}
			rows.Bad = bad
		}
	})
}

// payloads puts records in one buffer, with bytes between them that are like nothing.
func payloads(r *rand.Rand, records [][]byte) (buf []byte, from, to []int32) {
	for _, rec := range records {
		for range r.IntN(5) {
			buf = append(buf, byte(r.Uint32()))
		}
		if r.IntN(200) == 0 {
			from, to = append(from, -1), append(to, -1)
			continue
		}
		from = append(from, int32(len(buf)))
		buf = append(buf, rec...)
		to = append(to, int32(len(buf)))
	}
	return append(buf, make([]byte, r.IntN(90))...), from, to
}

// TestAlikeGivesWhatSingleRecordsDo reads the same lines and payloads many at once and one
// by one, with readers that have read others before.
func TestAlikeGivesWhatSingleRecordsDo(t *testing.T) {
	pool := vec.NewPool(nil, true)
	r := rand.New(rand.NewPCG(11, 12))
	var all, many int
	for round := range 120 {
		want := append(wanted[:4:4], structFields, []arrow.Field{blockFields[0], structFields[1]})[round%6]
		p := &program{r: r, form: r.IntN(forms), seldom: []int{40, 400, 5000}[round%3]}
		single, runs := newReader(t, want, false), newReader(t, want, true)
		for range 6 {
			n := 1 + r.IntN(400)
			records := make([][]byte, n)
			var text []byte
			for i := range records {
				records[i] = p.damage(p.record())
				text = append(append(text, records[i]...), p.odd("\n", "\r\n", "\n\n", " \n")...)
			}
			most := 1 + r.IntN(2*n)
			buf, from, to := payloads(r, records)
			require.Equal(t, single.readPayloads(t, pool, want, buf, from, to, most), runs.readPayloads(t, pool, want, buf, from, to, most))
			if r.IntN(3) == 0 {
				text = text[:r.IntN(len(text)+1)]
			}
			final := r.IntN(4) > 0
			text = text[:len(text):len(text)]
			require.Equal(t, single.readLines(t, pool, want, text, final, most), runs.readLines(t, pool, want, text, final, most))
			if r.IntN(5) == 0 { // the next program's
				p.form = r.IntN(forms)
			}
			all += n
		}
		many += runs.many.n
	}
	require.Greater(t, many, 2*all/10, "of %d records, as payloads and as lines", all)
}

// TestAlikeOfOneProgram holds that nearly all records of one program are read many at once,
// unless batches are smaller than runs are worth their while.
func TestAlikeOfOneProgram(t *testing.T) {
	pool := vec.NewPool(nil, true)
	for _, form := range []int{0, 1, 2, 3, 4, 6, 7, 8} {
		p := &program{r: rand.New(rand.NewPCG(1, 1)), form: form, seldom: 1 << 40}
		want := blockFields[:6]
		if form == 2 {
			want = blockFields[2:3] // a key in other letters than its column's is read by itself
		}
		if form > 6 {
			want = append(want[:1:1], structFields...)
		}
		var records [][]byte
		var text []byte
		for range 1000 {
			records = append(records, []byte(p.record()))
			text = append(append(text, records[len(records)-1]...), '\n')
		}
		for _, most := range []int{1 << 20, 64, 16} {
			r := newReader(t, want, true)
			buf, from, to := payloads(rand.New(rand.NewPCG(3, 3)), records)
			r.readPayloads(t, pool, want, buf, from, to, most)
			require.Greater(t, r.many.n, 960, "%d payloads a batch: %s", most, records[0])
			r = newReader(t, want, true)
			for used, lines := 0, 0; lines < 1000; lines += most {
				used += r.readLines(t, pool, want, text[used:], true, most).used
			}
			require.Greater(t, r.many.n, 970, "%d lines a batch: %s", most, records[0])
		}
	}
}

// TestAlikeRemembersForms holds that programs that write in turns, some records each, are
// read many at once, and one odd record among hundreds does no harm.
func TestAlikeRemembersForms(t *testing.T) {
	pool := vec.NewPool(nil, true)
	want := blockFields[:3]
	p := &program{r: rand.New(rand.NewPCG(1, 1)), seldom: 1 << 40}
	var records [][]byte
	for turn := range 100 {
		p.form = []int{0, 3, 4}[turn%3]
		for i := range 300 {
			records = append(records, []byte(p.record()))
			if i%100 == 50 {
				records = append(records, []byte([]string{`{"n":1}`, `{"n":"é"}`}[turn%2]))
			}
		}
	}
	r := newReader(t, want, true)
	buf, from, to := payloads(p.r, records)
	r.readPayloads(t, pool, want, buf, from, to, 1<<20)
	require.Greater(t, r.many.n, len(records)*8/10)
	r = newReader(t, want, true)
	r.readLines(t, pool, want, append(bytes.Join(records, []byte{'\n'}), '\n'), true, 1<<20)
	require.Greater(t, r.many.n, len(records)*8/10)
}

// TestAlikeIsNoDeeper holds that a value of parts may nest as deep as in a record read by
// itself, also in a STRUCT, whose texts may be of any JSON.
func TestAlikeIsNoDeeper(t *testing.T) {
	pool := vec.NewPool(nil, true)
	for _, form := range []string{`{"n":1,"s":%s}`, `{"n":1,"p":{"s":%s}}`, `{"n":1,"p":{"zz":%s}}`, `{"n":1,"zz":%s}`} {
		for deep := 996; deep < 1003; deep++ {
			var text []byte
			for i := range 64 {
				v := "null"
				if i > 30 && i%3 == 0 {
					v = strings.Repeat("[", deep) + strings.Repeat("]", deep)
				}
				text = fmt.Appendf(text, form+"\n", v)
			}
			text = append(text, bytes.Repeat([]byte{'\n'}, 80)...)
			for _, want := range [][]arrow.Field{structFields, {col("n", vec.TypeInt64), col("s", vec.TypeString)}} {
				require.Equal(t, newReader(t, want, false).readLines(t, pool, want, text, true, 100), newReader(t, want, true).readLines(t, pool, want, text, true, 100), "%s, %d", form, deep)
			}
		}
	}
}

// FuzzAlike reads records again and again, many at once and one by one.
func FuzzAlike(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for k := range 4 * forms {
		p := &program{r: r, form: k % forms, seldom: 1000}
		f.Add([]byte(p.record()+"\n"+p.record()), []byte(p.record()), uint8(k))
	}
	pool := vec.NewPool(nil, true)
	f.Fuzz(func(t *testing.T, text, rec []byte, kind uint8) {
		want := append(wanted[:4:4], structFields)[kind%5]
		text = append(append(bytes.Repeat(append(text, '\n'), 6), bytes.Repeat(append(rec, '\n'), 6)...), bytes.Repeat([]byte{' '}, 80)...)
		text = text[:len(text):len(text)]
		most := 1 + int(kind)/5
		require.Equal(t, newReader(t, want, false).readLines(t, pool, want, text, true, most), newReader(t, want, true).readLines(t, pool, want, text, true, most))
		records := [][]byte{rec, rec, rec, rec[:len(rec)/2], rec}
		records = append(records, bytes.Split(text[:len(text)-80], []byte{'\n'})...)
		buf, from, to := payloads(rand.New(rand.NewPCG(uint64(kind), 1)), records)
		require.Equal(t, newReader(t, want, false).readPayloads(t, pool, want, buf, from, to, most), newReader(t, want, true).readPayloads(t, pool, want, buf, from, to, most))
	})
}
