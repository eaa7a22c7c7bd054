package logical

import "github.com/velostream/velo/arrowexec/vec"

// Ordinal numbers the rows of its input in a further column, which is hidden.
type Ordinal struct{ Input Node }

// Fields are the input's and the number.
func (n *Ordinal) Fields() []Field {
	in := n.Input.Fields()
	return append(in[:len(in):len(in)], Field{Name: "#ordinal", Type: vec.TypeInt64, Hidden: true})
}

// Inputs is the one input.
func (n *Ordinal) Inputs() []Node { return []Node{n.Input} }

// WithInputs makes a copy with another input.
func (n *Ordinal) WithInputs(in []Node) Node { return &Ordinal{Input: in[0]} }

// Explain says what it does.
func (n *Ordinal) Explain() string { return "Ordinal" }
