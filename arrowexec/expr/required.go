package expr

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/vec"
)

// Required is an expression that fails the rows for which it is NULL: the value of a
// column declared NOT NULL. A row that is taken back has no values to ask for.
type Required struct {
	Of     Expr
	Column string
}

// Type is that of the value.
func (r *Required) Type() arrow.DataType { return r.Of.Type() }

// Eval computes the value.
func (r *Required) Eval(c *Ctx, sel vec.Sel) *vec.Vec {
	v := r.Of.Eval(c, sel)
	if !v.HasNulls() {
		return v
	}
	eachRow(c.Batch.N, sel, func(i int) {
		if v.IsNull(i) && !c.Batch.Retracted(i) {
			c.Fail(i, "not_null", fmt.Errorf("NULL in column %q, which is declared NOT NULL", r.Column))
		}
	})
	return v
}

// Children is the value.
func (r *Required) Children() []Expr { return []Expr{r.Of} }

// WithChildren makes a copy with another value.
func (r *Required) WithChildren(in []Expr) Expr { return &Required{Of: in[0], Column: r.Column} }

// String is for plans.
func (r *Required) String() string { return r.Of.String() + " NOT NULL" }
