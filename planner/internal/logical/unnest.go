package logical

import (
	"strings"

	"github.com/velostream/velo/arrowexec/expr"
)

// Unnest makes a row of each element of arrays or maps: the input's columns,
// then those of the elements.
type Unnest struct {
	Input Node
	Args  []expr.Expr
	Outer bool // rows without elements stay, with NULLs
	// On, of an outer one, chooses among the elements; over the node's own columns. nil: all.
	On  expr.Expr
	Out []Field
}

// Fields are the input's and the elements'.
func (n *Unnest) Fields() []Field { return n.Out }

// Inputs is the one input.
func (n *Unnest) Inputs() []Node { return []Node{n.Input} }

// WithInputs makes a copy with another input.
func (n *Unnest) WithInputs(in []Node) Node { c := *n; c.Input = in[0]; return &c }

// Explain names the arguments.
func (n *Unnest) Explain() string {
	var names []string
	for _, f := range n.Out[len(n.Input.Fields()):] {
		names = append(names, f.Name)
	}
	s := "Unnest " + exprs(n.Args) + " as " + strings.Join(names, ", ")
	if n.Outer {
		s += " (outer)"
	}
	if n.On != nil {
		s += " on " + n.On.String()
	}
	return s
}
