package expr

import (
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/vec"
)

// logic is AND or OR: from left to right, the right side only for the rows that
// the left does not decide.
type logic struct {
	or   bool
	args []Expr
}

// NewAnd is the three-valued AND of its operands, TRUE without any.
func NewAnd(es ...Expr) (Expr, error) { return newLogic(false, es) }

// NewOr is the three-valued OR of its operands, FALSE without any.
func NewOr(es ...Expr) (Expr, error) { return newLogic(true, es) }

func newLogic(or bool, es []Expr) (Expr, error) {
	name := "AND"
	if or {
		name = "OR"
	}
	var args []Expr
	for _, e := range es {
		b, err := truth(name, e)
		if err != nil {
			return nil, err
		}
		if l, ok := b.(*logic); ok && l.or == or {
			args = append(args, l.args...)
			continue
		}
		args = append(args, b)
	}
	switch len(args) {
	case 0:
		return BoolConst(!or), nil
	case 1:
		return args[0], nil
	}
	return &logic{or: or, args: args}, nil
}

// truth brings an operand to BOOLEAN: NULL and string literals are read so.
func truth(what string, e Expr) (Expr, error) {
	switch {
	case vec.KindOf(e.Type()) == vec.Bool:
		return e, nil
	case vec.KindOf(e.Type()) == vec.Null || isTextLiteral(e):
		return convert(e, vec.TypeBool)
	}
	return nil, fmt.Errorf("%s takes BOOLEAN, not %s", what, TypeName(e.Type()))
}

func (e *logic) Type() arrow.DataType { return vec.TypeBool }
func (e *logic) Children() []Expr     { return e.args }
func (e *logic) WithChildren(k []Expr) Expr {
	return &logic{or: e.or, args: k}
}

func (e *logic) String() string {
	parts := make([]string, len(e.args))
	for i, a := range e.args {
		parts[i] = a.String()
	}
	if e.or {
		return "(" + strings.Join(parts, " OR ") + ")"
	}
	return "(" + strings.Join(parts, " AND ") + ")"
}

func (e *logic) Eval(c *Ctx, sel vec.Sel) *vec.Vec {
	n := c.Batch.N
	acc := newTruth(c, e.or)
	rest := sel
	for _, a := range e.args {
		if rest != nil && len(rest) == 0 {
			break
		}
		rest = acc.add(c, plain(c.Scope, a.Eval(c, rest)), rest)
	}
	return acc.finish(c, n)
}

// truths accumulates AND or OR over columns, row by row.
type truths struct {
	or    bool
	val   vec.Bitmap
	valid vec.Bitmap
	nulls bool
}

func newTruth(c *Ctx, or bool) *truths {
	nb := vec.BitmapBytes(c.Batch.N)
	t := &truths{or: or, val: c.Scope.Zeroed(nb), valid: c.Scope.Bytes(nb)}
	for i := range t.valid {
		t.valid[i] = 0xFF
		if !or {
			t.val[i] = 0xFF
		}
	}
	return t
}

// add takes one more operand for the rows of sel and gives the rows that are
// still undecided.
func (t *truths) add(c *Ctx, v *vec.Vec, sel vec.Sel) vec.Sel {
	n := c.Batch.N
	if v.Const || v.Kind == vec.Null {
		if v.Kind == vec.Null || v.IsNull(0) {
			eachRow(n, sel, func(i int) { t.valid.Clear(i) })
			t.nulls = true
			return sel
		}
		if v.BoolAt(0) != t.or {
			return sel
		}
		eachRow(n, sel, func(i int) { t.val.Put(i, t.or); t.valid.Set(i) })
		return vec.Sel{}
	}
	rest := vec.Slice[int32](c.Scope, sel.Count(n))
	k, bits := 0, v.Bits()
	one := func(i int) {
		rest[k] = int32(i)
		if v.Valid != nil && !v.Valid.Get(i) {
			t.valid.Clear(i)
			t.nulls = true
			k++
			return
		}
		if bits.Get(i) == t.or { // decides
			t.val.Put(i, t.or)
			t.valid.Set(i)
			return
		}
		k++
	}
	eachRow(n, sel, one)
	return rest[:k]
}

func (t *truths) finish(c *Ctx, n int) *vec.Vec {
	out := c.Scope.New(vec.TypeBool, n)
	copy(out.Buf, t.val)
	if t.nulls {
		out.Valid = t.valid
	}
	return out
}

// Filter gives the rows for which the whole is TRUE.
func (e *logic) Filter(c *Ctx, sel vec.Sel) vec.Sel {
	if !e.or {
		rest := e.args
		if sel == nil {
			done := 0
			sel, done = filterMasked(c, rest)
			rest = rest[done:]
		}
		for _, a := range rest {
			if sel != nil && len(sel) == 0 {
				return sel
			}
			sel = Filter(c, a, sel)
		}
		return sel
	}
	n := c.Batch.N
	hit := vec.Bitmap(c.Scope.Zeroed(vec.BitmapBytes(n)))
	rest := sel
	for i, a := range e.args {
		if rest != nil && len(rest) == 0 {
			break
		}
		yes := Filter(c, a, rest)
		if yes == nil {
			return sel // TRUE in every row, or in all that were left of all
		}
		for _, r := range yes {
			hit.Set(int(r))
		}
		if i+1 < len(e.args) {
			rest = without(c, rest, yes)
		}
	}
	return validOnly(c, hit, sel)
}

// not is NOT.
type not struct{ e Expr }

// NewNot is the three-valued NOT.
func NewNot(e Expr) (Expr, error) {
	e, err := truth("NOT", e)
	if err != nil {
		return nil, err
	}
	if n, ok := e.(*not); ok {
		return n.e, nil
	}
	return &not{e}, nil
}

func (e *not) Type() arrow.DataType       { return vec.TypeBool }
func (e *not) Children() []Expr           { return []Expr{e.e} }
func (e *not) WithChildren(k []Expr) Expr { return &not{k[0]} }
func (e *not) String() string             { return "(NOT " + e.e.String() + ")" }

func (e *not) Eval(c *Ctx, sel vec.Sel) *vec.Vec {
	v := plain(c.Scope, e.e.Eval(c, sel))
	if v.Kind == vec.Null {
		return c.Scope.NullConst(vec.TypeBool, c.Batch.N)
	}
	h := c.Scope.Header(v)
	h.Buf = c.Scope.Bytes(len(v.Buf))
	for i, b := range v.Buf {
		h.Buf[i] = ^b
	}
	return h
}

// isTest is IS [NOT] NULL, TRUE, FALSE or UNKNOWN: never NULL itself.
type isTest struct {
	e    Expr
	what string
	not  bool
}

// NewIsNull is IS NULL, or with not IS NOT NULL. A STRUCT of NULLs is not NULL.
func NewIsNull(e Expr, not bool) Expr { return &isTest{e: e, what: "NULL", not: not} }

// NewIsTruth is IS [NOT] TRUE, FALSE or UNKNOWN.
func NewIsTruth(e Expr, value string, not bool) (Expr, error) {
	value = strings.ToUpper(value)
	e, err := truth("IS "+value, e)
	if err != nil {
		return nil, err
	}
	switch value {
	case "TRUE", "FALSE", "UNKNOWN":
		return &isTest{e: e, what: value, not: not}, nil
	}
	return nil, fmt.Errorf("IS %s is not a test; use TRUE, FALSE, UNKNOWN or NULL", value)
}

func (e *isTest) Type() arrow.DataType { return vec.TypeBool }
func (e *isTest) Children() []Expr     { return []Expr{e.e} }
func (e *isTest) WithChildren(k []Expr) Expr {
	return &isTest{e: k[0], what: e.what, not: e.not}
}

func (e *isTest) String() string {
	if e.not {
		return "(" + e.e.String() + " IS NOT " + e.what + ")"
	}
	return "(" + e.e.String() + " IS " + e.what + ")"
}

func (e *isTest) Eval(c *Ctx, sel vec.Sel) *vec.Vec {
	n := c.Batch.N
	v := e.e.Eval(c, sel)
	if e.what != "NULL" {
		v = plain(c.Scope, v)
	}
	if v.Const || v.Kind == vec.Null {
		return c.Scope.Repeat(BoolConst(e.test(v, 0)).One, n)
	}
	out := c.Scope.New(vec.TypeBool, n)
	for b := range out.Buf {
		valid, val := byte(0xFF), byte(0)
		if v.Valid != nil {
			valid = v.Valid[b]
		}
		var r byte
		switch e.what {
		case "TRUE":
			val = v.Buf[b]
			r = valid & val
		case "FALSE":
			val = v.Buf[b]
			r = valid &^ val
		default:
			r = ^valid
		}
		if e.not {
			r = ^r
		}
		out.Buf[b] = r
	}
	return out
}

func (e *isTest) test(v *vec.Vec, i int) bool {
	null := v.IsNull(i)
	r := null
	switch e.what {
	case "TRUE":
		r = !null && v.BoolAt(i)
	case "FALSE":
		r = !null && !v.BoolAt(i)
	}
	return r != e.not
}
