package bind

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
)

// unnestJoin binds source, UNNEST(…) and source JOIN UNNEST(…): the arguments
// may name the columns on its left.
func (b *Binder) unnestJoin(j *ast.Join, u *ast.Unnest) *Relation {
	left := b.from(j.Left)
	if left == nil {
		return nil
	}
	switch {
	case j.AsOf:
		b.errorf(diag.Refused, j.Pos(), "ASOF JOIN does not go with UNNEST")
		return nil
	case j.Within != nil:
		b.errorf(diag.Refused, j.Pos(), "WITHIN does not go with UNNEST: its rows are of the same record")
		return nil
	case len(j.Using) > 0:
		b.errorHint(diag.Refused, j.Pos(), "write CROSS JOIN UNNEST(…) and WHERE", "JOIN UNNEST(…) USING is not supported")
		return nil
	case j.Kind == ast.RightJoin, j.Kind == ast.FullJoin:
		b.errorHint(diag.Refused, j.Pos(), "write CROSS JOIN or LEFT JOIN … ON TRUE", "%s JOIN does not go with UNNEST: there are no elements without their row", j.Kind)
		return nil
	}
	lit, isLit := j.On.(*ast.BoolLit)
	always := j.On == nil || isLit && lit.Value
	outer := j.Kind == ast.LeftJoin
	r := b.unnest(left, u, outer)
	if r == nil || always {
		return r
	}
	x := &exprs{b: b, in: &scope{fields: r.Node.Fields(), source: r.Name, unknown: r.Unknown}, clause: "ON"}
	if !outer { // else they would depend on elements that are not there yet
		x.subs = newSubqueries(belowBase)
		x.subs.endless = !r.Bounded
	}
	p := x.condition(j.On)
	if p == nil {
		return nil
	}
	if outer {
		n := r.Node.(*logical.Unnest)
		n.On = expr.Fold(p)
		return r
	}
	c := *r
	node, number := x.subs.place(r.Node, nil)
	c.Node = &logical.Filter{Input: node, Pred: expr.Fold(number(p))}
	return &c
}

// unnest binds UNNEST over the columns on its left.
func (b *Binder) unnest(left *Relation, u *ast.Unnest, outer bool) *Relation {
	x := &exprs{b: b, in: &scope{fields: left.Node.Fields(), source: left.Name, unknown: left.Unknown}, clause: "UNNEST"}
	args := x.list(u.Args)
	if args == nil {
		return nil
	}
	names := newNamer()
	qualifier := "unnest"
	if u.Alias != nil {
		qualifier = u.Alias.Name.Name
	}
	var elements []logical.Field
	add := func(name string, t arrow.DataType) {
		elements = append(elements, logical.Field{Qualifier: qualifier, Name: names.unique(name), Type: t})
	}
	for i, a := range args {
		if vec.KindOf(a.Type()) == vec.Null && x.in.typeless() {
			a = expr.NullConst(arrow.ListOf(vec.TypeNull))
			if u.Alias != nil && len(args) == 1 && len(u.Alias.Columns) == 2 {
				a = expr.NullConst(arrow.MapOf(vec.TypeNull, vec.TypeNull))
			}
		}
		switch t := a.Type().(type) {
		case *arrow.ListType:
			add(qualifier, t.Elem())
		case *arrow.MapType:
			add("key", t.KeyType())
			add("value", t.ItemType())
		default:
			b.errorf(diag.Type, ast.Start(u.Args[i]), "UNNEST takes an ARRAY or a MAP, not %s", expr.TypeName(a.Type()))
			return nil
		}
		args[i] = expr.Fold(a)
	}
	if u.Alias != nil {
		for i, id := range u.Alias.Columns {
			if i == len(elements) {
				b.errorf(diag.Arity, id.Pos(), "%d column names for %d columns", len(u.Alias.Columns), len(elements))
				return nil
			}
			elements[i].Name = id.Name
		}
	}
	r := *left
	r.Node = &logical.Unnest{Input: left.Node, Args: args, Outer: outer, Out: append(append([]logical.Field(nil), left.Node.Fields()...), elements...)}
	return &r
}
