package window

import (
	"cmp"
	"math"
	"slices"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// top gives the first of a heap once it is true: sessions that have grown go to
// their new place, and those that ended are dropped.
func (s *sessions) top(h *ordered[deadline], closed bool) (deadline, bool) {
	for h.len() > 0 {
		d := h.items[0]
		x := &s.all[d.id]
		if !x.live || x.gen != d.gen || x.closed != closed {
			h.pop()
			continue
		}
		if x.bounds != d.bounds {
			h.pop()
			h.push(deadline{x.bounds, d.id, d.gen})
			continue
		}
		return d, true
	}
	return deadline{}, false
}

// close ends the sessions that a watermark has passed.
func (s *sessions) close(mark int64, at int) error {
	if !s.due(mark) {
		return nil
	}
	if err := s.flush(); err != nil {
		return err
	}
	for {
		d, ok := s.top(&s.open, false)
		if !ok || mark <= s.ends(d.end) {
			break
		}
		ord, before, after := moved(s.b, at, mark, s.mark, s.ends(d.end)+1)
		ids := s.closing[:0]
		for ok && s.ends(d.end) < after {
			s.open.pop()
			s.all[d.id].closed = true
			ids = append(ids, d.id)
			d, ok = s.top(&s.open, false)
		}
		s.closing = ids
		if err := s.closeAll(ids, ord, before); err != nil {
			return err
		}
	}
	for {
		d, ok := s.top(&s.old, true)
		if !ok || mark <= add(s.ends(d.end), s.o.Retention) {
			return nil
		}
		s.old.pop()
		if s.waits(d.id) {
			s.done = append(s.done, d.id)
			continue
		}
		s.forget([]int32{d.id})
	}
}

// closeAll emits sessions that one row closed: by end, start and first arrival.
func (s *sessions) closeAll(ids []int32, ord, mark int64) error {
	slices.SortFunc(ids, func(i, j int32) int {
		x, y := &s.all[i], &s.all[j]
		return cmp.Or(cmp.Compare(x.end, y.end), cmp.Compare(x.start, y.start), cmp.Compare(x.ord, y.ord))
	})
	if s.o.Emission == Final {
		if err := s.emitSessions(ids, func(int32) int64 { return ord }, mark); err != nil {
			return err
		}
	}
	if s.o.Late != UpdatePrevious {
		if s.o.Emission == Coalesced { // the last rows of some come with those of the interval
			wait := func(id int32) bool { return s.waits(id) }
			for _, id := range ids {
				if wait(id) {
					s.done = append(s.done, id)
				}
			}
			ids = slices.DeleteFunc(ids, wait)
		}
		s.forget(ids)
		return nil
	}
	for _, id := range ids {
		if s.o.Retention > 0 {
			s.old.push(deadline{s.all[id].bounds, id, s.all[id].gen})
		}
	}
	return nil
}

func (s *sessions) emitSessions(ids []int32, ord func(id int32) int64, mark int64) error {
	if len(ids) == 0 {
		return nil
	}
	sc := s.b.Scope.Pool().Open()
	defer sc.Close()
	keys := vec.Slice[int32](sc, len(ids))
	es := s.out.entries[:0]
	for k, id := range ids {
		keys[k] = s.all[id].key
		es = append(es, entry{k: int32(k), ord: ord(id), mark: mark, w: s.all[id].bounds})
	}
	s.out.entries = es
	p := part{g: s.g, ids: ids, cols: s.withKeys(sc, keys, s.g.EmitCalls(sc, ids))}
	return s.out.send(s.b, sc, []part{p}, es, false, s.emit)
}

// waits tells that a session has changed and its new row was not given yet.
func (s *sessions) waits(id int32) bool {
	return int(id) < len(s.changed.ord) && s.changed.ord[id] >= 0
}

// emitChanged gives the new rows of sessions that changed, by the row that
// changed them last; cause is the row that has made the clock leave the interval.
func (s *sessions) emitChanged(cause int64) error {
	var ids []int32
	for _, id := range s.changed.ids {
		if s.changed.ord[id] >= 0 {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(i, j int32) int {
		return cmp.Or(cmp.Compare(s.changed.ord[i], s.changed.ord[j]), cmp.Compare(i, j))
	})
	ids = slices.Compact(ids) // a number that was used again is listed twice
	ord := func(id int32) int64 { return s.changed.ord[id] }
	if s.pace.every > 0 {
		ord = func(int32) int64 { return cause }
	}
	err := s.emitSessions(ids, ord, s.pace.held)
	for _, id := range s.changed.ids {
		s.changed.ord[id] = -1
	}
	s.changed.ids = s.changed.ids[:0]
	s.forget(s.done)
	s.done = s.done[:0]
	s.pace.given()
	return err
}

// forget ends sessions: their rows in no emitted row never will be in one.
func (s *sessions) forget(ids []int32) {
	for _, id := range ids {
		s.o.Ledger.Filtered += s.g.Pending(id)
		s.remove(id)
	}
	s.g.Forget(ids)
}

// lateRow handles a row whose session would be closed.
func (s *sessions) lateRow(i int, t, mark int64) error {
	w := bounds{t, add(t, s.o.Size)}
	key := s.keyOf[i]
	switch s.o.Late {
	case UpdatePrevious:
		if s.o.Retention > 0 && mark > add(s.ends(w.end), s.o.Retention) && len(s.match(key, t, true)) == 0 {
			break
		}
		return s.correct(i, t, mark)
	case IncludeInNext:
		s.o.Ledger.LateApplied += s.b.WeightOf(i)
		first := int32(-1)
		for id := s.head[key]; id >= 0; id = s.all[id].next {
			if x := &s.all[id]; !x.closed && (first < 0 || x.before(s.all[first].bounds)) {
				first = id
			}
		}
		if first < 0 { // none is open: one starts at the watermark
			now := mark - s.o.Lateness
			first = s.start(key, bounds{now, add(now, s.o.Size)}, s.b.OrdOf(i), false)
		}
		s.take(i, first)
		return nil
	}
	return s.late.row(s.b, &s.o, i, mark-t, mark, w)
}

// correct adds a late row to the closed sessions that it joins, or makes one,
// and emits the new row.
func (s *sessions) correct(i int, t, mark int64) error {
	if err := s.flush(); err != nil {
		return err
	}
	s.o.Ledger.LateApplied += s.b.WeightOf(i)
	id, err := s.join(i, s.match(s.keyOf[i], t, true), s.keyOf[i], t, true)
	if err != nil {
		return err
	}
	s.byRow[i] = id
	sel := vec.Sel{int32(i)}
	if s.o.Emission == Changes {
		s.after[i] = s.all[id].bounds
		return s.addEach(sel)
	}
	s.g.Add(s.rows, s.byRow, sel)
	return s.emitSessions([]int32{id}, func(int32) int64 { return s.b.OrdOf(i) }, mark)
}

// compact renumbers the keys when most of them have no session any more.
func (s *sessions) compact() {
	live := len(s.all) - len(s.free)
	if s.keys.Len() < 4096 || s.keys.Len() < 4*live {
		return
	}
	var ids []int32
	for key, id := range s.head {
		if id >= 0 {
			ids = append(ids, int32(key))
		}
	}
	s.rekey(ids)
}

// rekey keeps the keys listed only, in that order.
func (s *sessions) rekey(ids []int32) {
	pool := vec.NewPool(nil, false)
	sc := pool.Open()
	cols := s.keys.Snapshot(sc, ids)
	s.keys.Reset()
	s.keys.Restore(sc, cols)
	sc.Close()
	pool.Close()
	head := make([]int32, len(ids))
	for k, old := range ids {
		head[k] = s.head[old]
		for id := head[k]; id >= 0; id = s.all[id].next {
			s.all[id].key = int32(k)
		}
	}
	s.head = head
}

// Holds is the first row of the open sessions that were never emitted.
func (s *sessions) Holds() (int64, bool) {
	least, ok := int64(math.MaxInt64), false
	if s.o.Emission == Changes {
		return 0, false
	}
	for id := range s.all {
		x := &s.all[id]
		if !x.live || s.o.Emission != Coalesced && x.closed || s.o.Emission == Coalesced && !s.waits(int32(id)) {
			continue
		}
		least, ok = min(least, x.ord), true
	}
	return least, ok
}

// Fate sums the rows that are in no emitted row.
func (s *sessions) Fate() (filtered, held int64) { return s.g.Fate() }

// State tells the sessions held.
func (s *sessions) State() arrowexec.State {
	st := arrowexec.State{Keys: int64(s.keys.Len()), Bytes: s.keys.Bytes() + s.g.Bytes() + int64(cap(s.all))*48}
	for id := range s.all {
		if s.all[id].live && !s.all[id].closed {
			st.Windows++
		}
	}
	return st
}
