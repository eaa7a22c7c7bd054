package memory

import (
	"context"
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/arrowipc"
)

// NewSink gives the rows of a query to a func, as records of its output columns
// in memory of mem (nil: Go's heap). A record is valid during the call; who
// keeps it calls Retain. An error of the func ends the query.
func NewSink(out ingest.Output, mem memory.Allocator, f func(arrow.Record) error) arrowexec.Sink {
	if mem == nil {
		mem = memory.NewGoAllocator()
	}
	return &sink{schema: arrow.NewSchema(out.Fields, nil), mem: mem, f: f}
}

type sink struct {
	schema *arrow.Schema
	mem    memory.Allocator
	f      func(arrow.Record) error
	n      atomic.Int64
}

func (s *sink) Write(_ context.Context, b *arrowexec.Batch) error {
	rec := arrowipc.Record(s.mem, s.schema, b)
	defer rec.Release()
	s.n.Add(rec.NumRows())
	return s.f(rec)
}

func (s *sink) Flush(context.Context) error       { return nil }
func (s *sink) Close(context.Context, bool) error { return nil }
func (s *sink) Stats() arrowexec.SinkStats        { return arrowexec.SinkStats{Rows: s.n.Load()} }
