package over

import (
	"fmt"

	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// counted lists the positions where a column is not NULL, and counts, for each
// position, those before it. Entries that see a buffer look through that instead.
type counted struct {
	v            *view
	col          *vec.Vec
	list, before []int32
}

func (v *view) counted(col *vec.Vec) *counted {
	c := &counted{v: v, col: col}
	if !v.all {
		return c
	}
	c.before = make([]int32, len(v.row)+1)
	for p, r := range v.row {
		c.before[p] = int32(len(c.list))
		if !col.IsNull(int(r)) {
			c.list = append(c.list, int32(p))
		}
	}
	c.before[len(v.row)] = int32(len(c.list))
	return c
}

// nth is the position of the n-th row, from 1, in [from, to) that is not NULL,
// counted from the end if back is set; −1 if there is none.
func (c *counted) nth(from, to int32, n int64, back bool) int32 {
	if from >= to {
		return -1
	}
	if c.v.all {
		lo, hi := int64(c.before[from]), int64(c.before[to])
		if n > hi-lo {
			return -1
		}
		if back {
			return c.list[hi-n]
		}
		return c.list[lo+n-1]
	}
	for ; from < to; n-- {
		if back {
			for to > from && c.col.IsNull(int(c.v.row[to-1])) {
				to--
			}
			if to--; to >= from && n == 1 {
				return to
			}
			continue
		}
		for from < to && c.col.IsNull(int(c.v.row[from])) {
			from++
		}
		if from < to && n == 1 {
			return from
		}
		from++
	}
	return -1
}

// shift is LAG and LEAD.
func (v *view) shift(c *Call) result {
	col := v.column(c.Args[0])
	var offset, other *vec.Vec
	d, constant := int64(1), len(c.Args) < 2 || c.Args[1] == nil
	if !constant {
		if one, ok := c.Args[1].(*expr.Const); ok && !one.IsNull() {
			d, constant = one.One.Int64At(0), true
		} else {
			offset = v.column(c.Args[1])
		}
	}
	if len(c.Args) > 2 && c.Args[2] != nil {
		other = v.column(c.Args[2])
	}
	var some *counted
	if c.IgnoreNulls {
		some = v.counted(col)
	}
	at := make([]int32, len(v.pos))
	const absent, null = -1, -2
	if c.Kind == Lag {
		d = -d
	}
	if constant && some == nil && d >= -int64(len(v.row)) && d <= int64(len(v.row)) {
		for k, p := range v.pos {
			if j := p + int32(d); j >= v.begin[k] && j < v.end[k] {
				at[k] = v.row[j]
			} else {
				at[k] = absent
			}
		}
		return v.orElse(c, col, other, at)
	}
	for k, p := range v.pos {
		at[k] = absent
		if offset != nil {
			r := int(v.row[p])
			if offset.IsNull(r) {
				at[k] = null
				continue
			}
			if d = offset.Int64At(r); c.Kind == Lag {
				d = -d
			}
		}
		j := int64(-1)
		switch {
		case d == 0:
			j = int64(p)
		case d < -int64(len(v.row)) || d > int64(len(v.row)):
		case some == nil:
			j = int64(p) + d
		case d < 0:
			j = int64(some.nth(v.begin[k], p, -d, true))
		default:
			j = int64(some.nth(p+1, v.end[k], d, false))
		}
		if j >= int64(v.begin[k]) && j < int64(v.end[k]) {
			at[k] = v.row[j]
		}
	}
	return v.orElse(c, col, other, at)
}

// orElse gives the rows of a column that are listed, for −1 the entry's value of
// another, which may be nil, and else NULL.
func (v *view) orElse(c *Call, col, other *vec.Vec, at []int32) result {
	if other == nil {
		return result{col, at}
	}
	if col.Kind.Width() == 8 && !col.HasNulls() && !other.HasNulls() {
		return result{values: eights(v, c, col, other, at)}
	}
	out := vec.NewBuilder(v.sc, c.Type, len(at))
	for k, r := range at {
		switch {
		case r >= 0:
			out.AppendRow(col, int(r))
		case r == -1:
			out.AppendRow(other, int(v.row[v.pos[k]]))
		default:
			out.Null()
		}
	}
	return result{values: out.Finish()}
}

// eights is orElse for values of eight bytes without NULLs, but for those of at.
func eights(v *view, c *Call, col, other *vec.Vec, at []int32) *vec.Vec {
	out := v.sc.New(c.Type, len(at))
	x, src, dst := vec.Values[int64](col), vec.Values[int64](other), vec.Values[int64](out)
	for k, r := range at {
		switch {
		case r >= 0:
			dst[k] = x[r]
		case r == -1:
			dst[k] = src[v.row[v.pos[k]]]
		default:
			dst[k] = 0
			v.sc.SetValid(out).Clear(k)
		}
	}
	return out
}

// value is FIRST_VALUE, LAST_VALUE and NTH_VALUE.
func (v *view) value(c *Call, f fail) result {
	lo, hi := v.frames(&c.Frame)
	col := v.column(c.Args[0])
	var nth *vec.Vec
	if c.Kind == NthValue {
		nth = v.column(c.Args[1])
	}
	var some *counted
	if c.IgnoreNulls {
		some = v.counted(col)
	}
	at := make([]int32, len(v.pos))
	for k := range at {
		at[k] = -1
		n := int64(1)
		if nth != nil {
			r := int(v.row[v.pos[k]])
			if nth.IsNull(r) {
				continue
			}
			if n = nth.Int64At(r); n < 1 {
				f(k, fmt.Errorf("NTH_VALUE counts from 1, not %d", n))
				continue
			}
		}
		if n > int64(hi[k]-lo[k]) {
			continue
		}
		j := lo[k] + int32(n) - 1
		switch {
		case some != nil:
			j = some.nth(lo[k], hi[k], n, c.Kind == LastValue)
		case c.Kind == LastValue:
			j = hi[k] - 1
		}
		if j >= 0 {
			at[k] = v.row[j]
		}
	}
	return result{col, at}
}
