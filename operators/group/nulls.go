package group

import (
	"math/bits"

	"github.com/velostream/velo/arrowexec/vec"
)

// assignNullable numbers the rows that are not NULL by themselves; where the first
// NULL of all is among the rows, what stands before it comes first, for the numbers
// to follow arrival.
func (c *column) assignNullable(sc *vec.Scope, v *vec.Vec, n int, sel vec.Sel, ids []int32) {
	if sel == nil && c.rare(v.Valid, n) {
		c.assignRuns(sc, v, n, ids)
		return
	}
	some, none := split(sc, v.Valid, n, sel)
	if len(none) == 0 {
		c.assignPlain(sc, v, n, sel, ids)
		c.raise(n, sel, ids)
		return
	}
	rest := some
	if c.null < 0 {
		before := 0
		for before < len(some) && some[before] < none[0] {
			before++
		}
		if before > 0 {
			c.assignPlain(sc, v, n, some[:before], ids)
		}
		rest = some[before:]
	}
	null := c.nullID()
	if len(rest) > 0 {
		c.assignPlain(sc, v, n, rest, ids)
		c.raise(n, rest, ids)
	}
	for _, i := range none {
		ids[i] = null
	}
}

// split lists the selected rows that are not NULL, and those that are.
func split(sc *vec.Scope, valid vec.Bitmap, n int, sel vec.Sel) (some, none vec.Sel) {
	count := sel.Count(n)
	some, none = vec.Slice[int32](sc, count), vec.Slice[int32](sc, count)
	k := 0
	if sel == nil {
		for i := range some {
			some[k], none[i-k] = int32(i), int32(i)
			k += int(valid[uint(i)>>3] >> (uint(i) & 7) & 1)
		}
	} else {
		for j, i := range sel {
			some[k], none[j-k] = i, i
			k += int(valid[uint(i)>>3] >> (uint(i) & 7) & 1)
		}
	}
	return some[:k], none[:count-k]
}

// rare tells that NULLs are few enough, and known values too, for what stands between
// two NULLs to be numbered like a column without.
func (c *column) rare(valid vec.Bitmap, n int) bool {
	const run = 6
	few := false
	switch {
	case c.kind == vec.String || c.kind == vec.Binary:
		few = !c.str.many()
	case c.num != nil:
		few = !c.num.many()
	}
	return few && c.lines == nil && n-valid.Count(n) < n/run
}

// assignRuns is assignNullable of rare NULLs: of one row in ten it takes two thirds of
// the time.
func (c *column) assignRuns(sc *vec.Scope, v *vec.Vec, n int, ids []int32) {
	var w []int64
	if c.num != nil {
		w = words(sc, v, n, nil)
	}
	for from := 0; from < n; {
		null := nextNull(v.Valid, from, n)
		switch {
		case null == from:
		case c.num != nil:
			c.num.assign(w[from:null], nil, ids[from:null])
		default:
			c.str.assignAll(v.Data, v.Offsets[from:null+1], ids[from:null])
		}
		if null < n {
			c.nullID()
			ids[null] = -1
		}
		from = null + 1
	}
	c.n = c.inner()
	null := c.null
	if null < 0 {
		return
	}
	c.n++
	for i, id := range ids[:n] {
		if id >= null {
			id++
		}
		if id < 0 {
			id = null
		}
		ids[i] = id
	}
}

// nextNull is the first row from one on that is NULL, n when there is none.
func nextNull(valid vec.Bitmap, from, n int) int {
	for i := from; i < n; i = i&^7 + 8 {
		if w := ^valid[i>>3] >> (i & 7); w != 0 {
			return min(i+bits.TrailingZeros8(w), n)
		}
	}
	return n
}
