package timetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/funcs"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/all"
	ijson "github.com/velostream/velo/ingest/format/json"
	"github.com/velostream/velo/operators/agg"
	"github.com/velostream/velo/planner"
	"github.com/velostream/velo/planner/cuttest"
)

const start = int64(1_700_000_000_000)

// feed is a source of the case as the engine reads it.
type feed struct {
	src       *source
	from, to  int // records
	pieces    int
	unbounded bool
}

func (f *feed) Schema(context.Context) (*arrow.Schema, error) {
	var fields []arrow.Field
	for _, c := range sourceColumns {
		fields = append(fields, arrow.Field{Name: c.name, Type: typeNamed(c.typ), Nullable: true})
	}
	return arrow.NewSchema(fields, nil), nil
}
func (f *feed) Bounded() bool { return !f.unbounded }
func (f *feed) System() []string {
	return []string{ingest.ColTimestamp, ingest.ColOffset, ingest.ColPartition}
}
func (f *feed) Describe() string { return "records of a case" }
func (f *feed) Close() error     { return nil }
func (f *feed) Untimed() bool    { return !f.src.stamps }

func (f *feed) Scan(_ context.Context, s ingest.Scan) ([]arrowexec.Piece, error) {
	var out []arrowexec.Piece
	n, k := f.to-f.from, 1
	if s.Threads > 1 {
		k = max(1, min(f.pieces, n))
	}
	for i := range k {
		x := &reader{f: f, s: s, at: f.from + n*i/k, to: f.from + n*(i+1)/k}
		x.began = x.at
		out = append(out, func(context.Context) (arrowexec.Source, error) { return x, nil })
	}
	return out, nil
}

func typeNamed(t string) arrow.DataType {
	if t == "STRING" {
		return vec.TypeString
	}
	return vec.TypeInt64
}

type reader struct {
	f             *feed
	s             ingest.Scan
	began, at, to int
	mu            sync.Mutex
}

func (x *reader) Next(_ context.Context, sc *vec.Scope, want int) (*arrowexec.Batch, error) {
	n := min(want, x.to-x.at)
	if n == 0 {
		return nil, io.EOF
	}
	b, err := x.batch(sc, x.f.src.recs[x.at:x.at+n])
	if err != nil {
		return nil, err
	}
	x.mu.Lock()
	x.at += n
	x.mu.Unlock()
	return b, nil
}

// batch makes the columns that the scan asks for, of the records that give a row.
func (x *reader) batch(sc *vec.Scope, all []*record) (*arrowexec.Batch, error) {
	b := &arrowexec.Batch{Scope: sc}
	var recs []*record
	o := place{name: x.f.src.name, recs: x.f.src.recs}
	for i, r := range all {
		if r.gone == "" {
			recs, o.at = append(recs, r), append(o.at, x.at+i)
			continue
		}
		b.Absent = append(b.Absent, arrowexec.Absent{Row: int32(len(recs)), Partition: int32(r.part), Failed: r.gone == "bad"})
		if r.gone == "null" {
			atomic.AddInt64(&x.s.Skipped.Tombstones, 1)
			continue
		}
		err := &arrowexec.RowError{Position: place{o.name, []int{x.at + i}, nil}.Position(0), Class: "decode", Cause: errors.New("the payload is no JSON")}
		if err := x.s.Failures.Record(err, arrowexec.Record{}, 1); err != nil {
			return nil, err
		}
	}
	n := len(recs)
	b.N, b.Origin = n, o
	for _, f := range x.s.Columns {
		col := vec.NewBuilder(sc, f.Type, n)
		at := -1
		for i, c := range sourceColumns {
			if c.name == f.Name {
				at = i
			}
		}
		for _, r := range recs {
			switch v := r.vals[at].(type) {
			case nil:
				col.Null()
			case int64:
				col.Int64(v)
			case string:
				col.String(v)
			}
		}
		b.Cols = append(b.Cols, col.Finish())
	}
	for _, name := range x.s.System {
		if name == ingest.ColPartition {
			col := vec.NewBuilder(sc, vec.TypeInt32, n)
			for _, r := range recs {
				col.Int32(int32(r.part))
			}
			b.Cols = append(b.Cols, col.Finish())
			continue
		}
		col := vec.NewBuilder(sc, vec.TypeInt64, n)
		for i, r := range recs {
			switch {
			case name == ingest.ColOffset:
				col.Int64(int64(o.at[i]))
			case x.f.src.stamps:
				col.Int64(r.stamp)
			default:
				col.Int64(start)
			}
		}
		b.Cols = append(b.Cols, col.Finish())
	}
	return b, nil
}

func (x *reader) Stats() arrowexec.SourceStats {
	x.mu.Lock()
	defer x.mu.Unlock()
	return arrowexec.SourceStats{Rows: int64(x.at - x.began)}
}
func (x *reader) Close() error { return nil }

// Partitions tells what a bounded read has, from its first record on.
func (x *reader) Partitions() []arrowexec.PartitionInfo {
	var out []arrowexec.PartitionInfo
	for p := range x.f.src.parts {
		n := int64(0)
		for _, r := range x.f.src.recs[x.f.from:x.f.to] {
			if r.part == p {
				n++
			}
		}
		out = append(out, arrowexec.PartitionInfo{Topic: x.f.src.name, Partition: int32(p), Records: n})
	}
	return out
}

// place locates the rows of a batch among the records.
type place struct {
	name string
	at   []int
	recs []*record
}

func (p place) Position(i int) arrowexec.Position {
	return arrowexec.Position{Source: p.name, Offset: int64(p.at[i]), Line: int64(p.at[i] + 1)}
}
func (p place) Record(i int) arrowexec.Record {
	return arrowexec.Record{Value: []byte(p.recs[p.at[i]].text())}
}

// letters is a sink that keeps the values of dead letters.
type letters struct{ values []string }

func (s *letters) Write(_ context.Context, b *arrowexec.Batch) error {
	for i := range b.N {
		text := ""
		if !b.Cols[0].IsNull(i) {
			text = string(b.Cols[0].BytesAt(i))
		}
		s.values = append(s.values, text)
	}
	return nil
}
func (s *letters) Flush(context.Context) error       { return nil }
func (s *letters) Close(context.Context, bool) error { return nil }
func (s *letters) Stats() arrowexec.SinkStats        { return arrowexec.SinkStats{Rows: int64(len(s.values))} }
func (s *letters) lines() []string                   { return s.values }

// kept is a sink that keeps its rows.
type kept interface{ lines() []string }

// rows is a sink that keeps JSON lines.
type rows struct {
	enc  ingest.Encoder
	buf  []byte
	ends []int
}

func (s *rows) Write(_ context.Context, b *arrowexec.Batch) (err error) {
	s.buf, s.ends, err = s.enc.Encode(s.buf, s.ends, b)
	return err
}
func (s *rows) Flush(context.Context) error       { return nil }
func (s *rows) Close(context.Context, bool) error { return nil }
func (s *rows) Stats() arrowexec.SinkStats        { return arrowexec.SinkStats{Rows: int64(len(s.ends))} }

func (s *rows) lines() []string {
	var out []string
	from := 0
	for _, e := range s.ends {
		text := s.buf[from:e]
		if len(text) > 0 && text[len(text)-1] == '\n' {
			text = text[:len(text)-1]
		}
		out = append(out, string(text))
		from = e
	}
	return out
}

// compile makes an application of a case, with its sinks.
func compile(a *app, feeds []*feed, threads int) (*planner.App, map[string]kept, error) {
	reg, err := expr.NewRegistry(append(expr.Operators(), funcs.All()...)...)
	if err != nil {
		return nil, nil, err
	}
	sinks := map[string]kept{}
	o := planner.Options{
		Mode: planner.Replay, Source: "query", Registry: all.New(), Funcs: reg, Aggs: agg.All(), Threads: threads,
		Set: map[string]string{}, Connect: map[string]ingest.Connector{}, SinkFor: map[string]func(ingest.Output) (arrowexec.Sink, error){},
		Env: ingest.Env{Start: start, Clock: func() int64 { return start }},
	}
	if a.shape.without != "" {
		o.RulesOff = []string{a.shape.without}
	}
	for _, f := range feeds {
		o.Connect[f.src.name] = f
	}
	sinksOf(a, &o, sinks)
	app, err := planner.Compile(context.Background(), a.sql(), o)
	return app, sinks, err
}

// sinksOf gives every query of a case a sink that keeps its rows.
func sinksOf(a *app, o *planner.Options, sinks map[string]kept) {
	sink := func(name string) {
		o.SinkFor[name] = func(out ingest.Output) (arrowexec.Sink, error) {
			s := &rows{enc: ijson.NewEncoder(out.Fields, false)}
			sinks[name] = s
			return s, nil
		}
	}
	if a.shared() {
		sink("o")
	}
	for _, s := range a.raw {
		if s.sink != "" {
			sink(s.sink)
			o.SinkFor[s.sink+".dlq"] = func(ingest.Output) (arrowexec.Sink, error) {
				l := &letters{}
				sinks[s.sink+".dlq"] = l
				return l, nil
			}
		}
	}
	for _, q := range a.queries {
		if q.into == "" {
			sink(q.name)
		}
		if q.lateInto {
			sink(q.name + "_late")
		}
		if q.late == "dead_letter" {
			o.SinkFor[q.name+".dlq"] = func(ingest.Output) (arrowexec.Sink, error) {
				s := &letters{}
				sinks[q.name+".dlq"] = s
				return s, nil
			}
		}
	}
}

// run runs a case from its first record to its last.
func run(a *app, batch, threads int) (outcome, error) {
	res, _, err := stretch(a, batch, threads, nil, -1)
	return res, err
}

// stretch runs a case from its beginning, or from where it was cut, to its end or
// to the next cut, which comes after a number of batches.
func stretch(a *app, batch, threads int, from *planner.Cut, batches int) (outcome, *planner.Cut, error) {
	var feeds []*feed
	for _, s := range a.sources {
		f := &feed{src: s, to: len(s.recs), pieces: a.shape.pieces}
		if from != nil {
			f.from = int(from.Records(s.name))
		}
		feeds = append(feeds, f)
	}
	app, sinks, err := compile(a, feeds, threads)
	if err != nil {
		return outcome{}, nil, fmt.Errorf("compile: %w", err)
	}
	defer app.Close()
	rep, cut, err := cuttest.Run(app, batch, from, batches)
	if err != nil {
		return outcome{}, nil, err
	}
	return collected(a, sinks, rep), cut, nil
}

// runCut runs a case in stretches, each in a fresh application that reads what
// the one before has written down.
func runCut(a *app, batch int) (outcome, error) {
	res := outcome{lines: map[string][]string{}}
	var from *planner.Cut
	done := 0
	for i := 0; ; i++ {
		batches := -1
		if i < len(a.shape.cuts) {
			batches = a.shape.cuts[i] - done
			done = a.shape.cuts[i]
		}
		part, cut, err := stretch(a, batch, 1, from, batches)
		if err != nil {
			return outcome{}, err
		}
		for name, l := range part.lines {
			res.lines[name] = append(res.lines[name], l...)
		}
		res.ledgers = part.ledgers
		if cut == nil {
			return res, nil
		}
		from = cut
		rows, over := map[string]int{}, map[string]bool{}
		for _, s := range a.sources {
			rows[s.name] = int(cut.Records(s.name))
			over[s.name] = cut.Ended(s.name)
		}
		if why := compareCut(a, interrupted(a, rows, over), res); why != "" {
			return outcome{}, fmt.Errorf("at the cut after %v records: %s", rows, why)
		}
	}
}

func collected(a *app, sinks map[string]kept, rep planner.Report) outcome {
	res := outcome{lines: map[string][]string{}, ledgers: map[string]ledger{}}
	for name, s := range sinks {
		res.lines[name] = s.lines()
	}
	for _, q := range rep.Queries {
		l := q.Ledger
		res.ledgers[q.Name] = ledger{in: int(l.In), used: int(l.Used), filtered: int(l.Filtered), late: int(l.Late), failed: int(l.Failed), held: int(l.Held), applied: int(l.LateApplied)}
	}
	return res
}
