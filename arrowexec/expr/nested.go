package expr

import (
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/vec"
)

// field reads a field of a STRUCT.
type field struct {
	e Expr
	i int
}

// NewField is field number i of a STRUCT.
func NewField(e Expr, i int) Expr { return &field{e: e, i: i} }

func (e *field) Type() arrow.DataType       { return e.e.Type().(*arrow.StructType).Field(e.i).Type }
func (e *field) Children() []Expr           { return []Expr{e.e} }
func (e *field) WithChildren(k []Expr) Expr { return &field{e: k[0], i: e.i} }
func (e *field) String() string {
	return e.e.String() + "." + e.e.Type().(*arrow.StructType).Field(e.i).Name
}

func (e *field) Eval(c *Ctx, sel vec.Sel) *vec.Vec {
	n := c.Batch.N
	v := plain(c.Scope, e.e.Eval(c, sel))
	if v.Kind == vec.Null || v.Const && v.IsNull(0) {
		return c.Scope.NullConst(e.Type(), n)
	}
	child := v.Children[e.i]
	if v.Const {
		return c.Scope.Repeat(child, n)
	}
	if v.Valid == nil || child.Kind == vec.Null {
		return child
	}
	h := c.Scope.Header(child)
	h.Valid = andValid(c.Scope, v.Valid, child.Valid, n)
	return h
}

// index is arr[i], counted from 1, or map[key]; NULL when there is none.
type index struct{ e, at Expr }

// NewIndex reads an element of an ARRAY or the value of a key of a MAP.
func NewIndex(e, at Expr) (Expr, error) {
	switch t := e.Type().(type) {
	case *arrow.MapType:
		common, ok := CommonType(t.KeyType(), at.Type())
		if isTextLiteral(at) {
			common, ok = t.KeyType(), true
		}
		if !ok || vec.KindOf(common) != vec.KindOf(t.KeyType()) {
			return nil, fmt.Errorf("a key of %s is %s, not %s", TypeName(t), TypeName(t.KeyType()), TypeName(at.Type()))
		}
		to := Met(at, t.KeyType())
		if vec.KindOf(to) == vec.Decimal && vec.KindOf(at.Type()) == vec.Decimal {
			to = at.Type() // compared exactly
		}
		key, err := convert(at, to)
		if err != nil {
			return nil, err
		}
		return &index{e, key}, nil
	case *arrow.ListType:
		if k := vec.KindOf(at.Type()); !isInt(k) && k != vec.Null && !isTextLiteral(at) {
			return nil, fmt.Errorf("an index of %s is BIGINT, not %s", TypeName(t), TypeName(at.Type()))
		}
		i, err := convert(at, vec.TypeInt64)
		if err != nil {
			return nil, err
		}
		return &index{e, i}, nil
	}
	return nil, fmt.Errorf("%s has no elements: only ARRAY and MAP take [ ]", TypeName(e.Type()))
}

func (e *index) Type() arrow.DataType {
	if m, ok := e.e.Type().(*arrow.MapType); ok {
		return m.ItemType()
	}
	return e.e.Type().(*arrow.ListType).Elem()
}
func (e *index) Children() []Expr           { return []Expr{e.e, e.at} }
func (e *index) WithChildren(k []Expr) Expr { return &index{k[0], k[1]} }
func (e *index) String() string             { return e.e.String() + "[" + e.at.String() + "]" }

func (e *index) Eval(c *Ctx, sel vec.Sel) *vec.Vec {
	n := c.Batch.N
	v, at := plain(c.Scope, e.e.Eval(c, sel)), e.at.Eval(c, sel)
	if v.Kind == vec.Null || v.Const && v.IsNull(0) || at.Kind == vec.Null || at.Const && at.IsNull(0) {
		return c.Scope.NullConst(e.Type(), n)
	}
	var ok vec.Sel
	// the place of each row's element among all elements, as a dictionary's index
	idx := vec.Slice[int32](c.Scope, n)
	valid := vec.Bitmap(c.Scope.Zeroed(vec.BitmapBytes(n)))
	clear(idx)
	ok = validOnly(c, andValid(c.Scope, rowValid(v), rowValid(at), n), sel)
	values := v.Children[len(v.Children)-1]
	eachRow(n, ok, func(i int) {
		p := -1
		if v.Kind == vec.Map {
			p = findKey(v, i, at, i)
		} else if from, to := v.Range(i); true {
			if x := at.Int64At(i); x >= 1 && x <= int64(to-from) {
				p = from + int(x) - 1
			}
		}
		if p >= 0 && !values.IsNull(p) {
			idx[i] = int32(p)
			valid.Set(i)
		}
	})
	if values.Len == 0 || values.Kind == vec.Null {
		return c.Scope.NullConst(e.Type(), n)
	}
	b := vec.NewBuilder(c.Scope, e.Type(), n)
	for i := range n {
		if valid.Get(i) {
			b.AppendRow(values, int(idx[i]))
		} else {
			b.Null()
		}
	}
	return b.Finish()
}

// constructor is ARRAY[…], MAP[…] or STRUCT(…).
type constructor struct {
	t    arrow.DataType
	args []Expr
}

// NewArray is ARRAY[…] of values that meet in their common type.
func NewArray(items []Expr) (Expr, error) {
	if len(items) == 0 {
		return &constructor{t: arrow.ListOf(vec.TypeNull)}, nil
	}
	items, t, err := unify("ARRAY", items)
	if err != nil {
		return nil, err
	}
	return &constructor{t: arrow.ListOf(t), args: items}, nil
}

// NewMap is MAP[key, value, …]; of a key given twice the last value wins.
func NewMap(kv []Expr) (Expr, error) {
	if len(kv)%2 != 0 {
		return nil, fmt.Errorf("MAP needs a value for every key")
	}
	if len(kv) == 0 {
		return &constructor{t: arrow.MapOf(vec.TypeNull, vec.TypeNull)}, nil
	}
	var keys, vals []Expr
	for i := 0; i < len(kv); i += 2 {
		keys, vals = append(keys, kv[i]), append(vals, kv[i+1])
	}
	keys, kt, err := unify("keys of MAP", keys)
	if err != nil {
		return nil, err
	}
	vals, vt, err := unify("values of MAP", vals)
	if err != nil {
		return nil, err
	}
	args := make([]Expr, 0, len(kv))
	for i := range keys {
		args = append(args, keys[i], vals[i])
	}
	return &constructor{t: arrow.MapOf(kt, vt), args: args}, nil
}

// NewStruct is STRUCT(v AS name, …).
func NewStruct(names []string, vals []Expr) (Expr, error) {
	if len(names) != len(vals) || len(vals) == 0 {
		return nil, fmt.Errorf("STRUCT needs at least one field, and a name for each")
	}
	fields := make([]arrow.Field, len(vals))
	args := make([]Expr, len(vals))
	for i, v := range vals {
		if vec.KindOf(v.Type()) == vec.Null {
			v = NullConst(vec.TypeString)
		}
		args[i] = v
		fields[i] = arrow.Field{Name: names[i], Type: v.Type(), Nullable: true}
	}
	return &constructor{t: arrow.StructOf(fields...), args: args}, nil
}

func (e *constructor) Type() arrow.DataType       { return e.t }
func (e *constructor) Children() []Expr           { return e.args }
func (e *constructor) WithChildren(k []Expr) Expr { return &constructor{t: e.t, args: k} }

func (e *constructor) String() string {
	switch vec.KindOf(e.t) {
	case vec.List:
		return "ARRAY[" + list(e.args) + "]"
	case vec.Map:
		return "MAP[" + list(e.args) + "]"
	}
	s := "STRUCT("
	for i, a := range e.args {
		if i > 0 {
			s += ", "
		}
		s += a.String() + " AS " + e.t.(*arrow.StructType).Field(i).Name
	}
	return s + ")"
}

var errNullKey = errors.New("a key of MAP is NULL")

func (e *constructor) Eval(c *Ctx, sel vec.Sel) *vec.Vec {
	n := c.Batch.N
	args := make([]*vec.Vec, len(e.args))
	for i, a := range e.args {
		args[i] = a.Eval(c, sel)
	}
	if vec.KindOf(e.t) == vec.Struct {
		out := c.Scope.New(e.t, n)
		for _, a := range args {
			out.Children = append(out.Children, c.Scope.Flat(a))
		}
		return out
	}
	b := vec.NewBuilder(c.Scope, e.t, n)
	isMap := b.Kind == vec.Map
	eachRow(n, sel, func(i int) {
		for b.N < i {
			b.Null()
		}
		for x, a := range args {
			if !isMap {
				b.Children[0].AppendRow(a, i)
				continue
			}
			if x%2 == 1 {
				continue
			}
			if a.IsNull(i) {
				b.Truncate(b.N)
				b.Null()
				c.Fail(i, "expression", errNullKey)
				return
			}
			later := false
			for y := x + 2; y < len(args) && !later; y += 2 {
				later = !args[y].IsNull(i) && compareRows(a, i, args[y], i) == 0
			}
			if !later {
				b.Children[0].AppendRow(a, i)
				b.Children[1].AppendRow(args[x+1], i)
			}
		}
		b.EndList()
	})
	for b.N < n {
		b.Null()
	}
	return clearFailed(c, b.Finish())
}
