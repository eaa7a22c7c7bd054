package tablejoin

import (
	"slices"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/group"
)

// spare is how many rows may be gone before it is worth while to look.
const spare = 256

// compact drops the rows that are gone when they are more than the others. It is
// called when no change waits.
func (j *Join) compact(s *side) {
	if s.garbage < spare || 2*s.garbage <= s.rows.Len() {
		return
	}
	j.squeeze(s)
	j.forgetKeys()
}

// squeeze drops the rows that are gone. The others keep their order.
func (j *Join) squeeze(s *side) {
	if s.garbage == 0 {
		return
	}
	order := make([]int32, 0, s.rows.Len()-s.garbage)
	for row, f := range s.flags {
		if id := s.ids[row]; id >= 0 && int(id) < len(s.head) {
			s.head[id], s.tail[id] = -1, -1
		}
		if f&gone == 0 {
			order = append(order, int32(row))
		}
	}
	s.rows.Keep(order)
	s.cols = nil
	for to, from := range order {
		s.ids[to], s.flags[to] = s.ids[from], s.flags[from]
		if j.counts(s) {
			s.matches[to], s.alone[to] = s.matches[from], s.alone[from]
		}
	}
	n := len(order)
	s.ids, s.flags, s.prev, s.next = shorter(s.ids, n), shorter(s.flags, n), shorter(s.prev, n), shorter(s.next, n)
	if j.counts(s) {
		s.matches, s.alone = shorter(s.matches, n), shorter(s.alone, n)
	}
	s.garbage, s.near = 0, 0
	for row := range n {
		s.link(int32(row))
	}
}

// shorter cuts a slice; one that has become much too large gives its memory back.
func shorter[T any](x []T, n int) []T {
	if cap(x) > 8*n+8*spare {
		return append(make([]T, 0, 2*n), x[:n]...)
	}
	return x[:n]
}

// forgetKeys numbers the keys anew when most of them have no rows any more.
func (j *Join) forgetKeys() {
	rows := len(j.l.ids) + len(j.r.ids)
	if len(j.keys.Types()) == 0 || j.keys.Len() < 4*rows+4*spare {
		return
	}
	alive := make([]int32, 0, rows)
	for _, s := range []*side{&j.l, &j.r} {
		for _, id := range s.ids {
			if id >= 0 {
				alive = append(alive, id)
			}
		}
	}
	slices.Sort(alive)
	alive = slices.Compact(alive)
	sc := vec.NewPool(nil, false).Open()
	defer sc.Close()
	old := j.keys
	j.keys = group.New(old.Types())
	ids := make([]int32, len(alive))
	j.keys.Assign(&arrowexec.Batch{Scope: sc, N: len(alive)}, old.Columns(sc, alive), nil, ids)
	into := make([]int32, old.Len())
	for k, id := range alive {
		into[id] = ids[k]
	}
	for _, s := range []*side{&j.l, &j.r} {
		s.head, s.tail = nil, nil
		for row, id := range s.ids {
			if id >= 0 {
				s.ids[row] = into[id]
			}
			if s.flags[row]&linked != 0 {
				s.link(int32(row))
			}
		}
	}
}
