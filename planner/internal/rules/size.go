package rules

import (
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/planner/internal/logical"
)

// size is about how many rows a node gives, and the most that an input below it
// has.
type size struct {
	rows, base float64
	known      bool
}

type sizes struct {
	rows   func(source string) int64
	shared map[int]logical.Node
}

// sizesOf measures nodes of a plan; rows tells about how many rows a source has,
// negative when it is not known.
func sizesOf(plan logical.Node, rows func(source string) int64) sizes {
	s := sizes{rows: rows, shared: map[int]logical.Node{}}
	var look func(logical.Node)
	look = func(n logical.Node) {
		if h, ok := n.(*logical.Shared); ok {
			s.shared[h.Number] = h.Input
		}
		for _, in := range n.Inputs() {
			look(in)
		}
	}
	look(plan)
	return s
}

// LeftFirst tells that the left rows of a join should be read first and looked
// for among the right ones, because they are fewer. The rows of the answer, and
// their order, are the same.
func LeftFirst(plan logical.Node, n *logical.Join, rows func(source string) int64) bool {
	switch {
	case n.Kind == logical.RightJoin || n.Kind == logical.FullJoin || len(n.In) > 0 || len(n.Keys) == 0:
		return false
	case n.Residual != nil && !expr.Safe(n.Residual), n.AsOf != nil && !expr.Safe(n.AsOf.Left):
		return false // an error would no longer know its record
	}
	s := sizesOf(plan, rows)
	l, r := s.of(n.Left), s.of(n.Right)
	return l.known && r.known && l.rows*1.5 < r.rows
}

func (s sizes) of(n logical.Node) size {
	switch n := n.(type) {
	case *logical.Scan:
		c := s.rows(n.Source)
		if c < 0 {
			return size{}
		}
		rows := float64(c) + 1
		return size{rows, rows, true}
	case *logical.Values:
		return size{float64(len(n.Rows)), float64(len(n.Rows)), true}
	case *logical.Again:
		if in := s.shared[n.Number]; in != nil {
			return s.of(in)
		}
		return size{}
	case *logical.Join:
		return s.join(n)
	}
	in := n.Inputs()
	if len(in) == 0 {
		return size{}
	}
	out := s.of(in[0])
	switch n := n.(type) {
	case *logical.Filter:
		out.rows *= expr.Guess(n.Pred)
	case *logical.Aggregate:
		out.rows *= 0.3
		if len(n.Keys) == 0 {
			out.rows = 1
		}
		out.base = out.rows
		if n.Having != nil {
			out.rows *= 0.1
		}
	case *logical.Distinct:
		out.rows *= 0.5
	case *logical.Limit:
		if n.Count >= 0 {
			out.rows = min(out.rows, float64(n.Count))
		}
	case *logical.Sort:
		if n.Limit >= 0 {
			out.rows = min(out.rows, float64(n.Limit))
		}
	case *logical.Union:
		for _, m := range in[1:] {
			o := s.of(m)
			out = size{out.rows + o.rows, out.base + o.base, out.known && o.known}
		}
	}
	return out
}

func (s sizes) join(n *logical.Join) size {
	l, r := s.of(n.Left), s.of(n.Right)
	out := size{l.rows, max(l.base, r.base), l.known && r.known}
	switch n.Kind {
	case logical.InnerJoin, logical.CrossJoin, logical.FullJoin, logical.RightJoin:
		out.rows = l.rows * r.rows
		if len(n.Keys) > 0 { // each row of the greater one finds one of the smaller
			out.rows /= max(min(l.base, r.base), 1)
		}
	case logical.SemiJoin, logical.AntiJoin:
		found := 0.5
		if r.known && len(n.Keys) > 0 && r.base <= l.base { // one row for a key, at most
			found = min(r.rows/max(r.base, 1), 0.9)
		}
		if n.Kind == logical.AntiJoin {
			found = 1 - found
		}
		out.rows *= found
	case logical.MarkJoin, logical.SingleJoin:
		out.known = l.known
	}
	return out
}
