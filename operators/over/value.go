package over

import (
	"fmt"

	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// present lists the positions where a column is not NULL, and counts, for each
// position, those before it.
func present(v *vec.Vec, n int) (list, before []int32) {
	before = make([]int32, n+1)
	for i := range n {
		before[i] = int32(len(list))
		if !v.IsNull(i) {
			list = append(list, int32(i))
		}
	}
	before[n] = int32(len(list))
	return list, before
}

// shift is LAG and LEAD.
func (s *arranged) shift(c *Call) result {
	arg := func(k int) *vec.Vec {
		if k < len(c.Args) && c.Args[k] != nil {
			return s.ordered(c.Args[k])
		}
		return nil
	}
	v, offset, other := arg(0), arg(1), arg(2)
	var list, before []int32
	if c.IgnoreNulls {
		list, before = present(v, s.n)
	}
	out := vec.NewBuilder(s.sc, c.Type, s.n)
	for i := range s.n {
		k := int64(1)
		if offset != nil {
			if offset.IsNull(i) {
				out.Null()
				continue
			}
			k = offset.Int64At(i)
		}
		if c.Kind == Lag {
			k = -k
		}
		at := int64(-1)
		switch {
		case k == 0:
			at = int64(i)
		case c.IgnoreNulls:
			j := int64(before[i]) + k
			if k > 0 {
				j = int64(before[i+1]) + k - 1
			}
			if j >= int64(before[s.begin[i]]) && j < int64(before[s.end[i]]) {
				at = int64(list[j])
			}
		case k >= -int64(s.n) && k <= int64(s.n):
			if j := int64(i) + k; j >= int64(s.begin[i]) && j < int64(s.end[i]) {
				at = j
			}
		}
		switch {
		case at >= 0:
			out.AppendRow(v, int(at))
		case other != nil:
			out.AppendRow(other, i)
		default:
			out.Null()
		}
	}
	return result{out.Finish(), s.place}
}

// value is FIRST_VALUE, LAST_VALUE and NTH_VALUE.
func (s *arranged) value(c *Call) result {
	lo, hi := s.frames(&c.Frame)
	v := s.ordered(c.Args[0])
	var nth *vec.Vec
	if c.Kind == NthValue {
		nth = s.ordered(c.Args[1])
	}
	var list, before []int32
	if c.IgnoreNulls {
		list, before = present(v, s.n)
	}
	at := make([]int32, s.n)
	for i := range at {
		at[i] = -1
		from, to := int64(lo[i]), int64(hi[i])
		if c.IgnoreNulls {
			from, to = int64(before[lo[i]]), int64(before[hi[i]])
		}
		j := from
		switch c.Kind {
		case LastValue:
			j = to - 1
		case NthValue:
			if nth.IsNull(i) {
				continue
			}
			n := nth.Int64At(i)
			if n < 1 {
				s.fail(i, fmt.Errorf("NTH_VALUE counts from 1, not %d", n))
				continue
			}
			if n > to-from {
				continue
			}
			j = from + n - 1
		}
		if j < from || j >= to {
			continue
		}
		if c.IgnoreNulls {
			j = int64(list[j])
		}
		at[i] = int32(j)
	}
	return result{v, s.byRow(at)}
}

// frames gives the positions [lo, hi) of each position's frame.
func (s *arranged) frames(f *Frame) (lo, hi []int32) {
	lo, hi = s.bound(f, &f.Start, false), s.bound(f, &f.End, true)
	for i := range hi {
		if hi[i] < lo[i] {
			hi[i] = lo[i]
		}
	}
	return lo, hi
}

// bound gives the first position of each frame, or the position past its last.
func (s *arranged) bound(f *Frame, b *Bound, last bool) []int32 {
	switch {
	case b.Kind == UnboundedPreceding:
		return s.begin
	case b.Kind == UnboundedFollowing:
		return append([]int32(nil), s.end...)
	case b.Kind == CurrentRow && f.Range && last:
		return append([]int32(nil), s.past...)
	case b.Kind == CurrentRow && f.Range:
		return s.first
	case f.Range:
		return s.rangeBound(f, b.At, last)
	}
	k := b.Rows
	if b.Kind == Preceding {
		k = -k
	} else if b.Kind == CurrentRow {
		k = 0
	}
	if last {
		k++
	}
	k = max(min(k, int64(s.n)), -int64(s.n))
	out := make([]int32, s.n)
	for i := range out {
		out[i] = int32(max(int64(s.begin[i]), min(int64(s.end[i]), int64(i)+k)))
	}
	return out
}

// rangeBound finds the rows whose key is within the bound. Keys and bounds
// grow, or with DESC fall, together, so one pass over a partition finds all.
func (s *arranged) rangeBound(f *Frame, bound expr.Expr, last bool) []int32 {
	key, at := s.ordered(f.Key), s.ordered(bound)
	out := make([]int32, s.n)
	for begin := 0; begin < s.n; {
		end := int(s.end[begin])
		from, to := begin, end // those with a key that is not NULL
		for from < to && key.IsNull(from) {
			from++
		}
		for to > from && key.IsNull(to-1) {
			to--
		}
		j := from
		for i := begin; i < end; i++ {
			if i < from || i >= to {
				if out[i] = s.first[i]; last {
					out[i] = s.past[i]
				}
				continue
			}
			for j < to {
				c := expr.CompareRows(key, j, at, i)
				if f.Desc {
					c = -c
				}
				if c > 0 || c == 0 && !last {
					break
				}
				j++
			}
			out[i] = int32(j)
		}
		begin = end
	}
	return out
}
