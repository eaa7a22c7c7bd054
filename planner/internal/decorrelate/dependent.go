package decorrelate

import (
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/over"
	"github.com/velostream/velo/planner/internal/logical"
)

// result is a plan for all values of the parameters at once: the rows of each
// value are those of the subquery for it, in their order.
type result struct {
	q    *query
	node logical.Node
	m    []int  // where the fields of the plan as it was stand
	at   []int  // where the parameters stand, -1: not used
	safe []bool // parameters that are equal to NULL when they are NULL
	// missing are the values of the fields, over parameters, of the one row that a
	// value of the parameters has for which there is no row here: of aggregates
	// without GROUP BY. nil: no row means no row.
	missing []expr.Expr
}

// dependent makes a plan for all values of the parameters of a query.
type dependent struct {
	q *query
	// bind takes the parameters from equalities of the subquery; without it they
	// come from the outer rows.
	bind bool
	why  string
}

func (d *dependent) fail(why string) *result {
	if d.why == "" {
		d.why = "a correlated subquery with " + why + " is not supported"
	}
	return nil
}

// node is nil when the plan cannot be made so.
func (d *dependent) node(n logical.Node) *result {
	if !d.q.reads(n) {
		return d.cross(n, nil)
	}
	if p := (&puller{q: d.q}).pull(n); p != nil && plain(p.m) {
		r := d.bound(p)
		if r == nil {
			r = d.cross(p.node, p.conj)
		}
		if r == nil {
			return nil
		}
		m := make([]int, len(p.m))
		for i, e := range p.m {
			m[i] = r.m[e.(*expr.Column).Index]
		}
		r.m = m
		return r
	}
	switch n := n.(type) {
	case *logical.Filter:
		return d.filter(n)
	case *logical.Project:
		return d.project(n)
	case *logical.Aggregate:
		return d.aggregate(n)
	case *logical.Distinct:
		return d.distinct(n)
	case *logical.Sort:
		return d.sort(n)
	case *logical.Limit:
		r := d.node(n.Input)
		return d.limit(r, n.Count, n.Offset)
	case *logical.Over:
		return d.over(n)
	case *logical.Unnest:
		return d.unnest(n)
	case *logical.Union:
		return d.union(n)
	case *logical.SetOp:
		return d.setOp(n)
	case *logical.Join:
		return d.join(n)
	case *logical.Attach:
		return d.attach(n)
	case *logical.Values:
		return d.node(rows(n))
	}
	return d.fail("values of the row in this place")
}

// rows is VALUES as the union of its rows.
func rows(n *logical.Values) logical.Node {
	u := &logical.Union{Out: n.Out}
	for _, r := range n.Rows {
		u.All = append(u.All, &logical.Project{Input: &logical.Values{Rows: [][]expr.Expr{{}}}, Exprs: r, Out: n.Out, Headers: -1})
	}
	return u
}

func plain(m []expr.Expr) bool {
	for _, e := range m {
		if _, ok := e.(*expr.Column); !ok {
			return false
		}
	}
	return true
}

// bound takes the parameters from equalities among the conditions, if these give
// all of them; nil if not.
func (d *dependent) bound(p *pulled) *result {
	if !d.bind {
		return nil
	}
	q := d.q
	from := make([]expr.Expr, len(q.params))
	safe := make([]bool, len(q.params))
	var rest, known []expr.Expr
	for _, c := range p.conj {
		a, b, nullSafe, ok := expr.Equality(c)
		if ok && q.has(b) {
			a, b = b, a
		}
		o, isOuter := a.(*expr.Outer)
		if !ok || !isOuter || o.Query != q.number || from[o.Index] != nil || q.has(b) || !hasColumns(b) {
			rest = append(rest, c)
			continue
		}
		from[o.Index], safe[o.Index] = b, nullSafe
		if !nullSafe {
			known = append(known, expr.NewIsNull(b, true))
		}
	}
	for k, used := range q.used {
		if used && from[k] == nil {
			return nil
		}
	}
	proj := keep(p.node, len(p.node.Fields()))
	proj.Out = append(proj.Out, p.node.Fields()...)
	r := &result{q: q, m: seq(len(proj.Exprs)), at: make([]int, len(q.params)), safe: safe}
	for k := range q.params {
		r.at[k] = -1
		if !q.used[k] {
			continue
		}
		if c, ok := from[k].(*expr.Column); ok {
			r.at[k] = c.Index
			continue
		}
		r.at[k] = len(proj.Exprs)
		proj.Exprs = append(proj.Exprs, from[k])
		proj.Out = append(proj.Out, logical.Field{Name: from[k].String(), Type: from[k].Type(), Hidden: true})
	}
	node := logical.PushFilter(p.node, known)
	if len(proj.Exprs) > len(p.node.Fields()) {
		proj.Input = node
		node = proj
	}
	r.node = node
	for i, c := range rest {
		rest[i] = r.over(c)
	}
	if len(rest) > 0 {
		r.node = &logical.Filter{Input: node, Pred: logical.And(rest)}
	}
	return r
}

// cross joins a plan without parameters with all values of them, under
// conditions over both.
func (d *dependent) cross(n logical.Node, conj []expr.Expr) *result {
	if d.bind {
		return nil
	}
	domain, at := d.q.domain()
	width := len(domain.Fields())
	r := &result{q: d.q, node: &logical.Join{Kind: logical.CrossJoin, Left: domain, Right: n}, at: at, safe: make([]bool, len(at))}
	for k := range r.safe {
		r.safe[k] = true
	}
	for i := range n.Fields() {
		r.m = append(r.m, width+i)
	}
	r.filter(conj)
	return r
}

// filter puts conditions over the fields and parameters above the plan, what
// cannot fail as far down as it goes.
func (r *result) filter(conj []expr.Expr) {
	var down, rest []expr.Expr
	for _, c := range conj {
		c = r.over(c)
		if expr.Safe(c) && vec.KindOf(c.Type()) == vec.Bool {
			down = append(down, c)
		} else {
			rest = append(rest, c)
		}
	}
	r.node = logical.PushFilter(r.node, down)
	if len(rest) > 0 {
		r.node = &logical.Filter{Input: r.node, Pred: logical.And(rest)}
	}
}

// over turns an expression over the fields of a plan, and parameters, into one
// over the plan that has them as columns.
func (r *result) over(e expr.Expr) expr.Expr {
	return r.q.replace(e, func(i int) expr.Expr { return r.col(r.m[i]) }, func(o *expr.Outer) expr.Expr { return r.col(r.at[o.Index]) })
}

func (r *result) col(i int) expr.Expr {
	f := r.node.Fields()[i]
	return &expr.Column{Index: i, Name: f.Name, T: f.Type}
}

// keys are the columns of the parameters that are used.
func (r *result) keys() []expr.Expr {
	var out []expr.Expr
	for _, i := range r.at {
		if i >= 0 {
			out = append(out, r.col(i))
		}
	}
	return out
}

// none is an expression over the row that is missing.
func (r *result) none(e expr.Expr) expr.Expr {
	return expr.Fold(r.q.replace(e, func(i int) expr.Expr { return r.missing[i] }, nil))
}

func seq(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func (d *dependent) filter(n *logical.Filter) *result {
	r := d.node(n.Input)
	if r == nil {
		return nil
	}
	if r.missing != nil {
		return d.fail("a condition on an aggregate") // with all values of the parameters there is nothing missing
	}
	r.filter(expr.Conjuncts(n.Pred))
	return r
}

func (d *dependent) project(n *logical.Project) *result {
	r := d.node(n.Input)
	if r == nil {
		return nil
	}
	if n.HeaderEdits {
		return d.fail("SET_HEADER")
	}
	p := &logical.Project{Input: r.node, Headers: -1, Out: append([]logical.Field(nil), n.Out...)}
	var missing []expr.Expr
	for _, e := range n.Exprs {
		if r.missing != nil {
			missing = append(missing, r.none(e))
		}
		p.Exprs = append(p.Exprs, r.over(e))
	}
	r.carry(p)
	r.node, r.m, r.missing = p, seq(len(n.Exprs)), missing
	return r
}

// carry adds the parameters to a projection of the plan.
func (r *result) carry(p *logical.Project) {
	next := append([]int(nil), r.at...)
	for k, i := range r.at {
		if i < 0 {
			continue
		}
		next[k] = len(p.Exprs)
		c := r.col(i)
		p.Exprs = append(p.Exprs, c)
		p.Out = append(p.Out, logical.Field{Name: r.node.Fields()[i].Name, Type: c.Type(), Hidden: true})
	}
	r.at = next
}

func (d *dependent) distinct(n *logical.Distinct) *result {
	r := d.node(n.Input)
	if r == nil {
		return nil
	}
	c := &logical.Distinct{Input: r.node}
	for _, k := range n.Keys {
		c.Keys = append(c.Keys, r.m[k])
	}
	for _, i := range r.at {
		if i >= 0 {
			c.Keys = append(c.Keys, i)
		}
	}
	r.node = c
	return r
}

func (d *dependent) sort(n *logical.Sort) *result {
	r := d.node(n.Input)
	if r == nil {
		return nil
	}
	c := *n
	c.Input, c.Limit, c.Offset, c.Keys = r.node, -1, 0, nil
	for _, k := range n.Keys {
		k.Expr = r.over(k.Expr)
		c.Keys = append(c.Keys, k)
	}
	if len(c.Keys) > 0 {
		r.node = &c
	}
	return d.limit(r, n.Limit, n.Offset)
}

// limit counts the rows of each value of the parameters.
func (d *dependent) limit(r *result, count, offset int64) *result {
	if r == nil || count < 0 && offset == 0 {
		return r
	}
	if r.missing != nil {
		if count != 0 && offset == 0 {
			return r // the one row stays
		}
		return d.fail("LIMIT of an aggregate")
	}
	w := over.Window{Partition: r.keys(), Calls: []over.Call{{Kind: over.RowNumber, Name: "ROW_NUMBER()", Type: vec.TypeInt64}}}
	fields := r.node.Fields()
	o := &logical.Over{Input: r.node, Windows: []over.Window{w}}
	o.Out = append(fields[:len(fields):len(fields)], logical.Field{Name: "row_number", Type: vec.TypeInt64, Hidden: true})
	number := &expr.Column{Index: len(fields), Name: "row_number", T: vec.TypeInt64}
	var conj []expr.Expr
	compare := func(op string, x int64) {
		c, err := expr.NewCompare(op, number, expr.IntConst(x))
		if err != nil {
			panic("bug: " + err.Error())
		}
		conj = append(conj, c)
	}
	if offset > 0 {
		compare(">", offset)
	}
	if count >= 0 && count <= 1<<62 {
		compare("<=", min(offset, 1<<62)+count)
	}
	r.node = &logical.Filter{Input: o, Pred: logical.And(conj)}
	return r
}

func (d *dependent) over(n *logical.Over) *result {
	r := d.node(n.Input)
	if r == nil {
		return nil
	}
	if r.missing != nil {
		return d.fail("OVER an aggregate")
	}
	c := &logical.Over{Input: r.node, Buffered: n.Buffered}
	for _, w := range n.Windows {
		w = w.Rewrite(r.over)
		w.Partition = append(w.Partition[:len(w.Partition):len(w.Partition)], r.keys()...)
		c.Windows = append(c.Windows, w)
	}
	d.extend(r, n.Out[len(n.Input.Fields()):], func(out []logical.Field) logical.Node { c.Out = out; return c })
	return r
}

func (d *dependent) unnest(n *logical.Unnest) *result {
	r := d.node(n.Input)
	if r == nil {
		return nil
	}
	if r.missing != nil {
		return d.fail("UNNEST of an aggregate")
	}
	c := &logical.Unnest{Input: r.node, Outer: n.Outer}
	for _, a := range n.Args {
		c.Args = append(c.Args, r.over(a))
	}
	d.extend(r, n.Out[len(n.Input.Fields()):], func(out []logical.Field) logical.Node { c.Out = out; return c })
	if n.On != nil {
		c.On = r.over(n.On)
	}
	return r
}

func (d *dependent) attach(n *logical.Attach) *result {
	r := d.node(n.Input)
	if r == nil {
		return nil
	}
	if r.missing != nil {
		return d.fail("a subquery over an aggregate")
	}
	answer := n.Answer()
	c := logical.MapExprs(n, func(e expr.Expr, _ logical.Space) expr.Expr { return r.over(e) }).(*logical.Attach)
	c.Input = r.node
	d.extend(r, answer, func(out []logical.Field) logical.Node { c.Out = out; return c })
	return r
}

// extend puts a node above the plan that adds fields to it.
func (d *dependent) extend(r *result, extra []logical.Field, make func([]logical.Field) logical.Node) {
	fields := r.node.Fields()
	for i := range extra {
		r.m = append(r.m[:len(r.m):len(r.m)], len(fields)+i)
	}
	r.node = make(append(fields[:len(fields):len(fields)], extra...))
}
