package ingesttest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sort"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

// Scanned is what a scan gave, as text.
type Scanned struct {
	Rows      []string // values joined by |, NULL as <null>
	Positions []string // source, topic, partition, offset and line of each row
	Records   []string // raw records
	Errors    []string // row errors
	Skipped   ingest.Skipped
	Stats     arrowexec.SourceStats
	Pieces    int
	Err       error // that ended the scan
}

// Options of a scan.
type Options struct {
	Columns []string // nil: all; empty: none
	System  []string
	Want    int // rows of a batch; 0: 64
	Threads int
	Limit   int // end after so many rows; 0: never
	Policy  arrowexec.FailurePolicy
}

// Read scans a connector to its end with poisoned memory and checks that
// nothing is left behind.
func Read(t testing.TB, c ingest.Connector, o Options) Scanned {
	t.Helper()
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	pool := vec.NewPool(mem, true)
	defer pool.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	schema, err := c.Schema(ctx)
	if err != nil {
		return Scanned{Err: err}
	}
	var out Scanned
	s := ingest.Scan{System: o.System, Threads: max(o.Threads, 1), Skipped: &out.Skipped}
	s.Failures = &arrowexec.Failures{Policy: o.Policy, Log: func(e *arrowexec.RowError) { out.Errors = append(out.Errors, e.Error()) }}
	if schema != nil {
		for _, f := range schema.Fields() {
			if o.Columns == nil {
				s.Columns = append(s.Columns, f)
				continue
			}
			for _, n := range o.Columns {
				if n == f.Name {
					s.Columns = append(s.Columns, f)
				}
			}
		}
	}
	pieces, err := c.Scan(ctx, s)
	if err != nil {
		out.Err = err
		return out
	}
	out.Pieces = len(pieces)
	for _, p := range pieces {
		src, err := p(ctx)
		require.NoError(t, err)
		out.Err = drain(t, ctx, src, pool, o, &out)
		st := src.Stats()
		out.Stats.Rows += st.Rows
		out.Stats.Bytes += st.Bytes
		out.Stats.Total += st.Total
		require.NoError(t, src.Close())
		require.NoError(t, src.Close(), "a source may be closed twice")
		if out.Err != nil {
			break
		}
	}
	require.Zero(t, pool.OpenScopes())
	return out
}

func drain(t testing.TB, ctx context.Context, src arrowexec.Source, pool *vec.Pool, o Options, out *Scanned) error {
	want := o.Want
	if want == 0 {
		want = 64
	}
	for {
		sc := pool.Open()
		b, err := src.Next(ctx, sc, want)
		if err != nil {
			sc.Close()
			require.Nil(t, b, "no batch comes with an error")
			if err == io.EOF {
				return nil
			}
			return err
		}
		require.LessOrEqual(t, b.N, want)
		for r := range b.N {
			if b.Sel != nil && sort.Search(len(b.Sel), func(i int) bool { return int(b.Sel[i]) >= r }) == len(b.Sel) {
				continue
			}
			var row []string
			for _, v := range b.Cols {
				require.Equal(t, b.N, v.Len)
				if v.IsNull(r) {
					row = append(row, "<null>")
				} else {
					row = append(row, string(text.AppendValue(nil, v, r)))
				}
			}
			out.Rows = append(out.Rows, strings.Join(row, "|"))
			if b.Origin != nil {
				p := b.Origin.Position(r)
				out.Positions = append(out.Positions, fmt.Sprintf("%s %s %d %d %d", p.Source, p.Topic, p.Partition, p.Offset, p.Line))
				rec := b.Origin.Record(r)
				raw := string(rec.Value)
				if rec.Key != nil {
					raw = string(rec.Key) + "=" + raw
				}
				for _, h := range rec.Headers {
					raw += fmt.Sprintf(" %s:%s", h.Key, h.Value)
				}
				out.Records = append(out.Records, raw)
			}
		}
		sc.Close()
		if o.Limit > 0 && len(out.Rows) >= o.Limit {
			return nil
		}
	}
}

// Source checks a bounded source: the same rows, positions and raw records at
// every batch size, each subset of columns as in the whole, statistics that add
// up, an end by its context, and nothing left behind. open opens it afresh.
func Source(t *testing.T, open func(t testing.TB) ingest.Connector) {
	whole := func(o Options) Scanned {
		c := open(t)
		defer func() { require.NoError(t, c.Close()) }()
		require.True(t, c.Bounded())
		require.NotEmpty(t, c.Describe())
		return Read(t, c, o)
	}
	c := open(t)
	sys := c.System()
	schema, err := c.Schema(context.Background())
	require.NoError(t, err)
	require.NoError(t, c.Close())
	require.NoError(t, c.Close(), "a connector may be closed twice")
	ref := whole(Options{System: sys, Want: 1024})
	require.NoError(t, ref.Err)
	require.NotEmpty(t, ref.Rows, "the suite needs rows")
	require.GreaterOrEqual(t, ref.Stats.Rows, int64(len(ref.Rows)))
	for _, want := range []int{1, 3, 64} {
		got := whole(Options{System: sys, Want: want})
		ref.Pieces = got.Pieces
		require.Equal(t, ref, got, "batches of %d", want)
	}
	t.Run("columns", func(t *testing.T) {
		n := schema.NumFields()
		for i := range n {
			got := whole(Options{Columns: []string{schema.Field(i).Name}})
			require.NoError(t, got.Err)
			for r, row := range got.Rows {
				if len(got.Rows) == len(ref.Rows) {
					require.Equal(t, strings.Split(ref.Rows[r], "|")[i], row)
				}
			}
		}
	})
	t.Run("system columns only", func(t *testing.T) {
		for i, s := range sys {
			got := whole(Options{Columns: []string{}, System: []string{s}})
			require.NoError(t, got.Err)
			if len(got.Rows) == len(ref.Rows) {
				for r, row := range got.Rows {
					all := strings.Split(ref.Rows[r], "|")
					require.Equal(t, all[len(all)-len(sys)+i], row)
				}
			}
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		c := open(t)
		defer c.Close()
		ctx, cancel := context.WithCancel(context.Background())
		pieces, err := c.Scan(ctx, ingest.Scan{Columns: schema.Fields(), Threads: 1})
		require.NoError(t, err)
		src, err := pieces[0](ctx)
		require.NoError(t, err)
		cancel()
		pool := vec.NewPool(nil, true)
		sc := pool.Open()
		_, err = src.Next(ctx, sc, 1)
		require.True(t, errors.Is(err, context.Canceled), "%v", err)
		sc.Close()
		require.NoError(t, src.Close())
	})
	t.Run("closed early", func(t *testing.T) {
		c := open(t)
		defer c.Close()
		got := Read(t, c, Options{Want: 1, Limit: 1})
		require.Len(t, got.Rows, 1)
	})
}
