package planner

import (
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/planner/internal/build"
	"github.com/velostream/velo/planner/internal/logical"
)

// sharing names rows that a statement reads twice.
type sharing struct {
	st     *Statement
	number int
}

// hub is where the shared rows come out. Whoever asks first makes it: the right
// side of a join, which reads them again, is built before the left one.
func (x *assembly) hub(st *Statement, number int) *arrowexec.Node {
	k := sharing{st, number}
	if x.shared[k] == nil {
		if x.shared == nil {
			x.shared = map[sharing]*arrowexec.Node{}
		}
		x.shared[k] = arrowexec.NewNode("Shared", passOp{})
	}
	return x.shared[k]
}

func (x *assembly) share(st *Statement, n *logical.Shared, env build.Env) (attach, error) {
	in, err := x.node(st, n.Input, env)
	if err != nil {
		return nil, err
	}
	hub := x.hub(st, n.Number)
	in(hub)
	return func(c *arrowexec.Node) { hub.Next = append(hub.Next, c) }, nil
}

func (x *assembly) again(st *Statement, n *logical.Again) attach {
	node := arrowexec.NewNode("Again", weightless{})
	hub := x.hub(st, n.Number)
	hub.Next = append(hub.Next, node)
	return func(c *arrowexec.Node) { node.Next = append(node.Next, c) }
}

// weightless passes rows on that are accounted for elsewhere.
type weightless struct{ arrowexec.Stateless }

// Process passes the batch on with rows that weigh nothing.
func (weightless) Process(b *arrowexec.Batch, emit arrowexec.Emit) error {
	out := b.With(b.Cols, b.Sel)
	out.Weights = vec.Slice[int64](b.Scope, b.N)
	clear(out.Weights)
	return emit(out)
}
