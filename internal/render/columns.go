package render

import (
	"context"
	"errors"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/ingest"
)

// columns writes a file of a format that has columns: Arrow IPC, Parquet.
type columns struct {
	*buffer
	w      ingest.FileWriter
	closed bool
}

func newColumns(b *buffer, f ingest.FileFormat, fields []arrow.Field) (*columns, error) {
	w, err := f.NewWriter(b, ingest.NewProps(), fields)
	return &columns{buffer: b, w: w}, err
}

// Write writes the rows of a batch.
func (s *columns) Write(_ context.Context, b *arrowexec.Batch) error {
	n := b.Rows()
	if n == 0 {
		return nil
	}
	if err := s.w.Write(b); err != nil {
		return err
	}
	return s.wrote(n)
}

// Close writes the file's end. An abandoned file stays without one, so that
// nobody takes it for whole.
func (s *columns) Close(_ context.Context, commit bool) error {
	if s.closed {
		return nil
	}
	s.closed = true
	if !commit {
		return s.flush()
	}
	return errors.Join(s.w.Close(), s.flush())
}
