package decorrelate

import (
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/planner/internal/logical"
)

// share computes the parameters as columns of the outer rows and lets these be
// read twice: by the join with the subquery, and by the subquery.
func (q *query) share(number int) {
	p := &logical.Project{Input: q.outer, Headers: -1, Joined: true}
	for i, f := range q.outer.Fields() {
		p.Exprs = append(p.Exprs, &expr.Column{Index: i, Name: f.Name, T: f.Type})
		p.Out = append(p.Out, f)
	}
	q.value = make([]int, len(q.params))
	for k, e := range q.params {
		if c, ok := e.(*expr.Column); ok {
			q.value[k] = c.Index
			continue
		}
		q.value[k] = len(p.Exprs)
		p.Exprs = append(p.Exprs, e)
		p.Out = append(p.Out, logical.Field{Name: e.String(), Type: e.Type(), Hidden: true})
	}
	var in logical.Node = p
	if len(p.Exprs) == len(q.outer.Fields()) {
		in = q.outer
	}
	q.outer = &logical.Shared{Input: in, Number: number}
	q.shared = number
}

// domain are the distinct values of the parameters that are used, and which
// column each is; -1 for others.
func (q *query) domain() (logical.Node, []int) {
	fields := q.outer.Fields()
	p := &logical.Project{Input: &logical.Again{Number: q.shared, Out: fields}, Headers: -1}
	at := make([]int, len(q.params))
	var keys []int
	for k := range q.params {
		at[k] = -1
		if !q.used[k] {
			continue
		}
		at[k] = len(p.Exprs)
		keys = append(keys, len(p.Exprs))
		f := fields[q.value[k]]
		p.Exprs = append(p.Exprs, &expr.Column{Index: q.value[k], Name: f.Name, T: f.Type})
		p.Out = append(p.Out, logical.Field{Name: f.Name, Type: f.Type, Hidden: true})
	}
	return &logical.Distinct{Input: p, Keys: keys}, at
}
