package bind

import (
	"strings"

	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
)

var joinKinds = map[ast.JoinKind]logical.JoinKind{ast.InnerJoin: logical.InnerJoin, ast.LeftJoin: logical.LeftJoin,
	ast.RightJoin: logical.RightJoin, ast.FullJoin: logical.FullJoin, ast.CrossJoin: logical.CrossJoin}

// join binds a join of two inputs that end, or of two streams within a time bound.
func (b *Binder) join(s *ast.Join) *Relation {
	left, right := b.from(s.Left), b.from(s.Right)
	if left == nil || right == nil {
		return nil
	}
	switch {
	case s.AsOf && !(left.Bounded && right.Bounded):
		b.refuse(s.Pos(), "ASOF JOIN of an input that does not end", "")
		return nil
	case s.AsOf && s.Within != nil:
		b.errorHint(diag.Refused, s.Within.Pos(), "add a condition like b.time >= a.time - … in a WHERE", "WITHIN does not go with ASOF JOIN")
		return nil
	case !b.aliasesDiffer(left, right, s.Right.Pos()):
		return nil
	}
	tb, interval := b.intervalJoin(s, left, right)
	switch {
	case interval && tb == nil:
		return nil
	case interval && (logical.TableOf(left.Node) != nil || logical.TableOf(right.Node) != nil):
		b.errorHint(diag.Refused, s.Within.Pos(), "leave WITHIN out: a row meets the table's rows as they are then", "WITHIN is for joins of two streams, and one side is a table")
		return nil
	}
	table := logical.NoTable
	if !interval && !s.AsOf && left.Stream != right.Stream {
		var ok bool
		if table, ok = b.tableSide(s, left, right); !ok {
			return nil
		}
	}
	var lt, rt *timeColumn
	if interval {
		lt, rt = &tb.left, &tb.right
	}
	left, right = b.sideTime(left, s.Left.Pos(), lt), b.sideTime(right, s.Right.Pos(), rt)
	if left == nil || right == nil {
		return nil
	}
	n := &logical.Join{Kind: joinKinds[s.Kind], Left: left.Node, Right: right.Node, Table: table}
	if interval && !b.interval(s, n, tb, left, right) {
		return nil
	}
	r := &Relation{Node: n, Bounded: left.Bounded && right.Bounded, Joined: true, Stream: left.Stream || right.Stream, Unknown: left.Unknown || right.Unknown, Restamped: left.Restamped || right.Restamped, Below: left.behind().most(right.behind())}
	nl := len(left.Node.Fields())
	x := &exprs{b: b, in: &scope{fields: n.Fields(), unknown: r.Unknown}, clause: "ON", subs: newSubqueries(belowBase)}
	x.subs.endless = !r.Bounded
	var conj []expr.Expr
	var using [][2]int
	for i, id := range s.Using {
		l, ln := (&scope{fields: left.Node.Fields()}).find("", id.Name, true)
		k, rn := (&scope{fields: right.Node.Fields()}).find("", id.Name, true)
		if ln != 1 || rn != 1 {
			if ln > 1 || rn > 1 {
				b.errorf(diag.Ambiguous, id.Pos(), "column %q of USING is ambiguous", id.Name)
			} else {
				b.errorHint(diag.UnknownColumn, id.Pos(), diag.SuggestHint(id.Name, x.in.names(), true), "column %q of USING is not on both sides of the join", id.Name)
			}
			return nil
		}
		using = append(using, [2]int{l, nl + k})
		op := "="
		if s.AsOf && i == len(s.Using)-1 {
			op = ">="
		}
		c := x.placed(id.Pos(), func() (expr.Expr, error) { return expr.NewCompare(op, fieldColumn(n, l), fieldColumn(n, nl+k)) })
		if c == nil {
			return nil
		}
		conj = append(conj, c)
	}
	if s.On != nil && interval {
		more, ok := x.conjunctsOf(s.On, tb.said)
		if !ok {
			return nil
		}
		conj = append(conj, more...)
	} else if s.On != nil {
		p := x.bind(s.On)
		if p == nil && len(b.Errs.Errors()) > 0 {
			return r // what else is wrong in the query is found as well
		} else if p == nil {
			return nil
		}
		if !x.boolean(s.On, p) {
			return nil
		}
		conj = expr.Factors(expr.Fold(p))
	}
	conj, above, ok := b.onSubqueries(s, x, n, conj, nl)
	if !ok {
		return nil
	}
	width := len(n.Left.Fields()) // with the answers of subqueries
	if s.AsOf {
		if !b.asOf(s, n, conj, width) {
			return nil
		}
	} else {
		logical.JoinOn(n, conj, width)
		b.adviseJoin(s, n, r.Unknown)
	}
	r.Node = above(n)
	fields := n.Fields()
	if width > nl {
		fields = r.Node.Fields()
	}
	b.merge(r, n.Kind, fields, nl, using, s)
	return r
}

func fieldColumn(n logical.Node, i int) expr.Expr {
	f := n.Fields()[i]
	return &expr.Column{Index: i, Name: f.Name, T: f.Type}
}

func (b *Binder) aliasesDiffer(left, right *Relation, at ast.Pos) bool {
	for _, f := range left.Node.Fields() {
		for _, o := range right.Node.Fields() {
			if f.Qualifier != "" && strings.EqualFold(f.Qualifier, o.Qualifier) {
				b.errorHint(diag.Duplicate, at, "give one of them another alias", "two sources are called %q", o.Qualifier)
				return false
			}
		}
	}
	return true
}

// merge puts the columns of USING and the joint event time above a join.
func (b *Binder) merge(r *Relation, kind logical.JoinKind, fields []logical.Field, nl int, using [][2]int, s *ast.Join) {
	col := func(i int) expr.Expr { return &expr.Column{Index: i, Name: fields[i].Name, T: fields[i].Type} }
	p := &logical.Project{Input: r.Node, Joined: true, Headers: -1}
	add := func(e expr.Expr, f logical.Field) {
		if e != nil {
			p.Exprs, p.Out = append(p.Exprs, e), append(p.Out, f)
		}
	}
	x := &exprs{b: b, in: &scope{fields: fields}}
	gone, same := map[int]bool{}, map[int]int{}
	for k, u := range using {
		l, r := col(u[0]), col(u[1])
		e := l
		switch kind {
		case logical.RightJoin:
			e, same[u[1]] = r, len(p.Out)
		case logical.FullJoin:
			e = x.placed(s.Using[k].Pos(), func() (expr.Expr, error) { return expr.NewCoalesce([]expr.Expr{l, r}) })
		default:
			same[u[0]] = len(p.Out)
		}
		if e != nil {
			add(e, logical.Field{Name: fields[u[0]].Name, Type: e.Type()})
		}
		gone[u[0]], gone[u[1]] = true, true
	}
	var times []expr.Expr
	for _, side := range [][2]int{{0, nl}, {nl, len(fields)}} {
		if i, made := (&scope{fields: fields[side[0]:side[1]]}).eventTime(); made {
			times = append(times, col(side[0]+i))
		}
	}
	if len(times) == 2 {
		add(x.function(s.Pos(), "GREATEST", times), logical.Field{Name: "_event_time", Type: vec.TypeTimestamp, System: true})
	}
	if len(p.Exprs) == 0 {
		return
	}
	for i, f := range fields {
		f.Merged = f.Merged || gone[i]
		if k, ok := same[i]; ok {
			f.Same = len(p.Out) - k
		}
		add(col(i), f)
	}
	r.Node = p
}

// qualifyColliding names the columns of a join that share a name alias_name.
func qualifyColliding(items []selected) {
	sources := map[string]map[string]bool{}
	for _, it := range items {
		if it.qualifier != "" {
			if sources[it.name] == nil {
				sources[it.name] = map[string]bool{}
			}
			sources[it.name][it.qualifier] = true
		}
	}
	for i, it := range items {
		if it.qualifier != "" && len(sources[it.name]) > 1 {
			items[i].name = it.qualifier + "_" + it.name
		}
	}
}

// sourceOf is the source of a column that an item names.
func (z *selecting) sourceOf(n *ast.Name) string {
	q, name := "", n.Parts[0].Name
	switch {
	case len(n.Parts) > 2:
		return ""
	case len(n.Parts) == 2:
		q, name = name, n.Parts[1].Name
	}
	if i, k := z.in.find(q, name, false); k == 1 {
		return z.in.fields[i].Qualifier
	}
	return ""
}
