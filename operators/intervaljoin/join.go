package intervaljoin

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/group"
	"github.com/velostream/velo/operators/join"
)

// Options of an interval join. Expressions over both sides see the left columns
// and then the right ones.
type Options struct {
	Kind join.Kind // Inner, Left, Right or Full
	Keys []join.Key
	// OnLeft and OnRight are conditions on one side: rows for which they are not
	// TRUE match nothing. Residual is over both.
	OnLeft, OnRight, Residual expr.Expr
	LeftTypes, RightTypes     []arrow.DataType
	Used                      []bool // columns of both sides that anybody above reads; nil: all
	// LeftTime and RightTime are the columns of the event times (TIMESTAMP ms).
	LeftTime, RightTime int
	// A pair matches when the right time minus the left one, in ms, is not less than
	// Lower and not more than Upper.
	Lower, Upper int64
	Lateness     int64 // allowed.lateness in ms
	DeadLetter   bool  // late rows go to the dead letters
	// Shared says that one batch may reach both sides: rows then wait for
	// [Join.AfterBatch], which takes them in the order of their causes.
	Shared   bool
	Failures *arrowexec.Failures
	Ledger   *arrowexec.Ledger
	Limit    int64  // bytes of state; 0: no limit
	Name     string // for messages
}

// chunk is how many events are written down at most before they are gone through.
const chunk = 8192

// Join is a join of two streams: see [Join.Left] and [Join.Right].
type Join struct {
	o        Options
	l, r     side
	table    *group.Table
	reads    []bool // columns that the residual condition reads
	dues     dues
	spared   []due // rows that are due once the row at hand has matched
	arrivals int64
	mark     int64 // the least watermark of both sides, as far as rows have been gone through
	hold     int64 // how far the output's watermark is behind it
	closed   bool
	lost     [2]int64 // fates of rows kept when a run ended early: filtered, held
	empty    []*vec.Vec

	ctx expr.Ctx
	ev  events
}

// New makes a join.
func New(o Options) *Join {
	if o.Failures == nil {
		o.Failures = &arrowexec.Failures{Ledger: o.Ledger}
	}
	j := &Join{o: o, mark: arrowexec.NoWatermark, hold: add(max(o.Upper, -o.Lower, 0), o.Lateness)}
	j.l = side{outer: o.Kind == join.Left || o.Kind == join.Full, types: o.LeftTypes, on: o.OnLeft, time: o.LeftTime, lower: o.Lower, upper: o.Upper}
	j.r = side{outer: o.Kind == join.Right || o.Kind == join.Full, types: o.RightTypes, on: o.OnRight, time: o.RightTime, lower: -o.Upper, upper: -o.Lower}
	var types []arrow.DataType
	for _, k := range o.Keys {
		j.l.keys, j.r.keys = append(j.l.keys, k.Left), append(j.r.keys, k.Right)
		j.l.safe, j.r.safe = append(j.l.safe, k.NullSafe), append(j.r.safe, k.NullSafe)
		types = append(types, k.Right.Type())
	}
	j.table = group.New(types)
	j.reads = make([]bool, len(o.LeftTypes)+len(o.RightTypes))
	if o.Residual != nil {
		expr.Walk(o.Residual, func(e expr.Expr) bool {
			if c, ok := e.(*expr.Column); ok {
				j.reads[c.Index] = true
			}
			return true
		})
	}
	base := 0
	for _, s := range []*side{&j.l, &j.r} {
		s.mark, s.read = arrowexec.NoWatermark, arrowexec.NoWatermark
		for c := range s.types {
			s.at = append(s.at, -1)
			if j.reads[base+c] || j.used(base+c) {
				s.at[c] = len(s.keep)
				s.keep = append(s.keep, c)
			}
		}
		base += len(s.types)
	}
	return j
}

func (j *Join) used(c int) bool { return j.o.Used == nil || c >= len(j.o.Used) || j.o.Used[c] }

// Left is the operator for the left input.
func (j *Join) Left() arrowexec.Operator { return &port{j: j, s: &j.l} }

// Right is the operator for the right input. Rows come out of either.
func (j *Join) Right() arrowexec.Operator { return &port{j: j, s: &j.r} }

type port struct {
	j *Join
	s *side
}

// Process takes the rows of a batch.
func (p *port) Process(b *arrowexec.Batch, emit arrowexec.Emit) error {
	if err := p.j.take(p.s, b); err != nil {
		return err
	}
	if p.j.o.Shared {
		return nil
	}
	return p.j.run(b, emit)
}

// Flush ends a side: it no longer holds the watermark.
func (p *port) Flush(last *arrowexec.Batch, emit arrowexec.Emit) error {
	j := p.j
	if err := j.open(last.Scope.Pool()); err != nil {
		return err
	}
	p.s.waiting = append(p.s.waiting, arrival{row: -1, ord: last.Seq, before: p.s.read, after: arrowexec.EndOfTime})
	p.s.ended = true
	if err := j.run(last, emit); err != nil {
		return err
	}
	if j.l.ended && j.r.ended {
		for _, s := range []*side{&j.l, &j.r} {
			for row := range s.flags {
				j.settle(s, int32(row))
			}
		}
		j.close()
	}
	return nil
}

// AfterBatch takes the rows that one batch has brought to both sides.
func (j *Join) AfterBatch(b *arrowexec.Batch, emit arrowexec.Emit) error {
	if len(j.l.waiting)+len(j.r.waiting) == 0 {
		return nil
	}
	return j.run(b, emit)
}

// Holds is the first row kept.
func (p *port) Holds() (int64, bool) { return p.s.rows.MinOrd() }

// Close drops everything kept.
func (p *port) Close() { p.j.close() }

func (j *Join) close() {
	if j.closed {
		return
	}
	j.lost[0], j.lost[1] = j.fate()
	for _, s := range []*side{&j.l, &j.r} {
		s.rows.Close()
	}
	j.closed = true
}

// Fate tells of the rows that are kept when a run ends early.
func (p *port) Fate() (filtered, held int64) {
	if p.s != &p.j.l { // one port speaks for both
		return 0, 0
	}
	if p.j.closed {
		return p.j.lost[0], p.j.lost[1]
	}
	return p.j.fate()
}

func (j *Join) fate() (filtered, held int64) {
	for _, s := range []*side{&j.l, &j.r} {
		for row, w := range s.rows.Weights {
			switch {
			case row >= len(s.flags) || s.flags[row]&(matched|settled) != 0:
			case s.deadline(int32(row), j.o.Lateness) < j.mark:
				filtered += w
			default:
				held += w
			}
		}
	}
	return filtered, held
}

// State is the size of both sides.
func (p *port) State() arrowexec.State {
	if p.s != &p.j.l {
		return arrowexec.State{}
	}
	return arrowexec.State{Keys: int64(p.j.table.Len()), Bytes: p.j.bytes()}
}

func (j *Join) bytes() int64 {
	n := j.table.Bytes() + int64(cap(j.dues))*24
	for _, s := range []*side{&j.l, &j.r} {
		n += s.rows.Bytes() + int64(cap(s.times))*(8+8+4+4+4+1) + int64(cap(s.tail))*4
	}
	return n
}

func (j *Join) full() error {
	if j.o.Limit <= 0 {
		return nil
	}
	if n := j.bytes(); n > j.o.Limit {
		return fmt.Errorf("state of %s takes %d bytes for %d rows with %d keys, more than the limit of %d bytes; raise the limit, filter the rows first or join within a shorter time",
			j.o.Name, n, j.l.rows.Len()+j.r.rows.Len(), j.table.Len(), j.o.Limit)
	}
	return nil
}
