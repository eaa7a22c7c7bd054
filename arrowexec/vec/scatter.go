package vec

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
)

// Scatters tells whether v is a plain column of fixed width without NULLs, which
// [Scatter] moves.
func (v *Vec) Scatters() bool {
	return !v.Const && v.Dict == nil && v.Valid == nil && v.Kind != Bool && v.Kind.Width() > 0 && len(v.Children) == 0
}

// NewLarge makes a column of n rows that Scatter writes to.
func (s *Scope) NewLarge(t arrow.DataType, n int) *Vec {
	v := s.vec()
	*v = Vec{Type: t, Kind: KindOf(t), Len: n}
	v.Buf = s.Large(n * v.Kind.Width())
	return v
}

// Scatter moves row i of a column that [Vec.Scatters] to place to[i] of another of its
// type.
func Scatter(dst, v *Vec, to []int32) {
	switch v.Kind.Width() {
	case 1:
		scatter(cast[int8](dst.Buf), cast[int8](v.Buf), to)
	case 2:
		scatter(cast[int16](dst.Buf), cast[int16](v.Buf), to)
	case 4:
		scatter(cast[int32](dst.Buf), cast[int32](v.Buf), to)
	case 8:
		scatter(cast[int64](dst.Buf), cast[int64](v.Buf), to)
	default:
		scatter(cast[decimal128.Num](dst.Buf), cast[decimal128.Num](v.Buf), to)
	}
}

func scatter[T any](dst, src []T, to []int32) {
	src = src[:len(to)]
	for i, at := range to {
		dst[at] = src[i]
	}
}

// Part is rows from … to-1 of a column that [Vec.Scatters], without copying them.
func (s *Scope) Part(v *Vec, from, to int) *Vec {
	h, w := s.Header(v), v.Kind.Width()
	h.Len, h.Buf = to-from, v.Buf[from*w:to*w:to*w]
	return h
}

// Prefetch asks for the memory of rows from … to-1 of a column that [Vec.Scatters], which
// are read soon in another order.
func (v *Vec) Prefetch(from, to int) {
	w := v.Kind.Width()
	prefetch(v.Buf[from*w : to*w])
}
