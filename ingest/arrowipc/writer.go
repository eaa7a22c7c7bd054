package arrowipc

import (
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/velostream/velo/arrowexec"
)

// Writer writes batches as records.
type Writer struct {
	schema *arrow.Schema
	w      interface {
		Write(arrow.Record) error
		Close() error
	}
	closed bool
}

// NewWriter writes the stream format to w, or with file the file format. Close
// ends the data and leaves w open; without a single batch they are complete.
func NewWriter(w io.Writer, fields []arrow.Field, file bool) (*Writer, error) {
	x := &Writer{schema: arrow.NewSchema(fields, nil)}
	opts := []ipc.Option{ipc.WithSchema(x.schema), ipc.WithAllocator(memory.NewGoAllocator())}
	if !file {
		x.w = ipc.NewWriter(w, opts...)
		return x, nil
	}
	fw, err := ipc.NewFileWriter(&position{w: w}, opts...)
	x.w = fw
	return x, err
}

// Write writes the selected rows of the first columns of b.
func (x *Writer) Write(b *arrowexec.Batch) error {
	rec := Record(memory.NewGoAllocator(), x.schema, b)
	defer rec.Release()
	return x.w.Write(rec)
}

// Close writes the end.
func (x *Writer) Close() error {
	if x.closed {
		return nil
	}
	x.closed = true
	return x.w.Close()
}

// Record copies the selected rows of the first columns of a batch to a record of
// the caller's.
func Record(mem memory.Allocator, schema *arrow.Schema, b *arrowexec.Batch) arrow.Record {
	cols := make([]arrow.Array, schema.NumFields())
	for i := range cols {
		cols[i] = b.Scope.Give(mem, b.Cols[i], b.N, b.Sel)
	}
	rec := array.NewRecord(schema, cols, int64(b.Rows()))
	for _, c := range cols {
		c.Release()
	}
	return rec
}

// position tells Arrow's file writer where it stands in a writer that cannot
// seek; it asks for nothing else.
type position struct {
	w io.Writer
	n int64
}

func (p *position) Write(b []byte) (int, error) {
	n, err := p.w.Write(b)
	p.n += int64(n)
	return n, err
}

func (p *position) Seek(int64, int) (int64, error) { return p.n, nil }
