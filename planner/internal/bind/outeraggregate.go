package bind

import (
	"strings"

	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/planner/internal/ast"
)

// outerAggregate binds an aggregate of the query around: one in a subquery whose
// arguments are columns of that query alone, which groups. ok is false for others.
func (x *exprs) outerAggregate(c *ast.Call) (e expr.Expr, ok bool) {
	if !x.isTheirs(c) {
		return nil, false
	}
	l := x.b.outer[len(x.b.outer)-1]
	saved := l.x.b.outer
	l.x.b.outer = x.b.outer[:len(x.b.outer)-1]
	e = l.x.bind(c)
	l.x.b.outer = saved
	if e == nil {
		return nil, true
	}
	return l.param(e, c.Pos()), true
}

// isTheirs tells that an aggregate is one of the query around.
func (x *exprs) isTheirs(c *ast.Call) bool {
	if len(x.b.outer) == 0 {
		return false
	}
	l := x.b.outer[len(x.b.outer)-1]
	if l.skipped || l.x.hook == nil {
		return false
	}
	return namesAre(c, func(n *ast.Name) bool { return !x.has(n) && l.x.has(n) })
}

// namesAre tells that the arguments of an aggregate name columns, and only such.
func namesAre(c *ast.Call, such func(*ast.Name) bool) bool {
	names, all := 0, true
	for _, a := range append(append([]ast.Expr{}, c.Args...), c.Filter) {
		if a == nil {
			continue
		}
		ast.Inspect(a, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Query:
				all = false
			case *ast.Name:
				names++
				all = all && such(n)
			}
			return all
		})
	}
	return names > 0 && all
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
				if z.x.isTheirs(c) {
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
// arguments are its columns alone, as far as the text of the subquery says so.
func (z *selecting) lent(list []ast.Expr) []string {
	seen := map[string]bool{}
	for _, e := range list {
		if e == nil {
			continue
		}
		ast.Inspect(e, func(n ast.Node) bool {
			q, ok := n.(*ast.Query)
			if ok {
				z.lentBy(q.Body, q.OrderBy, seen)
			}
			return !ok
		})
	}
	return sorted(seen)
}

func (z *selecting) lentBy(body ast.QueryBody, order []*ast.OrderItem, seen map[string]bool) {
	switch s := body.(type) {
	case *ast.SetOp:
		z.lentBy(s.Left, nil, seen)
		z.lentBy(s.Right, nil, seen)
	case *ast.Select:
		var in inside
		in.add(s.From)
		list := []ast.Expr{s.Having}
		for _, it := range s.Items {
			list = append(list, it.Expr)
		}
		for _, o := range order {
			list = append(list, o.Expr)
		}
		for _, e := range list {
			if e == nil {
				continue
			}
			ast.Inspect(e, func(n ast.Node) bool {
				if _, ok := n.(*ast.Query); ok {
					return false
				}
				if c, ok := n.(*ast.Call); ok && z.b.isAggregate(c) && namesAre(c, func(n *ast.Name) bool { return !in.may(n) && z.x.has(n) }) {
					seen[c.Name] = true
				}
				return true
			})
		}
	}
}

// inside are the names that FROM of a subquery gives, read off its text.
type inside struct {
	sources, columns map[string]bool
	open             bool // some columns are not in the text
}

func (in *inside) add(s ast.Source) {
	if in.sources == nil {
		in.sources, in.columns = map[string]bool{}, map[string]bool{}
	}
	source := func(a *ast.Alias, name string) {
		if a != nil {
			name = a.Name.Name
		}
		in.sources[strings.ToLower(name)] = true
		in.open = in.open || a == nil || len(a.Columns) == 0
		if a != nil {
			for _, c := range a.Columns {
				in.columns[strings.ToLower(c.Name)] = true
			}
		}
	}
	switch s := s.(type) {
	case *ast.NamedSource:
		source(s.Alias, s.Name[len(s.Name)-1].Name)
	case *ast.URISource:
		source(s.Alias, "")
	case *ast.DerivedTable:
		source(s.Alias, "")
	case *ast.Unnest:
		source(s.Alias, "unnest")
		in.open = true // one without columns is named by its alias
	case *ast.Join:
		in.add(s.Left)
		in.add(s.Right)
	}
}

// may tells whether a name may be one of the subquery itself.
func (in *inside) may(n *ast.Name) bool {
	first := strings.ToLower(n.Parts[0].Name)
	if len(n.Parts) > 1 && in.sources[first] {
		return true
	}
	return len(n.Parts) == 1 && (in.open || in.columns[first])
}
