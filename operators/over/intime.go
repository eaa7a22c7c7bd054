package over

import (
	"errors"
	"fmt"
	stdsort "sort"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/kept"
	"github.com/velostream/velo/operators/sort"
)

// TimeOptions of [InTime].
type TimeOptions struct {
	Order    []sort.Key // the first key rises with event time
	Time     int        // column _event_time
	Failures *arrowexec.Failures
	Ledger   *arrowexec.Ledger
	Limit    int64  // bytes of rows kept; 0: none
	Name     string // for the error that the limit gives
}

// InTime brings the rows of an input that does not end in the order of their
// event time: a row goes on once the watermark has passed it, and one that comes
// behind the watermark is late and dropped. So ORDER BY of event time needs no
// buffer of rows that might still have to make way.
type InTime struct {
	o    TimeOptions
	ctx  expr.Ctx
	rows kept.Rows // the input's columns, then the keys
	live []int32   // those that have not gone on
	left int64     // input rows that were kept when the operator was closed
	gone released
}

// NewInTime makes the operator.
func NewInTime(o TimeOptions) *InTime { return &InTime{o: o} }

// Process keeps the rows and lets those go that the watermark has passed.
func (p *InTime) Process(b *arrowexec.Batch, emit arrowexec.Emit) error {
	if err := p.rows.Open(b.Scope.Pool()); err != nil {
		return err
	}
	if b.Rows() > 0 {
		p.ctx.Reset(b)
		cols := append(make([]*vec.Vec, 0, len(b.Cols)+len(p.o.Order)), b.Cols...)
		for _, k := range p.o.Order {
			cols = append(cols, k.Expr.Eval(&p.ctx, b.Sel))
		}
		sel, err := p.ctx.Survivors(b.Sel, p.o.Failures)
		if err != nil {
			return err
		}
		times := b.Cols[p.o.Time]
		in := vec.Slice[int32](b.Scope, sel.Count(b.N))[:0]
		for k := range sel.Count(b.N) {
			if i := at(sel, k); !times.IsNull(i) && times.Int64At(i) < b.MarkOf(i) {
				p.o.Ledger.Late += b.WeightOf(i)
			} else {
				in = append(in, int32(i))
			}
		}
		if len(in) > 0 {
			for k := range in {
				p.live = append(p.live, int32(p.rows.Len()+k))
			}
			p.rows.Append(b, cols, vec.Sel(in))
		}
	}
	if err := p.pass(b, b.Watermark, emit); err != nil {
		return err
	}
	if p.o.Limit > 0 && p.rows.Bytes() > p.o.Limit && len(p.live) < p.rows.Len() {
		p.compact()
	}
	if bytes := p.rows.Bytes(); p.o.Limit > 0 && bytes > p.o.Limit {
		return fmt.Errorf("%s keeps %d rows in %d bytes, more than the memory limit of %d bytes; raise --memory-limit, or lessen watermark.max_out_of_orderness", p.o.Name, p.rows.Len(), bytes, p.o.Limit)
	}
	out := b.With(b.Cols, vec.Sel{})
	out.Marks = nil
	return emit(out)
}

// pass emits the rows before a watermark in order.
func (p *InTime) pass(b *arrowexec.Batch, mark int64, emit arrowexec.Emit) error {
	if len(p.live) == 0 {
		return nil
	}
	cols := p.rows.Columns()
	keys := len(cols) - len(p.o.Order)
	times := cols[p.o.Time]
	var leave []int32
	stay := p.live[:0]
	for _, r := range p.live {
		if mark == arrowexec.EndOfTime || times.IsNull(int(r)) || times.Int64At(int(r)) < mark {
			leave = append(leave, r)
		} else {
			stay = append(stay, r)
		}
	}
	if p.live = stay; len(leave) == 0 {
		return nil
	}
	by := newOrdering(p.o.Order, cols[keys:])
	stdsort.SliceStable(leave, func(i, j int) bool { return by.compare(leave[i], leave[j]) < 0 })
	sc := b.Scope
	out := &arrowexec.Batch{Scope: sc, N: len(leave), Seq: b.Seq, Now: b.Now, Watermark: arrowexec.NoWatermark,
		Ord: vec.Slice[int64](sc, len(leave)), Marks: vec.Slice[int64](sc, len(leave)), Weights: vec.Slice[int64](sc, len(leave))}
	passed := int64(arrowexec.NoWatermark)
	for k, r := range leave {
		if !times.IsNull(int(r)) {
			passed = times.Int64At(int(r))
		}
		out.Weights[k], out.Marks[k], out.Ord[k] = p.rows.Weights[r], passed, cause(b, passed)
		p.gone.add(out.Ord[k], p.rows.Ord[r])
	}
	for _, c := range cols[:keys] {
		out.Cols = append(out.Cols, sc.Flat(sc.Take(c, leave, false)))
	}
	out.Watermark = out.Marks[len(leave)-1]
	if len(p.live) <= p.rows.Len()/2 { // most of them have gone
		p.compact()
	}
	return emit(out)
}

func (p *InTime) compact() {
	p.rows.Keep(p.live)
	p.live = numbers[int32](p.rows.Len())
}

// cause is the sequence number of the row of the batch that moved the watermark
// beyond a time: one that a filter below has left out moves it too.
func cause(b *arrowexec.Batch, time int64) int64 {
	if b.N == 0 {
		return b.Seq
	}
	n := b.N
	if b.Marks != nil {
		n = min(n, len(b.Marks))
	}
	k := stdsort.Search(n-1, func(k int) bool { return b.MarkOf(k+1) > time })
	return b.OrdOf(k)
}

// Flush lets all rows go.
func (p *InTime) Flush(last *arrowexec.Batch, emit arrowexec.Emit) error {
	if err := p.rows.Open(last.Scope.Pool()); err != nil {
		return err
	}
	defer p.rows.Close()
	return p.pass(last, arrowexec.EndOfTime, emit)
}

// Holds is the first row kept.
func (p *InTime) Holds() (seq int64, ok bool) {
	for _, r := range p.live {
		if o := p.rows.Ord[r]; !ok || o < seq {
			seq, ok = o, true
		}
	}
	return seq, ok
}

// Released is of the rows that went on: they have the number of the row that moved the
// watermark.
func (p *InTime) Released(low int64) int64 { return p.gone.least(low) }

// Forget drops what nobody asks for again.
func (p *InTime) Forget(low int64) { p.gone.forget(low) }

// Close drops the rows kept when a run ends before its input.
func (p *InTime) Close() {
	_, p.left = p.Fate()
	p.live = nil
	p.rows.Close()
}

// Fate tells of a run that was stopped how many input rows are kept.
func (p *InTime) Fate() (filtered, held int64) {
	for _, r := range p.live {
		held += p.rows.Weights[r]
	}
	return 0, held + p.left
}

// State tells how many rows are kept.
func (p *InTime) State() arrowexec.State {
	return arrowexec.State{Keys: int64(len(p.live)), Bytes: p.rows.Bytes()}
}

// Snapshot writes down the rows kept.
func (p *InTime) Snapshot() ([]arrow.Record, error) {
	if len(p.live) == 0 {
		return nil, nil
	}
	if len(p.live) < p.rows.Len() {
		p.compact()
	}
	return []arrow.Record{p.rows.Snapshot()}, nil
}

// Restore reads a snapshot.
func (p *InTime) Restore(recs []arrow.Record) error {
	if len(recs) == 0 {
		return nil
	}
	if len(recs) > 1 {
		return errors.New("the snapshot is not of rows in the order of time")
	}
	err := p.rows.Restore(recs[0])
	p.live = numbers[int32](p.rows.Len())
	return err
}
