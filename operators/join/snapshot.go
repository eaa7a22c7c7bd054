package join

import (
	"errors"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/group"
	"github.com/velostream/velo/operators/kept"
)

var (
	errSnapshot = errors.New("the snapshot is not of this join")
	errOrder    = errors.New("the snapshot is of a join that read its other side first: the inputs have other sizes now")
)

// Snapshot of the right port writes down the whole join: how far its inputs are and,
// once it has ended, the fates of its rows; else
// the right rows with the numbers of their keys and whether they came out, the
// keys, and the left rows that wait, with their numbers if they have any. The left
// port has nothing to add.
func (p *rightPort) Snapshot() ([]arrow.Record, error) {
	j := p.j
	if err := j.open(vec.NewPool(nil, false)); err != nil { // no row has come since a restore
		return nil, err
	}
	pool := vec.NewPool(nil, false)
	defer pool.Close()
	sc := pool.Open()
	defer sc.Close()
	n := j.rows.Len()
	ids, sets := numbers(j.ids, j.start, j.list, n), numbers(j.setIDs, j.setStart, j.setRow, n)
	nulls, seen, failed := make([]int64, n), make([]int64, n), make([]int64, n)
	for r := range n {
		nulls[r], seen[r], failed[r] = truth(j.rowNulls, r), truth(j.seen, r), truth(j.failed, r)
	}
	out := []arrow.Record{
		kept.Record(7, []*vec.Vec{kept.Int64s([]int64{j.mark, truth([]bool{j.ended}, 0), truth([]bool{j.done}, 0), truth([]bool{j.closed}, 0), j.lost, j.held, truth([]bool{j.o.Early}, 0)})}),
		j.rows.Snapshot(),
		kept.Record(n, []*vec.Vec{kept.Int64s(ids), kept.Int64s(sets), kept.Int64s(nulls), kept.Int64s(seen), kept.Int64s(failed)}),
		j.waiting.Snapshot(),
		kept.Record(len(j.leftIDs), []*vec.Vec{kept.Int64s(wide(j.leftIDs))}),
		tableRecord(sc, j.table),
	}
	if j.sets != nil {
		out = append(out, tableRecord(sc, j.sets))
	}
	return out, nil
}

func wide(ids []int32) []int64 {
	out := make([]int64, len(ids))
	for i, id := range ids {
		out[i] = int64(id)
	}
	return out
}

// numbers gives the number of each row, which is in lists once the right input
// has ended; -1: it has none.
func numbers(ids, start, list []int32, n int) []int64 {
	out := make([]int64, n)
	for r := range out {
		out[r] = -1
		if r < len(ids) {
			out[r] = int64(ids[r])
		}
	}
	for k := 0; k+1 < len(start); k++ {
		for _, r := range list[start[k]:start[k+1]] {
			out[r] = int64(k)
		}
	}
	return out
}

func truth(b []bool, i int) int64 {
	if i < len(b) && b[i] {
		return 1
	}
	return 0
}

func tableRecord(sc *vec.Scope, t *group.Table) arrow.Record {
	ids := make([]int32, t.Len())
	for i := range ids {
		ids[i] = int32(i)
	}
	return kept.Record(len(ids), t.Snapshot(sc, ids))
}

// Restore reads a snapshot into a fresh join; the rows are read when the first
// batch gives a pool.
func (p *rightPort) Restore(recs []arrow.Record) error {
	j := p.j
	tables := []*group.Table{j.table}
	if j.sets != nil {
		tables = append(tables, j.sets)
	}
	if len(recs) != 5+len(tables) {
		return errSnapshot
	}
	pool := vec.NewPool(nil, false)
	defer pool.Close()
	sc := pool.Open()
	defer sc.Close()
	var t [3][][]int64
	for i, rec := range []arrow.Record{recs[0], recs[2], recs[4]} {
		cols, err := kept.Columns(sc, rec)
		if err != nil {
			return err
		}
		for _, c := range cols {
			if c.Kind != vec.Int64 {
				return errSnapshot
			}
			t[i] = append(t[i], vec.Values[int64](c))
		}
	}
	if len(t[0]) != 1 || len(t[0][0]) != 7 || len(t[1]) != 5 || len(t[2]) != 1 {
		return errSnapshot
	}
	if (t[0][0][6] != 0) != j.o.Early {
		return errOrder
	}
	for _, id := range t[2][0] {
		j.leftIDs = append(j.leftIDs, int32(id))
	}
	j.mark, j.ended, j.done = t[0][0][0], t[0][0][1] != 0, t[0][0][2] != 0
	j.closed, j.lost, j.held = t[0][0][3] != 0, t[0][0][4], t[0][0][5]
	if j.closed {
		return nil
	}
	for r, id := range t[1][0] {
		j.ids = append(j.ids, int32(id))
		if j.sets != nil {
			j.setIDs = append(j.setIDs, int32(t[1][1][r]))
			j.rowNulls = append(j.rowNulls, t[1][2][r] != 0)
		}
		j.cameOut = append(j.cameOut, t[1][3][r] != 0)
		if t[1][4][r] != 0 {
			for len(j.failed) < len(t[1][0]) {
				j.failed = append(j.failed, false)
			}
			j.failed[r] = true
		}
	}
	for i, x := range tables {
		if recs[5+i].NumRows() == 0 {
			continue
		}
		cols, err := kept.Columns(sc, recs[5+i])
		if err != nil {
			return err
		}
		if len(cols) != len(x.Types())+2 {
			return errSnapshot
		}
		x.Restore(sc, cols)
	}
	if err := j.rows.Restore(recs[1]); err != nil {
		return err
	}
	j.restored = true
	return j.waiting.Restore(recs[3])
}

// open reads the rows of a snapshot, when there is a pool for them.
func (j *Join) open(pool *vec.Pool) error {
	if !j.restored {
		return nil
	}
	j.restored = false
	if err := j.rows.Open(pool); err != nil {
		return err
	}
	if err := j.waiting.Open(pool); err != nil {
		return err
	}
	if !j.ended {
		j.cameOut = nil
		return nil
	}
	j.index()
	for r, x := range j.cameOut {
		if x {
			j.seen[r] = true
			j.unseen--
		}
	}
	j.cameOut = nil
	return nil
}

// Snapshot is empty: the right port writes the join down.
func (p *leftPort) Snapshot() ([]arrow.Record, error) { return nil, nil }

// Restore has nothing to read: the right port reads the join.
func (p *leftPort) Restore([]arrow.Record) error { return nil }

var (
	_ arrowexec.Snapshotter = (*leftPort)(nil)
	_ arrowexec.Snapshotter = (*rightPort)(nil)
)
