package decorrelate

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/planner/internal/logical"
)

// aggregate groups by the parameters too. Without GROUP BY there is a row for
// each value of the parameters, also where there is nothing to aggregate.
func (d *dependent) aggregate(n *logical.Aggregate) *result {
	if n.Window != nil {
		return d.fail("WINDOW")
	}
	if n.Having != nil {
		c := *n
		c.Having = nil
		return d.filter(&logical.Filter{Input: &c, Pred: n.Having})
	}
	r := d.node(n.Input)
	if r == nil {
		return nil
	}
	if r.missing != nil {
		return d.fail("an aggregate of an aggregate")
	}
	c := logical.MapExprs(n, func(e expr.Expr, _ logical.Space) expr.Expr { return r.over(e) }).(*logical.Aggregate)
	c.Input, c.Global = r.node, false
	if n.Time >= 0 {
		c.Time = r.m[n.Time]
	}
	keys := len(n.Keys)
	c.Out = append([]logical.Field(nil), n.Out[:keys]...)
	at := append([]int(nil), r.at...)
	for k, i := range r.at {
		if i < 0 {
			continue
		}
		at[k] = len(c.Out)
		c.Keys = append(c.Keys, r.col(i))
		c.Out = append(c.Out, logical.Field{Name: r.node.Fields()[i].Name, Type: r.col(i).Type(), Hidden: true})
	}
	added := len(c.Out) - keys
	c.Out = append(c.Out, n.Out[keys:]...)
	m := make([]int, len(n.Out))
	for i := range m {
		m[i] = i
		if i >= keys {
			m[i] = i + added
		}
	}
	r.node, r.m, r.at = c, m, at
	if !n.Global {
		return r
	}
	none := empties(n)
	if d.bind {
		r.missing = none
		return r
	}
	return d.complete(r, none)
}

// empties are the values of an aggregate over no rows.
func empties(n *logical.Aggregate) []expr.Expr {
	var out []expr.Expr
	for _, f := range n.Out {
		out = append(out, expr.NullConst(f.Type))
	}
	for i, a := range n.Aggs {
		types, consts := []arrow.DataType{}, []*vec.Vec{}
		for _, e := range a.Args {
			types = append(types, e.Type())
			var one *vec.Vec
			if c, ok := e.(*expr.Const); ok {
				one = c.One
			}
			consts = append(consts, one)
		}
		s := a.Overload.New(types, consts)
		s.Grow(1)
		b := vec.NewBuilder(vec.NewPool(nil, false).Open(), a.Type, 1) // on Go's heap, never closed
		s.Emit([]int32{0}, b, func(int, error) {})
		out[len(n.Keys)+i] = expr.ConstAt(b.Finish(), a.Type)
	}
	return out
}

// complete gives each value of the parameters its row.
func (d *dependent) complete(r *result, none []expr.Expr) *result {
	domain, at := d.q.domain()
	width := len(domain.Fields())
	found := len(r.node.Fields())
	p := keep(r.node, found)
	p.Out = append(p.Out, r.node.Fields()...)
	p.Exprs = append(p.Exprs, expr.BoolConst(true))
	p.Out = append(p.Out, logical.Field{Name: "found", Type: vec.TypeBool, Hidden: true})
	j := &logical.Join{Kind: logical.LeftJoin, Left: domain, Right: p}
	for k, i := range r.at {
		if i >= 0 {
			f := domain.Fields()[at[k]]
			j.Keys = append(j.Keys, logical.JoinKey{Left: &expr.Column{Index: at[k], Name: f.Name, T: f.Type}, Right: r.col(i), NullSafe: true})
		}
	}
	out := keep(j, width)
	out.Out = append(out.Out, domain.Fields()...)
	has := expr.NewIsNull(&expr.Column{Index: width + found, Name: "found", T: vec.TypeBool}, true)
	m := make([]int, len(r.m))
	for i, c := range r.m {
		m[i] = len(out.Exprs)
		f := j.Fields()[width+c]
		var e expr.Expr = &expr.Column{Index: width + c, Name: f.Name, T: f.Type}
		if !isNull(none[i]) {
			e = choose(has, e, none[i])
		}
		out.Exprs = append(out.Exprs, e)
		out.Out = append(out.Out, f)
	}
	r.node, r.m, r.at = out, m, at
	for k := range r.safe {
		r.safe[k] = true
	}
	return r
}
