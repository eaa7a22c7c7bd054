package decorrelate

import (
	"fmt"

	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
)

// Refused is why a subquery cannot be planned.
type Refused struct {
	Place diag.Pos
	What  string
	Hint  string
}

// Plan replaces all subqueries of a plan by joins.
func Plan(n logical.Node) (logical.Node, *Refused) {
	w := &rewriter{}
	out := w.node(n)
	return out, w.refused
}

type rewriter struct {
	shared  int // numbers given
	refused *Refused
}

// node rewrites a plan from the top down.
func (w *rewriter) node(n logical.Node) logical.Node {
	switch n := n.(type) {
	case *logical.Attach:
		return w.attach(n)
	case *logical.Filter:
		return w.filter(n)
	}
	in := n.Inputs()
	if len(in) == 0 {
		return n
	}
	next := make([]logical.Node, len(in))
	for i := range in {
		next[i] = w.node(in[i])
	}
	return n.WithInputs(next)
}

// attach makes joins of a subquery.
func (w *rewriter) attach(a *logical.Attach) logical.Node {
	c := *a
	a = &c
	answer := a.Answer()
	a.Input = w.node(a.Input)
	if !reads(a.Sub, a.Query) {
		return w.join(a, answer, w.node(a.Sub), nil)
	}
	q := newQuery(a)
	if a.Kind != logical.AttachScalar {
		if n := w.marked(a, answer, q); n != nil {
			return n
		}
	}
	d := &dependent{q: q, bind: true}
	r := d.node(a.Sub)
	if r == nil || r.missing != nil && a.Kind != logical.AttachScalar {
		if a.Endless {
			if w.refused == nil {
				w.refused = &Refused{a.Place, "a subquery that depends on the rows of an input that does not end, other than by equalities, is not supported", "compare its columns with = in its WHERE, or read a bounded input"}
			}
			return a
		}
		w.shared++
		q.share(w.shared)
		a.Input = q.outer
		d = &dependent{q: q}
		if r = d.node(a.Sub); r == nil {
			if w.refused == nil {
				w.refused = &Refused{a.Place, d.why, "join with a derived table instead"}
			}
			return a
		}
	}
	r.node = w.node(r.node)
	return w.join(a, answer, r.node, r)
}

// join puts the answer of a subquery beside the rows of its input. r is nil for
// one that does not depend on them; else its parameters stand in r.at.
func (w *rewriter) join(a *logical.Attach, answer []logical.Field, sub logical.Node, r *result) logical.Node {
	nl, first := len(a.Input.Fields()), len(a.Out)-len(answer)
	right := &logical.Project{Headers: -1}
	col := func(i int) *expr.Column {
		f := sub.Fields()[i]
		return &expr.Column{Index: i, Name: f.Name, T: f.Type}
	}
	add := func(e expr.Expr, name string) *expr.Column {
		right.Exprs = append(right.Exprs, e)
		right.Out = append(right.Out, logical.Field{Name: name, Type: e.Type(), Hidden: true})
		return &expr.Column{Index: len(right.Exprs) - 1, Name: name, T: e.Type()}
	}
	right.Input = sub
	j := &logical.Join{Left: a.Input, Subquery: a.Name}
	var values []*expr.Column
	if a.Kind != logical.AttachExists {
		for i := range a.Width {
			at := i
			if r != nil {
				at = r.m[i]
			}
			values = append(values, add(col(at), a.Sub.Fields()[i].Name))
		}
	}
	if r != nil {
		for k, at := range r.at {
			if at >= 0 {
				c := add(col(at), r.q.params[k].String())
				j.Keys = append(j.Keys, logical.JoinKey{Left: r.q.left(k), Right: c, NullSafe: r.safe[k]})
			}
		}
	}
	switch a.Kind {
	case logical.AttachExists:
		j.Kind, j.Mark = logical.MarkJoin, answer[0].Name
	case logical.AttachIn:
		j.Kind, j.Mark = logical.MarkJoin, answer[0].Name
		for i, p := range a.Probe {
			j.In = append(j.In, logical.JoinKey{Left: p, Right: values[i]})
		}
	case logical.AttachScalar:
		j.Kind, j.OnLeft = logical.SingleJoin, a.Guard
		var found *expr.Column
		if r != nil && r.missing != nil {
			found = add(expr.BoolConst(true), "found")
		}
		j.Right = right
		out := keep(j, first)
		for i, v := range values {
			var e expr.Expr = at(v, nl)
			if found != nil {
				if none := r.q.onLeft(r.missing[i]); !isNull(none) {
					e = choose(expr.NewIsNull(at(found, nl), true), e, none)
				}
			}
			out.Exprs = append(out.Exprs, e)
		}
		out.Out = a.Out
		return out
	}
	j.Right = right
	return marks(j, first, a.Out)
}

// marks gives the mark of a join its place behind the first fields.
func marks(j *logical.Join, first int, fields []logical.Field) logical.Node {
	if len(j.Fields()) == len(fields) {
		return j
	}
	out := keep(j, first)
	out.Exprs = append(out.Exprs, &expr.Column{Index: len(j.Fields()) - 1, Name: j.Mark, T: fields[first].Type})
	out.Out = fields
	return out
}

// keep is a projection of the first columns of a node, to which more is added.
func keep(n logical.Node, first int) *logical.Project {
	p := &logical.Project{Input: n, Headers: -1, Joined: true}
	for i, f := range n.Fields()[:first] {
		p.Exprs = append(p.Exprs, &expr.Column{Index: i, Name: f.Name, T: f.Type})
	}
	return p
}

func at(c *expr.Column, by int) *expr.Column {
	k := *c
	k.Index += by
	return &k
}

func isNull(e expr.Expr) bool {
	c, ok := e.(*expr.Const)
	return ok && c.IsNull()
}

// choose is CASE WHEN cond THEN a ELSE b END of one type.
func choose(cond, a, b expr.Expr) expr.Expr {
	e, err := expr.NewCase([]expr.Expr{cond}, []expr.Expr{a}, b)
	if err != nil {
		panic(fmt.Sprintf("bug: CASE over the answer of a subquery: %v", err))
	}
	return e
}
