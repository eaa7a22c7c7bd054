package text

import (
	"errors"
	"math/bits"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow/decimal128"
)

// What ParseDecimal finds wrong.
var (
	ErrSyntax = errors.New("not a number")
	ErrRange  = errors.New("more digits than the DECIMAL holds")
)

// AppendDecimal writes a decimal with all digits of its scale.
func AppendDecimal(dst []byte, v decimal128.Num, scale int32) []byte {
	hi, lo := uint64(v.HighBits()), v.LowBits()
	if v.HighBits() < 0 {
		dst = append(dst, '-')
		var borrow uint64
		lo, borrow = bits.Sub64(0, lo, 0)
		hi, _ = bits.Sub64(0, hi, borrow)
	}
	var buf [40]byte
	at := len(buf)
	for hi != 0 { // 19 digits at a time
		var q, r uint64
		q, r = hi/1e19, hi%1e19
		lo, r = bits.Div64(r, lo, 1e19)
		hi = q
		for range 19 {
			at--
			buf[at] = byte('0' + r%10)
			r /= 10
		}
	}
	for lo != 0 {
		at--
		buf[at] = byte('0' + lo%10)
		lo /= 10
	}
	digits := buf[at:]
	if scale <= 0 {
		if len(digits) == 0 {
			return append(dst, '0')
		}
		dst = append(dst, digits...)
		for ; scale < 0; scale++ {
			dst = append(dst, '0')
		}
		return dst
	}
	whole := len(digits) - int(scale)
	if whole <= 0 {
		dst = append(dst, '0', '.')
		for ; whole < 0; whole++ {
			dst = append(dst, '0')
		}
		return append(dst, digits...)
	}
	dst = append(dst, digits[:whole]...)
	dst = append(dst, '.')
	return append(dst, digits[whole:]...)
}

// ParseDecimal reads a number, with or without exponent, as DECIMAL(precision,
// scale), rounding half away from zero. Errors are ErrSyntax and ErrRange.
func ParseDecimal(s []byte, precision, scale int32) (decimal128.Num, error) {
	s = Trim(s)
	neg := false
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		neg = s[0] == '-'
		s = s[1:]
	}
	mant, exp := s, 0
	for i, c := range s {
		if c|0x20 == 'e' {
			e, ok := parseExponent(s[i+1:])
			if !ok {
				return decimal128.Num{}, ErrSyntax
			}
			mant, exp = s[:i], int(min(max(e, -1<<30), 1<<30))
			break
		}
	}
	point, digits := -1, 0
	for i, c := range mant {
		switch {
		case c-'0' <= 9:
			digits++
		case c == '.' && point < 0:
			point = i
		default:
			return decimal128.Num{}, ErrSyntax
		}
	}
	if digits == 0 {
		return decimal128.Num{}, ErrSyntax
	}
	if point < 0 {
		point = digits
	}
	keep := point + exp + int(scale) // how many of the digits stand in the result
	var hi, lo uint64
	k := 0
	for _, c := range mant {
		if c == '.' {
			continue
		}
		if k >= keep {
			if k == keep && c >= '5' {
				var carry uint64
				lo, carry = bits.Add64(lo, 1, 0)
				hi += carry
			}
			break
		}
		if hi == 0 && lo < 1e18 {
			lo = lo*10 + uint64(c-'0')
		} else {
			if hi >= 1<<59 {
				return decimal128.Num{}, ErrRange
			}
			hi, lo = times10(hi, lo, uint64(c-'0'))
		}
		k++
	}
	if hi|lo != 0 {
		for ; k < keep; k++ {
			if hi >= 1<<59 {
				return decimal128.Num{}, ErrRange
			}
			hi, lo = times10(hi, lo, 0)
		}
	}
	p := pow10[precision]
	if hi > p[0] || hi == p[0] && lo >= p[1] {
		return decimal128.Num{}, ErrRange
	}
	if neg {
		var borrow uint64
		lo, borrow = bits.Sub64(0, lo, 0)
		hi, _ = bits.Sub64(0, hi, borrow)
	}
	return decimal128.New(int64(hi), lo), nil
}

func times10(hi, lo, add uint64) (uint64, uint64) {
	h, l := bits.Mul64(lo, 10)
	l, carry := bits.Add64(l, add, 0)
	return hi*10 + h + carry, l
}

// pow10 are the powers of ten that fit 128 bits, high word first.
var pow10 = func() (p [39][2]uint64) {
	p[0][1] = 1
	for i := 1; i < len(p); i++ {
		p[i][0], p[i][1] = times10(p[i-1][0], p[i-1][1], 0)
	}
	return p
}()

func appendInt(dst []byte, x int64) []byte { return strconv.AppendInt(dst, x, 10) }

// parseExponent reads digits with a sign; an absurd exponent is cut, not refused.
func parseExponent(s []byte) (int64, bool) {
	neg := false
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		neg = s[0] == '-'
		s = s[1:]
	}
	var e int64
	for _, c := range s {
		if c-'0' > 9 {
			return 0, false
		}
		e = min(e*10+int64(c-'0'), 1<<30)
	}
	if neg {
		e = -e
	}
	return e, len(s) > 0
}
