package bind

import (
	"strings"

	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
)

// opposites are the operators that are TRUE where another is FALSE.
var opposites = map[ast.BinaryOp]ast.BinaryOp{ast.Eq: ast.Ne, ast.Ne: ast.Eq, ast.Lt: ast.Ge, ast.Le: ast.Gt, ast.Gt: ast.Le, ast.Ge: ast.Lt}

// quantifiedQuery binds X op ANY|ALL (query): = ANY is IN and <> ALL is NOT IN,
// of the others ALL is not any that is the other way.
func (x *exprs) quantifiedQuery(e *ast.Quantified) expr.Expr {
	if !e.Op.IsComparison() {
		x.b.refuse(e.Pos(), string(e.Op)+" ANY or ALL of a subquery", "write EXISTS with the LIKE in its WHERE")
		return nil
	}
	if e.Op == ast.Eq && !e.All || e.Op == ast.Ne && e.All {
		return x.inQuery(e.Pos(), e.Left, e.Query, e.All)
	}
	op := e.Op
	if e.All {
		op = opposites[op]
	}
	var any expr.Expr
	if row, ok := e.Left.(*ast.RowExpr); ok {
		any = x.anyRow(e, row, op)
	} else {
		any = x.anyValue(e, op)
	}
	if any == nil || !e.All {
		return any
	}
	return x.placed(e.Pos(), func() (expr.Expr, error) { return expr.NewNot(any) })
}

// anyValue compares with the least and the greatest value of the query.
func (x *exprs) anyValue(e *ast.Quantified, op ast.BinaryOp) expr.Expr {
	v := x.bind(e.Left)
	sub, l := x.subquery(e.Query, "ANY and ALL of a subquery")
	if v == nil || sub == nil {
		return nil
	}
	if sub.Visible != 1 {
		x.b.errorf(diag.Arity, e.Pos(), "%s ANY or ALL takes a query of one column, not %d", e.Op, sub.Visible)
		return nil
	}
	got := x.summary(e.Pos(), sub.Node, l, "MIN", "MAX", "COUNT")
	if got == nil {
		return nil
	}
	return x.placed(e.Pos(), func() (expr.Expr, error) { return anyOf(op, v, got[0], got[1], got[2], got[3]) })
}

// anyRow compares a row value with each row of the query, which depends on it.
func (x *exprs) anyRow(e *ast.Quantified, row *ast.RowExpr, op ast.BinaryOp) expr.Expr {
	left := x.list(row.Items)
	sub, l := x.subquery(e.Query, "ANY and ALL of a subquery")
	if left == nil || sub == nil {
		return nil
	}
	if sub.Visible != len(left) {
		x.b.errorf(diag.Arity, e.Pos(), "%s ANY or ALL compares %d values with a query of %d columns", e.Op, len(left), sub.Visible)
		return nil
	}
	var right []expr.Expr
	for i, f := range sub.Node.Fields()[:sub.Visible] {
		right = append(right, &expr.Column{Index: i, Name: f.Name, T: f.Type})
		if left[i] = l.param(left[i], ast.Start(row.Items[i])); left[i] == nil {
			return nil
		}
	}
	hit := x.compareRows(e.Pos(), op, left, typed(sub, right))
	if hit == nil || !x.correlates(e.Query, sub, l) {
		return nil
	}
	hits := &logical.Project{Input: sub.Node, Headers: -1, Exprs: []expr.Expr{hit}, Out: []logical.Field{{Name: "hit", Type: hit.Type()}}}
	got := x.summary(e.Pos(), hits, l, "BOOL_OR", "COUNT")
	if got == nil {
		return nil
	}
	return x.placed(e.Pos(), func() (expr.Expr, error) { return threeValued(got[0], got[1], got[2]) })
}

// summary attaches aggregates of a query's first column, and how many rows it has.
func (x *exprs) summary(at ast.Pos, n logical.Node, l *level, names ...string) []expr.Expr {
	f := n.Fields()[0]
	args := []expr.Expr{&expr.Column{Index: 0, Name: f.Name, T: f.Type}}
	a := &logical.Aggregate{Input: n, Global: true, Time: -1}
	for k, name := range append(names, "COUNT") {
		if k == len(names) {
			args = nil
		}
		call, err := resolveAggregate(x.b.Aggs[name], args, args == nil)
		if err != nil {
			x.b.failed(at, diag.Type, err)
			return nil
		}
		call.Text = strings.ToLower(name)
		a.Aggs = append(a.Aggs, call)
		a.Out = append(a.Out, logical.Field{Name: call.Text, Type: call.Type})
	}
	return x.attach(at, l, &logical.Attach{Sub: a, Kind: logical.AttachScalar, Width: len(a.Out), Name: "a subquery"}, a.Out...)
}

// anyOf is v op ANY of values of which the least, the greatest, the number that
// are not NULL, and the number are known.
func anyOf(op ast.BinaryOp, v, least, greatest, values, all expr.Expr) (expr.Expr, error) {
	var hit expr.Expr
	var err error
	switch op {
	case ast.Lt, ast.Le:
		hit, err = expr.NewCompare(string(op), v, greatest)
	case ast.Gt, ast.Ge:
		hit, err = expr.NewCompare(string(op), v, least)
	default:
		var a, b expr.Expr
		if a, err = expr.NewCompare("<>", v, least); err == nil {
			if b, err = expr.NewCompare("<>", v, greatest); err == nil {
				hit, err = expr.NewOr(a, b)
			}
		}
	}
	if err != nil {
		return nil, err
	}
	return threeValued(hit, values, all)
}

// threeValued is what comparisons with all rows give together: FALSE of none, TRUE
// where one hits, else NULL where one of them is NULL.
func threeValued(hit, values, all expr.Expr) (expr.Expr, error) {
	none, err := expr.NewCompare("=", all, expr.IntConst(0))
	if err != nil {
		return nil, err
	}
	some, err := expr.NewCompare("<", values, all)
	if err != nil {
		return nil, err
	}
	return expr.NewCase([]expr.Expr{none, hit, some}, []expr.Expr{expr.BoolConst(false), expr.BoolConst(true), expr.NullConst(vec.TypeBool)}, hit)
}
