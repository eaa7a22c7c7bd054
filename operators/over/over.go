package over

import (
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/kept"
)

// Options of the operator.
type Options struct {
	Windows  []Window
	Failures *arrowexec.Failures
	Ledger   *arrowexec.Ledger
	Limit    int64  // bytes of rows kept; 0: none
	Name     string // for the error that the limit gives
}

// Operator computes window functions over all rows of its input. Its output
// has the input's columns and then one for each call, window by window.
type Operator struct {
	o     Options
	exprs []expr.Expr    // what the windows compute of a row, each once
	at    map[string]int // expression → place in exprs
	ctx   expr.Ctx
	rows  kept.Rows // the input's columns, then exprs
	marks []int64   // the watermarks before the rows; nil without event time
	first *first    // nil: all rows are kept
	width int
	left  int64 // input rows that were kept when the operator was closed
}

// chunk is how many rows an emitted batch has at most.
const chunk = 8192

// New makes the operator.
func New(o Options) (*Operator, error) {
	windows, err := prepared(o.Windows)
	if err != nil {
		return nil, err
	}
	o.Windows = windows
	p := &Operator{o: o, at: map[string]int{}}
	if len(o.Windows) == 1 && o.Windows[0].First > 0 {
		p.first = newFirst(&o.Windows[0])
	}
	for _, w := range o.Windows {
		for _, e := range w.Exprs() {
			if _, ok := p.at[textOf(e)]; !ok && !isColumn(e) && !isConst(e) {
				p.at[textOf(e)] = len(p.exprs)
				p.exprs = append(p.exprs, e)
			}
		}
	}
	return p, nil
}

// textOf tells expressions apart: a constant has the same text in every type.
func textOf(e expr.Expr) string { return e.String() + " " + e.Type().String() }

func isColumn(e expr.Expr) bool {
	_, ok := e.(*expr.Column)
	return ok
}

func isConst(e expr.Expr) bool {
	_, ok := e.(*expr.Const)
	return ok
}

// column gives an expression's values of n rows among the columns kept, plain.
func (p *Operator) column(sc *vec.Scope, cols []*vec.Vec, n int, e expr.Expr) *vec.Vec {
	if c, ok := e.(*expr.Const); ok {
		return sc.Flat(sc.Repeat(c.One, n))
	}
	return cols[p.place(e)]
}

// place is the column of the rows kept that has an expression's values.
func (p *Operator) place(e expr.Expr) int {
	if c, ok := e.(*expr.Column); ok {
		return c.Index
	}
	return p.width + p.at[textOf(e)]
}

// Process keeps the rows with what the windows read of them.
func (p *Operator) Process(b *arrowexec.Batch, emit arrowexec.Emit) error {
	if err := p.rows.Open(b.Scope.Pool()); err != nil {
		return err
	}
	p.width = len(b.Cols)
	if b.Rows() > 0 {
		p.ctx.Reset(b)
		cols := append(make([]*vec.Vec, 0, len(b.Cols)+len(p.exprs)), b.Cols...)
		for _, e := range p.exprs {
			cols = append(cols, e.Eval(&p.ctx, b.Sel))
		}
		sel, err := p.ctx.Survivors(b.Sel, p.o.Failures)
		if err != nil {
			return err
		}
		before := p.rows.Len()
		if p.first != nil {
			all := b.Weight(sel)
			sel = p.first.narrow(b, func(e expr.Expr) *vec.Vec { return p.column(b.Scope, cols, b.N, e) }, sel)
			p.o.Ledger.Filtered += all - b.Weight(sel)
		}
		p.rows.Append(b, cols, sel)
		if b.Marks != nil || p.marks != nil { // rows that an outer join adds at the end have none
			for len(p.marks) < before {
				p.marks = append(p.marks, arrowexec.NoWatermark)
			}
			for k := range sel.Count(b.N) {
				p.marks = append(p.marks, b.MarkOf(at(sel, k)))
			}
		}
		if p.first != nil && p.rows.Len() >= p.first.next {
			p.prune(b.Scope.Pool())
		}
		if bytes := p.bytes(); p.o.Limit > 0 && bytes > p.o.Limit {
			return fmt.Errorf("%s keeps %d rows in %d bytes, more than the memory limit of %d bytes; raise --memory-limit, or filter before", p.o.Name, p.rows.Len(), bytes, p.o.Limit)
		}
	}
	cols := append(make([]*vec.Vec, 0, len(b.Cols)+4), b.Cols...)
	for _, w := range p.o.Windows {
		for _, c := range w.Calls {
			cols = append(cols, b.Scope.NullConst(c.Type, b.N))
		}
	}
	out := b.With(cols, vec.Sel{}) // no rows, and the watermark stays with them
	out.Watermark, out.Marks = arrowexec.NoWatermark, nil
	return emit(out)
}

// Flush computes every call and gives the rows in the order of arrival.
func (p *Operator) Flush(last *arrowexec.Batch, emit arrowexec.Emit) error {
	if err := p.rows.Open(last.Scope.Pool()); err != nil {
		return err
	}
	defer p.rows.Close()
	if p.rows.Len() == 0 {
		return nil
	}
	if p.width == 0 {
		p.width = len(p.rows.Columns()) - len(p.exprs)
	}
	if p.first != nil {
		p.prune(last.Scope.Pool())
	}
	n, cols := p.rows.Len(), p.rows.Columns()
	sc := last.Scope.Pool().Open()
	defer sc.Close()
	failed := map[int32]error{}
	var results []result
	column := func(e expr.Expr) *vec.Vec { return p.column(sc, cols, n, e) }
	for i := range p.o.Windows {
		w := &p.o.Windows[i]
		v := arrange(sc, w, n, column)
		var rows, positions *view
		for k := range w.Calls {
			c := &w.Calls[k]
			s := newState(c)
			s.grow(len(v.place.off))
			fail := func(r int, err error) {
				if failed[int32(r)] == nil {
					failed[int32(r)] = err
				}
			}
			if v.byRow(c, s) {
				if rows == nil {
					rows = v.rows()
				}
				results = append(results, rows.compute(c, s, fail))
				continue
			}
			if positions == nil {
				positions = v.positions()
			}
			r := positions.compute(c, s, func(k int, err error) { fail(int(v.row[k]), err) })
			results = append(results, r.by(v.at))
		}
	}
	for from := 0; from < n; from += chunk {
		if err := p.send(last, cols[:p.width], results, failed, from, min(from+chunk, n), emit); err != nil {
			return err
		}
	}
	return nil
}

func (p *Operator) send(last *arrowexec.Batch, cols []*vec.Vec, results []result, failed map[int32]error, from, to int, emit arrowexec.Emit) error {
	sc := last.Scope.Pool().Open()
	defer sc.Close()
	out := &arrowexec.Batch{Scope: sc, N: to - from, Seq: last.Seq, Watermark: arrowexec.NoWatermark, Now: last.Now,
		Ord: p.rows.Ord[from:to], Weights: p.rows.Weights[from:to]}
	if p.marks != nil { // the end of time is for the flush of what follows
		out.Marks, out.Watermark = p.marks[from:to], p.marks[min(to, len(p.marks)-1)]
	}
	for _, v := range cols {
		out.Cols = append(out.Cols, sc.Slice(v, from, to))
	}
	for _, r := range results {
		if r.at == nil {
			out.Cols = append(out.Cols, sc.Slice(r.values, from, to))
		} else {
			out.Cols = append(out.Cols, sc.Take(r.values, r.at[from:to], true))
		}
	}
	if len(failed) > 0 {
		sel := vec.Slice[int32](sc, to-from)[:0]
		for i := range to - from {
			if err := failed[int32(from+i)]; err != nil {
				if err := p.o.Failures.Row(out, i, "expression", "", err); err != nil {
					return err
				}
				continue
			}
			sel = append(sel, int32(i))
		}
		if len(sel) < out.N {
			out.Sel = sel
		}
	}
	return emit(out)
}

// by gives the result for rows whose entries are listed.
func (r result) by(entry []int32) result {
	if r.at == nil {
		return result{r.values, entry}
	}
	at := make([]int32, len(entry))
	for i, k := range entry {
		at[i] = r.at[k]
	}
	return result{r.values, at}
}

// Holds is the first row kept.
func (p *Operator) Holds() (int64, bool) { return p.rows.MinOrd() }

// Fate tells of a run that was stopped how many input rows are kept.
func (p *Operator) Fate() (filtered, held int64) {
	for _, w := range p.rows.Weights {
		held += w
	}
	return 0, held + p.left
}

// Close drops the rows kept when a run ends before its input.
func (p *Operator) Close() {
	_, p.left = p.Fate()
	p.rows.Close()
}

func (p *Operator) bytes() int64 {
	n := p.rows.Bytes() + int64(cap(p.marks))*8
	if p.first != nil {
		n += p.first.bytes()
	}
	return n
}

// State tells how many rows are kept.
func (p *Operator) State() arrowexec.State {
	return arrowexec.State{Keys: int64(p.rows.Len()), Bytes: p.bytes()}
}

// Snapshot writes down the rows kept.
func (p *Operator) Snapshot() ([]arrow.Record, error) {
	if p.rows.Len() == 0 {
		return nil, nil
	}
	return []arrow.Record{p.rows.Snapshot(), kept.Record(len(p.marks), []*vec.Vec{kept.Int64s(p.marks)})}, nil
}

// Restore reads a snapshot.
func (p *Operator) Restore(recs []arrow.Record) error {
	if len(recs) == 0 {
		return nil
	}
	if len(recs) != 2 {
		return errors.New("the snapshot is not of OVER")
	}
	if col, ok := recs[1].Column(0).(*array.Int64); ok && recs[1].NumRows() > 0 {
		p.marks = append(p.marks, col.Int64Values()...)
	}
	return p.rows.Restore(recs[0])
}
