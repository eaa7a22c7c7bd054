package bind

import (
	"math"

	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/operators/over"
	"github.com/velostream/velo/operators/sort"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
)

// arrival tells whether rows of an input that does not end can be had in an order:
// because they come so, or, if wait is set, as the watermark passes. why says why not,
// where there is more to say than that the order is another one.
type arrival struct {
	ok, wait  bool
	why, hint string
}

// stream checks a window without BUFFER over an input that does not end, and
// gives it a buffer of the rows that its calls can look at.
func (x *exprs) stream(c *ast.Call, w *over.Window, call *over.Call) bool {
	hint := "write OVER (ROWS WINDOW BUFFER 1000 ROWS …)"
	if len(w.Order) > 0 {
		if a := x.inOrder(w.Order); !a.ok {
			why := ", and is the same in all such OVERs"
			if a.why != "" {
				why = ": " + a.why
			}
			if a.hint != "" {
				hint = a.hint + ", or " + hint
			}
			x.b.errorHint(diag.Unbounded, c.Over.OrderBy[0].Pos(), hint, "ORDER BY of OVER without BUFFER, on an input that does not end, begins with its event time%s", why)
			return false
		}
	}
	rows, ok := reach(call)
	if f := &call.Frame; !ok && call.Kind >= over.FirstValue && f.Range && f.Start.Kind == over.Preceding && f.End.Kind <= over.CurrentRow && x.waits(w.Order) {
		w.Buffer, w.Trim = math.MaxInt32, true // as many rows as the frame's time has
		return true
	}
	if !ok {
		x.b.errorHint(diag.Unbounded, c.Over.Pos(), hint+", or a frame such as ROWS BETWEEN 9 PRECEDING AND CURRENT ROW", "OVER on an input that does not end needs BUFFER, a frame with both bounds, or LAG or LEAD with a constant offset")
		return false
	}
	w.Buffer = rows
	return true
}

// inOrder tells whether the rows can be had in an order, and asks for it.
func (x *exprs) inOrder(order []sort.Key) arrival {
	o := x.overs
	a := o.inOrder(order)
	if !a.ok || !a.wait {
		return a
	}
	text := windowText(over.Window{Order: order})
	if o.inTime != nil && windowText(over.Window{Order: o.inTime}) != text {
		return arrival{}
	}
	o.inTime = order
	return a
}

// waits tells whether rows come in the order of event time.
func (x *exprs) waits(order []sort.Key) bool {
	if len(order) == 0 {
		return false
	}
	a := x.overs.inOrder(order)
	return a.wait && a.ok
}

// timeOrder tells whether an order begins with the event time of the input, whose
// watermark rows then wait for: that of the source, or the one that comes through a
// query below, as for a window.
func (z *selecting) timeOrder(order []sort.Key) arrival {
	c, isColumn := order[0].Expr.(*expr.Column)
	switch {
	case !isColumn || order[0].Desc:
		return arrival{}
	case z.timeCol < 0:
		return arrival{why: "the statement names none that the input has", hint: "write ORDER BY _event_time"}
	case !z.node.Fields()[z.timeCol].System && logical.EventTime(z.node, z.timeCol) == logical.NotTimed:
		return arrival{why: "the input has none that its watermark is of"} // a column of that name
	case z.rel.Restamped && logical.EventTime(z.node, c.Index) != logical.NotTimed:
		return arrival{why: "that is AS _event_time of the query below", hint: "write ORDER BY _event_time"}
	case logical.Corrected(z.node):
		return arrival{why: "late.data.strategy update_previous gives rows of windows again, behind the watermark", hint: "leave that strategy out"}
	case c.Index == z.timeCol:
		return arrival{ok: true, wait: true}
	}
	switch of := logical.EventTime(z.node, c.Index); {
	case of >= logical.Rising && of != logical.SideTimed && !z.rel.Joined:
		return arrival{ok: true, wait: true}
	case of == logical.SideTimed || z.rel.Joined:
		return arrival{why: "that of the rows of a join is the greater one of both sides", hint: "write ORDER BY _event_time"}
	}
	if t := z.clock(); t != nil {
		ok := t.Rises(c.Index)
		return arrival{ok: ok, wait: ok}
	}
	return arrival{}
}

// emittedOrder tells whether an order is that in which windows are emitted: by
// their end, and but for sessions by their start too.
func (z *selecting) emittedOrder(order []sort.Key) arrival {
	c, isColumn := order[0].Expr.(*expr.Column)
	if !isColumn || order[0].Desc || len(order) > 1 || z.agg.Window == nil || z.agg.Mode != logical.Final || z.agg.Corrects() {
		return arrival{}
	}
	return arrival{ok: c.Index == winBase+1 || c.Index == winBase && z.agg.Window.Kind != ast.Session.String() && z.agg.Window.Kind != ast.Cumulate.String()}
}
