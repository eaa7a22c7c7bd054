package planner

import (
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/operators/union"
	"github.com/velostream/velo/planner/internal/build"
	"github.com/velostream/velo/planner/internal/logical"
)

// oneByOne tells that the members of a UNION ALL give their rows one after the other:
// in a query over inputs that end, where a member before the last gives rows only at
// the end of its input.
func (x *assembly) oneByOne(st *Statement, n *logical.Union) bool {
	if x.app.o.Mode != Query || !st.bound.Bounded {
		return false
	}
	waits := false
	for i, m := range n.All {
		waits = waits || i < len(n.All)-1 && waitsForEnd(m)
		walk(m, func(n logical.Node) {
			if t, ok := n.(*logical.Time); ok && t.Marks {
				i = -1
			}
		})
		if i < 0 {
			return false
		}
	}
	return waits
}

// waitsForEnd tells that no row comes out before the input has ended.
func waitsForEnd(n logical.Node) bool {
	switch n := n.(type) {
	case *logical.Sort, *logical.SetOp:
		return true
	case *logical.Aggregate:
		return n.Mode == logical.Final && n.Window == nil
	case *logical.Over:
		return !n.Buffered
	case *logical.Filter, *logical.Project, *logical.Distinct, *logical.Limit, *logical.Require, *logical.Time, *logical.Unnest, *logical.Join:
		return waitsForEnd(n.Inputs()[0])
	case *logical.Union:
		for _, m := range n.All {
			if waitsForEnd(m) {
				return true
			}
		}
	}
	return false
}

// ordered builds a UNION ALL whose members follow one another. Inputs of an earlier
// member are read before those of a later one, where they are not the same.
func (x *assembly) ordered(st *Statement, n *logical.Union, env build.Env) (attach, error) {
	u := union.NewOrdered(len(n.All), columnTypes(n), env.Limit)
	out := arrowexec.NewNode("UnionAll", passOp{})
	own := x.phase
	defer func() { x.phase = own }()
	for i := len(n.All) - 1; i >= 0; i-- {
		if i < len(n.All)-1 {
			x.earliest--
			x.phase = x.earliest
		}
		at, err := x.node(st, n.All[i], env)
		if err != nil {
			return nil, err
		}
		port := u.Port(i)
		at(arrowexec.NewNode("UnionPort", port, out))
		if x.ops == nil {
			x.ops = map[*Statement][]arrowexec.Operator{}
		}
		x.ops[st] = append(x.ops[st], port)
	}
	return func(c *arrowexec.Node) { out.Next = append(out.Next, c) }, nil
}
