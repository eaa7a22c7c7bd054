package hashagg

import (
	"fmt"
	"time"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// Mode is when a GROUP BY emits.
type Mode uint8

const (
	// Final emits every group once, at the end of the input, by first arrival.
	Final Mode = iota
	// Changes emits, for each input row in order, the new row of its group.
	Changes
	// Batched emits the last row of each group that a batch, or an interval,
	// touched, in the order of the last touch.
	Batched
)

// Options of an operator.
type Options struct {
	Spec *Spec
	Mode Mode
	// Every coalesces Batched to intervals of this length, aligned to the epoch of
	// the run's clock; 0: to batches.
	Every time.Duration
	// Clock is what Every is measured by; nil: Batch.Now.
	Clock *arrowexec.Clock
	// Having is over the output columns; nil: all rows.
	Having expr.Expr
	// Retract tells that the input may take rows back ([arrowexec.Batch.Retracts]): a
	// group without rows ends. All of the input must come to this operator.
	Retract bool
	// Deletes asks for a row that takes back the last one emitted of a group that ends
	// or that HAVING no longer lets pass: the result is a table.
	Deletes bool
	// Again says that the input is read again whenever a run begins: its rows hold no
	// position.
	Again    bool
	Failures *arrowexec.Failures
	Ledger   *arrowexec.Ledger // gets what no emitted row stands for
	// Limit ends the run with an error when the state takes more bytes; 0: none.
	Limit int64
	// Name is for errors: the operator with its keys.
	Name string
	// many tells, of the groups of one pipeline and its rows, that rows are dealt out from
	// now on; nil: manyGroups.
	many func(groups, rows int64) bool
}

// Op is GROUP BY without windows, or aggregates without GROUP BY when the spec
// has no keys.
type Op struct {
	o       Options
	g       *Groups
	lives   *lives // nil: groups stay, and nothing is deleted
	ctx     expr.Ctx
	out     Output
	touched touches
	ticks   arrowexec.Ticks
	held    int64 // watermark before the rows that wait to be emitted
	settled bool
	limited bool      // LIMIT took no more of the groups at the end: the rest is filtered
	member            // of a team, when there are several pipelines
	parts   []*Groups // of others, whose groups no two of them have
}

// maxRows is how many rows an emitted batch has at most.
const maxRows = 8192

// New makes the operator.
func New(o Options) *Op {
	if o.Failures == nil {
		o.Failures = &arrowexec.Failures{Ledger: o.Ledger}
	}
	if o.many == nil {
		o.many = manyGroups
	}
	p := &Op{
		o: o, lives: newLives(&o), out: Output{Having: o.Having, Failures: o.Failures},
		ticks: arrowexec.NewTicks(o.Every.Milliseconds(), o.Clock), held: arrowexec.NoWatermark,
	}
	p.g = p.groups()
	return p
}

// groups makes empty groups.
func (p *Op) groups() *Groups {
	if p.o.Retract {
		return NewRetracting(p.o.Spec)
	}
	return NewGroups(p.o.Spec, p.o.Mode == Changes)
}

// Process adds a batch and, but for FINAL, emits what changed.
func (p *Op) Process(b *arrowexec.Batch, emit arrowexec.Emit) error {
	r, err := p.o.Spec.Eval(&p.ctx, b, p.o.Failures)
	if err != nil {
		return err
	}
	switch p.o.Mode {
	case Final:
		if p.team != nil {
			if err := p.deal(r); err != nil {
				return err
			}
			break
		}
		p.update(r, r.Sel)
	case Changes:
		if p.o.Retract {
			err = p.retract(r, emit)
		} else {
			err = p.changes(r, emit)
		}
	case Batched:
		err = p.batched(r, emit)
	}
	if err != nil {
		return err
	}
	if p.lives != nil && p.lives.crowded(len(p.touched.list)) {
		if err := p.renumber(); err != nil {
			return err
		}
	}
	return p.full()
}

func (p *Op) full() error {
	if p.o.Limit <= 0 {
		return nil
	}
	st := p.State()
	if p.dealing && len(p.parts) == 0 {
		st = p.team.size(p.place, st)
	}
	return st.Exceeds(p.o.Limit, p.name(), fmt.Sprintf("%d groups", st.Keys), ", group by fewer keys or use a window")
}

func (p *Op) name() string {
	if p.o.Name != "" {
		return p.o.Name
	}
	name := "GROUP BY"
	for i, k := range p.o.Spec.Keys {
		if i > 0 {
			name += ","
		}
		name += " " + k.String()
	}
	return name
}

func (p *Op) changes(r *Rows, emit arrowexec.Emit) error {
	b, rows := r.Batch, r.Sel
	n := rows.Count(b.N)
	if n > maxRows && rows == nil {
		rows = all(b)
	}
	for from := 0; from == 0 || from < n; from += maxRows {
		to := min(from+maxRows, n)
		sel := rows
		if n > maxRows {
			sel = rows[from:to]
		} else if n == 0 {
			sel = vec.Sel{}
		}
		ids, c := p.g.UpdateEach(r, sel)
		out := b.With(c.Cols, nil)
		out.N, out.Origin = c.N, nil
		own := vec.Slice[int64](b.Scope, c.N)
		out.Ord = vec.Slice[int64](b.Scope, c.N)
		if b.Marks != nil {
			out.Marks = vec.Slice[int64](b.Scope, c.N)
		}
		for k := range own {
			i := k
			if sel != nil {
				i = int(sel[k])
			}
			own[k], out.Ord[k] = b.WeightOf(i), b.OrdOf(i)
			if b.Marks != nil {
				out.Marks[k] = b.Marks[i]
			}
		}
		if to < n && b.Marks != nil {
			out.Watermark = b.Marks[rows[to]]
		}
		if p.lives != nil {
			p.lives.grow(p.g.Len())
			err := p.sendLive(out, c.Failed, ids, own, b.Scope.Zeroed(c.N), false, p.lives.times(r, sel), to == n, emit)
			if err != nil {
				return err
			}
			continue
		}
		if err := p.out.Send(out, c.Failed, p.g, ids, own, to == n, emit); err != nil {
			return err
		}
	}
	return nil
}

func all(b *arrowexec.Batch) vec.Sel {
	sel := vec.Slice[int32](b.Scope, b.N)
	for i := range sel {
		sel[i] = int32(i)
	}
	return sel
}

func (p *Op) batched(r *Rows, emit arrowexec.Emit) error {
	b := r.Batch
	if p.o.Every <= 0 {
		p.touched.add(b, p.update(r, r.Sel), r.Sel, p.g.Len())
		ids, ords := p.touched.take()
		before := p.held
		p.held = b.Watermark
		return p.send(b, ids, ords, 0, before, b.Watermark, emit)
	}
	sel := r.Sel
	if sel == nil {
		sel = all(b)
	}
	for from := 0; from < len(sel); { // rows up to the first of another interval
		first := int(sel[from])
		if err := p.tick(b, p.ticks.At(b, b.OrdOf(first)), emit); err != nil {
			return err
		}
		if p.touched.none() {
			p.held = b.MarkOf(first)
		}
		to := from + 1
		for to < len(sel) && !p.ticks.Due(p.ticks.At(b, b.OrdOf(int(sel[to])))) {
			to++
		}
		part := sel[from:to]
		p.touched.add(b, p.update(r, part), part, p.g.Len())
		from = to
	}
	if err := p.tick(b, p.ticks.Now(b), emit); err != nil {
		return err
	}
	if p.touched.none() {
		p.held = b.Watermark
	}
	return p.send(b, nil, nil, 0, p.held, p.held, emit)
}

// tick emits what the interval before touched once the clock has left it, with
// the sequence number of the row that moved the clock.
func (p *Op) tick(b *arrowexec.Batch, now int64, emit arrowexec.Emit) error {
	if !p.ticks.Due(now) {
		return nil
	}
	ord := p.ticks.Cause(b)
	p.ticks.Pass(now)
	return p.emitTouched(b, ord, emit)
}

// emitTouched emits the groups touched in the order of their last touch. The
// watermark stayed where it was when the first of them was touched.
func (p *Op) emitTouched(b *arrowexec.Batch, ord int64, emit arrowexec.Emit) error {
	ids, _ := p.touched.take()
	if len(ids) == 0 {
		return nil
	}
	return p.send(b, ids, nil, ord, p.held, p.held, emit)
}

// send emits the rows of groups, which stand between two watermarks, in chunks; each has a scope of its own, so that
// a million groups do not stand in memory twice. ords are the sequence numbers of the rows, nil where all have ord.
func (p *Op) send(b *arrowexec.Batch, ids []int32, ords []int64, ord, before, watermark int64, emit arrowexec.Emit) error {
	for from := 0; from == 0 || from < len(ids); from += maxRows {
		part := ids[from:min(from+maxRows, len(ids))]
		if err := p.sendChunk(b, part, ords[min(from, len(ords)):], ord, before, watermark, from+maxRows >= len(ids), emit); err != nil {
			return err
		}
	}
	return nil
}

func (p *Op) sendChunk(b *arrowexec.Batch, ids []int32, ords []int64, ord, before, watermark int64, last bool, emit arrowexec.Emit) error {
	sc := b.Scope.Pool().Open()
	defer sc.Close()
	c := p.g.Emit(sc, ids)
	out := &arrowexec.Batch{Scope: sc, N: c.N, Cols: c.Cols, Seq: b.Seq, Watermark: arrowexec.NoWatermark, Now: b.Now}
	if last {
		out.Watermark = watermark
	}
	out.Ord = vec.Slice[int64](sc, c.N)
	if len(ords) > 0 {
		copy(out.Ord, ords)
	} else {
		for k := range out.Ord {
			out.Ord[k] = ord
		}
	}
	if b.Marks != nil { // the rows stand before whatever moved the watermark
		out.Marks = vec.Slice[int64](sc, c.N)
		for k := range out.Marks {
			out.Marks[k] = before
		}
	}
	if l := p.lives; l != nil {
		pass, some := sc.Zeroed(c.N), false
		for k, id := range ids {
			if l.ended(id) {
				pass[k], some = vanished, true
			}
		}
		return p.sendLive(out, c.Failed, ids, nil, pass, some, nil, last, emit)
	}
	return p.out.Send(out, c.Failed, p.g, ids, nil, last, emit)
}

// Flush emits what is left: all groups of FINAL, or what the last interval touched.
func (p *Op) Flush(last *arrowexec.Batch, emit arrowexec.Emit) error {
	switch {
	case len(p.parts) > 0:
		if err := p.weave(last, emit); err != nil {
			p.limited = err == arrowexec.ErrDone
			return err
		}
		p.settled = p.settled || p.o.Having == nil
	case p.o.Mode == Final:
		p.g.One(last)
		order := p.g.Table.Order
		if p.o.Retract {
			p.lives.grow(p.g.Len())
			order = p.lives.order
		}
		// Without a watermark: the receiver's own end of input closes its windows
		// after all chunks.
		if err := p.send(last, order(), nil, last.Seq, arrowexec.NoWatermark, arrowexec.NoWatermark, emit); err != nil {
			p.limited = err == arrowexec.ErrDone
			return err
		}
		p.settled = p.settled || p.o.Having == nil // each group was emitted: nothing is owed
	case p.o.Mode == Batched && p.o.Every > 0:
		if err := p.emitTouched(last, last.Seq, emit); err != nil {
			return err
		}
	}
	p.Settle()
	return nil
}

// Settle adds to the ledger what no emitted row stands for; Flush does it. After
// a run that ended without Flush, whoever ends the run calls it. Twice does nothing.
func (p *Op) Settle() {
	if p.settled || p.o.Ledger == nil {
		return
	}
	p.settled = true
	filtered, held := p.fate()
	if p.limited {
		filtered, held = filtered+held, 0
	}
	p.o.Ledger.Filtered += filtered
	p.o.Ledger.Held += held
}

func (p *Op) fate() (filtered, held int64) {
	if p.lives != nil {
		return p.lives.fate(p.g)
	}
	for _, g := range p.all() {
		f, h := g.Fate()
		filtered, held = filtered+f, held+h
	}
	return filtered, held
}

// all are the groups of the operator, and those that others had.
func (p *Op) all() []*Groups { return append([]*Groups{p.g}, p.parts...) }

// Holds is the first row of all: groups without a window never end.
func (p *Op) Holds() (seq int64, ok bool) {
	if p.o.Again {
		return 0, false
	}
	for _, g := range p.all() {
		if s, some := g.Table.First(); some && (!ok || s < seq) {
			seq, ok = s, true
		}
	}
	return seq, ok
}

// Merge takes over the groups of another pipeline.
func (p *Op) Merge(other arrowexec.Operator) error {
	o, ok := other.(*Op)
	if !ok {
		return fmt.Errorf("bug: merging %T into a GROUP BY", other)
	}
	if p.lives != nil {
		return fmt.Errorf("bug: merging %s, whose groups may end", p.name())
	}
	if p.dealing {
		p.parts = append(p.parts, o.g)
	} else {
		p.g.Merge(o.g)
	}
	return p.full()
}

// State is the number of groups and their memory.
func (p *Op) State() arrowexec.State {
	st := arrowexec.State{Bytes: p.touched.bytes()}
	for _, g := range p.all() {
		st.Keys += int64(g.Len())
		st.Bytes += g.Bytes()
	}
	if l := p.lives; l != nil {
		st.Bytes += l.bytes()
		if l.retract {
			st.Keys = l.groups
		}
	}
	return st
}
