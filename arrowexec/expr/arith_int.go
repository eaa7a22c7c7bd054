package expr

import (
	"math"
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/vec"
)

// Checked BIGINT arithmetic, one loop per operator and shape. Sums and
// differences collect overflow in one word and look for the rows only when
// there was one.

func addInt(c *Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	n := c.Batch.N
	out := c.Scope.New(t, n)
	dst, a, b := vec.Values[int64](out)[:n], vec.Values[int64](args[0]), vec.Values[int64](args[1])
	ma, mb := mask(args[0]), mask(args[1])
	var bad int64
	switch {
	case sel != nil:
		for _, i := range sel {
			x, y := a[int(i)&ma], b[int(i)&mb]
			z := x + y
			bad |= (x ^ z) & (y ^ z)
			dst[i] = z
		}
	case mb == 0 && ma != 0:
		y := b[0]
		a = a[:n]
		for i, x := range a {
			z := x + y
			bad |= (x ^ z) & (y ^ z)
			dst[i] = z
		}
	case ma == 0 && mb != 0:
		x := a[0]
		b = b[:n]
		for i, y := range b {
			z := x + y
			bad |= (x ^ z) & (y ^ z)
			dst[i] = z
		}
	case ma == 0:
		x, y := a[0], b[0]
		z := x + y
		bad = (x ^ z) & (y ^ z)
		for i := range dst {
			dst[i] = z
		}
	default:
		a, b = a[:n], b[:n]
		for i, x := range a {
			y := b[i]
			z := x + y
			bad |= (x ^ z) & (y ^ z)
			dst[i] = z
		}
	}
	if bad < 0 {
		eachRow(n, sel, func(i int) {
			x, y := a[i&ma], b[i&mb]
			if z := x + y; (x^z)&(y^z) < 0 {
				overflow(c, i, "+", x, y)
			}
		})
	}
	return out
}

func subInt(c *Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	n := c.Batch.N
	out := c.Scope.New(t, n)
	dst, a, b := vec.Values[int64](out)[:n], vec.Values[int64](args[0]), vec.Values[int64](args[1])
	ma, mb := mask(args[0]), mask(args[1])
	var bad int64
	switch {
	case sel != nil:
		for _, i := range sel {
			x, y := a[int(i)&ma], b[int(i)&mb]
			z := x - y
			bad |= (x ^ y) & (x ^ z)
			dst[i] = z
		}
	case mb == 0 && ma != 0:
		y := b[0]
		a = a[:n]
		for i, x := range a {
			z := x - y
			bad |= (x ^ y) & (x ^ z)
			dst[i] = z
		}
	case ma == 0 && mb != 0:
		x := a[0]
		b = b[:n]
		for i, y := range b {
			z := x - y
			bad |= (x ^ y) & (x ^ z)
			dst[i] = z
		}
	case ma == 0:
		x, y := a[0], b[0]
		z := x - y
		bad = (x ^ y) & (x ^ z)
		for i := range dst {
			dst[i] = z
		}
	default:
		a, b = a[:n], b[:n]
		for i, x := range a {
			y := b[i]
			z := x - y
			bad |= (x ^ y) & (x ^ z)
			dst[i] = z
		}
	}
	if bad < 0 {
		eachRow(n, sel, func(i int) {
			x, y := a[i&ma], b[i&mb]
			if z := x - y; (x^y)&(x^z) < 0 {
				overflow(c, i, "-", x, y)
			}
		})
	}
	return out
}

// mul64 is the product, and whether it fits.
func mul64(x, y int64) (int64, bool) {
	hi, lo := bits.Mul64(uint64(x), uint64(y))
	// the signed high word
	h := int64(hi) - x>>63&y - y>>63&x
	return int64(lo), h == int64(lo)>>63
}

func mulInt(c *Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	n := c.Batch.N
	out := c.Scope.New(t, n)
	dst, a, b := vec.Values[int64](out)[:n], vec.Values[int64](args[0]), vec.Values[int64](args[1])
	ma, mb := mask(args[0]), mask(args[1])
	if sel == nil {
		for i := range dst {
			x, y := a[i&ma], b[i&mb]
			z, ok := mul64(x, y)
			if !ok {
				overflow(c, i, "*", x, y)
			}
			dst[i] = z
		}
		return out
	}
	for _, i := range sel {
		x, y := a[int(i)&ma], b[int(i)&mb]
		z, ok := mul64(x, y)
		if !ok {
			overflow(c, int(i), "*", x, y)
		}
		dst[i] = z
	}
	return out
}

func quoInt(c *Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	n := c.Batch.N
	out := c.Scope.New(t, n)
	dst, a, b := vec.Values[int64](out), vec.Values[int64](args[0]), vec.Values[int64](args[1])
	ma, mb := mask(args[0]), mask(args[1])
	one := func(i int) {
		x, y := a[i&ma], b[i&mb]
		switch {
		case y == 0:
			c.Scope.SetValid(out).Clear(i)
		case y == -1 && x == math.MinInt64:
			overflow(c, i, "//", x, y)
		default:
			dst[i] = x / y
		}
	}
	eachRow(n, sel, one)
	return out
}

func modInt(c *Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	n := c.Batch.N
	out := c.Scope.New(t, n)
	dst, a, b := vec.Values[int64](out), vec.Values[int64](args[0]), vec.Values[int64](args[1])
	ma, mb := mask(args[0]), mask(args[1])
	one := func(i int) {
		x, y := a[i&ma], b[i&mb]
		switch y {
		case 0:
			c.Scope.SetValid(out).Clear(i)
		case -1:
			dst[i] = 0
		default:
			dst[i] = x % y
		}
	}
	eachRow(n, sel, one)
	return out
}

func negInt(c *Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	n := c.Batch.N
	out := c.Scope.New(t, n)
	dst, a, ma := vec.Values[int64](out), vec.Values[int64](args[0]), mask(args[0])
	eachRow(n, sel, func(i int) {
		x := a[i&ma]
		if x == math.MinInt64 {
			overflow(c, i, "-", 0, x)
		}
		dst[i] = -x
	})
	return out
}
