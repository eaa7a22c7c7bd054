package expr

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// Expr is a bound expression: every name is a column number and every operand
// has its final type. Expressions are immutable and may be shared by several
// pipelines; all state of an evaluation is in [Ctx].
type Expr interface {
	// Type is the result's type, always an engine type ([vec.KindOf]).
	Type() arrow.DataType
	// Eval computes the selected rows of c.Batch. The result has c.Batch.N rows
	// (or is a constant); rows outside sel are undefined. Rows that fail are
	// reported to c and are NULL in the result.
	Eval(c *Ctx, sel vec.Sel) *vec.Vec
	// Children are the operands, for walking and rewriting.
	Children() []Expr
	// WithChildren makes a copy with other operands of the same types.
	WithChildren([]Expr) Expr
	// String is SQL-like text, equal for equal expressions.
	String() string
}

// Filterer is a BOOLEAN expression that narrows a selection directly, without
// making a bitmap. Filter gives the rows of sel for which the expression is
// TRUE, in memory of the scope; it never changes sel.
type Filterer interface {
	Expr
	Filter(c *Ctx, sel vec.Sel) vec.Sel
}

// Ctx is one evaluation of expressions over one batch by one operator. It is
// reused from batch to batch with [Ctx.Reset] and belongs to one goroutine.
type Ctx struct {
	Batch *arrowexec.Batch
	Scope *vec.Scope
	// Headers collects SET_HEADER and REMOVE_HEADER when the expression belongs
	// to an outermost SELECT list.
	Headers *HeaderEdits

	failed vec.Bitmap
	errs   []RowFailure
	once   []*vec.Vec // operands of the BETWEENs being evaluated, the innermost last
}

// RowFailure is one row that an expression could not compute.
type RowFailure struct {
	Row   int32
	Class string // cast, overflow, expression
	Err   error
}

// Reset readies the context for a batch.
func (c *Ctx) Reset(b *arrowexec.Batch) {
	c.Batch, c.Scope = b, b.Scope
	c.failed = nil
	c.errs = c.errs[:0]
	if c.Headers != nil {
		c.Headers.Reset()
	}
}

// Fail reports that a row cannot be computed; the first report of a row counts.
// Class is cast, overflow or expression. It may allocate: failing is rare.
func (c *Ctx) Fail(row int, class string, err error) {
	if c.failed == nil {
		c.failed = c.Scope.Zeroed(vec.BitmapBytes(c.Batch.N))
	}
	if c.failed.Get(row) {
		return
	}
	c.failed.Set(row)
	c.errs = append(c.errs, RowFailure{Row: int32(row), Class: class, Err: err})
}

// Failf is Fail with a formatted cause of class "expression".
func (c *Ctx) Failf(row int, format string, args ...any) {
	c.Fail(row, "expression", fmt.Errorf(format, args...))
}

// Failed are the failures since Reset.
func (c *Ctx) Failed() []RowFailure { return c.errs }

// Survivors removes failed rows from a selection and reports them to f. The
// error is not nil when the run must stop. A row that is taken back has failed in
// the same way when it was added, and was reported then.
func (c *Ctx) Survivors(sel vec.Sel, f *arrowexec.Failures) (vec.Sel, error) {
	if len(c.errs) == 0 {
		return sel, nil
	}
	for _, e := range c.errs {
		if c.Batch.Retracted(int(e.Row)) {
			f.Skip(c.Batch.WeightOf(int(e.Row)))
			continue
		}
		if err := f.Row(c.Batch, int(e.Row), e.Class, "", e.Err); err != nil {
			return nil, err
		}
	}
	out := vec.Slice[int32](c.Scope, sel.Count(c.Batch.N))[:0]
	if sel == nil {
		for i := range c.Batch.N {
			if !c.failed.Get(i) {
				out = append(out, int32(i))
			}
		}
	} else {
		for _, i := range sel {
			if !c.failed.Get(int(i)) {
				out = append(out, i)
			}
		}
	}
	c.failed, c.errs = nil, c.errs[:0]
	return out, nil
}

// Filter narrows sel to the rows for which a BOOLEAN expression is TRUE.
func Filter(c *Ctx, e Expr, sel vec.Sel) vec.Sel {
	if f, ok := e.(Filterer); ok {
		return f.Filter(c, sel)
	}
	return True(c, plain(c.Scope, e.Eval(c, sel)), sel)
}

// True gives the rows of sel in which a BOOLEAN column is TRUE.
func True(c *Ctx, v *vec.Vec, sel vec.Sel) vec.Sel {
	n := c.Batch.N
	if v.Const || v.Kind == vec.Null {
		if v.Kind != vec.Null && !v.IsNull(0) && v.BoolAt(0) {
			return sel
		}
		return vec.Sel{}
	}
	out := vec.Slice[int32](c.Scope, sel.Count(n))[:0]
	bits := v.Bits()
	if sel == nil {
		for i := range n {
			if bits.Get(i) && (v.Valid == nil || v.Valid.Get(i)) {
				out = append(out, int32(i))
			}
		}
		return out
	}
	for _, i := range sel {
		if bits.Get(int(i)) && (v.Valid == nil || v.Valid.Get(int(i))) {
			out = append(out, i)
		}
	}
	return out
}

// Column reads a column of the batch.
type Column struct {
	Index int
	Name  string
	T     arrow.DataType
}

// Type is the column's type.
func (e *Column) Type() arrow.DataType { return e.T }

// Eval is the batch's own column.
func (e *Column) Eval(c *Ctx, _ vec.Sel) *vec.Vec { return c.Batch.Cols[e.Index] }

// Children has none.
func (e *Column) Children() []Expr { return nil }

// WithChildren is the column itself.
func (e *Column) WithChildren([]Expr) Expr { return e }

func (e *Column) String() string { return fmt.Sprintf("#%d:%s", e.Index, e.Name) }

// Const is a literal or a folded expression. One holds a single row.
type Const struct {
	One  *vec.Vec
	Text string // SQL text, for explain
}

// Type is the literal's type.
func (e *Const) Type() arrow.DataType { return e.One.Type }

// Eval repeats the value.
func (e *Const) Eval(c *Ctx, _ vec.Sel) *vec.Vec { return c.Scope.Repeat(e.One, c.Batch.N) }

// Children has none.
func (e *Const) Children() []Expr { return nil }

// WithChildren is the literal itself.
func (e *Const) WithChildren([]Expr) Expr { return e }

func (e *Const) String() string { return e.Text }

// IsNull tells whether the literal is NULL.
func (e *Const) IsNull() bool { return e.One.IsNull(0) }

// Walk calls f for an expression and all below it; f returns false to stay out
// of a subtree.
func Walk(e Expr, f func(Expr) bool) {
	if !f(e) {
		return
	}
	for _, c := range e.Children() {
		Walk(c, f)
	}
}

// Rewrite replaces expressions bottom-up.
func Rewrite(e Expr, f func(Expr) Expr) Expr {
	old := e.Children()
	if len(old) > 0 {
		changed := false
		kids := make([]Expr, len(old))
		for i, c := range old {
			kids[i] = Rewrite(c, f)
			changed = changed || kids[i] != c
		}
		if changed {
			e = e.WithChildren(kids)
		}
	}
	return f(e)
}
