package over

import (
	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/group"
	"github.com/velostream/velo/operators/sort"
)

// arrange brings all rows in the order of a window: partition after partition,
// each in ORDER BY order, ties in order of arrival. The entries are not made yet: see
// [view.positions] and [view.rows].
func arrange(sc *vec.Scope, w *Window, n int, column func(expr.Expr) *vec.Vec) *view {
	v := &view{sc: sc, column: column}
	var groups int
	v.ids, groups = partitionIDs(sc, w, n, column)
	if w.Expire > 0 {
		groups = expire(v.ids, groups, column(w.Time), w.Expire)
	}
	keys := make([]*vec.Vec, len(w.Order))
	for i, k := range w.Order {
		keys[i] = column(k.Expr)
	}
	by := newOrdering(w.Order, keys)
	v.place = partitionPlaces(v.ids, groups)
	var sorted []int32
	if len(keys) > 0 && !by.inOrder(v.ids, groups) {
		sorted = sort.Order(keys, w.Order, n)
	}
	v.arrived = sorted == nil
	v.row, v.at = v.place.fill(v.ids, sorted)
	if len(keys) > 0 && w.peers() {
		v.peers(&by)
	}
	return v
}

// peers tells that a call of the window looks at rows that ORDER BY does not tell
// apart.
func (w *Window) peers() bool {
	for i := range w.Calls {
		switch c := &w.Calls[i]; c.Kind {
		case RowNumber, Ntile, Lag, Lead:
		case Rank, DenseRank, PercentRank, CumeDist:
			return true
		default:
			if c.Frame.Range {
				return true
			}
		}
	}
	return false
}

// positions makes every position an entry that sees its whole partition.
func (v *view) positions() *view {
	p := *v
	n := len(v.row)
	p.all, p.pos = true, numbers[int32](n)
	p.group, p.begin, p.end = make([]int32, n), make([]int32, n), make([]int32, n)
	for g, from := range v.place.off {
		to := from + v.place.room[g]
		for at := from; at < to; at++ {
			p.begin[at], p.end[at], p.group[at] = from, to, int32(g)
		}
	}
	p.first, p.past = p.begin, p.end
	if v.run != nil {
		p.first, p.past = v.peer[0], v.peer[1]
	}
	return &p
}

// rows makes every row an entry that sees its whole partition, in the order of
// arrival: what a partition reads next then stands near what it read last, and near
// what the others read, and the values come in the order in which rows go out. A
// thousand partitions one after the other went through all of memory a thousand times.
func (v *view) rows() *view {
	p := *v
	n := len(v.row)
	p.pos, p.group = v.at, v.ids
	p.begin, p.end = make([]int32, n), make([]int32, n)
	for r, g := range v.ids {
		from := v.place.off[g]
		p.begin[r], p.end[r] = from, from+v.place.room[g]
	}
	p.first, p.past = p.begin, p.end
	if v.run != nil {
		p.first, p.past = make([]int32, n), make([]int32, n)
		for r, at := range v.at {
			p.first[r], p.past[r] = v.peer[0][at], v.peer[1][at]
		}
	}
	return &p
}

// byRow tells that a call may be computed row by row as they came: its frames slide
// from one row of a partition to the next, or it keeps nothing from row to row.
func (v *view) byRow(c *Call, s *state) bool {
	switch c.Kind {
	case Lag, Lead, FirstValue, LastValue, NthValue:
		return !c.IgnoreNulls
	case Aggregate:
		return v.arrived && (s.slider != nil || s.extreme)
	}
	return true
}

// partitionIDs numbers the partitions of all rows by first arrival.
func partitionIDs(sc *vec.Scope, w *Window, n int, column func(expr.Expr) *vec.Vec) (ids []int32, groups int) {
	ids = make([]int32, n)
	if len(w.Partition) == 0 {
		return ids, min(n, 1)
	}
	var types []arrow.DataType
	var by []*vec.Vec
	for _, e := range w.Partition {
		types = append(types, e.Type())
		by = append(by, column(e))
	}
	t := group.New(types)
	t.Assign(&arrowexec.Batch{Scope: sc, N: n}, by, nil, ids)
	return ids, t.Len()
}

// expire makes a partition of its own of the rows behind a gap of event time.
func expire(ids []int32, groups int, times *vec.Vec, gap int64) int {
	now, last := numbers[int32](groups), make([]int64, groups)
	for g := range last {
		last[g] = noTime
	}
	for r, g := range ids {
		if !times.IsNull(r) {
			t := times.Int64At(r)
			if last[g] != noTime && t > last[g] && uint64(t-last[g]) > uint64(gap) {
				now[g] = int32(groups)
				groups++
			}
			last[g] = max(last[g], t)
		}
		ids[r] = now[g]
	}
	return groups
}

// byPartition sorts rows, nil for all as they came, by the number of their
// partition; rows of one stay as they stand.
func byPartition(ids []int32, groups int, rows []int32) []int32 {
	places := partitionPlaces(ids, groups)
	row, _ := places.fill(ids, rows)
	return row
}

// partitionPlaces puts the positions of the partitions one after the other.
func partitionPlaces(ids []int32, groups int) place {
	p := place{make([]int32, groups), make([]int32, groups)}
	for _, g := range ids {
		p.room[g]++
	}
	at := int32(0)
	for g, n := range p.room {
		p.off[g] = at
		at += n
	}
	return p
}

// fill gives the row of each position and the position of each row, of rows in an
// order, nil for that of arrival.
func (p place) fill(ids, rows []int32) (row, at []int32) {
	next := append([]int32(nil), p.off...)
	row, at = make([]int32, len(ids)), make([]int32, len(ids))
	if rows == nil {
		for r, g := range ids {
			row[next[g]], at[r] = int32(r), next[g]
			next[g]++
		}
		return row, at
	}
	for _, r := range rows {
		g := ids[r]
		row[next[g]], at[r] = r, next[g]
		next[g]++
	}
	return row, at
}

// inOrder tells whether the rows of each partition came in order.
func (o *ordering) inOrder(ids []int32, groups int) bool {
	last := make([]int32, groups)
	for g := range last {
		last[g] = -1
	}
	for r, g := range ids {
		if before := last[g]; before >= 0 && o.compare(before, int32(r)) > 0 {
			return false
		}
		last[g] = int32(r)
	}
	return true
}

// peers finds the runs of rows that ORDER BY does not tell apart.
func (v *view) peers(by *ordering) {
	n := len(v.row)
	v.run, v.peer = make([]int32, n), [2][]int32{make([]int32, n), make([]int32, n)}
	run := int32(0)
	for g, off := range v.place.off {
		end := off + v.place.room[g]
		for from := off; from < end; run++ {
			to := from + 1
			for to < end && by.compare(v.row[from], v.row[to]) == 0 {
				to++
			}
			for p := from; p < to; p++ {
				v.run[p], v.peer[0][p], v.peer[1][p] = run, from, to
			}
			from = to
		}
	}
}
