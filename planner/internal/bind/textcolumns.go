package bind

import (
	"strconv"
	"strings"

	"github.com/velostream/velo/planner/internal/ast"
)

// texts reads the columns of sources off the text of a subquery that is not bound
// yet, and off the sources that it names.
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

// source gives the names of the columns in lower case, perhaps more than there are;
// ok is false when some are not known.
func (t *texts) source(s ast.Source) (names []string, ok bool) {
	switch s := s.(type) {
	case nil:
		return nil, true
	case *ast.NamedSource:
		names, ok = t.named(s)
		return aliasColumns(names, ok, s.Alias)
	case *ast.URISource:
		names, ok = relationColumns(t.b.Relations.URI(s))
		return aliasColumns(names, ok, s.Alias)
	case *ast.DerivedTable:
		names, ok = t.query(s.Query)
		return aliasColumns(names, ok, s.Alias)
	case *ast.Unnest: // of a map: key and value; else named by the alias
		names = []string{"unnest", "key", "value"}
		if s.Alias != nil {
			names = append(names, strings.ToLower(s.Alias.Name.Name))
			for _, c := range s.Alias.Columns {
				names = append(names, strings.ToLower(c.Name))
			}
		}
		return names, true
	case *ast.Join:
		left, lok := t.source(s.Left)
		right, rok := t.source(s.Right)
		return append(left, right...), lok && rok
	}
	return nil, false
}

func (t *texts) named(s *ast.NamedSource) ([]string, bool) {
	if len(s.Name) == 1 {
		for i := len(t.ctes) - 1; i >= 0; i-- {
			c := t.ctes[i]
			if !strings.EqualFold(c.Name.Name, s.Name[0].Name) {
				continue
			}
			names, ok := (&texts{b: t.b, ctes: t.ctes[:i]}).query(c.Query)
			return renamedColumns(names, ok, c.Columns)
		}
	}
	return relationColumns(t.b.Relations.Named(s))
}

func (t *texts) query(q ast.QueryBody) ([]string, bool) {
	switch q := q.(type) {
	case *ast.Query:
		return t.with(q.CTEs).query(q.Body)
	case *ast.SetOp:
		return t.query(q.Left)
	case *ast.Values:
		if len(q.Rows) == 0 {
			return nil, false
		}
		var names []string
		for i := range q.Rows[0] {
			names = append(names, "column"+strconv.Itoa(i+1))
		}
		return names, true
	case *ast.Select:
		var names []string
		for _, it := range q.Items {
			switch {
			case it.Alias != nil:
				names = append(names, strings.ToLower(it.Alias.Name))
			case it.Expr != nil:
				names = append(names, strings.ToLower(itemName(it.Expr)))
			default:
				of, ok := t.source(q.From)
				if !ok {
					return nil, false
				}
				names = append(names, of...)
			}
		}
		seen := map[string]bool{}
		for _, n := range names { // names that repeat are made others
			if seen[n] {
				return nil, false
			}
			seen[n] = true
		}
		return names, true
	}
	return nil, false
}

func relationColumns(r *Relation) ([]string, bool) {
	if r == nil || r.Unknown {
		return nil, false
	}
	var names []string
	for _, f := range r.Node.Fields() {
		if !f.Hidden && !f.System {
			names = append(names, strings.ToLower(f.Name))
		}
	}
	return names, true
}

func aliasColumns(names []string, ok bool, a *ast.Alias) ([]string, bool) {
	if a == nil {
		return names, ok
	}
	return renamedColumns(names, ok, a.Columns)
}

func renamedColumns(names []string, ok bool, cols []ast.Ident) ([]string, bool) {
	for i, c := range cols {
		if i < len(names) {
			names[i] = strings.ToLower(c.Name)
		}
	}
	return names, ok
}
