package render

import (
	"context"
	"io"
	"sync/atomic"

	"github.com/velostream/velo/arrowexec"
)

// buffer collects text and hands it on in large pieces.
type buffer struct {
	w     io.Writer
	live  bool
	buf   []byte
	rows  atomic.Int64
	bytes atomic.Int64
}

const fullAt = 64 << 10

// wrote notes that the buffer has grown by a batch of n rows.
func (b *buffer) wrote(n int) error {
	b.rows.Add(int64(n))
	if b.live && n > 0 || len(b.buf) >= fullAt {
		return b.flush()
	}
	return nil
}

func (b *buffer) flush() error {
	if len(b.buf) == 0 {
		return nil
	}
	n, err := b.w.Write(b.buf)
	b.bytes.Add(int64(n))
	b.buf = b.buf[:0]
	return err
}

// Write lets the buffer stand as a writer for libraries.
func (b *buffer) Write(p []byte) (int, error) {
	b.buf = append(b.buf, p...)
	if len(b.buf) >= fullAt {
		if err := b.flush(); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// Flush hands everything to the operating system.
func (b *buffer) Flush(context.Context) error { return b.flush() }

// Stats tells what was written.
func (b *buffer) Stats() arrowexec.SinkStats {
	return arrowexec.SinkStats{Rows: b.rows.Load(), Bytes: b.bytes.Load()}
}

// each calls f for every selected row.
func each(b *arrowexec.Batch, f func(row int)) {
	if b.Sel == nil {
		for i := range b.N {
			f(i)
		}
		return
	}
	for _, i := range b.Sel {
		f(int(i))
	}
}
