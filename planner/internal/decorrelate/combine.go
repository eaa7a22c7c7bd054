package decorrelate

import (
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/planner/internal/logical"
)

// join carries the parameters through a join: of the one side that has them
// where that gives the same rows, and else of both, which then must agree.
func (d *dependent) join(n *logical.Join) *result {
	if !n.Hashed() {
		return d.fail("a join within a time bound, or with a table that changes")
	}
	q := d.q
	own := false
	logical.EachExpr(n, func(e expr.Expr) { own = own || q.has(e) })
	nl := len(n.Left.Fields())
	c := *n
	if own { // conditions with parameters are over both sides then
		c = unkeyed(n, q, nl)
	}
	right := q.reads(n.Right)
	inner := n.Kind == logical.InnerJoin || n.Kind == logical.CrossJoin
	outer := n.Kind == logical.RightJoin || n.Kind == logical.FullJoin
	var l, r *result
	if !(inner && right && !q.reads(n.Left)) {
		if l = d.node(n.Left); l == nil {
			return nil
		}
	}
	if right || outer {
		if r = d.node(n.Right); r == nil {
			return nil
		}
	}
	if l != nil && l.missing != nil || r != nil && r.missing != nil {
		return d.fail("a join of an aggregate")
	}
	lm, rm := seq(nl), seq(len(n.Right.Fields()))
	if l != nil {
		c.Left, lm = l.node, l.m
	}
	if r != nil {
		c.Right, rm = r.node, r.m
	}
	wide := len(c.Left.Fields())
	column := func(i int) expr.Expr {
		if i < nl {
			f := c.Left.Fields()[lm[i]]
			return &expr.Column{Index: lm[i], Name: f.Name, T: f.Type}
		}
		f := c.Right.Fields()[rm[i-nl]]
		return &expr.Column{Index: wide + rm[i-nl], Name: f.Name, T: f.Type}
	}
	param := func(o *expr.Outer) expr.Expr {
		if l != nil {
			return l.col(l.at[o.Index])
		}
		return logical.Moved(r.col(r.at[o.Index]), wide)
	}
	x := logical.MapExprs(&c, func(e expr.Expr, s logical.Space) expr.Expr {
		switch s {
		case logical.OfLeft:
			return q.replace(e, column, param)
		case logical.OfRight:
			return logical.Moved(q.replace(logical.Moved(e, nl), column, param), -wide)
		}
		return q.replace(e, column, param)
	}).(*logical.Join)
	if x.Kind == logical.CrossJoin && len(x.Keys) > 0 || x.Residual != nil && x.Kind == logical.CrossJoin {
		x.Kind = logical.InnerJoin
	}
	out := &result{q: q, node: x, safe: make([]bool, len(q.params)), at: make([]int, len(q.params))}
	for k := range out.safe {
		out.safe[k] = l == nil || l.safe[k]
		if r != nil {
			out.safe[k] = (l == nil || l.safe[k]) && r.safe[k]
		}
	}
	for k := range q.params {
		out.at[k] = -1
		if !q.used[k] {
			continue
		}
		switch {
		case l != nil && r != nil:
			x.Keys = append(x.Keys[:len(x.Keys):len(x.Keys)], logical.JoinKey{Left: l.col(l.at[k]), Right: r.col(r.at[k]), NullSafe: true})
			out.at[k] = l.at[k]
		case l != nil:
			out.at[k] = l.at[k]
		default:
			out.at[k] = wide + r.at[k]
		}
	}
	if x.Kind == logical.CrossJoin && len(x.Keys) > 0 {
		x.Kind = logical.InnerJoin
	}
	out.m = append(out.m, lm...)
	if !n.Both() {
		for i := range x.Fields()[wide:] {
			out.m = append(out.m, wide+i)
		}
		return out
	}
	for _, i := range rm {
		out.m = append(out.m, wide+i)
	}
	if outer {
		out.either(l, r, wide)
	}
	return out
}

// either gives the parameters of the rows of a RIGHT or FULL join, of which one
// side may be NULL.
func (r *result) either(left, right *result, wide int) {
	p := keep(r.node, len(r.node.Fields()))
	p.Out = append(p.Out, r.node.Fields()...)
	for k, i := range r.at {
		if i < 0 {
			continue
		}
		a := left.col(left.at[k])
		b := logical.Moved(right.col(right.at[k]), wide)
		e, err := expr.NewCoalesce([]expr.Expr{a, b})
		if err != nil {
			panic("bug: " + err.Error())
		}
		r.at[k] = len(p.Exprs)
		p.Exprs = append(p.Exprs, e)
		p.Out = append(p.Out, logical.Field{Name: p.Out[i].Name, Type: e.Type(), Hidden: true})
	}
	r.node = p
}

// unkeyed is a join whose keys and conditions with parameters stand among the
// conditions over both sides.
func unkeyed(n *logical.Join, q *query, nl int) logical.Join {
	c := *n
	c.Keys = nil
	var conj []expr.Expr
	for _, k := range n.Keys {
		if q.has(k.Left) || q.has(k.Right) {
			conj = append(conj, equal(k.Left, logical.Moved(k.Right, nl), k.NullSafe))
		} else {
			c.Keys = append(c.Keys, k)
		}
	}
	for _, e := range []expr.Expr{n.OnLeft, moved(n.OnRight, nl), n.Residual} {
		if e != nil {
			conj = append(conj, e)
		}
	}
	c.OnLeft, c.OnRight, c.Residual = nil, nil, logical.And(conj)
	var compare []expr.Expr
	c.In = nil
	for _, k := range n.In {
		if q.has(k.Left) || q.has(k.Right) {
			compare = append(compare, equal(k.Left, logical.Moved(k.Right, nl), false))
		} else {
			c.In = append(c.In, k)
		}
	}
	if n.Compare != nil {
		compare = append(compare, n.Compare)
	}
	c.Compare = logical.And(compare)
	return c
}

// line brings fields and parameters of a member of a set operation into order.
func (r *result) line(fields []logical.Field, compared int) logical.Node {
	p := &logical.Project{Input: r.node, Headers: -1}
	add := func(i int, f logical.Field) {
		p.Exprs, p.Out = append(p.Exprs, r.col(i)), append(p.Out, f)
	}
	for i, f := range fields[:compared] {
		add(r.m[i], f)
	}
	for _, i := range r.at {
		if i >= 0 {
			add(i, logical.Field{Name: r.node.Fields()[i].Name, Type: r.node.Fields()[i].Type, Hidden: true})
		}
	}
	for i, f := range fields[compared:] {
		add(r.m[compared+i], f)
	}
	return p
}

// lined is the result over members that were brought into line.
func (d *dependent) lined(node logical.Node, compared, fields int) *result {
	r := &result{q: d.q, node: node, safe: make([]bool, len(d.q.params))}
	added := 0
	for k := range d.q.params {
		at := -1
		if d.q.used[k] {
			at = compared + added
			added++
		}
		r.at, r.safe[k] = append(r.at, at), true
	}
	for i := range fields {
		if i >= compared {
			i += added
		}
		r.m = append(r.m, i)
	}
	return r
}

func (d *dependent) union(n *logical.Union) *result {
	c := &logical.Union{}
	for _, m := range n.All {
		r := d.node(m)
		if r == nil {
			return nil
		}
		if r.missing != nil {
			return d.fail("UNION of aggregates")
		}
		c.All = append(c.All, r.line(n.Out, len(n.Out)))
	}
	c.Out = c.All[0].Fields()
	return d.lined(c, len(n.Out), len(n.Out))
}

func (d *dependent) setOp(n *logical.SetOp) *result {
	c := *n
	for i, m := range []logical.Node{n.Left, n.Right} {
		r := d.node(m)
		if r == nil {
			return nil
		}
		if r.missing != nil {
			return d.fail(n.Explain() + " of aggregates")
		}
		if i == 0 {
			c.Left = r.line(n.Out, n.Compared)
			c.Out = c.Left.Fields()
		} else {
			c.Right = r.line(n.Right.Fields()[:n.Compared], n.Compared)
		}
	}
	out := d.lined(&c, n.Compared, len(n.Out))
	for k := range d.q.used {
		if d.q.used[k] {
			c.Compared++
		}
	}
	return out
}
