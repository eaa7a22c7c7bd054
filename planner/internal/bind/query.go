package bind

import (
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
)

// Query binds a whole query. An outermost one may have EMIT and produces the
// columns of an output record; any other is consumed as a final result.
func (b *Binder) Query(q *ast.Query, outermost bool) *Bound {
	depth := len(b.ctes)
	member, related, roles := b.member, b.related, b.roles
	b.member, b.related, b.roles = false, false, nil
	for _, c := range q.CTEs {
		b.ctes = append(b.ctes, &cte{def: c, depth: len(b.outer)})
	}
	defer func() {
		for i := depth; i < len(b.ctes); i++ { // what nobody reads must be right too
			if c := b.ctes[i]; !c.read {
				b.cte(c, i, &ast.NamedSource{Place: c.def.Place})
			}
		}
		b.ctes = b.ctes[:depth]
	}()
	switch body := q.Body.(type) {
	case *ast.Select:
		return b.selectQuery(body, q, outermost, member, related, roles)
	case *ast.Values:
		r := b.values(body, member || outermost && b.Settings.KeepNull)
		return b.tail(r, q, outermost)
	case *ast.SetOp:
		r := b.setOp(body, member || outermost && b.Settings.KeepNull, outermost || related)
		if q.Emit != nil && r != nil && q.Emit.Mode == ast.EmitFinal && !r.Bounded {
			b.errorf(diag.Unbounded, q.Emit.Pos(), "EMIT FINAL needs GROUP BY with a window, or an input that ends")
		}
		if outermost && r != nil && r.Visible == 0 {
			b.noColumns(body.Pos())
			return nil
		}
		return b.tail(r, q, outermost)
	case *ast.Query:
		if q.Emit != nil {
			outermost = true
		}
		b.member, b.related = member, outermost || related
		r := b.Query(body, false)
		return b.tail(r, q, outermost)
	}
	return nil
}

// tail puts ORDER BY, LIMIT and OFFSET above a query that is no plain SELECT.
func (b *Binder) tail(r *Bound, q *ast.Query, outermost bool) *Bound {
	if r == nil {
		return nil
	}
	if outermost && b.Settings.KeepNoHeaders {
		r.Headers = -1
	}
	var keys []logical.SortKey
	x := &exprs{b: b, in: &scope{fields: r.Node.Fields()[:r.Visible]}, clause: "ORDER BY", subs: newSubqueries(belowBase)}
	for _, o := range q.OrderBy {
		e := b.orderExpr(x, o, r)
		if e != nil {
			keys = append(keys, logical.SortKey{Expr: e, Desc: o.Desc, NullsFirst: o.NullsAreFirst()})
		}
	}
	var number func(expr.Expr) expr.Expr
	r.Node, number = x.subs.place(r.Node, nil)
	for i := range keys {
		keys[i].Expr = number(keys[i].Expr)
	}
	b.orderLimit(r, q, keys)
	return r
}

func (b *Binder) orderExpr(x *exprs, o *ast.OrderItem, r *Bound) expr.Expr {
	if lit, ok := o.Expr.(*ast.IntLit); ok {
		if lit.Value < 1 || lit.Value > int64(r.Visible) {
			b.errorf(diag.UnknownColumn, lit.Pos(), "ORDER BY position %d is not in the select list of %d columns", lit.Value, r.Visible)
			return nil
		}
		f := r.Node.Fields()[lit.Value-1]
		return &expr.Column{Index: int(lit.Value - 1), Name: f.Name, T: f.Type}
	}
	e := x.bind(o.Expr)
	if e != nil && vec.KindOf(e.Type()) == vec.Map {
		b.errorf(diag.Type, ast.Start(o.Expr), "ORDER BY does not take MAP")
		return nil
	}
	return e
}

// orderLimit adds Sort and Limit, or says why not.
func (b *Binder) orderLimit(r *Bound, q *ast.Query, keys []logical.SortKey) {
	count, offset := int64(-1), int64(0)
	if q.Limit != nil {
		count = q.Limit.Value
	}
	if q.Offset != nil {
		offset = q.Offset.Value
	}
	if len(q.OrderBy) > 0 {
		if !r.Bounded && !(r.Windowed && r.Mode == logical.Final) {
			b.errorHint(diag.Unbounded, q.OrderBy[0].Pos(), "read a bounded input, or leave ORDER BY out", "ORDER BY needs an input that ends")
			return
		}
		if r.Grouped && r.Mode != logical.Final {
			b.errorHint(diag.Unbounded, q.OrderBy[0].Pos(), "write EMIT FINAL", "ORDER BY does not go with EMIT CHANGES")
			return
		}
		if r.Windowed {
			r.Node = &logical.Sort{Input: r.Node, Keys: keys, Limit: count, Offset: offset, Window: windowColumns(r.Node)}
			return
		}
		r.Node = &logical.Sort{Input: r.Node, Keys: keys, Limit: count, Offset: offset}
		return
	}
	if count >= 0 || offset > 0 {
		if r.Grouped && r.Mode != logical.Final && !r.Windowed {
			at := q.Limit
			if at == nil {
				at = q.Offset
			}
			b.errorHint(diag.Unbounded, at.Pos(), "write EMIT FINAL", "LIMIT does not go with EMIT CHANGES of a GROUP BY")
			return
		}
		if r.Windowed && r.Mode == logical.Final {
			r.Node = &logical.Sort{Input: r.Node, Limit: count, Offset: offset, Window: windowColumns(r.Node)}
			return
		}
		r.Node = &logical.Limit{Input: r.Node, Count: count, Offset: offset}
	}
}

// windowColumns are the fields that carry the window's bounds through a
// projection, hidden ones included.
func windowColumns(n logical.Node) []int {
	var out []int
	fields := n.Fields()
	for _, name := range []string{"#window_end", "#window_start"} {
		for i, f := range fields {
			if f.Hidden && f.Name == name {
				out = append(out, i)
			}
		}
	}
	return out
}

func (b *Binder) castTo(at ast.Pos, e expr.Expr, t arrow.DataType) expr.Expr {
	if e == nil || arrow.TypeEqual(e.Type(), t) {
		return e
	}
	c, err := expr.NewCast(e, t, false)
	if err != nil {
		b.failed(at, diag.Type, err)
		return nil
	}
	return c
}

func seq(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// from binds what stands in FROM.
func (b *Binder) from(s ast.Source) *Relation {
	switch s := s.(type) {
	case nil:
		return &Relation{Node: &logical.Values{Rows: [][]expr.Expr{{}}}, Bounded: true}
	case *ast.NamedSource:
		if len(s.Name) == 1 {
			for i := len(b.ctes) - 1; i >= 0; i-- {
				if c := b.ctes[i]; strings.EqualFold(c.def.Name.Name, s.Name[0].Name) {
					return b.cte(c, i, s)
				}
			}
		}
		r := b.Relations.Named(s)
		if r == nil {
			return nil
		}
		return b.aliased(r, s.Alias, s.Name[len(s.Name)-1].Name, s.Pos())
	case *ast.URISource:
		r := b.Relations.URI(s)
		if r == nil {
			return nil
		}
		return b.aliased(r, s.Alias, r.Name, s.Pos())
	case *ast.DerivedTable:
		b.related = true
		sub := b.Query(s.Query, false)
		if sub == nil {
			return nil
		}
		name := ""
		if s.Alias != nil {
			name = s.Alias.Name.Name
		}
		return b.aliased(b.derived(sub, name), s.Alias, name, s.Pos())
	case *ast.Unnest:
		return b.unnest(b.from(nil), s, false)
	case *ast.Join:
		if u, ok := s.Right.(*ast.Unnest); ok {
			return b.unnestJoin(s, u)
		}
		return b.join(s)
	}
	return nil
}

func (b *Binder) cte(c *cte, at int, s *ast.NamedSource) *Relation {
	if c.busy {
		b.errorf(diag.Refused, s.Pos(), "WITH RECURSIVE is not supported: %q reads itself", c.def.Name.Name)
		return nil
	}
	c.busy, c.read = true, true
	saved := b.ctes
	b.ctes = b.ctes[:at] // a CTE sees those before it
	var sub *Bound
	b.outside(c.depth, func() {
		b.related = true
		sub = b.Query(c.def.Query, false)
	})
	b.ctes = saved
	c.busy = false
	if sub == nil {
		return nil
	}
	r := b.derived(sub, c.def.Name.Name)
	if len(c.def.Columns) > 0 && !b.rename(r, c.def.Columns, c.def.Pos()) {
		return nil
	}
	return b.aliased(r, s.Alias, c.def.Name.Name, s.Pos())
}

// derived makes a relation of a bound subquery: its columns, and as system
// columns the key, headers and time of its rows.
func (b *Binder) derived(sub *Bound, name string) *Relation {
	p := &logical.Project{Input: sub.Node}
	fields := sub.Node.Fields()
	add := func(idx int, f logical.Field) {
		p.Exprs = append(p.Exprs, &expr.Column{Index: idx, Name: fields[idx].Name, T: fields[idx].Type})
		p.Out = append(p.Out, f)
	}
	for i := range sub.Visible {
		if i < len(sub.Typeless) && sub.Typeless[i] {
			p.Exprs = append(p.Exprs, null())
			p.Out = append(p.Out, logical.Field{Name: fields[i].Name, Type: vec.TypeNull})
			continue
		}
		add(i, logical.Field{Name: fields[i].Name, Type: fields[i].Type})
	}
	if sub.Key >= 0 {
		add(sub.Key, logical.Field{Name: "_key", Type: vec.TypeString, System: true})
	}
	if sub.Headers >= 0 {
		add(sub.Headers, logical.Field{Name: "_headers", Type: vec.TypeHeaders, System: true})
	}
	if sub.Time >= 0 {
		add(sub.Time, logical.Field{Name: "_event_time", Type: vec.TypeTimestamp, System: true})
	}
	r := &Relation{Node: p, Name: name, Bounded: sub.Bounded, Stream: sub.stream, Time: sub.timeSpec}
	for _, n := range []string{"_key", "_headers", "_event_time"} { // made when they are named
		if sub.Grouped || slices.Contains(sub.System, n) {
			r.System = append(r.System, n)
		}
	}
	r.Restamped, r.Below = sub.Restamped, sub.Below
	return r
}

// aliased qualifies the columns of a relation.
func (b *Binder) aliased(r *Relation, a *ast.Alias, name string, at ast.Pos) *Relation {
	if a != nil {
		name = a.Name.Name
		if len(a.Columns) > 0 && !b.rename(r, a.Columns, at) {
			return nil
		}
	}
	c := *r
	c.Node = requalified(r.Node, name)
	if c.Name == "" {
		c.Name = name
	}
	return b.marked(&c)
}

func requalified(n logical.Node, q string) logical.Node {
	set := func(in []logical.Field) []logical.Field {
		out := append([]logical.Field(nil), in...)
		for i := range out {
			out[i].Qualifier = q
		}
		return out
	}
	switch n := n.(type) {
	case *logical.Scan:
		c := *n
		c.Alias, c.Out = q, set(n.Out)
		return &c
	case *logical.Edge:
		c := *n
		c.Alias, c.Out = q, set(n.Out)
		return &c
	case *logical.Table:
		return n.WithInputs([]logical.Node{requalified(n.Input, q)})
	case *logical.Project:
		c := *n
		c.Out = set(n.Out)
		return &c
	case *logical.Values:
		c := *n
		c.Out = set(n.Out)
		return &c
	}
	return n
}

// rename gives visible columns other names: t AS x(a, b).
func (b *Binder) rename(r *Relation, cols []ast.Ident, at ast.Pos) bool {
	p := &logical.Project{Input: r.Node}
	k, visible := 0, 0
	for i, f := range r.Node.Fields() {
		if !f.System && !f.Hidden {
			visible++
			if k < len(cols) {
				f.Name = cols[k].Name
				k++
			}
		}
		p.Exprs = append(p.Exprs, &expr.Column{Index: i, Name: f.Name, T: f.Type})
		p.Out = append(p.Out, f)
	}
	if len(cols) > visible {
		b.errorf(diag.Arity, cols[visible].Pos(), "%d column names for %d columns", len(cols), visible)
		return false
	}
	r.Node = p
	return true
}
