package over

import (
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

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
	exprs []expr.Expr    // what the windows read, each once
	at    map[string]int // expression → place in exprs
	ctx   expr.Ctx
	rows  kept.Rows // the input's columns, then exprs
	width int
}

// chunk is how many rows an emitted batch has at most.
const chunk = 8192

// New makes the operator.
func New(o Options) *Operator {
	p := &Operator{o: o, at: map[string]int{}}
	for _, w := range o.Windows {
		for _, e := range w.Exprs() {
			if _, ok := p.at[e.String()]; !ok {
				p.at[e.String()] = len(p.exprs)
				p.exprs = append(p.exprs, e)
			}
		}
	}
	return p
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
		p.rows.Append(b, cols, sel)
		if bytes := p.rows.Bytes(); p.o.Limit > 0 && bytes > p.o.Limit {
			return fmt.Errorf("%s keeps %d rows in %d bytes, more than the memory limit of %d bytes; raise --memory-limit, or filter before", p.o.Name, p.rows.Len(), bytes, p.o.Limit)
		}
	}
	cols := append(make([]*vec.Vec, 0, len(b.Cols)+4), b.Cols...)
	for _, w := range p.o.Windows {
		for _, c := range w.Calls {
			cols = append(cols, b.Scope.NullConst(c.Type, b.N))
		}
	}
	return emit(b.With(cols, vec.Sel{})) // no rows, but the watermark
}

// result is the column of one call: the value of row r is number at[r] of
// values, NULL for -1.
type result struct {
	values *vec.Vec
	at     []int32
}

// Flush computes every call and gives the rows in the order of arrival.
func (p *Operator) Flush(last *arrowexec.Batch, emit arrowexec.Emit) error {
	if err := p.rows.Open(last.Scope.Pool()); err != nil {
		return err
	}
	defer p.rows.Close()
	n := p.rows.Len()
	if n == 0 {
		return nil
	}
	cols := p.rows.Columns()
	if p.width == 0 {
		p.width = len(cols) - len(p.exprs)
	}
	sc := last.Scope.Pool().Open()
	defer sc.Close()
	failed := map[int32]error{}
	var results []result
	for i := range p.o.Windows {
		w := &p.o.Windows[i]
		s, err := p.arrange(sc, w, cols)
		if err != nil {
			return err
		}
		s.failed = failed
		for k := range w.Calls {
			results = append(results, s.compute(&w.Calls[k]))
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
	out := &arrowexec.Batch{Scope: sc, N: to - from, Seq: last.Seq, Watermark: last.Watermark, Now: last.Now,
		Ord: p.rows.Ord[from:to], Weights: p.rows.Weights[from:to]}
	for _, v := range cols {
		out.Cols = append(out.Cols, sc.Slice(v, from, to))
	}
	for _, r := range results {
		out.Cols = append(out.Cols, take(sc, r.values, r.at[from:to]))
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

// take gathers values, with NULL for -1.
func take(sc *vec.Scope, v *vec.Vec, at []int32) *vec.Vec {
	all := true
	for _, i := range at {
		all = all && i >= 0
	}
	if all {
		return sc.Gather(v, at)
	}
	b := vec.NewBuilder(sc, v.Type, len(at))
	for _, i := range at {
		if i < 0 {
			b.Null()
		} else {
			b.AppendRow(v, int(i))
		}
	}
	return b.Finish()
}

// Holds is the first row kept.
func (p *Operator) Holds() (int64, bool) { return p.rows.MinOrd() }

// Close drops the rows kept when a run ends before its input.
func (p *Operator) Close() { p.rows.Close() }

// State tells how many rows are kept.
func (p *Operator) State() arrowexec.State {
	return arrowexec.State{Keys: int64(p.rows.Len()), Bytes: p.rows.Bytes()}
}

// Snapshot writes down the rows kept.
func (p *Operator) Snapshot() ([]arrow.Record, error) {
	if p.rows.Len() == 0 {
		return nil, nil
	}
	return []arrow.Record{p.rows.Snapshot()}, nil
}

// Restore reads a snapshot.
func (p *Operator) Restore(recs []arrow.Record) error {
	if len(recs) == 0 {
		return nil
	}
	if len(recs) > 1 {
		return errors.New("the snapshot is not of OVER")
	}
	return p.rows.Restore(recs[0])
}
