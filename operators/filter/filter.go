package filter

import (
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
)

// Options of a filter.
type Options struct {
	Predicate expr.Expr // BOOLEAN
	Failures  *arrowexec.Failures
	Ledger    *arrowexec.Ledger
}

// Operator is a filter.
type Operator struct {
	arrowexec.Stateless
	o   Options
	ctx expr.Ctx
	// dropped counts the input rows for which the predicate was not TRUE.
	dropped int64
}

// Dropped tells how many input rows the predicate has removed.
func (f *Operator) Dropped() int64 { return f.dropped }

// New makes a filter.
func New(o Options) *Operator { return &Operator{o: o} }

// Process narrows the batch's selection. A row whose predicate cannot be
// computed is failed; one for which it is not TRUE is filtered.
func (f *Operator) Process(b *arrowexec.Batch, emit arrowexec.Emit) error {
	if b.Rows() == 0 {
		return emit(b)
	}
	f.ctx.Reset(b)
	sel := expr.Filter(&f.ctx, f.o.Predicate, b.Sel)
	gone := b.Weight(b.Sel)
	for _, e := range f.ctx.Failed() {
		gone -= b.WeightOf(int(e.Row))
	}
	sel, err := f.ctx.Survivors(sel, f.o.Failures)
	if err != nil {
		return err
	}
	gone -= b.Weight(sel)
	f.dropped += gone
	f.o.Ledger.Filtered += gone
	return emit(b.With(b.Cols, sel))
}
