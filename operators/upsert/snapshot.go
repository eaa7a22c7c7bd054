package upsert

import (
	"errors"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/kept"
)

// Snapshot writes down the rows that are stored, and the number of arrival of the
// key of each; -1 where it has been replaced.
func (t *Operator) Snapshot() ([]arrow.Record, error) {
	since := make([]int64, t.rows.Len())
	for k := range since {
		since[k] = -1
	}
	for id, r := range t.row {
		if r != noRow {
			since[r] = t.since[id]
		}
	}
	return []arrow.Record{t.rows.Snapshot(), kept.Record(len(since), []*vec.Vec{kept.Int64s(since)})}, nil
}

// Restore reads a snapshot into a fresh operator.
func (t *Operator) Restore(recs []arrow.Record) error {
	if len(recs) != 2 || recs[0].NumRows() != recs[1].NumRows() || recs[1].NumCols() != 1 {
		return errors.New("the snapshot is not of this table")
	}
	n := int(recs[0].NumRows())
	if n == 0 {
		return nil
	}
	if int(recs[0].NumCols()) != len(t.o.Types)+2 {
		return errors.New("the snapshot is of a table of other columns")
	}
	pool := vec.NewPool(nil, false)
	defer pool.Close()
	sc := pool.Open()
	defer sc.Close()
	cols, err := kept.Columns(sc, recs[0])
	if err != nil {
		return err
	}
	numbers, err := kept.Columns(sc, recs[1])
	if err != nil {
		return err
	}
	since := vec.Values[int64](numbers[0])
	live := vec.Slice[int32](sc, n)[:0]
	for r, s := range since {
		if s >= 0 {
			live = append(live, int32(r))
		}
	}
	keys := make([]*vec.Vec, len(t.o.Keys))
	for k, c := range t.o.Keys {
		keys[k] = cols[c]
	}
	ids := vec.Slice[int32](sc, n)
	t.keys.Assign(&arrowexec.Batch{Scope: sc, N: n, Cols: cols}, keys, vec.Sel(live), ids)
	t.row, t.since, t.live = make([]int32, len(live)), make([]int64, len(live)), len(live)
	for _, r := range live {
		t.row[ids[r]], t.since[ids[r]] = r, since[r]
		t.next = max(t.next, since[r]+1)
	}
	return t.rows.Restore(recs[0])
}
