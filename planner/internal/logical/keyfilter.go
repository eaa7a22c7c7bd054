package logical

import (
	"fmt"

	"github.com/velostream/velo/arrowexec/expr"
)

// KeyFilter drops rows whose keys the first side of a join, which has been read by
// then, does not have: they could come to nothing in the join that has the same
// Filter number, somewhere above. Where that side has not been read it drops
// nothing.
type KeyFilter struct {
	Input  Node
	Number int
	Keys   []expr.Expr // the keys of the side that is read later, over Input
}

// Fields are the input's.
func (n *KeyFilter) Fields() []Field { return n.Input.Fields() }

// Inputs is the one input.
func (n *KeyFilter) Inputs() []Node { return []Node{n.Input} }

// WithInputs makes a copy with another input of the same columns.
func (n *KeyFilter) WithInputs(in []Node) Node { c := *n; c.Input = in[0]; return &c }

// Explain names the join by its number, and the keys.
func (n *KeyFilter) Explain() string {
	return fmt.Sprintf("KeyFilter keys=[%s] of join %d", exprs(n.Keys), n.Number)
}
