package bind

import (
	"fmt"
	"slices"

	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
)

// subqueries collects the subqueries of one level of a SELECT: those whose
// answers are needed below its aggregate, or above it.
type subqueries struct {
	list []*logical.Attach
	// base numbers their columns while the level is bound; patch tells the place.
	base int
	next int
	seen map[ast.Node]expr.Expr
	// texts are those bound, by what they say.
	texts map[string]expr.Expr
	// endless says that the rows of the level do not end.
	endless bool
	// frozen takes no more: what was bound may be named again.
	frozen bool
}

// Placeholder spaces for the answers of subqueries.
const (
	belowBase = 1 << 24
	aboveBase = 1 << 25
	afterBase = 1 << 27 // of those that depend on values of OVER
)

// readsOver tells of an expression over values of OVER, or over the answers of
// subqueries that depend on them.
func readsOver(e expr.Expr) bool {
	return reads(e, func(i int) bool { return i >= overBase && i < belowBase || i >= afterBase })
}

func newSubqueries(base int) *subqueries {
	return &subqueries{base: base, seen: map[ast.Node]expr.Expr{}, texts: map[string]expr.Expr{}}
}

func (z *selecting) newSubqueries(base int) *subqueries {
	s := newSubqueries(base)
	s.endless = !z.rel.Bounded
	return s
}

// place puts the subqueries above a node and gives what rewrites the columns
// that stand for their answers.
func (s *subqueries) place(n logical.Node, patch func(expr.Expr) expr.Expr) (logical.Node, func(expr.Expr) expr.Expr) {
	first := len(n.Fields())
	number := func(e expr.Expr) expr.Expr {
		if e == nil {
			return nil
		}
		return expr.Rewrite(e, func(e expr.Expr) expr.Expr {
			c, ok := e.(*expr.Column)
			if !ok || c.Index < s.base || c.Index >= s.base+s.next {
				return e
			}
			k := *c
			k.Index = c.Index - s.base + first
			return &k
		})
	}
	for _, a := range s.list {
		a.Input = n
		if a.Guard != nil {
			if patch != nil {
				a.Guard = patch(a.Guard)
			}
			a.Guard = number(a.Guard)
		}
		for _, list := range [][]expr.Expr{a.Probe, a.Params} {
			for i, p := range list {
				if patch != nil {
					p = patch(p)
				}
				list[i] = number(p)
			}
		}
		a.Out = append(append([]logical.Field(nil), n.Fields()...), a.Out...)
		n = a
	}
	s.list = nil
	return n, number
}

// subquery binds the query of a subquery that gives the columns it is asked for.
func (x *exprs) subquery(q *ast.Query, what string) (*Bound, *level) {
	if x.subs == nil || x.subs.frozen {
		x.b.refuse(q.Pos(), "a subquery in "+x.clause, "put it in a derived table: FROM (SELECT …)")
		return nil, nil
	}
	sub, l := x.within(q)
	if sub == nil {
		return nil, nil
	}
	if !sub.Bounded {
		x.b.errorHint(diag.Unbounded, q.Pos(), "CREATE TABLE it first", "%s needs an input that ends", what)
		return nil, nil
	}
	if !x.correlates(q, sub, l) {
		return nil, nil
	}
	return sub, l
}

// correlates refuses a subquery with time windows that depend on the row.
func (x *exprs) correlates(q *ast.Query, sub *Bound, l *level) bool {
	if len(l.params) == 0 || !windowed(sub.Node, l.query) {
		return true
	}
	x.b.errorHint(diag.Refused, q.Pos(), "put the windowed query in a derived table that does not depend on the row", "a correlated subquery with WINDOW is not supported")
	return false
}

// windowed tells of a plan with time windows that depend on the row.
func windowed(n logical.Node, query int) bool {
	if a, ok := n.(*logical.Aggregate); ok && a.Window != nil {
		return depends(n, query)
	}
	return slices.ContainsFunc(n.Inputs(), func(in logical.Node) bool { return windowed(in, query) })
}

// depends tells whether a plan names values of the rows that a query is asked for.
func depends(n logical.Node, query int) bool {
	found := false
	logical.EachExpr(n, func(e expr.Expr) {
		expr.Walk(e, func(e expr.Expr) bool {
			o, ok := e.(*expr.Outer)
			found = found || ok && o.Query == query
			return !found
		})
	})
	return found || slices.ContainsFunc(n.Inputs(), func(in logical.Node) bool { return depends(in, query) })
}

// attach notes a subquery and gives the columns of its answer.
func (x *exprs) attach(at ast.Pos, l *level, a *logical.Attach, fields ...logical.Field) []expr.Expr {
	s := x.subs
	if x.overs != nil && (slices.ContainsFunc(a.Probe, readsOver) || slices.ContainsFunc(l.params, readsOver)) {
		if x.overs.after == nil {
			x.overs.after = newSubqueries(afterBase)
			x.overs.after.endless = s.endless
		}
		s = x.overs.after
	}
	a.Query, a.Params, a.Place, a.Endless = l.query, l.params, at, s.endless
	var out []expr.Expr
	for _, f := range fields {
		x.b.answers++ // expressions are matched by their text
		f.Name = fmt.Sprintf("%s#%d", f.Name, x.b.answers)
		out = append(out, &expr.Column{Index: s.base + s.next, Name: f.Name, T: f.Type})
		f.Hidden = true
		a.Out = append(a.Out, f)
		s.next++
	}
	x.guard(a)
	s.list = append(s.list, a)
	return out
}

// once binds a subquery of a level only once: an alias may name it again.
func (x *exprs) once(n ast.Node, f func() expr.Expr) expr.Expr {
	if x.subs != nil {
		if e := x.subs.seen[n]; e != nil {
			return e
		}
		if x.subs.frozen { // grouping matches what is written alike
			return x.subs.texts[ast.Format(n)]
		}
	}
	e := f()
	if x.subs != nil && e != nil {
		x.subs.seen[n] = e
		x.subs.texts[ast.Format(n)] = e
	}
	return e
}

func (x *exprs) scalar(e *ast.Subquery) expr.Expr {
	if row := x.row(e, 1); row != nil {
		return row[0]
	}
	return nil
}

// typed gives the values of a subquery's columns: those without a type are NULL.
func typed(sub *Bound, row []expr.Expr) []expr.Expr {
	for i := range row {
		if i < len(sub.Typeless) && sub.Typeless[i] {
			row[i] = null()
		}
	}
	return row
}

// row binds a subquery of one row and so many columns.
func (x *exprs) row(e *ast.Subquery, width int) []expr.Expr {
	sub, l := x.subquery(e.Query, "a subquery")
	if sub == nil {
		return nil
	}
	if sub.Visible != width {
		if width == 1 {
			x.b.errorf(diag.Arity, e.Pos(), "a scalar subquery has one column, not %d", sub.Visible)
		} else {
			x.b.errorf(diag.Arity, e.Pos(), "%d values are compared with a subquery of %d columns", width, sub.Visible)
		}
		return nil
	}
	var fields []logical.Field
	for _, f := range sub.Node.Fields()[:width] {
		fields = append(fields, logical.Field{Name: f.Name, Type: f.Type})
	}
	a := &logical.Attach{Sub: sub.Node, Kind: logical.AttachScalar, Width: width, Name: subqueryName(x.b, e.Pos())}
	return typed(sub, x.attach(e.Pos(), l, a, fields...))
}

func (x *exprs) exists(e *ast.Exists) expr.Expr {
	sub, l := x.subquery(e.Query, "EXISTS")
	if sub == nil {
		return nil
	}
	return x.attach(e.Pos(), l, &logical.Attach{Sub: sub.Node, Kind: logical.AttachExists}, logical.Field{Name: "exists", Type: vec.TypeBool})[0]
}

// inQuery binds X [NOT] IN (query).
func (x *exprs) inQuery(at ast.Pos, left ast.Expr, q *ast.Query, not bool) expr.Expr {
	parts := []ast.Expr{left}
	if row, ok := left.(*ast.RowExpr); ok {
		parts = row.Items
	}
	probe := x.list(parts)
	sub, l := x.subquery(q, "IN (subquery)")
	if probe == nil || sub == nil {
		return nil
	}
	if sub.Visible != len(probe) {
		x.b.errorf(diag.Arity, at, "IN compares %d values with %d columns", len(probe), sub.Visible)
		return nil
	}
	p := &logical.Project{Input: sub.Node, Headers: -1}
	for i, f := range sub.Node.Fields()[:sub.Visible] {
		t, ok := expr.CommonType(probe[i].Type(), f.Type)
		if expr.IsTextLiteral(probe[i]) {
			t, ok = f.Type, true
		}
		if !ok {
			x.b.errorHint(diag.Type, at, "CAST one of them", "IN compares %s with %s", expr.TypeName(probe[i].Type()), expr.TypeName(f.Type))
			return nil
		}
		e, err := expr.Convert(probe[i], t)
		if err != nil {
			x.b.failed(at, diag.Type, err)
			return nil
		}
		probe[i] = e
		p.Exprs = append(p.Exprs, x.b.castTo(at, &expr.Column{Index: i, Name: f.Name, T: f.Type}, t))
		p.Out = append(p.Out, logical.Field{Name: f.Name, Type: t})
	}
	in := x.attach(at, l, &logical.Attach{Sub: p, Kind: logical.AttachIn, Width: len(probe), Probe: probe}, logical.Field{Name: "in", Type: vec.TypeBool})[0]
	if !not {
		return in
	}
	return x.placed(at, func() (expr.Expr, error) { return expr.NewNot(in) })
}
