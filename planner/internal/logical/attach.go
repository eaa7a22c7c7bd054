package logical

import (
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/planner/internal/diag"
)

// Attach gives every row of Input the answer of a subquery, as further columns,
// while a plan is made: package decorrelate makes joins of it. Sub has the
// subquery's columns first.
type Attach struct {
	Input, Sub Node
	Kind       AttachKind
	Width      int         // columns of Sub that count
	Probe      []expr.Expr // In: what is compared with them
	// Guard is the condition for a row to need the answer; nil: every row does. The
	// values of other rows in Probe and Params are NULL.
	Guard expr.Expr
	// Query numbers the subquery. Params are the values of the input's rows that it
	// depends on; its plan names them as [expr.Outer].
	Query  int
	Params []expr.Expr
	Name   string // of the subquery, for errors
	Place  diag.Pos
	// Endless says that the input does not end.
	Endless bool
	Out     []Field
}

// AttachKind is what a subquery is asked for.
type AttachKind uint8

// The kinds.
const (
	AttachScalar AttachKind = iota // its columns, NULL without a row; two rows end the run
	AttachExists                   // BOOLEAN
	AttachIn                       // BOOLEAN or NULL, for the values of Probe
)

func (k AttachKind) String() string { return [...]string{"scalar", "exists", "in"}[k] }

// Fields are the input's and the answer.
func (n *Attach) Fields() []Field { return n.Out }

// Answer are the fields that it adds.
func (n *Attach) Answer() []Field { return n.Out[len(n.Input.Fields()):] }

// Inputs are the rows and the subquery.
func (n *Attach) Inputs() []Node { return []Node{n.Input, n.Sub} }

// WithInputs makes a copy with other inputs.
func (n *Attach) WithInputs(in []Node) Node {
	c := *n
	c.Input, c.Sub = in[0], in[1]
	return &c
}

// Explain names the kind.
func (n *Attach) Explain() string {
	s := "Subquery " + n.Kind.String()
	if len(n.Probe) > 0 {
		s += " of " + exprs(n.Probe)
	}
	if len(n.Params) > 0 {
		s += " for " + exprs(n.Params)
	}
	return s
}
