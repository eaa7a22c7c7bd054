package csv

import (
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
)

// The functions of this file read eight bytes at once where a field is followed
// by that many bytes of its buffer: the bytes behind the field are read, never
// used.

const zeros = low * '0'

// eight reads the n digits, 1 to 8, that stand in the low bytes of w.
func eight(w uint64, n int) (uint64, bool) {
	t := (w ^ zeros) << (uint(8-n) * 8 & 63)
	if (t|(t+low*0x76))&high != 0 {
		return 0, false
	}
	return spelt(t), true
}

// spelt is the number whose eight digits are the bytes of t.
func spelt(t uint64) uint64 {
	t = t*10 + t>>8
	return ((t&0x000000FF000000FF)*0x000F424000000064 + (t>>16&0x000000FF000000FF)*0x0000271000000001) >> 32
}

// integer reads an integer of at most 16 digits; text.ParseInt64 does the rest.
func integer(s []byte) (int64, bool) {
	neg := len(s) > 0 && s[0] == '-'
	if neg {
		s = s[1:]
	}
	n := len(s)
	if n == 0 || n > 16 || cap(s) < 8 {
		return 0, false
	}
	var x uint64
	var ok bool
	if n <= 8 {
		x, ok = eight(binary.LittleEndian.Uint64(s[:8]), n)
	} else {
		hi, ok1 := eight(binary.LittleEndian.Uint64(s), n-8)
		lo, ok2 := eight(binary.LittleEndian.Uint64(s[n-8:]), 8)
		x, ok = hi*100_000_000+lo, ok1 && ok2
	}
	if neg {
		return -int64(x), ok
	}
	return int64(x), ok
}

// bigint reads any integer.
func bigint(s []byte) (int64, bool) {
	if x, ok := integer(s); ok {
		return x, true
	}
	return text.ParseInt64(s)
}

// double reads any floating-point number.
func double(s []byte) (float64, bool) {
	if x, ok := decimal(s); ok {
		return x, true
	}
	return text.ParseFloat64(s)
}

var (
	powers   = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}
	integers = [...]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8}
)

// decimal reads a plain decimal number of at most 15 digits, for which one
// division of exact values rounds as the standard asks; text.ParseFloat64 does
// the rest.
func decimal(s []byte) (float64, bool) {
	neg := len(s) > 0 && s[0] == '-'
	if neg {
		s = s[1:]
	}
	n := len(s)
	if n == 0 || n > 16 {
		return 0, false
	}
	if cap(s) < 16 {
		var room [16]byte
		copy(room[:], s)
		s = room[:n]
	}
	w := binary.LittleEndian.Uint64(s[:8])
	point, frac := place(w), 0
	var x uint64
	var ok bool
	if n <= 8 {
		if point < n {
			w, frac, n = closeGap(w, w>>8, point), n-1-point, n-1
		}
		if n == 0 {
			return 0, false
		}
		x, ok = eight(w, n)
	} else {
		v := binary.LittleEndian.Uint64(s[8:16])
		if point < 8 {
			w, v, frac, n = closeGap(w, w>>8|v<<56, point), v>>8, n-1-point, n-1
		} else if point = place(v); point < n-8 {
			v, frac, n = closeGap(v, v>>8, point), n-9-point, n-1
		}
		if n > 15 {
			return 0, false
		}
		if x, ok = eight(w, 8); ok && n > 8 {
			var tail uint64
			tail, ok = eight(v, n-8)
			x = x*integers[n-8] + tail
		}
	}
	f := float64(x)
	if frac > 0 {
		f /= powers[frac]
	}
	if neg {
		f = -f
	}
	return f, ok
}

// shortDecimal reads a plain decimal number that stands in the n low bytes of w, 1 to
// 8; the others may hold anything. It has no branch on the sign, which nobody can guess.
func shortDecimal(w uint64, n int) (float64, bool) {
	neg := ((w^'-')&0xFF - 1) >> 63
	w >>= neg * 8
	n -= int(neg)
	point, frac := place(w), 0
	if point < n {
		w, frac, n = closeGap(w, w>>8, point), n-1-point, n-1
	}
	if n <= 0 {
		return 0, false
	}
	x, ok := eight(w, n)
	f := float64(x) / powers[frac&15]
	return math.Float64frombits(math.Float64bits(f) | neg<<63), ok
}

// place is where the first point stands in w, 8 if there is none.
func place(w uint64) int { return bits.TrailingZeros64(zeroBytes(w^low*'.')) >> 3 }

// closeGap takes the bytes of w before the point, which is one of its eight, and
// those of after from there on.
func closeGap(w, after uint64, point int) uint64 {
	before := uint64(1)<<(uint(point)*8&63) - 1
	return w&before | after&^before
}

// appendShort appends a text of at most 16 ASCII bytes by copying 16; false
// leaves it to the caller.
func appendShort(b *vec.Builder, s []byte) bool {
	n := len(s)
	if n > 16 || cap(s) < 16 {
		return false
	}
	s = s[:16]
	w0, w1 := binary.LittleEndian.Uint64(s), binary.LittleEndian.Uint64(s[8:])
	if n <= 8 {
		if w0<<(uint(8-n)*8)&high != 0 {
			return false
		}
	} else if (w0|w1<<(uint(16-n)*8))&high != 0 {
		return false
	}
	d := b.Reserve(16)
	binary.LittleEndian.PutUint64(d, w0)
	binary.LittleEndian.PutUint64(d[8:], w1)
	b.Commit(n)
	return true
}
