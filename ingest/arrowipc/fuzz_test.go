package arrowipc_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/metrics"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/arrowipc"
)

// held is a file in memory; its windows end where they were asked to end.
type held []byte

type pane struct{ b []byte }

func (h held) Size() int64  { return int64(len(h)) }
func (h held) Close() error { return nil }
func (h held) ReadAt(p []byte, at int64) (int, error) {
	return bytes.NewReader(h).ReadAt(p, at)
}
func (h held) Window(at int64, n int) (ingest.Window, error) {
	return pane{h[at : at+int64(n) : at+int64(n)]}, nil
}
func (p pane) Bytes() []byte { return p.b }
func (pane) Lend(*vec.Scope) {}
func (pane) Close()          {}

type heldReader struct{ *bytes.Reader }

func (heldReader) Close() error { return nil }

func inMemory(data []byte) ingest.FileInput {
	return ingest.FileInput{
		Name: "x.arrow",
		Open: func() (io.ReadCloser, error) { return heldReader{bytes.NewReader(data)}, nil },
		Map:  func() (ingest.MappedFile, error) { return held(data), nil },
	}
}

// So many rows are looked at, and bytes of their text: a file without columns may have
// 2⁴⁰ rows, and a decimal 2³¹ digits.
const (
	mostRead = 3000
	mostText = 1 << 20
)

// scanned reads a file with the scan of the engine; a row that is dropped is "". used is
// the memory that it took, without that of the texts.
func scanned(data []byte, want int) (rows []string, used uint64, err error) {
	before, texts, size := taken(), uint64(0), 0
	defer func() { used = taken() - before - texts }()
	r, err := arrowipc.Formats()[0].Open(inMemory(data))
	if err != nil {
		return nil, 0, err
	}
	r.(interface{ Groups() []int64 }).Groups()
	s, err := r.Scan(r.Schema().Fields(), 0, -1)
	if err != nil {
		return nil, 0, err
	}
	defer s.Close()
	pool := vec.NewPool(nil, true)
	defer pool.Close()
	for len(rows) < mostRead && size < mostText {
		sc := pool.Open()
		got, err := s.Next(sc, want)
		if err == nil {
			from, start := len(rows), taken()
			rows = append(rows, make([]string, got.Read)...)
			for i := range got.N {
				at := i
				if got.Kept != nil {
					at = int(got.Kept[i])
				}
				rows[from+at] = row(got.Cols, i)
				size += len(rows[from+at])
			}
			texts += taken() - start
		}
		sc.Close()
		if err == io.EOF {
			break
		}
		if err != nil {
			return rows, 0, err
		}
	}
	return rows, 0, nil
}

func row(cols []*vec.Vec, i int) string {
	b := []byte{'|'}
	for _, c := range cols {
		if c.IsNull(i) {
			b = append(b, "<null>|"...)
			continue
		}
		b = append(text.AppendValue(b, c, i), '|')
	}
	return string(b)
}

// byArrow reads a file with Arrow's own reader.
func byArrow(data []byte) (rows []string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	r, err := ipc.NewFileReader(bytes.NewReader(data), ipc.WithAllocator(memory.NewGoAllocator()))
	if err != nil {
		return nil, err
	}
	pool := vec.NewPool(nil, true)
	defer pool.Close()
	for g := 0; g < r.NumRecords() && len(rows) < mostRead; g++ {
		rec, err := r.RecordAt(g)
		if err != nil {
			return nil, err
		}
		if rec.NumRows() < 0 {
			return nil, errors.New("less than no rows")
		}
		rec = rec.NewSlice(0, min(rec.NumRows(), mostRead))
		sc := pool.Open()
		var cols []*vec.Vec
		for _, a := range rec.Columns() {
			v, err := vec.FromArrow(sc, a)
			if err != nil {
				return nil, err
			}
			cols = append(cols, v)
		}
		for i := range int(rec.NumRows()) {
			rows = append(rows, row(cols, i))
		}
		sc.Close()
	}
	return rows, nil
}

// taken is all that was ever allocated.
func taken() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// emptied gives a record without rows; Arrow's writer fails over empty slices of BINARY.
func emptied(schema *arrow.Schema, rec arrow.Record) arrow.Record {
	b := array.NewRecordBuilder(memory.NewGoAllocator(), schema)
	cols := b.NewRecord().Columns()
	for i, c := range rec.Columns() {
		if c.DataType().ID() == arrow.DICTIONARY {
			cols[i] = c
		}
	}
	return array.NewRecord(schema, cols, 0)
}

// seedFiles are files of all types, and of those shapes that are read in another way.
func seedFiles(t testing.TB) (files [][]byte) {
	add := func(schema *arrow.Schema, rec arrow.Record, cuts []int64, opts ...ipc.Option) {
		path := filepath.Join(t.TempDir(), "x.arrow")
		f, err := os.Create(path)
		require.NoError(t, err)
		w, err := ipc.NewFileWriter(f, append(opts, ipc.WithSchema(schema))...)
		require.NoError(t, err)
		for i, from := range cuts[:len(cuts)-1] {
			part := rec.NewSlice(from, cuts[i+1])
			if part.NumRows() == 0 {
				part = emptied(schema, part)
			}
			require.NoError(t, w.Write(part))
		}
		require.NoError(t, w.Close())
		require.NoError(t, f.Close())
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		files = append(files, data)
	}
	schema, rec := sorts(t)
	add(schema, rec, []int64{0, 3, 3, 9})
	add(schema, rec, []int64{5, 13, 22}) // slices, of which one begins inside a byte of the bitmaps
	add(schema, rec, []int64{0, 9}, ipc.WithLZ4())
	add(schema, rec, []int64{0, 9}, ipc.WithZstd())
	for i, f := range schema.Fields() { // each on its own: short files are changed at places that tell more
		one := arrow.NewSchema([]arrow.Field{f}, nil)
		add(one, array.NewRecord(one, []arrow.Array{rec.Column(i)}, rec.NumRows()), []int64{4, 9, 9, 12})
	}
	none := arrow.NewSchema(nil, nil)
	add(none, array.NewRecord(none, nil, 7), []int64{0, 3, 7})
	add(none, array.NewRecord(none, nil, 0), []int64{0})
	for _, typ := range []arrow.DataType{
		arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Uint8, arrow.PrimitiveTypes.Uint16, arrow.PrimitiveTypes.Uint32,
		arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Date32, arrow.PrimitiveTypes.Date64, arrow.FixedWidthTypes.Time32s, arrow.FixedWidthTypes.Time64ns,
		arrow.FixedWidthTypes.Timestamp_s, arrow.FixedWidthTypes.Timestamp_ms, arrow.FixedWidthTypes.Timestamp_us,
		arrow.ListOf(arrow.Null), arrow.LargeListOf(arrow.PrimitiveTypes.Int8), arrow.ListOf(arrow.ListOf(arrow.PrimitiveTypes.Int8)), arrow.FixedSizeListOf(3, arrow.Null),
		&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint32, ValueType: arrow.PrimitiveTypes.Int64},
		arrow.ListOf(&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int64, ValueType: arrow.BinaryTypes.String}),
	} {
		one := arrow.NewSchema([]arrow.Field{{Name: "c", Type: typ, Nullable: true}}, nil)
		value := "1"
		switch t := typ.(type) {
		case *arrow.ListType:
			value = map[arrow.Type]string{arrow.NULL: "[null]", arrow.LIST: "[[1],[]]", arrow.DICTIONARY: `["a","b"]`}[t.Elem().ID()]
		case *arrow.LargeListType:
			value = "[1,2]"
		case *arrow.FixedSizeListType:
			value = "[null,null,null]"
		case *arrow.Date32Type, *arrow.Date64Type:
			value = `"2024-01-02"`
		case *arrow.Time32Type, *arrow.Time64Type:
			value = `"01:02:03"`
		case *arrow.TimestampType:
			value = `"2024-01-02 03:04:05"`
		}
		got, _, err := array.RecordFromJSON(memory.NewGoAllocator(), one, strings.NewReader(`[{"c":`+value+`},{"c":null},{"c":`+value+`}]`))
		require.NoError(t, err, typ)
		add(one, got, []int64{0, 2, 3})
	}
	wide := arrow.NewSchema([]arrow.Field{{Name: "c", Type: &arrow.FixedSizeBinaryType{ByteWidth: 3}}}, nil)
	b := array.NewRecordBuilder(memory.NewGoAllocator(), wide)
	b.Field(0).(*array.FixedSizeBinaryBuilder).AppendValues([][]byte{[]byte("abc"), []byte("def")}, nil)
	add(wide, b.NewRecord(), []int64{0, 2})
	return files
}

// FuzzFile: any bytes are rows or an error; the rows are those that Arrow's own reader
// gives, and they take no memory that the file does not account for.
func FuzzFile(f *testing.F) {
	for i, data := range seedFiles(f) {
		got, _, err := scanned(data, 1+i%4)
		require.NoError(f, err, i)
		want, err := byArrow(data)
		require.NoError(f, err, i)
		require.Equal(f, want, got, i)
		f.Add(data, i)
	}
	f.Fuzz(func(t *testing.T, data []byte, batch int) {
		if !bytes.HasPrefix(data, []byte("ARROW1")) { // a stream, which Arrow's own reader reads
			return
		}
		got, used, err := scanned(data, 1+batch&63)
		if used > 64<<20+1000*uint64(len(data)) {
			t.Fatalf("%d bytes take %d of memory", len(data), used)
		}
		text := 0
		for _, r := range got {
			text += len(r)
		}
		if text >= mostText {
			return
		}
		if err != nil { // Arrow's own reader is not asked: it may take all memory
			if errors.Is(err, io.EOF) {
				t.Fatal("an end is not an error")
			}
			return
		}
		want, err := byArrow(data)
		if err != nil {
			return
		}
		n := min(len(want), len(got))
		if n < mostRead && len(got) != len(want) {
			t.Fatalf("%d rows, and Arrow's reader has %d", len(got), len(want))
		}
		for i := range n {
			if got[i] != "" && got[i] != want[i] {
				t.Fatalf("row %d is %q, and %q by Arrow's reader", i, got[i], want[i])
			}
		}
	})
}
