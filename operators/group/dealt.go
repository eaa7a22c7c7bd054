package group

import (
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// NewDealt makes an empty table whose rows come from several pipelines: each in the order of
// its sequence numbers, but not all of them together. No two rows have the same number.
func NewDealt(types []arrow.DataType) *Table {
	t := New(types)
	t.dealt, t.latest = true, math.MinInt64
	t.order()
	return t
}

// backdate gives groups the stamps of rows that are earlier than the one that made them. Of a
// pipeline that is ahead of all others no row is.
func (t *Table) backdate(b *arrowexec.Batch, sel vec.Sel, ids []int32) {
	n := sel.Count(b.N)
	if n == 0 {
		return
	}
	first, last := 0, n-1
	if sel != nil {
		first, last = int(sel[0]), int(sel[n-1])
	}
	latest := t.latest
	t.latest = max(latest, b.OrdOf(last))
	if b.OrdOf(first) > latest {
		return
	}
	stamps := t.stamps
	if len(stamps) > manyStamps && sel == nil {
		vec.Ahead(stamps, ids[:n], 0)
	}
	if sel == nil {
		for i, id := range ids[:n] {
			stamps[id] = min(stamps[id], b.OrdOf(i))
		}
		return
	}
	for _, i := range sel {
		id := ids[i]
		stamps[id] = min(stamps[id], b.OrdOf(int(i)))
	}
}

// manyStamps are more than the second-level cache holds beside the rest.
const manyStamps = 1 << 16

// Split lists the groups that each table keeps.
func (t *Table) Split(d *Deal) [][]int32 {
	lists := make([][]int32, d.tables)
	pool := vec.NewPool(nil, false)
	defer pool.Close()
	ids := make([]int32, min(mergeChunk, t.n))
	for from := 0; from < t.n; from += mergeChunk {
		ids := ids[:min(mergeChunk, t.n-from)]
		for i := range ids {
			ids[i] = int32(from + i)
		}
		sc := pool.Open()
		for k, rows := range d.Split(sc, t.readBack(sc, t, ids), len(ids), nil) {
			for _, i := range rows {
				lists[k] = append(lists[k], ids[i])
			}
		}
		sc.Close()
	}
	return lists
}

// Arrivals lists the groups of tables by first arrival, and whose each is. No two have the same
// stamp.
func Arrivals(tables []*Table) (ids []int32, next []uint16) {
	n := 0
	for _, t := range tables {
		n += t.n
	}
	ids, next = make([]int32, n), make([]uint16, n)
	if list, width, ok := stripsOf(tables...); ok && byRank(tables, list, width, ids, next) {
		return ids, next
	}
	all := &Table{n: n, subs: make([]int32, n)}
	for _, t := range tables {
		all.stamps = append(all.stamps, t.stamps...)
	}
	for k, id := range all.Order() {
		for int(id) >= tables[next[k]].n {
			id -= int32(tables[next[k]].n)
			next[k]++
		}
		ids[k] = id
	}
	return ids, next
}
