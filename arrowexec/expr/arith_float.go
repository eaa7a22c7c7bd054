package expr

import (
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/vec"
)

// DOUBLE arithmetic. The kernels compute every row when most are selected: what
// stands in the others is a number too, and a dense loop is faster.

func dense(n int, sel vec.Sel) bool { return sel == nil || len(sel) > n/4 }

func addFloat(c *Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	n := c.Batch.N
	out := c.Scope.New(t, n)
	dst, a, b := vec.Values[float64](out)[:n], vec.Values[float64](args[0]), vec.Values[float64](args[1])
	ma, mb := mask(args[0]), mask(args[1])
	switch {
	case !dense(n, sel):
		for _, i := range sel {
			dst[i] = a[int(i)&ma] + b[int(i)&mb]
		}
	case mb == 0 && ma != 0:
		y := b[0]
		for i, x := range a[:n] {
			dst[i] = x + y
		}
	case ma == 0 && mb != 0:
		x := a[0]
		for i, y := range b[:n] {
			dst[i] = x + y
		}
	case ma == 0:
		z := a[0] + b[0]
		for i := range dst {
			dst[i] = z
		}
	default:
		a, b = a[:n], b[:n]
		for i, x := range a {
			dst[i] = x + b[i]
		}
	}
	return out
}

func subFloat(c *Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	n := c.Batch.N
	out := c.Scope.New(t, n)
	dst, a, b := vec.Values[float64](out)[:n], vec.Values[float64](args[0]), vec.Values[float64](args[1])
	ma, mb := mask(args[0]), mask(args[1])
	switch {
	case !dense(n, sel):
		for _, i := range sel {
			dst[i] = a[int(i)&ma] - b[int(i)&mb]
		}
	case mb == 0 && ma != 0:
		y := b[0]
		for i, x := range a[:n] {
			dst[i] = x - y
		}
	case ma == 0 && mb != 0:
		x := a[0]
		for i, y := range b[:n] {
			dst[i] = x - y
		}
	case ma == 0:
		z := a[0] - b[0]
		for i := range dst {
			dst[i] = z
		}
	default:
		a, b = a[:n], b[:n]
		for i, x := range a {
			dst[i] = x - b[i]
		}
	}
	return out
}

func mulFloat(c *Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	n := c.Batch.N
	out := c.Scope.New(t, n)
	dst, a, b := vec.Values[float64](out)[:n], vec.Values[float64](args[0]), vec.Values[float64](args[1])
	ma, mb := mask(args[0]), mask(args[1])
	switch {
	case !dense(n, sel):
		for _, i := range sel {
			dst[i] = a[int(i)&ma] * b[int(i)&mb]
		}
	case mb == 0 && ma != 0:
		y := b[0]
		for i, x := range a[:n] {
			dst[i] = x * y
		}
	case ma == 0 && mb != 0:
		x := a[0]
		for i, y := range b[:n] {
			dst[i] = x * y
		}
	case ma == 0:
		z := a[0] * b[0]
		for i := range dst {
			dst[i] = z
		}
	default:
		a, b = a[:n], b[:n]
		for i, x := range a {
			dst[i] = x * b[i]
		}
	}
	return out
}

func divFloat(c *Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	n := c.Batch.N
	out := c.Scope.New(t, n)
	dst, a, b := vec.Values[float64](out)[:n], vec.Values[float64](args[0]), vec.Values[float64](args[1])
	ma, mb := mask(args[0]), mask(args[1])
	if mb == 0 && b[0] == 0 {
		return c.Scope.NullConst(t, n)
	}
	if dense(n, sel) {
		zero := false
		for i := range dst {
			x, y := a[i&ma], b[i&mb]
			zero = zero || y == 0
			dst[i] = x / y
		}
		if zero {
			valid := c.Scope.SetValid(out)
			for i := range dst {
				if b[i&mb] == 0 {
					valid.Clear(i)
				}
			}
		}
		return out
	}
	for _, i := range sel {
		x, y := a[int(i)&ma], b[int(i)&mb]
		dst[i] = x / y
		if y == 0 {
			c.Scope.SetValid(out).Clear(int(i))
		}
	}
	return out
}

func quoFloat(c *Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	n := c.Batch.N
	out := c.Scope.New(t, n)
	dst, a, b := vec.Values[float64](out)[:n], vec.Values[float64](args[0]), vec.Values[float64](args[1])
	ma, mb := mask(args[0]), mask(args[1])
	if mb == 0 && b[0] == 0 {
		return c.Scope.NullConst(t, n)
	}
	if dense(n, sel) {
		zero := false
		for i := range dst {
			x, y := a[i&ma], b[i&mb]
			zero = zero || y == 0
			dst[i] = math.Trunc(x / y)
		}
		if zero {
			valid := c.Scope.SetValid(out)
			for i := range dst {
				if b[i&mb] == 0 {
					valid.Clear(i)
				}
			}
		}
		return out
	}
	for _, i := range sel {
		x, y := a[int(i)&ma], b[int(i)&mb]
		dst[i] = math.Trunc(x / y)
		if y == 0 {
			c.Scope.SetValid(out).Clear(int(i))
		}
	}
	return out
}

func modFloat(c *Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	n := c.Batch.N
	out := c.Scope.New(t, n)
	dst, a, b := vec.Values[float64](out)[:n], vec.Values[float64](args[0]), vec.Values[float64](args[1])
	ma, mb := mask(args[0]), mask(args[1])
	if mb == 0 && b[0] == 0 {
		return c.Scope.NullConst(t, n)
	}
	if dense(n, sel) {
		zero := false
		for i := range dst {
			x, y := a[i&ma], b[i&mb]
			zero = zero || y == 0
			dst[i] = math.Mod(x, y)
		}
		if zero {
			valid := c.Scope.SetValid(out)
			for i := range dst {
				if b[i&mb] == 0 {
					valid.Clear(i)
				}
			}
		}
		return out
	}
	for _, i := range sel {
		x, y := a[int(i)&ma], b[int(i)&mb]
		dst[i] = math.Mod(x, y)
		if y == 0 {
			c.Scope.SetValid(out).Clear(int(i))
		}
	}
	return out
}

func divIntFloat(c *Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	n := c.Batch.N
	out := c.Scope.New(t, n)
	dst, a, b := vec.Values[float64](out)[:n], vec.Values[int64](args[0]), vec.Values[int64](args[1])
	ma, mb := mask(args[0]), mask(args[1])
	if mb == 0 && b[0] == 0 {
		return c.Scope.NullConst(t, n)
	}
	if dense(n, sel) {
		zero := false
		for i := range dst {
			x, y := a[i&ma], b[i&mb]
			zero = zero || y == 0
			dst[i] = float64(x) / float64(y)
		}
		if zero {
			valid := c.Scope.SetValid(out)
			for i := range dst {
				if b[i&mb] == 0 {
					valid.Clear(i)
				}
			}
		}
		return out
	}
	for _, i := range sel {
		x, y := a[int(i)&ma], b[int(i)&mb]
		dst[i] = float64(x) / float64(y)
		if y == 0 {
			c.Scope.SetValid(out).Clear(int(i))
		}
	}
	return out
}

func negFloat(c *Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	n := c.Batch.N
	out := c.Scope.New(t, n)
	dst, a, ma := vec.Values[float64](out)[:n], vec.Values[float64](args[0]), mask(args[0])
	for i := range dst {
		dst[i] = -a[i&ma]
	}
	return out
}
