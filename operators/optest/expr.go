package optest

import (
	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// Col reads a column.
func Col(i int, t arrow.DataType) expr.Expr { return &expr.Column{Index: i, Name: "c", T: t} }

// Expr is an expression given as a Go function of the row's values, so that
// tests of operators need no functions of SQL. It looks at selected rows only.
type Expr struct {
	T arrow.DataType
	F func(row []any) (any, error)
	// Set, when given, edits headers instead of computing.
	Set func(row []any) (key string, value []byte, remove bool)
}

// Type is the result's type.
func (e *Expr) Type() arrow.DataType { return e.T }

// Children has none.
func (e *Expr) Children() []expr.Expr { return nil }

// WithChildren is the expression itself.
func (e *Expr) WithChildren([]expr.Expr) expr.Expr { return e }

func (e *Expr) String() string { return "test" }

// Eval calls F for each selected row.
func (e *Expr) Eval(c *expr.Ctx, sel vec.Sel) *vec.Vec {
	b := vec.NewBuilder(c.Scope, e.T, c.Batch.N)
	k := 0
	for i := range c.Batch.N {
		if sel != nil {
			if k == len(sel) || int(sel[k]) != i {
				b.Null()
				continue
			}
			k++
		}
		row := make([]any, len(c.Batch.Cols))
		for j, v := range c.Batch.Cols {
			row[j] = ValueAt(v, i)
		}
		if e.Set != nil {
			key, value, remove := e.Set(row)
			if key != "" {
				c.Headers.Edits = append(c.Headers.Edits, expr.HeaderEdit{Row: int32(i), Key: []byte(key), Value: value, Remove: remove})
			}
			b.Null()
			continue
		}
		x, err := e.F(row)
		if err != nil {
			c.Fail(i, "expression", err)
			b.Null()
			continue
		}
		AppendValue(b, x)
	}
	return b.Finish()
}
