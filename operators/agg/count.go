package agg

import (
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// count is COUNT(*), without arguments, and COUNT(x).
type count struct {
	n    []int64
	lead counter // not nil: a view
}

// counter is a state that knows how many values it has seen, of one group and of many.
type counter interface {
	counted(group int32) int64
	counts(groups []int32, to []int64)
}

func (c *count) counted(g int32) int64 {
	if c.lead != nil {
		return c.lead.counted(g)
	}
	return c.n[g]
}

func (c *count) counts(groups []int32, to []int64) {
	if c.lead != nil {
		c.lead.counts(groups, to)
		return
	}
	n := c.n
	to = to[:len(groups)]
	for k, g := range groups {
		to[k] = n[g]
	}
}

// Share reads the count of a state over the same argument.
func (c *count) Share(lead State) bool {
	l, ok := lead.(counter)
	if ok {
		c.lead, c.n = l, nil
	}
	return ok
}

// Count gives the rows of a group if s is a COUNT, for operators that count
// rows themselves.
func Count(s State, group int32) (n int64, ok bool) {
	if c, is := s.(*count); is {
		return c.counted(group), true
	}
	return 0, false
}

// Counts is [Count] of many groups, written to to.
func Counts(s State, groups []int32, to []int64) { s.(*count).counts(groups, to) }

// Follow makes a COUNT(*) read the count of a state of the same rows, if that has
// one. It is the same while no argument of the other is NULL; [Part] ends it.
func Follow(star, lead State) bool {
	c, is := star.(*count)
	l, counts := lead.(counter)
	if is && counts {
		c.lead, c.n = l, nil
	}
	return is && counts
}

// Part makes a COUNT(*) that follows another state count n groups by itself.
func Part(star State, n int) {
	c := star.(*count)
	c.n = make([]int64, n)
	for g := range c.n {
		c.n[g] = c.lead.counted(int32(g))
	}
	c.lead = nil
}

func (c *count) Grow(n int) { c.n = grown(c.n, n) }

func (c *count) Update(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel) {
	n := c.n
	var valid vec.Bitmap
	if len(args) > 0 {
		if v := args[0]; v.Const || v.Kind == vec.Null {
			if v.IsNull(0) {
				return
			}
		} else {
			valid = v.Valid
		}
	}
	switch {
	case len(n) == 1 && valid == nil:
		n[0] += int64(sel.Count(b.N))
	case sel == nil && valid == nil:
		for _, g := range groups[:b.N] {
			n[g]++
		}
	case sel == nil:
		for i, g := range groups[:b.N] {
			if valid.Get(i) {
				n[g]++
			}
		}
	case valid == nil:
		for _, i := range sel {
			n[groups[i]]++
		}
	default:
		for _, i := range sel {
			if valid.Get(int(i)) {
				n[groups[i]]++
			}
		}
	}
}

func (c *count) UpdateEach(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel, out *vec.Builder, _ Fail) {
	if len(args) == 0 || !args[0].HasNulls() && !args[0].Const { // without a call for each row
		n, rows := c.n, sel.Count(b.N)
		dst := vec.Extend[int64](out, rows)
		if sel == nil {
			for i, g := range groups[:b.N] {
				n[g]++
				dst[i] = n[g]
			}
		} else {
			for k, i := range sel {
				g := groups[i]
				n[g]++
				dst[k] = n[g]
			}
		}
		out.Filled(rows)
		return
	}
	each(b.N, sel, func(i int) {
		g := groups[i]
		if len(args) == 0 || !args[0].IsNull(i) {
			c.n[g]++
		}
		out.Int64(c.n[g])
	})
}

func (c *count) Merge(other State, into []int32) {
	for k, x := range other.(*count).n {
		if k < len(into) && into[k] >= 0 {
			c.n[into[k]] += x
		}
	}
}

func (c *count) Emit(groups []int32, out *vec.Builder, _ Fail) {
	c.counts(groups, vec.Extend[int64](out, len(groups)))
	out.Filled(len(groups))
}

func (c *count) Reset(groups []int32) {
	for _, g := range groups {
		c.n[g] = 0
	}
}

func (c *count) Snapshot(s *vec.Scope, groups []int32) []*vec.Vec {
	return []*vec.Vec{column(s, vec.TypeInt64, groups, func(g int32) int64 { return c.n[g] })}
}

func (c *count) Restore(cols []*vec.Vec) { c.n = append(c.n[:0], vec.Values[int64](cols[0])...) }

func (c *count) Bytes() int64 { return int64(cap(c.n)) * 8 }
