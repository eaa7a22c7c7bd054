package file

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

// fileInput is the file for formats that have columns, unpacked; plain files of
// the operating system are read in place.
func (in *input) fileInput() ingest.FileInput {
	mapped := in.openMapped
	if in.codec != "" || in.stdin != nil || in.disk != nil || in.size == 0 || !canMap {
		mapped = nil
	}
	return ingest.FileInput{Name: in.path, Map: mapped, Open: func() (io.ReadCloser, error) {
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

// table opens a file of a format that has columns, once.
func (c *Connector) table(in *input) (ingest.FileReader, error) {
	c.tables.Lock()
	defer c.tables.Unlock()
	if in.table == nil {
		f, ok := c.reg.FileFormat(in.columns)
		if !ok {
			return nil, fmt.Errorf("%s: there is no file format %q", in.path, in.columns)
		}
		var err error
		if in.table, err = f.Open(in.fileInput()); err != nil {
			return nil, err
		}
	}
	return in.table, nil
}

// tableContent reads some groups of a file that has columns.
type tableContent struct {
	c        *Connector
	s        ingest.Scan
	in       *input
	from, to int   // groups
	base     int64 // rows of the files before
	before   int64 // rows of the groups before
	scan     ingest.FileScan
	records  int64
}

func (t *tableContent) open() error {
	r, err := t.c.table(t.in)
	if err != nil {
		return err
	}
	if t.from > 0 {
		for _, n := range r.Groups()[:t.from] {
			t.before += n
		}
	}
	t.scan, err = r.Scan(t.s.Columns, t.from, t.to)
	return err
}

func (t *tableContent) next(ctx context.Context, sc *vec.Scope, want int) (*arrowexec.Batch, error) {
	if t.scan == nil {
		if err := t.open(); err != nil {
			return nil, err
		}
	}
	rows, err := t.scan.Next(sc, want)
	if err != nil {
		return nil, err
	}
	first := t.base + t.before + t.records
	t.records += int64(rows.Read)
	for _, bad := range rows.Bad {
		if t.s.Failures == nil {
			break
		}
		e := &arrowexec.RowError{Position: arrowexec.Position{Source: t.c.name, Topic: t.in.path, Offset: first + int64(bad.Row)}, Class: "decode", Field: bad.Field, Cause: bad.Cause}
		if err := t.s.Failures.Record(e, arrowexec.Record{Timestamp: t.c.env.Start}, 1); err != nil {
			return nil, err
		}
	}
	b := &arrowexec.Batch{Scope: sc, N: rows.N, Cols: rows.Cols, Origin: &tableOrigin{t: t, cols: rows.Cols, first: first, kept: rows.Kept}}
	sys := &systemColumns{start: t.c.env.Start}
	for _, name := range t.s.System {
		if name != ingest.ColOffset {
			b.Cols = append(b.Cols, sys.constant(sc, name, t.in.path, b.N))
			continue
		}
		v := sc.New(vec.TypeInt64, b.N)
		for i, out := 0, vec.Values[int64](v); i < len(out); i++ {
			out[i] = first + int64(i)
			if rows.Kept != nil {
				out[i] = first + int64(rows.Kept[i])
			}
		}
		b.Cols = append(b.Cols, v)
	}
	return ingest.Required(b, t.s.Columns, t.s.Failures)
}

func (t *tableContent) stats() (records, bytes int64) {
	if t.scan == nil {
		return t.records, 0
	}
	return t.records, t.scan.Bytes()
}

func (t *tableContent) close() error {
	if t.scan == nil {
		return nil
	}
	return t.scan.Close()
}

// tableOrigin locates rows; as raw record it gives their columns as JSON, for
// the file has no bytes of one row.
type tableOrigin struct {
	t     *tableContent
	cols  []*vec.Vec
	first int64
	kept  []int32
}

// Position implements [arrowexec.Origin].
func (o *tableOrigin) Position(row int) arrowexec.Position {
	if o.kept != nil {
		row = int(o.kept[row])
	}
	return arrowexec.Position{Source: o.t.c.name, Topic: o.t.in.path, Offset: o.first + int64(row)}
}

// Record implements [arrowexec.Origin].
func (o *tableOrigin) Record(row int) arrowexec.Record {
	v := []byte{'{'}
	for i, f := range o.t.s.Columns {
		if i > 0 {
			v = append(v, ',')
		}
		v = append(text.AppendJSONString(v, []byte(f.Name)), ':')
		v = text.AppendJSON(v, o.cols[i], row, false)
	}
	return arrowexec.Record{Value: append(v, '}'), Timestamp: o.t.c.env.Start}
}
