package window

import "github.com/velostream/velo/arrowexec"

// pace is when coalesced rows are given: at the end of each batch, or of each
// interval of the run's clock. The watermark that goes on stays meanwhile where it
// was before the first row that waits, so that who reads the rows finds them no
// later than they were here.
type pace struct {
	every int64
	ticks arrowexec.Ticks
	dirty bool  // rows wait
	held  int64 // watermark before the first of them
}

func newPace(o *Options) pace {
	return pace{every: o.Every, ticks: arrowexec.NewTicks(o.Every, o.Clock), held: arrowexec.NoWatermark}
}

// row tells, before a row is added, whether the interval before it has ended,
// and which row has moved the clock.
func (p *pace) row(b *arrowexec.Batch, i int) (ord int64, due bool) {
	if p.every == 0 {
		return 0, false
	}
	return p.pass(b, p.ticks.At(b, b.OrdOf(i)))
}

// end tells the same behind the last row of a batch.
func (p *pace) end(b *arrowexec.Batch) (ord int64, due bool) {
	if p.every == 0 {
		return 0, true
	}
	return p.pass(b, p.ticks.Now(b))
}

func (p *pace) pass(b *arrowexec.Batch, now int64) (ord int64, due bool) {
	if !p.ticks.Due(now) {
		return 0, false
	}
	ord = p.ticks.Cause(b)
	p.ticks.Pass(now)
	return ord, true
}

// last is the cause of what the end of the input gives.
func (p *pace) last(b *arrowexec.Batch) int64 { return b.Seq }

// touch notes that a row waits; mark is the watermark before it.
func (p *pace) touch(mark int64) {
	if !p.dirty {
		p.dirty, p.held = true, mark
	}
}

func (p *pace) given() { p.dirty = false }

// watermark is what goes on when the input is at mark.
func (p *pace) watermark(mark int64) int64 {
	if p.dirty {
		return p.held
	}
	return mark
}

// stamp gives the rows of an interval the row that ended it; those of a batch
// keep the rows that changed them.
func (p *pace) stamp(es []entry, ord int64) {
	if p.every == 0 {
		return
	}
	for k := range es {
		es[k].ord = ord
	}
}

// state is the pace in three numbers, for a snapshot.
func (p *pace) state() [3]int64 {
	interval, begun := p.ticks.State()
	if !begun {
		interval = arrowexec.NoWatermark
	}
	return [3]int64{interval, truth(p.dirty), p.held}
}

func (p *pace) restore(interval, dirty, held int64) {
	p.ticks.Restore(interval, interval != arrowexec.NoWatermark)
	p.dirty, p.held = dirty != 0, held
}
