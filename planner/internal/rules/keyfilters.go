package rules

import (
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/planner/internal/logical"
)

// filterByKeys lets what a join reads first narrow what it reads later: rows whose
// keys the first side does not have are dropped below the aggregates and joins that
// stand between them and the join.
func filterByKeys(n logical.Node, f Facts) logical.Node {
	if f.Rows == nil {
		return n
	}
	k := &keyFilters{plan: n, rows: f.Rows, sizes: sizesOf(n, f.Rows)}
	return k.node(n)
}

type keyFilters struct {
	plan  logical.Node
	rows  func(source string) int64
	sizes sizes
	last  int // number given last
}

func (k *keyFilters) node(n logical.Node) logical.Node {
	j, ok := n.(*logical.Join)
	if !ok {
		return inputs(n, k.node)
	}
	c := *j
	if early := LeftFirst(k.plan, j, k.rows); k.selective(j, early) {
		side, keys := j.Left, []expr.Expr{}
		for _, key := range j.Keys {
			if early {
				keys = append(keys, key.Right)
			} else {
				keys = append(keys, key.Left)
			}
		}
		if early {
			side = j.Right
		}
		if out, gain := k.push(side, keys, k.last+1, early && j.Kind == logical.SingleJoin); gain {
			k.last++
			c.Filter = k.last
			if early {
				c.Right = out
			} else {
				c.Left = out
			}
		}
	}
	c.Left, c.Right = k.node(c.Left), k.node(c.Right)
	return &c
}

// selective tells that rows of the side that is read later come to nothing without a
// match, and that many have none.
func (k *keyFilters) selective(j *logical.Join, early bool) bool {
	if len(j.Keys) == 0 || len(j.In) > 0 || !j.Hashed() {
		return false
	}
	var first logical.Node
	switch {
	case early: // no right row stays for itself
		first = j.Left
	case j.Kind == logical.InnerJoin || j.Kind == logical.SemiJoin || j.Kind == logical.RightJoin:
		first = j.Right
	default:
		return false
	}
	safe := true
	logical.EachExpr(j, func(e expr.Expr) { safe = safe && expr.Safe(e) })
	s := k.sizes.of(first)
	return safe && s.known && s.rows*2 < s.base
}

// push puts a filter by keys into a plan, as far down as the rows that fail stay the
// same. gain tells that it spares an aggregate or a join rows. With asked the rows are
// the answers of a subquery, computed for the values that are asked for: what fails
// for others is nobody's.
func (k *keyFilters) push(n logical.Node, keys []expr.Expr, number int, asked bool) (out logical.Node, gain bool) {
	into := func(in logical.Node, at int, keys []expr.Expr, gains bool) (logical.Node, bool) {
		below, gain := k.push(in, keys, number, asked)
		next := append([]logical.Node(nil), n.Inputs()...)
		next[at] = below
		return n.WithInputs(next), gain || gains
	}
	over := func(list []expr.Expr) []expr.Expr {
		out := make([]expr.Expr, len(keys))
		for i, e := range keys {
			out[i] = substitute(e, func(c *expr.Column) expr.Expr { return list[c.Index] })
		}
		return out
	}
	switch n := n.(type) {
	case *logical.Filter:
		if asked = false; expr.Safe(n.Pred) {
			if out, gain := into(n.Input, 0, keys, false); gain {
				return out, true
			}
		}
	case *logical.Project:
		if !n.HeaderEdits && (asked || allSafe(n.Exprs...)) {
			if low := over(n.Exprs); allSafe(low...) {
				return into(n.Input, 0, low, false)
			}
		}
	case *logical.Ordinal:
		if belowAll(keys, len(n.Input.Fields())) {
			return into(n.Input, 0, keys, false)
		}
	case *logical.Sort:
		if n.Limit < 0 && n.Offset == 0 && len(n.Window) == 0 && sortSafe(n.Keys) {
			return into(n.Input, 0, keys, false)
		}
	case *logical.Aggregate:
		if (groupSafe(n) || asked && finalGroups(n)) && belowAll(keys, len(n.Keys)) {
			return into(n.Input, 0, over(n.Keys), true)
		}
	case *logical.Join:
		if !n.Hashed() || n.HoldMarks {
			break
		}
		safe := true
		logical.EachExpr(n, func(e expr.Expr) { safe = safe && expr.Safe(e) })
		asked = false
		nl := len(n.Left.Fields())
		inner := n.Kind == logical.InnerJoin || n.Kind == logical.CrossJoin
		left, right := false, false
		for _, e := range keys {
			l, r := logical.Sides(e, nl)
			left, right = left || l, right || r
		}
		switch {
		case !safe || left == right:
		case left && (inner || n.KeepsLeft()):
			return into(n.Left, 0, keys, true)
		case right && inner:
			moved := make([]expr.Expr, len(keys))
			for i, e := range keys {
				moved[i] = logical.Moved(e, -nl)
			}
			return into(n.Right, 1, moved, true)
		}
	}
	return &logical.KeyFilter{Input: n, Number: number, Keys: keys}, false
}

func belowAll(list []expr.Expr, n int) bool {
	for _, e := range list {
		if !below(e, n) {
			return false
		}
	}
	return true
}
