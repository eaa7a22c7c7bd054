package memory_test

import (
	"context"
	"errors"
	"iter"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	arrowmem "github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/ingesttest"
	"github.com/velostream/velo/ingest/memory"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var schema = arrow.NewSchema([]arrow.Field{{Name: "a", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, {Name: "s", Type: arrow.BinaryTypes.String, Nullable: true}}, nil)

func records(mem arrowmem.Allocator, sizes ...int) []arrow.Record {
	b := array.NewRecordBuilder(mem, schema)
	defer b.Release()
	var out []arrow.Record
	for _, n := range sizes {
		for i := range n {
			b.Field(0).(*array.Int64Builder).Append(int64(i))
			if i%4 == 1 {
				b.Field(1).AppendNull()
			} else {
				b.Field(1).(*array.StringBuilder).Append("x")
			}
		}
		out = append(out, b.NewRecord())
	}
	return out
}

func release(recs []arrow.Record) {
	for _, r := range recs {
		r.Release()
	}
}

func TestConformance(t *testing.T) {
	mem := arrowmem.NewCheckedAllocator(arrowmem.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	t.Run("reader", func(t *testing.T) {
		ingesttest.Source(t, func(t testing.TB) ingest.Connector {
			recs := records(mem, 100, 0, 7)
			defer release(recs)
			r, err := array.NewRecordReader(schema, recs)
			require.NoError(t, err)
			defer r.Release()
			return memory.FromReader("m", r, ingest.Env{})
		})
	})
	t.Run("seq", func(t *testing.T) {
		ingesttest.Source(t, func(t testing.TB) ingest.Connector { return memory.FromSeq("m", schema, seq(mem, nil), ingest.Env{}) })
	})
	t.Run("channel", func(t *testing.T) {
		c := memory.FromChannel("m", schema, nil, false, ingest.Env{})
		require.False(t, c.Bounded())
		ch := make(chan arrow.Record, 3)
		for _, r := range records(mem, 5, 0, 6) {
			ch <- r
		}
		close(ch)
		got := ingesttest.Read(t, memory.FromChannel("m", schema, ch, true, ingest.Env{}), ingesttest.Options{Want: 2, System: []string{"_offset"}})
		require.Len(t, got.Rows, 11)
		require.Equal(t, "5|<null>|10", got.Rows[10])
	})
	got := ingesttest.Read(t, memory.FromSeq("m", schema, seq(mem, errors.New("broke")), ingest.Env{}), ingesttest.Options{})
	require.EqualError(t, got.Err, "broke")
	require.Len(t, got.Rows, 107)
}

func seq(mem arrowmem.Allocator, end error) iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) {
		recs := records(mem, 100, 0, 7)
		defer release(recs)
		for _, r := range recs {
			if !yield(r, nil) {
				return
			}
		}
		if end != nil {
			yield(nil, end)
		}
	}
}

func TestSink(t *testing.T) {
	mem := arrowmem.NewCheckedAllocator(arrowmem.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	pool := vec.NewPool(nil, true)
	sc := pool.Open()
	defer sc.Close()
	b := vec.NewBuilder(sc, vec.TypeInt64, 3)
	for i := range 3 {
		b.Int64(int64(i))
	}
	col := b.Finish()
	var got [][]int64
	s := memory.NewSink(ingest.Output{Fields: schema.Fields()[:1]}, mem, func(r arrow.Record) error {
		got = append(got, append([]int64{}, r.Column(0).(*array.Int64).Int64Values()...))
		return nil
	}).(interface {
		arrowexec.Sink
		AfterBatch(*arrowexec.Batch) error
	})
	write := func(sel ...int32) {
		require.NoError(t, s.Write(context.Background(), &arrowexec.Batch{Scope: sc, N: 3, Cols: []*vec.Vec{col}, Sel: sel}))
	}
	write(1, 2)
	write(0)
	require.Empty(t, got, "small batches of one input batch are one record")
	require.NoError(t, s.AfterBatch(nil))
	require.Equal(t, [][]int64{{1, 2, 0}}, got)
	require.NoError(t, s.AfterBatch(nil))
	write(2)
	require.NoError(t, s.Flush(context.Background()))
	require.Equal(t, [][]int64{{1, 2, 0}, {2}}, got)
	write(1)
	large := vec.NewBuilder(sc, vec.TypeInt64, 5000)
	for i := range 5000 {
		large.Int64(int64(i))
	}
	require.NoError(t, s.Write(context.Background(), &arrowexec.Batch{Scope: sc, N: 5000, Cols: []*vec.Vec{large.Finish()}}))
	require.Len(t, got, 4, "a large batch is a record of its own, behind what came before")
	require.Equal(t, []int64{1}, got[2])
	require.Len(t, got[3], 5000)
	write(0) // is abandoned
	require.NoError(t, s.Close(context.Background(), false))
	require.Equal(t, int64(5006), s.Stats().Rows)
}

func TestRecordsInPieces(t *testing.T) {
	mem := arrowmem.NewCheckedAllocator(arrowmem.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	recs := records(mem, 65_535, 0, 1, 5, 65_537)
	defer release(recs)
	read := func(recs []arrow.Record, o ingesttest.Options) ingesttest.Scanned {
		c := memory.FromRecords("m", schema, recs, ingest.Env{})
		defer c.Close()
		o.System, o.Want = []string{"_offset"}, 4096
		got := ingesttest.Read(t, c, o)
		require.NoError(t, got.Err)
		return got
	}
	one := read(recs, ingesttest.Options{})
	require.Equal(t, 1, one.Pieces)
	require.Len(t, one.Rows, 131_078)
	require.Equal(t, "65536|x|131077", one.Rows[131_077])
	several := read(recs, ingesttest.Options{Threads: 2})
	require.Equal(t, 7, several.Pieces, "they become smaller, to 16,384 rows")
	require.Equal(t, one.Rows, several.Rows)
	require.Equal(t, one.Positions, several.Positions)
	require.EqualValues(t, 131_078, several.Stats.Rows)
	c := memory.FromRecords("m", schema, recs, ingest.Env{})
	letters := ingest.Scan{Columns: schema.Fields(), Threads: 2, Failures: &arrowexec.Failures{Policy: arrowexec.DeadLetter}}
	pieces, err := c.Scan(context.Background(), letters)
	require.NoError(t, err)
	require.Len(t, pieces, 1, "dead letters have an order")
	require.Empty(t, read(nil, ingesttest.Options{}).Rows)
	require.Empty(t, read(nil, ingesttest.Options{Threads: 2}).Rows)
	require.Empty(t, read(recs[1:2], ingesttest.Options{}).Rows)
	require.True(t, c.Rereads())
	require.NoError(t, c.Close())
	require.NoError(t, c.Close())
	_, err = c.Scan(context.Background(), ingest.Scan{})
	require.ErrorContains(t, err, "read already")
}
