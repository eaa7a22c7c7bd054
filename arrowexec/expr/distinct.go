package expr

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/vec"
)

// distinct is IS [NOT] DISTINCT FROM: a comparison in which NULL is a value.
type distinct struct {
	a, b Expr
	not  bool
}

// NewDistinct is a IS DISTINCT FROM b, or with not a IS NOT DISTINCT FROM b.
func NewDistinct(a, b Expr, not bool) (Expr, error) {
	a, b, err := comparable("IS DISTINCT FROM", a, b)
	if err != nil {
		return nil, err
	}
	return &distinct{a: a, b: b, not: not}, nil
}

func (e *distinct) Type() arrow.DataType       { return vec.TypeBool }
func (e *distinct) Children() []Expr           { return []Expr{e.a, e.b} }
func (e *distinct) WithChildren(k []Expr) Expr { return &distinct{a: k[0], b: k[1], not: e.not} }

func (e *distinct) String() string {
	if e.not {
		return fmt.Sprintf("(%s IS NOT DISTINCT FROM %s)", e.a, e.b)
	}
	return fmt.Sprintf("(%s IS DISTINCT FROM %s)", e.a, e.b)
}

func (e *distinct) Eval(c *Ctx, sel vec.Sel) *vec.Vec {
	n := c.Batch.N
	a, b := e.a.Eval(c, sel), e.b.Eval(c, sel)
	out := c.Scope.New(vec.TypeBool, n)
	bits := out.Bits()
	eachRow(n, sel, func(i int) {
		bits.Put(i, compareNullable(a, i, b, i) == 0 == e.not)
	})
	return out
}

func compareNullable(a *vec.Vec, i int, b *vec.Vec, j int) int { return compareElements(a, i, b, j) }

// NewBetween is e [NOT] BETWEEN [SYMMETRIC] lo AND hi. The operand is evaluated
// once, whatever it costs and whatever it draws.
func NewBetween(e, lo, hi Expr, not, symmetric bool) (Expr, error) {
	if len(e.Children()) == 0 && !volatile(e) {
		return bounds(e, lo, hi, not, symmetric)
	}
	test, err := bounds(&operand{e}, lo, hi, not, symmetric)
	if err != nil {
		return nil, err
	}
	return &between{e: e, lo: lo, hi: hi, not: not, symmetric: symmetric, test: test}, nil
}

// between computes its operand, then tests it against its bounds.
type between struct {
	e, lo, hi      Expr
	not, symmetric bool
	test           Expr
}

func (e *between) Type() arrow.DataType { return vec.TypeBool }
func (e *between) Children() []Expr     { return []Expr{e.e, e.lo, e.hi} }
func (e *between) String() string       { return e.test.String() }

// WithChildren takes operands of the same types, so that it cannot fail.
func (e *between) WithChildren(k []Expr) Expr {
	n, err := NewBetween(k[0], k[1], k[2], e.not, e.symmetric)
	if err != nil {
		panic(err)
	}
	return n
}

func (e *between) Eval(c *Ctx, sel vec.Sel) *vec.Vec {
	c.once = append(c.once, e.e.Eval(c, sel))
	v := e.test.Eval(c, sel)
	c.once = c.once[:len(c.once)-1]
	return v
}

func (e *between) Filter(c *Ctx, sel vec.Sel) vec.Sel {
	c.once = append(c.once, e.e.Eval(c, sel))
	sel = Filter(c, e.test, sel)
	c.once = c.once[:len(c.once)-1]
	return sel
}

// operand reads what the BETWEEN around it has computed.
type operand struct{ e Expr }

func (o *operand) Type() arrow.DataType            { return o.e.Type() }
func (o *operand) Eval(c *Ctx, _ vec.Sel) *vec.Vec { return c.once[len(c.once)-1] }
func (o *operand) Children() []Expr                { return nil }
func (o *operand) WithChildren([]Expr) Expr        { return o }
func (o *operand) String() string                  { return o.e.String() }

func bounds(e, lo, hi Expr, not, symmetric bool) (Expr, error) {
	within := func(lo, hi Expr) (Expr, error) {
		a, err := NewCompare(">=", e, lo)
		if err != nil {
			return nil, err
		}
		b, err := NewCompare("<=", e, hi)
		if err != nil {
			return nil, err
		}
		return NewAnd(a, b)
	}
	r, err := within(lo, hi)
	if err == nil && symmetric {
		var other Expr
		if other, err = within(hi, lo); err == nil {
			r, err = NewOr(r, other)
		}
	}
	if err != nil || !not {
		return r, err
	}
	return NewNot(r)
}
