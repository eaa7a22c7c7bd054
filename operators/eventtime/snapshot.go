package eventtime

import (
	"errors"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/kept"
)

// Snapshot writes down the watermark and what is known of each partition.
func (e *Operator) Snapshot() ([]arrow.Record, error) {
	t := [6][]int64{{e.mark}, {truth(e.known)}, {0}, {0}, {0}, {0}}
	for _, p := range e.parts.all {
		for c, x := range []int64{int64(p.id), p.greatest, p.left, p.seen, truth(p.ended) + 2*truth(p.idle), truth(p.place >= 0)} {
			t[c] = append(t[c], x)
		}
	}
	var cols []*vec.Vec
	for _, c := range t {
		cols = append(cols, kept.Int64s(c))
	}
	return []arrow.Record{kept.Record(len(t[0]), cols)}, nil
}

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// Restore reads a snapshot into a fresh operator.
func (e *Operator) Restore(recs []arrow.Record) error {
	if len(recs) != 1 || recs[0].NumCols() != 6 || recs[0].NumRows() == 0 {
		return errors.New("the snapshot is not of an event time")
	}
	pool := vec.NewPool(nil, false)
	sc := pool.Open()
	defer sc.Close()
	cols, err := kept.Columns(sc, recs[0])
	if err != nil {
		return err
	}
	t := func(c, row int) int64 { return vec.Values[int64](cols[c])[row] }
	e.mark, e.known = t(0, 0), t(1, 0) != 0
	for i := 1; i < int(recs[0].NumRows()); i++ {
		k := e.parts.add(int32(t(0, i)), -1)
		p := &e.parts.all[k]
		e.parts.remove(k)
		p.greatest, p.left, p.seen = t(1, i), t(2, i), t(3, i)
		p.ended, p.idle = t(4, i)&1 != 0, t(4, i)&2 != 0
		if t(5, i) != 0 {
			e.parts.insert(k)
		}
	}
	return nil
}
