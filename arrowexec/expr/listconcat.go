package expr

import (
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/vec"
)

// listConcat is a || b of ARRAYs. One that is NULL has no elements; only where all
// are NULL is the result.
type listConcat struct {
	t    arrow.DataType
	args []Expr
}

// NewListConcat is a || b where one is an ARRAY and the other one too, NULL, or an
// element of it.
func NewListConcat(a, b Expr) (e Expr, err error) {
	list := func(e Expr) bool { return vec.KindOf(e.Type()) == vec.List }
	of := func(a, b Expr, err error) bool {
		if err != nil {
			return false
		}
		args, t, err := unify("||", []Expr{a, b})
		if err != nil || vec.KindOf(t) != vec.List {
			return false
		}
		e = &listConcat{t, args}
		return true
	}
	plain := func(e Expr) bool { return list(e) || vec.KindOf(e.Type()) == vec.Null }
	if plain(a) && plain(b) && of(a, b, nil) {
		return e, nil
	}
	if list(a) {
		if one, err := NewArray([]Expr{b}); of(a, one, err) {
			return e, nil
		}
	}
	if list(b) {
		if one, err := NewArray([]Expr{a}); of(one, b, err) {
			return e, nil
		}
	}
	return nil, fmt.Errorf("operator || does not take %s, %s", TypeName(a.Type()), TypeName(b.Type()))
}

func (e *listConcat) Type() arrow.DataType       { return e.t }
func (e *listConcat) Children() []Expr           { return e.args }
func (e *listConcat) WithChildren(k []Expr) Expr { return &listConcat{t: e.t, args: k} }

func (e *listConcat) String() string {
	parts := make([]string, len(e.args))
	for i, a := range e.args {
		parts[i] = a.String()
	}
	return "(" + strings.Join(parts, " || ") + ")"
}

func (e *listConcat) Eval(c *Ctx, sel vec.Sel) *vec.Vec {
	n := c.Batch.N
	args := make([]*vec.Vec, len(e.args))
	for i, a := range e.args {
		args[i] = a.Eval(c, sel)
	}
	b := vec.NewBuilder(c.Scope, e.t, n)
	eachRow(n, sel, func(i int) {
		for b.N < i {
			b.Null()
		}
		null := true
		for _, a := range args {
			if a.IsNull(i) {
				continue
			}
			null = false
			from, to := a.Range(i)
			for k := from; k < to; k++ {
				b.Children[0].AppendRow(a.Children[0], k)
			}
		}
		if null {
			b.Null()
		} else {
			b.EndList()
		}
	})
	for b.N < n {
		b.Null()
	}
	return b.Finish()
}
