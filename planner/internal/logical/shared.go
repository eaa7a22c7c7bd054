package logical

import "fmt"

// Shared gives its rows to two places of a plan: to what stands above it, and to
// [Again] of the same number, in the right input of a join of which Shared is in
// the left one.
type Shared struct {
	Input  Node
	Number int
}

// Fields are the input's.
func (n *Shared) Fields() []Field { return n.Input.Fields() }

// Inputs is the one input.
func (n *Shared) Inputs() []Node { return []Node{n.Input} }

// WithInputs makes a copy with another input of the same columns.
func (n *Shared) WithInputs(in []Node) Node { c := *n; c.Input = in[0]; return &c }

// Explain names the number.
func (n *Shared) Explain() string { return fmt.Sprintf("Shared %d", n.Number) }

// Again are the rows of a [Shared], once more: they count nothing in the ledger.
type Again struct {
	Number int
	Out    []Field
}

// Fields are those of the shared rows.
func (n *Again) Fields() []Field { return n.Out }

// Inputs has none: the rows come from elsewhere in the plan.
func (n *Again) Inputs() []Node { return nil }

// WithInputs is the node itself.
func (n *Again) WithInputs([]Node) Node { return n }

// Explain names the number.
func (n *Again) Explain() string { return fmt.Sprintf("Rows of %d", n.Number) }
