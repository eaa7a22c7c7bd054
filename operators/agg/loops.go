package agg

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// grown gives s with n zero-valued elements more where it was shorter.
func grown[T any](s []T, n int) []T {
	if n <= len(s) {
		return s
	}
	if n <= cap(s) {
		old := len(s)
		s = s[:n]
		clear(s[old:])
		return s
	}
	t := make([]T, n, max(2*len(s), n+n/2, 64)) // a million groups are copied once more in all, not twice
	copy(t, s)
	return t
}

// Groups beyond manyGroups do not fit the second-level cache. Those of a stretch of
// rows are touched in a loop of its own before they are added to, so that what is
// missing from the caches comes for many rows at a time.
const (
	manyGroups = 1 << 14
	stretch    = 256
)

// each calls f for every selected row: for paths that are not hot.
func each(n int, sel vec.Sel, f func(i int)) {
	if sel == nil {
		for i := range n {
			f(i)
		}
		return
	}
	for _, i := range sel {
		f(int(i))
	}
}

// eachValid calls f for every selected row in which no argument is NULL.
func eachValid(n int, sel vec.Sel, args []*vec.Vec, f func(i int)) {
	each(n, sel, func(i int) {
		for _, a := range args {
			if a.IsNull(i) {
				return
			}
		}
		f(i)
	})
}

// plain spells constants out, for loops over raw slices.
func plain(b *arrowexec.Batch, v *vec.Vec) *vec.Vec {
	if v.Const || v.Dict != nil {
		h := b.Scope.Header(v)
		h.Len = b.N
		return b.Scope.Flat(h)
	}
	return v
}

// updateEach is UpdateEach of a state by updates of one row.
func updateEach(st State, b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel, out *vec.Builder, fail Fail) {
	flat := make([]*vec.Vec, len(args))
	for i, a := range args {
		flat[i] = plain(b, a)
	}
	one := vec.Slice[int32](b.Scope, 1)
	k := 0
	failed := func(_ int, err error) { fail(k, err) }
	each(b.N, sel, func(i int) {
		one[0] = int32(i)
		st.Update(b, groups, flat, vec.Sel(one))
		st.Emit(groups[i:i+1], out, failed)
		k++
	})
}

// column makes a fixed-width column of a value of each group.
func column[T vec.Fixed](s *vec.Scope, t arrow.DataType, groups []int32, f func(g int32) T) *vec.Vec {
	v := s.New(t, len(groups))
	w := vec.Values[T](v)
	for i, g := range groups {
		w[i] = f(g)
	}
	return v
}
