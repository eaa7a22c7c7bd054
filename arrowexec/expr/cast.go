package expr

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/velostream/velo/arrowexec/vec"
)

// cast is CAST and TRY_CAST, and every implicit widening.
type cast struct {
	e        Expr
	t        arrow.DataType
	try      bool
	implicit bool
}

// NewCast casts to t; a value that cannot be is a row error, or NULL with try.
// A pair of types without a cast is an error.
func NewCast(e Expr, t arrow.DataType, try bool) (Expr, error) {
	if arrow.TypeEqual(e.Type(), t) {
		return e, nil
	}
	if vec.KindOf(e.Type()) == vec.Null {
		return NullConst(t), nil
	}
	if err := castable(e.Type(), t); err != nil {
		return nil, err
	}
	return &cast{e: e, t: t, try: try}, nil
}

func castable(from, to arrow.DataType) error {
	f, t := vec.KindOf(from), vec.KindOf(to)
	ok := f == t || t == vec.String || f == vec.Null
	switch t {
	case vec.Bool:
		ok = ok || isInt(f) || f == vec.String
	case vec.Int8, vec.Int16, vec.Int32, vec.Int64:
		ok = ok || isNumeric(f) || f == vec.String || f == vec.Bool || f == vec.Timestamp
	case vec.Float32, vec.Float64, vec.Decimal:
		ok = ok || isNumeric(f) || f == vec.String
	case vec.Binary:
		ok = ok || f == vec.String
	case vec.Interval:
		ok = ok || f == vec.String || f == vec.Time
	case vec.Date:
		ok = ok || f == vec.String || f == vec.Timestamp
	case vec.Time:
		ok = ok || f == vec.String || f == vec.Timestamp || f == vec.Interval
	case vec.Timestamp:
		ok = ok || f == vec.String || f == vec.Date || isInt(f)
	case vec.List, vec.Map, vec.Struct:
		ok = ok || f == vec.String
	}
	if !ok {
		return fmt.Errorf("cannot cast %s to %s", TypeName(from), TypeName(to))
	}
	if f != t || !isNested(f) {
		return nil
	}
	switch f {
	case vec.List:
		return castable(from.(*arrow.ListType).Elem(), to.(*arrow.ListType).Elem())
	case vec.Map:
		a, b := from.(*arrow.MapType), to.(*arrow.MapType)
		if err := castable(a.KeyType(), b.KeyType()); err != nil {
			return err
		}
		return castable(a.ItemType(), b.ItemType())
	}
	a, b := from.(*arrow.StructType), to.(*arrow.StructType)
	if a.NumFields() != b.NumFields() {
		return fmt.Errorf("cannot cast %s to %s: the number of fields differs", TypeName(from), TypeName(to))
	}
	at := fieldOrder(b, a)
	for i, f := range b.Fields() {
		if err := castable(a.Field(at[i]).Type, f.Type); err != nil {
			return err
		}
	}
	return nil
}

// fieldOrder gives the field of from for each of to: by name when the names are
// the same, else by place.
func fieldOrder(to, from *arrow.StructType) []int {
	if at, ok := matchFields(to, from); ok {
		return at
	}
	at := make([]int, to.NumFields())
	for i := range at {
		at[i] = i
	}
	return at
}

func (e *cast) Type() arrow.DataType { return e.t }
func (e *cast) Children() []Expr     { return []Expr{e.e} }
func (e *cast) WithChildren(k []Expr) Expr {
	n := *e
	n.e = k[0]
	return &n
}

func (e *cast) String() string {
	if e.implicit {
		return e.e.String() + "::" + TypeName(e.t)
	}
	name := "CAST("
	if e.try {
		name = "TRY_CAST("
	}
	return name + e.e.String() + " AS " + TypeName(e.t) + ")"
}

func (e *cast) Eval(c *Ctx, sel vec.Sel) *vec.Vec {
	v := e.e.Eval(c, sel)
	if v.Kind == vec.Null || v.Const && v.IsNull(0) {
		return c.Scope.NullConst(e.t, c.Batch.N)
	}
	if v.Const {
		return e.constant(c, v, sel)
	}
	v = plain(c.Scope, v)
	if out := widen(c, v, e.t, sel); out != nil {
		return out
	}
	out := castColumn(c, v, e.t, validOnly(c, v.Valid, sel), e.try)
	if v.Valid != nil {
		h := c.Scope.Header(out)
		h.Valid = andValid(c.Scope, out.Valid, v.Valid, c.Batch.N)
		out = h
	}
	if e.try {
		return out
	}
	return clearFailed(c, out)
}

func (e *cast) constant(c *Ctx, v *vec.Vec, sel vec.Sel) *vec.Vec {
	n := c.Batch.N
	b := vec.NewBuilder(c.Scope, e.t, 1)
	if err := appendCast(b, v, 0, e.t); err != nil {
		if !e.try {
			eachRow(n, sel, func(i int) { c.Fail(i, "cast", err) })
		}
		return c.Scope.NullConst(e.t, n)
	}
	return c.Scope.Repeat(b.Finish(), n)
}

// castColumn casts valid rows of a plain column; rows that fail are NULL.
func castColumn(c *Ctx, v *vec.Vec, t arrow.DataType, sel vec.Sel, try bool) *vec.Vec {
	n := c.Batch.N
	bad := func(out *vec.Vec, i int, err error) {
		if !try {
			c.Fail(i, "cast", err)
		}
		c.Scope.SetValid(out).Clear(i)
	}
	k := vec.KindOf(t)
	switch {
	case k == vec.String || k == vec.Binary:
		r := NewStringResult(c, t, 16*n)
		eachRow(n, sel, func(i int) {
			r.Room(textRoom(v, i))
			data, err := appendText(r.Data, v, i, t)
			r.Data = data
			if err != nil {
				r.Null(i)
				bad(r.v, i, err)
			}
			r.End(i)
		})
		return r.Finish()
	case isNested(k):
		b := vec.NewBuilder(c.Scope, t, n)
		eachRow(n, sel, func(i int) {
			for b.N < i {
				b.Null()
			}
			if err := appendCast(b, v, i, t); err != nil {
				b.Truncate(i)
				b.Null()
				if !try {
					c.Fail(i, "cast", err)
				}
			}
		})
		for b.N < n {
			b.Null()
		}
		return b.Finish()
	case k == vec.Bool:
		out := c.Scope.New(t, n)
		clear(out.Buf)
		eachRow(n, sel, func(i int) {
			x, err := toBool(v, i)
			if err != nil {
				bad(out, i, err)
			} else if x {
				out.Bits().Set(i)
			}
		})
		return out
	}
	out := c.Scope.New(t, n)
	eachRow(n, sel, func(i int) {
		if err := putFixed(out, i, v, i, t); err != nil {
			bad(out, i, err)
		}
	})
	return out
}

// widen are the casts that cannot fail, as loops; nil when there is none. They
// compute NULL rows too.
func widen(c *Ctx, v *vec.Vec, t arrow.DataType, sel vec.Sel) *vec.Vec {
	n := c.Batch.N
	k := vec.KindOf(t)
	var out *vec.Vec
	switch {
	case isInt(v.Kind) && k == vec.Int64:
		out = c.Scope.New(t, n)
		switch v.Kind {
		case vec.Int8:
			convertAll(vec.Values[int64](out), vec.Values[int8](v))
		case vec.Int16:
			convertAll(vec.Values[int64](out), vec.Values[int16](v))
		case vec.Int32:
			convertAll(vec.Values[int64](out), vec.Values[int32](v))
		}
	case k == vec.Decimal && isInt(v.Kind):
		p, s := decimalOf(t)
		if s > 18 || p-s < 19 {
			return nil
		}
		out = c.Scope.New(t, n)
		switch dst, by := vec.Values[decimal128.Num](out), int64(pow10[s].lo); v.Kind {
		case vec.Int8:
			decimalAll(dst, vec.Values[int8](v), by)
		case vec.Int16:
			decimalAll(dst, vec.Values[int16](v), by)
		case vec.Int32:
			decimalAll(dst, vec.Values[int32](v), by)
		case vec.Int64:
			decimalAll(dst, vec.Values[int64](v), by)
		}
	case k == vec.Float64 && (isInt(v.Kind) || v.Kind == vec.Float32):
		out = c.Scope.New(t, n)
		switch dst := vec.Values[float64](out); v.Kind {
		case vec.Int8:
			convertAll(dst, vec.Values[int8](v))
		case vec.Int16:
			convertAll(dst, vec.Values[int16](v))
		case vec.Int32:
			convertAll(dst, vec.Values[int32](v))
		case vec.Int64:
			convertAll(dst, vec.Values[int64](v))
		case vec.Float32:
			convertAll(dst, vec.Values[float32](v))
		}
	case k == vec.Int64 && v.Kind == vec.Timestamp && !vec.Micros(v.Type):
		out = c.Scope.Header(v) // epoch milliseconds as they are
		out.Type, out.Kind = t, k
	case k == vec.Timestamp && v.Kind == vec.Date:
		out = c.Scope.New(t, n)
		f := 86400 * unitOf(t)
		dst := vec.Values[int64](out)
		for i, d := range vec.Values[int32](v) {
			dst[i] = int64(d) * f
		}
	case k == vec.Timestamp && v.Kind == vec.Timestamp:
		out = c.Scope.New(t, n)
		dst := vec.Values[int64](out)
		for i, x := range vec.Values[int64](v) {
			if vec.Micros(t) {
				dst[i] = x * 1000
			} else {
				dst[i] = floorDiv(x, 1000)
			}
		}
	default:
		return nil
	}
	out.Valid = v.Valid
	return out
}

// unwidened is the BIGINT that an expression only makes a DECIMAL without digits behind the
// point, or the expression.
func unwidened(e Expr) Expr {
	x, ok := e.(*cast)
	if !ok || vec.KindOf(x.t) != vec.Decimal || vec.KindOf(x.e.Type()) != vec.Int64 {
		return e
	}
	if p, s := decimalOf(x.t); s != 0 || p < 19 {
		return e
	}
	return x.e
}

// decimalAll makes DECIMALs of integers, by a power of ten below 2^63.
func decimalAll[T int8 | int16 | int32 | int64](dst []decimal128.Num, src []T, by int64) {
	src = src[:len(dst)]
	for i := range dst {
		dst[i] = product(int64(src[i]), by)
	}
}

func convertAll[A, B int8 | int16 | int32 | int64 | float32 | float64](dst []B, src []A) {
	dst = dst[:len(src)]
	for i, x := range src {
		dst[i] = B(x)
	}
}
