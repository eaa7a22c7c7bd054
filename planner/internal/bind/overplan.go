package bind

import (
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/over"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
)

// reach is how many rows a call looks at, from the first to the last.
func reach(c *over.Call) (rows int64, ok bool) {
	const most = 1 << 30
	switch c.Kind {
	case over.Lag, over.Lead:
		rows = 1
		if len(c.Args) > 1 {
			k, constant := expr.Fold(c.Args[1]).(*expr.Const)
			if !constant {
				return 0, false
			}
			if rows = 0; !k.IsNull() {
				rows = k.One.Int64At(0)
			}
		}
		rows = max(rows, -rows) + 1
		return rows, !c.IgnoreNulls && rows > 0 && rows < most
	case over.FirstValue, over.LastValue, over.NthValue, over.Aggregate:
		f := &c.Frame
		if f.Range || f.Start.Kind == over.UnboundedPreceding || f.End.Kind == over.UnboundedFollowing {
			return 0, false
		}
		rows = 1
		if f.Start.Kind == over.Preceding {
			rows += f.Start.Rows
		}
		if f.End.Kind == over.Following {
			rows += f.End.Rows
		}
		return rows, rows > 0 && rows < most
	}
	return 0, false
}

// overInput puts the calls over input rows below the aggregate, whose groups have
// the value of their last row.
func (z *selecting) overInput(below func(expr.Expr) expr.Expr) {
	if z.overs.below == nil {
		return
	}
	above := z.place(z.overs.below, below)
	for i, l := range z.g.last {
		z.g.last[i] = above(l)
	}
}

// finishOver puts the calls above what they read, and above them the subqueries
// that depend on them.
func (z *selecting) finishOver() {
	below := z.patch
	if below == nil {
		below = func(e expr.Expr) expr.Expr { return e }
	}
	if len(z.overs.calls) == 0 {
		return
	}
	above := z.place(&z.overs, below)
	for i := range z.items {
		if z.items[i].e != nil {
			z.items[i].e = above(z.items[i].e)
		}
	}
	patch := func(e expr.Expr) expr.Expr { return above(below(e)) }
	if z.patch = patch; z.overs.after == nil {
		return
	}
	node, number := z.overs.after.place(z.node, patch)
	z.node, z.patch = node, func(e expr.Expr) expr.Expr { return number(patch(e)) }
	for i := range z.items {
		z.items[i].e = number(z.items[i].e)
	}
}

// place puts the calls above the node, first those over all rows, then those over
// buffers, and gives what rewrites their columns.
func (z *selecting) place(o *overs, below func(expr.Expr) expr.Expr) (above func(expr.Expr) expr.Expr) {
	column := make([]int, len(o.calls))
	if o.inTime != nil {
		if t := z.clock(); t != nil { // else the input brings its watermark
			t.Marks = true
		}
		n := &logical.InTime{Input: z.node, Time: z.timeCol}
		for _, k := range o.inTime {
			n.Keys = append(n.Keys, logical.SortKey{Expr: below(k.Expr), Desc: k.Desc, NullsFirst: k.NullsFirst})
		}
		z.node = n
	}
	for _, buffered := range []bool{false, true} {
		n := &logical.Over{Input: z.node, Buffered: buffered, Out: append([]logical.Field(nil), z.node.Fields()...)}
		for i, w := range o.windows {
			if w.Buffer > 0 != buffered {
				continue
			}
			if w = w.Rewrite(below); w.Expire > 0 {
				if w.Time = z.eventTime(); w.Time == nil {
					z.b.errorf(diag.Window, o.timed[0], "EXPIRE AFTER needs event time: the input has none")
					return below
				}
			}
			n.Windows = append(n.Windows, w)
			for k, c := range w.Calls {
				for p, r := range o.calls {
					if r.window == i && r.call == k {
						column[p] = len(n.Out)
					}
				}
				n.Out = append(n.Out, logical.Field{Name: c.Name, Type: c.Type, Hidden: true})
			}
		}
		if len(n.Windows) > 0 {
			z.node = n
		}
	}
	return func(e expr.Expr) expr.Expr {
		if e == nil {
			return nil
		}
		return expr.Rewrite(e, func(e expr.Expr) expr.Expr {
			c, ok := e.(*expr.Column)
			if !ok || c.Index < o.base || c.Index >= o.base+len(column) {
				return e
			}
			k := *c
			k.Index = column[c.Index-o.base]
			return &k
		})
	}
}

// eventTime is the event time of the node's rows.
func (z *selecting) eventTime() expr.Expr {
	fields := z.node.Fields()
	for i := len(fields) - 1; i >= 0; i-- {
		if f := fields[i]; f.Name == "_event_time" && vec.KindOf(f.Type) == vec.Timestamp {
			return &expr.Column{Index: i, Name: f.Name, T: f.Type}
		}
	}
	return nil
}
