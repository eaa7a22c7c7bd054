package intervaljoin

import (
	"errors"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/kept"
)

var errForeign = errors.New("the snapshot is not of this join")

// Snapshot of the left port writes down the join: its watermarks, and for each
// side the rows that are kept, with what is known of each and its key. The right
// port has nothing to add.
func (p *port) Snapshot() ([]arrow.Record, error) {
	j := p.j
	if p.s != &j.l {
		return nil, nil
	}
	if err := j.open(vec.NewPool(nil, false)); err != nil { // no row has come since a restore
		return nil, err
	}
	b2i := map[bool]int64{true: 1}
	scalars := []int64{j.mark, j.arrivals, j.l.mark, j.l.read, b2i[j.l.ended], j.r.mark, j.r.read, b2i[j.r.ended]}
	out := []arrow.Record{kept.Record(len(scalars), []*vec.Vec{kept.Int64s(scalars)})}
	sc := vec.NewPool(nil, false).Open()
	defer sc.Close()
	for _, s := range []*side{&j.l, &j.r} {
		n := s.rows.Len()
		flags, known := make([]int64, n), make([]int64, n)
		var ids []int32
		for row, f := range s.flags {
			flags[row] = int64(f)
			if id := s.ids[row]; id >= 0 {
				known[row] = 1
				ids = append(ids, id)
			}
		}
		out = append(out,
			s.rows.Snapshot(),
			kept.Record(n, []*vec.Vec{kept.Int64s(s.times), kept.Int64s(s.arrivals), kept.Int64s(flags), kept.Int64s(known)}),
			kept.Record(len(ids), j.table.Columns(sc, ids)))
	}
	return out, nil
}

// Restore reads a snapshot into a fresh join; the rows themselves are read when the
// first batch gives a pool.
func (p *port) Restore(recs []arrow.Record) error {
	j := p.j
	if p.s != &j.l {
		return nil
	}
	if len(recs) != 7 || recs[0].NumRows() != 8 {
		return errForeign
	}
	sc := vec.NewPool(nil, false).Open()
	defer sc.Close()
	head, err := kept.Columns(sc, recs[0])
	if err != nil {
		return err
	}
	x := vec.Values[int64](head[0])
	j.mark, j.arrivals = x[0], x[1]
	j.l.mark, j.l.read, j.l.ended = x[2], x[3], x[4] != 0
	j.r.mark, j.r.read, j.r.ended = x[5], x[6], x[7] != 0
	for i, s := range []*side{&j.l, &j.r} {
		if err := j.restore(sc, s, recs[1+3*i:4+3*i]); err != nil {
			return err
		}
	}
	return nil
}

// open reads the rows that were restored.
func (j *Join) open(pool *vec.Pool) error {
	if err := j.l.rows.Open(pool); err != nil {
		return err
	}
	return j.r.rows.Open(pool)
}

func (j *Join) restore(sc *vec.Scope, s *side, recs []arrow.Record) error {
	if err := s.rows.Restore(recs[0]); err != nil {
		return err
	}
	known, err := kept.Columns(sc, recs[1])
	if err != nil {
		return err
	}
	keys, err := kept.Columns(sc, recs[2])
	if err != nil {
		return err
	}
	n := s.rows.Len()
	if len(known) != 4 || int(recs[1].NumRows()) != n || len(keys) != len(j.table.Types()) {
		return errForeign
	}
	if n == 0 {
		return nil
	}
	m := int(recs[2].NumRows())
	flags, has := vec.Values[int64](known[2]), vec.Values[int64](known[3])
	if len(keys) == 0 {
		m = 0
		for _, h := range has {
			m += int(h)
		}
	}
	ids := make([]int32, m)
	j.table.Assign(&arrowexec.Batch{Scope: sc, N: m}, keys, nil, ids)
	s.times = append(s.times, vec.Values[int64](known[0])...)
	s.arrivals = append(s.arrivals, vec.Values[int64](known[1])...)
	k := 0
	for row := range n {
		id := int32(-1)
		if has[row] != 0 {
			id = ids[k]
			k++
		}
		s.ids, s.flags = append(s.ids, id), append(s.flags, uint8(flags[row]))
		s.prev, s.next = append(s.prev, -1), append(s.next, -1)
		if s.deadline(int32(row), j.o.Lateness) < j.mark {
			continue
		}
		if id >= 0 {
			s.insert(int32(row))
		}
		if s.outer && s.flags[row]&(matched|settled) == 0 {
			j.dues.push(due{deadline: s.deadline(int32(row), j.o.Lateness), arrival: s.arrivals[row], row: int32(row), right: s == &j.r})
		}
	}
	return nil
}
