package bind

import (
	"slices"
	"strings"

	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
)

// A source whose columns nobody knows (it is empty, or validate does not read it) has
// columns without a type, which are NULL. What is made of those alone has no type
// either, so that nothing is said of types that are not known: elsewhere an untyped
// NULL is a STRING.

// typeless tells that there are columns without a type.
func (s *scope) typeless() bool {
	if s.unknown {
		return true
	}
	for _, f := range s.fields {
		if !f.System && vec.KindOf(f.Type) == vec.Null {
			return true
		}
	}
	return false
}

// null is the value of what has no type.
func null() expr.Expr { return expr.NullConst(vec.TypeNull) }

// bind binds an expression; nil when it, or a part of it, was reported.
func (x *exprs) bind(e ast.Expr) expr.Expr {
	if e == nil || !x.in.typeless() {
		return x.bindTyped(e)
	}
	if x.untyped == nil {
		x.untyped = map[ast.Expr]bool{}
		defer func() { x.untyped = nil }()
	}
	if parts := containerOf(e); len(parts) > 0 && x.hasNoType(parts[0]) {
		if x.list(parts) == nil {
			return nil
		}
		return null()
	}
	r := x.bindTyped(e)
	if vs := valuesOf(e); r != nil && len(vs) > 0 {
		for _, v := range vs {
			if !x.hasNoType(v) {
				return r
			}
		}
		return null()
	}
	return r
}

// containerOf are the parts of an expression whose first is an ARRAY, MAP or STRUCT that
// the result comes from.
func containerOf(e ast.Expr) []ast.Expr {
	switch e := e.(type) {
	case *ast.Index:
		return []ast.Expr{e.X, e.Index}
	case *ast.Call:
		switch e.Name {
		case "ARRAY_MAX", "ARRAY_MIN", "ARRAY_SUM", "ARRAY_SORT", "ARRAY_DISTINCT", "ARRAY_CONTAINS", "ELEMENT_AT", "MAP_KEYS", "MAP_VALUES":
			return e.Args
		}
	}
	return nil
}

// valuesOf are the parts of an expression that its type comes from, of those that take
// any.
func valuesOf(e ast.Expr) []ast.Expr {
	switch e := e.(type) {
	case *ast.Case:
		var list []ast.Expr
		for _, w := range e.Whens {
			list = append(list, w.Result)
		}
		if e.Else != nil {
			list = append(list, e.Else)
		}
		return list
	case *ast.ArrayExpr:
		return e.Items
	case *ast.MapExpr:
		var list []ast.Expr
		for _, m := range e.Entries {
			list = append(list, m.Value)
		}
		return list
	case *ast.Field:
		if v := fieldValue(e); v != nil {
			return []ast.Expr{v}
		}
	case *ast.Call:
		switch e.Name {
		case "COALESCE", "IFNULL", "NVL", "GREATEST", "LEAST":
			return e.Args
		case "NULLIF":
			return e.Args[:min(1, len(e.Args))]
		case "IF":
			return e.Args[min(1, len(e.Args)):]
		}
	}
	return nil
}

// fieldValue is what a field of STRUCT(…) is, as in STRUCT(a AS x).x; nil of another
// STRUCT, or without such a field.
func fieldValue(e *ast.Field) ast.Expr {
	of := e.X
	if f, ok := of.(*ast.Field); ok {
		of = fieldValue(f)
	}
	s, ok := of.(*ast.StructExpr)
	if !ok {
		return nil
	}
	names := fieldNames(s)
	at := slices.Index(names, e.Name.Name)
	if at < 0 {
		at = slices.IndexFunc(names, func(n string) bool { return strings.EqualFold(n, e.Name.Name) })
	}
	if at < 0 {
		return nil
	}
	return s.Fields[at].Expr
}

// key is the value of a grouping key: NULL where it has no type.
func (g *grouping) key(i int) expr.Expr {
	if slices.Contains(g.typeless, i) && g.in.in.typeless() {
		return null()
	}
	return &expr.Column{Index: i, Name: g.names[i], T: g.keys[i].Type()}
}

// typelessColumns are the columns of a set operation for which no member knows a type.
func typelessColumns(bounds []*Bound, n int) []bool {
	var out []bool
	for c := range n {
		some := false
		for _, r := range bounds {
			typeless := c < len(r.Typeless) && r.Typeless[c]
			if some = some || typeless; !typeless && vec.KindOf(r.Node.Fields()[c].Type) != vec.Null {
				some = false
				break
			}
		}
		if some && out == nil {
			out = make([]bool, n)
		}
		if some {
			out[c] = true
		}
	}
	return out
}

// Untype makes columns of a relation such without a type.
func Untype(r *Relation, typeless []bool) {
	p := &logical.Project{Input: r.Node, Out: slices.Clone(r.Node.Fields())}
	for i, f := range p.Out {
		if i < len(typeless) && typeless[i] {
			p.Out[i].Type = vec.TypeNull
			p.Exprs = append(p.Exprs, null())
			continue
		}
		p.Exprs = append(p.Exprs, &expr.Column{Index: i, Name: f.Name, T: f.Type})
	}
	r.Node = p
}

// hasNoType tells, without a word and without an effect, that an expression has no type.
func (x *exprs) hasNoType(e ast.Expr) (no bool) {
	if no, ok := x.untyped[e]; ok {
		return no
	}
	defer func() { x.untyped[e] = no }()
	quiet := diag.List{}
	b := *x.b
	b.Errs = &quiet
	y := *x
	y.b = &b
	if y.subs != nil {
		s := *y.subs
		s.frozen = true
		y.subs = &s
	}
	if y.overs != nil {
		y.overs = nil // one has the type of its argument
		if c, ok := e.(*ast.Call); ok && c.Over != nil {
			return false
		}
	}
	v := y.bind(e)
	return v != nil && !quiet.HasErrors() && vec.KindOf(v.Type()) == vec.Null
}
