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
// each in ORDER BY order, ties in order of arrival. Every row is an entry that
// sees its whole partition.
func arrange(sc *vec.Scope, w *Window, n int, column func(expr.Expr) *vec.Vec) *view {
	v := &view{sc: sc, column: column, all: true}
	ids, groups := partitionIDs(sc, w, n, column)
	if w.Expire > 0 {
		groups = expire(ids, groups, column(w.Time), w.Expire)
	}
	keys := make([]*vec.Vec, len(w.Order))
	for i, k := range w.Order {
		keys[i] = column(k.Expr)
	}
	by := newOrdering(w.Order, keys)
	v.row = byPartition(ids, groups, nil)
	if len(keys) > 0 && !by.ordered(v.row, ids) {
		v.row = byPartition(ids, groups, sort.Order(keys, w.Order, n))
	}
	v.pos, v.group = numbers[int32](n), make([]int32, n)
	v.begin, v.end = make([]int32, n), make([]int32, n)
	v.place = place{make([]int32, groups), make([]int32, groups)}
	for from := 0; from < n; {
		g := ids[v.row[from]]
		to := from + 1
		for to < n && ids[v.row[to]] == g {
			to++
		}
		v.place.off[g], v.place.room[g] = int32(from), int32(to-from)
		for p := from; p < to; p++ {
			v.begin[p], v.end[p], v.group[p] = int32(from), int32(to), g
		}
		from = to
	}
	v.first, v.past = v.begin, v.end
	if len(keys) > 0 {
		v.peers(&by)
	}
	return v
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
	if groups < 2 {
		if rows == nil {
			rows = numbers[int32](len(ids))
		}
		return rows
	}
	next := make([]int32, groups)
	for _, g := range ids {
		next[g]++
	}
	at := int32(0)
	for g, n := range next {
		next[g] = at
		at += n
	}
	out := make([]int32, len(ids))
	if rows == nil {
		for r, g := range ids {
			out[next[g]] = int32(r)
			next[g]++
		}
		return out
	}
	for _, r := range rows {
		g := ids[r]
		out[next[g]] = r
		next[g]++
	}
	return out
}

// ordered tells whether rows, which stand partition after partition, are in
// order within each.
func (o *ordering) ordered(rows, ids []int32) bool {
	for p := 1; p < len(rows); p++ {
		if ids[rows[p-1]] == ids[rows[p]] && o.compare(rows[p-1], rows[p]) > 0 {
			return false
		}
	}
	return true
}

// peers finds the runs of rows that ORDER BY does not tell apart.
func (v *view) peers(by *ordering) {
	n := len(v.row)
	v.run, v.first, v.past = make([]int32, n), make([]int32, n), make([]int32, n)
	run := int32(0)
	for from := 0; from < n; run++ {
		to := from + 1
		for to < int(v.end[from]) && by.compare(v.row[from], v.row[to]) == 0 {
			to++
		}
		for p := from; p < to; p++ {
			v.run[p], v.first[p], v.past[p] = run, int32(from), int32(to)
		}
		from = to
	}
}
