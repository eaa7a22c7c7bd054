package join

import (
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// KeyFilter is an operator for rows that lead to the side of the join that is read
// later: it drops those whose keys, over its own rows and in the order of the join's,
// the first side does not have. Until the first side has ended all rows pass. The
// ledger counts what is dropped as filtered.
func (j *Join) KeyFilter(keys []expr.Expr, l *arrowexec.Ledger, f *arrowexec.Failures) arrowexec.Operator {
	return &keyFilter{j: j, keys: keys, ledger: l, failures: f}
}

type keyFilter struct {
	arrowexec.Stateless
	j        *Join
	ctx      expr.Ctx
	keys     []expr.Expr
	ledger   *arrowexec.Ledger
	failures *arrowexec.Failures
	in, out  int // rows looked for and found
}

// enough rows tell whether it is worth looking: of a filter that drops fewer than a
// fifth the join does the work as well.
const enough = 1 << 16

// Process narrows a batch to the rows whose keys are known.
func (p *keyFilter) Process(b *arrowexec.Batch, emit arrowexec.Emit) error {
	first := p.j.ended
	if p.j.o.Early {
		first = p.j.done
	}
	n := b.Rows()
	if !first || n == 0 || p.in > enough && p.out > p.in/5*4 {
		return emit(b)
	}
	p.ctx.Reset(b)
	sel := b.Sel
	cols := make([]*vec.Vec, len(p.keys))
	for i, e := range p.keys {
		cols[i] = e.Eval(&p.ctx, sel)
	}
	if len(p.ctx.Failed()) > 0 { // the rule lets no key in that may fail
		return emit(b)
	}
	for i, k := range p.j.o.Keys {
		if !k.NullSafe {
			sel = notNull(b, cols[i], sel)
		}
	}
	ids := none(b)
	p.j.table.Lookup(b.Scope, cols, b.N, sel, ids)
	sel = matching(b, ids, sel)
	p.in, p.out = p.in+n, p.out+len(sel)
	if len(sel) == n {
		return emit(b)
	}
	p.ledger.Filtered += b.Weight(b.Sel) - b.Weight(sel)
	return emit(b.With(b.Cols, sel))
}
