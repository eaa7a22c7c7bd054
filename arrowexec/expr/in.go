package expr

import (
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/vec"
)

// in is e [NOT] IN (…): TRUE on a match, else NULL when e or an item is NULL.
type in struct {
	e    Expr
	list []Expr
	not  bool

	ints    map[int64]struct{} // constant lists of 64-bit kinds and DOUBLE
	few     []int64            // the same, when the list is short
	texts   map[string]struct{}
	hasNull bool
}

// NewIn is e IN (list), or with not NOT IN. All meet in their common type.
func NewIn(e Expr, items []Expr, not bool) (Expr, error) {
	if len(items) == 0 {
		return nil, fmt.Errorf("IN needs a list of at least one value")
	}
	whole := append([]Expr{e}, items...)
	all, t, err := unify("IN", whole)
	if err != nil {
		return nil, err
	}
	switch k := vec.KindOf(t); {
	case isInt(k) && k != vec.Int64:
		t = vec.TypeInt64
	case k == vec.Float32:
		t = vec.TypeFloat64
	}
	for i := range all {
		if vec.KindOf(t) == vec.Decimal && !isTextLiteral(whole[i]) && vec.KindOf(whole[i].Type()) != vec.Null {
			all[i], err = ownDecimal(whole[i]) // compared exactly: no digits are lost to a common scale
		} else {
			all[i], err = convert(all[i], t)
		}
		if err != nil {
			return nil, err
		}
	}
	n := &in{e: all[0], list: all[1:], not: not}
	n.hash()
	return n, nil
}

// hash readies the set of a constant list.
func (e *in) hash() {
	k := vec.KindOf(e.e.Type())
	ints, texts := map[int64]struct{}{}, map[string]struct{}{}
	for _, x := range e.list {
		c, ok := x.(*Const)
		switch {
		case !ok:
			return
		case c.IsNull():
			e.hasNull = true
		case numberKind(k) == 4 || numberKind(k) == 8:
			ints[c.One.Int64At(0)] = struct{}{}
		case k == vec.Float64:
			ints[floatKey(vec.Values[float64](c.One)[0])] = struct{}{}
		case k == vec.String || k == vec.Binary:
			texts[string(c.One.BytesAt(0))] = struct{}{}
		default:
			return
		}
	}
	if k == vec.String || k == vec.Binary {
		e.texts = texts
	} else if numberKind(k) != 0 {
		e.ints = ints
		if len(ints) <= 8 {
			for x := range ints {
				e.few = append(e.few, x)
			}
		}
	}
}

// floatKey is equal for equal DOUBLEs: −0 is 0 and all NaNs are one.
func floatKey(x float64) int64 {
	switch {
	case x == 0:
		return 0
	case x != x:
		return math.MinInt64 // the bits of −0, which is folded to 0
	}
	return int64(math.Float64bits(x))
}

func (e *in) Type() arrow.DataType { return vec.TypeBool }
func (e *in) Children() []Expr     { return append([]Expr{e.e}, e.list...) }
func (e *in) WithChildren(k []Expr) Expr {
	n := &in{e: k[0], list: k[1:], not: e.not}
	n.hash()
	return n
}

func (e *in) String() string {
	op := " IN ("
	if e.not {
		op = " NOT IN ("
	}
	return "(" + e.e.String() + op + list(e.list) + "))"
}

func (e *in) Eval(c *Ctx, sel vec.Sel) *vec.Vec {
	n := c.Batch.N
	v := e.e.Eval(c, sel)
	if v.Kind == vec.Null || v.Const && v.IsNull(0) {
		return c.Scope.NullConst(vec.TypeBool, n)
	}
	if e.ints == nil && e.texts == nil {
		return e.each(c, v, sel)
	}
	out := c.Scope.New(vec.TypeBool, n)
	clear(out.Buf)
	bits := out.Bits()
	for _, i := range e.hits(c, v, validOnly(c, rowValid(v), sel)) {
		bits.Set(int(i))
	}
	out.Valid = rowValid(v)
	if e.hasNull { // not found is unknown
		out.Valid = andValid(c.Scope, out.Valid, bits, n)
	}
	if e.not {
		out.Buf = c.Scope.Bytes(len(bits))
		for i, b := range bits {
			out.Buf[i] = ^b
		}
	}
	return out
}

// hits are the rows of sel whose value is in the set; sel holds no NULLs.
func (e *in) hits(c *Ctx, v *vec.Vec, sel vec.Sel) vec.Sel {
	n := c.Batch.N
	out, k := vec.Slice[int32](c.Scope, sel.Count(n)), 0
	var found func(v *vec.Vec, i int) bool
	switch {
	case e.texts != nil:
		found = func(v *vec.Vec, i int) bool { _, ok := e.texts[v.StringAt(i)]; return ok }
	case v.Kind == vec.Float64:
		found = func(v *vec.Vec, i int) bool {
			_, ok := e.ints[floatKey(vec.Values[float64](v)[v.At(i)])]
			return ok
		}
	default:
		found = func(v *vec.Vec, i int) bool { _, ok := e.ints[v.Int64At(i)]; return ok }
	}
	if v.Dict != nil && v.Dict.Len <= n {
		truth, idx := c.Scope.Bytes(v.Dict.Len), v.Indices()
		for d := range truth {
			truth[d] = byte(bit(found(v.Dict, d)))
		}
		eachRow(n, sel, func(i int) { out[k] = int32(i); k += int(truth[idx[i]]) })
		return out[:k]
	}
	v = plain(c.Scope, v)
	if len(e.few) > 0 && numberKind(v.Kind) == 8 && !v.Const {
		x := vec.Values[int64](v)
		eachRow(n, sel, func(i int) {
			hit := 0
			for _, y := range e.few {
				hit |= bit(x[i] == y)
			}
			out[k] = int32(i)
			k += hit
		})
		return out[:k]
	}
	eachRow(n, sel, func(i int) { out[k] = int32(i); k += bit(found(v, i)) })
	return out[:k]
}

// each compares with one item after the other, as OR of equalities.
func (e *in) each(c *Ctx, v *vec.Vec, sel vec.Sel) *vec.Vec {
	acc := newTruth(c, true)
	rest := sel
	flat := plain(c.Scope, v)
	for _, item := range e.list {
		if rest != nil && len(rest) == 0 {
			break
		}
		x := plain(c.Scope, item.Eval(c, rest))
		var r *vec.Vec
		switch {
		case x.Kind == vec.Null || x.Const && x.IsNull(0):
			r = c.Scope.NullConst(vec.TypeBool, c.Batch.N)
		case flat.Const && !x.Const:
			r = compareVecs(c, opEq, x, flat, rest)
		default:
			r = compareVecs(c, opEq, flat, x, rest)
		}
		rest = acc.add(c, r, rest)
	}
	out := acc.finish(c, c.Batch.N)
	if e.not {
		for i, b := range out.Buf {
			out.Buf[i] = ^b
		}
	}
	return out
}

// Filter gives the rows for which the test is TRUE.
func (e *in) Filter(c *Ctx, sel vec.Sel) vec.Sel {
	if e.ints == nil && e.texts == nil || e.not && e.hasNull {
		return True(c, e.Eval(c, sel), sel)
	}
	v := e.e.Eval(c, sel)
	if v.Kind == vec.Null || v.Const && v.IsNull(0) {
		return vec.Sel{}
	}
	sel = validOnly(c, rowValid(v), sel)
	yes := e.hits(c, v, sel)
	if e.not {
		return without(c, sel, yes)
	}
	return yes
}
