package setop

import (
	"errors"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/kept"
)

// Snapshot of the left port writes the operator down: inputs that are open, the
// groups with their counts, and the left rows. The right port has nothing to add.
func (p *port) Snapshot() ([]arrow.Record, error) {
	if p.right {
		return nil, nil
	}
	s := p.s
	if err := s.rows.Open(vec.NewPool(nil, false)); err != nil { // no row has come since a restore
		return nil, err
	}
	pool := vec.NewPool(nil, false)
	defer pool.Close()
	sc := pool.Open()
	defer sc.Close()
	all := make([]int32, s.table.Len())
	for i := range all {
		all[i] = int32(i)
	}
	n := len(all)
	groups := append(s.table.Snapshot(sc, all), kept.Int64s(grown(s.right, n)), kept.Int64s(grown(s.left, n)), kept.Int64s(grown(s.rightWeights, n)))
	ids := make([]int64, len(s.ids))
	for i, id := range s.ids {
		ids[i] = int64(id)
	}
	return []arrow.Record{
		kept.Record(1, []*vec.Vec{kept.Int64s([]int64{int64(s.open)})}),
		kept.Record(n, groups),
		s.rows.Snapshot(),
		kept.Record(len(ids), []*vec.Vec{kept.Int64s(ids)}),
	}, nil
}

// Restore reads a snapshot; the rows are read when the first batch gives a pool.
func (p *port) Restore(recs []arrow.Record) error {
	if p.right {
		return nil
	}
	s := p.s
	if len(recs) != 4 || recs[0].NumRows() != 1 || int(recs[1].NumCols()) != len(s.o.Types)+5 {
		return errors.New("the snapshot is not of " + s.name())
	}
	pool := vec.NewPool(nil, false)
	defer pool.Close()
	sc := pool.Open()
	defer sc.Close()
	var cols [4][]*vec.Vec
	for i, rec := range recs {
		if i == 2 {
			continue
		}
		var err error
		if cols[i], err = kept.Columns(sc, rec); err != nil {
			return err
		}
	}
	s.open = int(vec.Values[int64](cols[0][0])[0])
	if recs[1].NumRows() > 0 {
		k := len(s.o.Types) + 2
		s.table.Restore(sc, cols[1][:k])
		s.right = append(s.right, vec.Values[int64](cols[1][k])...)
		s.left = append(s.left, vec.Values[int64](cols[1][k+1])...)
		s.rightWeights = append(s.rightWeights, vec.Values[int64](cols[1][k+2])...)
	}
	for _, id := range vec.Values[int64](cols[3][0]) {
		s.ids = append(s.ids, int32(id))
	}
	return s.rows.Restore(recs[2])
}

var _ arrowexec.Snapshotter = (*port)(nil)
