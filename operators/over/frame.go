package over

import (
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// frames gives the positions [lo, hi) of each entry's frame. They are read-only.
func (v *view) frames(f *Frame) (lo, hi []int32) {
	lo, hi = v.bound(f, &f.Start, false), v.bound(f, &f.End, true)
	var own []int32
	for k := range hi {
		if hi[k] < lo[k] {
			if own == nil {
				own = append([]int32(nil), hi...)
			}
			own[k] = lo[k]
		}
	}
	if own != nil {
		hi = own
	}
	return lo, hi
}

// bound gives the first position of each frame, or the position past its last.
func (v *view) bound(f *Frame, b *Bound, last bool) []int32 {
	switch {
	case b.Kind == UnboundedPreceding:
		return v.begin
	case b.Kind == UnboundedFollowing:
		return v.end
	case b.Kind == CurrentRow && f.Range && last:
		return v.past
	case b.Kind == CurrentRow && f.Range:
		return v.first
	case f.Range:
		out := make([]int32, len(v.pos))
		key, at := v.column(f.Key), v.column(b.At)
		for k := range out {
			hint := int32(-1)
			if k > 0 {
				hint = out[k-1]
			}
			out[k] = v.rangeBound(f, key, at, spot{v.pos[k], v.begin[k], v.end[k], v.first[k], v.past[k]}, last, hint)
		}
		return out
	}
	d := b.Rows
	if b.Kind == Preceding {
		d = -d
	} else if b.Kind == CurrentRow {
		d = 0
	}
	if last {
		d++
	}
	n := int64(len(v.row))
	d = max(min(d, n), -n)
	out := make([]int32, len(v.pos))
	for k, p := range v.pos {
		out[k] = max(v.begin[k], min(v.end[k], p+int32(d)))
	}
	return out
}

// spot is one entry.
type spot struct{ pos, begin, end, first, past int32 }

// rangeBound finds the rows whose key is within the bound of an entry. The bound
// of the entry before is where it most likely stands.
func (v *view) rangeBound(f *Frame, key, at *vec.Vec, e spot, last bool, hint int32) int32 {
	r := int(v.row[e.pos])
	if key.IsNull(r) {
		if last {
			return e.past
		}
		return e.first
	}
	from, to := v.present(key, e.begin, e.end)
	before := func(p int32) bool { // is the row before the bound?
		c := expr.CompareRows(key, int(v.row[p]), at, r)
		if f.Desc {
			c = -c
		}
		return c < 0 || c == 0 && last
	}
	if hint > from && hint <= to {
		if before(hint - 1) {
			from = hint
		} else {
			to = hint - 1
		}
	}
	for step := 0; step < 4 && from < to; step++ {
		if !before(from) {
			return from
		}
		from++
	}
	return search(from, to, before)
}

// search is the first position in [from, to) of which before is not true; it is
// true up to some position.
func search(from, to int32, before func(int32) bool) int32 {
	for from < to {
		m := from + (to-from)/2
		if before(m) {
			from = m + 1
		} else {
			to = m
		}
	}
	return from
}

// present narrows [from, to) to the rows whose key, by which they are ordered,
// is not NULL.
func (v *view) present(key *vec.Vec, from, to int32) (int32, int32) {
	if !key.HasNulls() || from == to {
		return from, to
	}
	null := func(p int32) bool { return key.IsNull(int(v.row[p])) }
	if null(from) {
		return search(from, to, null), to
	}
	return from, search(from, to, func(p int32) bool { return !null(p) })
}
