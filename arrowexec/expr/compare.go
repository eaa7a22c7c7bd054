package expr

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/velostream/velo/arrowexec/vec"
)

type compareOp uint8

const (
	opEq compareOp = iota
	opNe
	opLt
	opLe
	opGt
	opGe
)

var compareNames = [...]string{"=", "<>", "<", "<=", ">", ">="}

// flipped is the operator with its sides exchanged.
var flipped = [...]compareOp{opEq, opNe, opGt, opGe, opLt, opLe}

// holds tells whether the operator holds for a three-way result.
func (op compareOp) holds(r int) bool {
	switch op {
	case opEq:
		return r == 0
	case opNe:
		return r != 0
	case opLt:
		return r < 0
	case opLe:
		return r <= 0
	case opGt:
		return r > 0
	}
	return r >= 0
}

// compare is a comparison of operands of one kind; decimals keep their scales.
type compare struct {
	op   compareOp
	a, b Expr
}

// NewCompare compares with =, <> (or !=), <, <=, > or >=. A string literal takes
// the other side's type; a STRING column does not.
func NewCompare(op string, a, b Expr) (Expr, error) {
	if op == "!=" {
		op = "<>"
	}
	for i, name := range compareNames {
		if name == op {
			a, b, err := comparable("comparison", a, b)
			if err != nil {
				return nil, err
			}
			o := compareOp(i)
			if o > opNe && hasMap(a.Type()) {
				return nil, fmt.Errorf("%s has no order; only = and <> compare it", TypeName(a.Type()))
			}
			return newCompare(o, a, b), nil
		}
	}
	return nil, fmt.Errorf("unknown comparison %q", op)
}

func newCompare(op compareOp, a, b Expr) Expr {
	if _, ok := a.(*Const); ok { // constants stand on the right
		if _, ok := b.(*Const); !ok {
			a, b, op = b, a, flipped[op]
		}
	}
	return &compare{op: op, a: a, b: b}
}

func hasMap(t arrow.DataType) bool {
	switch t := t.(type) {
	case *arrow.MapType:
		return true
	case *arrow.ListType:
		return hasMap(t.Elem())
	case *arrow.StructType:
		for _, f := range t.Fields() {
			if hasMap(f.Type) {
				return true
			}
		}
	}
	return false
}

// comparable brings two operands to types that compare row by row.
func comparable(what string, a, b Expr) (Expr, Expr, error) {
	ka, kb := vec.KindOf(a.Type()), vec.KindOf(b.Type())
	if isTextLiteral(a) && kb != vec.String && kb != vec.Null {
		a, err := convert(a, Met(a, b.Type()))
		return a, b, err
	}
	if isTextLiteral(b) && ka != vec.String && ka != vec.Null {
		b, err := convert(b, Met(b, a.Type()))
		return a, b, err
	}
	t, bad := Meet([]Expr{a, b})
	if bad >= 0 {
		return nil, nil, mixError(what, a.Type(), b.Type())
	}
	switch {
	case vec.KindOf(t) == vec.Null:
		t = vec.TypeString
	case vec.KindOf(t) == vec.Decimal && ka == kb:
		return a, b, nil // compared exactly, whatever their scales
	case vec.KindOf(t) == vec.Decimal:
		a, err := ownDecimal(a)
		if err != nil {
			return nil, nil, err
		}
		b, err := ownDecimal(b)
		return a, b, err
	case isInt(vec.KindOf(t)):
		t = vec.TypeInt64
	case vec.KindOf(t) == vec.Float32:
		t = vec.TypeFloat64
	case vec.KindOf(t) == vec.Timestamp && !vec.Micros(t) && (isInt(ka) || isInt(kb)):
		t = vec.TypeInt64 // any number compares with a time in milliseconds
	}
	a, err := convert(a, t)
	if err != nil {
		return nil, nil, err
	}
	b, err = convert(b, t)
	return a, b, err
}

// ownDecimal makes an integer a DECIMAL(19,0) and leaves decimals alone.
func ownDecimal(e Expr) (Expr, error) {
	if vec.KindOf(e.Type()) == vec.Decimal {
		return e, nil
	}
	return convert(e, vec.DecimalType(19, 0))
}

func (e *compare) Type() arrow.DataType { return vec.TypeBool }
func (e *compare) Children() []Expr     { return []Expr{e.a, e.b} }
func (e *compare) WithChildren(k []Expr) Expr {
	return newCompare(e.op, k[0], k[1])
}

func (e *compare) String() string {
	return "(" + e.a.String() + " " + compareNames[e.op] + " " + e.b.String() + ")"
}

// operands evaluates both sides; null when the result is NULL in every row.
func (e *compare) operands(c *Ctx, sel vec.Sel) (op compareOp, a, b *vec.Vec, null bool) {
	a, b, op = e.a.Eval(c, sel), e.b.Eval(c, sel), e.op
	if a.Kind == vec.Null || b.Kind == vec.Null || a.Const && a.IsNull(0) || b.Const && b.IsNull(0) {
		return op, a, b, true
	}
	if a.Const && !b.Const {
		a, b, op = b, a, flipped[op]
	}
	if b.Dict != nil {
		b = c.Scope.Flat(b)
	}
	if a.Dict != nil && !b.Const {
		a = c.Scope.Flat(a)
	}
	return op, a, b, false
}

func (e *compare) Eval(c *Ctx, sel vec.Sel) *vec.Vec {
	op, a, b, null := e.operands(c, sel)
	if null {
		return c.Scope.NullConst(vec.TypeBool, c.Batch.N)
	}
	return compareVecs(c, op, a, b, sel)
}

// compareVecs compares two columns as a BOOLEAN column; a may be a dictionary
// when b is constant.
func compareVecs(c *Ctx, op compareOp, a, b *vec.Vec, sel vec.Sel) *vec.Vec {
	n := c.Batch.N
	if a.Const && b.Const {
		return c.Scope.Repeat(BoolConst(op.holds(compareRows(a, 0, b, 0))).One, n)
	}
	out := c.Scope.New(vec.TypeBool, n)
	bits := out.Bits()
	out.Valid = andValid(c.Scope, rowValid(a), rowValid(b), n)
	switch {
	case a.Dict == nil && dense(n, sel) && numberKind(a.Kind) != 0 && !a.Const:
		switch mb := mask(b); numberKind(a.Kind) {
		case 4:
			compareNumbers(op, bits, vec.Values[int32](a), vec.Values[int32](b), mb, n)
		case 8:
			compareNumbers(op, bits, vec.Values[int64](a), vec.Values[int64](b), mb, n)
		default:
			compareNumbers(op, bits, vec.Values[float64](a), vec.Values[float64](b), mb, n)
		}
	default:
		clear(bits)
		for _, i := range filterVecs(c, op, a, b, sel) {
			bits.Set(int(i))
		}
	}
	return out
}

// numberKind is the width of kinds compared by filterNumbers: 4, 8, 1 for DOUBLE.
func numberKind(k vec.Kind) int {
	switch k {
	case vec.Int32, vec.Date:
		return 4
	case vec.Int64, vec.Time, vec.Timestamp:
		return 8
	case vec.Float64:
		return 1
	}
	return 0
}

// Filter gives the rows for which the comparison is TRUE.
func (e *compare) Filter(c *Ctx, sel vec.Sel) vec.Sel {
	if sel == nil {
		if rows, done := filterMasked(c, []Expr{e}); done > 0 {
			return rows
		}
	}
	return e.filter(c, sel)
}

// filter compares row by row.
func (e *compare) filter(c *Ctx, sel vec.Sel) vec.Sel {
	op, a, b, null := e.operands(c, sel)
	if null {
		return vec.Sel{}
	}
	if a.Const && b.Const {
		if op.holds(compareRows(a, 0, b, 0)) {
			return sel
		}
		return vec.Sel{}
	}
	return filterVecs(c, op, a, b, sel)
}

func filterVecs(c *Ctx, op compareOp, a, b *vec.Vec, sel vec.Sel) vec.Sel {
	n := c.Batch.N
	valid := andValid(c.Scope, rowValid(a), rowValid(b), n)
	if a.Dict != nil {
		return filterDict(c, op, a, b, validOnly(c, valid, sel))
	}
	if numberKind(a.Kind) == 0 || a.Const {
		return filterRows(c, op, a, b, validOnly(c, valid, sel))
	}
	out := vec.Slice[int32](c.Scope, sel.Count(n))
	mb, k := mask(b), 0
	switch numberKind(a.Kind) {
	case 4:
		k = filterNumbers(op, out, vec.Values[int32](a), vec.Values[int32](b), mb, n, sel)
	case 8:
		k = filterNumbers(op, out, vec.Values[int64](a), vec.Values[int64](b), mb, n, sel)
	default:
		k = filterNumbers(op, out, vec.Values[float64](a), vec.Values[float64](b), mb, n, sel)
	}
	out = out[:k]
	if valid != nil { // NULL rows were compared too: any bits are a number
		k = 0
		for _, i := range out {
			out[k] = i
			k += int(valid[i>>3] >> (i & 7) & 1)
		}
	}
	return out[:k]
}

// filterDict compares each value of the dictionary once.
func filterDict(c *Ctx, op compareOp, a, b *vec.Vec, sel vec.Sel) vec.Sel {
	n := c.Batch.N
	truth := c.Scope.Bytes(a.Dict.Len)
	for d := range truth {
		truth[d] = byte(bit(op.holds(compareRows(a.Dict, d, b, 0))))
	}
	out, k, idx := vec.Slice[int32](c.Scope, sel.Count(n)), 0, a.Indices()
	if sel == nil {
		for i, d := range idx[:n] {
			out[k] = int32(i)
			k += int(truth[d])
		}
		return out[:k]
	}
	for _, i := range sel {
		out[k] = i
		k += int(truth[idx[i]])
	}
	return out[:k]
}

// filterRows compares texts and the kinds without a loop of their own.
func filterRows(c *Ctx, op compareOp, a, b *vec.Vec, sel vec.Sel) vec.Sel {
	n := c.Batch.N
	out, k := vec.Slice[int32](c.Scope, sel.Count(n)), 0
	if op <= opNe && (a.Kind == vec.String || a.Kind == vec.Binary) && !a.Const && b.Const {
		return out[:filterText(op, out, a.Offsets, a.Data, b.StringAt(0), n, sel)]
	}
	if a.Kind == vec.Decimal {
		return filterDecimals(c, op, a, b, sel)
	}
	eachRow(n, sel, func(i int) {
		out[k] = int32(i)
		k += bit(op.holds(compareRows(a, i, b, i)))
	})
	return out[:k]
}

// filterDecimals brings a constant to the column's scale once, where it fits.
func filterDecimals(c *Ctx, op compareOp, a, b *vec.Vec, sel vec.Sel) vec.Sel {
	n := c.Batch.N
	out, k := vec.Slice[int32](c.Scope, sel.Count(n)), 0
	_, sa := decimalOf(a.Type)
	_, sb := decimalOf(b.Type)
	x, y := vec.Values[decimal128.Num](a), vec.Values[decimal128.Num](b)
	ma, mb := mask(a), mask(b)
	if mb == 0 && sb < sa {
		if z, ok := rescale(y[0], sb, sa, 38); ok {
			y, sb = []decimal128.Num{z}, sa
		}
	}
	var truth [3]int
	for r := range truth {
		truth[r] = bit(op.holds(r - 1))
	}
	if sel == nil {
		for i := range n {
			out[k] = int32(i)
			k += truth[cmpDecimal(x[i&ma], sa, y[i&mb], sb)+1]
		}
		return out[:k]
	}
	for _, i := range sel {
		out[k] = i
		k += truth[cmpDecimal(x[int(i)&ma], sa, y[int(i)&mb], sb)+1]
	}
	return out[:k]
}
