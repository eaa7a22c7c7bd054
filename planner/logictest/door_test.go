package logictest

import (
	"context"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/ingest"
	inmemory "github.com/velostream/velo/ingest/memory"
	"github.com/velostream/velo/planner"
)

// door gives the ways to run a plain query over Arrow records instead of files;
// none when its rows depend on the files themselves.
func (w *world) door(t *testing.T, sql string, words map[string]string) []setting {
	if _, ok := words["replay"]; ok || words["door"] == "no" || volatile.MatchString(sql) {
		return nil
	}
	records := map[string][]arrow.Record{}
	for _, x := range w.tables {
		if !strings.Contains(strings.ToLower(sql), x.name) {
			continue
		}
		recs := w.records(t, x)
		if recs == nil {
			return nil
		}
		records[x.name] = recs
	}
	if len(records) == 0 {
		return nil
	}
	feed := func(change func([]arrow.Record) []arrow.Record, pieces int) func(*planner.Options) error {
		return func(o *planner.Options) error {
			for n, recs := range records {
				list := change(recs)
				if pieces > 1 {
					o.Connect[strings.ToLower(n)] = &piecewise{name: n, recs: list, env: o.Env}
					continue
				}
				r, err := array.NewRecordReader(list[0].Schema(), list)
				if err != nil {
					return err
				}
				o.Connect[strings.ToLower(n)] = inmemory.FromReader(n, r, o.Env)
				r.Release()
			}
			return nil
		}
	}
	whole := func(r []arrow.Record) []arrow.Record { return r }
	return []setting{
		{batch: 3, threads: 1, connect: feed(sliced, 1), label: "sliced records"},
		{batch: 64, threads: 1, connect: feed(encoded, 1), label: "dictionary-encoded records"},
		{batch: 2, threads: 3, connect: feed(rowByRow, 3), label: "pieces, threads 3"},
		{batch: 1024, threads: 3, connect: feed(rowByRow, 3), label: "pieces, threads 3, large batches"},
		{batch: 1024, threads: 1, connect: feed(whole, 1), label: "records"},
	}
}

// records reads a table's rows through the engine itself; nil when a row fails.
func (w *world) records(t *testing.T, x *table) []arrow.Record {
	o := w.options(nil)
	var recs []arrow.Record
	o.Rows = func(out ingest.Output) (arrowexec.Sink, error) {
		return inmemory.NewSink(out, memory.NewGoAllocator(), func(r arrow.Record) error {
			r.Retain()
			recs = append(recs, r)
			return nil
		}), nil
	}
	app, err := planner.Compile(context.Background(), "SELECT * FROM "+x.name, o)
	if err != nil {
		return nil
	}
	defer app.Close()
	rep, err := app.Run(context.Background(), planner.RunOptions{})
	if err != nil || rep.Ledger.Failed > 0 || len(recs) == 0 {
		return nil
	}
	return recs
}

// sliced cuts records in odd pieces, so that arrays start at offsets.
func sliced(recs []arrow.Record) []arrow.Record {
	var out []arrow.Record
	for _, r := range recs {
		for from := int64(0); from < r.NumRows(); {
			to := min(from+1+from%3, r.NumRows())
			out = append(out, r.NewSlice(from, to))
			from = to
		}
	}
	return out
}

func rowByRow(recs []arrow.Record) []arrow.Record {
	var out []arrow.Record
	for _, r := range recs {
		for i := range r.NumRows() {
			out = append(out, r.NewSlice(i, i+1))
		}
	}
	return out
}

// encoded dictionary-encodes all text columns.
func encoded(recs []arrow.Record) []arrow.Record {
	var out []arrow.Record
	for _, r := range recs {
		fields := append([]arrow.Field(nil), r.Schema().Fields()...)
		cols := append([]arrow.Array(nil), r.Columns()...)
		for i, c := range cols {
			s, ok := c.(*array.String)
			if !ok {
				continue
			}
			dt := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}
			b := array.NewDictionaryBuilder(memory.NewGoAllocator(), dt).(*array.BinaryDictionaryBuilder)
			for k := range s.Len() {
				if s.IsNull(k) {
					b.AppendNull()
				} else if err := b.AppendString(s.Value(k)); err != nil {
					panic(err)
				}
			}
			cols[i], fields[i].Type = b.NewArray(), dt
		}
		out = append(out, array.NewRecord(arrow.NewSchema(fields, nil), cols, r.NumRows()))
	}
	return out
}

// piecewise is a bounded source of one piece for each record.
type piecewise struct {
	name string
	recs []arrow.Record
	env  ingest.Env
}

func (p *piecewise) Schema(context.Context) (*arrow.Schema, error) { return p.recs[0].Schema(), nil }
func (p *piecewise) Bounded() bool                                 { return true }
func (p *piecewise) System() []string                              { return []string{ingest.ColTimestamp} }
func (p *piecewise) Describe() string                              { return "records in pieces" }
func (p *piecewise) Close() error                                  { return nil }

func (p *piecewise) Scan(ctx context.Context, s ingest.Scan) ([]arrowexec.Piece, error) {
	var out []arrowexec.Piece
	lists := [][]arrow.Record{p.recs}
	if s.Threads > 1 {
		lists = nil
		for _, r := range p.recs {
			lists = append(lists, []arrow.Record{r})
		}
	}
	for _, l := range lists {
		r, err := array.NewRecordReader(l[0].Schema(), l)
		if err != nil {
			return nil, err
		}
		c := inmemory.FromReader(p.name, r, p.env)
		r.Release()
		pieces, err := c.Scan(ctx, s)
		if err != nil {
			return nil, err
		}
		out = append(out, pieces...)
	}
	return out, nil
}
