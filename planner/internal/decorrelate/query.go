package decorrelate

import (
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/planner/internal/logical"
)

// query is one subquery and the rows around it.
type query struct {
	number int
	params []expr.Expr // over the rows around it
	outer  logical.Node
	// shared is the number of the outer rows where their distinct values are asked
	// for, 0: not; value are then the columns of the parameters in them.
	shared int
	value  []int
	used   []bool // parameters that the plan still names
}

func newQuery(a *logical.Attach) *query {
	q := &query{number: a.Query, params: append([]expr.Expr(nil), a.Params...), outer: a.Input}
	a.Sub = q.hoist(a.Sub)
	q.used = make([]bool, len(q.params))
	eachExpr(a.Sub, func(e expr.Expr) {
		q.outers(e, func(o *expr.Outer) { q.used[o.Index] = true })
	})
	return q
}

// eachExpr calls f for all expressions of a plan but those inside of subqueries,
// whose plans name parameters of their own only.
func eachExpr(n logical.Node, f func(expr.Expr)) {
	logical.EachExpr(n, f)
	in := n.Inputs()
	if _, ok := n.(*logical.Attach); ok {
		in = in[:1]
	}
	for _, c := range in {
		eachExpr(c, f)
	}
}

// reads tells whether a plan names parameters of a subquery.
func reads(n logical.Node, number int) bool {
	q, found := query{number: number}, false
	eachExpr(n, func(e expr.Expr) { found = found || q.has(e) })
	return found
}

func (q *query) reads(n logical.Node) bool { return reads(n, q.number) }

func (q *query) outers(e expr.Expr, f func(*expr.Outer)) {
	expr.Walk(e, func(e expr.Expr) bool {
		if o, ok := e.(*expr.Outer); ok && o.Query == q.number {
			f(o)
		}
		return true
	})
}

func (q *query) has(e expr.Expr) bool {
	found := false
	q.outers(e, func(*expr.Outer) { found = true })
	return found
}

// replace puts columns in the place of columns, and of parameters.
func (q *query) replace(e expr.Expr, column func(int) expr.Expr, param func(*expr.Outer) expr.Expr) expr.Expr {
	if e == nil {
		return nil
	}
	return expr.Rewrite(e, func(e expr.Expr) expr.Expr {
		switch x := e.(type) {
		case *expr.Column:
			if column != nil {
				if n := column(x.Index); n != nil {
					return n
				}
			}
		case *expr.Outer:
			if x.Query == q.number && param != nil {
				return param(x)
			}
		}
		return e
	})
}

// onLeft is an expression of parameters alone over the rows around the subquery.
func (q *query) onLeft(e expr.Expr) expr.Expr {
	return q.replace(e, nil, func(o *expr.Outer) expr.Expr { return q.left(o.Index) })
}

// left is the value of a parameter over the outer rows.
func (q *query) left(k int) expr.Expr {
	if q.shared == 0 {
		return q.params[k]
	}
	f := q.outer.Fields()[q.value[k]]
	return &expr.Column{Index: q.value[k], Name: f.Name, T: f.Type}
}

// hoist makes a parameter of each expression of parameters that an equality
// compares with columns of the subquery's own.
func (q *query) hoist(n logical.Node) logical.Node {
	lift := func(e expr.Expr, _ logical.Space) expr.Expr {
		var parts []expr.Expr
		changed := false
		for _, c := range expr.Conjuncts(e) {
			if x := q.lift(c); x != nil {
				c, changed = x, true
			}
			parts = append(parts, c)
		}
		if !changed {
			return e
		}
		return logical.And(parts)
	}
	switch x := n.(type) {
	case *logical.Filter:
		n = logical.MapExprs(x, lift)
	case *logical.Join:
		c := *x
		for _, e := range []*expr.Expr{&c.OnLeft, &c.OnRight, &c.Residual} {
			if *e != nil {
				*e = lift(*e, 0)
			}
		}
		n = &c
	}
	in := n.Inputs()
	if len(in) == 0 {
		return n
	}
	next := append([]logical.Node(nil), in...)
	for i := range in {
		if _, sub := n.(*logical.Attach); sub && i == 1 {
			break
		}
		next[i] = q.hoist(in[i])
	}
	return n.WithInputs(next)
}

// lift gives an equality with a new parameter, nil when it needs none.
func (q *query) lift(c expr.Expr) expr.Expr {
	a, b, nullSafe, ok := expr.Equality(c)
	if !ok {
		return nil
	}
	if q.has(b) {
		a, b = b, a
	}
	if _, plain := a.(*expr.Outer); plain || !q.has(a) || q.has(b) || hasColumns(a) || !hasColumns(b) || !expr.Safe(a) {
		return nil
	}
	e := q.onLeft(a)
	k := -1
	for i, p := range q.params {
		if p.String() == e.String() {
			k = i
		}
	}
	if k < 0 {
		k = len(q.params)
		q.params = append(q.params, e)
	}
	return equal(&expr.Outer{Query: q.number, Index: k, Name: e.String(), T: e.Type()}, b, nullSafe)
}

func equal(a, b expr.Expr, nullSafe bool) expr.Expr {
	var e expr.Expr
	var err error
	if nullSafe {
		e, err = expr.NewDistinct(a, b, true)
	} else {
		e, err = expr.NewCompare("=", a, b)
	}
	if err != nil {
		panic("bug: an equality taken apart: " + err.Error())
	}
	return e
}

func hasColumns(e expr.Expr) bool {
	found := false
	expr.Walk(e, func(e expr.Expr) bool {
		_, ok := e.(*expr.Column)
		found = found || ok
		return !found
	})
	return found
}
