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
	Outer    bool
	Failures *arrowexec.Failures
	Ledger   *arrowexec.Ledger
	// Rows is how many rows an emitted batch has at most; 0: 8,192.
	Rows int
}

// Operator is UNNEST.
type Operator struct {
	arrowexec.Stateless
	o   Options
	ctx expr.Ctx
	// The rows of the batch to be emitted: the input row of each, whether it is
	// the first of that row, and by argument the element, -1 for NULL.
	rows     []int32
	first    []bool
	elements [][]int32
}

// New makes the operator.
func New(o Options) *Operator {
	if o.Rows <= 0 {
		o.Rows = 8192
	}
	return &Operator{o: o, elements: make([][]int32, len(o.Args))}
}

// Process emits the rows of a batch. The first row of an input row has its
// weight; one without elements is filtered.
func (u *Operator) Process(b *arrowexec.Batch, emit arrowexec.Emit) error {
	u.ctx.Reset(b)
	args := make([]*vec.Vec, len(u.o.Args))
	for k, a := range u.o.Args {
		args[k] = a.Eval(&u.ctx, b.Sel)
	}
	sel, err := u.ctx.Survivors(b.Sel, u.o.Failures)
	if err != nil {
		return err
	}
	n := sel.Count(b.N)
	for k := range n {
		i := k
		if sel != nil {
			i = int(sel[k])
		}
		longest := 0
		for _, a := range args {
			if !a.IsNull(i) {
				from, to := a.Range(i)
				longest = max(longest, to-from)
			}
		}
		if longest == 0 {
			if !u.o.Outer {
				u.o.Ledger.Filtered += b.WeightOf(i)
				continue
			}
			longest = 1
		}
		for e := range longest {
			if len(u.rows) == u.o.Rows {
				mark := b.Watermark
				if b.Marks != nil {
					mark = b.Marks[i]
				}
				if err := u.send(b, args, mark, emit); err != nil {
					return err
				}
			}
			u.rows, u.first = append(u.rows, int32(i)), append(u.first, e == 0)
			for k, a := range args {
				at := -1
				if !a.IsNull(i) {
					if from, to := a.Range(i); from+e < to {
						at = from + e
					}
				}
				u.elements[k] = append(u.elements[k], int32(at))
			}
		}
	}
	return u.send(b, args, b.Watermark, emit)
}

// send emits the rows gathered so far, under a watermark.
func (u *Operator) send(b *arrowexec.Batch, args []*vec.Vec, mark int64, emit arrowexec.Emit) error {
	n := len(u.rows)
	rows := vec.Slice[int32](b.Scope, n)
	copy(rows, u.rows)
	out := b.With(make([]*vec.Vec, 0, len(b.Cols)+len(args)), nil)
	out.N, out.Watermark, out.Origin = n, mark, nil
	for _, c := range b.Cols {
		out.Cols = append(out.Cols, b.Scope.Gather(c, rows))
	}
	for k, a := range args {
		for _, c := range a.Children {
			out.Cols = append(out.Cols, pick(b.Scope, c, u.elements[k]))
		}
		u.elements[k] = u.elements[k][:0]
	}
	out.Ord, out.Weights = vec.Slice[int64](b.Scope, n), vec.Slice[int64](b.Scope, n)
	if b.Marks != nil {
		out.Marks = vec.Slice[int64](b.Scope, n)
	}
	for j, i := range rows {
		out.Ord[j], out.Weights[j] = b.OrdOf(int(i)), 0
		if u.first[j] {
			out.Weights[j] = b.WeightOf(int(i))
		}
		if b.Marks != nil {
			out.Marks[j] = b.Marks[i]
		}
	}
	u.rows, u.first = u.rows[:0], u.first[:0]
	return emit(out)
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
