package expr

import (
	"encoding/binary"

	"github.com/velostream/velo/arrowexec/vec"
)

// filterConst is filterNumbers by a constant that is no NaN: a NaN in the column is
// above it, so that each operator is one comparison of the machine and no branch,
// which a DOUBLE cost three times as much with.
func filterConst[T number](op compareOp, out []int32, a []T, y T, n int, sel vec.Sel) int {
	k := 0
	if sel == nil {
		a, out = a[:n], out[:n]
		switch op {
		case opEq:
			for i, x := range a {
				out[k] = int32(i)
				k += bit(x == y)
			}
		case opNe:
			for i, x := range a {
				out[k] = int32(i)
				k += bit(x != y)
			}
		case opLt:
			for i, x := range a {
				out[k] = int32(i)
				k += bit(x < y)
			}
		case opLe:
			for i, x := range a {
				out[k] = int32(i)
				k += bit(x <= y)
			}
		case opGt:
			for i, x := range a {
				out[k] = int32(i)
				k += 1 - bit(x <= y)
			}
		case opGe:
			for i, x := range a {
				out[k] = int32(i)
				k += 1 - bit(x < y)
			}
		}
		return k
	}
	out = out[:len(sel)]
	switch op {
	case opEq:
		for _, i := range sel {
			out[k] = i
			k += bit(a[i] == y)
		}
	case opNe:
		for _, i := range sel {
			out[k] = i
			k += bit(a[i] != y)
		}
	case opLt:
		for _, i := range sel {
			out[k] = i
			k += bit(a[i] < y)
		}
	case opLe:
		for _, i := range sel {
			out[k] = i
			k += bit(a[i] <= y)
		}
	case opGt:
		for _, i := range sel {
			out[k] = i
			k += 1 - bit(a[i] <= y)
		}
	case opGe:
		for _, i := range sel {
			out[k] = i
			k += 1 - bit(a[i] < y)
		}
	}
	return k
}

// shortText is the greatest length of a constant that texts are compared with as two
// words.
const shortText = 16

// filterText writes the rows whose text is a constant, or is not, to out and gives
// their number. Texts are cut to the constant's length and compared as words with their
// length: a branch on that would be taken as often as not.
func filterText(op compareOp, out []int32, off []int32, data []byte, want string, n int, sel vec.Sel) int {
	k, hit := 0, bit(op == opEq)
	if len(want) > shortText {
		test := func(i int) {
			out[k] = int32(i)
			k += bit(string(data[off[i]:off[i+1]]) == want) ^ 1 ^ hit
		}
		eachRow(n, sel, test)
		return k
	}
	var text, cut [shortText]byte
	copy(text[:], want)
	for i := range len(want) {
		cut[i] = 0xFF
	}
	lo, hi := binary.LittleEndian.Uint64(text[:]), binary.LittleEndian.Uint64(text[8:])
	cutLo, cutHi := binary.LittleEndian.Uint64(cut[:]), binary.LittleEndian.Uint64(cut[8:])
	end, size := len(data)-shortText, int32(len(want))
	if n == 0 {
		return 0
	}
	if sel == nil {
		from := off[0]
		off = off[1 : n+1]
		out = out[:n]
		for i, to := range off {
			o := int(from)
			out[k] = int32(i)
			if o <= end {
				w := data[o : o+shortText]
				d := (binary.LittleEndian.Uint64(w)&cutLo ^ lo) | (binary.LittleEndian.Uint64(w[8:])&cutHi ^ hi) | uint64(uint32(to-from-size))
				k += bit(d == 0) ^ 1 ^ hit
			} else {
				k += bit(string(data[o:to]) == want) ^ 1 ^ hit
			}
			from = to
		}
		return k
	}
	out = out[:len(sel)]
	for _, i := range sel {
		from, to := off[i], off[i+1]
		o := int(from)
		out[k] = i
		if o <= end {
			w := data[o : o+shortText]
			d := (binary.LittleEndian.Uint64(w)&cutLo ^ lo) | (binary.LittleEndian.Uint64(w[8:])&cutHi ^ hi) | uint64(uint32(to-from-size))
			k += bit(d == 0) ^ 1 ^ hit
		} else {
			k += bit(string(data[o:to]) == want) ^ 1 ^ hit
		}
	}
	return k
}
