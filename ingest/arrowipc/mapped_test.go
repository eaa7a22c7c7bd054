package arrowipc_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/endian"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/arrowipc"
	"github.com/velostream/velo/ingest/ingesttest"
)

// sorts has a column of every sort that is read in place in another way.
func sorts(t testing.TB) (*arrow.Schema, arrow.Record) {
	typ := func(name string, d arrow.DataType) arrow.Field {
		return arrow.Field{Name: name, Type: d, Nullable: true}
	}
	schema := arrow.NewSchema([]arrow.Field{
		typ("b", arrow.FixedWidthTypes.Boolean), typ("i8", arrow.PrimitiveTypes.Int8), typ("u64", arrow.PrimitiveTypes.Uint64), typ("f", arrow.PrimitiveTypes.Float64),
		typ("s", arrow.BinaryTypes.String), typ("ls", arrow.BinaryTypes.LargeString), typ("bin", arrow.BinaryTypes.Binary),
		typ("ts", &arrow.TimestampType{Unit: arrow.Nanosecond}), typ("dec", &arrow.Decimal128Type{Precision: 10, Scale: 2}),
		typ("l", arrow.ListOf(arrow.BinaryTypes.String)), typ("fl", arrow.FixedSizeListOf(2, arrow.PrimitiveTypes.Int32)),
		typ("m", arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64)), typ("none", arrow.Null),
		typ("st", arrow.StructOf(typ("x", arrow.PrimitiveTypes.Int64), typ("y", arrow.BinaryTypes.String))),
		typ("d", &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int16, ValueType: arrow.BinaryTypes.String}),
	}, nil)
	var rows strings.Builder
	rows.WriteString("[")
	for i := range 203 {
		if i > 0 {
			rows.WriteString(",")
		}
		switch {
		case i%11 == 7:
			rows.WriteString("{}")
		default:
			fmt.Fprintf(&rows, `{"b":%t,"i8":%d,"u64":%d,"f":%d.5,"s":"%s","ls":"long %d","bin":"YWJj","ts":"2024-01-02 03:04:05.%06d","dec":"%d.25","l":["a%d",null],"fl":[%d,2],"m":[{"key":"k","value":%d}],"st":{"x":%d,"y":"Grüße"},"d":"v%d"}`,
				i%2 == 0, i%100, i, i, strings.Repeat("x", i%30), i, i, i, i, i, i, i, i%5)
		}
	}
	rows.WriteString("]")
	rec, _, err := array.RecordFromJSON(memory.NewGoAllocator(), schema, strings.NewReader(rows.String()))
	require.NoError(t, err)
	return schema, rec
}

// written writes a record in slices as a file of the file format, and as a stream.
func written(t testing.TB, schema *arrow.Schema, rec arrow.Record, cuts []int64, opts ...ipc.Option) (file, stream string) {
	dir := t.TempDir()
	file, stream = filepath.Join(dir, "x.arrow"), filepath.Join(dir, "x.arrows")
	f, err := os.Create(file)
	require.NoError(t, err)
	defer f.Close()
	opts = append(opts, ipc.WithSchema(schema))
	w, err := ipc.NewFileWriter(f, opts...)
	require.NoError(t, err)
	var buf bytes.Buffer
	sw := ipc.NewWriter(&buf, opts...)
	for i, from := range cuts[:len(cuts)-1] {
		s := rec.NewSlice(from, cuts[i+1])
		require.NoError(t, w.Write(s))
		require.NoError(t, sw.Write(s))
		s.Release()
	}
	require.NoError(t, w.Close())
	require.NoError(t, sw.Close())
	require.NoError(t, os.WriteFile(stream, buf.Bytes(), 0o600))
	return file, stream
}

func TestReadInPlaceIsWhatTheStreamGives(t *testing.T) {
	schema, rec := sorts(t)
	for _, opts := range [][]ipc.Option{nil, {ipc.WithLZ4()}} {
		file, stream := written(t, schema, rec, []int64{0, 64, 101, 203}, opts...)
		for _, want := range []int{1, 3, 64, 1024} {
			for _, columns := range [][]string{nil, {"d", "s"}, {"st", "i8"}, {}} {
				a := ingesttest.Read(t, open(t, file), ingesttest.Options{Want: want, Columns: columns, System: []string{"_offset"}})
				b := ingesttest.Read(t, open(t, stream), ingesttest.Options{Want: want, Columns: columns, System: []string{"_offset"}})
				require.NoError(t, a.Err)
				require.NoError(t, b.Err)
				require.Len(t, a.Rows, 203)
				require.Equal(t, b.Rows, a.Rows)
				require.Empty(t, a.Errors)
				parts := ingesttest.Read(t, open(t, file), ingesttest.Options{Want: want, Columns: columns, Threads: 3})
				whole := ingesttest.Read(t, open(t, file), ingesttest.Options{Want: want, Columns: columns})
				require.Equal(t, whole.Rows, parts.Rows)
				if opts == nil {
					require.Equal(t, whole.Positions, parts.Positions)
					require.Equal(t, 3, parts.Pieces)
				}
			}
		}
	}
}

// Every byte of a file may be any other: there are rows or an error, and never a panic.
func TestDamagedBytesAreRowsOrErrors(t *testing.T) {
	schema, rec := sorts(t)
	file, _ := written(t, schema, rec.NewSlice(0, 9), []int64{0, 4, 9})
	whole, err := os.ReadFile(file)
	require.NoError(t, err)
	errs := 0
	for i := range whole {
		data := bytes.Clone(whole)
		data[i] ^= []byte{0x01, 0x80, 0xff}[i%3]
		require.NoError(t, os.WriteFile(file, data, 0o600))
		got := ingesttest.Read(t, open(t, file), ingesttest.Options{Want: 3, Limit: 100})
		if got.Err != nil {
			require.ErrorContains(t, got.Err, "x.arrow")
			errs++
		}
	}
	require.Greater(t, errs, 500)
}

func TestPlacesOutsideOfAColumn(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{{Name: "s", Type: arrow.BinaryTypes.String}, {Name: "l", Type: arrow.ListOf(arrow.PrimitiveTypes.Int64)}}, nil)
	rec, _, err := array.RecordFromJSON(memory.NewGoAllocator(), schema, strings.NewReader(`[{"s":"abcdefg","l":[1,2,3]},{"s":"h","l":[4]}]`))
	require.NoError(t, err)
	file, _ := written(t, schema, rec, []int64{0, 2})
	whole, err := os.ReadFile(file)
	require.NoError(t, err)
	places := func(at ...uint32) (b []byte) {
		for _, x := range at {
			b = binary.LittleEndian.AppendUint32(b, x)
		}
		return b
	}
	texts, lists := bytes.Index(whole, places(0, 7, 8)), bytes.Index(whole, places(0, 3, 4))
	require.Positive(t, texts)
	require.Positive(t, lists)
	for want, change := range map[string]func(data []byte){
		`column "s": the text of row 0 is from byte 0 to 9 of 8`: func(data []byte) { data[texts+4] = 9 },
		`column "s": the text of row 1 is from byte 7 to 9 of 8`: func(data []byte) { data[texts+8] = 9 },
		`column "s": the text of row 1 is from byte 7 to 6 of 8`: func(data []byte) { data[texts+8] = 6 },
		`column "s": the text of row 0 is from byte -1`:          func(data []byte) { copy(data[texts:], "\xff\xff\xff\xff") },
		"column 2: row 2 begins at byte 2, behind byte 3":        func(data []byte) { data[lists+8] = 2 },
		"column 2: it has 4 rows where 5 are needed":             func(data []byte) { data[lists+8] = 5 },
	} {
		data := bytes.Clone(whole)
		change(data)
		require.NoError(t, os.WriteFile(file, data, 0o600))
		got := ingesttest.Read(t, open(t, file), ingesttest.Options{})
		require.ErrorContains(t, got.Err, want)
		require.ErrorContains(t, got.Err, "x.arrow: record batch 0")
		require.Empty(t, got.Rows)
	}
}

// A text that is no UTF-8 is a row error, in a dictionary too; one under a NULL, or in a
// column that nobody reads, is nothing.
func TestTextsThatAreNoUTF8(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "n", Type: arrow.PrimitiveTypes.Int64}, {Name: "s", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "d", Type: &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}},
	}, nil)
	rec, _, err := array.RecordFromJSON(memory.NewGoAllocator(), schema, strings.NewReader(
		`[{"n":0,"s":"good","d":"fine"},{"n":1,"s":"b@d","d":"fine"},{"n":2,"s":"gö","d":"#"},{"n":3,"s":null,"d":"fine"},{"n":4,"s":"b@d","d":"#"},{"n":5,"s":"","d":"ö"}]`))
	require.NoError(t, err)
	file, stream := written(t, schema, rec, []int64{0, 3, 6})
	for _, path := range []string{file, stream} {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		data = bytes.ReplaceAll(bytes.ReplaceAll(data, []byte("b@d"), []byte("b\xffd")), []byte("fine#"), []byte("fine\xff"))
		require.NoError(t, os.WriteFile(path, data, 0o600))
		for _, want := range []int{1, 64} {
			got := ingesttest.Read(t, open(t, path), ingesttest.Options{Want: want})
			require.NoError(t, got.Err)
			require.Equal(t, []string{"0|good|fine", "3|<null>|fine", "5||ö"}, got.Rows)
			require.Equal(t, []string{
				`t partition 0 offset 1 field "s": not valid UTF-8`, `t partition 0 offset 2 field "d": not valid UTF-8`, `t partition 0 offset 4 field "s": not valid UTF-8`,
			}, got.Errors)
			got = ingesttest.Read(t, open(t, path), ingesttest.Options{Want: want, Columns: []string{"n"}})
			require.Len(t, got.Rows, 6)
			require.Empty(t, got.Errors)
		}
	}
}

// Arrow's own reader says of a big-endian file, whose values it turns round, that it is not.
func TestBigEndianFiles(t *testing.T) {
	schema := arrow.NewSchemaWithEndian([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int32}}, nil, endian.BigEndian)
	values := memory.NewBufferBytes([]byte{0, 0, 0, 7, 0, 0, 1, 0})
	rec := array.NewRecord(schema, []arrow.Array{array.MakeFromData(array.NewData(arrow.PrimitiveTypes.Int32, 2, []*memory.Buffer{nil, values}, nil, 0, 0))}, 2)
	file, stream := written(t, schema, rec, []int64{0, 2})
	for _, path := range []string{file, stream} {
		got := ingesttest.Read(t, open(t, path), ingesttest.Options{})
		require.NoError(t, got.Err)
		require.Equal(t, []string{"7", "256"}, got.Rows)
	}
}

// Small record batches are read together, and their rows are in place.
func TestSmallRecordBatchesAreOnePart(t *testing.T) {
	schema, rec := sorts(t)
	var cuts []int64
	for i := range int64(204) {
		cuts = append(cuts, i)
	}
	file, _ := written(t, schema, rec, cuts)
	o := ingesttest.Options{Want: 64, Columns: []string{"s", "d"}}
	whole := ingesttest.Read(t, open(t, file), o)
	o.Threads = 3
	parts := ingesttest.Read(t, open(t, file), o)
	require.NoError(t, parts.Err)
	require.Equal(t, 13, parts.Pieces)
	require.Equal(t, whole.Rows, parts.Rows)
	require.Equal(t, whole.Positions, parts.Positions)
}

// However many scans there are, a file is opened once for what is read in place.
func TestFileIsOpenedOnceForItsParts(t *testing.T) {
	schema, rec := sorts(t)
	path, _ := written(t, schema, rec, []int64{0, 64, 101, 203})
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	in := inMemory(data)
	opened, read := 0, in.Map
	in.Map = func() (ingest.MappedFile, error) {
		opened++
		return read()
	}
	r, err := arrowipc.Formats()[0].Open(in)
	require.NoError(t, err)
	require.Equal(t, []int64{64, 37, 102}, r.Groups())
	for g := range 3 {
		s, err := r.Scan(r.Schema().Fields(), g, g+1)
		require.NoError(t, err)
		sc := vec.NewPool(nil, true).Open()
		rows, err := s.Next(sc, 1000)
		require.NoError(t, err)
		require.Equal(t, int(r.Groups()[g]), rows.N)
		_, err = s.Next(sc, 1000)
		require.Equal(t, io.EOF, err)
		require.NoError(t, s.Close())
		sc.Close()
	}
	require.NoError(t, r.Close())
	require.Equal(t, 1, opened)
}
