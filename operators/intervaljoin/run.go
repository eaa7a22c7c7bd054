package intervaljoin

import (
	"fmt"
	"slices"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/group"
)

// run goes through the rows that wait, in the order of their causes, the left one
// of two first.
func (j *Join) run(b *arrowexec.Batch, emit arrowexec.Emit) error {
	l, r := j.l.waiting, j.r.waiting
	j.ev.begin(b, j.held(j.mark))
	for len(l)+len(r) > 0 {
		var err error
		if len(r) == 0 || len(l) > 0 && l[0].ord <= r[0].ord {
			err = j.step(&j.l, &j.r, l[0], emit)
			l = l[1:]
		} else {
			err = j.step(&j.r, &j.l, r[0], emit)
			r = r[1:]
		}
		if err != nil {
			return err
		}
	}
	j.l.waiting, j.r.waiting = j.l.waiting[:0], j.r.waiting[:0]
	if err := j.drain(emit, true); err != nil {
		return err
	}
	j.compact(&j.l)
	j.compact(&j.r)
	return nil
}

// held is the watermark of the output where the input's is w.
func (j *Join) held(w int64) int64 {
	if w == arrowexec.NoWatermark || w == arrowexec.EndOfTime {
		return w
	}
	return max(add(w, -j.hold), arrowexec.NoWatermark+1)
}

// step takes one row of side s, or a move of its watermark.
func (j *Join) step(s, o *side, a arrival, emit arrowexec.Emit) error {
	ev := &j.ev
	j.pass(s, o, a.before, a.ord)
	late := false
	if a.row >= 0 {
		late = add(add(s.times[a.row], max(s.upper, 0)), j.o.Lateness) < j.mark
	}
	by := j.mark
	ev.before = j.held(j.mark)
	s.mark = max(s.mark, a.after)
	j.mark = max(j.mark, min(s.mark, o.mark))
	if a.row < 0 {
		j.release(nil, 0, a.ord)
		return j.drainFull(emit)
	}
	s.arrivals[a.row] = j.arrivals
	j.arrivals++
	if late {
		j.release(nil, 0, a.ord)
		if err := j.late(s, a.row, by); err != nil {
			return err
		}
		if s.outer {
			ev.add(s == &j.r, a.row, -1, a.ord)
		}
		return j.drainFull(emit)
	}
	j.release(s, a.row, a.ord)
	if id := s.ids[a.row]; id >= 0 {
		if err := j.match(s, o, a.row, by, a.ord, emit); err != nil {
			return err
		}
		s.insert(a.row)
	}
	if s.outer {
		j.dues.push(due{deadline: s.deadline(a.row, j.o.Lateness), arrival: s.arrivals[a.row], row: a.row, right: s == &j.r})
	}
	for _, d := range j.spared {
		j.dues.push(d)
	}
	j.spared = j.spared[:0]
	j.release(nil, 0, a.ord)
	return j.drainFull(emit)
}

// pass moves the watermark of side s and lets go what is due.
func (j *Join) pass(s, o *side, mark, ord int64) {
	s.mark = max(s.mark, mark)
	if w := min(s.mark, o.mark); w > j.mark {
		j.mark = w
		j.release(nil, 0, ord)
	}
}

// release lets the rows of the outer sides go whose deadline the watermark has
// passed, but not those that the row of side s, if there is one, may match: it is
// judged by the rows before it, and where it ends its partition the watermark goes
// beyond its own bound. They are spared until it has matched.
func (j *Join) release(s *side, row int32, ord int64) {
	for len(j.dues) > 0 && (j.dues[0].deadline < j.mark || j.mark == arrowexec.EndOfTime) {
		d := j.dues.pop()
		if s != nil && s.ids[row] >= 0 && d.right != (s == &j.r) {
			o := &j.l
			if d.right {
				o = &j.r
			}
			if apart := o.times[d.row] - s.times[row]; o.ids[d.row] == s.ids[row] && apart >= s.lower && apart <= s.upper {
				j.spared = append(j.spared, d)
				continue
			}
		}
		j.ev.add(d.right, d.row, -1, ord)
	}
}

// match writes down the rows of the other side within the bound of a row, in the
// order of their times and arrivals. mark is the watermark before the row.
func (j *Join) match(s, o *side, row int32, mark, ord int64, emit arrowexec.Emit) error {
	id := s.ids[row]
	if int(id) >= len(o.tail) {
		return nil
	}
	// Rows whose deadline has passed are gone, whether they are still kept or not.
	gone := add(add(mark, -o.upper), -j.o.Lateness)
	from, to := max(add(s.times[row], s.lower), gone), add(s.times[row], s.upper)
	x := o.tail[id]
	for x >= 0 && o.times[x] > to {
		x = o.prev[x]
	}
	first := int32(-1)
	for ; x >= 0 && o.times[x] >= from; x = o.prev[x] {
		first = x
	}
	for x = first; x >= 0 && o.times[x] <= to; x = o.next[x] {
		j.ev.add(s == &j.r, row, x, ord)
		if err := j.drainFull(emit); err != nil {
			return err
		}
	}
	return nil
}

// late counts a row that the watermark had passed by its bound and the lateness. A
// bound that lies before the row makes none late that comes in order.
func (j *Join) late(s *side, row int32, mark int64) error {
	w := s.rows.Weights[row]
	if s.outer { // it comes out unmatched
		j.o.Ledger.LateApplied += w
		return nil
	}
	j.o.Ledger.Late += w
	s.flags[row] |= settled
	if !j.o.DeadLetter || j.o.Failures.Letter == nil {
		return nil
	}
	t := s.times[row]
	e := &arrowexec.RowError{Class: "late", Cause: fmt.Errorf("row is %d ms behind the watermark %d; rows of the other side up to %d are gone", mark-t, mark, add(t, s.upper))}
	letter := arrowexec.Letter{Query: j.o.Failures.Query, Err: e}
	if o := j.ev.b.Origin; o != nil && j.ev.b.Ord == nil {
		if i := int(s.rows.Ord[row] - j.ev.b.Seq); i >= 0 && i < j.ev.b.N {
			e.Position, letter.Record = o.Position(i), o.Record(i)
		}
	}
	if err := j.o.Failures.Letter(letter); err != nil {
		return fmt.Errorf("writing a dead letter of a late row: %w", err)
	}
	return nil
}

// compact forgets the rows that nothing can match any more, when they are many.
func (j *Join) compact(s *side) {
	n := s.rows.Len()
	if n < 2*s.live+1024 {
		return
	}
	var order []int32
	into := make([]int32, n)
	for row := range n {
		into[row] = -1
		if s.deadline(int32(row), j.o.Lateness) >= j.mark {
			into[row] = int32(len(order))
			order = append(order, int32(row))
			continue
		}
		j.settle(s, int32(row))
	}
	s.live = len(order)
	if len(order) == n {
		return
	}
	s.rows.Keep(order)
	moved := func(row int32) int32 {
		if row < 0 {
			return -1
		}
		return into[row]
	}
	for to, from := range order {
		s.times[to], s.arrivals[to], s.ids[to], s.flags[to] = s.times[from], s.arrivals[from], s.ids[from], s.flags[from]
		// Lists are in the order of time, so what goes stands at their heads.
		s.prev[to], s.next[to] = moved(s.prev[from]), moved(s.next[from])
	}
	k := len(order)
	s.times, s.arrivals, s.ids, s.flags = s.times[:k], s.arrivals[:k], s.ids[:k], s.flags[:k]
	s.prev, s.next = s.prev[:k], s.next[:k]
	for id, row := range s.tail {
		s.tail[id] = moved(row)
	}
	for i := range j.dues {
		if j.dues[i].right == (s == &j.r) {
			j.dues[i].row = into[j.dues[i].row]
		}
	}
	j.forgetKeys()
}

// settle counts the fate of a row of an inner side that is forgotten.
func (j *Join) settle(s *side, row int32) {
	if s.flags[row]&(matched|settled) != 0 || s.outer {
		return
	}
	s.flags[row] |= settled
	if s.flags[row]&broken != 0 {
		j.o.Ledger.Failed += s.rows.Weights[row]
	} else {
		j.o.Ledger.Filtered += s.rows.Weights[row]
	}
}

// forgetKeys numbers the keys anew when most of them have no rows any more.
func (j *Join) forgetKeys() {
	rows := len(j.l.ids) + len(j.r.ids)
	if j.table.Len() < 4*rows+4096 || len(j.table.Types()) == 0 {
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
	sc := j.ev.b.Scope.Pool().Open()
	defer sc.Close()
	old := j.table
	keys := make([]*vec.Vec, 0, len(old.Types()))
	builders := make([]*vec.Builder, len(old.Types()))
	for c, t := range old.Types() {
		builders[c] = vec.NewBuilder(sc, t, len(alive))
	}
	old.Keys(alive, builders)
	for _, b := range builders {
		keys = append(keys, b.Finish())
	}
	j.table = group.New(old.Types())
	ids := make([]int32, len(alive))
	j.table.Assign(&arrowexec.Batch{Scope: sc, N: len(alive)}, keys, nil, ids)
	into := make([]int32, old.Len())
	for k, id := range alive {
		into[id] = ids[k]
	}
	for _, s := range []*side{&j.l, &j.r} {
		for row, id := range s.ids {
			if id >= 0 {
				s.ids[row] = into[id]
			}
		}
		tail := make([]int32, j.table.Len())
		for i := range tail {
			tail[i] = -1
		}
		for id, row := range s.tail {
			if row >= 0 {
				tail[into[id]] = row
			}
		}
		s.tail = tail
	}
}
