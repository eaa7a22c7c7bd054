package json

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

func TestEncodeEveryTypeAndLayout(t *testing.T) {
	fields := []arrow.Field{
		col("i8", vec.TypeInt8), col("i16", vec.TypeInt16), col("i32", vec.TypeInt32), col("i64", vec.TypeInt64), col("f32", vec.TypeFloat32), col("f64", vec.TypeFloat64),
		col("b", vec.TypeBool), col("d", vec.DecimalType(38, 2)), col("s", vec.TypeString), col("x", vec.TypeBinary), col("date", vec.TypeDate), col("time", vec.TypeTime),
		col("ts", vec.TypeTimestamp), col("us", vec.TypeTimestampMicros), col("iv", vec.TypeInterval), col("l", arrow.ListOf(vec.TypeInt64)), col("m", arrow.MapOf(vec.TypeString, vec.TypeFloat64)),
		col(`q"ö`, arrow.StructOf(col("a", vec.TypeInt64), col("b", vec.TypeString))),
	}
	rows := []string{
		`{"i8":-1,"i16":2,"i32":3,"i64":-9223372036854775808,"f32":0.1,"f64":0.1,"b":true,"d":123456789012345678901234567890.10,"s":"é\n\"","x":"AQI=","date":"2024-02-29","time":"12:34:56.789","ts":"2024-02-29T12:34:56.789Z","us":"2024-02-29T12:34:56.789123Z","iv":"1 mon","l":[1,null],"m":{"k":1.5,"z":"NaN"},"q\"ö":{"a":1,"b":null}}`,
		`{"i8":null,"i16":null,"i32":null,"i64":null,"f32":null,"f64":null,"b":null,"d":null,"s":null,"x":null,"date":null,"time":null,"ts":null,"us":null,"iv":null,"l":null,"m":null,"q\"ö":null}`,
		`{"i8":0,"i16":0,"i32":0,"i64":0,"f32":"Infinity","f64":"NaN","b":false,"d":0.00,"s":"","x":"","date":"1970-01-01","time":"00:00:00.000","ts":"1970-01-01T00:00:00.000Z","us":"1970-01-01T00:00:00.000000Z","iv":"00:00:00","l":[],"m":{},"q\"ö":{"a":null,"b":""}}`,
	}
	h := decode(t, nil, fields, rows...)
	require.Empty(t, h.errors)
	b := &arrowexec.Batch{N: 3, Scope: h.sc}
	for _, c := range h.rows.Cols {
		b.Cols = append(b.Cols, c.Finish())
	}
	b.Cols = append(b.Cols, vec.NullOne(vec.TypeString)) // the key is no payload
	e, err := Format().NewEncoder(ingest.PropsOf(nil), ingest.Output{Fields: fields})
	require.NoError(t, err)
	encode := func(b *arrowexec.Batch) string {
		out, ends, err := e.Encode([]byte("#"), []int{1}, b)
		require.NoError(t, err)
		require.Len(t, ends, b.Rows()+1)
		var parts []string
		for i, end := range ends[1:] {
			parts = append(parts, string(out[ends[i]:end]))
			require.True(t, json.Valid(out[ends[i]:end]), "%s", out[ends[i]:end])
		}
		return strings.Join(parts, "\n")
	}
	require.Equal(t, strings.Join(rows, "\n"), encode(b))
	e.(*Encoder).Tail("\n")
	require.Equal(t, rows[0]+"\n\n"+rows[2]+"\n", encode(b.With(b.Cols, vec.Sel{0, 2})))
	e.(*Encoder).Tail("")
	require.Empty(t, encode(b.With(b.Cols, vec.Sel{})))

	// The same rows from constants and from dictionaries.
	for row := range 3 {
		cols := []*vec.Vec{}
		for _, v := range b.Cols {
			cols = append(cols, h.sc.Repeat(h.sc.Slice(v, min(row, v.Len-1), min(row, v.Len-1)+1), 4))
		}
		got := encode((&arrowexec.Batch{N: 4}).With(cols, vec.Sel{1, 3}))
		require.Equal(t, rows[row]+"\n"+rows[row], got)
	}
	idx := vec.BytesOf([]int32{2, 0, 1, 2})
	valid := vec.Bitmap{0b1011}
	dict := []*vec.Vec{}
	for _, v := range b.Cols[:15] {
		plain := h.sc.Header(v)
		plain.Valid = nil
		dict = append(dict, &vec.Vec{Type: v.Type, Kind: v.Kind, Len: 4, Valid: valid, Buf: idx, Dict: plain})
	}
	for i := 15; i < len(fields); i++ {
		dict = append(dict, vec.NullOne(fields[i].Type))
	}
	got := encode(&arrowexec.Batch{N: 4, Cols: dict})
	cut := func(row string) string { return row[:strings.Index(row, `,"l":`)] + `,"l":null,"m":null,"q\"ö":null}` }
	require.Equal(t, []string{cut(rows[2]), cut(rows[0]), cut(rows[1]), cut(rows[2])}, strings.Split(got, "\n"))

	e, err = Format().NewEncoder(ingest.PropsOf(map[string]string{"json.decimal": "string"}), ingest.Output{Fields: fields})
	require.NoError(t, err)
	require.Contains(t, encode(b), `"d":"123456789012345678901234567890.10","s"`)
	e, err = Format().NewEncoder(ingest.PropsOf(nil), ingest.Output{})
	require.NoError(t, err)
	require.Equal(t, "{}\n{}", encode(&arrowexec.Batch{N: 2}))
}

func FuzzFloatText(f *testing.F) {
	for _, x := range []float64{0, math.Copysign(0, -1), 0.1, 1e-4, 99.9999, 123.4567, -5, 1e11 + 0.0001, 1e15, 1e300, math.MaxFloat64, 5e-324, math.NaN(), math.Inf(-1), 0.00005, 2.5e-4, 99999999999.9999} {
		f.Add(math.Float64bits(x))
	}
	f.Fuzz(func(t *testing.T, bits uint64) {
		for _, x := range []float64{math.Float64frombits(bits), float64(int64(bits>>20)) / 1e4, float64(int64(bits>>12)) / 1e4} {
			got, want := string(appendFloat(nil, x)), string(text.AppendFloat64(nil, x))
			if math.IsNaN(x) || math.IsInf(x, 0) {
				want = `"` + want + `"`
			}
			if got != want {
				t.Fatalf("%v: %s, want %s", x, got, want)
			}
		}
	})
}

func TestEncodeAllocatesNothing(t *testing.T) {
	h := newHarness(t, tradeFields)
	d, err := NewDecoder(nil, tradeFields)
	require.NoError(t, err)
	require.NoError(t, d.Decode(trades(100, 1), &h.rows))
	b := &arrowexec.Batch{N: h.rows.N}
	for _, c := range h.rows.Cols {
		b.Cols = append(b.Cols, c.Finish())
	}
	e := NewEncoder(tradeFields, false)
	out, ends, _ := e.Encode(nil, nil, b)
	require.Zero(t, testing.AllocsPerRun(10, func() { out, ends, _ = e.Encode(out[:0], ends[:0], b) }))
	for i, r := range trades(100, 1) {
		from := 0
		if i > 0 {
			from = ends[i-1]
		}
		want := decode(t, nil, tradeFields, string(r)).lines()
		require.Equal(t, want, decode(t, nil, tradeFields, string(out[from:ends[i]])).lines())
	}
}
