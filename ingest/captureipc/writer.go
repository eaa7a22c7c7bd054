package captureipc

import (
	"io"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest/arrowipc"
	"github.com/velostream/velo/ingest/capture"
)

// A record batch is written when it has so many records, or bytes of keys and
// payloads.
const (
	batchRecords = 8192
	batchBytes   = 8 << 20
)

// Writer writes records as the rows of an Arrow IPC stream, or file.
type Writer struct {
	w    *arrowipc.Writer
	pool *vec.Pool
	sc   *vec.Scope // nil: no record is held
	cols []*vec.Builder
	n    int
	size int
}

// NewWriter writes the stream format to w, or with file the file format. Close ends
// the data and leaves w open.
func NewWriter(w io.Writer, file bool) (*Writer, error) {
	x, err := arrowipc.NewWriter(w, fields, file)
	if err != nil {
		return nil, err
	}
	return &Writer{w: x, pool: vec.NewPool(nil, false)}, nil
}

// Append writes a record, which is copied.
func (x *Writer) Append(r *capture.Record) error {
	if x.sc == nil {
		x.sc = x.pool.Open()
		x.cols = x.cols[:0]
		for _, f := range fields {
			x.cols = append(x.cols, vec.NewBuilder(x.sc, f.Type, 64))
		}
	}
	c := x.cols
	c[topic].String(r.Topic)
	c[partition].Int32(r.Partition)
	c[offset].Int64(r.Offset)
	if r.Timestamp == capture.NoTimestamp {
		c[tstype].String("unknown")
		c[ts].Null()
	} else {
		c[tstype].String("create")
		c[ts].Int64(r.Timestamp)
	}
	for _, h := range r.Headers {
		c[headers].Children[0].String(h.Key)
		put(c[headers].Children[1], h.Value)
		x.size += len(h.Key) + len(h.Value)
	}
	c[headers].EndList()
	put(c[key], r.Key)
	put(c[payload], r.Value)
	x.n++
	if x.size += len(r.Key) + len(r.Value); x.n >= batchRecords || x.size >= batchBytes {
		return x.Flush()
	}
	return nil
}

func put(b *vec.Builder, v []byte) {
	if v == nil {
		b.Null()
	} else {
		b.Bytes(v)
	}
}

// Flush writes the records that are held as a record batch.
func (x *Writer) Flush() error {
	if x.n == 0 {
		return nil
	}
	b := &arrowexec.Batch{Scope: x.sc, N: x.n}
	for _, c := range x.cols {
		b.Cols = append(b.Cols, c.Finish())
	}
	err := x.w.Write(b)
	x.sc.Close()
	x.sc, x.n, x.size = nil, 0, 0
	return err
}

// Close writes what is held, and the end.
func (x *Writer) Close() error {
	err := x.Flush()
	if cerr := x.w.Close(); err == nil {
		err = cerr
	}
	if x.sc != nil {
		x.sc.Close()
		x.sc, x.n = nil, 0
	}
	x.pool.Close()
	return err
}
