package expr

import (
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/vec"
)

// call is a function applied to operands of its overload's types.
type call struct {
	f      *Func
	o      *Overload
	args   []Expr
	t      arrow.DataType
	kernel Kernel
}

// Called is the name of the function that an expression is a call of, "" for others.
func Called(e Expr) string {
	if c, ok := e.(*call); ok {
		return c.f.Name
	}
	return ""
}

// NewCall picks the overload that takes the arguments with the least widening,
// casts them, and prepares the kernel. Among equals the first listed wins.
func NewCall(f *Func, args []Expr) (Expr, error) {
	if f.With != nil {
		f = f.With(args)
	}
	best, bestCost := -1, 0
	for i := range f.Overloads {
		cost, ok := f.Overloads[i].cost(args)
		if ok && f.Family != "Operator" { // of a function's numbers a string literal is a DOUBLE, as in PostgreSQL
			cost -= f.Overloads[i].doubles(args)
		}
		if ok && (best < 0 || cost < bestCost) {
			best, bestCost = i, cost
		}
	}
	if best < 0 {
		return nil, f.mismatch(args)
	}
	o := &f.Overloads[best]
	conv := make([]Expr, len(args))
	for i, a := range args {
		p := o.param(i)
		t := Met(a, paramType(p, a.Type()))
		var err error
		if conv[i], err = convert(a, t); err != nil {
			return nil, inArg(i, err)
		}
	}
	types := make([]arrow.DataType, len(conv))
	consts := make([]*Const, len(conv))
	for i, a := range conv {
		types[i] = a.Type()
		if len(a.Children()) > 0 {
			a = Fold(a)
			conv[i] = a
		}
		consts[i], _ = a.(*Const)
	}
	t, err := o.Type(types, consts)
	if err != nil {
		return nil, err
	}
	k := o.Kernel
	if o.Prepare != nil {
		if k, err = o.Prepare(types, consts); err != nil {
			return nil, err
		}
	}
	return &call{f: f, o: o, args: conv, t: t, kernel: k}, nil
}

func (o *Overload) param(i int) Param {
	if i >= len(o.Args) {
		return o.Args[len(o.Args)-1]
	}
	return o.Args[i]
}

func (o *Overload) cost(args []Expr) (int, bool) {
	least := len(o.Args) - o.Optional
	if o.Variadic {
		least--
	}
	if len(args) < least || !o.Variadic && len(args) > len(o.Args) {
		return 0, false
	}
	sum := 0
	for i, a := range args {
		c, ok := widening(a, o.param(i))
		if !ok {
			return 0, false
		}
		sum += c
	}
	return sum, true
}

// doubles counts the string literals that would be DOUBLE.
func (o *Overload) doubles(args []Expr) (n int) {
	for i, a := range args {
		if isTextLiteral(a) && o.param(i).Kind == vec.Float64 {
			n++
		}
	}
	return n
}

// widening is what it costs to give e to a parameter; 0 is as it is.
func widening(e Expr, p Param) (int, bool) {
	from := vec.KindOf(e.Type())
	switch {
	case p.Any:
		return 90, true
	case from == p.Kind:
		return 0, true
	case from == vec.Null:
		return 1, true
	case isTextLiteral(e) && p.Kind != vec.Binary && !isNested(p.Kind) && p.Kind != vec.Null:
		return 200, true
	case isTextLiteral(e) && p.Kind == vec.Binary:
		return 100, true
	case isNumeric(from) && isNumeric(p.Kind):
		to := p.Kind
		switch {
		case isInt(from) && isInt(to):
			return int(to) - int(from), to > from
		case to == vec.Decimal:
			return 10, isInt(from)
		case to == vec.Float64:
			return 20, true
		}
		return 0, false
	case from == vec.Date && p.Kind == vec.Timestamp:
		return 10, true
	case isInt(from) && p.Kind == vec.Timestamp:
		return 60, true
	}
	return 0, false
}

// paramType is the type that an argument of type from is cast to.
func paramType(p Param, from arrow.DataType) arrow.DataType {
	k := vec.KindOf(from)
	if p.Any {
		if k == vec.Null {
			return vec.TypeString
		}
		return from
	}
	if k == p.Kind {
		return from
	}
	switch p.Kind {
	case vec.Decimal:
		if isInt(k) || k == vec.Null {
			return vec.DecimalType(19, 0)
		}
		return vec.DecimalType(38, 9)
	case vec.List:
		return arrow.ListOf(vec.TypeString)
	case vec.Map:
		return arrow.MapOf(vec.TypeString, vec.TypeString)
	case vec.Struct:
		return arrow.StructOf()
	}
	return kindTypes[p.Kind]
}

var kindTypes = map[vec.Kind]arrow.DataType{
	vec.Null: vec.TypeNull, vec.Bool: vec.TypeBool, vec.Int8: vec.TypeInt8, vec.Int16: vec.TypeInt16, vec.Int32: vec.TypeInt32, vec.Int64: vec.TypeInt64,
	vec.Float32: vec.TypeFloat32, vec.Float64: vec.TypeFloat64, vec.String: vec.TypeString, vec.Binary: vec.TypeBinary, vec.Date: vec.TypeDate,
	vec.Time: vec.TypeTime, vec.Timestamp: vec.TypeTimestamp, vec.Interval: vec.TypeInterval,
}

func (f *Func) mismatch(args []Expr) error {
	names := make([]string, len(args))
	for i, a := range args {
		names[i] = TypeName(a.Type())
	}
	what := "function " + f.Name
	if f.Family == "Operator" {
		what = "operator " + strings.TrimPrefix(f.Name, "neg")
		if f.Name == "neg" {
			what = "operator -"
		}
	}
	arity := false
	for i := range f.Overloads {
		o := &f.Overloads[i]
		arity = arity || len(args) <= len(o.Args) && len(args) >= len(o.Args)-o.Optional || o.Variadic && len(args) >= len(o.Args)-1
	}
	if !arity {
		plural := "s"
		if len(args) == 1 {
			plural = ""
		}
		return &ArgumentError{-1, fmt.Sprintf("%s does not take %d argument%s; hint: write %s", what, len(args), plural, f.Signature)}
	}
	hint := ""
	for _, a := range args {
		if vec.KindOf(a.Type()) == vec.String && !isTextLiteral(a) {
			hint = "; CAST the STRING to the type that is meant"
		}
	}
	if len(args) == 0 {
		return &ArgumentError{-1, fmt.Sprintf("%s needs arguments; hint: write %s", what, f.Signature)}
	}
	return &ArgumentError{f.wrong(args), fmt.Sprintf("%s does not take %s%s", what, strings.Join(names, ", "), hint)}
}

// total tells that the call gives a value for every row of values.
func (e *call) total() bool {
	if e.o.Total == nil || e.f.Volatile {
		return e.o.total
	}
	consts := make([]*Const, len(e.args))
	for i, a := range e.args {
		consts[i], _ = a.(*Const)
	}
	return e.o.Total(consts)
}

func (e *call) Type() arrow.DataType { return e.t }
func (e *call) Children() []Expr     { return e.args }
func (e *call) WithChildren(k []Expr) Expr {
	n := *e
	n.args = k
	return &n
}

func (e *call) String() string {
	if e.f.Family == "Operator" {
		if len(e.args) == 1 {
			return "(-" + e.args[0].String() + ")"
		}
		return "(" + e.args[0].String() + " " + e.f.Name + " " + e.args[1].String() + ")"
	}
	return e.f.Name + "(" + list(e.args) + ")"
}

func list(es []Expr) string {
	var sb strings.Builder
	for i, a := range es {
		if i > 0 {
			sb.WriteString(", ")
		}
		sb.WriteString(a.String())
	}
	return sb.String()
}

func (e *call) Eval(c *Ctx, sel vec.Sel) *vec.Vec {
	n := c.Batch.N
	var few [4]*vec.Vec
	args := few[:0]
	if len(e.args) > len(few) {
		args = make([]*vec.Vec, 0, len(e.args))
	}
	args = e.operands(c, sel, args)
	if e.o.NullCall {
		return clearFailed(c, e.kernel(c, e.t, args, sel))
	}
	var valid vec.Bitmap
	for _, a := range args {
		if a.Const && a.IsNull(0) {
			return c.Scope.NullConst(e.t, n)
		}
		valid = andValid(c.Scope, valid, rowValid(a), n)
	}
	if !e.o.total {
		sel = validOnly(c, valid, sel)
	}
	if sel != nil && len(sel) == 0 {
		return c.Scope.NullConst(e.t, n)
	}
	v := e.kernel(c, e.t, args, sel)
	if valid != nil && v.Kind != vec.Null {
		if v.Const {
			if v.IsNull(0) {
				return v
			}
			v = c.Scope.Flat(v)
		}
		h := c.Scope.Header(v)
		h.Valid = andValid(c.Scope, v.Valid, valid, n)
		v = h
	}
	return clearFailed(c, v)
}

// operands are the values of the arguments; those of a chain of calls together, so
// that nothing is made of its parts.
func (e *call) operands(c *Ctx, sel vec.Sel, args []*vec.Vec) []*vec.Vec {
	for _, a := range e.args {
		if in, ok := a.(*call); ok && e.o.chained && in.o == e.o {
			args = in.operands(c, sel, args)
			continue
		}
		if e.o.plainIntegers {
			a = unwidened(a)
		}
		args = append(args, plain(c.Scope, a.Eval(c, sel)))
	}
	return args
}
