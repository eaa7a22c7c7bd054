package expr

import (
	"github.com/velostream/velo/arrowexec/vec"
)

// Comparison of numbers: one loop per operator. less and same give NaN its
// place, equal to itself and above all; for integers the compiler drops that.

type number interface{ int32 | int64 | float64 }

func less[T number](x, y T) bool { return x < y || y != y && x == x }

func same[T number](x, y T) bool { return x == y || x != x && y != y }

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// filterNumbers writes the rows for which a op b to out, which has room for all,
// and gives their number. A constant b has mask 0.
func filterNumbers[T number](op compareOp, out []int32, a, b []T, mb int, n int, sel vec.Sel) int {
	if mb == 0 && b[0] == b[0] {
		return filterConst(op, out, a, b[0], n, sel)
	}
	if mb == 0 && sel == nil { // NaN, which is rare: as if all rows had been selected
		for i := range n {
			out[i] = int32(i)
		}
		sel = out[:n]
	}
	k := 0
	switch {
	case sel == nil:
		a, b, out = a[:n], b[:n], out[:n]
		switch op {
		case opEq:
			for i, x := range a {
				y := b[i]
				out[k] = int32(i)
				k += bit(same(x, y))
			}
		case opNe:
			for i, x := range a {
				y := b[i]
				out[k] = int32(i)
				k += bit(!same(x, y))
			}
		case opLt:
			for i, x := range a {
				y := b[i]
				out[k] = int32(i)
				k += bit(less(x, y))
			}
		case opLe:
			for i, x := range a {
				y := b[i]
				out[k] = int32(i)
				k += bit(!less(y, x))
			}
		case opGt:
			for i, x := range a {
				y := b[i]
				out[k] = int32(i)
				k += bit(less(y, x))
			}
		case opGe:
			for i, x := range a {
				y := b[i]
				out[k] = int32(i)
				k += bit(!less(x, y))
			}
		}
	default:
		switch op {
		case opEq:
			for _, i := range sel {
				x, y := a[i], b[int(i)&mb]
				out[k] = i
				k += bit(same(x, y))
			}
		case opNe:
			for _, i := range sel {
				x, y := a[i], b[int(i)&mb]
				out[k] = i
				k += bit(!same(x, y))
			}
		case opLt:
			for _, i := range sel {
				x, y := a[i], b[int(i)&mb]
				out[k] = i
				k += bit(less(x, y))
			}
		case opLe:
			for _, i := range sel {
				x, y := a[i], b[int(i)&mb]
				out[k] = i
				k += bit(!less(y, x))
			}
		case opGt:
			for _, i := range sel {
				x, y := a[i], b[int(i)&mb]
				out[k] = i
				k += bit(less(y, x))
			}
		case opGe:
			for _, i := range sel {
				x, y := a[i], b[int(i)&mb]
				out[k] = i
				k += bit(!less(x, y))
			}
		}
	}
	return k
}

// compareNumbers writes a op b as bits, all rows.
func compareNumbers[T number](op compareOp, out vec.Bitmap, a, b []T, mb int, n int) {
	a = a[:n]
	switch op {
	case opEq:
		for i := 0; i < n; i += 8 {
			w := 0
			for j, x := range a[i:min(i+8, n)] {
				y := b[(i+j)&mb]
				w |= bit(same(x, y)) << j
			}
			out[i>>3] = byte(w)
		}
	case opNe:
		for i := 0; i < n; i += 8 {
			w := 0
			for j, x := range a[i:min(i+8, n)] {
				y := b[(i+j)&mb]
				w |= bit(!same(x, y)) << j
			}
			out[i>>3] = byte(w)
		}
	case opLt:
		for i := 0; i < n; i += 8 {
			w := 0
			for j, x := range a[i:min(i+8, n)] {
				y := b[(i+j)&mb]
				w |= bit(less(x, y)) << j
			}
			out[i>>3] = byte(w)
		}
	case opLe:
		for i := 0; i < n; i += 8 {
			w := 0
			for j, x := range a[i:min(i+8, n)] {
				y := b[(i+j)&mb]
				w |= bit(!less(y, x)) << j
			}
			out[i>>3] = byte(w)
		}
	case opGt:
		for i := 0; i < n; i += 8 {
			w := 0
			for j, x := range a[i:min(i+8, n)] {
				y := b[(i+j)&mb]
				w |= bit(less(y, x)) << j
			}
			out[i>>3] = byte(w)
		}
	case opGe:
		for i := 0; i < n; i += 8 {
			w := 0
			for j, x := range a[i:min(i+8, n)] {
				y := b[(i+j)&mb]
				w |= bit(!less(x, y)) << j
			}
			out[i>>3] = byte(w)
		}
	}
}
