package bind

import (
	"fmt"

	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
)

// level is a query around a subquery that is being bound.
type level struct {
	x      *exprs
	query  int         // number of the subquery
	params []expr.Expr // what the subquery reads of a row of the level
	at     map[string]int
	// skipped levels are passed through: the names are those of a CTE that was
	// written outside of them.
	skipped bool
}

// outer binds a name that the query has not itself as a parameter: a column of
// the nearest query around that has it. ok is false when none has.
func (x *exprs) outer(n *ast.Name) (e expr.Expr, ok bool) {
	return x.b.outerName(n, len(x.b.outer))
}

func (b *Binder) outerName(n *ast.Name, depth int) (e expr.Expr, ok bool) {
	if depth == 0 {
		return nil, false
	}
	l := b.outer[depth-1]
	if mine := len(n.Parts) > 1 && l.x.in.hasQualifier(n.Parts[0].Name); !l.skipped && (mine || l.x.has(n)) {
		saved := l.x.b.outer
		l.x.b.outer = b.outer[:depth-1]
		e, ok = l.x.bind(n), true
		l.x.b.outer = saved
	} else {
		e, ok = b.outerName(n, depth-1)
	}
	if e == nil {
		return nil, ok
	}
	return l.param(e, n.Pos()), true
}

// has tells whether a name means something at this level. What is wrong with it is
// said where it is bound: t.v may be of a source t of the subquery, and t a column here.
func (x *exprs) has(n *ast.Name) bool {
	saved := x.b.Errs
	x.b.Errs = &diag.List{}
	_, ok, _ := x.name(n)
	x.b.Errs = saved
	if ok {
		return true
	}
	if len(n.Parts) > 1 {
		return false
	}
	return itemOf(n.Parts[0].Name, len(x.aliases), func(i int) string { return x.aliases[i].name }) >= 0
}

// outerAlias tells that a query around has a source of that name.
func (x *exprs) outerAlias(name string) bool {
	for _, l := range x.b.outer {
		if !l.skipped && l.x.in.hasQualifier(name) {
			return true
		}
	}
	return false
}

// param makes an expression over the rows of the level a parameter of the
// subquery.
func (l *level) param(e expr.Expr, at ast.Pos) expr.Expr {
	if c, ok := e.(*expr.Const); ok {
		return c
	}
	if readsOver(e) && (l.x.overs == nil || l.x.overs.inside) {
		l.x.b.errorHint(diag.Refused, at, "compute it in a derived table", "a subquery that depends on the value of OVER in the query around it is not supported")
		return nil
	}
	text := e.String()
	k, ok := l.at[text]
	if !ok {
		k = len(l.params)
		l.at[text] = k
		l.params = append(l.params, e)
	}
	name := text
	if c, ok := e.(*expr.Column); ok {
		name = c.Name
	}
	return &expr.Outer{Query: l.query, Index: k, Name: name, T: e.Type()}
}

// within binds the query of a subquery inside a new level.
func (x *exprs) within(q *ast.Query) (*Bound, *level) {
	b := x.b
	b.answers++
	l := &level{x: x, query: b.answers, at: map[string]int{}}
	b.outer = append(b.outer[:len(b.outer):len(b.outer)], l)
	sub := b.Query(q, false)
	b.outer = b.outer[:len(b.outer)-1]
	return sub, l
}

// outside runs f with the levels from depth on skipped.
func (b *Binder) outside(depth int, f func()) {
	var set []*level
	for _, l := range b.outer[depth:] {
		if !l.skipped {
			l.skipped = true
			set = append(set, l)
		}
	}
	f()
	for _, l := range set {
		l.skipped = false
	}
}

func subqueryName(b *Binder, at ast.Pos) string {
	return fmt.Sprintf("the scalar subquery at %s:%s", b.Source, at)
}
