package decorrelate

import (
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/planner/internal/logical"
)

// pulled is a plan without the conditions that name parameters. They stand in
// conj, in their order, over its fields; field i of the plan as it was is
// expression m[i] over them.
type pulled struct {
	node logical.Node
	conj []expr.Expr
	m    []expr.Expr
}

// puller takes the conditions with parameters out of filters and inner joins.
type puller struct {
	q *query
	// set says that only the set of rows matters: their order, and how often each
	// comes, do not.
	set bool
}

// pull is nil when parameters stand elsewhere.
func (p *puller) pull(n logical.Node) *pulled {
	if !p.q.reads(n) {
		r := &pulled{node: n}
		for i, f := range n.Fields() {
			r.m = append(r.m, &expr.Column{Index: i, Name: f.Name, T: f.Type})
		}
		return r
	}
	switch n := n.(type) {
	case *logical.Filter:
		r := p.pull(n.Input)
		if r == nil {
			return nil
		}
		r.filter(p.q, expr.Conjuncts(r.over(n.Pred)))
		return r
	case *logical.Project:
		r := p.pull(n.Input)
		if r == nil || n.HeaderEdits {
			return nil
		}
		m := make([]expr.Expr, len(n.Exprs))
		for i, e := range n.Exprs {
			m[i] = r.over(e)
		}
		if !p.set {
			for _, e := range n.Exprs {
				if p.q.has(e) {
					return nil
				}
			}
		}
		return r.project(p.q, m, n)
	case *logical.Distinct:
		if p.set {
			return p.pull(n.Input)
		}
	case *logical.Sort:
		if p.set && n.Limit < 0 && n.Offset == 0 && n.Window == nil {
			return p.pull(n.Input)
		}
	case *logical.Join:
		return p.join(n)
	case *logical.Attach:
		return p.attach(n)
	}
	return nil
}

// over turns an expression over the fields of a plan into one over the plan
// that is left of it.
func (r *pulled) over(e expr.Expr) expr.Expr {
	if e == nil {
		return nil
	}
	return expr.Rewrite(e, func(e expr.Expr) expr.Expr {
		if c, ok := e.(*expr.Column); ok {
			return r.m[c.Index]
		}
		return e
	})
}

// filter puts conditions above the plan, or among those pulled. One that may
// fail stays behind the ones that were written before it.
func (r *pulled) filter(q *query, conj []expr.Expr) {
	var below []expr.Expr
	for _, c := range conj {
		if q.has(c) || len(r.conj) > 0 && !expr.Safe(c) {
			r.conj = append(r.conj, c)
		} else {
			below = append(below, c)
		}
	}
	r.node = logical.PushFilter(r.node, below)
}

// project computes the items of a projection where they may fail and name no
// parameters; columns, and expressions that name them, are left to what reads
// them.
func (r *pulled) project(q *query, m []expr.Expr, n *logical.Project) *pulled {
	p := keep(r.node, len(r.node.Fields()))
	p.Out = append(p.Out, r.node.Fields()...)
	out := &pulled{conj: r.conj}
	for i, e := range m {
		if _, column := e.(*expr.Column); !column && !q.has(e) {
			p.Exprs = append(p.Exprs, e)
			p.Out = append(p.Out, logical.Field{Name: n.Out[i].Name, Type: e.Type()})
			e = &expr.Column{Index: len(p.Exprs) - 1, Name: n.Out[i].Name, T: e.Type()}
		}
		out.m = append(out.m, e)
	}
	out.node = p
	if len(p.Exprs) == len(r.node.Fields()) {
		out.node = r.node
	}
	return out
}

func (p *puller) join(n *logical.Join) *pulled {
	inner := n.Kind == logical.InnerJoin || n.Kind == logical.CrossJoin
	l := p.pull(n.Left)
	if l == nil || !n.Hashed() {
		return nil
	}
	nl := len(l.node.Fields())
	c := *n
	if !inner {
		own := false
		logical.EachExpr(n, func(e expr.Expr) { own = own || p.q.has(e) })
		if !n.KeepsLeft() || own || p.q.reads(n.Right) {
			return nil
		}
		for _, e := range l.m {
			if p.q.has(e) {
				return nil
			}
		}
		both := append([]expr.Expr(nil), l.m...)
		for i, f := range n.Right.Fields() {
			both = append(both, &expr.Column{Index: nl + i, Name: f.Name, T: f.Type})
		}
		x := logical.MapExprs(&c, func(e expr.Expr, s logical.Space) expr.Expr {
			switch s {
			case logical.OfLeft:
				return l.over(e)
			case logical.OfBoth:
				return (&pulled{m: both}).over(e)
			}
			return e
		}).(*logical.Join)
		x.Left = l.node
		m := append([]expr.Expr(nil), l.m...)
		for i, f := range x.Fields()[nl:] {
			m = append(m, &expr.Column{Index: nl + i, Name: f.Name, T: f.Type})
		}
		return &pulled{node: x, conj: l.conj, m: m}
	}
	r := p.pull(n.Right)
	if r == nil {
		return nil
	}
	out := &pulled{m: append([]expr.Expr(nil), l.m...), conj: l.conj}
	for _, e := range r.m {
		out.m = append(out.m, logical.Moved(e, nl))
	}
	for _, e := range r.conj {
		out.conj = append(out.conj, logical.Moved(e, nl))
	}
	c.Left, c.Right, c.Keys = l.node, r.node, nil
	c.OnLeft, c.OnRight, c.Residual = nil, nil, nil
	var conj []expr.Expr
	for _, k := range n.Keys {
		right := logical.Moved(k.Right, len(n.Left.Fields()))
		conj = append(conj, equal(k.Left, right, k.NullSafe))
	}
	for _, e := range []expr.Expr{n.OnLeft, moved(n.OnRight, len(n.Left.Fields())), n.Residual} {
		if e != nil {
			conj = append(conj, expr.Conjuncts(e)...)
		}
	}
	var own []expr.Expr
	for _, e := range conj {
		if e = out.over(e); p.q.has(e) || len(out.conj) > 0 && !expr.Safe(e) {
			out.conj = append(out.conj, e)
		} else {
			own = append(own, e)
		}
	}
	c.Kind = logical.InnerJoin
	logical.JoinOn(&c, own, nl)
	out.node = &c
	return out
}

func moved(e expr.Expr, by int) expr.Expr {
	if e == nil {
		return nil
	}
	return logical.Moved(e, by)
}

// attach pulls conditions over another subquery that does not depend on them.
func (p *puller) attach(n *logical.Attach) *pulled {
	own := false
	logical.EachExpr(n, func(e expr.Expr) { own = own || p.q.has(e) })
	l := p.pull(n.Input)
	if own || l == nil {
		return nil
	}
	for _, e := range l.m {
		if p.q.has(e) {
			return nil
		}
	}
	x := logical.MapExprs(n, func(e expr.Expr, _ logical.Space) expr.Expr { return l.over(e) }).(*logical.Attach)
	answer := n.Answer()
	x.Input = l.node
	nl := len(l.node.Fields())
	x.Out = append(append([]logical.Field(nil), l.node.Fields()...), answer...)
	m := append([]expr.Expr(nil), l.m...)
	for i, f := range answer {
		m = append(m, &expr.Column{Index: nl + i, Name: f.Name, T: f.Type})
	}
	return &pulled{node: x, conj: l.conj, m: m}
}

// marked makes a mark join of EXISTS and IN over filters and inner joins; nil
// when the subquery is something else.
func (w *rewriter) marked(a *logical.Attach, answer []logical.Field, q *query) logical.Node {
	sub := a.Sub
	if l, ok := sub.(*logical.Limit); ok && a.Kind == logical.AttachExists && l.Count != 0 && l.Offset == 0 {
		sub = l.Input
	}
	if s, ok := sub.(*logical.Sort); ok && a.Kind == logical.AttachExists && s.Limit != 0 && s.Offset == 0 && s.Window == nil {
		sub = s.Input
	}
	r := (&puller{q: q, set: true}).pull(sub)
	if r == nil {
		return nil
	}
	r.node = w.node(r.node)
	nl := len(a.Input.Fields())
	j := &logical.Join{Kind: logical.MarkJoin, Mark: answer[0].Name, Left: a.Input, Right: r.node}
	both := func(e expr.Expr) expr.Expr { return q.onLeft(logical.Moved(e, nl)) }
	var conj []expr.Expr
	for _, c := range r.conj {
		conj = append(conj, both(c))
	}
	logical.JoinOn(j, conj, nl)
	for i, p := range a.Probe {
		e := r.m[i]
		if !q.has(e) {
			j.In = append(j.In, logical.JoinKey{Left: p, Right: e})
			continue
		}
		c := equal(p, both(e), false)
		if j.Compare != nil {
			c = logical.And([]expr.Expr{j.Compare, c})
		}
		j.Compare = c
	}
	return j
}
