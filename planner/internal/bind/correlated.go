package bind

import (
	"fmt"
	"strings"

	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
)

// correlation is what a subquery asks of the query around it: equalities of an
// expression of its own with one of the outer row.
type correlation struct {
	inner, outer []ast.Expr
	rest         ast.Expr // the conditions that are left, nil for none
	query        *ast.Query
	body         *ast.Select
}

// with is the subquery without its equalities, giving other items.
func (c *correlation) with(items []ast.Expr, where ...ast.Expr) *ast.Query {
	body := *c.body
	body.Items, body.Where, body.Distinct = nil, c.rest, false
	for _, e := range items {
		body.Items = append(body.Items, &ast.SelectItem{Place: ast.At(e.Pos()), Expr: e})
	}
	for _, w := range where {
		if body.Where == nil {
			body.Where = w
		} else {
			body.Where = &ast.Binary{Place: ast.At(w.Pos()), Op: ast.And, Left: body.Where, Right: w}
		}
	}
	q := *c.query
	q.Body, q.OrderBy = &body, nil
	return &q
}

// correlation tells whether a subquery depends on the outer row by equalities in
// its WHERE alone; nil when it does not depend on it, or in another way, which
// binding it as it stands then reports.
// A scalar one may aggregate.
func (x *exprs) correlation(q *ast.Query, scalar bool) *correlation {
	body, ok := q.Body.(*ast.Select)
	if x.subs == nil || x.subs.frozen || !ok || body.Where == nil || body.HasGroupBy || body.Having != nil || body.Window != nil || q.Limit != nil || q.Offset != nil {
		return nil
	}
	var items []ast.Expr
	for _, it := range body.Items {
		if it.Expr != nil {
			items = append(items, it.Expr)
		}
	}
	if len(x.b.aggregateNames(items)) > 0 && !scalar || hasOver(items) {
		return nil // OVER runs over the rows of one outer row, which lookup does not tell apart
	}
	quiet := diag.List{}
	qb := *x.b
	qb.Errs, qb.outerNames = &quiet, map[ast.Pos]bool{}
	qb.outer = append(append([]*scope(nil), x.b.outer...), x.in)
	qb.Query(q, false)
	if len(qb.outerNames) == 0 {
		return nil
	}
	outer := func(e ast.Expr) bool {
		found := false
		ast.Inspect(e, func(n ast.Node) bool {
			if name, ok := n.(*ast.Name); ok {
				for _, p := range name.Parts {
					found = found || qb.outerNames[p.Position]
				}
			}
			return !found
		})
		return found
	}
	// Names of the subquery's own on a side make it no expression of the outer row.
	own := func(e ast.Expr) bool {
		found := false
		ast.Inspect(e, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Query:
				found = true
			case *ast.Name:
				mine := true
				for _, p := range n.Parts {
					mine = mine && !qb.outerNames[p.Position]
				}
				found = found || mine
			}
			return !found
		})
		return found
	}
	c := &correlation{query: q, body: body}
	for _, p := range conjuncts(body.Where) {
		if !outer(p) {
			if c.rest == nil {
				c.rest = p
			} else {
				c.rest = &ast.Binary{Place: ast.At(p.Pos()), Op: ast.And, Left: c.rest, Right: p}
			}
			continue
		}
		b, ok := p.(*ast.Binary)
		switch {
		case !ok || b.Op != ast.Eq:
			return nil
		case outer(b.Left) && !own(b.Left) && !outer(b.Right):
			c.outer, c.inner = append(c.outer, b.Left), append(c.inner, b.Right)
		case outer(b.Right) && !own(b.Right) && !outer(b.Left):
			c.outer, c.inner = append(c.outer, b.Right), append(c.inner, b.Left)
		default:
			return nil
		}
	}
	return c
}

func hasOver(list []ast.Expr) bool {
	found := false
	for _, e := range list {
		ast.Inspect(e, func(n ast.Node) bool {
			_, over := n.(*ast.Over)
			found = found || over
			return !found
		})
	}
	return found
}

func conjuncts(e ast.Expr) []ast.Expr {
	var out []ast.Expr
	for {
		b, ok := e.(*ast.Binary)
		if !ok || b.Op != ast.And {
			break
		}
		out = append(out, b.Right)
		e = b.Left
	}
	out = append(out, e)
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out
}

func rowOf(at ast.Pos, list []ast.Expr) ast.Expr {
	if len(list) == 1 {
		return list[0]
	}
	return &ast.RowExpr{Place: ast.At(at), Items: list}
}

// correlatedExists is EXISTS of a subquery with equalities: whether the outer
// values are among the inner ones, and not perhaps.
func (x *exprs) correlatedExists(at ast.Pos, c *correlation) expr.Expr {
	in := x.inQuery(at, rowOf(at, c.outer), c.with(c.inner), false)
	if in == nil {
		return nil
	}
	return x.placed(at, func() (expr.Expr, error) { return expr.NewIsTruth(in, "TRUE", false) })
}

// correlatedIn is X IN of a subquery with equalities: the equalities must hold
// for sure, and only what is compared may be unknown.
func (x *exprs) correlatedIn(at ast.Pos, left ast.Expr, c *correlation, not bool) expr.Expr {
	parts := []ast.Expr{left}
	if row, ok := left.(*ast.RowExpr); ok {
		parts = append([]ast.Expr(nil), row.Items...)
	}
	var items, known []ast.Expr
	for _, it := range c.body.Items {
		if it.Expr == nil {
			x.b.errorf(diag.Arity, it.Pos(), "* in a correlated IN (subquery) is not supported; name the columns")
			return nil
		}
		items = append(items, it.Expr)
	}
	if len(items) != len(parts) {
		x.b.errorf(diag.Arity, at, "IN compares %d values with %d columns", len(parts), len(items))
		return nil
	}
	for _, i := range c.inner {
		known = append(known, &ast.Is{Place: ast.At(i.Pos()), X: i, Not: true, Kind: ast.IsNull})
	}
	in := x.inQuery(at, rowOf(at, append(parts, c.outer...)), c.with(append(items, c.inner...), known...), false)
	if in == nil {
		return nil
	}
	var whens, thens []expr.Expr
	for _, o := range c.outer {
		e := x.bind(o)
		if e == nil {
			return nil
		}
		whens, thens = append(whens, expr.NewIsNull(e, false)), append(thens, expr.BoolConst(false))
	}
	all := x.placed(at, func() (expr.Expr, error) { return expr.NewCase(whens, thens, in) })
	if all == nil || !not {
		return all
	}
	return x.placed(at, func() (expr.Expr, error) { return expr.NewNot(all) })
}

// correlatedScalar is a scalar subquery with equalities: the subquery's value
// for each key, looked up by the outer values. Over no row an aggregate has the
// value that it has over an empty input.
func (x *exprs) correlatedScalar(e *ast.Subquery, c *correlation) expr.Expr {
	if len(c.body.Items) != 1 || c.body.Items[0].Expr == nil {
		x.b.errorf(diag.Arity, e.Pos(), "a scalar subquery has one column, not %d", len(c.body.Items))
		return nil
	}
	item := c.body.Items[0].Expr
	q := c.with(append(append([]ast.Expr(nil), c.inner...), item))
	aggregates := x.b.aggregateNames([]ast.Expr{item})
	if len(aggregates) > 0 {
		body := q.Body.(*ast.Select)
		body.HasGroupBy, body.GroupBy = true, c.inner
	} else if c.body.Distinct {
		q.Body.(*ast.Select).Distinct = true
	}
	probe := x.list(c.outer)
	sub := x.subquery(q, "a subquery")
	if probe == nil || sub == nil {
		return nil
	}
	keys := x.keyed(e.Pos(), probe, sub)
	if keys == nil {
		return nil
	}
	f := sub.Node.Fields()[len(probe)]
	name := fmt.Sprintf("the scalar subquery at %s:%s", x.b.Source, e.Pos())
	got := x.attach(&logical.Attach{Sub: keys, Kind: "lookup", Width: len(keys.Out), Probe: probe, Name: name},
		logical.Field{Name: itemName(item), Type: f.Type}, logical.Field{Name: "found", Type: vec.TypeBool})
	if call, ok := item.(*ast.Call); len(aggregates) == 0 || ok && x.b.isAggregate(call) && !strings.Contains(call.Name, "COUNT") {
		return got[0]
	}
	none := *c.body
	none.Where = &ast.BoolLit{Place: ast.At(e.Pos())}
	empty := *c.query
	empty.Body, empty.OrderBy = &none, nil
	other := x.scalar(&ast.Subquery{Place: ast.At(e.Pos()), Query: &empty})
	if other == nil {
		return nil
	}
	return x.placed(e.Pos(), func() (expr.Expr, error) {
		return expr.NewCase([]expr.Expr{got[1]}, []expr.Expr{got[0]}, other)
	})
}

// keyed gives the first columns of a subquery the types that they are compared
// in with the probe, which takes them too.
func (x *exprs) keyed(at ast.Pos, probe []expr.Expr, sub *Bound) *logical.Project {
	p := &logical.Project{Input: sub.Node, Headers: -1}
	for i, f := range sub.Node.Fields()[:sub.Visible] {
		t := f.Type
		if i < len(probe) {
			common, ok := expr.CommonType(probe[i].Type(), f.Type)
			if expr.IsTextLiteral(probe[i]) {
				common, ok = f.Type, true
			}
			if !ok {
				x.b.errorHint(diag.Type, at, "CAST one of them", "comparison of %s with %s", expr.TypeName(probe[i].Type()), expr.TypeName(f.Type))
				return nil
			}
			e, err := expr.Convert(probe[i], common)
			if err != nil {
				x.b.failed(at, diag.Type, err)
				return nil
			}
			probe[i], t = e, common
		}
		e := x.b.castTo(at, &expr.Column{Index: i, Name: f.Name, T: f.Type}, t)
		if e == nil {
			return nil
		}
		p.Exprs = append(p.Exprs, e)
		p.Out = append(p.Out, logical.Field{Name: f.Name, Type: t})
	}
	return p
}
