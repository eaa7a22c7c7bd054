package parquet

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/ingesttest"
)

type file struct{ *bytes.Reader }

func (file) Close() error { return nil }

// pipe can only be read from start to end.
type pipe struct{ io.Reader }

func (pipe) Close() error { return nil }

func input(data []byte) ingest.FileInput {
	return ingest.FileInput{Name: "f.parquet", Open: func() (io.ReadCloser, error) { return file{bytes.NewReader(data)}, nil }}
}

func testdata(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".parquet"))
	require.NoError(t, err)
	return b
}

// scanned is what a scan gave: rows as JSON, with their place, and bad rows.
type scanned struct {
	rows []string
	at   []int
	bad  []string
}

// tryRead reads the wanted columns of all groups, nil for all columns.
func tryRead(in ingest.FileInput, want []arrow.Field, batch int) (out scanned, err error) {
	r, err := Open(in)
	if err != nil {
		return out, err
	}
	defer r.Close()
	if want == nil {
		want = r.Schema().Fields()
	}
	s, err := r.Scan(want, 0, -1)
	if err != nil {
		return out, err
	}
	defer s.Close()
	pool := vec.NewPool(nil, true)
	defer pool.Close()
	for at := 0; ; {
		sc := pool.Open()
		rows, err := s.Next(sc, batch)
		if err != nil {
			sc.Close()
			if err == io.EOF {
				err = nil
			}
			return out, err
		}
		for i := range rows.N {
			line := []byte{}
			for c, f := range want {
				line = append(text.AppendJSON(append(line, f.Name+":"...), rows.Cols[c], i, false), ' ')
			}
			out.rows = append(out.rows, strings.TrimSuffix(string(line), " "))
			if rows.Kept != nil {
				out.at = append(out.at, at+int(rows.Kept[i]))
			} else {
				out.at = append(out.at, at+i)
			}
		}
		for _, b := range rows.Bad {
			out.bad = append(out.bad, fmt.Sprintf("%d %s: %v", at+b.Row, b.Field, b.Cause))
		}
		at += rows.Read
		sc.Close()
	}
}

func read(t testing.TB, data []byte, want []arrow.Field, batch int) scanned {
	t.Helper()
	out, err := tryRead(input(data), want, batch)
	require.NoError(t, err)
	return out
}

func TestScalars(t *testing.T) {
	null := "b i8 i16 i32 i64 u8 u16 u32 u64 f16 f32 f64 d9 d18 d38 s y fx da tm tu tn ts tsu tsn dict no"
	want := []string{
		`b:true i8:-128 i16:-32768 i32:-2147483648 i64:-9223372036854775808 u8:255 u16:65535 u32:4294967295 u64:9223372036854775807 f16:1.5 f32:1.5 f64:0.1 ` +
			`d9:1234567.89 d18:-1234567890123456.78 d38:-99999999999999999999999999999999999999 s:"" y:"" fx:"YWJj" da:"0001-01-01" tm:"00:00:00.000" tu:"00:00:00.000" tn:"00:00:00.000" ` +
			`ts:"1969-12-31T23:59:59.999Z" tsu:"1969-12-31T23:59:59.999999Z" tsn:"1969-12-31T23:59:59.999999Z" dict:"red" no:null`,
		`b:false i8:127 i16:32767 i32:2147483647 i64:9223372036854775807 u8:0 u16:0 u32:0 u64:0 f16:-2 f32:-0.25 f64:1e+300 ` +
			`d9:-0.01 d18:0.01 d38:99999999999999999999999999999999999999 s:"a,b" y:"AP8=" fx:"AAEC" da:"9999-12-31" tm:"23:59:59.999" tu:"23:59:59.999999" tn:"23:59:59.999999" ` +
			`ts:"2024-02-29T12:34:56.789Z" tsu:"2024-02-29T12:34:56.789001Z" tsn:"2024-02-29T12:34:56.789001Z" dict:"green" no:null`,
		strings.ReplaceAll(null, " ", ":null ") + ":null",
		`b:false i8:1 i16:1 i32:1 i64:1 u8:2 u16:2 u32:2 u64:2 f16:65504 f32:"NaN" f64:"NaN" d9:0.10 d18:0.10 d38:5 s:"é\n" y:"YWI=" fx:"MTIz" da:"1969-12-31" ` +
			`tm:"12:34:56.789" tu:"12:34:56.789001" tn:"00:00:00.000001" ts:"1970-01-01T00:00:00.005Z" tsu:"1970-01-01T00:00:00.000005Z" tsn:"1970-01-01T00:00:00.000005Z" dict:"red" no:null`,
		`b:true i8:2 i16:2 i32:2 i64:2 u8:3 u16:3 u32:3 u64:3 f16:1 f32:"Infinity" f64:"-Infinity" d9:1.00 d18:1.00 d38:-1 s:"` + strings.Repeat("z", 40) + `" y:"Yw==" fx:"enp6" da:"2024-02-29" ` +
			`tm:"02:00:00.000" tu:"02:00:00.000" tn:"00:00:00.000" ts:"1970-01-01T00:00:00.006Z" tsu:"1970-01-01T00:00:00.000006Z" tsn:"1970-01-01T00:00:00.000000Z" dict:"red" no:null`,
	}
	for _, name := range []string{"none", "snappy", "gzip", "zstd", "lz4", "v2"} {
		for _, batch := range []int{1, 2, 100} {
			got := read(t, testdata(t, "scalars-"+name), nil, batch)
			require.Equal(t, want, got.rows, "%s in batches of %d", name, batch)
			require.Empty(t, got.bad)
		}
	}
	r, err := Open(input(testdata(t, "scalars-none")))
	require.NoError(t, err)
	types := ""
	for _, f := range r.Schema().Fields() {
		types += vec.KindOf(f.Type).String() + " "
	}
	require.Equal(t, "BOOLEAN TINYINT SMALLINT INT BIGINT SMALLINT INT BIGINT BIGINT REAL REAL DOUBLE DECIMAL DECIMAL DECIMAL STRING BYTES BYTES DATE TIME TIME TIME TIMESTAMP TIMESTAMP TIMESTAMP STRING STRING ", types)
}

// TestEncodings reads the same rows in every encoding, over pages and groups
// that end anywhere in a batch.
func TestEncodings(t *testing.T) {
	want := make([]string, 3000)
	for i := range want {
		opt := func(s string, there bool) string {
			if there {
				return s
			}
			return "null"
		}
		l := []string{}
		for k := range i % 4 {
			l = append(l, fmt.Sprint(k))
		}
		sign := 1 - 2*(i%2)
		want[i] = fmt.Sprintf(`i32:%s i64:%d f:%s d:%s s:%s u:"unique-%05d" b:%v l:%s`, opt(fmt.Sprint(i*7919%1000-500), i%11 != 0), i*i*sign,
			text.AppendFloat32(nil, float32(float64(i)/7)), text.AppendFloat64(nil, float64(i)/3), opt(`"`+strings.Repeat(fmt.Sprintf("key-%d", i%17), i%3+1)+`"`, i%5 != 0),
			i, i%3 == 0, opt("["+strings.Join(l, ",")+"]", i%7 != 0))
	}
	for _, name := range []string{"dict", "plain", "delta", "fallback"} {
		data := testdata(t, "many-"+name)
		for _, batch := range []int{1, 7, 64, 1024, 5000} {
			require.Equal(t, want, read(t, data, nil, batch).rows, "%s in batches of %d", name, batch)
		}
		r, err := Open(input(data))
		require.NoError(t, err)
		require.Equal(t, []int64{700, 700, 700, 700, 200}, r.Groups())
		one, err := tryRead(ingest.FileInput{Name: "pipe", Open: func() (io.ReadCloser, error) { return pipe{bytes.NewReader(data)}, nil }}, r.Schema().Fields()[5:6], 100)
		require.NoError(t, err)
		require.Equal(t, `u:"unique-02999"`, one.rows[2999])
	}
}

func TestDictionariesStay(t *testing.T) {
	r, err := Open(input(testdata(t, "many-dict")))
	require.NoError(t, err)
	s, err := r.Scan(r.Schema().Fields()[4:5], 1, 2)
	require.NoError(t, err)
	pool := vec.NewPool(nil, true)
	sc := pool.Open()
	defer sc.Close()
	rows, err := s.Next(sc, 600)
	require.NoError(t, err)
	require.NotNil(t, rows.Cols[0].Dict)
	require.Positive(t, s.Bytes())
	require.Less(t, s.Bytes(), int64(40_000), "only the wanted column is read")
	require.NoError(t, s.Close())
}

func TestNested(t *testing.T) {
	want := []string{
		`id:0 l:[1,null,3] ll:[[1],[],null,[2,3]] st:{"a":1,"l":["x",null]} m:{"k":1,"j":null} ls:[{"a":1,"l":["p"]},null] ml:{"1":["x"]}`,
		`id:1 l:[] ll:null st:null m:{} ls:[] ml:null`,
		`id:2 l:null ll:[] st:{"a":null,"l":null} m:null ls:null ml:{}`,
		`id:3 l:[4] ll:[[]] st:{"a":2,"l":[]} m:{"a":3} ls:[{"a":null,"l":null}] ml:{"2":null}`,
		`id:4 l:[null] ll:[null] st:{"a":3,"l":["y"]} m:{"b":4} ls:[{"a":2,"l":[]}] ml:{"3":[]}`,
		`id:5 l:[5,6] ll:[[4,null]] st:{"a":4,"l":["z"]} m:{"c":5} ls:[{"a":3,"l":[null]}] ml:{"4":[null,"y"]}`,
	}
	for _, name := range []string{"nested", "nested-v2"} {
		for _, batch := range []int{1, 2, 4, 100} {
			require.Equal(t, want, read(t, testdata(t, name), nil, batch).rows, "%s in batches of %d", name, batch)
		}
		a := arrow.StructOf(arrow.Field{Name: "a", Type: vec.TypeInt64, Nullable: true})
		got := read(t, testdata(t, name), []arrow.Field{{Name: "st", Type: a, Nullable: true}, {Name: "LS", Type: arrow.ListOf(a), Nullable: true}, {Name: "none", Type: vec.TypeString, Nullable: true}}, 3)
		require.Equal(t, `st:{"a":1} LS:[{"a":1},null] none:null`, got.rows[0], "fields that nobody wants are left out")
		require.Equal(t, `st:{"a":null} LS:null none:null`, got.rows[2])
	}
}

func TestCorners(t *testing.T) {
	require.Equal(t, []string{`t:"2024-02-29T12:34:56.789Z"`, `t:"1970-01-01T00:00:00.000Z"`, `t:"1969-12-31T23:59:59.999Z"`}, read(t, testdata(t, "int96"), nil, 10).rows)
	require.Equal(t, []string{`a:1 a_2:2 column3:3`}, read(t, testdata(t, "names"), nil, 10).rows)
	require.Empty(t, read(t, testdata(t, "empty"), nil, 10).rows)

	got := read(t, testdata(t, "uint64"), nil, 10)
	require.Equal(t, []string{`id:1 u:1`}, got.rows)
	require.Equal(t, []string{"1 u: an unsigned value is beyond BIGINT", "2 u: an unsigned value is beyond BIGINT"}, got.bad)
	id := []arrow.Field{{Name: "id", Type: vec.TypeInt64, Nullable: true}}
	require.Len(t, read(t, testdata(t, "uint64"), id, 10).rows, 3, "what is not read is not bad")
	got = read(t, testdata(t, "utf8"), nil, 2)
	require.Equal(t, []string{`id:1 s:"ok"`, `id:3 s:"fine"`}, got.rows)
	require.Equal(t, []int{0, 2}, got.at)
	require.Equal(t, []string{"1 s: not valid UTF-8"}, got.bad)

	_, err := tryRead(input(testdata(t, "decimal256")), nil, 10)
	require.EqualError(t, err, `f.parquet: column "d": it is a decimal of 60 digits, and DECIMAL has 38 at most; leave it out of the query`)
	require.Equal(t, []string{"id:1"}, read(t, testdata(t, "decimal256"), id, 10).rows)
	str := []arrow.Field{{Name: "s", Type: vec.TypeString, Nullable: true}}
	require.Equal(t, read(t, testdata(t, "scalars-none"), str, 10).rows, read(t, testdata(t, "brotli"), str, 10).rows)
	_, err = tryRead(input(testdata(t, "names")), []arrow.Field{{Name: "a", Type: vec.TypeString}}, 10)
	require.ErrorContains(t, err, `column "a": the column is BIGINT`)
	got = read(t, testdata(t, "scalars-none"), []arrow.Field{{Name: "i64", Type: vec.TypeInt64}, {Name: "i8", Type: vec.TypeFloat64, Nullable: true}}, 10)
	require.Equal(t, "i64:-9223372036854775808 i8:-128", got.rows[0])

	got = read(t, testdata(t, "duckdb"), nil, 10)
	require.Equal(t, `id:2 u:"00000000-0000-0000-0000-000000000002" k:"k2" d:3.000 l:[2,null,3] st:{"x":2,"y":[{"z":"2"}]} m:{"a":2,"b":null} u8:2 tz:"2024-02-29T14:34:56.789012Z" t:"12:34:56.789" iv:"1 mon 2 days 00:00:03"`, got.rows[2])
	require.Len(t, got.rows, 6)
}

// written makes a file of rows that fill makes.
func written(t *testing.T, codec string, fields []arrow.Field, n, batch int, fill func([]*vec.Builder, int)) []byte {
	var buf bytes.Buffer
	p := ingest.NewProps()
	if codec != "" {
		p.Set("compression.type", codec, "")
	}
	w, err := Format().NewWriter(&buf, p, fields)
	require.NoError(t, err)
	pool := vec.NewPool(nil, true)
	defer pool.Close()
	for from := 0; from < n; from += batch {
		sc := pool.Open()
		var cols []*vec.Builder
		for _, f := range fields {
			cols = append(cols, vec.NewBuilder(sc, f.Type, 1))
		}
		b := &arrowexec.Batch{Scope: sc, N: 0, Sel: vec.Sel{}}
		for i := from; i < min(from+batch, n); i++ {
			fill(cols, i)
			fill(cols, i) // a row that is not selected
			b.Sel = append(b.Sel, int32(b.N))
			b.N += 2
		}
		for _, c := range cols {
			b.Cols = append(b.Cols, c.Finish())
		}
		require.NoError(t, w.Write(b))
		sc.Close()
	}
	require.NoError(t, w.Close())
	require.NoError(t, w.Close())
	return buf.Bytes()
}

func TestRoundTrip(t *testing.T) {
	st := arrow.StructOf(arrow.Field{Name: "a", Type: vec.TypeString, Nullable: true}, arrow.Field{Name: "b", Type: arrow.ListOf(vec.TypeDate), Nullable: true})
	fields := append(ingesttest.Scalars(),
		arrow.Field{Name: "p9", Type: vec.DecimalType(9, 4), Nullable: true}, arrow.Field{Name: "p18", Type: vec.DecimalType(18, 0), Nullable: true},
		arrow.Field{Name: "list", Type: arrow.ListOf(arrow.ListOf(vec.TypeInt64)), Nullable: true},
		arrow.Field{Name: "map", Type: arrow.MapOf(vec.TypeString, st), Nullable: true},
		arrow.Field{Name: "iv", Type: vec.TypeInterval, Nullable: true})
	scalars := len(ingesttest.Scalars())
	fill := func(cols []*vec.Builder, i int) {
		ingesttest.Fill(cols[:scalars], i)
		cols[scalars].Decimal(decimal128.FromI64(int64(i*1237 - 500)))
		cols[scalars+1].Decimal(decimal128.FromI64(int64(-i) << 20))
		list, m, iv := cols[scalars+2], cols[scalars+3], cols[scalars+4]
		for k := range i % 3 {
			if (i+k)%5 == 0 {
				list.Children[0].Null()
			} else {
				for j := range (i + k) % 3 {
					list.Children[0].Children[0].Int64(int64(i * j))
				}
				list.Children[0].EndList()
			}
			m.Children[0].String(fmt.Sprint("key", k))
			v := m.Children[1]
			if i%4 == 1 {
				v.Null()
				continue
			}
			v.Children[0].String("x")
			v.Children[1].Null()
			v.EndStruct()
		}
		list.EndList()
		m.EndList()
		if i%3 == 0 {
			iv.Null()
		} else {
			vec.Append(iv, arrow.MonthDayNanoInterval{Months: int32(i), Days: 3, Nanoseconds: int64(i) * 1_000_000})
		}
	}
	for _, codec := range []string{"", "none", "snappy", "gzip", "zstd", "lz4"} {
		data := written(t, codec, fields, 400, 37, fill)
		r, err := Open(input(data))
		require.NoError(t, err)
		for i, f := range r.Schema().Fields() {
			require.Equal(t, fields[i].Name, f.Name)
			require.True(t, arrow.TypeEqual(fields[i].Type, f.Type), "%s: %s became %s", f.Name, fields[i].Type, f.Type)
		}
		pool := vec.NewPool(nil, false)
		sc := pool.Open()
		got := read(t, data, nil, 33).rows
		require.Len(t, got, 400)
		for i, line := range got {
			var want []byte
			for _, f := range fields {
				want = append(want, f.Name+":"...)
				var cols []*vec.Builder
				for _, f := range fields {
					cols = append(cols, vec.NewBuilder(sc, f.Type, 1))
				}
				fill(cols, i)
				for c := range fields {
					if fields[c].Name == f.Name {
						want = append(text.AppendJSON(want, cols[c].Finish(), 0, false), ' ')
					}
				}
			}
			require.Equal(t, strings.TrimSuffix(string(want), " "), line)
		}
		sc.Close()
	}
	require.Empty(t, read(t, written(t, "", fields, 0, 1, fill), nil, 10).rows, "a file without rows is whole")
}

func TestRowGroupsAndDictionaries(t *testing.T) {
	fields := []arrow.Field{{Name: "k", Type: vec.TypeString, Nullable: true}, {Name: "u", Type: vec.TypeString, Nullable: true}, {Name: "n", Type: vec.TypeInt64, Nullable: true}}
	data := written(t, "zstd", fields, 130_000, 4096, func(cols []*vec.Builder, i int) {
		cols[0].String([]string{"red", "green", "blue"}[i%3])
		cols[1].String(fmt.Sprint("unique value ", i))
		cols[2].Int64(int64(i))
	})
	require.Less(t, len(data), 1_300_000)
	r, err := Open(input(data))
	require.NoError(t, err)
	require.Len(t, r.Groups(), 2)
	got := read(t, data, nil, 10_000).rows
	require.Len(t, got, 130_000)
	require.Equal(t, `k:"green" u:"unique value 129997" n:129997`, got[129_997])
}

func TestWriterRefuses(t *testing.T) {
	for _, c := range []struct {
		codec  string
		fields []arrow.Field
		want   string
	}{
		{"brotli", []arrow.Field{{Name: "a", Type: vec.TypeInt64}}, "one of none, snappy"},
		{"", nil, "needs a column"},
		{"", []arrow.Field{{Name: "s", Type: arrow.StructOf()}}, "no STRUCT without fields"},
	} {
		p := ingest.NewProps()
		if c.codec != "" {
			p.Set("compression.type", c.codec, "")
		}
		_, err := Format().NewWriter(io.Discard, p, c.fields)
		require.ErrorIs(t, err, ingest.ErrUsage)
		require.ErrorContains(t, err, c.want)
	}
	w, err := Format().NewWriter(io.Discard, ingest.NewProps(), []arrow.Field{{Name: "iv", Type: vec.TypeInterval}})
	require.NoError(t, err)
	pool := vec.NewPool(nil, true)
	sc := pool.Open()
	defer sc.Close()
	b := vec.NewBuilder(sc, vec.TypeInterval, 1)
	vec.Append(b, arrow.MonthDayNanoInterval{Days: -1})
	require.NoError(t, w.Write(&arrowexec.Batch{Scope: sc, N: 1, Cols: []*vec.Vec{b.Finish()}}))
	require.ErrorContains(t, w.Close(), `column "iv": an interval is negative`)
}

// TestBroken cuts and damages files: an error that names the file or other
// values, never a panic or a hang.
func TestBroken(t *testing.T) {
	for _, name := range []string{"scalars-none", "scalars-v2", "nested", "names"} {
		data := testdata(t, name)
		for n := 0; n < len(data); n += 1 + n/7 {
			_, err := tryRead(input(data[:n]), nil, 100)
			require.ErrorContains(t, err, "f.parquet", "%s cut at %d", name, n)
		}
		for i := 0; i < len(data); i += 1 + i%4 {
			damaged := bytes.Clone(data)
			damaged[i] ^= byte(1 + i%255)
			_, _ = tryRead(input(damaged), nil, 100)
		}
	}
	_, err := Open(input([]byte("a,b\n1,2\n3,4\n")))
	require.EqualError(t, err, "f.parquet: this is no Parquet file")
	_, err = Open(input(nil))
	require.ErrorContains(t, err, "it is empty")
	sum := testdata(t, "scalars-v2") // its pages have checksums
	at := bytes.Index(sum, []byte("\x28\xb5\x2f\xfd")) + 7
	sum[at] ^= 1
	_, err = tryRead(input(sum), nil, 100)
	require.ErrorContains(t, err, " near byte ")
	require.ErrorContains(t, err, "checksum")
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"scalars-none", "scalars-v2", "nested", "nested-v2", "names", "utf8", "int96", "duckdb"} {
		f.Add(testdata(f, name), 3)
	}
	f.Fuzz(func(_ *testing.T, data []byte, batch int) {
		_, _ = tryRead(input(data), nil, max(1, min(batch, 1000)))
	})
}

func TestHybrid(t *testing.T) {
	for width := range 21 {
		for n := range 70 {
			v := make([]uint32, n)
			for i := range v {
				if i%29 < 17 {
					v[i] = uint32(i*i) & (1<<width - 1)
				}
			}
			h := newHybrid(appendHybrid(nil, v, width), width)
			got := make([]uint32, n)
			require.True(t, h.read(got))
			require.Equal(t, v, got)
		}
	}
}

func TestDeltaWidths(t *testing.T) { // written by hand: blocks of 128 in 4 miniblocks, every width
	for width := 0; width <= 64; width++ {
		mask := uint64(math.MaxUint64)
		if width < 64 {
			mask = 1<<width - 1
		}
		head := []byte{0x80, 0x01, 4, 33, 0} // 128, 4, 33 values, the first 0
		head = append(head, 0, byte(width), 0, 0, 0)
		var bits []byte
		want := []int64{0}
		sum := uint64(0)
		for i := range 32 {
			x := uint64(i) * 0x9E3779B97F4A7C15 & mask
			for k := range width {
				if at := i*width + k; at%8 == 0 {
					bits = append(bits, 0)
				}
				bits[len(bits)-1] |= byte(x>>k&1) << ((i*width + k) % 8)
			}
			sum += x
			want = append(want, int64(sum))
		}
		d, ok := newDelta(append(head, bits...), 64)
		require.True(t, ok)
		got := make([]int64, 33)
		require.True(t, d.read(got), width)
		require.Equal(t, want, got, width)
	}
}
