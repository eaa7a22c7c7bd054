package logical

import (
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// IsEventTime tells whether a column of a node is the event time that its
// watermarks are made of: _event_time, or the column of event.time.field passed on
// as it is, when it holds ms or a time.
func IsEventTime(n Node, col int) bool {
	if col < 0 || col >= len(n.Fields()) {
		return false
	}
	switch n := n.(type) {
	case *Project:
		c, ok := n.Exprs[col].(*expr.Column)
		return ok && IsEventTime(n.Input, c.Index)
	case *Filter, *Require, *Sort, *Limit, *Distinct, *Table, *Upserts:
		return IsEventTime(n.Inputs()[0], col)
	case *Over: // the values of OVER stand behind the input's columns
		return col < len(n.Input.Fields()) && IsEventTime(n.Input, col)
	case *Union:
		for _, m := range n.All {
			if !IsEventTime(m, col) {
				return false
			}
		}
		return true
	case *Edge:
		return n.Timed[col]
	case *Join:
		// The times of both sides: the watermark of a join within a time bound is
		// behind either by the greater bound.
		if n.Interval == nil {
			return false
		}
		if nl := len(n.Left.Fields()); col >= nl {
			return IsEventTime(n.Right, col-nl)
		}
		return IsEventTime(n.Left, col)
	case *Time:
		if col == len(n.Out)-1 {
			return true
		}
		if col == n.Column {
			k := vec.KindOf(n.Out[col].Type)
			return k == vec.Timestamp || k == vec.Date || n.Format == "epoch_millis" && k != vec.String && k != vec.Float64 && k != vec.Decimal
		}
	}
	return false
}
