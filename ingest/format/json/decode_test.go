package json

import (
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

func col(name string, t arrow.DataType) arrow.Field {
	return arrow.Field{Name: name, Type: t, Nullable: true}
}

// harness decodes records and gives rows as JSON arrays and errors as text.
type harness struct {
	rows   ingest.Rows
	sc     *vec.Scope
	errors []string
}

func newHarness(t testing.TB, want []arrow.Field) *harness {
	pool := vec.NewPool(nil, true)
	h := &harness{sc: pool.Open()}
	t.Cleanup(func() {
		h.sc.Close()
		pool.Close()
	})
	for _, f := range want {
		h.rows.Cols = append(h.rows.Cols, vec.NewBuilder(h.sc, f.Type, 0))
	}
	h.rows.Bad = func(record int, field string, cause error) error {
		h.errors = append(h.errors, fmt.Sprintf("%d %s: %v", record, field, cause))
		return nil
	}
	return h
}

func (h *harness) lines() []string {
	var cols []*vec.Vec
	for _, b := range h.rows.Cols {
		cols = append(cols, b.Finish())
	}
	out := []string{}
	for i := range h.rows.N {
		line := []byte{}
		for c, v := range cols {
			if c > 0 {
				line = append(line, '|')
			}
			line = text.AppendJSON(line, v, i, false)
		}
		out = append(out, string(line))
	}
	for _, v := range cols {
		if v.Len != h.rows.N {
			panic(fmt.Sprintf("column of %d rows among %d", v.Len, h.rows.N))
		}
	}
	return out
}

func decode(t testing.TB, declared, want []arrow.Field, records ...string) *harness {
	t.Helper()
	h := newHarness(t, want)
	var schema *arrow.Schema
	if declared != nil {
		schema = arrow.NewSchema(declared, nil)
	}
	d, err := NewDecoder(schema, want)
	require.NoError(t, err)
	var recs [][]byte
	for _, r := range records {
		recs = append(recs, exactly(r))
	}
	require.NoError(t, d.Decode(recs, &h.rows))
	return h
}

// exactly gives bytes with no room behind them: reading over the end panics.
func exactly(s string) []byte {
	b := make([]byte, len(s))
	copy(b, s)
	return b[:len(b):len(b)]
}

func TestCoercions(t *testing.T) {
	str, dec := vec.TypeString, vec.DecimalType(10, 2)
	for _, c := range []struct {
		typ  arrow.DataType
		json string
		want string // JSON form; "!" and a part of the message for a row error
	}{
		{vec.TypeInt64, `7`, `7`}, {vec.TypeInt64, `-0`, `0`}, {vec.TypeInt64, `1.0`, `1`}, {vec.TypeInt64, `1e2`, `100`}, {vec.TypeInt64, `120e-1`, `12`},
		{vec.TypeInt64, `12345e-2`, `!12345e-2 does not fit BIGINT`}, {vec.TypeInt64, `1.5`, `!1.5 does not fit BIGINT`},
		{vec.TypeInt64, `9223372036854775807`, `9223372036854775807`}, {vec.TypeInt64, `-9223372036854775808`, `-9223372036854775808`},
		{vec.TypeInt64, `9223372036854775807.0`, `9223372036854775807`}, {vec.TypeInt64, `9223372036854775808`, `!does not fit`}, {vec.TypeInt64, `-9223372036854775809`, `!does not fit`},
		{vec.TypeInt64, `9007199254740993`, `9007199254740993`}, {vec.TypeInt64, `12345678901234567`, `12345678901234567`}, {vec.TypeInt64, `1e400`, `!does not fit`},
		{vec.TypeInt64, `0e99999999999`, `0`}, {vec.TypeInt64, `10e-99999999999`, `!does not fit`}, {vec.TypeInt64, `0.4`, `!does not fit`}, {vec.TypeInt64, `0.5`, `!does not fit`},
		{vec.TypeInt64, `"42"`, `42`}, {vec.TypeInt64, `" -42 "`, `-42`}, {vec.TypeInt64, `"1e2"`, `100`}, {vec.TypeInt64, `"4\u0032"`, `42`}, {vec.TypeInt64, `"1.5"`, `!does not fit`},
		{vec.TypeInt64, `"x"`, `!"x" does not fit BIGINT`}, {vec.TypeInt64, `""`, `!does not fit`}, {vec.TypeInt64, `true`, `!true does not fit`}, {vec.TypeInt64, `{"a":1}`, `!{"a":1} does not fit`},
		{vec.TypeInt64, `[1]`, `![1] does not fit`}, {vec.TypeInt64, `"0x10"`, `!does not fit`}, {vec.TypeInt64, `"1_000"`, `!does not fit`}, {vec.TypeInt64, `null`, `null`},
		{vec.TypeInt8, `127`, `127`}, {vec.TypeInt8, `128`, `!128 does not fit TINYINT`}, {vec.TypeInt16, `-32768`, `-32768`}, {vec.TypeInt16, `32768`, `!SMALLINT`},
		{vec.TypeInt32, `2147483647`, `2147483647`}, {vec.TypeInt32, `2147483648`, `!does not fit INT`}, {vec.TypeInt32, `"5"`, `5`},
		{vec.TypeFloat64, `1`, `1`}, {vec.TypeFloat64, `-0.1`, `-0.1`}, {vec.TypeFloat64, `123.4567`, `123.4567`}, {vec.TypeFloat64, `0.1234567890123`, `0.1234567890123`},
		{vec.TypeFloat64, `9007199254740993`, `9.007199254740992e+15`}, {vec.TypeFloat64, `1e20`, `1e+20`}, {vec.TypeFloat64, `1.7976931348623157e308`, `1.7976931348623157e+308`}, {vec.TypeFloat64, `1e400`, `!does not fit DOUBLE`},
		{vec.TypeFloat64, `1e-400`, `0`}, {vec.TypeFloat64, `"3.5"`, `3.5`}, {vec.TypeFloat64, `"NaN"`, `"NaN"`}, {vec.TypeFloat64, `"-Infinity"`, `"-Infinity"`}, {vec.TypeFloat64, `"abc"`, `!does not fit`},
		{vec.TypeFloat64, `false`, `!does not fit`}, {vec.TypeFloat64, `12345678.12345678`, `12345678.12345678`}, {vec.TypeFloat64, `1234567890.12345678`, `1234567890.1234567`},
		{vec.TypeFloat32, `0.1`, `0.1`}, {vec.TypeFloat32, `1e39`, `!does not fit REAL`}, {vec.TypeFloat32, `"2"`, `2`},
		{vec.TypeBool, `true`, `true`}, {vec.TypeBool, `false`, `false`}, {vec.TypeBool, `"true"`, `!does not fit BOOLEAN`}, {vec.TypeBool, `1`, `!does not fit`}, {vec.TypeBool, `tru`, `!not valid`},
		{str, `"a"`, `"a"`}, {str, `""`, `""`}, {str, `"0123456789abcdef"`, `"0123456789abcdef"`}, {str, `"0123456789abcdefg"`, `"0123456789abcdefg"`}, {str, `"é😀"`, `"é😀"`},
		{str, `"a\"b\\c\/d\b\f\n\r\t\u00e9\ud83d\ude00\u0000"`, `"a\"b\\c/d\b\f\n\r\té😀\u0000"`}, {str, `"0123456789abcde\n"`, `"0123456789abcde\n"`}, {str, `"0123456789abcdef0123456789\\x"`, `"0123456789abcdef0123456789\\x"`},
		{str, `12.50`, `"12.50"`}, {str, `true`, `"true"`}, {str, `{ "a" : [1, "x y"] }`, `"{\"a\":[1,\"x y\"]}"`}, {str, `[]`, `"[]"`},
		{str, `"\ud800"`, `!bad escape`}, {str, "\"a\x01\"", `!control byte 0x01`}, {str, `"\x"`, `!bad escape`}, {str, "\"\xff\"", `!UTF-8`},
		{dec, `12345678.90`, `12345678.90`}, {dec, `1.005`, `1.01`}, {dec, `-1.005`, `-1.01`}, {dec, `1.004999`, `1.00`}, {dec, `"7.1"`, `7.10`}, {dec, `1e3`, `1000.00`}, {dec, `123456789`, `!does not fit DECIMAL(10,2)`},
		{dec, `99999999.99`, `99999999.99`}, {dec, `99999999.995`, `!does not fit`}, {dec, `-0`, `0.00`}, {dec, `"x"`, `!does not fit`}, {dec, `true`, `!does not fit`},
		{vec.DecimalType(38, 10), `1234567890123456789012345678.0123456789`, `1234567890123456789012345678.0123456789`}, {vec.DecimalType(38, 0), `"99999999999999999999999999999999999999"`, `99999999999999999999999999999999999999`},
		{vec.TypeTimestamp, `"2024-02-29T12:34:56.789Z"`, `"2024-02-29T12:34:56.789Z"`}, {vec.TypeTimestamp, `"2024-02-29T12:34:56.789123Z"`, `"2024-02-29T12:34:56.789Z"`},
		{vec.TypeTimestampMicros, `"2024-02-29T12:34:56.789123Z"`, `"2024-02-29T12:34:56.789123Z"`}, {vec.TypeTimestampMicros, `"2024-02-29T12:34:56.789Z"`, `"2024-02-29T12:34:56.789000Z"`}, {vec.TypeTimestamp, `"2024-02-29"`, `"2024-02-29T00:00:00.000Z"`},
		{vec.TypeTimestamp, `"2024-02-29 12:34:56"`, `"2024-02-29T12:34:56.000Z"`}, {vec.TypeTimestamp, `"2024-02-29T12:34:56.789+02:00"`, `"2024-02-29T10:34:56.789Z"`}, {vec.TypeTimestamp, `"2023-02-29T12:34:56.789Z"`, `!does not fit TIMESTAMP`},
		{vec.TypeTimestamp, `"2024-02-29T24:34:56.789Z"`, `!does not fit`}, {vec.TypeTimestamp, `"2024-02-29T12:60:56.789Z"`, `!does not fit`}, {vec.TypeTimestamp, `"2024-02-29T12:34:60.789Z"`, `!does not fit`}, {vec.TypeTimestamp, `"2024-02-29T12:34:5x.789Z"`, `!does not fit`},
		{vec.TypeTimestamp, `"1969-12-31T23:59:59.9999Z"`, `"1969-12-31T23:59:59.999Z"`}, {vec.TypeTimestamp, `1709210096789`, `"2024-02-29T12:34:56.789Z"`}, {vec.TypeTimestamp, `-1`, `"1969-12-31T23:59:59.999Z"`}, {vec.TypeTimestampMicros, `1709210096789`, `"2024-02-29T12:34:56.789000Z"`},
		{vec.TypeTimestamp, `1.709210096789e12`, `"2024-02-29T12:34:56.789Z"`}, {vec.TypeTimestamp, `99999999999999999`, `!does not fit`}, {vec.TypeTimestamp, `"1709210096789"`, `!does not fit`}, {vec.TypeTimestamp, `1.5`, `!does not fit`}, {vec.TypeTimestamp, `true`, `!does not fit`},
		{vec.TypeDate, `"2024-02-29"`, `"2024-02-29"`}, {vec.TypeDate, `19782`, `"2024-02-29"`}, {vec.TypeDate, `"today"`, `!does not fit DATE`}, {vec.TypeDate, `9999999`, `!does not fit`},
		{vec.TypeTime, `"12:34:56.789"`, `"12:34:56.789"`}, {vec.TypeTime, `45296789`, `"12:34:56.789"`}, {vec.TypeTime, `86400000`, `!does not fit TIME`}, {vec.TypeTime, `"25:00"`, `!does not fit`},
		{vec.TypeInterval, `"1 mon 2 days 03:04:05"`, `"1 mon 2 days 03:04:05"`}, {vec.TypeInterval, `5`, `!does not fit INTERVAL`},
		{vec.TypeBinary, `"AQID"`, `"AQID"`}, {vec.TypeBinary, `"AQ=="`, `"AQ=="`}, {vec.TypeBinary, `"AQ"`, `"AQ=="`}, {vec.TypeBinary, `"?"`, `!does not fit BYTES`}, {vec.TypeBinary, `1`, `!does not fit`},
		{arrow.ListOf(vec.TypeInt64), `[1, null ,"3"]`, `[1,null,3]`}, {arrow.ListOf(vec.TypeInt64), `[ ]`, `[]`}, {arrow.ListOf(vec.TypeInt64), `[1,"x"]`, `!c[2]: "x" does not fit BIGINT`}, {arrow.ListOf(vec.TypeInt64), `1`, `!does not fit ARRAY`},
		{arrow.ListOf(vec.TypeInt64), `[1`, `!`}, {arrow.ListOf(arrow.ListOf(str)), `[["a"],[],null]`, `[["a"],[],null]`},
		{arrow.MapOf(str, vec.TypeInt64), `{"a":1, "b" : null}`, `{"a":1,"b":null}`}, {arrow.MapOf(str, vec.TypeInt64), `{}`, `{}`}, {arrow.MapOf(str, vec.TypeInt64), `{"a":1,"b":2,"a":3}`, `{"b":2,"a":3}`},
		{arrow.MapOf(str, arrow.MapOf(str, str)), `{"a":{"x":"1","x":"2"},"b":{"x":"3"},"\u0061":{"y":"4"}}`, `{"b":{"x":"3"},"a":{"y":"4"}}`}, {arrow.MapOf(vec.TypeInt64, str), `{"1":"a"}`, `{"1":"a"}`}, {arrow.MapOf(vec.TypeInt64, str), `{"x":"a"}`, `!c.key: "x" does not fit BIGINT`},
		{arrow.MapOf(str, vec.TypeInt64), `{"a":"x"}`, `!c.value: "x"`}, {arrow.MapOf(str, vec.TypeInt64), `[]`, `!does not fit MAP`},
		{arrow.StructOf(col("x", vec.TypeInt64), col("Y", str)), `{"y":"b","X":"1","z":[]}`, `{"x":1,"Y":"b"}`}, {arrow.StructOf(col("x", vec.TypeInt64)), `{}`, `{"x":null}`}, {arrow.StructOf(col("x", vec.TypeInt64)), `{"x":1,"x":2}`, `{"x":2}`},
		{arrow.StructOf(col("x", vec.TypeInt64)), `{"x":{}}`, `!c.x: {} does not fit BIGINT`}, {arrow.StructOf(col("x", vec.TypeInt64)), `5`, `!does not fit STRUCT`},
	} {
		for _, around := range []string{`{"c":%s}`, `{"a":"before", "c" : %s , "z":0}`, " {\n\t\"c\":%s\r\n}\t"} {
			rec := fmt.Sprintf(around, c.json)
			want := []arrow.Field{col("c", c.typ)}
			h := decode(t, nil, want, `{}`, rec, `{"c":null}`)
			if !strings.HasPrefix(c.want, "!") {
				require.Empty(t, h.errors, rec)
				require.Equal(t, []string{"null", c.want, "null"}, h.lines(), rec)
				require.Equal(t, []int32{0, 1, 2}, h.rows.Kept)
				continue
			}
			require.Len(t, h.errors, 1, rec)
			require.Contains(t, h.errors[0], c.want[1:], rec)
			require.Equal(t, []string{"null", "null"}, h.lines(), rec)
			require.Equal(t, []int32{0, 2}, h.rows.Kept)
		}
	}
}

func TestBadRecordsLeaveTheirNeighboursAlone(t *testing.T) {
	want := []arrow.Field{
		col("id", vec.TypeInt64), col("s", vec.TypeString), col("l", arrow.ListOf(arrow.StructOf(col("a", vec.TypeString)))),
		col("m", arrow.MapOf(vec.TypeString, vec.TypeString)), {Name: "must", Type: vec.TypeInt64},
	}
	good := func(i int) string {
		return fmt.Sprintf(`{"id":%d,"s":"text%d","l":[{"a":"x%d"},null],"m":{"k":"v%d"},"must":%d}`, i, i, i, i, i)
	}
	row := func(i int) string {
		return fmt.Sprintf(`%d|"text%d"|[{"a":"x%d"},null]|{"k":"v%d"}|%d`, i, i, i, i, i)
	}
	bad := []struct{ record, err string }{
		{``, "record is no JSON object"}, {` `, "record is no JSON object"}, {`[]`, "record is no JSON object"}, {`5`, "record is no JSON object"}, {`null`, "record is no JSON object"}, {`"x"`, "no JSON object"},
		{`nonsense`, "not valid JSON either"}, {`{`, "ends too early"}, {good(0)[:30], "ends too early"}, {good(0) + `}`, "something follows the object"}, {good(0) + good(1), "something follows"},
		{`{"id":1,"s":"a","must":null}`, "must: NULL in a column declared NOT NULL"}, {`{"id":1,"s":"a"}`, "must: NULL in a column declared NOT NULL"},
		{`{"id":1,"l":[{"a":"y"},{"a":"z"},5],"must":1}`, `l[3]: 5 does not fit STRUCT`}, {`{"l":[{"a":"y"},{"a":"z"`, "ends too early"}, {`{"m":{"a":"b","c":`, "ends too early"},
		{`{"id":1,"id":2,"s":1,,}`, `unexpected ','`}, {`{"id":1,}`, `unexpected '}'`}, {`{"id":1;"s":2}`, `unexpected ';'`}, {`{"id" 1}`, `unexpected '1'`}, {`{id:1}`, `unexpected 'i'`}, {`{"id":01}`, `unexpected '1'`},
		{`{"id":1,"other":{"a":[1,2,{"b":nul}]},"must":1}`, `unexpected '}'`}, {"{\"id\":1,\"other\":\"\xc3\x28\",\"must\":1}", "UTF-8"}, {`{"id":.5}`, `unexpected '.'`}, {`{"id":1 2}`, `unexpected '2'`},
		{`{"id":99999999999999999999,"must":1}`, `id: 99999999999999999999 does not fit BIGINT`}, {`{"must":1,"x":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`, "nests deeper than 1000"},
	}
	var records, rows, errs []string
	for i, b := range bad {
		records = append(records, good(i), b.record)
		rows = append(rows, row(i))
	}
	h := decode(t, nil, want, append(records, good(99))...)
	require.Equal(t, append(rows, row(99)), h.lines())
	for i, e := range h.errors {
		require.Contains(t, e, bad[i].err)
		require.True(t, strings.HasPrefix(e, fmt.Sprint(2*i+1, " ")), e)
		errs = append(errs, e)
	}
	require.Len(t, errs, len(bad))
}

func TestNames(t *testing.T) {
	declared := []arrow.Field{col("Price", vec.TypeInt64), col("PRICE", vec.TypeInt64), col("qty", vec.TypeInt64), col("other", vec.TypeInt64), col("stück", vec.TypeInt64)}
	want := []arrow.Field{declared[0], declared[2], declared[4]}
	for _, c := range []struct {
		rec, row string
		unknown  int64
	}{
		{`{"Price":1,"PRICE":2,"qty":3}`, `1|3|null`, 0},
		{`{"price":1,"QTY":3}`, `null|3|null`, 1}, // price fits two columns
		{`{"Qty":1,"qty":2}`, `null|2|null`, 0},
		{`{"qty":2,"Qty":1}`, `null|2|null`, 0},
		{`{"qty":2,"Qty":1,"x":{"y":[1,{}]},"qty":3}`, `null|3|null`, 1},
		{`{"Qty":1,"QTY":2}`, `null|2|null`, 0},
		{`{"q\u0074y":2,"STÜCK":4}`, `null|2|4`, 0},
		{`{"qty":2,"qty":null}`, `null|null|null`, 0},
		{`{"qty":null,"qty":5,"other":7,"nope":1,"":2}`, `null|5|null`, 2},
		{`{"qty":"bad","x":[1],"qty":5}`, `null|5|null`, 1}, {`{"Qty":[[]],"qty":5,"stück":{}, "STÜCK":2,"stück":1}`, `null|5|1`, 0},
		{`{}`, `null|null|null`, 0}, {` { } `, `null|null|null`, 0},
	} {
		h := decode(t, declared, want, c.rec)
		require.Empty(t, h.errors, c.rec)
		require.Equal(t, []string{c.row}, h.lines(), c.rec)
		require.Equal(t, c.unknown, h.rows.Unknown, c.rec)
	}
}

func TestPrunedStructs(t *testing.T) {
	inner := arrow.StructOf(col("a", vec.TypeInt64), col("A", vec.TypeInt64), col("b", vec.TypeString))
	declared := []arrow.Field{col("s", inner), col("l", arrow.ListOf(inner)), col("m", arrow.MapOf(vec.TypeString, inner))}
	pruned := arrow.StructOf(col("A", vec.TypeInt64))
	want := []arrow.Field{col("l", arrow.ListOf(pruned)), col("s", pruned), col("m", arrow.MapOf(vec.TypeString, pruned))}
	h := decode(t, declared, want, `{"s":{"a":1,"A":2,"b":{"deep":[1]}},"l":[{"A":3,"a":4},{"a":5}],"m":{"k":{"a":6,"A":7,"c":8}}}`, `{"s":null}`)
	require.Empty(t, h.errors)
	require.Equal(t, []string{`[{"A":3},{"A":null}]|{"A":2}|{"k":{"A":7}}`, `null|null|null`}, h.lines())
	require.Equal(t, int64(1), h.rows.Unknown)

	h = decode(t, declared, nil, `{"s":1}`, `{"s":`)
	require.Equal(t, 1, h.rows.N)
	require.Len(t, h.errors, 1)
}

func TestManyMapKeysRepeat(t *testing.T) {
	var sb strings.Builder
	for i := range 100 {
		fmt.Fprintf(&sb, `,"k%d":%d`, i%60, i)
	}
	h := decode(t, nil, []arrow.Field{col("m", arrow.MapOf(vec.TypeString, vec.TypeInt64))}, `{"m":{`+sb.String()[1:]+`}}`)
	got := h.lines()[0]
	require.Equal(t, 60, strings.Count(got, ":"))
	require.Contains(t, got, `"k0":60`)
	require.Contains(t, got, `"k39":99`)
	require.Contains(t, got, `"k40":40`)
}

func TestRefusedSchemas(t *testing.T) {
	_, err := NewDecoder(nil, []arrow.Field{col("m", arrow.MapOf(arrow.ListOf(vec.TypeInt64), vec.TypeInt64))})
	require.ErrorContains(t, err, `column "m": the key of a MAP`)
	_, err = NewDecoder(nil, []arrow.Field{col("a", vec.TypeInt64), col("a", vec.TypeInt64)})
	require.ErrorContains(t, err, "wanted twice")
}

func TestBadEndsTheBatch(t *testing.T) {
	h := newHarness(t, []arrow.Field{col("a", vec.TypeInt64)})
	stop := fmt.Errorf("stop")
	h.rows.Bad = func(int, string, error) error { return stop }
	d, err := NewDecoder(nil, []arrow.Field{col("a", vec.TypeInt64)})
	require.NoError(t, err)
	require.ErrorIs(t, d.Decode([][]byte{[]byte(`{"a":1}`), []byte(`x`), []byte(`{"a":2}`)}, &h.rows), stop)
}

func TestDecodeAllocatesNothing(t *testing.T) {
	recs := trades(64, 3)
	recs = append(recs, []byte(`{"trade_id":"5","symbol":"a\nb","price":1e5,"quantity":null,"event_time":1,"zzz":[{}],"s\u0069de":"x"}`))
	h := newHarness(t, tradeFields)
	d, err := NewDecoder(nil, tradeFields)
	require.NoError(t, err)
	run := func() {
		for _, b := range h.rows.Cols {
			b.Truncate(0)
		}
		h.rows.N, h.rows.Kept = 0, h.rows.Kept[:0]
		require.NoError(t, d.Decode(recs, &h.rows))
	}
	run()
	require.Zero(t, testing.AllocsPerRun(10, run))
	require.Empty(t, h.errors)
}

func TestUsualTimesTakeTheFastPath(t *testing.T) {
	d, err := NewDecoder(nil, nil)
	require.NoError(t, err)
	for _, s := range []string{"2024-02-29T12:34:56.789Z", "2024-02-29T23:59:59.999Z", "0001-01-01T00:00:00.000Z", "9999-12-31T19:08:07.010Z", "1969-12-31T23:59:59.999Z"} {
		ms, ok := d.iso(asValue(`"` + s + `"`))
		require.True(t, ok, s)
		want, ok := text.ParseTimestamp([]byte(s))
		require.True(t, ok)
		require.Equal(t, want, ms*1000, s)
		for i := range len(s) { // any other byte anywhere: slow path or the same answer
			for c := range 256 {
				b := asValue(`"` + s + `"`)
				b[i+1] = byte(c)
				got, ok := d.iso(b)
				want, wantOK := text.ParseTimestamp(b[1:25])
				if ok && (!wantOK || got*1000 != want) {
					t.Fatalf("%s: %d, want %d %v", b, got, want, wantOK)
				}
			}
		}
	}
}

func asValue(s string) *value {
	t := &value{}
	copy(t[:], s)
	return t
}
