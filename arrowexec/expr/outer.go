package expr

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/vec"
)

// Outer is a value of the query around a subquery, while a plan is made. A plan
// that runs has none.
type Outer struct {
	Query int // the subquery that it belongs to
	Index int // among the parameters of that subquery
	Name  string
	T     arrow.DataType
}

// Type is the value's type.
func (e *Outer) Type() arrow.DataType { return e.T }

// Eval cannot be: parameters have become columns before a plan runs.
func (e *Outer) Eval(*Ctx, vec.Sel) *vec.Vec { panic("parameter " + e.String() + " in a running plan") }

// Children has none.
func (e *Outer) Children() []Expr { return nil }

// WithChildren is the parameter itself.
func (e *Outer) WithChildren([]Expr) Expr { return e }

func (e *Outer) String() string { return fmt.Sprintf("$%d.%d:%s", e.Query, e.Index, e.Name) }
