package bind

import (
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/logical"
)

// under binds what is computed only for the rows for which conditions are TRUE: a
// branch of CASE, the right side of OR. Subqueries in it ask for those rows alone.
func (x *exprs) under(e ast.Expr, conds []expr.Expr) expr.Expr {
	n, inside := len(x.guards), x.inside
	x.guards, x.inside = append(x.guards, conds...), true
	out := x.bind(e)
	x.guards, x.inside = x.guards[:n], inside
	return out
}

// steps binds the operands of AND, OR and COALESCE, each for the rows that those
// before it leave: a value that is not FALSE, not TRUE, or NULL. The conditions of a
// clause itself are taken apart by the planner, their order is kept anyhow.
func (x *exprs) steps(list []ast.Expr, left func(expr.Expr) expr.Expr, and bool) []expr.Expr {
	if and && !x.inside && (x.clause == "WHERE" || x.clause == "HAVING" || x.clause == "ON") {
		return x.list(list)
	}
	var out, conds []expr.Expr
	ok := true
	for _, a := range list {
		e := x.under(a, conds)
		if ok = ok && e != nil; e == nil {
			continue
		}
		out = append(out, e)
		if c := left(e); c != nil {
			conds = append(conds, c)
		}
	}
	if !ok {
		return nil
	}
	return out
}

// is is e IS [NOT] TRUE, FALSE or NULL; nil where that cannot be.
func is(value string, not bool) func(e expr.Expr) expr.Expr {
	return func(e expr.Expr) expr.Expr {
		if value == "NULL" {
			return expr.NewIsNull(e, not)
		}
		out, err := expr.NewIsTruth(e, value, not)
		if err != nil {
			return nil
		}
		return out
	}
}

// guard makes a subquery that may fail ask for those rows alone that come to it: for
// the others what it depends on is NULL.
func (x *exprs) guard(a *logical.Attach) {
	var conds []expr.Expr
	for _, c := range x.guards {
		if !reads(c, func(i int) bool { return i >= overBase }) { // the answers of other subqueries are not there yet
			conds = append(conds, c)
		}
	}
	if len(conds) == 0 || !mayFail(a) {
		return
	}
	a.Guard = logical.And(conds)
	for _, list := range [][]expr.Expr{a.Probe, a.Params} {
		for i, e := range list {
			if c, err := expr.NewCase([]expr.Expr{a.Guard}, []expr.Expr{e}, nil); err == nil {
				list[i] = c
			}
		}
	}
}

// mayFail tells of a subquery that may give two rows where one is asked for, or in
// which, or in what it is asked, a row may fail.
func mayFail(a *logical.Attach) bool {
	for _, list := range [][]expr.Expr{a.Probe, a.Params} {
		for _, e := range list {
			if !expr.Safe(e) {
				return true
			}
		}
	}
	return a.Kind == logical.AttachScalar && !oneRow(a.Sub) || anyUnsafe(a.Sub)
}

func oneRow(n logical.Node) bool {
	switch n := n.(type) {
	case *logical.Aggregate:
		return n.Global
	case *logical.Limit:
		return n.Count >= 0 && n.Count <= 1
	case *logical.Project, *logical.Filter:
		return oneRow(n.Inputs()[0])
	}
	return false
}

func anyUnsafe(n logical.Node) bool {
	found := false
	logical.EachExpr(n, func(e expr.Expr) { found = found || !expr.Safe(e) })
	for _, in := range n.Inputs() {
		found = found || anyUnsafe(in)
	}
	return found
}
