package file

import (
	"context"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/arrowipc"
	"github.com/velostream/velo/ingest/capture"
	"github.com/velostream/velo/ingest/captureipc"
)

// detectIPC opens a file that has columns, and finds out whether an Arrow file is
// a capture. It must be one if the keys say so, or name a format for its payloads.
func (c *Connector) detectIPC(in *input) error {
	r, err := c.table(in)
	if err != nil || !isIPC(in.columns) {
		return err
	}
	payloads := in.form != in.columns
	if c.envelope == "none" && !payloads {
		return nil
	}
	if in.places, err = captureipc.Find(r.Schema()); err != nil {
		if payloads {
			return ingest.Usage(fmt.Errorf("%s: format=%s is for the payloads of a capture, but this is %w", in.path, in.form, err))
		}
		if c.envelope == "capture" {
			return ingest.Usage(fmt.Errorf("%s is %w", in.path, err))
		}
		return nil
	}
	in.kind = "captureipc"
	if !payloads {
		in.form = "json"
	}
	return nil
}

// ipcCapture reads the records of a capture that is Arrow IPC.
type ipcCapture struct {
	envelope
	r    *arrowipc.Reader
	rec  arrow.Record
	off  int64
	past int64 // rows of the record batches before
}

func (x *ipcCapture) open() error {
	r, err := arrowipc.Open(x.in.fileInput())
	if err != nil {
		return err
	}
	x.r = r
	return x.prepare()
}

// record makes sure that there is a record batch with something left.
func (x *ipcCapture) record() error {
	for x.rec == nil || x.off == x.rec.NumRows() {
		if x.rec != nil {
			x.past += x.rec.NumRows()
			x.rec.Release()
			x.rec = nil
		}
		rec, err := x.r.Next()
		if err != nil {
			return err
		}
		x.rec, x.off = rec, 0
	}
	return nil
}

func (x *ipcCapture) next(ctx context.Context, sc *vec.Scope, want int) (*arrowexec.Batch, error) {
	if x.r == nil {
		if err := x.open(); err != nil {
			return nil, err
		}
	}
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := x.record(); err != nil {
			return nil, err
		}
		n := min(int64(want), x.rec.NumRows()-x.off)
		slice := x.rec.NewSlice(x.off, x.off+n)
		cols, err := x.in.places.Columns(sc, slice)
		slice.Release() // the scope keeps it
		if err != nil {
			return nil, fmt.Errorf("%s: %w", x.in.path, err)
		}
		x.begin(sc, int(n))
		x.recs.Reset(sc)
		o := &ipcOrigin{x: x, cols: cols, first: x.number(x.past + x.off + 1)}
		at := vec.Slice[int32](sc, int(n))[:0] // records → rows of the slice
		bad := 0
		for i := range int(n) {
			if x.c.topic != "" && cols.Topic(i) != x.c.topic {
				continue
			}
			if err := cols.Append(&x.recs, i, x.want); err != nil {
				r, p := o.at(i)
				x.fault(int32(i), p, r, "", err)
				x.lost(cols.Partition(i))
				bad++
				continue
			}
			at = append(at, int32(i))
		}
		x.off += n
		if len(at)+bad == 0 {
			continue // all of another topic
		}
		rows, err := x.decode(sc, func(rec int, field string, cause error) {
			r, p := o.at(int(at[rec]))
			x.fault(at[rec], p, r, field, cause)
		})
		if err != nil {
			return nil, err
		}
		if err := x.report(); err != nil {
			return nil, err
		}
		o.rows = vec.Slice[int32](sc, len(rows))
		for i, k := range rows {
			o.rows[i] = at[k]
		}
		return x.batch(sc, o, len(at)+bad), nil
	}
}

func (x *ipcCapture) stats() (records, bytes int64) {
	if x.rec == nil || x.in.size == 0 {
		return x.records, x.in.size
	}
	return x.records, 0 // how far into the file a record stands is not known
}

func (x *ipcCapture) close() error {
	if x.rec != nil {
		x.rec.Release()
		x.rec = nil
	}
	if x.r == nil {
		return nil
	}
	return x.r.Close()
}

// ipcOrigin locates the rows of a batch of a capture that is Arrow IPC.
type ipcOrigin struct {
	x     *ipcCapture
	cols  *captureipc.Columns
	rows  []int32 // row → row of the record batch
	first int64   // number of its first row
}

func (o *ipcOrigin) at(i int) (arrowexec.Record, arrowexec.Position) {
	p := arrowexec.Position{Source: o.x.c.name, Topic: o.x.in.path, Offset: -1, Read: o.first + int64(i)}
	var r capture.Records
	if err := o.cols.Append(&r, i, capture.All); err != nil {
		return arrowexec.Record{Timestamp: o.x.c.env.Start}, p
	}
	p.Topic, p.Partition, p.Offset = r.Topics[0], r.Partitions[0], r.Offsets[0]
	return arrowexec.Record{Key: r.Keys[0], Value: r.Payloads[0], Headers: r.HeadersOf(0), Timestamp: o.x.time(r.Timestamps[0])}, p
}

// Position implements [arrowexec.Origin].
func (o *ipcOrigin) Position(row int) arrowexec.Position {
	_, p := o.at(int(o.rows[row]))
	return p
}

// Record implements [arrowexec.Origin].
func (o *ipcOrigin) Record(row int) arrowexec.Record {
	r, _ := o.at(int(o.rows[row]))
	return r
}

// Places implements [arrowexec.Placer].
func (o *ipcOrigin) Places(sc *vec.Scope) []int64 {
	out := vec.Slice[int64](sc, len(o.rows))
	for i, r := range o.rows {
		out[i] = o.first + int64(r)
	}
	return out
}

// eachIPC shows the envelope of a file's record batches until f has enough.
func (c *Connector) eachIPC(in *input, f func(cols *captureipc.Columns, rows int) bool) error {
	r, err := arrowipc.Open(in.fileInput())
	if err != nil {
		return err
	}
	defer r.Close()
	pool := vec.NewPool(nil, false)
	defer pool.Close()
	for more := true; more; {
		rec, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		sc := pool.Open()
		cols, err := in.places.Columns(sc, rec)
		if err == nil {
			more = f(cols, int(rec.NumRows()))
		}
		rec.Release()
		sc.Close()
		if err != nil {
			return fmt.Errorf("%s: %w", in.path, err)
		}
	}
	return nil
}

// inferIPC shows payloads to an inferrer; a broken file gives its rows first, and
// then its error.
func (c *Connector) inferIPC(in *input, inf ingest.Inferrer) error {
	n, size := int64(0), 0
	var recs capture.Records
	_ = c.eachIPC(in, func(cols *captureipc.Columns, rows int) bool {
		recs.Reset(nil)
		for i := range rows {
			if n >= c.inferN || size >= inferBytes {
				return false
			}
			if c.topic != "" && cols.Topic(i) != c.topic || cols.Append(&recs, i, capture.Want{}) != nil {
				continue
			}
			if p := recs.Payloads[len(recs.Payloads)-1]; p != nil {
				inf.Add(p)
				n++
				size += len(p)
			}
		}
		return n < c.inferN && size < inferBytes
	})
	return nil
}
