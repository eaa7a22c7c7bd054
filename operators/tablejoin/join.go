package tablejoin

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/group"
	"github.com/velostream/velo/operators/join"
)

// Tables tells which inputs are tables.
type Tables uint8

// With one table the other input is a stream.
const (
	Right Tables = iota
	Left
	Both
)

// Options of a join with a table. Expressions over both sides see the left columns
// and then the right ones.
type Options struct {
	// Kind is Inner, or the outer kind that preserves the stream; of two tables
	// Inner, Left, Right or Full.
	Kind  join.Kind
	Table Tables
	Keys  []join.Key // none: all rows of the table are candidates
	// OnLeft and OnRight are conditions on one side: rows for which they are not
	// TRUE match nothing. Residual is over both.
	OnLeft, OnRight, Residual expr.Expr
	LeftTypes, RightTypes     []arrow.DataType
	Used                      []bool // columns of both sides that anybody above reads; nil: all
	// Times are, of two tables, the columns of the event times (TIMESTAMP of ms), each
	// of its own input and -1 for none; nil: neither has any. A batch that says nothing
	// of the causes of its rows is caused by rows with these.
	Times []int
	// Shared says that one batch may reach both sides: rows then wait for
	// [Join.AfterBatch], which takes them in the order of their causes.
	Shared bool
	// LeftAgain and RightAgain say that the whole side is read again whenever a run
	// begins: its rows hold no position.
	LeftAgain, RightAgain bool
	Failures              *arrowexec.Failures
	Ledger                *arrowexec.Ledger
	Limit                 int64  // bytes of state; 0: no limit
	Name                  string // for messages
}

// chunk is how many pairs are looked at, and about how many rows are emitted, at
// once.
const chunk = 8192

// Join is a join with a table: see [Join.Left] and [Join.Right].
type Join struct {
	o     Options
	l, r  side
	keys  *group.Table
	reads []bool // columns that the residual condition reads

	closed bool
	held   int64 // weight of the rows kept when a run ended early
	empty  []*vec.Vec
	narrow narrowing
	probe  probing // of a stream
	wait   waiting // rows of the stream that wait for a shared batch
	ev     events  // of two tables
	mark   int64   // watermark of the output of two tables
	cause  int64   // greatest event time of a cause so far
}

// New makes a join.
func New(o Options) (*Join, error) {
	if o.Failures == nil {
		o.Failures = &arrowexec.Failures{Ledger: o.Ledger}
	}
	if o.Name == "" {
		o.Name = "JOIN"
	}
	if o.Table != Both && o.Times != nil {
		return nil, fmt.Errorf("bug: %s makes times of a table and a stream", o.Name)
	}
	preserves := [2]bool{o.Kind == join.Left || o.Kind == join.Full, o.Kind == join.Right || o.Kind == join.Full}
	if o.Kind > join.Full || o.Table == Right && preserves[1] || o.Table == Left && preserves[0] {
		return nil, fmt.Errorf("bug: %s preserves a side that is a table beside a stream, or neither side", o.Name)
	}
	j := &Join{o: o, mark: arrowexec.NoWatermark, cause: noTime}
	j.l = side{table: o.Table != Right, outer: preserves[0], types: o.LeftTypes, on: o.OnLeft}
	j.r = side{table: o.Table != Left, outer: preserves[1], types: o.RightTypes, on: o.OnRight, right: true}
	var types []arrow.DataType
	for _, k := range o.Keys {
		j.l.keys, j.r.keys = append(j.l.keys, k.Left), append(j.r.keys, k.Right)
		j.l.safe, j.r.safe = append(j.l.safe, k.NullSafe), append(j.r.safe, k.NullSafe)
		types = append(types, k.Right.Type())
	}
	j.keys = group.New(types)
	j.reads = make([]bool, len(o.LeftTypes)+len(o.RightTypes))
	if o.Residual != nil {
		expr.Walk(o.Residual, func(e expr.Expr) bool {
			if c, ok := e.(*expr.Column); ok {
				j.reads[c.Index] = true
			}
			return true
		})
	}
	j.l.time, j.r.time = -1, -1
	if o.Times != nil {
		j.l.time, j.r.time = o.Times[0], o.Times[1]
	}
	base := 0
	for _, s := range []*side{&j.l, &j.r} {
		s.mark, s.read, s.first = arrowexec.NoWatermark, arrowexec.NoWatermark, base
		for c := range s.types {
			s.at = append(s.at, -1)
			if j.reads[base+c] || j.used(base+c) {
				s.at[c] = len(s.keep)
				s.keep = append(s.keep, c)
			}
		}
		base += len(s.types)
	}
	return j, nil
}

func (j *Join) used(c int) bool { return j.o.Used == nil || c >= len(j.o.Used) || j.o.Used[c] }

// tables tells that both sides are tables.
func (j *Join) tables() bool { return j.o.Table == Both }

// sides gives the stream and the table of a join that has both.
func (j *Join) sides() (stream, table *side) {
	if j.o.Table == Left {
		return &j.r, &j.l
	}
	return &j.l, &j.r
}

// Left is the operator for the left input.
func (j *Join) Left() arrowexec.Operator { return &port{j: j, s: &j.l} }

// Right is the operator for the right input. Of two tables rows come out of
// either.
func (j *Join) Right() arrowexec.Operator { return &port{j: j, s: &j.r} }

type port struct {
	j *Join
	s *side
}

// Process takes the rows of a batch.
func (p *port) Process(b *arrowexec.Batch, emit arrowexec.Emit) error {
	j := p.j
	if err := j.open(b.Scope.Pool()); err != nil {
		return err
	}
	if !p.s.table {
		if j.o.Shared {
			return j.await(p.s, b)
		}
		return j.stream(b, emit)
	}
	if err := j.take(p.s, b); err != nil {
		return err
	}
	if j.o.Shared {
		return nil
	}
	return j.run(b, emit)
}

// run takes the changes that have come, and the rows of the stream that wait.
func (j *Join) run(b *arrowexec.Batch, emit arrowexec.Emit) error {
	var err error
	switch {
	case j.tables():
		err = j.change(b, emit)
	case j.wait.came:
		err = j.resume(b, emit)
	default:
		j.applyAll()
	}
	for _, s := range []*side{&j.l, &j.r} {
		if err != nil { // nobody asks for more, or the run ends: no change is made twice
			s.changes, s.moved = s.changes[:0], false
			continue
		}
		j.settleChanges(s)
		j.compact(s)
	}
	return err
}

// Flush ends a side: it no longer holds the watermark.
func (p *port) Flush(last *arrowexec.Batch, emit arrowexec.Emit) error {
	j := p.j
	if err := j.open(last.Scope.Pool()); err != nil {
		return err
	}
	p.s.ended = true
	if !j.l.ended || !j.r.ended || j.closed {
		return nil
	}
	if err := j.AfterBatch(last, emit); err != nil {
		return err
	}
	for _, s := range []*side{&j.l, &j.r} {
		for row := range s.flags {
			j.settle(s, int32(row))
		}
	}
	j.close()
	return nil
}

// AfterBatch takes the rows that one batch has brought to both sides.
func (j *Join) AfterBatch(b *arrowexec.Batch, emit arrowexec.Emit) error {
	if len(j.l.changes)+len(j.r.changes) == 0 && !j.wait.came && !j.l.moved && !j.r.moved {
		return nil
	}
	return j.run(b, emit)
}

// Holds is the first row kept.
func (p *port) Holds() (int64, bool) {
	if p.s == &p.j.l && p.j.o.LeftAgain || p.s == &p.j.r && p.j.o.RightAgain {
		return 0, false
	}
	for row, f := range p.s.flags {
		if f&gone == 0 {
			return p.s.rows.Ord[row], true
		}
	}
	return 0, false
}

// Close drops everything kept.
func (p *port) Close() { p.j.close() }

func (j *Join) close() {
	if j.closed {
		return
	}
	j.held = j.fate()
	for _, s := range []*side{&j.l, &j.r} {
		s.rows.Close()
		s.cols, s.all, s.flags, s.changes, s.garbage = nil, nil, nil, nil, 0
	}
	j.wait.rows.Close()
	j.closed = true
}

// Fate tells of the rows that are kept when a run ends early.
func (p *port) Fate() (filtered, held int64) {
	if p.s != &p.j.l { // one port speaks for both
		return 0, 0
	}
	if p.j.closed {
		return 0, p.j.held
	}
	return 0, p.j.fate()
}

func (j *Join) fate() (held int64) {
	for _, s := range []*side{&j.l, &j.r} {
		for row, f := range s.flags {
			if f&(used|settled) == 0 {
				held += s.rows.Weights[row]
			}
		}
	}
	for _, w := range j.wait.rows.Weights {
		held += w
	}
	return held
}

// State is the size of both sides.
func (p *port) State() arrowexec.State {
	if p.s != &p.j.l {
		return arrowexec.State{}
	}
	return p.j.state()
}

func (j *Join) state() arrowexec.State {
	n := j.keys.Bytes() + j.wait.rows.Bytes()
	for _, s := range []*side{&j.l, &j.r} {
		n += s.rows.Bytes() + int64(cap(s.ids)+cap(s.prev)+cap(s.next)+cap(s.matches)+cap(s.head)+cap(s.tail))*4 +
			int64(cap(s.alone))*8 + int64(cap(s.flags))
	}
	return arrowexec.State{Keys: int64(j.keys.Len()), Bytes: n}
}

func (j *Join) full() error {
	if j.o.Limit <= 0 {
		return nil
	}
	st := j.state()
	rows := j.l.rows.Len() + j.r.rows.Len() + j.wait.rows.Len()
	return st.Exceeds(j.o.Limit, j.o.Name, fmt.Sprintf("%d rows with %d keys", rows, st.Keys), ", filter the rows first or select fewer columns")
}

var _ arrowexec.Snapshotter = (*port)(nil)
