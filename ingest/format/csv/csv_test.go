package csv

import (
	"bytes"
	stdcsv "encoding/csv"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

// read decodes text in pieces of at most step bytes and shows every value as
// text, NULL as <null>, and every bad record as an error with its line.
type read struct {
	rows  [][]string
	bad   []string
	spans []ingest.Span
	extra int64
}

func decode(t testing.TB, p ingest.Props, declared []arrow.Field, want []arrow.Field, in string, step int) read {
	t.Helper()
	return decodeMost(t, p, declared, want, in, step, 3)
}

// decodeMost asks for most records at once.
func decodeMost(t testing.TB, p ingest.Props, declared []arrow.Field, want []arrow.Field, in string, step, most int) read {
	t.Helper()
	pool := vec.NewPool(nil, true)
	defer pool.Close()
	sc := pool.Open()
	defer sc.Close()
	var schema *arrow.Schema
	if declared != nil {
		schema = arrow.NewSchema(declared, nil)
	}
	sd, err := Format().NewStream(p, schema, want)
	require.NoError(t, err)
	var res read
	rows := &ingest.Rows{}
	for _, f := range want {
		rows.Cols = append(rows.Cols, vec.NewBuilder(sc, f.Type, 1))
	}
	line := int32(0)
	rest, fed, headed := []byte(in), 0, false
	for {
		fed = min(len(rest), fed+step)
		final := fed == len(rest)
		if !headed {
			used, ok, err := sd.(ingest.HeaderDecoder).Header(rest[:fed], final)
			require.NoError(t, err)
			if !ok {
				continue
			}
			headed = true
			line += int32(bytes.Count(rest[:used], []byte("\n")))
			rest, fed = rest[used:], max(0, fed-used)
			continue
		}
		var spans []ingest.Span
		rows.Bad = func(rec int, field string, cause error) error {
			res.bad = append(res.bad, fmt.Sprintf("%d %s: %v", line+spans[rec].Line, field, cause))
			return nil
		}
		used, err := sd.DecodeStream(rest[:fed], final, most, rows, &spans)
		require.NoError(t, err)
		for _, s := range spans {
			s.Line += line
			res.spans = append(res.spans, s)
		}
		line += int32(bytes.Count(rest[:used], []byte("\n")))
		rest, fed = rest[used:], fed-used
		if final && len(rest) == 0 {
			break
		}
		require.False(t, final && used == 0, "no progress on %q", rest)
	}
	for i := range rows.N {
		row := []string{}
		for _, b := range rows.Cols {
			var v vec.Vec
			b.View(&v)
			require.Equal(t, rows.N, v.Len)
			if v.IsNull(i) {
				row = append(row, "<null>")
			} else {
				row = append(row, string(text.AppendValue(nil, &v, i)))
			}
		}
		res.rows = append(res.rows, row)
	}
	res.extra = rows.Unknown
	return res
}

func col(name string, t arrow.DataType) arrow.Field {
	return arrow.Field{Name: name, Type: t, Nullable: true}
}

func TestDecode(t *testing.T) {
	abc := []arrow.Field{col("a", vec.TypeInt64), col("b", vec.TypeString), col("c", vec.TypeFloat64)}
	for _, tc := range []struct {
		name  string
		props map[string]string
		in    string
		rows  [][]string
		bad   []string
		extra int64
	}{
		{name: "plain", in: "a,b,c\n1,x,2.5\n-2,y,1e3\n", rows: [][]string{{"1", "x", "2.5"}, {"-2", "y", "1000"}}},
		{name: "header only", in: "a,b,c\n"},
		{name: "no newline at the end", in: "a,b,c\n1,x,2.5", rows: [][]string{{"1", "x", "2.5"}}},
		{name: "CRLF and blank lines", in: "\r\na,b,c\r\n\r\n1,x,2.5\r\n\n2,,\r\n\r\n", rows: [][]string{{"1", "x", "2.5"}, {"2", "<null>", "<null>"}}},
		{name: "empty text is not NULL", in: "a,b,c\n1,\"\",2\n", rows: [][]string{{"1", "", "2"}}},
		{name: "quotes", in: "a,b,c\n1,\"x \"\"y\"\", z\",2\n2,\"two\nlines\",3\n", rows: [][]string{{"1", `x "y", z`, "2"}, {"2", "two\nlines", "3"}}},
		{name: "quote inside an unquoted field", in: "a,b,c\n1,5\" disk,2\n", rows: [][]string{{"1", `5" disk`, "2"}}},
		{name: "quoted numbers", in: "a,b,c\n\"7\",x,\"0.5\"\n", rows: [][]string{{"7", "x", "0.5"}}},
		{name: "order by name, case, missing, extra", in: "z,C,A\n9,1.5,4\n", rows: [][]string{{"4", "<null>", "1.5"}}, extra: 1},
		{name: "too few and too many", in: "a,b,c\n1,x\n2,y,3,4\n5,z,6\n", rows: [][]string{{"5", "z", "6"}},
			bad: []string{"2 : 2 fields where 3 are expected", "3 : 4 fields where 3 are expected"}},
		{name: "unreadable keeps neighbours", in: "a,b,c\n1,x,1\nfoo,y,2\n3,z,bar\n4,w,4\n", rows: [][]string{{"1", "x", "1"}, {"4", "w", "4"}},
			bad: []string{`3 a: "foo" is no BIGINT`, `4 c: "bar" is no DOUBLE`}},
		{name: "line numbers count quoted newlines", in: "a,b,c\n1,\"x\n\ny\",1\n\nfoo,y,2\n", rows: [][]string{{"1", "x\n\ny", "1"}},
			bad: []string{`6 a: "foo" is no BIGINT`}},
		{name: "unterminated quote", in: "a,b,c\n1,x,1\n2,\"y,2\n3,z,3\n", rows: [][]string{{"1", "x", "1"}},
			bad: []string{"3 b: " + errUnterminated.Error()}},
		{name: "text after closing quote", in: "a,b,c\n1,\"x\"y,1\n2,z,3\n", rows: [][]string{{"2", "z", "3"}}, bad: []string{"2 b: " + errJunk.Error()}},
		{name: "invalid UTF-8 of a column read", in: "a,b,c\n1,\xff,1\n2,é,3\n", rows: [][]string{{"2", "é", "3"}}, bad: []string{"2 b: " + errUTF8.Error()}},
		{name: "NUL is data", in: "a,b,c\n1,x\x00y,1\n", rows: [][]string{{"1", "x\x00y", "1"}}},
		{name: "null text", props: map[string]string{"csv.null": "NA"}, in: "a,b,c\nNA,\"NA\",NA\n", rows: [][]string{{"<null>", "NA", "<null>"}}},
		{name: "delimiter", props: map[string]string{"csv.delimiter": ";"}, in: "a;b;c\n1;x,y;2\n", rows: [][]string{{"1", "x,y", "2"}}},
		{name: "the other spelling, tab", props: map[string]string{"delimiter": "tab"}, in: "a\tb\tc\n1\tx,y\t2\n", rows: [][]string{{"1", "x,y", "2"}}},
		{name: "other quote", props: map[string]string{"csv.quote": "'"}, in: "a,b,c\n1,'x,''y',2\n", rows: [][]string{{"1", "x,'y", "2"}}},
		{name: "no quote", props: map[string]string{"csv.quote": ""}, in: "a,b,c\n1,\"x,2\n", rows: [][]string{{"1", "\"x", "2"}}},
		{name: "no header", props: map[string]string{"csv.header": "false"}, in: "1,x,2\n", rows: [][]string{{"1", "x", "2"}}},
		{name: "no header, no rows", props: map[string]string{"csv.header": "false"}, in: ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, step := range []int{1, 2, 7, 1 << 20} {
				got := decode(t, ingest.PropsOf(tc.props), abc, abc, tc.in, step)
				require.Equal(t, tc.rows, got.rows, "step %d", step)
				require.Equal(t, tc.bad, got.bad, "step %d", step)
				require.Equal(t, tc.extra, got.extra)
			}
		})
	}
}

func TestOnlyWantedColumnsAreRead(t *testing.T) {
	all := []arrow.Field{col("a", vec.TypeInt64), col("b", vec.TypeString), col("c", vec.TypeFloat64)}
	got := decode(t, ingest.NewProps(), all, []arrow.Field{all[2]}, "a,b,c\nfoo,\xff,1\n,,\n", 1<<20)
	require.Equal(t, [][]string{{"1"}, {"<null>"}}, got.rows)
	require.Empty(t, got.bad)
	require.Zero(t, got.extra)
	got = decode(t, ingest.NewProps(), all, nil, "a,b,c\nfoo,\xff,1\n1,2\n", 1<<20)
	require.Equal(t, [][]string{{}}, got.rows)
	require.Len(t, got.bad, 1)
}

func TestTypes(t *testing.T) {
	for _, tc := range []struct {
		t    arrow.DataType
		in   string
		want string // "" is an error
	}{
		{vec.TypeInt8, "127", "127"}, {vec.TypeInt8, "128", ""}, {vec.TypeInt16, "-32768", "-32768"}, {vec.TypeInt16, "40000", ""},
		{vec.TypeInt32, "2147483647", "2147483647"}, {vec.TypeInt32, "2147483648", ""},
		{vec.TypeInt64, "9223372036854775807", "9223372036854775807"}, {vec.TypeInt64, "9223372036854775808", ""},
		{vec.TypeInt64, " 5", "5"}, {vec.TypeInt64, "1.5", ""}, {vec.TypeInt64, "-", ""}, {vec.TypeInt64, "-000000000000000000001", "-1"},
		{vec.TypeFloat64, "0.1", "0.1"}, {vec.TypeFloat64, "123456789012345.5", "123456789012345.5"}, {vec.TypeFloat64, ".", ""}, {vec.TypeFloat64, "-", ""},
		{vec.TypeFloat64, "-.5", "-0.5"}, {vec.TypeFloat64, "5.", "5"}, {vec.TypeFloat64, "NaN", "NaN"}, {vec.TypeFloat64, "0.30000000000000004", "0.30000000000000004"},
		{vec.TypeFloat64, "1..2", ""}, {vec.TypeFloat64, "179.769313486231", "179.769313486231"}, {vec.TypeFloat32, "0.1", "0.1"},
		{vec.TypeBool, "TRUE", "true"}, {vec.TypeBool, "f", "false"}, {vec.TypeBool, "2", ""},
		{vec.DecimalType(10, 2), "1.005", "1.01"}, {vec.DecimalType(4, 2), "123.4", ""}, {vec.DecimalType(38, 9), "x", ""},
		{vec.TypeDate, "2024-02-29", "2024-02-29"}, {vec.TypeDate, "2023-02-29", ""}, {vec.TypeDate, "1", "1970-01-02"},
		{vec.TypeTimestamp, "2024-02-29 12:00", "2024-02-29T12:00:00.000Z"}, {vec.TypeTimestamp, "1700000000123", "2023-11-14T22:13:20.123Z"},
		{vec.TypeTimestamp, "1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999Z"}, {vec.TypeTimestamp, "noon", ""},
		{vec.TypeTimestampMicros, "2024-02-29T12:00:00.1234567+01:00", "2024-02-29T11:00:00.123456Z"},
		{vec.TypeTime, "12:34:56.789", "12:34:56.789"}, {vec.TypeTime, "25:00", ""}, {vec.TypeInterval, "2 days", "2 days"}, {vec.TypeInterval, "x", ""},
		{vec.TypeBinary, "aGk=", "aGk="}, {vec.TypeBinary, "%", ""}, {vec.TypeString, " x ", " x "},
	} {
		f := []arrow.Field{col("v", tc.t)}
		got := decode(t, ingest.NewProps(), f, f, "v\n"+tc.in+"\n", 1<<20)
		if tc.want == "" {
			require.Len(t, got.bad, 1, "%s %q", tc.t, tc.in)
			require.Empty(t, got.rows)
			continue
		}
		require.Equal(t, [][]string{{tc.want}}, got.rows, "%s %q %v", tc.t, tc.in, got.bad)
	}
	not := []arrow.Field{{Name: "v", Type: vec.TypeString}, {Name: "w", Type: vec.TypeString, Nullable: true}}
	got := decode(t, ingest.NewProps(), not, not, "v,w\n,1\nx,\n", 1<<20)
	require.Equal(t, [][]string{{"x", "<null>"}}, got.rows)
	require.Equal(t, []string{"2 v: " + errRequired.Error()}, got.bad)
	got = decode(t, ingest.NewProps(), not, not, "w\n1\n", 1<<20)
	require.Equal(t, []string{"2 v: " + errRequired.Error()}, got.bad)
	_, err := Format().NewStream(ingest.NewProps(), nil, []arrow.Field{col("l", arrow.ListOf(vec.TypeInt64))})
	require.ErrorContains(t, err, "CSV has no ARRAY values")
}

func TestInfer(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{"1\n-2\n0\n-0\n", "BIGINT"}, {"007\n", "STRING"}, {"+5\n", "STRING"}, {" 5\n", "STRING"}, {"1\n1.5\n", "DOUBLE"}, {"1e5\n", "DOUBLE"},
		{"NaN\n", "DOUBLE"}, {"Infinity\n", "DOUBLE"}, {"9223372036854775808\n", "DOUBLE"}, {".5\n5.\n", "DOUBLE"}, {"1e\n", "STRING"}, {"-\n", "STRING"},
		{".\n", "STRING"}, {"TRUE\nfalse\n", "BOOLEAN"}, {"true\n1\n", "STRING"}, {"2024-02-29\n", "DATE"}, {"2024-02-30\n", "STRING"},
		{"2024-02-29\n2024-02-29 12:00\n", "TIMESTAMP"}, {"2024-02-29T12:00:00.5Z\n", "TIMESTAMP"}, {"12:00\n", "STRING"}, {"", "STRING"},
		{"1\n\"\"\n", "STRING"}, {"\"1\"\n2\n", "BIGINT"}, {"x\n", "STRING"}, {"1_000\n", "STRING"}, {"0x10\n", "STRING"},
	} {
		inf, err := Format().NewFileInferrer(ingest.NewProps())
		require.NoError(t, err)
		require.Nil(t, inf.Schema())
		h := inf.(ingest.HeaderInferrer)
		require.NoError(t, h.Header([]byte("v,w\n")))
		h.Add([]byte("a"))          // bad records tell nothing
		h.Add([]byte("a,b,c"))      //
		h.Add([]byte("x\"\n\",\"")) //
		for _, l := range strings.Split(strings.TrimSuffix(tc.in, "\n"), "\n") {
			h.Add([]byte(l + ","))
		}
		s := inf.Schema()
		require.Equal(t, tc.want, vec.KindOf(s.Field(0).Type).String(), tc.in)
		require.Equal(t, "STRING", vec.KindOf(s.Field(1).Type).String())
		require.True(t, s.Field(0).Nullable)
	}
}

func TestInferUnitesFilesByName(t *testing.T) {
	inf, err := Format().NewFileInferrer(ingest.NewProps())
	require.NoError(t, err)
	h := inf.(ingest.HeaderInferrer)
	require.NoError(t, h.Header([]byte("a,b")))
	h.Add([]byte("1,x"))
	require.NoError(t, h.Header([]byte("c,a")))
	h.Add([]byte("true,1.5"))
	require.Equal(t, []string{"a", "b", "c"}, names(inf.Schema()))
	require.Equal(t, vec.TypeFloat64, inf.Schema().Field(0).Type)
	_, err = Format().NewFileInferrer(ingest.PropsOf(map[string]string{"csv.header": "false"}))
	require.ErrorIs(t, err, ingest.ErrUsage)
}

func names(s *arrow.Schema) []string {
	var out []string
	for _, f := range s.Fields() {
		out = append(out, f.Name)
	}
	return out
}

func TestHeaderNames(t *testing.T) {
	sc := newScanner(dialect{delim: ',', quote: '"'})
	for _, tc := range []struct {
		in   string
		want []string
	}{
		{"a,a,,a,\n", []string{"a", "a_2", "column3", "a_3", "column5"}},
		{"a,a_2,a\n", []string{"a", "a_2", "a_3"}},
		{"\"x,\"\"y\n\",z\r\n1,2\n", []string{"x,\"y\n", "z"}},
		{"é", []string{"é"}},
	} {
		got, _, ok, err := header(&sc, []byte(tc.in), true)
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, tc.want, got)
	}
	for _, in := range []string{"", "\n\n", "\"a", "\"a\"b\n", "\xff\n"} {
		_, _, _, err := header(&sc, []byte(in), true)
		require.Error(t, err, in)
	}
	_, _, ok, err := header(&sc, []byte("a,b"), false)
	require.NoError(t, err)
	require.False(t, ok)
}

func TestPayloads(t *testing.T) {
	pool := vec.NewPool(nil, true)
	sc := pool.Open()
	defer sc.Close()
	f := []arrow.Field{col("a", vec.TypeInt64), col("b", vec.TypeString)}
	d, err := Format().NewDecoder(ingest.NewProps(), arrow.NewSchema(f, nil), f[1:])
	require.NoError(t, err)
	var bad []string
	rows := &ingest.Rows{Cols: []*vec.Builder{vec.NewBuilder(sc, vec.TypeString, 1)}, Bad: func(i int, f string, err error) error {
		bad = append(bad, fmt.Sprint(i, f, err))
		return nil
	}}
	require.NoError(t, d.Decode([][]byte{[]byte("1,x"), {}, []byte("2,y\r\n"), []byte("3,z\n4,w"), []byte("5"), []byte("6,\"")}, rows))
	require.Equal(t, 2, rows.N)
	require.Equal(t, []int32{0, 2}, rows.Kept)
	require.Len(t, bad, 4)
	v := rows.Cols[0].Finish()
	require.Equal(t, "x", v.StringAt(0))
	require.Equal(t, "y", v.StringAt(1))
}

func TestEncode(t *testing.T) {
	pool := vec.NewPool(nil, true)
	sc := pool.Open()
	defer sc.Close()
	a, b := vec.NewBuilder(sc, vec.TypeString, 1), vec.NewBuilder(sc, vec.TypeFloat64, 1)
	for _, s := range []string{"x", "", "a,b", "q\"q", "n\nn", " s ", "\r"} {
		a.String(s)
		b.Float64(1.5)
	}
	a.Null()
	b.Null()
	out := ingest.Output{Fields: []arrow.Field{col("a", vec.TypeString), col("b,", vec.TypeFloat64), col("k", vec.TypeString)}, Key: 2, Headers: -1, Time: -1, Deleted: -1}
	e, err := Format().NewEncoder(ingest.NewProps(), out)
	require.NoError(t, err)
	va, vb := a.Finish(), b.Finish()
	batch := &arrowexec.Batch{Scope: sc, N: 8, Cols: []*vec.Vec{va, vb, va}}
	dst, ends, err := e.Encode(e.(ingest.Framer).Begin(nil), nil, batch)
	require.NoError(t, err)
	require.Len(t, ends, 8)
	require.Equal(t, "a,\"b,\"\nx,1.5\"\",1.5\"a,b\",1.5\"q\"\"q\",1.5\"n\nn\",1.5 s ,1.5\"\r\",1.5,", string(dst))
	batch.Sel = vec.Sel{0, 7}
	dst, _, err = e.Encode(nil, nil, batch)
	require.NoError(t, err)
	require.Equal(t, "x,1.5,", string(dst))
}

func TestKeysAreChecked(t *testing.T) {
	for _, m := range []map[string]string{{"csv.delimiter": "ab"}, {"csv.delimiter": "é"}, {"csv.quote": "\n"}, {"csv.quote": ","}, {"csv.header": "maybe"}, {"delimiter": ""}} {
		_, err := Format().NewStream(ingest.PropsOf(m), nil, nil)
		require.ErrorIs(t, err, ingest.ErrUsage, m)
	}
	_, err := Format().NewStream(ingest.PropsOf(map[string]string{"csv.header": "false"}), nil, nil)
	require.ErrorContains(t, err, "needs declared columns")
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{"a,b\n", "\"x\"\"y\",\"\n\"\n1,2", "a\"b,c\n\n,\n", "\"a\r\nb\",c\r\n\r\nd,e\r", "\"", "\"a\"b,c\nx,y", "1,2,3\n1\n4,5"} {
		f.Add(s, uint8(3))
	}
	f.Fuzz(func(t *testing.T, in string, step uint8) {
		fields := []arrow.Field{col("a", vec.TypeString), col("b", vec.TypeBinary)}
		fields[1].Type = vec.TypeString
		p := ingest.PropsOf(map[string]string{"csv.header": "false"})
		got := decode(t, p, fields, fields, in, 1<<20)
		small := decode(t, p, fields, fields, in, int(step)+1)
		require.Equal(t, got.rows, small.rows)
		require.Equal(t, got.bad, small.bad)
		many := decodeMost(t, p, fields, fields, strings.Repeat(in+"\n", 20), 1<<20, 1<<20)
		few := decodeMost(t, p, fields, fields, strings.Repeat(in+"\n", 20), 1<<20, 3)
		require.Equal(t, few.rows, many.rows)
		require.Equal(t, few.bad, many.bad)
		r := stdcsv.NewReader(strings.NewReader(in))
		r.FieldsPerRecord = -1
		all, err := r.ReadAll()
		if err != nil {
			return
		}
		var want [][]string
		for _, rec := range all {
			if len(rec) == 2 && utf8.ValidString(rec[0]) && utf8.ValidString(rec[1]) {
				want = append(want, rec)
			}
		}
		for _, row := range got.rows {
			for i, v := range row {
				if v == "<null>" {
					v = ""
				}
				row[i] = strings.ReplaceAll(v, "\r\n", "\n")
			}
		}
		require.Equal(t, want, got.rows)
	})
}

// flights makes records of seven fields, 60 bytes each.
func flights(n int) []byte {
	var b bytes.Buffer
	b.WriteString("id,symbol,side,price,quantity,ts,venue\n")
	for i := range n {
		fmt.Fprintf(&b, "%d,SYM%03d,%s,%d.%02d,%d,%d,XNYS\n", 1000000+i, i%500, []string{"BUY", "SELL"}[i&1], 100+i%97, i%100, i%1000, 1700000000000+int64(i)*17)
	}
	return b.Bytes()
}

func BenchmarkDecode(b *testing.B) {
	data := flights(4096)
	declared := []arrow.Field{col("id", vec.TypeInt64), col("symbol", vec.TypeString), col("side", vec.TypeString), col("price", vec.TypeFloat64),
		col("quantity", vec.TypeInt64), col("ts", vec.TypeInt64), col("venue", vec.TypeString)}
	for _, bc := range []struct {
		name string
		want []arrow.Field
	}{{"all 7", declared}, {"2 of 7", []arrow.Field{declared[1], declared[3]}}} {
		b.Run(bc.name, func(b *testing.B) {
			pool := vec.NewPool(nil, false)
			sd, err := Format().NewStream(ingest.NewProps(), arrow.NewSchema(declared, nil), bc.want)
			require.NoError(b, err)
			used, _, err := sd.(ingest.HeaderDecoder).Header(data, true)
			require.NoError(b, err)
			rows := &ingest.Rows{Bad: func(_ int, f string, err error) error { return fmt.Errorf("%s: %w", f, err) }}
			for range bc.want {
				rows.Cols = append(rows.Cols, &vec.Builder{})
			}
			var spans []ingest.Span
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				sc := pool.Open()
				rows.N, rows.Kept, spans = 0, rows.Kept[:0], spans[:0]
				for i, f := range bc.want {
					rows.Cols[i].Init(sc, f.Type, 4096)
				}
				if _, err := sd.DecodeStream(data[used:], true, 1<<20, rows, &spans); err != nil || rows.N != 4096 {
					b.Fatal(err, rows.N)
				}
				sc.Close()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/4096, "ns/record")
		})
	}
	b.Run("encoding/csv and strconv", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for b.Loop() {
			r := stdcsv.NewReader(bytes.NewReader(data))
			r.ReuseRecord = true
			n := -1
			var ids, qs, tss []int64
			var prices []float64
			var texts []string
			for {
				rec, err := r.Read()
				if err != nil {
					break
				}
				if n++; n == 0 {
					continue
				}
				id, _ := text.ParseInt64([]byte(rec[0]))
				q, _ := text.ParseInt64([]byte(rec[4]))
				ts, _ := text.ParseInt64([]byte(rec[5]))
				p, _ := text.ParseFloat64([]byte(rec[3]))
				ids, qs, tss, prices = append(ids, id), append(qs, q), append(tss, ts), append(prices, p)
				texts = append(texts, rec[1], rec[2], rec[6])
			}
			_, _, _, _, _ = ids, qs, tss, prices, texts
			if n != 4096 || len(texts) != 3*4096 {
				b.Fatal(n)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/4096, "ns/record")
	})
}
