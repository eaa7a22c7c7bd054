package memory

import (
	"context"
	"fmt"
	"io"
	"iter"
	"strings"
	"sync/atomic"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/arrowipc"
	"github.com/velostream/velo/ingest/fit"
)

// feed gives records: one the caller releases, nil when none is there yet
// (unbounded sources only), or io.EOF.
type feed interface {
	next(ctx context.Context) (arrow.Record, error)
	close()
}

// Connector is a source of records. It implements [ingest.Connector] and can be
// scanned once, for its records are read once, but for those of [FromRecords].
type Connector struct {
	name    string
	have    *arrow.Schema // of the records
	schema  *arrow.Schema // declared, else have
	bounded bool
	start   int64
	open    func() feed
	rows    int64 // negative: not known
	scanned bool
	opened  bool // by the piece that was scanned, which closes its feed
	hand    bool // the records are at hand: of FromRecords, until Close
	kept    []arrow.Record
	err     error
}

// FromReader reads a reader to its end. It retains the reader until the source
// is closed.
func FromReader(name string, r array.RecordReader, env ingest.Env) *Connector {
	r.Retain()
	c := newConnector(name, r.Schema(), true, env, func() feed { return &reader{r} })
	if s, ok := r.(ingest.Sized); ok {
		c.rows = s.Rows()
	}
	return c
}

// Rows is the number of rows, of a reader that knows it.
func (c *Connector) Rows() int64 { return c.rows }

// FromRecords reads records, as often as they are scanned. It retains them until the
// connector and its sources are closed.
func FromRecords(name string, schema *arrow.Schema, records []arrow.Record, env ingest.Env) *Connector {
	c := newConnector(name, schema, true, env, nil)
	c.hand, c.kept, c.rows = true, retained(records), 0
	for _, rec := range records {
		c.rows += rec.NumRows()
	}
	return c
}

// Rereads implements [ingest.Rereader].
func (c *Connector) Rereads() bool { return c.hand }

// FromSeq reads an iterator to its end; records are borrowed for the step of the
// iterator that yields them and retained as long as they are needed.
func FromSeq(name string, schema *arrow.Schema, seq iter.Seq2[arrow.Record, error], env ingest.Env) *Connector {
	return newConnector(name, schema, true, env, func() feed {
		next, stop := iter.Pull2(seq)
		return &pulled{next, stop}
	})
}

// FromChannel reads a channel until it is closed; it releases the records that
// it received. bounded says that the channel is closed before long: rows are
// then waited for, else a quiet channel gives empty batches.
func FromChannel(name string, schema *arrow.Schema, ch <-chan arrow.Record, bounded bool, env ingest.Env) *Connector {
	return newConnector(name, schema, bounded, env, func() feed { return &channel{ch, bounded} })
}

func newConnector(name string, s *arrow.Schema, bounded bool, env ingest.Env, open func() feed) *Connector {
	c := &Connector{name: name, bounded: bounded, start: env.Start, open: open, rows: -1}
	fields := make([]arrow.Field, s.NumFields())
	for i, f := range s.Fields() {
		t, ok := vec.Canonical(f.Type)
		if !ok {
			c.err = fmt.Errorf("source %q: column %q has the Arrow type %s, which has no SQL type", name, f.Name, f.Type)
			return c
		}
		fields[i] = arrow.Field{Name: f.Name, Type: t, Nullable: true}
	}
	c.have = arrow.NewSchema(fields, nil)
	c.schema = c.have
	return c
}

// Declare implements [ingest.Declarer]: columns that the records lack are NULL.
func (c *Connector) Declare(columns *arrow.Schema) error {
	if c.err != nil {
		return c.err
	}
	for _, f := range columns.Fields() {
		if i := c.index(f.Name); i >= 0 {
			if err := fit.Check(c.have.Field(i).Type, f.Type); err != nil {
				return fmt.Errorf("column %q: %w", f.Name, err)
			}
		}
	}
	c.schema = columns
	return nil
}

// Schema implements [ingest.Connector].
func (c *Connector) Schema(context.Context) (*arrow.Schema, error) { return c.schema, c.err }

// Bounded implements [ingest.Connector].
func (c *Connector) Bounded() bool { return c.bounded }

// Untimed implements [ingest.Untimed].
func (c *Connector) Untimed() bool { return true }

// System implements [ingest.Connector]: what records in memory do not have is what rows
// of a plain file have of it.
func (c *Connector) System() []string {
	return []string{ingest.ColTimestamp, ingest.ColOffset, ingest.ColPartition, ingest.ColTopic, ingest.ColKey, ingest.ColHeaders}
}

// Describe implements [ingest.Connector].
func (c *Connector) Describe() string { return "records in memory" }

// Close implements [ingest.Connector].
func (c *Connector) Close() error {
	if c.hand {
		release(c.kept)
		c.hand, c.kept, c.scanned, c.opened = false, nil, true, true
		return nil
	}
	if !c.opened { // a run may end before it opens its pieces
		c.scanned, c.opened = true, true
		c.open().close()
	}
	return nil
}

// Scan implements [ingest.Connector].
func (c *Connector) Scan(_ context.Context, s ingest.Scan) ([]arrowexec.Piece, error) {
	if c.err != nil {
		return nil, c.err
	}
	if c.scanned && !c.hand {
		return nil, fmt.Errorf("source %q was read already; records in memory are read once", c.name)
	}
	c.scanned = true
	var at []int
	for _, f := range s.Columns {
		at = append(at, c.index(f.Name))
	}
	if c.hand {
		return c.pieces(s, at), nil
	}
	return []arrowexec.Piece{func(context.Context) (arrowexec.Source, error) {
		c.opened = true
		return &source{c: c, s: s, at: at, feed: c.open()}, nil
	}}, nil
}

func (c *Connector) index(name string) int {
	for i, f := range c.have.Fields() {
		if f.Name == name {
			return i
		}
	}
	for i, f := range c.have.Fields() {
		if strings.EqualFold(f.Name, name) {
			return i
		}
	}
	return -1
}

type source struct {
	c    *Connector
	s    ingest.Scan
	at   []int
	feed feed
	rec  arrow.Record
	off  int64
	base int64 // rows before those of this piece
	n    atomic.Int64

	lasts bool // records are kept until the connector is closed
}

// Next implements [arrowexec.Source].
func (x *source) Next(ctx context.Context, sc *vec.Scope, want int) (*arrowexec.Batch, error) {
	for x.rec == nil || x.off == x.rec.NumRows() {
		if x.rec != nil {
			x.rec.Release()
			x.rec = nil
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if x.feed == nil {
			return nil, io.EOF
		}
		rec, err := x.feed.next(ctx)
		if err != nil {
			return nil, err
		}
		if rec == nil {
			return x.empty(sc), nil
		}
		if !sameTypes(rec.Schema(), x.c.have) {
			rec.Release()
			return nil, fmt.Errorf("source %q: a record has the columns %v, and %v were announced", x.c.name, rec.Schema(), x.c.have)
		}
		x.rec, x.off = rec, 0
	}
	n := min(int64(want), x.rec.NumRows()-x.off)
	slice := x.rec.NewSlice(x.off, x.off+n)
	defer slice.Release()
	cols, err := arrowipc.Columns(sc, slice, x.s.Columns, x.at)
	if err != nil {
		return nil, fmt.Errorf("source %q: %w", x.c.name, err)
	}
	if x.lasts {
		sc.Lasts()
	}
	b := &arrowexec.Batch{Scope: sc, N: int(n), Cols: cols, Origin: origin{x.c.name, x.base + x.n.Load(), x.c.start}}
	x.system(sc, b)
	x.off += n
	x.n.Add(n)
	return ingest.Required(b, x.s.Columns, x.s.Failures)
}

func (x *source) system(sc *vec.Scope, b *arrowexec.Batch) {
	for _, name := range x.s.System {
		switch name {
		case ingest.ColKey, ingest.ColHeaders:
			t, _ := ingest.SystemType(name)
			b.Cols = append(b.Cols, sc.NullConst(t, b.N))
			continue
		case ingest.ColTopic, ingest.ColPartition:
			t, _ := ingest.SystemType(name)
			one := vec.NewBuilder(sc, t, 1)
			if name == ingest.ColTopic {
				one.String(x.c.name)
			} else {
				one.Int32(0)
			}
			b.Cols = append(b.Cols, sc.Repeat(one.Finish(), b.N))
			continue
		}
		v := sc.New(vec.TypeInt64, b.N)
		for i, out := 0, vec.Values[int64](v); i < len(out); i++ {
			out[i] = x.c.start
			if name == ingest.ColOffset {
				out[i] = x.base + x.n.Load() + int64(i)
			}
		}
		b.Cols = append(b.Cols, v)
	}
}

func (x *source) empty(sc *vec.Scope) *arrowexec.Batch {
	b := &arrowexec.Batch{Scope: sc}
	for _, f := range x.s.Columns {
		b.Cols = append(b.Cols, vec.Empty(f.Type))
	}
	x.system(sc, b)
	return b
}

func sameTypes(have, want *arrow.Schema) bool {
	if have.NumFields() != want.NumFields() {
		return false
	}
	for i, f := range have.Fields() {
		t, ok := vec.Canonical(f.Type)
		if !ok || f.Name != want.Field(i).Name || !arrow.TypeEqual(t, want.Field(i).Type) {
			return false
		}
	}
	return true
}

// Stats implements [arrowexec.Source].
func (x *source) Stats() arrowexec.SourceStats { return arrowexec.SourceStats{Rows: x.n.Load()} }

// Close implements [arrowexec.Source].
func (x *source) Close() error {
	if x.rec != nil {
		x.rec.Release()
		x.rec = nil
	}
	if x.feed != nil {
		x.feed.close()
		x.feed = nil
	}
	return nil
}

type origin struct {
	name  string
	from  int64
	start int64
}

func (o origin) Position(i int) arrowexec.Position {
	return arrowexec.Position{Source: o.name, Offset: o.from + int64(i)}
}

func (o origin) Record(int) arrowexec.Record { return arrowexec.Record{Timestamp: o.start} }

type reader struct{ r array.RecordReader }

func (f *reader) next(context.Context) (arrow.Record, error) {
	if f.r.Next() {
		rec := f.r.Record()
		rec.Retain()
		return rec, nil
	}
	if err := f.r.Err(); err != nil && err != io.EOF {
		return nil, err
	}
	return nil, io.EOF
}

func (f *reader) close() { f.r.Release() }

type pulled struct {
	pull func() (arrow.Record, error, bool)
	stop func()
}

func (f *pulled) next(context.Context) (arrow.Record, error) {
	rec, err, ok := f.pull()
	if !ok {
		return nil, io.EOF
	}
	if err != nil {
		return nil, err
	}
	rec.Retain()
	return rec, nil
}

func (f *pulled) close() { f.stop() }

type channel struct {
	ch      <-chan arrow.Record
	bounded bool
}

const idleWait = 100 * time.Millisecond // how long an unbounded source may wait

func (f *channel) next(ctx context.Context) (arrow.Record, error) {
	select {
	case rec, ok := <-f.ch:
		return received(rec, ok)
	default:
	}
	var idle <-chan time.Time
	if !f.bounded {
		idle = time.After(idleWait)
	}
	select {
	case rec, ok := <-f.ch:
		return received(rec, ok)
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-idle:
		return nil, nil
	}
}

func received(rec arrow.Record, ok bool) (arrow.Record, error) {
	if !ok {
		return nil, io.EOF
	}
	return rec, nil
}

func (f *channel) close() {}
