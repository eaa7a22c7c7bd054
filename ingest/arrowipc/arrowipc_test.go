package arrowipc_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/all"
	"github.com/velostream/velo/ingest/arrowipc"
	"github.com/velostream/velo/ingest/file"
	"github.com/velostream/velo/ingest/ingesttest"
)

// sample has numbers, a dictionary, a list, a struct, and types that are
// converted; NULLs in all, in two records of 70 and 30 rows.
func sample(t testing.TB, whole bool) []byte {
	dt := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}
	schema := arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int32, Nullable: true}, {Name: "d", Type: dt, Nullable: true},
		{Name: "l", Type: arrow.ListOf(arrow.PrimitiveTypes.Int64), Nullable: true},
		{Name: "s", Type: arrow.StructOf(arrow.Field{Name: "x", Type: arrow.BinaryTypes.String, Nullable: true}), Nullable: true},
		{Name: "n", Type: arrow.PrimitiveTypes.Uint32, Nullable: true}}, nil)
	b := array.NewRecordBuilder(memory.NewGoAllocator(), schema)
	defer b.Release()
	var buf bytes.Buffer
	var w interface {
		Write(arrow.Record) error
		Close() error
	} = ipc.NewWriter(&buf, ipc.WithSchema(schema))
	var f *os.File
	if whole {
		var err error
		f, err = os.Create(filepath.Join(t.TempDir(), "x"))
		require.NoError(t, err)
		defer f.Close()
		w, err = ipc.NewFileWriter(f, ipc.WithSchema(schema))
		require.NoError(t, err)
	}
	words := array.NewStringBuilder(memory.NewGoAllocator())
	words.AppendValues([]string{"a", "b", "c"}, nil)
	require.NoError(t, b.Field(1).(*array.BinaryDictionaryBuilder).InsertStringDictValues(words.NewStringArray()))
	for i := range 100 {
		if i%9 == 4 {
			for c := range 5 {
				b.Field(c).AppendNull()
			}
		} else {
			b.Field(0).(*array.Int32Builder).Append(int32(i))
			require.NoError(t, b.Field(1).(*array.BinaryDictionaryBuilder).AppendString(string(rune('a'+i%3))))
			l := b.Field(2).(*array.ListBuilder)
			l.Append(true)
			for e := range i % 3 {
				l.ValueBuilder().(*array.Int64Builder).Append(int64(e))
			}
			s := b.Field(3).(*array.StructBuilder)
			s.Append(true)
			s.FieldBuilder(0).(*array.StringBuilder).Append("x")
			b.Field(4).(*array.Uint32Builder).Append(uint32(i) + 1<<31)
		}
		if i == 99 {
			rec := b.NewRecord()
			for _, r := range [][2]int64{{0, 70}, {70, 100}} {
				s := rec.NewSlice(r[0], r[1])
				require.NoError(t, w.Write(s))
				s.Release()
			}
			rec.Release()
		}
	}
	require.NoError(t, w.Close())
	if whole {
		out, err := os.ReadFile(f.Name())
		require.NoError(t, err)
		return out
	}
	return buf.Bytes()
}

func open(t testing.TB, path string) ingest.Connector {
	c, err := file.Open(context.Background(), all.New(), ingest.SourceSpec{Name: "t", Props: ingest.PropsOf(map[string]string{"path": path})})
	require.NoError(t, err)
	return c
}

func TestConformance(t *testing.T) {
	for name, whole := range map[string]bool{"a.arrow": true, "a.arrows": false} {
		path := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(path, sample(t, whole), 0o644))
		ingesttest.Source(t, func(t testing.TB) ingest.Connector { return open(t, path) })
		c := open(t, path)
		s, err := c.Schema(context.Background())
		require.NoError(t, err)
		require.Equal(t, "n_2", s.Field(4).Name)
		got := ingesttest.Read(t, c, ingesttest.Options{})
		require.Len(t, got.Rows, 100)
		require.Equal(t, `5|c|[0,1]|{"x":"x"}|2147483653`, got.Rows[5])
		require.Equal(t, `<null>|<null>|<null>|<null>|<null>`, got.Rows[4])
	}
}

func TestCutFilesAreErrors(t *testing.T) {
	for _, whole := range []bool{true, false} {
		data := sample(t, whole)
		for n := 0; n < len(data); n += 8 {
			r, err := arrowipc.Open(ingest.FileInput{Name: "x.arrow", Open: func() (io.ReadCloser, error) {
				return io.NopCloser(bytes.NewReader(data[:n])), nil
			}})
			for err == nil {
				var rec arrow.Record
				if rec, err = r.Next(); err == nil {
					rec.Release()
				}
			}
			require.NotErrorIs(t, err, io.EOF, "cut at byte %d of %d", n, len(data))
			require.ErrorContains(t, err, "x.arrow")
		}
	}
}

// A declared NOT NULL holds for Arrow too: a row with a NULL is a row error, and its
// neighbours stay, with their numbers.
func TestNotNull(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.arrows")
	require.NoError(t, os.WriteFile(path, sample(t, false), 0o644))
	columns := arrow.NewSchema([]arrow.Field{{Name: "d", Type: arrow.BinaryTypes.String, Nullable: true}, {Name: "n", Type: arrow.PrimitiveTypes.Int64}}, nil)
	c, err := file.Open(context.Background(), all.New(), ingest.SourceSpec{Name: "t", Props: ingest.PropsOf(map[string]string{"path": path}), Columns: columns})
	require.NoError(t, err)
	for _, want := range []int{1, 3, 64, 1024} {
		got := ingesttest.Read(t, c, ingesttest.Options{Want: want, System: []string{"_offset"}})
		require.NoError(t, got.Err)
		require.Len(t, got.Rows, 89)
		require.Equal(t, []string{"a|3|3", "c|5|5"}, got.Rows[3:5])
		require.Len(t, got.Errors, 11)
		require.Equal(t, `t partition 0 offset 4 field "n": NULL in a column declared NOT NULL`, got.Errors[0])
	}
	columns = arrow.NewSchema([]arrow.Field{{Name: "missing", Type: arrow.PrimitiveTypes.Int64}}, nil)
	c, err = file.Open(context.Background(), all.New(), ingest.SourceSpec{Name: "t", Props: ingest.PropsOf(map[string]string{"path": path}), Columns: columns})
	require.NoError(t, err)
	got := ingesttest.Read(t, c, ingesttest.Options{})
	require.Empty(t, got.Rows)
	require.Len(t, got.Errors, 20, "a sample of 100")
}

// What a stream says of sizes takes no memory before there is as much of it.
func TestSizesOfStreamsAreNotBelieved(t *testing.T) {
	dir := t.TempDir()
	for name, data := range map[string]string{
		"first": "\xff\xff\xff\xff\x00\x00\x00\x0f" + "metadata",
		"short": "\xff\xff\xff\xff\x00\x00\x00\x01",
	} {
		path := filepath.Join(dir, name+".arrows")
		require.NoError(t, os.WriteFile(path, []byte(data), 0o600))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := arrowipc.Open(ingest.FileInput{Name: path, Open: func() (io.ReadCloser, error) { return os.Open(path) }})
		runtime.ReadMemStats(&after)
		require.ErrorContains(t, err, "its first message is said to have", name)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20))
	}
}
