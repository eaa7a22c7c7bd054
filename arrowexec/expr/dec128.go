package expr

import (
	"math/big"
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow/decimal128"
)

// u128 is the magnitude of a decimal.
type u128 struct{ hi, lo uint64 }

var pow10 = func() (p [39]u128) {
	p[0].lo = 1
	for i := 1; i < len(p); i++ {
		p[i], _ = p[i-1].mul(u128{lo: 10})
	}
	return p
}()

// maxDecimal is one more than the greatest magnitude: 10^38.
var maxDecimal = pow10[38]

func magnitude(v decimal128.Num) (u128, bool) {
	hi, lo := uint64(v.HighBits()), v.LowBits()
	if v.HighBits() >= 0 {
		return u128{hi, lo}, false
	}
	lo, borrow := bits.Sub64(0, lo, 0)
	hi, _ = bits.Sub64(0, hi, borrow)
	return u128{hi, lo}, true
}

func (a u128) num(neg bool) decimal128.Num {
	if neg {
		lo, borrow := bits.Sub64(0, a.lo, 0)
		hi, _ := bits.Sub64(0, a.hi, borrow)
		return decimal128.New(int64(hi), lo)
	}
	return decimal128.New(int64(a.hi), a.lo)
}

func (a u128) zero() bool { return a.hi|a.lo == 0 }

func (a u128) less(b u128) bool { return a.hi < b.hi || a.hi == b.hi && a.lo < b.lo }

func (a u128) cmp(b u128) int {
	switch {
	case a.less(b):
		return -1
	case b.less(a):
		return 1
	}
	return 0
}

func (a u128) sub(b u128) u128 {
	lo, borrow := bits.Sub64(a.lo, b.lo, 0)
	hi, _ := bits.Sub64(a.hi, b.hi, borrow)
	return u128{hi, lo}
}

func (a u128) add(b u128) u128 {
	lo, carry := bits.Add64(a.lo, b.lo, 0)
	hi, _ := bits.Add64(a.hi, b.hi, carry)
	return u128{hi, lo}
}

func (a u128) mul(b u128) (u128, bool) {
	hi, lo := bits.Mul64(a.lo, b.lo)
	if a.hi|b.hi == 0 {
		return u128{hi, lo}, true
	}
	if a.hi != 0 && b.hi != 0 {
		return u128{}, false
	}
	h1, l1 := bits.Mul64(a.hi, b.lo)
	h2, l2 := bits.Mul64(a.lo, b.hi)
	s, c1 := bits.Add64(hi, l1, 0)
	s, c2 := bits.Add64(s, l2, 0)
	return u128{s, lo}, h1|h2|c1|c2 == 0
}

// divMod divides; b is not zero.
func (a u128) divMod(b u128) (q, r u128) {
	if b.hi == 0 {
		q.hi = a.hi / b.lo
		q.lo, r.lo = bits.Div64(a.hi%b.lo, a.lo, b.lo)
		return q, r
	}
	n := uint(bits.LeadingZeros64(b.hi))
	v := b.hi<<n | b.lo>>(64-n)
	if n == 0 {
		v = b.hi
	}
	t, _ := bits.Div64(a.hi>>1, a.hi<<63|a.lo>>1, v)
	t >>= 63 - n
	if t != 0 {
		t--
	}
	p, _ := b.mul(u128{lo: t})
	r = a.sub(p)
	if !r.less(b) {
		t++
		r = r.sub(b)
	}
	return u128{lo: t}, r
}

// divRound divides with rounding half away from zero.
func (a u128) divRound(b u128) u128 {
	q, r := a.divMod(b)
	if !r.less(b.sub(r)) { // r >= b-r
		q = q.add(u128{lo: 1})
	}
	return q
}

func (a u128) big() *big.Int {
	x := new(big.Int).SetUint64(a.hi)
	return x.Lsh(x, 64).Or(x, new(big.Int).SetUint64(a.lo))
}

func fromBig(x *big.Int) (u128, bool) {
	if x.BitLen() > 128 {
		return u128{}, false
	}
	lo := new(big.Int).And(x, new(big.Int).SetUint64(1<<64-1)).Uint64()
	return u128{new(big.Int).Rsh(x, 64).Uint64(), lo}, true
}

// scaled is a*10^by, and whether it fits 128 bits.
func (a u128) scaled(by int32) (u128, bool) {
	if by == 0 || a.zero() {
		return a, true
	}
	if by > 38 {
		return u128{}, false
	}
	return a.mul(pow10[by])
}

func bigPow10(n int32) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}

// rescale changes the scale of a decimal with rounding half away from zero;
// false when it has more digits than the precision.
func rescale(v decimal128.Num, from, to, precision int32) (decimal128.Num, bool) {
	m, neg := magnitude(v)
	switch {
	case to > from:
		var ok bool
		if m, ok = m.scaled(to - from); !ok {
			return v, false
		}
	case to < from:
		m = m.divRound(pow10[from-to])
	}
	return m.num(neg), m.less(pow10[precision])
}

// cmpDecimal compares decimals of any scales.
func cmpDecimal(a decimal128.Num, sa int32, b decimal128.Num, sb int32) int {
	if sa == sb {
		switch ah, bh := a.HighBits(), b.HighBits(); {
		case ah < bh || ah == bh && a.LowBits() < b.LowBits():
			return -1
		case a == b:
			return 0
		}
		return 1
	}
	ma, na := magnitude(a)
	mb, nb := magnitude(b)
	if ma.zero() && mb.zero() {
		return 0
	}
	na, nb = na && !ma.zero(), nb && !mb.zero()
	if na != nb {
		if na {
			return -1
		}
		return 1
	}
	r := 0
	var ok bool
	if sa < sb {
		if ma, ok = ma.scaled(sb - sa); !ok {
			r = 1
		}
	} else if mb, ok = mb.scaled(sa - sb); !ok {
		r = -1
	}
	if ok {
		r = ma.cmp(mb)
	}
	if na {
		return -r
	}
	return r
}
