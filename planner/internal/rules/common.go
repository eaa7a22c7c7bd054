package rules

import (
	"fmt"

	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/planner/internal/logical"
)

// shareCommon computes an expression that stands several times in a projection
// or an aggregate, and in the filter below it, once: in a projection below all
// of them. It is moved only when it cannot fail there for a row for which it
// would not have been computed: one of its places is reached by every row, or
// nothing in it can fail. What stands alone in a filter is left there.
func shareCommon(n logical.Node, f Facts) logical.Node {
	n = inputs(n, func(in logical.Node) logical.Node { return shareCommon(in, f) })
	switch n.(type) {
	case *logical.Project, *logical.Aggregate:
	default:
		return n
	}
	filter, ok := n.Inputs()[0].(*logical.Filter)
	base := n.Inputs()[0]
	if ok {
		base = filter.Input
	}
	s := &sharing{count: map[string]*shared{}}
	if filter != nil {
		s.look(filter.Pred, true)
	}
	s.node(n, filter == nil) // above a filter fewer rows come
	var picked []*shared
	for _, key := range s.order {
		x := s.count[key]
		if x.n >= 2 && (x.certain || filter == nil && expr.Safe(x.e)) {
			picked = append(picked, x)
		}
	}
	picked = s.largest(picked)
	if len(picked) == 0 {
		return n
	}
	var pred expr.Expr
	if filter != nil {
		pred = filter.Pred
	}
	return extract(n, base, pred, picked)
}

// extract puts a projection above base that has the columns that are read and
// the picked expressions, then the filter, then n.
func extract(n, base logical.Node, pred expr.Expr, picked []*shared) logical.Node {
	fields := base.Fields()
	at := map[string]*expr.Column{}
	for i, x := range picked { // numbered for good below
		at[x.key] = &expr.Column{Index: len(fields) + i, Name: fmt.Sprintf("common_%d", i+1), T: x.e.Type()}
	}
	read := make([]bool, len(fields)+len(picked))
	replace := func(e expr.Expr) expr.Expr {
		e = replaceCommon(e, at)
		expr.Walk(e, func(e expr.Expr) bool {
			if c, ok := e.(*expr.Column); ok {
				read[c.Index] = true
			}
			return true
		})
		return e
	}
	agg, _ := n.(*logical.Aggregate)
	out := n
	if agg != nil {
		for _, i := range append([]int{agg.Time}, agg.LateColumns...) {
			if i >= 0 {
				read[i] = true
			}
		}
	}
	out = mapExprs(out, replace)
	if pred != nil {
		pred = replace(pred)
	}
	p := &logical.Project{Input: base, Headers: -1}
	place := make([]int, len(read))
	for i, r := range read {
		place[i] = len(p.Exprs)
		switch {
		case !r:
		case i < len(fields):
			p.Exprs = append(p.Exprs, &expr.Column{Index: i, Name: fields[i].Name, T: fields[i].Type})
			p.Out = append(p.Out, fields[i])
		default:
			x := picked[i-len(fields)]
			p.Exprs = append(p.Exprs, x.e)
			p.Out = append(p.Out, logical.Field{Name: at[x.key].Name, Type: x.e.Type(), System: true})
		}
	}
	renumber := func(e expr.Expr) expr.Expr {
		return substitute(e, func(c *expr.Column) expr.Expr {
			k := *c
			k.Index = place[c.Index]
			return &k
		})
	}
	out = mapExprs(out, renumber)
	if a, ok := out.(*logical.Aggregate); ok {
		if a.Time >= 0 {
			a.Time = place[a.Time]
		}
		a.LateColumns = append([]int(nil), agg.LateColumns...)
		for i, c := range a.LateColumns {
			a.LateColumns[i] = place[c]
		}
	}
	if pred != nil {
		return out.WithInputs([]logical.Node{&logical.Filter{Input: p, Pred: renumber(pred)}})
	}
	return out.WithInputs([]logical.Node{p})
}

// shared is one expression with its places.
type shared struct {
	key     string
	e       expr.Expr
	n       int
	certain bool // a place that every row reaches
}

type sharing struct {
	count map[string]*shared
	order []string
}

func keyOf(e expr.Expr) string { return e.String() + " " + expr.TypeName(e.Type()) }

// node notes the expressions over a node's input; certain says that every row
// comes to the node.
func (s *sharing) node(n logical.Node, certain bool) {
	if p, ok := n.(*logical.Project); ok {
		for _, e := range p.Exprs {
			s.look(e, certain)
		}
		return
	}
	a := n.(*logical.Aggregate)
	certain = certain && a.Window == nil // late rows are not computed
	for _, e := range append(a.Keys[:len(a.Keys):len(a.Keys)], a.Last...) {
		s.look(e, certain)
	}
	for _, c := range a.Aggs {
		if c.Filter != nil {
			s.look(c.Filter, certain)
		}
		for _, e := range c.Args {
			s.look(e, certain && c.Filter == nil)
		}
		for _, k := range c.OrderBy {
			s.look(k.Expr, certain && c.Filter == nil)
		}
	}
}

// look notes an expression and its operands; certain says that every row comes
// to it. Implicit casts are left where they are, they cost little.
func (s *sharing) look(e expr.Expr, certain bool) {
	kids := e.Children()
	if len(kids) > 0 && !expr.Volatile(e) && !expr.Widens(e) {
		k := keyOf(e)
		x := s.count[k]
		if x == nil {
			x = &shared{key: k, e: e}
			s.count[k] = x
			s.order = append(s.order, k)
		}
		x.n++
		x.certain = x.certain || certain
	}
	sure := map[expr.Expr]bool{}
	for _, c := range expr.Certain(e) {
		sure[c] = true
	}
	for _, c := range kids {
		s.look(c, certain && sure[c])
	}
}

// largest leaves out what only stands inside others that are picked, and what
// costs no more than a column.
func (s *sharing) largest(list []*shared) []*shared {
	var out []*shared
	for _, x := range list {
		inside := 0
		for _, y := range list {
			if y == x {
				continue
			}
			in := 0
			for _, c := range y.e.Children() {
				in += occurrences(c, x.key)
			}
			inside = max(inside, in*y.n)
		}
		if inside < x.n {
			out = append(out, x)
		}
	}
	return out
}

func occurrences(e expr.Expr, key string) int {
	n := 0
	expr.Walk(e, func(e expr.Expr) bool {
		if len(e.Children()) > 0 && keyOf(e) == key {
			n++
			return false
		}
		return true
	})
	return n
}

// replaceCommon puts columns for the shared expressions, outermost first.
func replaceCommon(e expr.Expr, at map[string]*expr.Column) expr.Expr {
	kids := e.Children()
	if len(kids) == 0 {
		return e
	}
	if c, ok := at[keyOf(e)]; ok {
		return c
	}
	next := make([]expr.Expr, len(kids))
	changed := false
	for i, k := range kids {
		next[i] = replaceCommon(k, at)
		changed = changed || next[i] != k
	}
	if !changed {
		return e
	}
	return e.WithChildren(next)
}
