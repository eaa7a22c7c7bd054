package file

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/arrowipc"
)

// arrowInput is the file for the IPC reader, unpacked; plain files of the
// operating system are read in place.
func (in *input) arrowInput() arrowipc.Input {
	return arrowipc.Input{Name: in.path, Open: func() (io.ReadCloser, error) {
		if in.stdin != nil {
			return unpack(in.codec, &view{s: in.stdin})
		}
		f, err := in.open()
		if err != nil || in.codec == "" {
			return f, err
		}
		var n atomic.Int64
		p := newPump(func() (io.ReadCloser, error) { return unpack(in.codec, counter{f, &n}) }, false, held)
		return closing{brokenReader{p, in, &n}, f}, nil
	}}
}

// brokenReader says where a container broke.
type brokenReader struct {
	*pump
	in *input
	n  *atomic.Int64
}

func (r brokenReader) Read(b []byte) (int, error) {
	k, err := r.pump.Read(b)
	if err != nil && err != io.EOF {
		err = brokenError(r.in.path, r.in.codec, r.n.Load(), r.in.size, err)
	}
	return k, err
}

type closing struct {
	io.ReadCloser
	below io.Closer
}

func (c closing) Close() error {
	err := c.ReadCloser.Close()
	if e := c.below.Close(); err == nil {
		err = e
	}
	return err
}

// arrowContent reads an IPC file or stream.
type arrowContent struct {
	c       *Connector
	s       ingest.Scan
	in      *input
	base    int64
	r       *arrowipc.Reader
	at      []int
	rec     arrow.Record
	off     int64
	records int64
}

func (a *arrowContent) open() error {
	r, err := arrowipc.Open(a.in.arrowInput())
	if err != nil {
		return err
	}
	a.r = r
	for _, f := range a.s.Columns {
		a.at = append(a.at, lookup(r.Schema(), f.Name))
	}
	return nil
}

// lookup finds a column by exact name, else by the only one that differs in case.
func lookup(s *arrow.Schema, name string) int {
	found, n := -1, 0
	for i, f := range s.Fields() {
		if f.Name == name {
			return i
		}
		if strings.EqualFold(f.Name, name) {
			found = i
			n++
		}
	}
	if n == 1 {
		return found
	}
	return -1
}

func (a *arrowContent) next(ctx context.Context, sc *vec.Scope, want int) (*arrowexec.Batch, error) {
	if a.r == nil {
		if err := a.open(); err != nil {
			return nil, err
		}
	}
	for a.rec == nil || a.off == a.rec.NumRows() {
		if a.rec != nil {
			a.rec.Release()
			a.rec = nil
		}
		rec, err := a.r.Next()
		if err != nil {
			return nil, err
		}
		a.rec, a.off = rec, 0
	}
	n := min(int64(want), a.rec.NumRows()-a.off)
	slice := a.rec.NewSlice(a.off, a.off+n)
	defer slice.Release()
	cols, err := arrowipc.Columns(sc, slice, a.s.Columns, a.at)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", a.in.path, err)
	}
	first := a.base + a.records
	b := &arrowexec.Batch{Scope: sc, N: int(n), Cols: cols, Origin: &arrowOrigin{a: a, cols: cols, first: first}}
	sys := &systemColumns{start: a.c.env.Start}
	for _, name := range a.s.System {
		if name != ingest.ColOffset {
			b.Cols = append(b.Cols, sys.constant(sc, name, a.in.path, b.N))
			continue
		}
		v := sc.New(vec.TypeInt64, b.N)
		for i, out := 0, vec.Values[int64](v); i < len(out); i++ {
			out[i] = first + int64(i)
		}
		b.Cols = append(b.Cols, v)
	}
	a.off += n
	a.records += n
	return ingest.Required(b, a.s.Columns, a.s.Failures)
}

func (a *arrowContent) stats() (records, bytes int64) {
	if a.rec == nil || a.in.size == 0 {
		return a.records, a.in.size
	}
	return a.records, 0 // how far into the file a record stands is not known
}

func (a *arrowContent) close() error {
	if a.rec != nil {
		a.rec.Release()
		a.rec = nil
	}
	if a.r == nil {
		return nil
	}
	return a.r.Close()
}

// arrowOrigin locates rows of a record; as raw record it gives their columns as
// JSON, for the file has no bytes of one row.
type arrowOrigin struct {
	a     *arrowContent
	cols  []*vec.Vec
	first int64
}

// Position implements [arrowexec.Origin].
func (o *arrowOrigin) Position(row int) arrowexec.Position {
	return arrowexec.Position{Source: o.a.c.name, Topic: o.a.in.path, Offset: o.first + int64(row)}
}

// Record implements [arrowexec.Origin].
func (o *arrowOrigin) Record(row int) arrowexec.Record {
	v := []byte{'{'}
	for i, f := range o.a.s.Columns {
		if i > 0 {
			v = append(v, ',')
		}
		v = append(text.AppendJSONString(v, []byte(f.Name)), ':')
		v = text.AppendJSON(v, o.cols[i], row, false)
	}
	return arrowexec.Record{Value: append(v, '}'), Timestamp: o.a.c.env.Start}
}
