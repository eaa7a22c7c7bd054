package rules

import (
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/planner/internal/logical"
)

// dropSorts leaves out sorts whose order nobody can see: below an aggregate whose
// values are the same in any order, when its groups are one or are sorted by all of
// their keys, and on the side of a join that is only asked for matches.
func dropSorts(n logical.Node, f Facts) logical.Node {
	if f.Rows == nil {
		return n
	}
	return unsorted(n, true)
}

// unsorted rewrites a plan; seen tells that the order of its rows shows.
func unsorted(n logical.Node, seen bool) logical.Node {
	shows := []bool{true, true} // the order of each input
	switch n := n.(type) {
	case *logical.Filter, *logical.Project:
		shows[0] = seen
	case *logical.Sort:
		safe := len(n.Window) == 0 && sortSafe(n.Keys)
		if !seen && safe && n.Limit < 0 && n.Offset == 0 {
			return unsorted(n.Input, false)
		}
		shows[0] = !safe || !sortsGroups(n)
	case *logical.Aggregate:
		shows[0] = seen && !n.Global || !anyOrder(n)
	case *logical.Join:
		safe := n.Interval == nil && !n.HoldMarks
		logical.EachExpr(n, func(e expr.Expr) { safe = safe && expr.Safe(e) })
		if !safe || n.AsOf != nil {
			break
		}
		shows[0], shows[1] = seen, seen
		switch n.Kind {
		case logical.SemiJoin, logical.AntiJoin, logical.MarkJoin, logical.SingleJoin:
			shows[1] = false
		}
	}
	at := -1
	return inputs(n, func(in logical.Node) logical.Node {
		at++
		return unsorted(in, at >= len(shows) || shows[at])
	})
}

// sortsGroups tells that a sort by columns leaves no two rows equal: below it stands
// an aggregate all of whose keys are among them.
func sortsGroups(s *logical.Sort) bool {
	by := map[int]bool{}
	for _, k := range s.Keys {
		if c, ok := k.Expr.(*expr.Column); ok {
			by[c.Index] = true
		}
	}
	in := s.Input
	for {
		switch n := in.(type) {
		case *logical.Filter:
			in = n.Input
		case *logical.Project:
			below := map[int]bool{}
			for i, e := range n.Exprs {
				if c, ok := e.(*expr.Column); ok && by[i] {
					below[c.Index] = true
				}
			}
			in, by = n.Input, below
		case *logical.Aggregate:
			for i := range n.Keys {
				if !by[i] {
					return false
				}
			}
			return len(n.Keys) > 0
		default:
			return false
		}
	}
}

// anyOrder tells that an aggregate gives the same groups and values in whatever order
// the rows come. Floating point numbers do not: sums are rounded, and −0 is 0.
func anyOrder(n *logical.Aggregate) bool {
	if n.Window != nil || n.Mode != logical.Final || n.Every > 0 || len(n.Last) > 0 {
		return false
	}
	for _, k := range n.Keys {
		if !exact(k) {
			return false
		}
	}
	for _, a := range n.Aggs {
		switch a.Func.Name {
		case "COUNT", "COUNT_DISTINCT", "BOOL_AND", "BOOL_OR":
		case "SUM", "AVG", "MIN", "MAX":
			if !exact(a.Args[0]) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// exact tells that equal values of a type are the same value.
func exact(e expr.Expr) bool {
	switch vec.KindOf(e.Type()) {
	case vec.Float32, vec.Float64, vec.Interval, vec.List, vec.Map, vec.Struct:
		return false
	}
	return true
}
