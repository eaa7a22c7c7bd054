package hashagg

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/agg"
)

// Spec is what a GROUP BY computes: its output columns are the keys and then
// the calls. A planner that needs more columns of a group adds calls: the last
// contributing row's value of an expression ([LastOf]), or the greatest event
// time ([GreatestOf]).
type Spec struct {
	Keys  []expr.Expr
	Calls []Call
}

// Call is one aggregate call.
type Call struct {
	Name   string // for errors: the call as SQL
	Type   arrow.DataType
	New    func() agg.State
	Args   []expr.Expr
	Filter expr.Expr // FILTER (WHERE …), BOOLEAN; nil: all rows
	// Plain tells that New is the function's own state, without DISTINCT or ORDER
	// BY, so calls over the same argument may share it.
	Plain bool
	// back makes the state where rows may be taken back, for calls that the planner
	// adds; nil: they are taken out of the call's value. moves tells that the call is
	// the time to which rows move a group, those that are taken back too.
	back  func() agg.Retractor
	moves bool
}

// NewCall makes a call of an overload. consts are the arguments that are
// constants, as one-row columns, and nil for others.
func NewCall(name string, o *agg.Overload, args []expr.Expr) (Call, error) {
	types, consts := make([]arrow.DataType, len(args)), make([]*vec.Vec, len(args))
	for i, a := range args {
		types[i] = a.Type()
		if c, ok := a.(*expr.Const); ok {
			consts[i] = c.One
		}
	}
	t, err := o.Type(types, consts)
	if err != nil {
		return Call{}, err
	}
	return Call{Name: name, Type: t, Args: args, Plain: true, New: func() agg.State { return o.New(types, consts) }}, nil
}

// Distinct is the call with DISTINCT.
func (c Call) Distinct() Call {
	inner, types := c.New, typesOf(c.Args)
	c.New, c.Plain = func() agg.State { return agg.Distinct(inner, types) }, false
	return c
}

// Ordered is the call with ORDER BY keys inside; by tells the direction of each.
func (c Call) Ordered(keys []expr.Expr, by []agg.Direction) Call {
	inner, args := c.New, len(c.Args)
	c.Args = append(c.Args[:args:args], keys...)
	types := typesOf(c.Args)
	c.New, c.Plain = func() agg.State { return agg.Ordered(inner, types, args, by) }, false
	return c
}

// LastOf is a hidden call: the value of an expression in the last row that was
// added to the group.
func LastOf(e expr.Expr) Call {
	t := e.Type()
	return Call{
		Name: "last value of " + e.String(), Type: t, Args: []expr.Expr{e}, Plain: true, New: func() agg.State { return agg.NewLast(t) },
		back: func() agg.Retractor { return agg.Added(agg.NewLast(t)) },
	}
}

// GreatestOf is a hidden call: the greatest value of an expression in the group, in
// rows that were taken back as well. The row of a group that is deleted has the
// value of the row that caused it.
func GreatestOf(e expr.Expr) Call {
	t := e.Type()
	return Call{
		Name: "greatest " + e.String(), Type: t, Args: []expr.Expr{e}, Plain: true, New: func() agg.State { return agg.NewMax(t) },
		back: func() agg.Retractor { return agg.Moved(agg.NewMax(t)) }, moves: true,
	}
}

func typesOf(es []expr.Expr) []arrow.DataType {
	types := make([]arrow.DataType, len(es))
	for i, e := range es {
		types[i] = e.Type()
	}
	return types
}

// Types are the types of the output columns.
func (s *Spec) Types() []arrow.DataType {
	types := typesOf(s.Keys)
	for _, c := range s.Calls {
		types = append(types, c.Type)
	}
	return types
}

// Rows are the keys and arguments of one batch, in its scope.
type Rows struct {
	Batch *arrowexec.Batch
	Sel   vec.Sel // rows that did not fail
	Keys  []*vec.Vec
	args  [][]*vec.Vec
	pass  []vec.Sel    // by call: rows of Sel that its FILTER lets pass
	bits  []vec.Bitmap // the same as bits, made when another selection asks
	own   arrowexec.Batch
}

// Eval computes the keys and arguments of the selected rows. Rows that fail are
// reported and left out; what they would have taken part in never sees them.
// The result is valid until the batch's scope is closed. c is reset to b.
func (s *Spec) Eval(c *expr.Ctx, b *arrowexec.Batch, f *arrowexec.Failures) (*Rows, error) {
	c.Reset(b)
	r := &Rows{Batch: b, Keys: make([]*vec.Vec, len(s.Keys)), args: make([][]*vec.Vec, len(s.Calls)), pass: make([]vec.Sel, len(s.Calls))}
	for i, k := range s.Keys {
		r.Keys[i] = k.Eval(c, b.Sel)
	}
	flat := map[*vec.Vec]*vec.Vec{} // dictionaries spelt out once
	for i := range s.Calls {
		call := &s.Calls[i]
		sel := b.Sel
		if call.Filter != nil {
			sel = expr.Filter(c, call.Filter, sel)
			if sel == nil { // all passed
				sel = b.Sel
			}
			r.pass[i] = sel
		}
		r.args[i] = make([]*vec.Vec, len(call.Args))
		for k, a := range call.Args {
			v := a.Eval(c, sel)
			if v.Dict != nil {
				if flat[v] == nil {
					flat[v] = b.Scope.Flat(v)
				}
				v = flat[v]
			}
			if call.moves {
				v = b.TimesOfCauses(v)
			}
			r.args[i][k] = v
		}
	}
	failed := len(c.Failed()) > 0
	sel, err := c.Survivors(b.Sel, f)
	if err != nil {
		return nil, err
	}
	r.Sel = sel
	if failed {
		for i, p := range r.pass {
			if s.Calls[i].Filter != nil {
				r.pass[i] = intersect(b.Scope, sel, bitsOf(b.Scope, b.N, p))
			}
		}
	}
	return r, nil
}

// filtered is the part of sel that the FILTER of a call lets pass.
func (r *Rows) filtered(s *Spec, call int, sel vec.Sel) vec.Sel {
	if s.Calls[call].Filter == nil {
		return sel
	}
	if same(sel, r.Sel) {
		return r.pass[call]
	}
	if r.pass[call] == nil {
		return sel
	}
	return intersect(r.Batch.Scope, sel, r.bitmap(s, call))
}

func (r *Rows) bitmap(s *Spec, call int) vec.Bitmap {
	if r.bits == nil {
		r.bits = make([]vec.Bitmap, len(s.Calls))
	}
	if r.bits[call] == nil {
		r.bits[call] = bitsOf(r.Batch.Scope, r.Batch.N, r.pass[call])
	}
	return r.bits[call]
}

// In gives the rows to add a part of them with memory of another scope: who adds
// a batch in many parts closes it after each. The result is out, which the caller
// keeps for the next part.
func (r *Rows) In(s *Spec, sc *vec.Scope, out *Rows) *Rows {
	r.mark(s)
	*out = *r
	out.own = *r.Batch
	out.own.Scope = sc
	out.Batch = &out.own
	return out
}

// mark makes the bitmaps of all FILTERs: then nothing changes the rows any more.
func (r *Rows) mark(s *Spec) {
	for i := range s.Calls {
		if s.Calls[i].Filter != nil && r.pass[i] != nil {
			r.bitmap(s, i)
		}
	}
}

func same(a, b vec.Sel) bool {
	return a == nil && b == nil || len(a) > 0 && len(a) == len(b) && &a[0] == &b[0]
}

func bitsOf(sc *vec.Scope, n int, sel vec.Sel) vec.Bitmap {
	bits := vec.Bitmap(sc.Zeroed(vec.BitmapBytes(n)))
	each(n, sel, func(i int) { bits.Set(i) })
	return bits
}

func intersect(sc *vec.Scope, sel vec.Sel, bits vec.Bitmap) vec.Sel {
	if sel == nil {
		out := vec.Slice[int32](sc, 8*len(bits))[:0]
		for i := range 8 * len(bits) {
			if bits.Get(i) {
				out = append(out, int32(i))
			}
		}
		return out
	}
	out := vec.Slice[int32](sc, len(sel))[:0]
	for _, i := range sel {
		if bits.Get(int(i)) {
			out = append(out, i)
		}
	}
	return out
}

func each(n int, sel vec.Sel, f func(i int)) {
	if sel == nil {
		for i := range n {
			f(i)
		}
		return
	}
	for _, i := range sel {
		f(int(i))
	}
}
