package over

import (
	"fmt"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/kept"
)

// Buffered computes window functions over the last rows of each partition, row
// by row as they come. What the calls read of rows stands in one list of columns,
// the log; the buffers of each window hold numbers of its rows.
type Buffered struct {
	o     Options
	exprs []expr.Expr    // what the windows read, each once
	at    map[string]int // expression → place in exprs
	ctx   expr.Ctx
	log   kept.Rows // exprs, behind the input's columns when rows are held
	cols  []*vec.Vec
	width int // columns of the input in the log
	parts []*partitions
	wins  []*buffers
	held  *held // nil: no call looks ahead
	left  int64 // input rows that were held when the operator was closed
	full  int   // rows of the log at which those nobody needs are dropped
	least int   // full is not less
}

// leastFull is how long the log gets at least before it is looked through.
const leastFull = 1 << 13

// NewBuffered makes the operator. Every window needs a buffer.
func NewBuffered(o Options) (*Buffered, error) {
	windows, err := prepared(o.Windows)
	if err != nil {
		return nil, err
	}
	o.Windows = windows
	p := &Buffered{o: o, at: map[string]int{}, full: leastFull, least: leastFull}
	waits := int16(0)
	for i := range o.Windows {
		w := &o.Windows[i]
		if w.Buffer < 1 {
			return nil, fmt.Errorf("bug: window %d has no buffer", i)
		}
		for _, e := range w.Exprs() {
			if _, ok := p.at[textOf(e)]; !ok {
				p.at[textOf(e)] = len(p.exprs)
				p.exprs = append(p.exprs, e)
			}
		}
		b := newBuffers(w, p.partitioned(w.Partition))
		p.wins = append(p.wins, b)
		for _, c := range b.calls {
			if c.waits {
				waits++
			}
		}
	}
	if waits > 0 {
		p.held = &held{waits: waits, failed: map[int32]error{}}
	}
	return p, nil
}

// column is an expression's values in the log.
func (p *Buffered) column(e expr.Expr) *vec.Vec { return p.cols[p.width+p.at[textOf(e)]] }

// Process adds the rows to the buffers one after the other and gives each its
// values, or those of the rows that it lets go.
func (p *Buffered) Process(b *arrowexec.Batch, emit arrowexec.Emit) error {
	if err := p.open(b.Scope.Pool()); err != nil {
		return err
	}
	sel, first, err := p.keep(b)
	if err != nil {
		return err
	}
	n := p.log.Len() - first
	for _, w := range p.wins {
		w.reserve()
	}
	if p.held != nil {
		p.hold(b, sel, first, n)
	} else {
		for _, w := range p.wins {
			for k := range n {
				w.take(nil, int32(first+k), w.part.ids[k])
			}
		}
	}
	if err := p.finish(b, sel, first, n, emit); err != nil {
		return err
	}
	return p.shrink()
}

// keep appends what the windows read of the rows to the log and numbers their
// partitions.
func (p *Buffered) keep(b *arrowexec.Batch) (sel vec.Sel, first int, err error) {
	first = p.log.Len()
	sel = b.Sel
	cols := make([]*vec.Vec, 0, len(b.Cols)+len(p.exprs))
	if p.held != nil {
		cols = append(cols, b.Cols...)
	}
	p.width = len(cols)
	if b.Rows() > 0 {
		p.ctx.Reset(b)
		for _, e := range p.exprs {
			cols = append(cols, e.Eval(&p.ctx, b.Sel))
		}
		if sel, err = p.ctx.Survivors(b.Sel, p.o.Failures); err != nil {
			return nil, 0, err
		}
		p.log.Append(b, cols, sel)
	}
	for _, q := range p.parts {
		var keys []*vec.Vec
		for _, e := range q.by {
			if b.Rows() > 0 {
				keys = append(keys, cols[p.width+p.at[textOf(e)]])
			}
		}
		q.assign(b, keys, sel)
	}
	p.cols = p.log.Columns()
	for _, w := range p.wins {
		w.see(p)
	}
	return sel, first, nil
}

// finish computes the calls of the entries that the rows have asked for, and
// emits rows.
func (p *Buffered) finish(b *arrowexec.Batch, sel vec.Sel, first, n int, emit arrowexec.Emit) error {
	if p.held != nil {
		return p.release(b, sel, first, n, emit)
	}
	cols := append(make([]*vec.Vec, 0, len(b.Cols)+4), b.Cols...)
	failed := map[int32]error{}
	for _, w := range p.wins {
		if w.w.Trim {
			w.complete()
		}
		v := w.view(p, b.Scope, w.now)
		for _, c := range w.calls {
			var out *vec.Vec
			if n == 0 {
				out = b.Scope.NullConst(c.Type, b.N)
			} else {
				r := v.compute(c.Call, c.state, func(k int, err error) {
					if failed[int32(k)] == nil {
						failed[int32(k)] = err
					}
				})
				out = r.spread(b.Scope, n, b.N, sel)
			}
			cols = append(cols, out)
		}
		if w.w.Trim && n > 0 { // before the first row there are no columns to look at
			w.trim(v)
		}
		w.settle()
	}
	if n == 0 {
		return emit(b.With(cols, vec.Sel{}))
	}
	if len(failed) > 0 {
		left := vec.Slice[int32](b.Scope, n)[:0]
		for k := range n {
			i := at(sel, k)
			if err := failed[int32(k)]; err != nil {
				if err := p.o.Failures.Row(b, i, "expression", "", err); err != nil {
					return err
				}
				continue
			}
			left = append(left, int32(i))
		}
		sel = left
	}
	return emit(b.With(cols, sel))
}

// at is the place in the batch of the k-th selected row.
func at(sel vec.Sel, k int) int {
	if sel == nil {
		return k
	}
	return int(sel[k])
}

// spread makes the column of a batch of size rows out of the values of the n
// selected ones.
func (r result) spread(sc *vec.Scope, n, size int, sel vec.Sel) *vec.Vec {
	from := r.at
	if sel == nil {
		if from == nil {
			return r.values
		}
		return sc.Flat(sc.Take(r.values, from, true))
	}
	to := vec.Slice[int32](sc, size)
	for i := range to {
		to[i] = -1
	}
	for k := range n {
		if from == nil {
			to[sel[k]] = int32(k)
		} else {
			to[sel[k]] = from[k]
		}
	}
	return sc.Flat(sc.Take(r.values, to, true))
}

// Flush gives the rows that still wait for others.
func (p *Buffered) Flush(last *arrowexec.Batch, emit arrowexec.Emit) error {
	if err := p.open(last.Scope.Pool()); err != nil {
		return err
	}
	defer p.Close()
	if p.held == nil || p.log.Len() == 0 {
		return nil
	}
	p.cols = p.log.Columns()
	if p.width == 0 {
		p.width = len(p.cols) - len(p.exprs)
	}
	for _, w := range p.wins {
		w.see(p)
		for g := range w.begin {
			w.letGo(p.held, int32(g))
		}
	}
	p.held.free(p, last.Seq)
	return p.release(last, vec.Sel{}, p.log.Len(), 0, emit)
}
