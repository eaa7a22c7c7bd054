package funcs

import (
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

const errDecimal = overflow("the result has more than 38 digits")

func scaleOf(t arrow.DataType) int32 { return t.(*arrow.Decimal128Type).Scale }

// widest is the result type of a decimal function that keeps the scale and may
// need one digit more: all 38 digits are open to it.
func widest(args []arrow.DataType, _ []*expr.Const) (arrow.DataType, error) {
	return vec.DecimalType(38, scaleOf(args[0])), nil
}

// magnitude splits a decimal into sign and absolute value.
func magnitude(n decimal128.Num) (hi, lo uint64, neg bool) {
	hi, lo = uint64(n.HighBits()), n.LowBits()
	if n.HighBits() < 0 {
		var borrow uint64
		lo, borrow = bits.Sub64(0, lo, 0)
		hi, _ = bits.Sub64(0, hi, borrow)
		return hi, lo, true
	}
	return hi, lo, false
}

func signed(hi, lo uint64, neg bool) decimal128.Num {
	n := decimal128.New(int64(hi), lo)
	if neg {
		return n.Negate()
	}
	return n
}

var pow10u = [20]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19}

// divPow10 divides by 10^k, truncating.
func divPow10(hi, lo uint64, k int32) (uint64, uint64) {
	for k > 0 {
		step := min(k, 19)
		d := pow10u[step]
		q := hi / d
		lo, _ = bits.Div64(hi%d, lo, d)
		hi = q
		k -= step
	}
	return hi, lo
}

// rounding is what happens to the digits that go.
type rounding int8

const (
	halfAway rounding = iota
	truncate
	floor
	ceiling
)

// roundDecimal rounds away the last k digits and puts zeros in their place.
func roundDecimal(n decimal128.Num, k int32, how rounding) (decimal128.Num, error) {
	q, err := quoDecimal(n, k, how)
	if err != nil || k <= 0 {
		return q, err
	}
	if k > 38 {
		if q.Sign() == 0 {
			return q, nil
		}
		return q, errDecimal
	}
	return shiftDecimal(q, k)
}

// quoDecimal divides by 10^k.
func quoDecimal(n decimal128.Num, k int32, how rounding) (decimal128.Num, error) {
	if k <= 0 {
		return n, nil
	}
	hi, lo, neg := magnitude(n)
	if k > 38 { // nothing is left but what is rounded up
		if (how == ceiling && !neg || how == floor && neg) && (hi|lo) != 0 {
			return signed(0, 1, neg), nil
		}
		return decimal128.Num{}, nil
	}
	away := how == ceiling && !neg || how == floor && neg
	if how == halfAway || away {
		add := decimal128.GetScaleMultiplier(int(k))
		ah, al := uint64(add.HighBits()), add.LowBits()
		if how == halfAway {
			al = al>>1 | ah<<63
			ah >>= 1
		} else if al == 0 {
			ah, al = ah-1, ^uint64(0)
		} else {
			al--
		}
		var carry uint64
		lo, carry = bits.Add64(lo, al, 0)
		hi, _ = bits.Add64(hi, ah, carry)
	}
	hi, lo = divPow10(hi, lo, k)
	return signed(hi, lo, neg), nil
}

// shiftDecimal multiplies by 10^k.
func shiftDecimal(n decimal128.Num, k int32) (decimal128.Num, error) {
	if k == 0 || n.Sign() == 0 {
		return n, nil
	}
	if k >= 38 || !n.FitsInPrecision(38-k) {
		return n, errDecimal
	}
	return n.Mul(decimal128.GetScaleMultiplier(int(k))), nil
}

// mulDecimal multiplies exactly.
func mulDecimal(a, b decimal128.Num) (decimal128.Num, error) {
	ah, al, an := magnitude(a)
	bh, bl, bn := magnitude(b)
	if ah != 0 && bh != 0 {
		return a, errDecimal
	}
	h1, l1 := bits.Mul64(ah, bl)
	h2, l2 := bits.Mul64(al, bh)
	if h1 != 0 || h2 != 0 {
		return a, errDecimal
	}
	hi, lo := bits.Mul64(al, bl)
	var c1, c2 uint64
	hi, c1 = bits.Add64(hi, l1, 0)
	hi, c2 = bits.Add64(hi, l2, 0)
	if c1 != 0 || c2 != 0 || int64(hi) < 0 {
		return a, errDecimal
	}
	r := signed(hi, lo, an != bn)
	if !r.FitsInPrecision(38) {
		return a, errDecimal
	}
	return r, nil
}

// scaled reads a DECIMAL column at another, not smaller, scale.
type scaled struct {
	column[decimal128.Num]
	up int32
}

func scaledOf(v *vec.Vec, scale int32) scaled {
	return scaled{column: columnOf[decimal128.Num](v), up: scale - scaleOf(v.Type)}
}

func (s scaled) read(i int) (decimal128.Num, error) { return shiftDecimal(s.at(i), s.up) }
