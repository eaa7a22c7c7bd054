package expr

import (
	"errors"
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/velostream/velo/arrowexec/vec"
)

// caseExpr is CASE WHEN … THEN … ELSE … END. Each condition sees the rows that
// the ones before left, each result only its own rows.
type caseExpr struct {
	whens, thens []Expr
	els          Expr
	t            arrow.DataType
	name         string // CASE, IF, NULLIF for String
}

// NewCase is the searched CASE; els may be nil. Results meet in their common type.
func NewCase(whens, thens []Expr, els Expr) (Expr, error) { return newCase("CASE", whens, thens, els) }

// Branches are the expressions one of which CASE, IF, NULLIF or COALESCE gives the
// value of; nil for others.
func Branches(e Expr) []Expr {
	switch e := e.(type) {
	case *caseExpr:
		return append(e.thens[:len(e.thens):len(e.thens)], e.els)
	case *coalesce:
		return e.args
	}
	return nil
}

// NewIf is IF(c, a, b); a NULL condition takes b, which may be nil for NULL.
func NewIf(c, a, b Expr) (Expr, error) { return newCase("IF", []Expr{c}, []Expr{a}, b) }

func newCase(name string, whens, thens []Expr, els Expr) (Expr, error) {
	if len(whens) == 0 || len(whens) != len(thens) {
		return nil, fmt.Errorf("%s needs a condition and a result each", name)
	}
	conds := make([]Expr, len(whens))
	for i, w := range whens {
		var err error
		if conds[i], err = truth(name+" condition", w); err != nil {
			return nil, inArg(i, err)
		}
	}
	results := append([]Expr{}, thens...)
	if els == nil {
		els = NullConst(vec.TypeNull)
	}
	results = append(results, els)
	results, t, err := unify("results of "+name, results)
	if at := (*ArgumentError)(nil); errors.As(err, &at) {
		err = inArg(len(whens)+at.Arg, at)
	}
	if err != nil {
		return nil, err
	}
	return &caseExpr{whens: conds, thens: results[:len(thens)], els: results[len(thens)], t: t, name: name}, nil
}

func (e *caseExpr) Type() arrow.DataType { return e.t }

func (e *caseExpr) Children() []Expr {
	var out []Expr
	out = append(out, e.whens...)
	out = append(out, e.thens...)
	return append(out, e.els)
}

func (e *caseExpr) WithChildren(k []Expr) Expr {
	n := len(e.whens)
	return &caseExpr{whens: k[:n], thens: k[n : 2*n], els: k[2*n], t: e.t, name: e.name}
}

func (e *caseExpr) String() string {
	var sb strings.Builder
	sb.WriteString("CASE")
	for i := range e.whens {
		sb.WriteString(" WHEN " + e.whens[i].String() + " THEN " + e.thens[i].String())
	}
	return sb.String() + " ELSE " + e.els.String() + " END"
}

func (e *caseExpr) Eval(c *Ctx, sel vec.Sel) *vec.Vec {
	m := merger{c: c, t: e.t}
	rest := sel
	for i, w := range e.whens {
		if rest != nil && len(rest) == 0 {
			break
		}
		yes := Filter(c, w, rest)
		if yes == nil {
			m.add(e.thens[i].Eval(c, yes), rest)
			rest = vec.Sel{}
			break
		}
		if len(yes) > 0 {
			m.add(e.thens[i].Eval(c, yes), yes)
			rest = without(c, rest, yes)
		}
	}
	if rest == nil || len(rest) > 0 {
		m.add(e.els.Eval(c, rest), rest)
	}
	return m.finish(sel)
}

// merger puts parts of one column together that were computed for disjoint
// selections.
type merger struct {
	c    *Ctx
	t    arrow.DataType
	vecs []*vec.Vec
	sels []vec.Sel
}

func (m *merger) add(v *vec.Vec, sel vec.Sel) {
	m.vecs = append(m.vecs, v)
	m.sels = append(m.sels, sel)
}

func (m *merger) finish(sel vec.Sel) *vec.Vec {
	n := m.c.Batch.N
	switch len(m.vecs) {
	case 0:
		return m.c.Scope.NullConst(m.t, n)
	case 1:
		return m.vecs[0]
	}
	out := m.c.Scope.New(m.t, n)
	switch out.Kind {
	case vec.Int8:
		scatter[int8](m, out)
	case vec.Int16:
		scatter[int16](m, out)
	case vec.Int32, vec.Date:
		scatter[int32](m, out)
	case vec.Int64, vec.Time, vec.Timestamp:
		scatter[int64](m, out)
	case vec.Float32:
		scatter[float32](m, out)
	case vec.Float64:
		scatter[float64](m, out)
	case vec.Decimal:
		scatter[decimal128.Num](m, out)
	case vec.Interval:
		scatter[interval](m, out)
	case vec.Bool:
		for p, v := range m.vecs {
			v = plain(m.c.Scope, v)
			eachRow(n, m.sels[p], func(i int) {
				if v.IsNull(i) {
					m.c.Scope.SetValid(out).Clear(i)
				} else {
					out.Bits().Put(i, v.BoolAt(i))
				}
			})
		}
	default:
		return m.rows(sel)
	}
	return out
}

func scatter[T vec.Fixed](m *merger, out *vec.Vec) {
	n, dst := m.c.Batch.N, vec.Values[T](out)
	for p, v := range m.vecs {
		v = plain(m.c.Scope, v)
		if v.Const {
			if v.IsNull(0) {
				valid := m.c.Scope.SetValid(out)
				eachRow(n, m.sels[p], func(i int) { valid.Clear(i) })
				continue
			}
			x := vec.Values[T](v)[0]
			for _, i := range m.sels[p] {
				dst[i] = x
			}
			continue
		}
		src := vec.Values[T](v)
		for _, i := range m.sels[p] {
			dst[i] = src[i]
		}
		if v.Valid != nil {
			valid := m.c.Scope.SetValid(out)
			for _, i := range m.sels[p] {
				if !v.Valid.Get(int(i)) {
					valid.Clear(int(i))
				}
			}
		}
	}
}

// rows merges columns that have to be written in row order.
func (m *merger) rows(sel vec.Sel) *vec.Vec {
	n := m.c.Batch.N
	which := m.c.Scope.Zeroed(2 * n)
	for p := range m.vecs {
		eachRow(n, m.sels[p], func(i int) { which[2*i], which[2*i+1] = byte(p), byte(p>>8) })
	}
	pick := func(i int) *vec.Vec { return m.vecs[int(which[2*i])|int(which[2*i+1])<<8] }
	if k := vec.KindOf(m.t); k == vec.String || k == vec.Binary {
		r := NewStringResult(m.c, m.t, 8*n)
		eachRow(n, sel, func(i int) {
			v := pick(i)
			if v.IsNull(i) {
				r.Null(i)
			} else {
				b := v.BytesAt(i)
				r.Room(len(b))
				r.Data = append(r.Data, b...)
			}
			r.End(i)
		})
		return r.Finish()
	}
	b := vec.NewBuilder(m.c.Scope, m.t, n)
	eachRow(n, sel, func(i int) {
		for b.N < i {
			b.Null()
		}
		b.AppendRow(pick(i), i)
	})
	for b.N < n {
		b.Null()
	}
	return b.Finish()
}

// coalesce is COALESCE: each argument is computed for the rows still NULL.
type coalesce struct {
	args []Expr
	t    arrow.DataType
}

// NewCoalesce is the first argument that is not NULL.
func NewCoalesce(args []Expr) (Expr, error) {
	if len(args) == 0 {
		return nil, fmt.Errorf("COALESCE needs an argument")
	}
	args, t, err := unify("COALESCE", args)
	if err != nil {
		return nil, err
	}
	return &coalesce{args: args, t: t}, nil
}

func (e *coalesce) Type() arrow.DataType       { return e.t }
func (e *coalesce) Children() []Expr           { return e.args }
func (e *coalesce) WithChildren(k []Expr) Expr { return &coalesce{args: k, t: e.t} }
func (e *coalesce) String() string             { return "COALESCE(" + list(e.args) + ")" }

func (e *coalesce) Eval(c *Ctx, sel vec.Sel) *vec.Vec {
	n := c.Batch.N
	m := merger{c: c, t: e.t}
	rest := sel
	for a, arg := range e.args {
		v := arg.Eval(c, rest)
		if !v.HasNulls() || a == len(e.args)-1 || v.Const && !v.IsNull(0) {
			m.add(v, rest)
			break
		}
		if v.Const || v.Kind == vec.Null {
			continue
		}
		yes := validOnly(c, v.Valid, rest)
		if len(yes) == rest.Count(n) {
			m.add(v, rest)
			break
		}
		if len(yes) > 0 {
			m.add(v, yes)
			rest = without(c, rest, yes)
		}
	}
	return m.finish(sel)
}

// NewNullIf is NULL where a = b, else a.
func NewNullIf(a, b Expr) (Expr, error) {
	if vec.KindOf(a.Type()) == vec.Null {
		return NullConst(vec.TypeString), nil
	}
	eq, err := NewCompare("=", a, b)
	if err != nil {
		return nil, err
	}
	return &caseExpr{whens: []Expr{eq}, thens: []Expr{NullConst(a.Type())}, els: a, t: a.Type(), name: "NULLIF"}, nil
}
