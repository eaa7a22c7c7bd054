package file_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/capture"
	"github.com/velostream/velo/ingest/captureipc"
	"github.com/velostream/velo/ingest/ingesttest"
)

// ipcOf writes the records of a capture's lines as Arrow IPC.
func ipcOf(t *testing.T, lines string, file bool) string {
	t.Helper()
	pool := vec.NewPool(nil, false)
	defer pool.Close()
	sc := pool.Open()
	defer sc.Close()
	var r capture.Records
	r.Reset(sc)
	_, err := capture.NewScanner(capture.All, "").Scan([]byte(lines), 0, true, 1<<20, &r, func(capture.Bad) error { return nil })
	require.NoError(t, err)
	var out bytes.Buffer
	w, err := captureipc.NewWriter(&out, file)
	require.NoError(t, err)
	for i := range r.Len() {
		if i == 2 { // in two record batches
			require.NoError(t, w.Flush())
		}
		require.NoError(t, w.Append(&capture.Record{Topic: r.Topics[i], Partition: r.Partitions[i], Offset: r.Offsets[i],
			Record: arrowexec.Record{Key: r.Keys[i], Value: r.Payloads[i], Headers: r.HeadersOf(i), Timestamp: r.Timestamps[i]}}))
	}
	require.NoError(t, w.Close())
	return out.String()
}

// A capture as Arrow IPC gives the rows, errors, partitions and dead letters that
// its lines give.
func TestCaptureIPC(t *testing.T) {
	good := strings.ReplaceAll(captured, "broken\n", "")
	dir := write(t, map[string]string{"c.jsonl": good, "c.arrows": ipcOf(t, good, false), "c.arrow": ipcOf(t, good, true),
		"z.arrows.gz": pack(t, "gz", ipcOf(t, good, false)), "e.arrows": ipcOf(t, "", false)})
	sys := []string{"_partition", "_offset", "_timestamp", "_topic", "_key", "_headers"}
	for _, keys := range [][]string{{}, {"topic", "o"}, {"topic", "o", "format", "string"}, {"key.fields", "k"}, {"topic", "none", "format", "string"}} {
		want := read(t, ingesttest.Options{System: sys}, source(dir, append([]string{"path", "c.jsonl"}, keys...)...))
		require.NoError(t, want.Err)
		for _, path := range []string{"c.arrows", "c.arrow", "z.arrows.gz"} {
			got := read(t, ingesttest.Options{System: sys}, source(dir, append([]string{"path", path}, keys...)...))
			require.NoError(t, got.Err)
			require.Equal(t, want.Rows, got.Rows, "%s %v", path, keys)
			require.Equal(t, want.Records, got.Records)
			require.Equal(t, want.Skipped, got.Skipped)
			require.Len(t, got.Errors, len(want.Errors))
		}
	}
	ingesttest.Source(t, func(t testing.TB) ingest.Connector { return open(t, source(dir, "path", "c.arrows", "topic", "o")) })
	c := open(t, source(dir, "path", "c.arrows", "topic", "o"))
	_, err := c.Schema(context.Background())
	require.NoError(t, err)
	pieces, err := c.Scan(context.Background(), ingest.Scan{Threads: 3})
	require.NoError(t, err)
	src, err := pieces[0](context.Background())
	require.NoError(t, err)
	require.Equal(t, []arrowexec.PartitionInfo{{Topic: "o", Partition: 0, Records: 2}, {Topic: "o", Partition: 1, Records: 3}}, src.(arrowexec.Partitions).Partitions())
	require.NoError(t, src.Close())

	got := read(t, ingesttest.Options{Columns: []string{"topic", "offset"}}, source(dir, "path", "c.arrows", "envelope", "none"))
	require.Equal(t, []string{"o|7", "o|3", "p|1", "o|4", "o|5", "o|8"}, got.Rows)
	c = open(t, source(dir, "path", "e.arrows"))
	schema, err := c.Schema(context.Background())
	require.NoError(t, err)
	require.Nil(t, schema, "the columns of an empty capture are not known")
}

// Records without a row are told with the place where they stand, so that a partition
// that was counted ends with them, whatever the batches are.
func TestRecordsWithoutARow(t *testing.T) {
	line := func(p string, payload string) string {
		return `{"topic":"o","partition":` + p + `,"offset":1,"ts":1,"key":"k","payload":` + payload + "}\n"
	}
	all := line("0", "null") + line("1", `{"a":1}`) + line("2", `"no"`) + line("3", `{"a":2}`) + line("3", `{"a":3}`) + line("1", "null") + line("2", `[1]`)
	want := []arrowexec.Absent{{Row: 0, Partition: 0}, {Row: 1, Partition: 2, Failed: true}, {Row: 3, Partition: 1}, {Row: 3, Partition: 2, Failed: true}}
	dir := write(t, map[string]string{"c.jsonl": all, "c.arrows": ipcOf(t, all, false),
		"l.jsonl": strings.Replace(all, line("2", `"no"`), `{"topic":"o","partition":2,"offset":"x"}`+"\n{}\n", 1)})
	for _, path := range []string{"c.jsonl", "c.arrows", "l.jsonl"} {
		for _, batch := range []int{1, 2, 3, 100} {
			c := open(t, source(dir, "path", path))
			schema, err := c.Schema(context.Background())
			require.NoError(t, err)
			pieces, err := c.Scan(context.Background(), ingest.Scan{Columns: schema.Fields(), System: []string{"_partition"}, Failures: &arrowexec.Failures{Ledger: &arrowexec.Ledger{}}})
			require.NoError(t, err)
			src, err := pieces[0](context.Background())
			require.NoError(t, err)
			var got []arrowexec.Absent
			rows, counts := int32(0), map[int32]int64{}
			for {
				sc := vec.NewPool(nil, true).Open()
				b, err := src.Next(context.Background(), sc, batch)
				if err == io.EOF {
					break
				}
				require.NoError(t, err)
				for _, a := range b.Absent {
					counts[a.Partition]++
					a.Row += rows
					got = append(got, a)
				}
				for i := range b.N {
					counts[int32(b.Cols[1].Int64At(i))]++
				}
				rows += int32(b.N)
				sc.Close()
			}
			require.Equal(t, want, got, "%s at %d", path, batch)
			for _, p := range src.(arrowexec.Partitions).Partitions() {
				require.Equal(t, p.Records, counts[p.Partition], "%s: partition %d", path, p.Partition)
			}
			require.NoError(t, src.Close())
		}
	}
}

// Other writers may choose other types for the same fields.
func TestCaptureIPCOfOthers(t *testing.T) {
	mem := memory.NewGoAllocator()
	words := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "payload", Type: arrow.StructOf(arrow.Field{Name: "a", Type: arrow.PrimitiveTypes.Int32, Nullable: true}), Nullable: true},
		{Name: "ts", Type: &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}, Nullable: true},
		{Name: "topic", Type: words, Nullable: true}, {Name: "partition", Type: arrow.PrimitiveTypes.Int64}, {Name: "offset", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
		{Name: "headers", Type: arrow.ListOf(arrow.BinaryTypes.String), Nullable: true},
	}, nil)
	b := array.NewRecordBuilder(mem, schema)
	defer b.Release()
	for i := range 4 {
		p := b.Field(0).(*array.StructBuilder)
		p.Append(i != 2)
		p.FieldBuilder(0).(*array.Int32Builder).Append(int32(i))
		b.Field(1).(*array.TimestampBuilder).Append(arrow.Timestamp(-1 + 2000*i))
		require.NoError(t, b.Field(2).(*array.BinaryDictionaryBuilder).AppendString("o"))
		b.Field(3).(*array.Int64Builder).Append(int64(i % 2))
		if i == 3 {
			b.Field(4).(*array.Int32Builder).AppendNull()
		} else {
			b.Field(4).(*array.Int32Builder).Append(int32(i))
		}
		l := b.Field(5).(*array.ListBuilder)
		l.Append(i == 0)
		if i == 0 {
			l.ValueBuilder().(*array.StringBuilder).AppendValues([]string{"h", "v"}, nil)
		}
	}
	rec := b.NewRecord()
	defer rec.Release()
	var out bytes.Buffer
	w := ipc.NewWriter(&out, ipc.WithSchema(schema))
	require.NoError(t, w.Write(rec))
	require.NoError(t, w.Close())
	dir := write(t, map[string]string{"c.arrows": out.String(), "plain.arrows": plainArrows(t)})
	got := read(t, ingesttest.Options{System: []string{"_partition", "_offset", "_timestamp", "_key"}}, source(dir, "path", "c.arrows"))
	require.NoError(t, got.Err)
	require.Equal(t, []string{"0|0|0|-1|<null>", "1|1|1|1|<null>"}, got.Rows)
	require.Equal(t, int64(1), got.Skipped.Tombstones)
	require.Len(t, got.Errors, 1)
	require.Contains(t, got.Errors[0], "must not be NULL")

	// What is no capture is read as plain columns, unless the keys ask for one.
	got = read(t, ingesttest.Options{}, source(dir, "path", "plain.arrows"))
	require.Equal(t, []string{"1"}, got.Rows)
	for _, keys := range [][]string{{"format", "capture"}, {"envelope", "capture"}, {"format", "csv", "columns", "a BIGINT"}} {
		_, err := open(t, source(dir, append([]string{"path", "plain.arrows"}, keys...)...)).Schema(context.Background())
		require.ErrorIs(t, err, ingest.ErrUsage, "%v", keys)
		require.ErrorContains(t, err, `no capture: there is no column "topic"`)
	}
}

func plainArrows(t *testing.T) string {
	t.Helper()
	schema := arrow.NewSchema([]arrow.Field{{Name: "a", Type: arrow.PrimitiveTypes.Int64}}, nil)
	b := array.NewRecordBuilder(memory.NewGoAllocator(), schema)
	defer b.Release()
	b.Field(0).(*array.Int64Builder).Append(1)
	rec := b.NewRecord()
	defer rec.Release()
	var out bytes.Buffer
	w := ipc.NewWriter(&out, ipc.WithSchema(schema))
	require.NoError(t, w.Write(rec))
	require.NoError(t, w.Close())
	return out.String()
}
