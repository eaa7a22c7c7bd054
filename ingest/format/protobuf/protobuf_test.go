package protobuf

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

const big = `syntax = "proto3";
package x.y;
import "google/protobuf/timestamp.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/wrappers.proto";
enum Color { RED = 0; GREEN = 1; BLUE = -5; }
message Big {
  message In { string s = 1; repeated sint32 n = 2; optional Color c = 3; }
  bool b = 1; int32 i32 = 2; sint32 s32 = 3; sfixed32 sf32 = 4; uint32 u32 = 5; fixed32 f32 = 6;
  int64 i64 = 7; sint64 s64 = 8; sfixed64 sf64 = 9; uint64 u64 = 10; fixed64 f64 = 11;
  float fl = 12; double d = 13; string s = 14; bytes y = 15; Color c = 16;
  optional int32 oi = 17; optional string os = 18;
  In in = 19; repeated In ins = 20; repeated int64 packed = 21; repeated int64 loose = 22 [packed = false]; repeated string rs = 23;
  map<string, int64> m = 24; map<int32, In> mi = 25;
  oneof one { int32 a = 26; string z = 27; In n = 300; }
  google.protobuf.Timestamp ts = 28; google.protobuf.Duration du = 29; google.protobuf.Int64Value w = 30; google.protobuf.StringValue ws = 31;
}`

func props(schema string, kv ...string) ingest.Props {
	p := ingest.PropsOf(map[string]string{"schema": schema})
	for i := 0; i < len(kv); i += 2 {
		p.Set(kv[i], kv[i+1], "")
	}
	return p
}

// decoded reads records, and gives each row as JSON and what was bad.
func decoded(t testing.TB, p ingest.Props, want []arrow.Field, records ...[]byte) (rows, bad []string, unknown int64) {
	t.Helper()
	if want == nil {
		text, _ := p.Get("schema")
		s, err := Format().ReadSchema(p, text)
		require.NoError(t, err)
		want = s.Fields()
	}
	d, err := Format().NewDecoder(p, nil, want)
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
	for r := range out.N {
		var line []byte
		for c := range want {
			require.Equal(t, out.N, out.Cols[c].N)
			line = append(text.AppendJSON(line, out.Cols[c].Finish(), r, false), ' ')
		}
		rows = append(rows, strings.TrimSuffix(string(line), " "))
	}
	return rows, bad, out.Unknown
}

func raw(num protowire.Number, typ protowire.Type, v ...byte) []byte {
	return append(protowire.AppendTag(nil, num, typ), v...)
}

func join(parts ...[]byte) (out []byte) {
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

func str(num protowire.Number, s string) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, num, protowire.BytesType), []byte(s))
}

func one(typ string) string { return `syntax="proto3"; message A { ` + typ + ` v = 1; int32 w = 2; }` }

func TestValues(t *testing.T) {
	for _, c := range []struct {
		typ, want string
		in        []byte
	}{
		{"bool", "false", nil}, {"bool", "true", raw(1, 0, 2)},
		{"int32", "-1", raw(1, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1)}, {"sint32", "-1", raw(1, 0, 1)}, {"sfixed32", "-1", raw(1, 5, 0xff, 0xff, 0xff, 0xff)},
		{"uint32", "4294967295", raw(1, 0, 0xff, 0xff, 0xff, 0xff, 0x0f)}, {"uint64", "0", nil},
		{"double", "0", nil}, {"float", "1.5", raw(1, 5, 0, 0, 0xc0, 0x3f)},
		{"string", `""`, nil}, {"string", `"b"`, join(str(1, "a"), str(1, "b"))}, {"bytes", `"AP8="`, str(1, "\x00\xff")},
		{"optional int32", "null", nil}, {"optional int32", "0", raw(1, 0, 0)},
		{"repeated int32", "[]", nil}, {"repeated int32", "[1,2,3]", join(raw(1, 0, 1), str(1, "\x02\x03"))}, {"repeated int32", "[]", str(1, "")},
		{"repeated string", `["a","b"]`, join(str(1, "a"), raw(2, 0, 5), str(1, "b"))},
		{"map<string,int32>", `{}`, nil}, {"map<string,int32>", `{"a":1,"b":0,"":7}`, join(str(1, "\x0a\x01a\x10\x01"), str(1, "\x0a\x01b"), str(1, "\x10\x07"))},
		{"map<string,int32>", `{"b":2,"a":3}`, join(str(1, "\x0a\x01a\x10\x01"), str(1, "\x0a\x01b\x10\x02"), str(1, "\x0a\x01a\x10\x03"))},
	} {
		rows, bad, _ := decoded(t, props(one(c.typ)), nil, c.in)
		require.Empty(t, bad)
		w := "0"
		if strings.HasPrefix(c.want, `["a"`) {
			w = "5"
		}
		require.Equal(t, []string{c.want + " " + w}, rows, "%s %q", c.typ, c.in)
		rows, bad, _ = decoded(t, props(one(c.typ)), []arrow.Field{{Name: "W", Type: vec.TypeInt64, Nullable: true}}, c.in)
		require.Empty(t, bad)
		require.Equal(t, []string{w}, rows, "what is not wanted is stepped over")
	}
	in := `syntax="proto3"; message A { message B { int32 x = 1; repeated int32 y = 2; optional B2 z = 3; } message B2 { int32 q = 1; } B v = 1; oneof o { int32 a = 2; B b = 3; string s = 4; } }`
	a := []byte("\x08\x01\x10\x05\x1a\x02\x08\x07")
	b := []byte("\x10\x06")
	for _, c := range []struct {
		in   []byte
		want string
	}{
		{nil, `null null null null`},
		{str(1, ""), `{"x":0,"y":[],"z":null} null null null`},
		{str(1, string(a)), `{"x":1,"y":[5],"z":{"q":7}} null null null`},
		{join(str(1, string(a)), raw(2, 0, 9), str(1, string(b))), `{"x":1,"y":[5,6],"z":{"q":7}} 9 null null`}, // messages are merged
		{join(raw(2, 0, 1), str(4, "t")), `null null null "t"`},                                                 // the last of a oneof
		{join(str(3, string(a)), str(3, string(b))), `null null {"x":1,"y":[5,6],"z":{"q":7}} null`},
		{join(str(3, string(a)), raw(2, 0, 1), str(3, string(b))), `null null {"x":0,"y":[6],"z":null} null`},
	} {
		rows, bad, _ := decoded(t, props(in, KeyMessage, "A"), nil, c.in)
		require.Empty(t, bad)
		require.Equal(t, []string{c.want}, rows, "%q", c.in)
	}
}

func TestBadRecords(t *testing.T) {
	ok := raw(2, 0, 1)
	for _, c := range []struct {
		typ, want string
		in        []byte
	}{
		{"uint64", "v: an unsigned value is beyond BIGINT", raw(1, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1)},
		{"string", "v: not valid UTF-8", str(1, "\xff")},
		{"int32", "ends within", raw(1, 0, 0x80)}, {"int32", "ends within", []byte{0x80}}, {"string", "ends within", raw(1, 2, 5, 'a')}, {"double", "ends within", raw(1, 1, 0)},
		{"int32", "64 bits", raw(1, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1)},
		{"int32", "no proper number", []byte{0x02, 0}}, {"int32", "field 9", raw(9, 2, 9)}, {"int32", "field 9", raw(9, 4)},
	} {
		rows, bad, _ := decoded(t, props(one(c.typ)), nil, ok, c.in, ok)
		require.Len(t, rows, 2, "%s %q", c.typ, c.in)
		require.Len(t, bad, 1)
		require.Contains(t, bad[0], "1 ")
		require.Contains(t, bad[0], c.want)
	}
	rows, _, unknown := decoded(t, props(one("int32")), nil, join(raw(9, 0, 1), raw(1, 2, 1, 'x'), raw(8, 3, 0x45, 0, 0, 0, 0, 0x44)))
	require.Equal(t, []string{"0 0"}, rows)
	require.EqualValues(t, 3, unknown, "fields that are not of the message, a wrong wire type, a group")

	proto2 := `syntax="proto2"; message A { required int32 r = 1; optional int32 o = 2 [default = 7]; }`
	rows, bad, _ := decoded(t, props(proto2), nil, raw(1, 0, 3), raw(2, 0, 3))
	require.Equal(t, []string{"3 null"}, rows)
	require.Equal(t, []string{"1 r: a required field is missing"}, bad)
	notNull := []arrow.Field{{Name: "o", Type: vec.TypeInt8}}
	_, bad, _ = decoded(t, props(proto2), notNull, raw(1, 0, 3), raw(2, 0, 0x80, 1))
	require.Equal(t, []string{"0 o: NULL in a column declared NOT NULL", "1 o: out of range"}, bad)
}

func TestSchemas(t *testing.T) {
	two := `syntax="proto3"; message A { int32 x = 1; } message B { A a = 1; } message C { int32 y = 1; }`
	for _, c := range []struct{ schema, message, want string }{
		{"", "", "no message"}, {"messag A {}", "", "syntax error"}, {two, "", "protobuf.message with one of A, B, C"}, {two, "D", `no message "D"; it has A, B, C`},
		{`syntax="proto3"; import "other.proto"; message A {}`, "", "--include_imports"},
		{`syntax="proto3"; message A { A a = 1; }`, "A", "contains itself"}, {`syntax="proto2"; message A { optional group G = 1 { optional int32 x = 1; } }`, "A", "is a group"},
	} {
		_, err := readSchema(props(c.schema, KeyMessage, c.message), c.schema)
		require.ErrorContains(t, err, c.want, c.schema)
	}
	s, err := readSchema(props(two, KeyMessage, "B"), two)
	require.NoError(t, err)
	require.Equal(t, "a", s.Field(0).Name)

	m, err := readMessage(props(big), big) // a descriptor set is read as its source is
	require.NoError(t, err)
	set := &descriptorpb.FileDescriptorSet{}
	for i := range m.ParentFile().Imports().Len() {
		set.File = append(set.File, protodesc.ToFileDescriptorProto(m.ParentFile().Imports().Get(i).FileDescriptor))
	}
	set.File = append(set.File, protodesc.ToFileDescriptorProto(m.ParentFile()))
	bin, err := proto.Marshal(set)
	require.NoError(t, err)
	fromSource, err := readSchema(props(big), big)
	require.NoError(t, err)
	fromSet, err := readSchema(props(string(bin)), string(bin))
	require.NoError(t, err)
	require.True(t, fromSource.Equal(fromSet))

	p := props(one("int32"))
	for _, c := range []struct {
		f    arrow.Field
		want string
	}{
		{arrow.Field{Name: "v", Type: vec.TypeString}, `column "v": the message has INT, and STRING is wanted`},
		{arrow.Field{Name: "v", Type: arrow.ListOf(vec.TypeInt32)}, "and ARRAY is wanted"},
	} {
		_, err := Format().NewDecoder(p, nil, []arrow.Field{c.f})
		require.ErrorIs(t, err, ingest.ErrUsage)
		require.ErrorContains(t, err, c.want)
	}
	for _, f := range []func() error{
		func() error { _, err := Format().NewDecoder(ingest.NewProps(), nil, nil); return err },
		func() error { _, err := Format().NewEncoder(ingest.NewProps(), ingest.Output{Key: -1}); return err },
	} {
		require.ErrorContains(t, f(), "needs the schema")
	}
}

// random fills a message with values that both sides can hold.
func random(r *rand.Rand, m *dynamicpb.Message, depth int) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if r.IntN(3) == 0 {
			continue
		}
		scalar := func(f protoreflect.FieldDescriptor) protoreflect.Value {
			switch f.Kind() {
			case protoreflect.MessageKind:
				sub := dynamicpb.NewMessage(f.Message())
				switch f.Message().FullName() {
				case timestampName:
					sub.Set(f.Message().Fields().ByNumber(1), protoreflect.ValueOfInt64(r.Int64N(200_000_000_000)-50_000_000_000))
					sub.Set(f.Message().Fields().ByNumber(2), protoreflect.ValueOfInt32(r.Int32N(1_000_000)*1000))
				case durationName:
					sub.Set(f.Message().Fields().ByNumber(1), protoreflect.ValueOfInt64(int64(r.IntN(1000))))
				default:
					random(r, sub, depth+1)
				}
				return protoreflect.ValueOfMessage(sub)
			case protoreflect.BoolKind:
				return protoreflect.ValueOfBool(r.IntN(2) == 0)
			case protoreflect.EnumKind:
				return protoreflect.ValueOfEnum([]protoreflect.EnumNumber{0, 1, -5}[r.IntN(3)])
			case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
				return protoreflect.ValueOfInt32(int32(r.Uint32() >> r.IntN(32)))
			case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
				return protoreflect.ValueOfUint32(r.Uint32() >> r.IntN(32))
			case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
				return protoreflect.ValueOfUint64(r.Uint64() >> (1 + r.IntN(63)))
			case protoreflect.FloatKind:
				return protoreflect.ValueOfFloat32(float32(r.NormFloat64()))
			case protoreflect.DoubleKind:
				return protoreflect.ValueOfFloat64(r.NormFloat64())
			case protoreflect.StringKind:
				return protoreflect.ValueOfString([]string{"", "x", "é€", strings.Repeat("long ", 40)}[r.IntN(4)])
			case protoreflect.BytesKind:
				return protoreflect.ValueOfBytes([]byte{0, byte(r.Uint32())})
			}
			return protoreflect.ValueOfInt64(int64(r.Uint64() >> r.IntN(64)))
		}
		switch {
		case f.IsMap():
			for range r.IntN(4) {
				m.Mutable(f).Map().Set(scalar(f.MapKey()).MapKey(), scalar(f.MapValue()))
			}
		case f.IsList():
			for range r.IntN(4) {
				m.Mutable(f).List().Append(scalar(f))
			}
		default:
			m.Set(f, scalar(f))
		}
	}
}

// TestAgainstLibrary reads what the library writes, writes it again, and lets the
// library compare: every field, in both directions.
func TestAgainstLibrary(t *testing.T) {
	m, err := readMessage(props(big), big)
	require.NoError(t, err)
	schema, err := readSchema(props(big), big)
	require.NoError(t, err)
	dec, err := newDecoder(m, nil, schema.Fields())
	require.NoError(t, err)
	enc, err := newEncoder(m, schema.Fields())
	require.NoError(t, err)
	pool := vec.NewPool(nil, true)
	defer pool.Close()
	for seed := range uint64(1500) {
		msg := dynamicpb.NewMessage(m)
		random(rand.New(rand.NewPCG(seed, 3)), msg, 0)
		in, err := proto.Marshal(msg)
		require.NoError(t, err)
		sc := pool.Open()
		rows := &ingest.Rows{Bad: func(_ int, f string, cause error) error { return fmt.Errorf("%s: %w", f, cause) }}
		for _, f := range schema.Fields() {
			rows.Cols = append(rows.Cols, vec.NewBuilder(sc, f.Type, 1))
		}
		require.NoError(t, dec.Decode([][]byte{in}, rows), "seed %d", seed)
		b := &arrowexec.Batch{N: 1}
		for _, c := range rows.Cols {
			b.Cols = append(b.Cols, c.Finish())
		}
		out, _, err := enc.Encode(nil, nil, b)
		require.NoError(t, err)
		again := dynamicpb.NewMessage(m)
		require.NoError(t, proto.Unmarshal(out, again))
		require.True(t, proto.Equal(msg, again), "seed %d\n%v\n%v", seed, msg, again)
		sc.Close()
	}
}

func FuzzDecode(f *testing.F) {
	m, err := readMessage(props(big), big)
	require.NoError(f, err)
	p := props(big)
	for seed := range uint64(30) {
		msg := dynamicpb.NewMessage(m)
		random(rand.New(rand.NewPCG(seed, 3)), msg, 0)
		in, err := proto.Marshal(msg)
		require.NoError(f, err)
		f.Add(in)
		f.Add(append(in, in[:len(in)/2]...))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		rows, bad, _ := decoded(t, p, nil, in)
		msg := dynamicpb.NewMessage(m)
		broke, err := library(in, msg)
		if broke {
			return
		}
		if err != nil {
			require.Empty(t, rows, "the library says: %v", err)
		} else if len(bad) > 0 { // ranges are ours: what else the library reads, we read
			ok := false
			for _, w := range []error{errRange, errUnsigned} {
				ok = ok || strings.Contains(bad[0], w.Error())
			}
			require.True(t, ok, "%v, and the library reads %v", bad, msg)
		}
	})
}

// library reads a message with the library. It broke where that panics, as over
// maps whose entries have a field of the key's number and another wire type: then
// nothing can be compared.
func library(in []byte, msg proto.Message) (broke bool, err error) {
	defer func() { broke = recover() != nil }()
	return false, proto.Unmarshal(in, msg)
}

func TestEncoderRefuses(t *testing.T) {
	out := func(fields ...arrow.Field) ingest.Output {
		return ingest.Output{Fields: fields, Key: -1, Headers: -1, Time: -1, Deleted: -1}
	}
	for _, c := range []struct {
		schema string
		out    ingest.Output
		want   string
	}{
		{one("int32"), out(arrow.Field{Name: "v", Type: vec.TypeFloat64}), `column "v" is DOUBLE, and the message wants INT; CAST it`},
		{one("int32"), out(arrow.Field{Name: "zz", Type: vec.TypeInt64}), `column "zz" is no field of message A`},
		{`syntax="proto2"; message A { required int32 r = 1; optional int32 o = 2; }`, out(arrow.Field{Name: "o", Type: vec.TypeInt32}), `requires the field "r"`},
	} {
		_, err := Format().NewEncoder(props(c.schema), c.out)
		require.ErrorIs(t, err, ingest.ErrUsage)
		require.ErrorContains(t, err, c.want)
	}
	pool := vec.NewPool(nil, true)
	sc := pool.Open()
	defer sc.Close()
	for _, c := range []struct {
		typ  string
		t    arrow.DataType
		fill func(*vec.Builder)
		want string
	}{
		{"int32", vec.TypeInt64, func(b *vec.Builder) { b.Int64(1 << 31) }, "2147483648 does not fit"},
		{"uint32", vec.TypeInt64, func(b *vec.Builder) { b.Int64(-1) }, "-1 does not fit"},
		{"uint64", vec.TypeInt64, func(b *vec.Builder) { b.Int64(math.MinInt64) }, "does not fit an unsigned"},
		{"repeated string", arrow.ListOf(vec.TypeString), func(b *vec.Builder) { b.Children[0].Null(); b.EndList() }, "NULL among the values"},
	} {
		e, err := Format().NewEncoder(props(one(c.typ)), out(arrow.Field{Name: "v", Type: c.t}))
		require.NoError(t, err)
		b := vec.NewBuilder(sc, c.t, 1)
		c.fill(b)
		_, _, err = e.Encode(nil, nil, &arrowexec.Batch{N: 1, Cols: []*vec.Vec{b.Finish()}})
		require.ErrorContains(t, err, c.want)
		require.ErrorContains(t, err, strconv.Quote("v"))
	}
}
