package bind

import (
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
)

// setOp binds UNION, INTERSECT and EXCEPT. A member of another set operation
// keeps columns without a type, they take that of the other members.
func (b *Binder) setOp(s *ast.SetOp, member, related bool) *Bound {
	// A long chain of UNION ALL is one node.
	var members []ast.QueryBody
	var flatten func(q ast.QueryBody)
	flatten = func(q ast.QueryBody) {
		if o, ok := q.(*ast.SetOp); ok && o.Kind == ast.Union && o.All && s.Kind == ast.Union && s.All {
			flatten(o.Left)
			members = append(members, o.Right)
			return
		}
		members = append(members, q)
	}
	flatten(s.Left)
	members = append(members, s.Right)
	var bounds []*Bound
	for _, m := range members {
		q, ok := m.(*ast.Query)
		if !ok {
			q = &ast.Query{Place: ast.At(m.Pos()), Body: m}
		}
		b.member, b.related = true, related && len(bounds) == 0 // the names are those of the first
		if len(bounds) > 0 && bounds[0] != nil {
			b.roles = bounds[0].roles
		}
		bounds = append(bounds, b.Query(q, false))
	}
	for _, r := range bounds {
		if r == nil {
			return nil
		}
	}
	types := b.memberTypes(s, members, bounds, member)
	if types == nil {
		return nil
	}
	out := &Bound{Visible: len(types), Key: -1, Headers: -1, Time: -1, Bounded: true, System: commonSystem(bounds), Typeless: typelessColumns(bounds, len(types))}
	for i, r := range bounds {
		out.Bounded = out.Bounded && r.Bounded
		out.Restamped, out.Below = out.Restamped || r.Restamped, out.Below.most(r.Below)
		if s.Kind != ast.Union && !r.Bounded {
			b.errorHint(diag.Unbounded, members[i].Pos(), "read a bounded input, or put the changing one in a CREATE TABLE and join it", "%s needs inputs that end", s.Kind)
			return nil
		}
	}
	carriers := bounds // members whose rows go on
	if s.Kind != ast.Union {
		carriers = bounds[:1]
	}
	fields := b.memberFields(out, bounds[0], carriers, types)
	list := make([]logical.Node, len(bounds))
	for i, r := range bounds {
		if i >= len(carriers) {
			list[i] = b.memberColumns(members[i].Pos(), r, &Bound{Key: -1, Headers: -1, Time: -1}, fields[:len(types)], types)
		} else {
			list[i] = b.memberColumns(members[i].Pos(), r, out, fields, types)
		}
	}
	if s.Kind != ast.Union {
		out.Node = &logical.SetOp{Left: list[0], Right: list[1], Except: s.Kind == ast.Except, All: s.All, Compared: len(types), Out: fields}
		return out
	}
	out.Node = &logical.Union{All: list, Out: fields}
	if !s.All {
		out.Node = &logical.Distinct{Input: out.Node, Keys: seq(out.Visible)}
	}
	return out
}

// memberTypes are the types that the members' columns share; nil when reported.
func (b *Binder) memberTypes(s *ast.SetOp, members []ast.QueryBody, bounds []*Bound, keepNull bool) []arrow.DataType {
	first := bounds[0]
	for _, r := range bounds {
		if r.Visible != first.Visible {
			b.errorf(diag.Arity, s.Pos(), "%s of %d and %d columns", s.Kind, first.Visible, r.Visible)
			return nil
		}
	}
	types := make([]arrow.DataType, first.Visible)
	literal := make([]bool, first.Visible) // a string literal in some member
	for c := range types {
		values := make([]expr.Expr, len(bounds))
		for i, r := range bounds {
			values[i] = memberValue(r.Node, c)
			literal[c] = literal[c] || expr.IsTextLiteral(values[i])
		}
		t, bad := expr.Meet(values)
		if bad >= 0 {
			b.errorf(diag.Type, members[bad].Pos(), "%s of %s and %s in column %d", s.Kind, expr.TypeName(t), expr.TypeName(values[bad].Type()), c+1)
			return nil
		}
		types[c] = t
	}
	for c, t := range types {
		if vec.KindOf(t) == vec.Null && (literal[c] || !keepNull) {
			types[c] = vec.TypeString
		}
	}
	return types
}

// memberValue is what a member's column is made of where that takes the type that it
// meets in the other members, a string literal or a constructor, else the column.
func memberValue(n logical.Node, c int) expr.Expr {
	if p, ok := n.(*logical.Project); ok && (expr.IsTextLiteral(p.Exprs[c]) || expr.IsConstructor(p.Exprs[c])) {
		return p.Exprs[c]
	}
	f := n.Fields()[c]
	return &expr.Column{Index: c, Name: f.Name, T: f.Type}
}

// memberFields are the columns of the result: those of the first member, and the
// record columns that all whose rows go on have.
func (b *Binder) memberFields(out, first *Bound, carriers []*Bound, types []arrow.DataType) []logical.Field {
	var fields []logical.Field
	for c, t := range types {
		fields = append(fields, logical.Field{Name: first.Node.Fields()[c].Name, Type: t})
	}
	carry := func(get func(*Bound) int, set *int, name string, t arrow.DataType) {
		for _, r := range carriers {
			if get(r) < 0 {
				return
			}
		}
		*set = len(fields)
		fields = append(fields, logical.Field{Name: name, Type: t, System: true})
	}
	carry(func(r *Bound) int { return r.Key }, &out.Key, "_key", vec.TypeString)
	carry(func(r *Bound) int { return r.Headers }, &out.Headers, "_headers", vec.TypeHeaders)
	carry(func(r *Bound) int { return r.Time }, &out.Time, "_event_time", vec.TypeTimestamp)
	return fields
}

// memberColumns brings the columns of a member into the order and types of the
// result.
func (b *Binder) memberColumns(at ast.Pos, r, out *Bound, fields []logical.Field, types []arrow.DataType) logical.Node {
	p := &logical.Project{Input: r.Node, Out: fields}
	col := func(idx int, t arrow.DataType) {
		f := p.Input.Fields()[idx]
		p.Exprs = append(p.Exprs, b.castTo(at, &expr.Column{Index: idx, Name: f.Name, T: f.Type}, t))
	}
	for c, t := range types {
		v := memberValue(r.Node, c)
		if _, column := v.(*expr.Column); column || arrow.TypeEqual(v.Type(), t) {
			col(c, t)
			continue
		}
		e, err := expr.Convert(v, t)
		switch {
		case err != nil:
			b.failed(at, diag.Literal, err)
			e = v
		case expr.IsConstructor(v): // it is made of the columns below
			own := *p.Input.(*logical.Project)
			own.Exprs, own.Out = slices.Clone(own.Exprs), slices.Clone(own.Out)
			own.Exprs[c], own.Out[c].Type = e, t
			p.Input = &own
			col(c, t)
			continue
		}
		p.Exprs = append(p.Exprs, e)
	}
	if out.Key >= 0 {
		col(r.Key, vec.TypeString)
	}
	if out.Headers >= 0 {
		col(r.Headers, vec.TypeHeaders)
	}
	if out.Time >= 0 {
		col(r.Time, vec.TypeTimestamp)
	}
	return p
}
