package planner

import (
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/operators/tablejoin"
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
	j := build.IntervalJoin(n, env, x.app.sharesScan(n.Inputs()))
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

// tablesOf says which sides of a join are tables that change.
var tablesOf = map[logical.Tables]tablejoin.Tables{logical.TableRight: tablejoin.Right, logical.TableLeft: tablejoin.Left, logical.TableBoth: tablejoin.Both}

// tableJoin builds a join with a table that changes, or of two of them: both sides
// are read at once, in the order of their records, but a table whose records have no
// times before the stream, and one that does not end up to where it stands now.
func (x *assembly) tableJoin(st *Statement, n *logical.Join, env build.Env) (attach, error) {
	j, err := build.TableJoin(n, env, tablesOf[n.Table], x.app.sharesScan(n.Inputs()))
	if err != nil {
		return nil, err
	}
	ports := []arrowexec.Operator{j.Left(), j.Right()}
	out := arrowexec.NewNode(build.Name(n), passOp{})
	table := map[logical.Tables]int{logical.TableLeft: 0, logical.TableRight: 1, logical.TableBoth: -1}[n.Table]
	own := x.phase
	order := []int{0, 1}
	if table == 1 {
		order = []int{1, 0} // of records of one time those of the table come first
	}
	for _, i := range order {
		in := n.Inputs()[i]
		if x.phase = own; i == table && !n.Merged {
			x.earliest--
			x.phase = x.earliest
		}
		before := len(x.g.Inputs)
		at, err := x.node(st, in, env)
		x.phase = own
		if err != nil {
			return nil, err
		}
		if i == table {
			x.load(in, x.g.Inputs[before:])
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

// load lets the sources of a table be read before others, in a run that does not end:
// whole, or up to where they stand when the run begins.
func (x *assembly) load(n logical.Node, own []*arrowexec.Input) {
	for _, in := range own { // VALUES too
		if in.Bounded {
			in.Loads = len(in.Pieces)
		}
	}
	walk(n, func(n logical.Node) {
		sc, ok := n.(*logical.Scan)
		if !ok {
			return
		}
		in := x.inputs[sc.Source]
		if in.Bounded {
			in.Loads = len(in.Pieces)
		} else if l, ok := x.app.source(sc.Source).connector.(ingest.Loader); ok {
			in.Loads = l.Loads()
		}
	})
}
