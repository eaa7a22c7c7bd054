package over

import (
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// view is what the calls of a window are computed over: rows in the window's
// order, and the entries that are asked for. A position is a place in that
// order. Between begin and end of an entry stand all rows that batch SQL would
// look at for it: its partition, or its buffer.
type view struct {
	sc     *vec.Scope
	column func(expr.Expr) *vec.Vec // by row, plain
	row    []int32                  // position → row
	// run numbers the runs of rows that ORDER BY does not tell apart, ascending
	// within the bounds of an entry; nil: no ORDER BY, all are peers.
	run []int32
	entries
	place place // of the groups' positions
	// ids and at are, by row, its partition and its position; peer, by position, the
	// bounds of its run. Of views of all rows.
	ids, at []int32
	peer    [2][]int32
	arrived bool // the rows of each partition came in its order
	// all says that the entries are all positions, partition after partition, and
	// each sees its whole partition.
	all bool
}

// entries are the positions that values are asked for, those of one group in
// the order in which frames slide.
type entries struct {
	pos, begin, end []int32
	first, past     []int32 // bounds of the entry's peers
	group           []int32
}

func (e *entries) add(pos, begin, end, first, past, group int32) {
	e.pos, e.begin, e.end = append(e.pos, pos), append(e.begin, begin), append(e.end, end)
	e.first, e.past, e.group = append(e.first, first), append(e.past, past), append(e.group, group)
}

func (e *entries) clear() {
	e.pos, e.begin, e.end = e.pos[:0], e.begin[:0], e.end[:0]
	e.first, e.past, e.group = e.first[:0], e.past[:0], e.group[:0]
}

// result is the column of one call: the value of entry k is number at[k] of
// values, NULL for −1; with a nil at it is number k.
type result struct {
	values *vec.Vec
	at     []int32
}

// fail reports that the value of entry k cannot be given.
type fail func(k int, err error)

// compute gives the values of a call that was made by state.
func (v *view) compute(c *Call, s *state, f fail) result {
	switch c.Kind {
	case Lag, Lead:
		return v.shift(c)
	case FirstValue, LastValue, NthValue:
		return v.value(c, f)
	case Aggregate:
		return v.aggregate(c, s, f)
	}
	return v.rank(c, f)
}
