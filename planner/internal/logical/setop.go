package logical

import "github.com/apache/arrow/go/v17/arrow"

// SetOp is INTERSECT or EXCEPT over inputs that end. Both inputs have the
// compared columns first; Out is what the left input has.
type SetOp struct {
	Left, Right Node
	Except, All bool
	Compared    int
	Out         []Field
}

// Types are those of the compared columns.
func (n *SetOp) Types() []arrow.DataType {
	var out []arrow.DataType
	for _, f := range n.Out[:n.Compared] {
		out = append(out, f.Type)
	}
	return out
}

// Fields are those of the left input.
func (n *SetOp) Fields() []Field { return n.Out }

// Inputs are left and right.
func (n *SetOp) Inputs() []Node { return []Node{n.Left, n.Right} }

// WithInputs makes a copy with other inputs.
func (n *SetOp) WithInputs(in []Node) Node {
	c := *n
	c.Left, c.Right = in[0], in[1]
	return &c
}

// Explain names the operation.
func (n *SetOp) Explain() string {
	s := "Intersect"
	if n.Except {
		s = "Except"
	}
	if n.All {
		s += "All"
	}
	return s
}
