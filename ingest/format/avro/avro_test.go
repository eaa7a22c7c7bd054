package avro

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"
	lib "github.com/twmb/avro"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/ingesttest"
)

func TestConformance(t *testing.T) {
	fields := append(ingesttest.Scalars(),
		arrow.Field{Name: "list", Type: arrow.ListOf(vec.TypeInt64), Nullable: true},
		arrow.Field{Name: "map", Type: arrow.MapOf(vec.TypeString, vec.TypeFloat64), Nullable: true},
		arrow.Field{Name: "struct", Type: arrow.StructOf(arrow.Field{Name: "a", Type: vec.TypeString, Nullable: true}, arrow.Field{Name: "b", Type: vec.TypeDate, Nullable: true}), Nullable: true})
	n, err := derive(fields)
	require.NoError(t, err)
	_, err = lib.Parse(spelled(n))
	require.NoError(t, err)
	again, err := parseSchema(spelled(n))
	require.NoError(t, err)
	require.Equal(t, spelled(n), spelled(again))
	ingesttest.Format(t, Format(), map[string]string{"schema": spelled(n)}, fields, func(cols []*vec.Builder, i int) {
		ingesttest.Fill(cols, i)
		list, m, s := cols[len(fields)-3], cols[len(fields)-2], cols[len(fields)-1]
		for k := range i % 4 {
			list.Children[0].Int64(int64(k - i))
			m.Children[0].String(fmt.Sprint("k", k))
			m.Children[1].Null()
		}
		if list.EndList(); i%5 == 0 {
			m.Truncate(m.N)
			m.Null()
			s.Null()
			return
		}
		m.EndList()
		s.Children[0].String("x")
		s.Children[1].Null()
		s.EndStruct()
	})
}

// decoded reads records with a schema, and gives each row as JSON and what was bad.
func decoded(t testing.TB, schema string, declared *arrow.Schema, want []arrow.Field, records ...[]byte) (rows, bad []string) {
	t.Helper()
	if want == nil {
		s, err := Format().ReadSchema(ingest.NewProps(), schema)
		require.NoError(t, err)
		want = s.Fields()
	}
	d, err := Format().NewDecoder(ingest.PropsOf(map[string]string{"schema": schema}), declared, want)
	require.NoError(t, err)
	pool := vec.NewPool(nil, true)
	defer pool.Close()
	sc := pool.Open()
	defer sc.Close()
	out := &ingest.Rows{Bad: func(i int, f string, cause error) error {
		bad = append(bad, fmt.Sprintf("%d %s: %v", i, f, cause))
		return nil
	}}
	for _, f := range want {
		out.Cols = append(out.Cols, vec.NewBuilder(sc, f.Type, 1))
	}
	require.NoError(t, d.Decode(records, out))
	return lines(t, want, out), bad
}

func lines(t testing.TB, fields []arrow.Field, out *ingest.Rows) (rows []string) {
	var views []*vec.Vec
	for _, b := range out.Cols {
		require.Equal(t, out.N, b.N)
		views = append(views, b.Finish())
	}
	for r := range out.N {
		var line []byte
		for c := range fields {
			line = append(text.AppendJSON(line, views[c], r, false), ' ')
		}
		rows = append(rows, strings.TrimSuffix(string(line), " "))
	}
	return rows
}

func rec(fields string) string { return `{"type":"record","name":"r","fields":[` + fields + `]}` }

func TestTypes(t *testing.T) {
	for _, c := range []struct{ typ, sql, in, want string }{
		{`"null"`, "STRING", "", "null"},
		{`"boolean"`, "BOOLEAN", "\x01", "true"},
		{`"int"`, "INT", "\x03", "-2"},
		{`"long"`, "BIGINT", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "-9223372036854775808"},
		{`"float"`, "REAL", "\x00\x00\xc0\x3f", "1.5"},
		{`"double"`, "DOUBLE", "\x00\x00\x00\x00\x00\x00\xf8\x7f", `"NaN"`},
		{`"bytes"`, "BYTES", "\x04\x00\xff", `"AP8="`},
		{`"string"`, "STRING", "\x06a\xc3\xa9", `"aé"`},
		{`{"type":"enum","name":"e","symbols":["A","B"]}`, "STRING", "\x02", `"B"`},
		{`{"type":"fixed","name":"f","size":2}`, "BYTES", "\x00\x01", `"AAE="`},
		{`{"type":"bytes","logicalType":"decimal","precision":5,"scale":2}`, "DECIMAL(5,2)", "\x02\x85", "-1.23"},
		{`{"type":"fixed","name":"d","size":20,"logicalType":"decimal","precision":38,"scale":0}`, "DECIMAL(38,0)", strings.Repeat("\xff", 20), "-1"},
		{`{"type":"int","logicalType":"date"}`, "DATE", "\x01", `"1969-12-31"`},
		{`{"type":"int","logicalType":"time-millis"}`, "TIME", "\x02", `"00:00:00.001"`},
		{`{"type":"long","logicalType":"time-micros"}`, "TIME", "\x02", `"00:00:00.000001"`},
		{`{"type":"long","logicalType":"timestamp-millis"}`, "TIMESTAMP", "\x01", `"1969-12-31T23:59:59.999Z"`},
		{`{"type":"long","logicalType":"timestamp-micros"}`, "TIMESTAMP", "\x01", `"1969-12-31T23:59:59.999999Z"`},
		{`{"type":"long","logicalType":"timestamp-nanos"}`, "TIMESTAMP", "\x01", `"1969-12-31T23:59:59.999999Z"`},
		{`{"type":"long","logicalType":"local-timestamp-millis"}`, "TIMESTAMP", "\x00", `"1970-01-01T00:00:00.000Z"`},
		{`{"type":"string","logicalType":"uuid"}`, "STRING", "\x02x", `"x"`},
		{`{"type":"fixed","name":"u","size":16,"logicalType":"uuid"}`, "STRING", "0123456789abcdef", `"30313233-3435-3637-3839-616263646566"`},
		{`{"type":"fixed","name":"i","size":12,"logicalType":"duration"}`, "INTERVAL", "\x01\x00\x00\x00\x02\x00\x00\x00\xe8\x03\x00\x00", `"1 mon 2 days 00:00:01"`},
		{`{"type":"int","logicalType":"decimal","precision":3}`, "INT", "\x02", "1"}, // does not fit: ignored
		{`{"type":"array","items":"int"}`, "ARRAY", "\x02\x04\x03\x04\x02\x06\x00", "[2,1,3]"},
		{`{"type":"map","values":"int"}`, "MAP", "\x06\x02a\x02\x02b\x04\x02a\x06\x00", `{"b":2,"a":3}`},
		{`["null","int"]`, "INT", "\x00", "null"},
		{`["int","null"]`, "INT", "\x00\x04", "2"},
		{`["int"]`, "INT", "\x00\x04", "2"},
		{`["null","int","string"]`, "STRUCT", "\x04\x02x", `{"int":null,"string":"x"}`},
		{`["null","int","string"]`, "STRUCT", "\x00", `null`},
		{rec(`{"name":"a","type":"int"},{"name":"b","type":"string"}`), "STRUCT", "\x02\x02x", `{"a":1,"b":"x"}`},
	} {
		n, err := parseSchema(rec(`{"name":"v","type":` + strings.Replace(c.typ, `"name":"r"`, `"name":"q"`, 1) + `}`))
		require.NoError(t, err, c.typ)
		require.Equal(t, c.sql, sqlName(columnsOf(n)[0].Type), c.typ)
		// As one field of a record, skipped as another, and as a bare value.
		schema := rec(`{"name":"s","type":` + strings.Replace(c.typ, `"name":"r"`, `"name":"q"`, 1) + `},{"name":"v","type":"int"}`)
		rows, bad := decoded(t, schema, nil, nil, []byte(c.in+"\x04"))
		require.Equal(t, []string{c.want + " 2"}, rows, c.typ)
		require.Empty(t, bad)
		rows, bad = decoded(t, schema, nil, []arrow.Field{{Name: "v", Type: vec.TypeInt32, Nullable: true}}, []byte(c.in+"\x04"))
		require.Equal(t, []string{"2"}, rows, c.typ)
		require.Empty(t, bad)
		if c.in != "" && !strings.Contains(c.typ, `"r"`) {
			rows, _ = decoded(t, c.typ, nil, nil, []byte(c.in))
			require.Equal(t, []string{c.want}, rows, c.typ)
		}
		for cut := range len(c.in) { // every shorter record is an error, not another value
			rows, bad := decoded(t, schema, nil, nil, []byte(c.in[:cut]))
			require.Empty(t, rows, "%s cut at %d", c.typ, cut)
			require.Len(t, bad, 1)
		}
	}
}

func TestBadRecords(t *testing.T) {
	for _, c := range []struct{ typ, in, want string }{
		{`"int"`, "\x80\x80\x80\x80\x20", "v: out of range"},
		{`"long"`, strings.Repeat("\x80", 10) + "\x00", "more than 64 bits"},
		{`"boolean"`, "\x02", "neither 0 nor 1"},
		{`"string"`, "\x01", "negative"},
		{`"string"`, "\x02\xff", "UTF-8"},
		{`"string"`, "", "no bytes"},
		{`"int"`, "\x02\x02", "1 bytes follow"},
		{`{"type":"enum","name":"e","symbols":["A"]}`, "\x02", "symbol"},
		{`["null","int"]`, "\x04", "union"},
		{`["null","int"]`, "\x01", "union"},
		{`{"type":"array","items":"int"}`, "\x02", "ends within"},
		{`{"type":"array","items":"int"}`, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "negative"},
		{`{"type":"array","items":"int"}`, "\x01\x06\x02\x00", "not as long"},
		{`{"type":"array","items":"int"}`, "\x01\x04\x02\x00", "not as long"},
		{`{"type":"array","items":"int"}`, "\x01\x01\x02\x00", "not as long"},
		{`{"type":"map","values":"int"}`, "\x01\x08\x02a\x02\x00", "not as long"},
		{`{"type":"array","items":"null"}`, "\x80\x80\x80\x80\x02\x00", "elements without any bytes"},
		{`{"type":"bytes","logicalType":"decimal","precision":2,"scale":0}`, "\x02\x64", "more digits"},
		{`{"type":"bytes","logicalType":"decimal","precision":2,"scale":0}`, "\x00", "no bytes"},
		{`{"type":"int","logicalType":"date"}`, "\xfe\xff\xff\xff\x0f", "out of range"},
		{`{"type":"int","logicalType":"time-millis"}`, "\x01", "out of range"},
		{`{"type":"long","logicalType":"timestamp-millis"}`, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", "out of range"},
		{`{"type":"long","logicalType":"timestamp-micros"}`, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", "out of range"},
		{`"int"`, "\x00\x00\x00\x00\x07\x02", "schema registry"},
		{`"int"`, "\xc3\x01abcdefgh\x02", "single-object"},
	} {
		rows, bad := decoded(t, rec(`{"name":"v","type":`+c.typ+`}`), nil, nil, []byte("\x02")[:0], []byte(c.in))
		require.LessOrEqual(t, len(rows), 1)
		require.NotEmpty(t, bad, c.typ)
		require.Contains(t, bad[len(bad)-1], c.want, "%s %q", c.typ, c.in)
		require.Contains(t, bad[len(bad)-1], "1 ", "the second record")
	}
}

func TestSingleObject(t *testing.T) {
	schema := rec(`{"name":"v","type":"int"}`)
	b, err := lib.MustParse(schema).AppendSingleObject(nil, map[string]any{"v": 5})
	require.NoError(t, err)
	rows, bad := decoded(t, schema, nil, nil, b, []byte("\x02"))
	require.Equal(t, []string{"5", "1"}, rows)
	require.Empty(t, bad)
}

func TestFingerprint(t *testing.T) {
	for _, s := range []string{`"int"`, `{"type":"long","logicalType":"timestamp-millis"}`, big,
		`{"type":"record","name":"R","namespace":"a.b","doc":"x","fields":[{"name":"f","type":{"type":"fixed","name":"F","size":3}},{"name":"g","type":["null","F"],"default":null}]}`} {
		n, err := parseSchema(s)
		require.NoError(t, err)
		require.Equal(t, string(lib.MustParse(s).Canonical()), string(canonical(n)))
		h := objectHeader(n)
		slices.Reverse(h[2:]) // the library's is big-endian
		require.Equal(t, lib.MustParse(s).Fingerprint(lib.NewRabin()), h[2:])
	}
}

func TestDeclared(t *testing.T) {
	schema := rec(`{"name":"A","type":"int"},{"name":"b","type":"long"},{"name":"c","type":["null","long"]},{"name":"d","type":{"type":"bytes","logicalType":"decimal","precision":40,"scale":2}}`)
	in := []byte("\x02\x80\x10\x00\x02\x05")
	declared := arrow.NewSchema([]arrow.Field{{Name: "a", Type: vec.TypeFloat64, Nullable: true}, {Name: "b", Type: vec.TypeInt8, Nullable: true},
		{Name: "c", Type: vec.TypeTimestamp}, {Name: "none", Type: vec.TypeString, Nullable: true}}, nil)
	f := declared.Fields()
	rows, bad := decoded(t, schema, declared, []arrow.Field{f[0], f[3]}, in)
	require.Equal(t, []string{"1 null"}, rows)
	require.Empty(t, bad)
	_, bad = decoded(t, schema, declared, f[1:2], in)
	require.Equal(t, []string{"0 b: out of range"}, bad)
	_, bad = decoded(t, schema, declared, f[2:3], in)
	require.Equal(t, []string{"0 c: NULL in a column declared NOT NULL"}, bad)

	p := ingest.PropsOf(map[string]string{"schema": schema})
	for _, c := range []struct {
		f    arrow.Field
		want string
	}{
		{arrow.Field{Name: "b", Type: vec.TypeString}, `column "b": the Avro schema has BIGINT, and STRING is wanted`},
		{arrow.Field{Name: "d", Type: vec.DecimalType(38, 2)}, `column "d" is a decimal of 40 digits`},
	} {
		_, err := Format().NewDecoder(p, nil, []arrow.Field{c.f})
		require.ErrorIs(t, err, ingest.ErrUsage)
		require.ErrorContains(t, err, c.want)
	}
	_, err := Format().NewDecoder(ingest.NewProps(), nil, nil)
	require.ErrorContains(t, err, "schema.file")
}

func TestBadSchemas(t *testing.T) {
	deep := strings.Repeat(`{"type":"array","items":`, 200) + `"int"` + strings.Repeat("}", 200)
	bomb := `{"type":"record","name":"r0","fields":[{"name":"a","type":"int"}]}`
	for i := 1; i < 30; i++ {
		bomb = fmt.Sprintf(`{"type":"record","name":"r%d","fields":[{"name":"a","type":%s},{"name":"b","type":"r%d"}]}`, i, bomb, i-1)
	}
	for _, c := range []struct{ schema, want string }{
		{`{`, "no JSON"}, {`"int" 1`, "followed by"}, {`"intt"`, "unknown type"}, {`1`, "a type is"}, {`{}`, `no "type"`}, {`[]`, "no types"},
		{`["int",["null"]]`, "directly"}, {`["int","int"]`, "twice"}, {deep, "100 deep"}, {bomb, "100000 types"},
		{rec(`{"name":"n","type":["null","r"]}`), "contains itself"}, {`{"type":"record","name":"1"}`, "has the name"}, {`{"type":"record","name":"r"}`, "no list of fields"},
		{rec(`1`), "no object"}, {rec(`{"name":"a b","type":"int"}`), "has the name"}, {rec(`{"name":"a","type":"int"},{"name":"a","type":"int"}`), "twice"},
		{rec(`{"name":"a"}`), "has no type"}, {rec(`{"name":"a","type":"long","logicalType":"timestamp-millis"}`), "beside the type"},
		{`{"type":"enum","name":"e"}`, "no symbols"}, {`{"type":"enum","name":"e","symbols":["a","a"]}`, "twice"},
		{`{"type":"fixed","name":"f"}`, "size"}, {`{"type":"array"}`, `"items"`}, {`{"type":"map"}`, `"values"`},
		{rec(`{"name":"a","type":{"type":"fixed","name":"r","size":1}}`), "defined twice"},
	} {
		_, err := parseSchema(c.schema)
		require.ErrorContains(t, err, c.want, c.schema)
	}
}

func TestEncoderRefuses(t *testing.T) {
	field := func(name string, t arrow.DataType) []arrow.Field {
		return []arrow.Field{{Name: name, Type: t, Nullable: true}}
	}
	for _, c := range []struct {
		schema string
		fields []arrow.Field
		want   string
	}{
		{"", field("a b", vec.TypeInt64), "name it with AS"},
		{"", field("m", arrow.MapOf(vec.TypeInt64, vec.TypeInt64)), "are STRING, not BIGINT"},
		{rec(`{"name":"a","type":"int"}`), field("a", vec.TypeFloat64), `column "a" is DOUBLE, and the Avro schema wants INT`},
		{rec(`{"name":"a","type":"int"}`), field("b", vec.TypeInt32), "may not be null"},
		{rec(``), field("b", vec.TypeInt32), "no field of the Avro schema"},
		{rec(`{"name":"t","type":{"type":"long","logicalType":"timestamp-millis"}}`), field("t", vec.TypeTimestampMicros), "CAST it"},
	} {
		p := ingest.NewProps()
		if c.schema != "" {
			p.Set("schema", c.schema, "")
		}
		_, err := Format().NewEncoder(p, ingest.Output{Fields: c.fields, Key: -1, Headers: -1, Time: -1, Deleted: -1})
		require.ErrorIs(t, err, ingest.ErrUsage)
		require.ErrorContains(t, err, c.want)
	}
}

// encoded writes rows that fill makes with a schema.
func encoded(t *testing.T, schema string, fields []arrow.Field, fill func([]*vec.Builder)) ([]byte, error) {
	n, err := parseSchema(schema)
	require.NoError(t, err)
	e, err := newEncoder(n, fields)
	require.NoError(t, err)
	pool := vec.NewPool(nil, true)
	defer pool.Close()
	sc := pool.Open()
	defer sc.Close()
	var cols []*vec.Builder
	for _, f := range fields {
		cols = append(cols, vec.NewBuilder(sc, f.Type, 1))
	}
	fill(cols)
	b := &arrowexec.Batch{N: cols[0].N}
	for _, c := range cols {
		b.Cols = append(b.Cols, c.Finish())
	}
	out, _, err := e.Encode(nil, nil, b)
	return out, err
}

func TestEncodeValues(t *testing.T) {
	enum := `{"type":"enum","name":"e","symbols":["A","B"]}`
	fixed := `{"type":"fixed","name":"f","size":2}`
	uuid := `{"type":"fixed","name":"u","size":16,"logicalType":"uuid"}`
	dec := `{"type":"fixed","name":"d","size":3,"logicalType":"decimal","precision":6,"scale":2}`
	for _, c := range []struct {
		typ  string
		t    arrow.DataType
		fill func(*vec.Builder)
		want string // bytes, or the error if it begins with !
	}{
		{`"int"`, vec.TypeInt64, func(b *vec.Builder) { b.Int64(-1 << 31) }, "\xff\xff\xff\xff\x0f"},
		{`"int"`, vec.TypeInt64, func(b *vec.Builder) { b.Int64(1 << 31) }, "!beyond the int"},
		{enum, vec.TypeString, func(b *vec.Builder) { b.String("B") }, "\x02"},
		{enum, vec.TypeString, func(b *vec.Builder) { b.String("C") }, "!no symbol"},
		{fixed, vec.TypeBinary, func(b *vec.Builder) { b.String("ab") }, "ab"},
		{fixed, vec.TypeBinary, func(b *vec.Builder) { b.String("a") }, "!1 bytes"},
		{uuid, vec.TypeString, func(b *vec.Builder) { b.String("30313233-3435-3637-3839-616263646566") }, "0123456789abcdef"},
		{uuid, vec.TypeString, func(b *vec.Builder) { b.String("x") }, "!no UUID"},
		{dec, vec.DecimalType(5, 2), func(b *vec.Builder) { x, _ := text.ParseDecimal([]byte("-1.23"), 5, 2); b.Decimal(x) }, "\xff\xff\x85"},
		{`["string","null"]`, vec.TypeString, func(b *vec.Builder) { b.Null() }, "\x02"},
		{`"string"`, vec.TypeString, func(b *vec.Builder) { b.Null() }, "!no null"},
		{`{"type":"int","logicalType":"time-millis"}`, vec.TypeTime, func(b *vec.Builder) { b.Int64(1000) }, "\x02"},
		{`{"type":"int","logicalType":"time-millis"}`, vec.TypeTime, func(b *vec.Builder) { b.Int64(1001) }, "!finer"},
		{`{"type":"long","logicalType":"timestamp-nanos"}`, vec.TypeTimestampMicros, func(b *vec.Builder) { b.Int64(1) }, "\xd0\x0f"},
		{`{"type":"long","logicalType":"timestamp-nanos"}`, vec.TypeTimestamp, func(b *vec.Builder) { b.Int64(1 << 60) }, "!too far"},
		{`{"type":"fixed","name":"i","size":12,"logicalType":"duration"}`, vec.TypeInterval, func(b *vec.Builder) { vec.Append(b, arrow.MonthDayNanoInterval{Months: -1}) }, "!negative"},
		{`"string"`, vec.TypeInterval, func(b *vec.Builder) { vec.Append(b, arrow.MonthDayNanoInterval{Days: 2}) }, "\x0c2 days"},
		{`["null","long","string"]`, arrow.StructOf(arrow.Field{Name: "long", Type: vec.TypeInt64}, arrow.Field{Name: "string", Type: vec.TypeString}), func(b *vec.Builder) {
			b.Children[0].Null()
			b.Children[1].String("x")
			b.EndStruct()
		}, "\x04\x02x"},
		{`["null","long","string"]`, arrow.StructOf(arrow.Field{Name: "long", Type: vec.TypeInt64}, arrow.Field{Name: "string", Type: vec.TypeString}), func(b *vec.Builder) {
			b.Children[0].Int64(1)
			b.Children[1].String("x")
			b.EndStruct()
		}, "!both have a value"},
	} {
		out, err := encoded(t, rec(`{"name":"v","type":`+c.typ+`}`), []arrow.Field{{Name: "v", Type: c.t, Nullable: true}}, func(cols []*vec.Builder) { c.fill(cols[0]) })
		if want, bad := strings.CutPrefix(c.want, "!"); bad {
			require.ErrorContains(t, err, want, c.typ)
			continue
		}
		require.NoError(t, err, c.typ)
		require.Equal(t, c.want, string(out), c.typ)
	}
}

func TestDecodeAllocatesNothing(t *testing.T) {
	s, err := readSchema(ingest.NewProps(), big)
	require.NoError(t, err)
	n, err := parseSchema(big)
	require.NoError(t, err)
	d, err := newDecoder(n, s, s.Fields())
	require.NoError(t, err)
	var records [][]byte
	for seed := range 200 {
		b, err := lib.MustParse(big).Encode(randomValue(uint64(seed)), lib.TaggedUnions())
		require.NoError(t, err)
		records = append(records, b)
	}
	pool := vec.NewPool(nil, false)
	defer pool.Close()
	rows := &ingest.Rows{Bad: func(int, string, error) error { return nil }, Kept: make([]int32, 0, len(records))}
	for _, f := range s.Fields() {
		rows.Cols = append(rows.Cols, &vec.Builder{Type: f.Type})
	}
	batch := func() {
		sc := pool.Open()
		for i, f := range s.Fields() {
			rows.Cols[i].Init(sc, f.Type, len(records))
		}
		rows.N, rows.Kept = 0, rows.Kept[:0]
		require.NoError(t, d.Decode(records, rows))
		sc.Close()
	}
	batch()
	require.Equal(t, len(records), rows.N)
	require.Less(t, testing.AllocsPerRun(5, batch), 0.5*float64(len(records)), "a batch allocates headers of nested builders, a record nothing")
}
