package bind

import (
	"slices"

	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/planner/internal/ast"
)

// outerAggregate binds an aggregate of a query around: one in a subquery whose
// arguments are columns of the queries around alone, of which the innermost that
// has one groups. ok is false for others.
func (x *exprs) outerAggregate(c *ast.Call) (e expr.Expr, ok bool) {
	depth := x.theirs(c)
	if depth == 0 {
		return nil, false
	}
	levels := x.b.outer
	l := levels[depth-1]
	l.x.b.outer = levels[:depth-1]
	e = l.x.bind(c)
	l.x.b.outer = levels
	for _, l := range levels[depth-1:] {
		if e == nil {
			break
		}
		e = l.param(e, c.Pos())
	}
	return e, true
}

// theirs is the depth of the query whose aggregate it is, 1 for the outermost; 0:
// it is the query's own.
func (x *exprs) theirs(c *ast.Call) int {
	depth, all := 0, true
	x.b.texts().argumentNames(c, func(n *ast.Name) {
		d := x.b.outerDepth(n)
		depth, all = max(depth, d), all && d > 0 && !x.has(n)
	})
	if !all || depth == 0 || x.b.outer[depth-1].x.hook == nil {
		return 0
	}
	return depth
}

// outerDepth is the depth of the innermost query around that has a name; 0: none.
func (b *Binder) outerDepth(n *ast.Name) int {
	d := len(b.outer)
	for d > 0 && (b.outer[d-1].skipped || !b.outer[d-1].x.has(n)) {
		d--
	}
	return d
}

// argumentNames calls f for the names in the arguments of an aggregate, but for
// those of a subquery in them that may be of the subquery itself.
func (t *texts) argumentNames(c *ast.Call, f func(*ast.Name)) {
	for _, a := range c.Args {
		t.freeNames(a, nil, f)
	}
	if c.Filter != nil {
		t.freeNames(c.Filter, nil, f)
	}
}

func (t *texts) freeNames(n ast.Node, within []*inside, f func(*ast.Name)) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Query:
			t.blocks(n, within, func(t *texts, n ast.Node, within []*inside) { t.freeNames(n, within, f) })
			return false
		case *ast.Name:
			if !mayBe(within, n) {
				f(n)
			}
		}
		return true
	})
}

// own leaves out the aggregates that belong to the query around, which groups:
// they do not make this query one that aggregates.
func (z *selecting) own(list []ast.Expr) (names []string) {
	seen := map[string]bool{}
	for _, e := range list {
		if e == nil {
			continue
		}
		ast.Inspect(e, func(n ast.Node) bool {
			if _, ok := n.(*ast.Query); ok {
				return false
			}
			if c, ok := n.(*ast.Call); ok && z.b.isAggregate(c) {
				if z.x.theirs(c) > 0 {
					return false
				}
				seen[c.Name] = true
			}
			return true
		})
	}
	return sorted(seen)
}

// lent are the aggregates in subqueries of the list that are this query's: their
// arguments are its columns, and those of queries around it, as far as the text of
// the subqueries says so.
func (z *selecting) lent(list []ast.Expr) []string {
	seen := map[string]bool{}
	for _, e := range list {
		if e != nil {
			z.lentIn(z.b.texts(), e, nil, seen)
		}
	}
	return sorted(seen)
}

func (z *selecting) lentIn(t *texts, n ast.Node, within []*inside, seen map[string]bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Query:
			t.blocks(n, within, func(t *texts, n ast.Node, within []*inside) { z.lentIn(t, n, within, seen) })
			return false
		case *ast.Call:
			if len(within) == 0 || !z.b.isAggregate(n) {
				return true
			}
			mine, all := false, true
			t.argumentNames(n, func(name *ast.Name) {
				has := z.x.has(name)
				mine = mine || has
				all = all && !mayBe(within, name) && (has || z.b.outerDepth(name) > 0)
			})
			if mine && all {
				seen[n.Name] = true
			}
		}
		return true
	})
}

// blocks calls f for the parts of a subquery with the names of the block that each is
// in: those of a set operation's members are their own.
func (t *texts) blocks(q *ast.Query, within []*inside, f func(*texts, ast.Node, []*inside)) {
	for _, c := range q.CTEs {
		f(t, c.Query, within)
		t = t.with([]*ast.CTE{c})
	}
	var body func(b ast.QueryBody, order []*ast.OrderItem)
	body = func(b ast.QueryBody, order []*ast.OrderItem) {
		in := within
		switch b := b.(type) {
		case *ast.Query:
			t.blocks(b, within, f)
			return
		case *ast.SetOp:
			body(b.Left, nil)
			body(b.Right, nil)
			return
		case *ast.Select:
			in = append(within[:len(within):len(within)], t.inside(b))
		}
		for _, c := range ast.Children(b) {
			f(t, c, in)
		}
		for _, o := range order {
			f(t, o.Expr, in)
		}
	}
	body(q.Body, q.OrderBy)
}

func mayBe(within []*inside, n *ast.Name) bool {
	return slices.ContainsFunc(within, func(in *inside) bool { return in.may(n) })
}

// inside is a block of a subquery, as far as its text says what its names are.
type inside struct {
	x    *exprs
	open bool // some columns are not known
}

func (t *texts) inside(s *ast.Select) *inside {
	fields, known := t.source(s.From)
	x := &exprs{b: t.b, in: &scope{fields: fields}}
	for _, it := range s.Items {
		if it.Alias != nil && it.Expr != nil {
			x.aliases = append(x.aliases, item{it.Alias.Name, it.Expr})
		}
	}
	return &inside{x, !known}
}

// may tells whether a name may be one of the block itself.
func (in *inside) may(n *ast.Name) bool {
	first, fields := n.Parts[0].Name, in.x.in.fields
	if len(n.Parts) > 1 && in.x.in.hasQualifier(first) || in.x.has(n) {
		return true
	}
	return len(n.Parts) == 1 && (in.open || len(fields) > 0 && IsSystem(first))
}
