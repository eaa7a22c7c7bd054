package render

import (
	"context"
	"errors"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// arrowFile writes an Arrow IPC file, a record a batch.
type arrowFile struct {
	*buffer
	schema *arrow.Schema
	w      *ipc.FileWriter
	mem    memory.Allocator
	closed bool
}

func newArrow(b *buffer, fields []arrow.Field) (*arrowFile, error) {
	s := &arrowFile{buffer: b, schema: arrow.NewSchema(fields, nil), mem: memory.NewGoAllocator()}
	w, err := ipc.NewFileWriter(&counted{w: b}, ipc.WithSchema(s.schema), ipc.WithAllocator(s.mem))
	s.w = w
	return s, err
}

// Write writes the rows of a batch as one record.
func (s *arrowFile) Write(_ context.Context, b *arrowexec.Batch) error {
	n := b.Rows()
	if n == 0 {
		return nil
	}
	cols := make([]arrow.Array, s.schema.NumFields())
	for i := range cols {
		cols[i] = vec.ToArrow(s.mem, b.Cols[i], b.N, b.Sel)
	}
	rec := array.NewRecord(s.schema, cols, int64(n))
	err := s.w.Write(rec)
	rec.Release()
	for _, c := range cols {
		c.Release()
	}
	if err != nil {
		return err
	}
	return s.wrote(n)
}

// Close writes the file's footer. An abandoned file stays without one, so that
// nobody takes it for whole.
func (s *arrowFile) Close(_ context.Context, commit bool) error {
	if s.closed {
		return nil
	}
	s.closed = true
	if !commit {
		return s.flush()
	}
	return errors.Join(s.w.Close(), s.flush())
}

// counted is a writer that knows its position, which is all that Arrow's file
// writer wants of Seek: standard output cannot seek.
type counted struct {
	w  io.Writer
	at int64
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.at += int64(n)
	return n, err
}

func (c *counted) Seek(offset int64, whence int) (int64, error) {
	if offset != 0 || whence != io.SeekCurrent {
		return 0, errors.New("an arrow file is written front to back")
	}
	return c.at, nil
}
