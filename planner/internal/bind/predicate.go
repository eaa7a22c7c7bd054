package bind

import (
	"strings"

	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
)

// condition binds what the clause takes rows on, a BOOLEAN.
func (x *exprs) condition(e ast.Expr) expr.Expr {
	p := x.bind(e)
	if p == nil || !x.boolean(e, p) {
		return nil
	}
	return p
}

// boolean reports a condition of the clause that is no BOOLEAN.
func (x *exprs) boolean(e ast.Expr, p expr.Expr) bool {
	if k := vec.KindOf(p.Type()); k != vec.Bool && k != vec.Null {
		x.b.errorf(diag.Type, ast.Start(e), "%s takes BOOLEAN, not %s", x.clause, expr.TypeName(p.Type()))
		return false
	}
	return true
}

// logic flattens a chain of one operator, which keeps deep chains off the stack
// of every later walk.
func (x *exprs) logic(e *ast.Binary) expr.Expr {
	var parts []ast.Expr
	var left ast.Expr = e
	for {
		b, ok := left.(*ast.Binary)
		if !ok || b.Op != e.Op {
			parts = append(parts, left)
			break
		}
		parts = append(parts, b.Right)
		left = b.Left
	}
	for i, j := 0, len(parts)-1; i < j; i, j = i+1, j-1 {
		parts[i], parts[j] = parts[j], parts[i]
	}
	list := x.steps(parts, is(map[bool]string{true: "FALSE", false: "TRUE"}[e.Op == ast.And], true), e.Op == ast.And)
	if list == nil {
		return nil
	}
	for i, p := range list {
		if k := vec.KindOf(p.Type()); k != vec.Bool && k != vec.Null {
			x.b.errorf(diag.Type, ast.Start(parts[i]), "%s takes BOOLEAN, not %s", e.Op, expr.TypeName(p.Type()))
			return nil
		}
	}
	if e.Op == ast.And {
		return x.placed(e.Pos(), func() (expr.Expr, error) { return expr.NewAnd(list...) })
	}
	return x.placed(e.Pos(), func() (expr.Expr, error) { return expr.NewOr(list...) })
}

// rowSides binds the values of a row value and those that it is compared with.
func (x *exprs) rowSides(at ast.Pos, l *ast.RowExpr, right ast.Expr) (ll, rl []expr.Expr) {
	ll = x.list(l.Items)
	if sub, ok := right.(*ast.Subquery); ok {
		return ll, x.row(sub, len(l.Items))
	}
	r, ok := right.(*ast.RowExpr)
	if !ok || len(r.Items) != len(l.Items) {
		x.b.errorf(diag.Arity, at, "row values of different length are compared")
		return ll, nil
	}
	return ll, x.list(r.Items)
}

// rows compares row values.
func (x *exprs) rows(e *ast.Binary, l *ast.RowExpr) expr.Expr {
	ll, rl := x.rowSides(e.Pos(), l, e.Right)
	if ll == nil || rl == nil {
		return nil
	}
	return x.compareRows(e.Pos(), e.Op, ll, rl)
}

// compareRows compares values pair by pair: = and <> all of them, and < and its kin
// in order.
func (x *exprs) compareRows(at ast.Pos, op ast.BinaryOp, ll, rl []expr.Expr) expr.Expr {
	if op != ast.Eq && op != ast.Ne {
		return x.rowOrder(at, op, ll, rl)
	}
	all := x.pairs(at, ll, rl, func(l, r expr.Expr) (expr.Expr, error) { return expr.NewCompare("=", l, r) }, expr.NewAnd)
	if all == nil || op == ast.Eq {
		return all
	}
	return x.placed(at, func() (expr.Expr, error) { return expr.NewNot(all) })
}

// pairs joins what one makes of each pair of values.
func (x *exprs) pairs(at ast.Pos, ll, rl []expr.Expr, one func(l, r expr.Expr) (expr.Expr, error), join func(...expr.Expr) (expr.Expr, error)) expr.Expr {
	var parts []expr.Expr
	for i := range ll {
		p := x.placed(at, func() (expr.Expr, error) { return one(ll[i], rl[i]) })
		if p == nil {
			return nil
		}
		parts = append(parts, p)
	}
	return x.placed(at, func() (expr.Expr, error) { return join(parts...) })
}

// rowOrder compares row values by < and its kin: the first pair that differs decides,
// a < c OR a = c AND b < d.
func (x *exprs) rowOrder(at ast.Pos, op ast.BinaryOp, ll, rl []expr.Expr) expr.Expr {
	n := len(ll) - 1
	out := x.placed(at, func() (expr.Expr, error) { return expr.NewCompare(string(op), ll[n], rl[n]) })
	strict := strings.TrimSuffix(string(op), "=")
	for i := n - 1; i >= 0 && out != nil; i-- {
		less := x.placed(at, func() (expr.Expr, error) { return expr.NewCompare(strict, ll[i], rl[i]) })
		equal := x.placed(at, func() (expr.Expr, error) { return expr.NewCompare("=", ll[i], rl[i]) })
		if less == nil || equal == nil {
			return nil
		}
		rest := out
		out = x.placed(at, func() (expr.Expr, error) {
			and, err := expr.NewAnd(equal, rest)
			if err != nil {
				return nil, err
			}
			return expr.NewOr(less, and)
		})
	}
	return out
}

// distinct binds IS [NOT] DISTINCT FROM, of row values pair by pair.
func (x *exprs) distinct(e *ast.IsDistinct) expr.Expr {
	l, ok := e.Left.(*ast.RowExpr)
	if !ok {
		l, r := x.bind(e.Left), x.bind(e.Right)
		if l == nil || r == nil {
			return nil
		}
		return x.placed(e.Pos(), func() (expr.Expr, error) { return expr.NewDistinct(l, r, e.Not) })
	}
	ll, rl := x.rowSides(e.Pos(), l, e.Right)
	if ll == nil || rl == nil {
		return nil
	}
	join := expr.NewOr
	if e.Not {
		join = expr.NewAnd
	}
	return x.pairs(e.Pos(), ll, rl, func(l, r expr.Expr) (expr.Expr, error) { return expr.NewDistinct(l, r, e.Not) }, join)
}

func (x *exprs) like(e *ast.Like) expr.Expr {
	v, p := x.bind(e.X), x.bind(e.Pattern)
	esc := '\\'
	_, never := e.Escape.(*ast.NullLit)
	if e.Escape != nil && !never {
		s, ok := e.Escape.(*ast.StringLit)
		r := []rune{}
		if ok {
			r = []rune(s.Value)
		}
		if len(r) > 1 || !ok {
			x.b.errorf(diag.Value, e.Escape.Pos(), "ESCAPE takes a string literal of one character")
			return nil
		}
		esc = 0
		if len(r) == 1 {
			esc = r[0]
		}
	}
	if v == nil || p == nil {
		return nil
	}
	like := x.placed(e.Pos(), func() (expr.Expr, error) { return expr.NewLike(v, p, esc, e.Fold, e.Not) })
	if like != nil && never {
		return expr.NullConst(vec.TypeBool)
	}
	return like
}

func (x *exprs) inList(e *ast.In) expr.Expr {
	if e.Query != nil {
		return x.once(e, func() expr.Expr {
			return x.inQuery(e.Pos(), e.X, e.Query, e.Not)
		})
	}
	if row, ok := e.X.(*ast.RowExpr); ok {
		var alts []expr.Expr
		for _, it := range e.List {
			c := x.rows(&ast.Binary{Place: e.Place, Op: ast.Eq, Left: row, Right: it}, row)
			if c == nil {
				return nil
			}
			alts = append(alts, c)
		}
		any := x.placed(e.Pos(), func() (expr.Expr, error) { return expr.NewOr(alts...) })
		if any == nil || !e.Not {
			return any
		}
		return x.placed(e.Pos(), func() (expr.Expr, error) { return expr.NewNot(any) })
	}
	v, list := x.bind(e.X), x.list(e.List)
	if v == nil || list == nil {
		return nil
	}
	return x.placed(e.Pos(), func() (expr.Expr, error) { return expr.NewIn(v, list, e.Not) })
}

func (x *exprs) quantified(e *ast.Quantified) expr.Expr {
	if e.Query != nil {
		return x.once(e, func() expr.Expr { return x.quantifiedQuery(e) })
	}
	if list, ok := e.Array.(*ast.ArrayExpr); ok && len(list.Items) > 0 && !e.Op.IsComparison() {
		return x.likeEach(e, list)
	}
	v, a := x.bind(e.Left), x.bind(e.Array)
	if v == nil || a == nil {
		return nil
	}
	if k := vec.KindOf(a.Type()); e.Op == ast.Eq && !e.All && (k == vec.List || k == vec.Null) {
		if a = x.placed(e.Pos(), func() (expr.Expr, error) { return expr.ElementsLike(a, v) }); a == nil {
			return nil
		}
		return x.function(e.Pos(), "ARRAY_CONTAINS", []expr.Expr{a, v})
	}
	return x.placed(e.Pos(), func() (expr.Expr, error) { return expr.NewQuantified(string(e.Op), v, a, e.All) })
}

// likeEach is x LIKE ANY (ARRAY[…]), or ALL: one LIKE for each pattern.
func (x *exprs) likeEach(e *ast.Quantified, list *ast.ArrayExpr) expr.Expr {
	v, patterns := x.bind(e.Left), x.list(list.Items)
	if v == nil || patterns == nil {
		return nil
	}
	each := make([]expr.Expr, len(patterns))
	for i, p := range patterns {
		each[i] = x.placed(e.Pos(), func() (expr.Expr, error) { return expr.NewLikeOf(string(e.Op), v, p) })
		if each[i] == nil {
			return nil
		}
	}
	return x.placed(e.Pos(), func() (expr.Expr, error) {
		if e.All {
			return expr.NewAnd(each...)
		}
		return expr.NewOr(each...)
	})
}

func (x *exprs) caseExpr(e *ast.Case) expr.Expr {
	var whens, thens []expr.Expr
	ok := true
	var operand expr.Expr
	if e.Operand != nil {
		operand = x.bind(e.Operand)
		ok = operand != nil
	}
	var left []expr.Expr // what the branches before have left
	for _, w := range e.Whens {
		c := x.under(w.Cond, left)
		if c != nil && operand != nil {
			c = x.placed(w.Cond.Pos(), func() (expr.Expr, error) { return expr.NewCompare("=", operand, c) })
		}
		taken := left[:len(left):len(left)]
		if c != nil {
			if t := is("TRUE", false)(c); t != nil {
				taken = append(taken, t)
				left = append(left[:len(left):len(left)], is("TRUE", true)(c))
			}
		}
		r := x.under(w.Result, taken)
		if c == nil || r == nil || !ok {
			ok = false
			continue
		}
		whens, thens = append(whens, c), append(thens, r)
	}
	var els expr.Expr
	if e.Else != nil {
		els = x.under(e.Else, left)
		ok = ok && els != nil
	}
	if !ok {
		return nil
	}
	var conds, results []ast.Expr
	for _, w := range e.Whens {
		conds, results = append(conds, w.Cond), append(results, w.Result)
	}
	if e.Else != nil {
		results = append(results, e.Else)
	}
	return x.placedIn(e.Pos(), append(conds, results...), func() (expr.Expr, error) { return expr.NewCase(whens, thens, els) })
}
