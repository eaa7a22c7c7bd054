package std

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/file"
)

// Stdout is stdout_sink: rows in any format to the standard output.
func Stdout() ingest.SinkType {
	return ingest.SinkType{Type: "stdout_sink", Keys: file.WriterKeys(), Formats: file.Written, Open: func(_ context.Context, r *ingest.Registry, spec ingest.SinkSpec) (arrowexec.Sink, error) {
		if spec.Env.Stdout == nil {
			return nil, ingest.Usage(fmt.Errorf("sink %q: there is no standard output to write", spec.Name))
		}
		s := &stdout{buf: bufio.NewWriterSize(spec.Env.Stdout, 64<<10)}
		var err error
		s.rows, err = file.NewRowWriter(s.buf, r, spec, spec.Props.String("json", "format"), false, false)
		return s, err
	}}
}

type stdout struct {
	buf    *bufio.Writer
	rows   *file.RowWriter
	n      atomic.Int64
	bytes  atomic.Int64
	closed bool
}

// Write shows the rows at once: somebody may be watching.
func (s *stdout) Write(_ context.Context, b *arrowexec.Batch) error {
	if err := s.rows.Write(b); err != nil {
		return err
	}
	s.n.Store(s.rows.Rows())
	s.bytes.Store(s.rows.Bytes())
	return s.buf.Flush()
}

func (s *stdout) Flush(context.Context) error { return s.buf.Flush() }

func (s *stdout) Close(_ context.Context, commit bool) error {
	if s.closed {
		return nil
	}
	s.closed = true
	if !commit {
		return nil // what was shown cannot be taken back
	}
	err := s.rows.Close()
	s.bytes.Store(s.rows.Bytes())
	return errors.Join(err, s.buf.Flush())
}

func (s *stdout) Stats() arrowexec.SinkStats {
	return arrowexec.SinkStats{Rows: s.n.Load(), Bytes: s.bytes.Load()}
}

// Blackhole is blackhole_sink: rows are counted and dropped.
func Blackhole() ingest.SinkType {
	return ingest.SinkType{Type: "blackhole_sink", Open: func(context.Context, *ingest.Registry, ingest.SinkSpec) (arrowexec.Sink, error) {
		return &blackhole{}, nil
	}}
}

type blackhole struct{ n atomic.Int64 }

func (s *blackhole) Write(_ context.Context, b *arrowexec.Batch) error {
	s.n.Add(int64(b.Rows()))
	return nil
}
func (s *blackhole) Flush(context.Context) error       { return nil }
func (s *blackhole) Close(context.Context, bool) error { return nil }
func (s *blackhole) Stats() arrowexec.SinkStats        { return arrowexec.SinkStats{Rows: s.n.Load()} }
