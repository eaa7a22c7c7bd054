package bind

import (
	"slices"
	"strconv"
	"strings"

	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
)

// texts reads the columns of FROM off the text of a subquery that is not bound yet, as
// far as it says them: those of queries have no type. What a name among them means is
// for the [scope] to say.
type texts struct {
	b    *Binder
	ctes []*ast.CTE
}

// texts knows the CTEs that stand around the place that is being bound.
func (b *Binder) texts() *texts {
	t := &texts{b: b}
	for _, c := range b.ctes {
		t.ctes = append(t.ctes, c.def)
	}
	return t
}

func (t *texts) with(ctes []*ast.CTE) *texts {
	if len(ctes) == 0 {
		return t
	}
	return &texts{b: t.b, ctes: append(t.ctes[:len(t.ctes):len(t.ctes)], ctes...)}
}

// source gives the columns; known is false when there are others.
func (t *texts) source(s ast.Source) (fields []logical.Field, known bool) {
	switch s := s.(type) {
	case nil:
		return nil, true
	case *ast.NamedSource:
		name := s.Name[len(s.Name)-1].Name
		if len(s.Name) == 1 {
			for i := len(t.ctes) - 1; i >= 0; i-- {
				c := t.ctes[i]
				if !strings.EqualFold(c.Name.Name, name) {
					continue
				}
				names, known := (&texts{b: t.b, ctes: t.ctes[:i]}).query(c.Query)
				return called(renamed(names, c.Columns), known, s.Alias, name)
			}
		}
		return t.relation(s, s.Alias, name)
	case *ast.URISource:
		return t.relation(s, s.Alias, "")
	case *ast.DerivedTable:
		names, known := t.query(s.Query)
		return called(names, known, s.Alias, "")
	case *ast.Unnest: // of a map key and value, else the alias: more than there are
		names := []string{"unnest", "key", "value"}
		if s.Alias != nil {
			names = append(names, s.Alias.Name.Name)
			for _, c := range s.Alias.Columns {
				names = append(names, c.Name)
			}
			return called(names, true, &ast.Alias{Name: s.Alias.Name}, "")
		}
		return called(names, true, nil, "unnest")
	case *ast.Join:
		left, lk := t.source(s.Left)
		right, rk := t.source(s.Right)
		return append(left, right...), lk && rk
	}
	return nil, false
}

// relation gives the columns of what is no query, without a word of what is wrong.
func (t *texts) relation(s ast.Source, a *ast.Alias, name string) ([]logical.Field, bool) {
	b := *t.b
	b.Errs, b.ctes = &diag.List{}, nil
	r := b.from(s)
	if r == nil || r.Unknown {
		return called(nil, false, a, name)
	}
	return slices.Clone(r.Node.Fields()), true
}

// query gives the names of a query's columns.
func (t *texts) query(q ast.QueryBody) (names []string, known bool) {
	switch q := q.(type) {
	case *ast.Query:
		return t.with(q.CTEs).query(q.Body)
	case *ast.SetOp:
		return t.query(q.Left)
	case *ast.Values:
		if len(q.Rows) == 0 {
			return nil, false
		}
		for i := range q.Rows[0] {
			names = append(names, "column"+strconv.Itoa(i+1))
		}
		return names, true
	case *ast.Select:
		for _, it := range q.Items {
			switch {
			case it.Alias != nil:
				names = append(names, it.Alias.Name)
			case it.Expr != nil:
				names = append(names, itemName(it.Expr))
			default:
				of, known := t.source(q.From)
				if !known {
					return nil, false
				}
				for _, f := range of {
					if !f.Hidden && !f.System {
						names = append(names, f.Name)
					}
				}
			}
		}
		seen := map[string]bool{}
		for _, n := range names { // names that repeat are made others
			if n = strings.ToLower(n); seen[n] {
				return nil, false
			}
			seen[n] = true
		}
		return names, true
	}
	return nil, false
}

// called makes columns of names; where there are others a hidden one has the source's name.
func called(names []string, known bool, a *ast.Alias, name string) ([]logical.Field, bool) {
	if a != nil {
		name, names = a.Name.Name, renamed(names, a.Columns)
	}
	var out []logical.Field
	for _, n := range names {
		out = append(out, logical.Field{Qualifier: name, Name: n, Type: vec.TypeNull})
	}
	if !known {
		out = append(out, logical.Field{Qualifier: name, Type: vec.TypeNull, Hidden: true})
	}
	return out, known
}

func renamed(names []string, by []ast.Ident) []string {
	for i := range min(len(names), len(by)) {
		names[i] = by[i].Name
	}
	return names
}
