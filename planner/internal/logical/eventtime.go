package logical

import (
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// Timed says what a column has to do with the watermarks of its rows.
type Timed uint8

const (
	NotTimed  Timed = iota
	SideTimed       // event time of one side of a join, whose rows have the greater of both
	RowTimed        // event time of the rows
)

// EventTime tells whether a column of a node is event time that the watermarks of its
// rows judge: that of the sources below, which an item, a filter or another statement has
// passed on.
func EventTime(n Node, col int) Timed {
	if col < 0 || col >= len(n.Fields()) {
		return NotTimed
	}
	switch n := n.(type) {
	case *Project:
		if c, ok := n.Exprs[col].(*expr.Column); ok {
			return EventTime(n.Input, c.Index)
		}
	case *Filter, *Require, *Sort, *Limit, *Distinct, *Table, *Upserts:
		return EventTime(n.Inputs()[0], col)
	case *Over, *Unnest: // what they add stands behind the input's columns
		if in := n.Inputs()[0]; col < len(in.Fields()) {
			return EventTime(in, col)
		}
	case *Union:
		t := RowTimed
		for _, m := range n.All {
			t = min(t, EventTime(m, col))
		}
		return t
	case *Edge:
		return n.Timed[col]
	case *Join:
		// The watermark of a join within a time bound is behind either side by the
		// greater bound.
		if n.Interval == nil {
			return NotTimed
		}
		if nl := len(n.Left.Fields()); col >= nl {
			return min(SideTimed, EventTime(n.Right, col-nl))
		}
		return min(SideTimed, EventTime(n.Left, col))
	case *Time:
		if col == len(n.Out)-1 {
			return RowTimed
		}
		if col == n.Column {
			k := vec.KindOf(n.Out[col].Type)
			if k == vec.Timestamp || k == vec.Date || n.Format == "epoch_millis" && k != vec.String && k != vec.Float64 && k != vec.Decimal {
				return RowTimed
			}
		}
	}
	return NotTimed
}
