package planner

import (
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/planner/internal/build"
	"github.com/velostream/velo/planner/internal/logical"
	"github.com/velostream/velo/planner/internal/rules"
)

// join builds both sides of a join. Inputs that only lead to a right side are
// read before the left side's, or after them where the left side is smaller: the
// side that is read first has a phase of its own, the earlier the deeper it stands. An input that both sides read has the later
// phase; the join keeps the left rows until the right side has ended.
func (x *assembly) join(st *Statement, n *logical.Join, env build.Env) (attach, error) {
	early := st.bound.Bounded && rules.LeftFirst(st.plan, n, x.app.rowsOf)
	j, err := build.Join(n, env, early)
	if err != nil {
		return nil, err
	}
	out := arrowexec.NewNode("Join", passOp{})
	own := x.phase
	x.earliest--
	first := x.earliest
	x.phase = first
	if early {
		x.phase = own
	}
	right, err := x.node(st, n.Right, env)
	x.phase = own
	if err != nil {
		return nil, err
	}
	if early {
		x.phase = first
		defer func() { x.phase = own }()
	}
	rp := j.Right()
	right(arrowexec.NewNode("JoinRight", rp, out))
	left, err := x.node(st, n.Left, env)
	if err != nil {
		return nil, err
	}
	left(arrowexec.NewNode(build.Name(n), j.Left(), out))
	if x.ops == nil {
		x.ops = map[*Statement][]arrowexec.Operator{}
	}
	x.ops[st] = append(x.ops[st], rp)
	return func(c *arrowexec.Node) { out.Next = append(out.Next, c) }, nil
}

// intervalJoin builds a join of two streams, which are read at once. Where both
// sides read one source, a batch reaches both before its rows are joined.
func (x *assembly) intervalJoin(st *Statement, n *logical.Join, env build.Env) (attach, error) {
	j := build.IntervalJoin(n, env, sharesScan(n.Inputs()))
	ports := []arrowexec.Operator{j.Left(), j.Right()}
	out := arrowexec.NewNode(build.Name(n), passOp{})
	for i, in := range n.Inputs() {
		at, err := x.node(st, in, env)
		if err != nil {
			return nil, err
		}
		at(arrowexec.NewNode(build.Name(n)+"Port", ports[i], out))
	}
	x.g.AfterBatch = append(x.g.AfterBatch, func(b *arrowexec.Batch) error { return j.AfterBatch(b, out.Emit) })
	if x.ops == nil {
		x.ops = map[*Statement][]arrowexec.Operator{}
	}
	x.ops[st] = append(x.ops[st], ports[0])
	return func(c *arrowexec.Node) { out.Next = append(out.Next, c) }, nil
}
