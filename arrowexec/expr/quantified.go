package expr

import (
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// quantified is x op ANY|ALL (array). The comparison runs over rows of their
// own, one for each element.
type quantified struct {
	x, array Expr
	op       string
	all      bool
	compare  Expr // of column 0 and column 1
}

// NewQuantified is x op ANY (array), or x op ALL (array): TRUE if one element,
// or every element, compares so; NULL if that depends on a NULL.
func NewQuantified(op string, x, array Expr, all bool) (Expr, error) {
	array, err := ElementsLike(array, x)
	if err != nil {
		return nil, err
	}
	t, ok := array.Type().(*arrow.ListType)
	if !ok {
		return nil, fmt.Errorf("ANY and ALL take an ARRAY or a subquery, not %s", TypeName(array.Type()))
	}
	elem := t.Elem()
	if isTextLiteral(x) || vec.KindOf(x.Type()) == vec.Null {
		c, err := convert(x, Met(x, elem))
		if err != nil {
			return nil, err
		}
		x = c
	}
	value, element := &Column{Index: 0, Name: "value", T: x.Type()}, &Column{Index: 1, Name: "element", T: elem}
	var compare Expr
	if strings.HasSuffix(op, "LIKE") {
		compare, err = NewLikeOf(op, value, element)
	} else {
		compare, err = NewCompare(op, value, element)
	}
	if err != nil {
		return nil, err
	}
	return &quantified{x: x, array: array, op: op, all: all, compare: compare}, nil
}

func (e *quantified) Type() arrow.DataType { return vec.TypeBool }
func (e *quantified) Children() []Expr     { return []Expr{e.x, e.array} }

func (e *quantified) WithChildren(in []Expr) Expr {
	n := &quantified{x: in[0], array: in[1], op: e.op, all: e.all, compare: e.compare}
	return n
}

func (e *quantified) String() string {
	word := "ANY"
	if e.all {
		word = "ALL"
	}
	return e.x.String() + " " + e.op + " " + word + " (" + e.array.String() + ")"
}

func (e *quantified) Eval(c *Ctx, sel vec.Sel) *vec.Vec {
	b := c.Batch
	sc := b.Scope
	x, list := e.x.Eval(c, sel), e.array.Eval(c, sel)
	out := sc.New(vec.TypeBool, b.N)
	clear(out.Buf)
	valid := sc.SetValid(out)
	var rows, elements []int32
	eachRow(b.N, sel, func(i int) {
		if list.IsNull(i) {
			return
		}
		from, to := list.Range(i)
		for k := from; k < to; k++ {
			rows, elements = append(rows, int32(i)), append(elements, int32(k))
		}
	})
	var hits *vec.Vec
	if len(rows) > 0 {
		inner := &arrowexec.Batch{Scope: sc, N: len(rows), Cols: []*vec.Vec{sc.Gather(x, rows), sc.Gather(list.Children[0], elements)}}
		var own Ctx
		own.Reset(inner)
		hits = e.compare.Eval(&own, nil)
		for _, f := range own.Failed() {
			c.Fail(int(rows[f.Row]), f.Class, f.Err)
		}
	}
	at := 0
	eachRow(b.N, sel, func(i int) {
		if list.IsNull(i) {
			valid.Clear(i)
			return
		}
		from, to := list.Range(i)
		decided, unknown := false, false
		for range to - from {
			switch {
			case hits.IsNull(at):
				unknown = true
			case hits.BoolAt(at) != e.all:
				decided = true
			}
			at++
		}
		out.Bits().Put(i, decided != e.all)
		if !decided && unknown {
			valid.Clear(i)
		}
	})
	return out
}
