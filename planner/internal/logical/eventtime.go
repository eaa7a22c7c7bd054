package logical

import (
	"strings"

	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// Timed says what a column has to do with the watermarks of its rows.
type Timed uint8

const (
	NotTimed  Timed = iota
	Rising          // rises with the event time of the rows, and may have another value
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
	case *Filter, *Require, *Sort, *Limit, *Distinct, *Table, *Upserts, *InTime:
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
		if t == Rising { // each member's may be of its own kind
			return NotTimed
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
		side := n.Left
		if nl := len(n.Left.Fields()); col >= nl {
			side, col = n.Right, col-nl
		}
		if EventTime(side, col) >= SideTimed {
			return SideTimed
		}
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
		if n.Rises(col) {
			return Rising
		}
	case *Aggregate:
		if n.Window == nil || n.Mode != Final || n.Corrects() {
			return NotTimed
		}
		start := len(n.Out) - 3 // the start, the end, and the time of the row
		switch {
		case col == start && (n.Window.Kind == "TUMBLING" || n.Window.Kind == "SLIDING"), col > start:
			return Rising
		}
	}
	return NotTimed
}

// Rises tells whether a column of the input is what the event time is made of, so that
// it has the order of the event time. Text has another one.
func (n *Time) Rises(col int) bool {
	if n.Column < 0 {
		return col == n.Stamp
	}
	k := vec.KindOf(n.Out[col].Type)
	return col == n.Column && k != vec.String && k != vec.Null
}

// Corrects tells whether rows of closed windows are given again when others come late.
func (n *Aggregate) Corrects() bool {
	return n.Window != nil && strings.EqualFold(n.Late.Strategy, "update_previous")
}

// Corrected tells whether a plan gives rows of closed windows again, which come behind
// the watermark of those that read them.
func Corrected(n Node) bool {
	switch n := n.(type) {
	case *Edge:
		return n.Corrected
	case *Aggregate:
		return n.Corrects()
	}
	for _, in := range n.Inputs() {
		if Corrected(in) {
			return true
		}
	}
	return false
}
