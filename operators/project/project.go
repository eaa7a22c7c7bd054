package project

import (
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// Options of a projection.
type Options struct {
	Exprs    []expr.Expr // the output columns, in order
	Failures *arrowexec.Failures
	// Headers makes one more column, the last: the record headers of the output
	// row, which are those of the input with the edits of the list. Nil: none.
	Headers *Headers
}

// Headers tells where the headers of the input row stand.
type Headers struct {
	Input int // column of type [vec.TypeHeaders]; -1: the input has none
}

// Operator is a projection.
type Operator struct {
	arrowexec.Stateless
	o     Options
	ctx   expr.Ctx
	edits headerEdits
	used  []bool // columns of the input
	texts bool   // two or more are made: see compact
}

// New makes a projection.
func New(o Options) *Operator {
	p := &Operator{o: o}
	if p.used, p.texts = columns(o.Exprs); o.Headers != nil {
		p.texts = false
	}
	if o.Headers != nil {
		p.ctx.Headers = &expr.HeaderEdits{}
	}
	return p
}

// eval computes the list for the selected rows of a batch.
func (p *Operator) eval(b *arrowexec.Batch) []*vec.Vec {
	p.ctx.Reset(b)
	n := len(p.o.Exprs)
	cols := b.Scope.Columns(n + 1)[:n] // and the headers
	for i, e := range p.o.Exprs {
		cols[i] = e.Eval(&p.ctx, b.Sel)
	}
	return cols
}

// Process computes the list for the selected rows. A row of which one item
// fails is dropped and counted failed.
func (p *Operator) Process(b *arrowexec.Batch, emit arrowexec.Emit) error {
	if few := p.compact(b); few != nil {
		if cols := p.eval(few); len(p.ctx.Failed()) == 0 {
			return emit(few.WithLent(cols, nil))
		} // else once more, by the rows' own numbers
	}
	cols := p.eval(b)
	sel, err := p.ctx.Survivors(b.Sel, p.o.Failures)
	if err != nil {
		return err
	}
	if h := p.o.Headers; h != nil {
		var in *vec.Vec
		if h.Input >= 0 {
			in = b.Cols[h.Input]
		}
		cols = append(cols, p.edits.apply(b, in, p.ctx.Headers.Edits, sel))
	}
	return emit(b.WithLent(cols, sel))
}
