package expr

import (
	"errors"
	"fmt"
	"math/big"
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/velostream/velo/arrowexec/vec"
)

var errDecimal = errors.New("DECIMAL overflow: the result has more than 38 digits; cast an operand to fewer digits or DOUBLE")

type decimalOp uint8

const (
	decAdd decimalOp = iota
	decSub
	decMul
	decDiv
	decQuo
	decMod
)

// decimalScale is the scale of a result.
func decimalScale(op decimalOp, s1, s2 int32) int32 {
	switch op {
	case decMul:
		return s1 + s2
	case decDiv:
		return max(6, s1, s2)
	case decQuo:
		return 0
	}
	return max(s1, s2)
}

func decimalOver(op decimalOp) Overload {
	return Overload{
		Args: kinds(vec.Decimal, vec.Decimal), plainIntegers: op == decMul,
		Type: func(a []arrow.DataType, _ []*Const) (arrow.DataType, error) {
			_, s1 := decimalOf(a[0])
			_, s2 := decimalOf(a[1])
			s := decimalScale(op, s1, s2)
			if s > 38 {
				return nil, fmt.Errorf("the result of %s and %s would have scale %d, over 38; cast an operand to a smaller scale", TypeName(a[0]), TypeName(a[1]), s)
			}
			return vec.DecimalType(38, s), nil
		},
		Kernel: func(c *Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
			return decimalKernel(op, c, t, args, sel)
		},
	}
}

func decimalKernel(op decimalOp, c *Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	n := c.Batch.N
	out := c.Scope.New(t, n)
	if args[0].Kind == vec.Int64 || args[1].Kind == vec.Int64 {
		mulIntegers(c, vec.Values[decimal128.Num](out), args[0], args[1], sel)
		return out
	}
	dst, a, b := vec.Values[decimal128.Num](out), vec.Values[decimal128.Num](args[0]), vec.Values[decimal128.Num](args[1])
	ma, mb := mask(args[0]), mask(args[1])
	_, s1 := decimalOf(args[0].Type)
	_, s2 := decimalOf(args[1].Type)
	_, s := decimalOf(t)
	if op <= decSub && s1 == s2 {
		addSameScale(c, dst, a, b, ma, mb, op == decSub, sel)
		return out
	}
	var f func(x, y decimal128.Num) (decimal128.Num, bool)
	switch op {
	case decAdd, decSub:
		if s-s1 <= 18 && s-s2 <= 18 {
			px, py := int64(pow10[s-s1].lo), int64(pow10[s-s2].lo)
			decimals(c, dst, a, b, ma, mb, sel, func(x, y decimal128.Num) (decimal128.Num, bool) {
				return addSmall(x, y, px, py, s-s1, s-s2, op == decSub)
			})
			return out
		}
		f = func(x, y decimal128.Num) (decimal128.Num, bool) { return addDecimal(x, y, s-s1, s-s2, op == decSub) }
	case decMul:
		mulDecimals(c, dst, a, b, ma, mb, sel)
		return out
	case decDiv:
		f = func(x, y decimal128.Num) (decimal128.Num, bool) { return divDecimal(x, y, s-s1+s2, true) }
	case decQuo:
		f = func(x, y decimal128.Num) (decimal128.Num, bool) { return divDecimal(x, y, s2-s1, false) }
	default:
		f = func(x, y decimal128.Num) (decimal128.Num, bool) { return modDecimal(x, y, s-s1, s-s2) }
	}
	zero := decimal128.Num{}
	eachRow(n, sel, func(i int) {
		x, y := a[i&ma], b[i&mb]
		if op >= decDiv && y == zero {
			dst[i] = zero
			c.Scope.SetValid(out).Clear(i)
			return
		}
		z, ok := f(x, y)
		if !ok {
			c.Fail(i, "overflow", errDecimal)
		}
		dst[i] = z
	})
	return out
}

// addSameScale is the common case: two's complement sums, checked at the end.
func addSameScale(c *Ctx, dst, a, b []decimal128.Num, ma, mb int, sub bool, sel vec.Sel) {
	n := c.Batch.N
	one := func(i int) {
		x, y := a[i&ma], b[i&mb]
		var lo, carry, hi uint64
		if sub {
			lo, carry = bits.Sub64(x.LowBits(), y.LowBits(), 0)
			hi, _ = bits.Sub64(uint64(x.HighBits()), uint64(y.HighBits()), carry)
		} else {
			lo, carry = bits.Add64(x.LowBits(), y.LowBits(), 0)
			hi, _ = bits.Add64(uint64(x.HighBits()), uint64(y.HighBits()), carry)
		}
		z := decimal128.New(int64(hi), lo)
		// operands are below 10^38, so the sum is below 2^128 in its own sign
		if h := int64(hi) ^ int64(hi)>>63; uint64(h) >= maxDecimal.hi {
			if m, _ := magnitude(z); !m.less(maxDecimal) || (x.HighBits() < 0) == ((y.HighBits() < 0) != sub) && (x.HighBits() < 0) != (z.HighBits() < 0) {
				c.Fail(i, "overflow", errDecimal)
			}
		}
		dst[i] = z
	}
	if sel == nil {
		for i := range n {
			one(i)
		}
		return
	}
	for _, i := range sel {
		one(int(i))
	}
}

func addDecimal(x, y decimal128.Num, byX, byY int32, sub bool) (decimal128.Num, bool) {
	a, na := magnitude(x)
	b, nb := magnitude(y)
	a, ok1 := a.scaled(byX)
	b, ok2 := b.scaled(byY)
	if sub {
		nb = !nb
	}
	if !ok1 || !ok2 || !a.less(maxDecimal) || !b.less(maxDecimal) {
		// one side is beyond 38 digits; the sum may not be
		p := new(big.Int).Mul(bigOf(x), bigPow10(byX))
		q := new(big.Int).Mul(bigOf(y), bigPow10(byY))
		if sub {
			q.Neg(q)
		}
		return numOf(p.Add(p, q))
	}
	if na == nb {
		z := a.add(b)
		return z.num(na), z.less(maxDecimal)
	}
	if a.less(b) {
		return b.sub(a).num(nb), true
	}
	return a.sub(b).num(na), true
}

// decimals computes rows whose operands have values.
func decimals(c *Ctx, dst, a, b []decimal128.Num, ma, mb int, sel vec.Sel, f func(x, y decimal128.Num) (decimal128.Num, bool)) {
	if sel == nil {
		for i := range dst {
			z, ok := f(a[i&ma], b[i&mb])
			if !ok {
				c.Fail(i, "overflow", errDecimal)
			}
			dst[i] = z
		}
		return
	}
	for _, i := range sel {
		z, ok := f(a[int(i)&ma], b[int(i)&mb])
		if !ok {
			c.Fail(int(i), "overflow", errDecimal)
		}
		dst[i] = z
	}
}

// small tells that a decimal's digits fit 64 bits.
func small(x decimal128.Num) bool { return x.HighBits() == int64(x.LowBits())>>63 }

// product is that of two numbers of 64 bits, below 2^127.
func product(x, y int64) decimal128.Num {
	hi, lo := bits.Mul64(uint64(x), uint64(y))
	hi -= uint64(x>>63&y) + uint64(y>>63&x)
	return decimal128.New(int64(hi), lo)
}

// mulDecimals multiplies rows; a call for each cost half as much again.
func mulDecimals(c *Ctx, dst, a, b []decimal128.Num, ma, mb int, sel vec.Sel) {
	if sel != nil {
		decimals(c, dst, a, b, ma, mb, sel, mulSmall)
		return
	}
	for i := range dst {
		x, y := a[i&ma], b[i&mb]
		if small(x) && small(y) {
			dst[i] = product(int64(x.LowBits()), int64(y.LowBits()))
			continue
		}
		z, ok := mulDecimal(x, y)
		if !ok {
			c.Fail(i, "overflow", errDecimal)
		}
		dst[i] = z
	}
}

// mulIntegers multiplies a DECIMAL and a BIGINT, whichever is which, or two of these.
func mulIntegers(c *Ctx, dst []decimal128.Num, x, y *vec.Vec, sel vec.Sel) {
	if x.Kind == vec.Int64 && y.Kind == vec.Int64 {
		a, b, ma, mb := vec.Values[int64](x), vec.Values[int64](y), mask(x), mask(y)
		eachRow(c.Batch.N, sel, func(i int) { dst[i] = product(a[i&ma], b[i&mb]) })
		return
	}
	if x.Kind == vec.Int64 {
		x, y = y, x
	}
	a, b, ma, mb := vec.Values[decimal128.Num](x), vec.Values[int64](y), mask(x), mask(y)
	one := func(i int) {
		z, ok := mulDecimal(a[i&ma], decimal128.FromI64(b[i&mb]))
		if !ok {
			c.Fail(i, "overflow", errDecimal)
		}
		dst[i] = z
	}
	if sel == nil {
		for i := range dst {
			if x := a[i&ma]; small(x) {
				dst[i] = product(int64(x.LowBits()), b[i&mb])
			} else {
				one(i)
			}
		}
		return
	}
	for _, i := range sel {
		if x := a[int(i)&ma]; small(x) {
			dst[i] = product(int64(x.LowBits()), b[int(i)&mb])
		} else {
			one(int(i))
		}
	}
}

// mulSmall is mulDecimal, at once for digits of 64 bits: their product is at most
// 2^126, below 10^38.
func mulSmall(x, y decimal128.Num) (decimal128.Num, bool) {
	if small(x) && small(y) {
		return product(int64(x.LowBits()), int64(y.LowBits())), true
	}
	return mulDecimal(x, y)
}

// addSmall is addDecimal, at once for digits of 64 bits.
func addSmall(x, y decimal128.Num, px, py int64, byX, byY int32, sub bool) (decimal128.Num, bool) {
	if !small(x) || !small(y) {
		return addDecimal(x, y, byX, byY, sub)
	}
	p, q := product(int64(x.LowBits()), px), product(int64(y.LowBits()), py)
	var lo, carry, hi uint64
	if sub {
		lo, carry = bits.Sub64(p.LowBits(), q.LowBits(), 0)
		hi, _ = bits.Sub64(uint64(p.HighBits()), uint64(q.HighBits()), carry)
	} else {
		lo, carry = bits.Add64(p.LowBits(), q.LowBits(), 0)
		hi, _ = bits.Add64(uint64(p.HighBits()), uint64(q.HighBits()), carry)
	}
	z := decimal128.New(int64(hi), lo)
	if h := int64(hi) ^ int64(hi)>>63; uint64(h) >= maxDecimal.hi { // near 38 digits
		return addDecimal(x, y, byX, byY, sub)
	}
	return z, true
}

func mulDecimal(x, y decimal128.Num) (decimal128.Num, bool) {
	a, na := magnitude(x)
	b, nb := magnitude(y)
	z, ok := a.mul(b)
	return z.num(na != nb), ok && z.less(maxDecimal)
}

// divDecimal is x*10^by/y, rounded half away from zero or truncated.
func divDecimal(x, y decimal128.Num, by int32, round bool) (decimal128.Num, bool) {
	a, na := magnitude(x)
	b, nb := magnitude(y)
	var ok bool
	if by >= 0 {
		a, ok = a.scaled(by)
	} else {
		b, ok = b.scaled(-by)
	}
	var z u128
	switch {
	case ok && round:
		z = a.divRound(b)
	case ok:
		z, _ = a.divMod(b)
	default:
		p, q := a.big(), b.big()
		if by >= 0 {
			m, _ := magnitude(x)
			p = m.big()
			p.Mul(p, bigPow10(by))
		} else {
			m, _ := magnitude(y)
			q = m.big()
			q.Mul(q, bigPow10(-by))
		}
		r := new(big.Int)
		p.QuoRem(p, q, r)
		if round && r.Lsh(r, 1).Cmp(q) >= 0 {
			p.Add(p, big.NewInt(1))
		}
		if z, ok = fromBig(p); !ok {
			return x, false
		}
	}
	return z.num(na != nb), z.less(maxDecimal)
}

func modDecimal(x, y decimal128.Num, byX, byY int32) (decimal128.Num, bool) {
	a, na := magnitude(x)
	b, _ := magnitude(y)
	a, ok1 := a.scaled(byX)
	b, ok2 := b.scaled(byY)
	if !ok1 || !ok2 {
		p := new(big.Int).Mul(bigOf(x), bigPow10(byX))
		q := new(big.Int).Mul(bigOf(y), bigPow10(byY))
		return numOf(p.Rem(p, q))
	}
	_, r := a.divMod(b)
	return r.num(na), r.less(maxDecimal)
}

func bigOf(x decimal128.Num) *big.Int {
	m, neg := magnitude(x)
	z := m.big()
	if neg {
		z.Neg(z)
	}
	return z
}

func numOf(x *big.Int) (decimal128.Num, bool) {
	m, ok := fromBig(new(big.Int).Abs(x))
	return m.num(x.Sign() < 0), ok && m.less(maxDecimal)
}

func negDecimal(c *Ctx, t arrow.DataType, args []*vec.Vec, _ vec.Sel) *vec.Vec {
	n := c.Batch.N
	out := c.Scope.New(t, n)
	dst, a, ma := vec.Values[decimal128.Num](out), vec.Values[decimal128.Num](args[0]), mask(args[0])
	for i := range dst {
		m, neg := magnitude(a[i&ma])
		dst[i] = m.num(!neg)
	}
	return out
}
