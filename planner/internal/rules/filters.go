package rules

import (
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/planner/internal/logical"
)

// pushFilters puts the conditions of filters as far down as the rows that fail
// stay the same: a condition that cannot fail passes what cannot fail. The
// steps that must see every row of a source, watermarks and RequireEventTime,
// are never passed, nor is anything that counts rows.
func pushFilters(n logical.Node, f Facts) logical.Node { return pusher{f}.node(n) }

type pusher struct{ facts Facts }

func (p pusher) node(n logical.Node) logical.Node {
	if w, ok := n.(*logical.Filter); ok {
		return p.into(w.Input, expr.Conjuncts(w.Pred))
	}
	return inputs(n, p.node)
}

// above is what stays: a filter over a node whose inputs are done.
func (p pusher) above(n logical.Node, conj []expr.Expr) logical.Node {
	n = inputs(n, p.node)
	if e := logical.And(conj); e != nil {
		return &logical.Filter{Input: n, Pred: e}
	}
	return n
}

// down splits conditions at the first that may not move: those before it, as
// they are below the node, and the rest. A condition that would stand before one
// that may fail must not overtake it.
func down(conj []expr.Expr, move func(expr.Expr) (expr.Expr, bool)) (moved, stay []expr.Expr) {
	safe := true
	for _, c := range conj {
		m, ok := move(c)
		if ok = ok && safe && vec.KindOf(c.Type()) == vec.Bool && expr.Safe(m); ok {
			moved = append(moved, m)
			continue
		}
		safe = safe && expr.Safe(c)
		stay = append(stay, c)
	}
	return moved, stay
}

// into places conditions below n where they may go, else above it.
func (p pusher) into(n logical.Node, conj []expr.Expr) logical.Node {
	same := func(e expr.Expr) (expr.Expr, bool) { return e, true }
	width := 0
	if in := n.Inputs(); len(in) > 0 {
		width = len(in[0].Fields())
	}
	own := func(e expr.Expr) (expr.Expr, bool) { return e, below(e, width) }
	var move func(expr.Expr) (expr.Expr, bool)
	switch n := n.(type) {
	case *logical.Filter: // the inner conditions come first
		return p.into(n.Input, append(slices.Clone(expr.Conjuncts(n.Pred)), conj...))
	case *logical.Project:
		if n.HeaderEdits || !allSafe(n.Exprs...) {
			break
		}
		move = func(e expr.Expr) (expr.Expr, bool) {
			return substitute(e, func(c *expr.Column) expr.Expr { return n.Exprs[c.Index] }), true
		}
	case *logical.Distinct:
		if p.facts.Bounded {
			move = func(e expr.Expr) (expr.Expr, bool) { return e, reads(e, n.Keys) }
		}
	case *logical.Sort:
		if n.Limit < 0 && n.Offset == 0 && len(n.Window) == 0 && sortSafe(n.Keys) {
			move = same
		}
	case *logical.Aggregate:
		if groupSafe(n) {
			move = func(e expr.Expr) (expr.Expr, bool) {
				if !below(e, len(n.Keys)) {
					return e, false
				}
				return substitute(e, func(c *expr.Column) expr.Expr { return n.Keys[c.Index] }), true
			}
		}
	case *logical.Time:
		if !n.Marks && p.facts.Unmarked {
			move = own
		}
	case *logical.Union:
		moved, stay := down(conj, same)
		if len(moved) == 0 {
			break
		}
		c := *n
		c.All = nil
		for _, m := range n.All {
			c.All = append(c.All, p.into(m, moved))
		}
		return over(&c, stay)
	case *logical.Join:
		return p.join(n, conj)
	}
	if move == nil {
		return p.above(n, conj)
	}
	moved, stay := down(conj, move)
	if len(moved) == 0 {
		return p.above(n, stay)
	}
	in := n.Inputs()
	next := make([]logical.Node, len(in))
	next[0] = p.into(in[0], moved)
	for i := 1; i < len(in); i++ {
		next[i] = p.node(in[i])
	}
	return over(n.WithInputs(next), stay)
}

func over(n logical.Node, stay []expr.Expr) logical.Node {
	if e := logical.And(stay); e != nil {
		return &logical.Filter{Input: n, Pred: e}
	}
	return n
}

// join puts conditions on one side of a join below it, where that side's rows
// do not outlive their match.
func (p pusher) join(n *logical.Join, conj []expr.Expr) logical.Node {
	nl := len(n.Left.Fields())
	both := n.Kind == logical.InnerJoin || n.Kind == logical.CrossJoin
	left, rest := down(conj, func(e expr.Expr) (expr.Expr, bool) {
		return e, (both || n.KeepsLeft()) && below(e, nl)
	})
	right, rest := down(rest, func(e expr.Expr) (expr.Expr, bool) {
		side := true
		m := substitute(e, func(c *expr.Column) expr.Expr {
			k := *c
			k.Index -= nl
			side = side && k.Index >= 0
			return &k
		})
		return m, side && (both || n.Kind == logical.RightJoin)
	})
	c := *n
	c.Left, c.Right = p.into(n.Left, left), p.into(n.Right, right)
	if len(left) == 0 {
		c.Left = p.node(n.Left)
	}
	if len(right) == 0 {
		c.Right = p.node(n.Right)
	}
	return over(&c, rest)
}

// reads tells whether an expression reads only the columns of a list.
func reads(e expr.Expr, list []int) bool {
	ok := true
	expr.Walk(e, func(e expr.Expr) bool {
		if c, is := e.(*expr.Column); is && !slices.Contains(list, c.Index) {
			ok = false
		}
		return ok
	})
	return ok
}

func sortSafe(keys []logical.SortKey) bool {
	for _, k := range keys {
		if !expr.Safe(k.Expr) {
			return false
		}
	}
	return true
}

// total tells of an aggregate whose final value never fails, whatever the rows.
func total(a logical.AggCall) bool {
	switch a.Func.Name {
	case "COUNT", "COUNT_DISTINCT", "MIN", "MAX", "BOOL_AND", "BOOL_OR", "FIRST_VALUE", "LAST_VALUE", "MODE":
		return true
	case "SUM", "AVG":
		switch vec.KindOf(a.Args[0].Type()) {
		case vec.Int8, vec.Int16, vec.Int32, vec.Float32, vec.Float64:
			return true
		case vec.Int64:
			return a.Func.Name == "AVG"
		case vec.Decimal: // more rows than that number can count do not reach 38 digits
			return a.Args[0].Type().(*arrow.Decimal128Type).Precision <= 38-19
		}
	}
	return false
}

// finalGroups tells that the groups of an aggregate are those of its whole input,
// and that no key fails.
func finalGroups(n *logical.Aggregate) bool {
	return n.Window == nil && n.Mode == logical.Final && n.Every == 0 && !n.Global && len(n.Keys) > 0 && allSafe(n.Keys...)
}

// groupSafe tells that no row and no group of an aggregate can fail, and that
// its groups are those of its whole input: conditions on keys may go below.
func groupSafe(n *logical.Aggregate) bool {
	if !finalGroups(n) || !allSafe(n.Last...) || !allSafe(n.Having) {
		return false
	}
	for _, a := range n.Aggs {
		if !total(a) || !allSafe(a.Args...) || !allSafe(a.Filter) || !sortSafe(a.OrderBy) {
			return false
		}
	}
	return true
}
