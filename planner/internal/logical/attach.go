package logical

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/expr"
)

// Attach gives every row of Input the answer of a subquery, as further columns;
// a lookup is the subquery's row for the values of Probe. Sub has the subquery's columns first.
type Attach struct {
	Input, Sub Node
	Kind       string // scalar, exists, in, lookup
	Width      int    // columns of Sub that count
	Probe      []expr.Expr
	Name       string // of the subquery, for errors
	Out        []Field
}

// Types are those of the subquery's columns.
func (n *Attach) Types() []arrow.DataType {
	var out []arrow.DataType
	for _, f := range n.Sub.Fields()[:n.Width] {
		out = append(out, f.Type)
	}
	return out
}

// Fields are the input's and the answer.
func (n *Attach) Fields() []Field { return n.Out }

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
	s := "Subquery " + n.Kind
	if len(n.Probe) > 0 {
		s += " of " + exprs(n.Probe)
	}
	return s
}
