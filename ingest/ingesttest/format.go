package ingesttest

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

// Scalars are columns of every scalar type.
func Scalars() []arrow.Field {
	var out []arrow.Field
	for i, t := range []arrow.DataType{vec.TypeBool, vec.TypeInt8, vec.TypeInt16, vec.TypeInt32, vec.TypeInt64, vec.TypeFloat32, vec.TypeFloat64,
		vec.DecimalType(38, 9), vec.TypeString, vec.TypeBinary, vec.TypeDate, vec.TypeTime, vec.TypeTimestamp, vec.TypeTimestampMicros} {
		out = append(out, arrow.Field{Name: fmt.Sprintf("c%d", i), Type: t, Nullable: true})
	}
	return out
}

// Fill appends row i of a table with awkward values to builders of scalar types.
func Fill(cols []*vec.Builder, i int) {
	texts := []string{"x", "", "a,b", `q"q`, "two\nlines", "tab\there", "ünï", "\r\n", `back\slash`, " s ", "null", "NaN"}
	for c, b := range cols {
		if (i+c)%7 == 3 {
			b.Null()
			continue
		}
		switch b.Kind {
		case vec.Bool:
			b.Bool(i%2 == 0)
		case vec.Int8:
			vec.Append(b, int8(i*37))
		case vec.Int16:
			vec.Append(b, int16(i*3737))
		case vec.Int32:
			b.Int32(int32(i * 373737373))
		case vec.Int64:
			b.Int64(int64(i) * 3737373737373737373)
		case vec.Float32:
			vec.Append(b, float32(i)*1.1-3)
		case vec.Float64:
			b.Float64(float64(i)*1e19/3 - 0.1)
		case vec.Decimal:
			b.Decimal(decimal128.FromI64(int64(i-2) * 123456789012345678))
		case vec.String:
			b.String(texts[i%len(texts)])
		case vec.Binary:
			b.Bytes([]byte{0, byte(i), 0xFF})
		case vec.Date:
			b.Int32(int32(i*1000 - 3000))
		case vec.Time:
			b.Int64(int64(i) * 1_234_567_891 % 86_400_000_000)
		case vec.Timestamp:
			b.Int64(int64(i-3) * 123_456_789_123)
		}
	}
}

// Format checks that rows come back from a format as they went in: as payloads,
// and as a file if it has a file form, whose records a newline ends. fields are
// the columns; lossy texts (NULL and empty text in one) are the caller's to leave out.
func Format(t *testing.T, f ingest.Format, props map[string]string, fields []arrow.Field, fill func([]*vec.Builder, int)) {
	const n = 50
	pool := vec.NewPool(nil, true)
	defer pool.Close()
	sc := pool.Open()
	defer sc.Close()
	builders := func() (cols []*vec.Builder) {
		for _, fl := range fields {
			cols = append(cols, vec.NewBuilder(sc, fl.Type, 1))
		}
		return cols
	}
	in := builders()
	for i := range n {
		fill(in, i)
	}
	b := &arrowexec.Batch{Scope: sc, N: n}
	for _, c := range in {
		b.Cols = append(b.Cols, c.Finish())
	}
	enc, err := f.NewEncoder(ingest.PropsOf(props), ingest.Output{Fields: fields, Key: -1, Headers: -1, Time: -1, Deleted: -1})
	require.NoError(t, err)
	for _, sel := range []vec.Sel{nil, {}, {0, 7, 49}} {
		b.Sel = sel
		data, ends, err := enc.Encode(nil, nil, b)
		require.NoError(t, err)
		require.Len(t, ends, sel.Count(n))
		var records [][]byte
		var file bytes.Buffer
		framer, framed := enc.(ingest.Framer)
		if framed {
			file.Write(framer.Begin(nil))
		}
		for i, from := 0, 0; i < len(ends); i++ {
			records = append(records, data[from:ends[i]])
			file.Write(data[from:ends[i]])
			file.WriteByte('\n')
			from = ends[i]
		}
		if framed {
			file.Write(framer.End(nil))
		}
		bad := func(i int, field string, cause error) error {
			return fmt.Errorf("record %d field %q: %w", i, field, cause)
		}
		schema := arrow.NewSchema(fields, nil)
		dec, err := f.NewDecoder(ingest.PropsOf(props), schema, fields)
		require.NoError(t, err)
		rows := &ingest.Rows{Cols: builders(), Bad: bad}
		require.NoError(t, dec.Decode(records, rows))
		same(t, b, rows)
		if f.NewStream == nil {
			continue
		}
		sd, err := f.NewStream(ingest.PropsOf(props), schema, fields)
		require.NoError(t, err)
		rest := file.Bytes()
		if h, ok := sd.(ingest.HeaderDecoder); ok {
			used, ok, err := h.Header(rest, true)
			require.NoError(t, err)
			require.True(t, ok)
			rest = rest[used:]
		}
		rows = &ingest.Rows{Cols: builders(), Bad: bad}
		for len(rest) > 0 {
			var spans []ingest.Span
			used, err := sd.DecodeStream(rest, true, 3, rows, &spans)
			require.NoError(t, err)
			require.Positive(t, used)
			rest = rest[used:]
		}
		same(t, b, rows)
	}
}

func same(t *testing.T, b *arrowexec.Batch, rows *ingest.Rows) {
	t.Helper()
	require.Equal(t, b.Rows(), rows.N)
	for c, bl := range rows.Cols {
		var v vec.Vec
		bl.View(&v)
		for i := range rows.N {
			r := i
			if b.Sel != nil {
				r = int(b.Sel[i])
			}
			want := b.Cols[c]
			require.Equal(t, want.IsNull(r), v.IsNull(i), "column %d row %d", c, r)
			if !v.IsNull(i) {
				require.Equal(t, string(text.AppendValue(nil, want, r)), string(text.AppendValue(nil, &v, i)), "column %d row %d", c, r)
			}
		}
	}
}
