package text

import (
	"math"
	"slices"
	"strconv"
	"unsafe"
)

// AppendFloat64 writes the shortest text that reads back as x, in PostgreSQL's
// form: an exponent outside 1e-4 … 1e15, and the words NaN and Infinity.
func AppendFloat64(dst []byte, x float64) []byte {
	dst = slices.Grow(dst, Room)
	if n, ok := putFew(roomAt(dst[:cap(dst)], len(dst)), x); ok {
		return dst[:len(dst)+n]
	}
	if i := int64(x); float64(i) == x && i < 1e15 && i > -1e15 && (i != 0 || !math.Signbit(x)) {
		return strconv.AppendInt(dst, i, 10)
	}
	if b, ok := appendWord(dst, x); ok {
		return b
	}
	if a := math.Abs(x); a != 0 && (a < 1e-4 || a >= 1e15) {
		return strconv.AppendFloat(dst, x, 'e', -1, 64)
	}
	return strconv.AppendFloat(dst, x, 'f', -1, 64)
}

// AppendFloat32 is AppendFloat64 for REAL: shortest as a 32-bit number, an
// exponent from 1e6 on.
func AppendFloat32(dst []byte, x float32) []byte {
	if b, ok := appendWord(dst, float64(x)); ok {
		return b
	}
	if a := math.Abs(float64(x)); a != 0 && (float32(a) < 1e-4 || a >= 1e6) {
		return strconv.AppendFloat(dst, float64(x), 'e', -1, 32)
	}
	return strconv.AppendFloat(dst, float64(x), 'f', -1, 32)
}

func appendWord(dst []byte, x float64) ([]byte, bool) {
	switch {
	case x != x:
		return append(dst, "NaN"...), true
	case x > math.MaxFloat64:
		return append(dst, "Infinity"...), true
	case x < -math.MaxFloat64:
		return append(dst, "-Infinity"...), true
	}
	return dst, false
}

// Trim takes blanks off both ends, as every reader of this package does.
func Trim(s []byte) []byte {
	for len(s) > 0 && blank(s[0]) {
		s = s[1:]
	}
	for len(s) > 0 && blank(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

func blank(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// ParseInt64 reads a whole decimal integer with an optional sign.
func ParseInt64(s []byte) (int64, bool) {
	s = Trim(s)
	neg := false
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		neg = s[0] == '-'
		s = s[1:]
	}
	if len(s) == 0 {
		return 0, false
	}
	var x uint64
	if len(s) <= 18 {
		for _, c := range s {
			d := c - '0'
			if d > 9 {
				return 0, false
			}
			x = x*10 + uint64(d)
		}
	} else {
		for _, c := range s {
			d := c - '0'
			if d > 9 || x > math.MaxInt64/10 {
				return 0, false
			}
			x = x*10 + uint64(d) // at most 9223372036854775809
		}
	}
	if neg {
		if x > 1<<63 {
			return 0, false
		}
		return -int64(x), true
	}
	return int64(x), x <= math.MaxInt64
}

// ParseFloat64 reads a number or, in any case, NaN, inf or infinity. A number
// beyond DOUBLE is not ok; hexadecimal digits and underscores are not either.
func ParseFloat64(s []byte) (float64, bool) { return parseFloat(s, 64) }

// ParseFloat32 is ParseFloat64 for REAL, rounded once.
func ParseFloat32(s []byte) (float32, bool) {
	x, ok := parseFloat(s, 32)
	return float32(x), ok
}

func parseFloat(s []byte, bits int) (float64, bool) {
	s = Trim(s)
	for _, c := range s {
		if c == '_' || c|0x20 == 'x' || c|0x20 == 'p' {
			return 0, false
		}
	}
	if len(s) == 0 {
		return 0, false
	}
	x, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(s), len(s)), bits)
	return x, err == nil
}
