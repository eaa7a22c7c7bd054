package attach

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/group"
	"github.com/velostream/velo/operators/kept"
)

// Kind is what the subquery is asked for.
type Kind uint8

// The kinds.
const (
	Scalar Kind = iota // its columns, NULL without a row; two rows end the run
	Exists             // BOOLEAN
	In                 // BOOLEAN or NULL, for the values of Probe
	// Lookup gives the row whose first columns equal Probe: its other columns, and
	// whether there is one. A NULL equals nothing; two such rows end the run.
	Lookup
)

// Options of the operator.
type Options struct {
	Kind  Kind
	Types []arrow.DataType // of the subquery's columns
	// Probe are expressions over the left input, of the same types as the columns,
	// or for Lookup as the first of them.
	Probe    []expr.Expr
	Failures *arrowexec.Failures
	Ledger   *arrowexec.Ledger
	Name     string // for the error of two rows
}

// Op attaches the answer of a subquery. Both ports run on one goroutine.
type Op struct {
	o     Options
	table *group.Table
	known int       // distinct rows of the subquery: the first groups of the table
	sub   kept.Rows // the one row, or the distinct rows
	nulls []int32   // of those, the ones with a NULL
	twice []bool    // of those, the keys of Lookup with more than one row
	rows  int64
	ended bool

	ctx  expr.Ctx
	wait kept.Rows // rows of the left input, their marks in the last column
	mark int64
}

const chunk = 8192

// New makes the operator.
func New(o Options) *Op {
	keys := o.Types
	if o.Kind == Lookup {
		keys = keys[:len(o.Probe)]
	}
	return &Op{o: o, table: group.New(keys), mark: arrowexec.NoWatermark}
}

// Left is the operator for the rows that get the answer.
func (a *Op) Left() arrowexec.Operator { return &left{a: a} }

// Right is the operator for the subquery.
func (a *Op) Right() arrowexec.Operator { return &right{a: a} }

type left struct{ a *Op }

type right struct{ a *Op }

// Process keeps the rows of the subquery that matter.
func (r *right) Process(b *arrowexec.Batch, _ arrowexec.Emit) error {
	a, n := r.a, b.Rows()
	if n == 0 {
		return nil
	}
	a.rows += int64(n)
	a.o.Ledger.Used += b.Weight(b.Sel)
	cols := b.Cols[:len(a.o.Types)]
	switch a.o.Kind {
	case Scalar:
		if a.rows > 1 {
			return fmt.Errorf("%s gave more than one row; add LIMIT 1, an aggregate or a condition that leaves one", a.o.Name)
		}
		a.sub.Append(b, cols, b.Sel)
	case Lookup:
		r.index(b, cols)
	case In:
		ids := vec.Slice[int32](b.Scope, b.N)
		a.table.Assign(b, cols, b.Sel, ids)
		fresh := vec.Slice[int32](b.Scope, n)[:0]
		each(b, func(i int) {
			if int(ids[i]) != a.known {
				return
			}
			for _, c := range cols {
				if c.IsNull(i) {
					a.nulls = append(a.nulls, int32(a.known))
					break
				}
			}
			a.known++
			fresh = append(fresh, int32(i))
		})
		a.sub.Append(b, cols, fresh)
	}
	return nil
}

// Flush lets the rows go that have waited.
func (r *right) Flush(last *arrowexec.Batch, emit arrowexec.Emit) error {
	a := r.a
	a.ended = true
	defer a.wait.Close()
	n := a.wait.Len()
	if n == 0 {
		return nil
	}
	cols := a.wait.Columns()
	marks := vec.Values[int64](cols[len(cols)-1])
	for from := 0; from < n; from += chunk {
		to := min(from+chunk, n)
		sc := last.Scope.Pool().Open()
		out := &arrowexec.Batch{Scope: sc, N: to - from, Seq: last.Seq, Watermark: a.mark, Now: last.Now,
			Ord: a.wait.Ord[from:to], Weights: a.wait.Weights[from:to], Marks: marks[from:to]}
		if to < n {
			out.Watermark = marks[to]
		}
		for _, c := range cols[:len(cols)-1] {
			out.Cols = append(out.Cols, sc.Slice(c, from, to))
		}
		err := a.answer(out, emit)
		sc.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// Process lets rows wait, or gives them the answer.
func (l *left) Process(b *arrowexec.Batch, emit arrowexec.Emit) error {
	a := l.a
	if a.ended {
		return a.answer(b, emit)
	}
	a.mark = b.Watermark
	marks := b.Scope.New(vec.TypeInt64, b.N)
	values := vec.Values[int64](marks)
	for i := range b.N {
		values[i] = b.Watermark
		if b.Marks != nil {
			values[i] = b.Marks[i]
		}
	}
	a.wait.Append(b, append(b.Cols[:len(b.Cols):len(b.Cols)], marks), b.Sel)
	return nil
}

// Flush has nothing left: what waits goes with the end of the subquery.
func (l *left) Flush(*arrowexec.Batch, arrowexec.Emit) error { return nil }

// answer adds the subquery's columns to a batch.
func (a *Op) answer(b *arrowexec.Batch, emit arrowexec.Emit) error {
	cols := append([]*vec.Vec(nil), b.Cols...)
	sel := b.Sel
	switch a.o.Kind {
	case Scalar:
		if a.rows == 0 {
			for _, t := range a.o.Types {
				cols = append(cols, b.Scope.NullConst(t, b.N))
			}
			break
		}
		for _, c := range a.sub.Columns() {
			cols = append(cols, b.Scope.Repeat(c, b.N))
		}
	case Exists:
		v := b.Scope.New(vec.TypeBool, 1)
		v.Bits().Put(0, a.rows > 0)
		cols = append(cols, b.Scope.Repeat(v, b.N))
	case In, Lookup:
		a.ctx.Reset(b)
		probe := make([]*vec.Vec, len(a.o.Probe))
		for k, e := range a.o.Probe {
			probe[k] = e.Eval(&a.ctx, b.Sel)
		}
		var err error
		if sel, err = a.ctx.Survivors(b.Sel, a.o.Failures); err != nil {
			return err
		}
		if a.o.Kind == In {
			cols = append(cols, a.among(b.With(b.Cols, sel), probe))
			break
		}
		found, err := a.found(b.With(b.Cols, sel), probe)
		if err != nil {
			return err
		}
		cols = append(cols, found...)
	}
	return emit(b.With(cols, sel))
}

// among computes IN. A row is among the subquery's rows when it equals one of
// them in all columns; it may be when it equals one in all columns that are not
// NULL on either side.
func (a *Op) among(b *arrowexec.Batch, probe []*vec.Vec) *vec.Vec {
	sc := b.Scope
	out := sc.New(vec.TypeBool, b.N)
	clear(out.Buf)
	if a.known == 0 || b.Rows() == 0 {
		return out
	}
	ids := vec.Slice[int32](sc, b.N)
	a.table.Assign(b, probe, b.Sel, ids)
	set := a.sub.Columns()
	var valid vec.Bitmap
	each(b, func(i int) {
		null := false
		for _, p := range probe {
			null = null || p.IsNull(i)
		}
		if !null && int(ids[i]) < a.known {
			out.Bits().Set(i)
			return
		}
		maybe := false
		if null {
			for k := 0; k < a.known && !maybe; k++ {
				maybe = matches(probe, i, set, k)
			}
		} else {
			for _, k := range a.nulls {
				if maybe = matches(probe, i, set, int(k)); maybe {
					break
				}
			}
		}
		if maybe {
			if valid == nil {
				valid = sc.SetValid(out)
			}
			valid.Clear(i)
		}
	})
	return out
}

func matches(probe []*vec.Vec, i int, set []*vec.Vec, k int) bool {
	for c, p := range probe {
		if !p.IsNull(i) && !set[c].IsNull(k) && expr.CompareRows(p, i, set[c], k) != 0 {
			return false
		}
	}
	return true
}

func each(b *arrowexec.Batch, f func(int)) {
	if b.Sel == nil {
		for i := range b.N {
			f(i)
		}
	}
	for _, i := range b.Sel {
		f(int(i))
	}
}

// Holds is the first row that waits.
func (l *left) Holds() (int64, bool) { return l.a.wait.MinOrd() }

// Holds holds nothing: the rows of a subquery have been used.
func (r *right) Holds() (int64, bool) { return 0, false }

// Close gives the memory back.
func (l *left) Close() {
	l.a.wait.Close()
	l.a.sub.Close()
}

// State tells what is kept.
func (l *left) State() arrowexec.State {
	a := l.a
	return arrowexec.State{Keys: int64(a.known + a.wait.Len()), Bytes: a.table.Bytes() + a.sub.Bytes() + a.wait.Bytes()}
}
