package unnest

import (
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// Options of UNNEST.
type Options struct {
	Args []expr.Expr // ARRAYs and MAPs, taken in step; shorter ones are padded with NULL
	// Outer keeps a row without elements once, with NULLs: LEFT JOIN.
	Outer bool
	// On is a BOOLEAN over the input's columns and then the elements: those for which
	// it is not TRUE are left out; nil: none.
	On       expr.Expr
	Failures *arrowexec.Failures
	Ledger   *arrowexec.Ledger
	// Rows is how many rows an emitted batch has at most; 0: 8,192.
	Rows int
}

// Operator is UNNEST.
type Operator struct {
	arrowexec.Stateless
	o     Options
	ctx   expr.Ctx
	args  []*vec.Vec // of the batch at hand
	found pairs      // elements that On has not been asked about
	out   pairs      // rows on their way out
	fate  []byte     // by input row, what is known of it
	alive vec.Sel    // the input rows whose args could be computed
	next  int        // those before it, by place in alive, are settled
	prev  int32      // the input row put out last, -1: none
}

// pairs are input rows and which of its elements goes with each, from 0; -1: none.
type pairs struct{ rows, nth []int32 }

func (p *pairs) add(row, nth int32) { p.rows, p.nth = append(p.rows, row), append(p.nth, nth) }
func (p *pairs) clear()             { p.rows, p.nth = p.rows[:0], p.nth[:0] }

// What is known of an input row.
const (
	matched = 1 << iota // an element of it was put out
	broken              // On could not be computed of one
)

// New makes the operator.
func New(o Options) *Operator {
	if o.Rows <= 0 {
		o.Rows = 8192
	}
	return &Operator{o: o}
}

// Process emits the rows of a batch. The first row of an input row has its
// weight; one without elements is filtered. One of which On cannot be computed has
// failed, unless another element of it matches.
func (u *Operator) Process(b *arrowexec.Batch, emit arrowexec.Emit) error {
	u.ctx.Reset(b)
	u.args = u.args[:0]
	for _, a := range u.o.Args {
		u.args = append(u.args, a.Eval(&u.ctx, b.Sel))
	}
	var err error
	if u.alive, err = u.ctx.Survivors(b.Sel, u.o.Failures); err != nil {
		return err
	}
	u.fate, u.next, u.prev = b.Scope.Zeroed(b.N), 0, -1
	n := u.alive.Count(b.N)
	for k := range n {
		i := at(u.alive, k)
		for e := range u.longest(i) {
			u.found.add(i, e)
			if len(u.found.rows) == u.o.Rows {
				if err := u.choose(b, emit); err != nil {
					return err
				}
			}
		}
	}
	if err := u.choose(b, emit); err != nil {
		return err
	}
	if err := u.settle(b, n, emit); err != nil {
		return err
	}
	return u.send(b, b.Watermark, emit)
}

func at(sel vec.Sel, k int) int32 {
	if sel == nil {
		return int32(k)
	}
	return sel[k]
}

// longest is how many elements the longest array of a row has.
func (u *Operator) longest(row int32) int32 {
	n := 0
	for _, a := range u.args {
		if !a.IsNull(int(row)) {
			from, to := a.Range(int(row))
			n = max(n, to-from)
		}
	}
	return int32(n)
}

// choose puts out the elements found, those of which On is TRUE.
func (u *Operator) choose(b *arrowexec.Batch, emit arrowexec.Emit) error {
	f := &u.found
	defer f.clear()
	var pass vec.Sel
	if u.o.On != nil && len(f.rows) > 0 {
		u.ctx.Reset(u.batch(b, f))
		pass = expr.Filter(&u.ctx, u.o.On, nil)
		for _, e := range u.ctx.Failed() {
			u.fate[f.rows[e.Row]] |= broken
		}
		var err error
		if pass, err = u.ctx.Survivors(pass, u.o.Failures); err != nil {
			return err
		}
	}
	for q := range pass.Count(len(f.rows)) {
		k := at(pass, q)
		i := f.rows[k]
		u.fate[i] |= matched
		to := u.next
		for at(u.alive, to) < i {
			to++
		}
		if err := u.settle(b, to, emit); err != nil {
			return err
		}
		if err := u.put(b, i, f.nth[k], emit); err != nil {
			return err
		}
	}
	return nil
}

// settle gives the input rows before a place in alive their fate: all their
// elements have been seen.
func (u *Operator) settle(b *arrowexec.Batch, to int, emit arrowexec.Emit) error {
	for ; u.next < to; u.next++ {
		i := at(u.alive, u.next)
		switch fate := u.fate[i]; {
		case fate&matched != 0:
		case fate&broken != 0:
			u.o.Ledger.Failed += b.WeightOf(int(i))
		case !u.o.Outer:
			u.o.Ledger.Filtered += b.WeightOf(int(i))
		default:
			if err := u.put(b, i, -1, emit); err != nil {
				return err
			}
		}
	}
	return nil
}

func (u *Operator) put(b *arrowexec.Batch, row, nth int32, emit arrowexec.Emit) error {
	if len(u.out.rows) == u.o.Rows {
		mark := b.Watermark
		if b.Marks != nil {
			mark = b.Marks[row]
		}
		early := *b // partitions end with the last rows
		early.Ended, early.Absent = nil, nil
		if err := u.send(&early, mark, emit); err != nil {
			return err
		}
	}
	u.out.add(row, nth)
	return nil
}

// send emits the rows on their way out, under a watermark.
func (u *Operator) send(b *arrowexec.Batch, mark int64, emit arrowexec.Emit) error {
	out := u.batch(b, &u.out)
	out.Watermark = mark
	for k, i := range u.out.rows {
		if i != u.prev {
			out.Weights[k], u.prev = b.WeightOf(int(i)), i
		}
	}
	u.out.clear()
	return emit(out)
}

// batch has the input's columns and the elements of pairs. Its rows weigh nothing.
func (u *Operator) batch(b *arrowexec.Batch, p *pairs) *arrowexec.Batch {
	n := len(p.rows)
	rows := vec.Slice[int32](b.Scope, n)
	copy(rows, p.rows)
	out := b.With(make([]*vec.Vec, 0, len(b.Cols)+len(u.args)), nil)
	out.N, out.Origin = n, b.OriginOf(rows)
	for _, c := range b.Cols {
		out.Cols = append(out.Cols, b.Scope.Gather(c, rows))
	}
	element := vec.Slice[int32](b.Scope, n)
	for _, a := range u.args {
		for k, i := range rows {
			element[k] = -1
			if nth := p.nth[k]; nth >= 0 && !a.IsNull(int(i)) {
				if from, to := a.Range(int(i)); from+int(nth) < to {
					element[k] = int32(from) + nth
				}
			}
		}
		for _, c := range a.Children {
			out.Cols = append(out.Cols, pick(b.Scope, c, element))
		}
	}
	out.Ord, out.Weights = vec.Slice[int64](b.Scope, n), vec.Slice[int64](b.Scope, n)
	clear(out.Weights)
	if b.Marks != nil {
		out.Marks = vec.Slice[int64](b.Scope, n)
	}
	for k, i := range rows {
		out.Ord[k] = b.OrdOf(int(i))
		if b.Marks != nil {
			out.Marks[k] = b.Marks[i]
		}
	}
	return out
}

// pick gathers elements; -1 is NULL.
func pick(sc *vec.Scope, v *vec.Vec, at []int32) *vec.Vec {
	g := vec.NewBuilder(sc, v.Type, len(at))
	for from := 0; from < len(at); {
		if at[from] < 0 {
			g.Null()
			from++
			continue
		}
		to := from
		for to < len(at) && at[to] >= 0 {
			to++
		}
		g.AppendSel(v, at[from:to])
		from = to
	}
	return g.Finish()
}
