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
	if n.Filter > 0 {
		x.filters[filtering{st, n.Filter}] = j
	}
	out := arrowexec.NewNode("Join", passOp{})
	rp := j.Right()
	own := x.phase
	defer func() { x.phase = own }()
	side := func(right, first bool) error {
		if x.phase = own; first {
			x.earliest--
			x.phase = x.earliest
		}
		in, port := n.Left, arrowexec.NewNode(build.Name(n), j.Left(), out)
		if right {
			in, port = n.Right, arrowexec.NewNode("JoinRight", rp, out)
		}
		at, err := x.node(st, in, env)
		if err == nil {
			at(port)
		}
		return err
	}
	// Inputs that stand below the side that is read first come before those below the
	// other where a filter by keys waits for them.
	order := []bool{true, false}
	if n.Filter > 0 && !early {
		order = []bool{false, true}
	}
	for _, right := range order {
		if err := side(right, right != early); err != nil {
			return nil, err
		}
	}
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

// filtering names a join whose keys a filter below it asks for.
type filtering struct {
	st     *Statement
	number int
}
