package window

import (
	"cmp"
	"math"
	"slices"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// oldest gives the first of the closed sessions that are kept for corrections: those
// that have grown go to their new place in the heap, and those that are gone are dropped.
func (s *sessions) oldest() (deadline, bool) {
	for s.old.len() > 0 {
		d := s.old.items[0]
		x := &s.all[d.id]
		if !x.live || x.gen != d.gen {
			s.old.pop()
			continue
		}
		if x.bounds != d.bounds {
			s.old.replace(deadline{x.bounds, d.id, d.gen})
			continue
		}
		return d, true
	}
	return deadline{}, false
}

// nearest gives the first of the open sessions that a watermark may have passed; to is
// how far the wheel was turned for it.
func (s *sessions) nearest(to int64) (deadline, bool) {
	for {
		d, ok := s.open.first()
		if !ok {
			return d, false
		}
		at, ok := s.now(d)
		if ok && at == d.bounds {
			return d, true
		}
		s.open.drop(d)
		switch {
		case ok && at.end < to: // it has grown within what was turned
			s.open.near.push(deadline{at, d.id, d.gen})
		case ok:
			s.open.put(deadline{at, d.id, d.gen})
		}
	}
}

// now gives the bounds of an open session behind an entry of the wheel.
func (s *sessions) now(d deadline) (bounds, bool) {
	x := &s.all[d.id]
	return x.bounds, x.live && x.gen == d.gen && !x.closed
}

// close ends the sessions that a watermark has passed. Their rows are given by
// settle: a state changes no more once its session is closed, and rows of many
// moves of the watermark make one batch.
func (s *sessions) close(mark int64, at int) {
	if mark <= s.next {
		return
	}
	to := sub(mark, s.o.Lateness)
	s.open.turn(to, s.now)
	for {
		d, ok := s.nearest(to)
		if !ok || mark <= s.ends(d.end) {
			break
		}
		ord, before, after := moved(s.b, at, mark, s.mark, s.ends(d.end)+1)
		from := len(s.ended)
		for ok && s.ends(d.end) < after {
			s.open.drop(d)
			s.end(d.id)
			s.ended = append(s.ended, ended{d.id, ord, before})
			d, ok = s.nearest(to)
		}
		if list := s.ended[from:]; len(list) > 1 { // by end, start and first arrival
			slices.SortFunc(list, func(i, j ended) int {
				x, y := &s.all[i.id], &s.all[j.id]
				return cmp.Or(cmp.Compare(x.end, y.end), cmp.Compare(x.start, y.start), cmp.Compare(x.first, y.first))
			})
		}
	}
	for {
		d, ok := s.oldest()
		if !ok || mark <= add(s.ends(d.end), s.o.Retention) {
			break
		}
		s.old.pop()
		if s.o.Emission == Coalesced { // its key is still needed
			s.all[d.id].over = true
		} else {
			s.unlink(d.id)
		}
		s.gone = append(s.gone, d.id)
	}
	s.due()
}

// end closes a session.
func (s *sessions) end(id int32) {
	x := &s.all[id]
	x.closed = true
	s.count--
	switch {
	case s.o.Late != UpdatePrevious:
		if s.o.Emission != Coalesced { // its key is still needed
			s.unlink(id)
		}
	case s.o.Retention > 0:
		s.old.push(deadline{x.bounds, id, x.gen})
	}
}

// settle adds the rows that wait, gives the rows of closed sessions and forgets
// those that no row can change any more.
func (s *sessions) settle() error {
	if err := s.flush(); err != nil {
		return err
	}
	if len(s.ended) > 0 {
		if s.o.Emission == Final {
			if err := s.emitSessions(s.ended); err != nil {
				return err
			}
		}
		if s.o.Late != UpdatePrevious {
			for _, e := range s.ended {
				s.gone = append(s.gone, e.id)
			}
		}
		s.ended = s.ended[:0]
	}
	if len(s.gone) == 0 {
		return nil
	}
	if s.o.Emission == Coalesced { // the last rows of some come with those of the interval
		s.gone = slices.DeleteFunc(s.gone, func(id int32) bool {
			if s.waits(id) {
				s.done = append(s.done, id)
				return true
			}
			return false
		})
	}
	s.forget(s.gone)
	s.gone = s.gone[:0]
	return nil
}

// emitSessions gives rows of sessions, chunk by chunk.
func (s *sessions) emitSessions(list []ended) error {
	for from := 0; from < len(list); from += maxRows {
		if err := s.emitChunk(list[from:min(from+maxRows, len(list))]); err != nil {
			return err
		}
	}
	return nil
}

// maxRows is how many rows an emitted batch of sessions has at most.
const maxRows = 8192

func (s *sessions) emitChunk(list []ended) error {
	sc := s.b.Scope.Pool().Open()
	defer sc.Close()
	ids, keys := vec.Slice[int32](sc, len(list)), vec.Slice[int32](sc, len(list))
	es := s.out.entries[:0]
	for k, e := range list {
		x := &s.all[e.id]
		ids[k], keys[k] = e.id, x.key
		es = append(es, entry{k: int32(k), ord: e.ord, mark: e.mark, w: x.bounds})
	}
	s.out.entries = es
	p := part{g: s.g, ids: ids, cols: s.g.EmitCalls(sc, ids, s.out.keyColumns(s.keys, sc, keys))}
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
	list := make([]ended, len(ids))
	for k, id := range ids {
		list[k] = ended{id, s.changed.ord[id], s.pace.held}
		if s.pace.every > 0 {
			list[k].ord = cause
		}
	}
	err := s.emitSessions(list)
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
			first = s.start(key, bounds{now, add(now, s.o.Size)}, s.b.OrdOf(i), s.rows.Batch.OrdOf(i), false)
		}
		s.take(i, first)
		return nil
	}
	return s.late.row(s.b, &s.o, i, mark-t, mark, w)
}

// correct adds a late row to the closed sessions that it joins, or makes one,
// and emits the new row.
func (s *sessions) correct(i int, t, mark int64) error {
	if err := s.settle(); err != nil {
		return err
	}
	s.o.Ledger.LateApplied += s.b.WeightOf(i)
	id, err := s.join(i, s.match(s.keyOf[i], t, true), s.keyOf[i], t, true)
	if err != nil {
		return err
	}
	s.byRow[i] = id
	s.out.late = int32(i)
	defer func() { s.out.late = -1 }()
	sel := vec.Sel{int32(i)}
	if s.o.Emission == Changes {
		s.after[i] = s.all[id].bounds
		return s.addEach(sel)
	}
	s.g.Add(s.rows, s.byRow, sel)
	return s.emitSessions([]ended{{id, s.b.OrdOf(i), mark}})
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
	rekey(s.keys, ids)
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

// bytes is the memory of the keys, the sessions and their states.
func (s *sessions) bytes() int64 {
	return s.keys.Bytes() + s.g.Bytes() + int64(cap(s.all))*48 + s.open.bytes() + int64(cap(s.old.items)+cap(s.ended))*24 +
		int64(cap(s.head)+cap(s.free)+cap(s.changed.ids))*4 + int64(cap(s.changed.ord))*8
}

// State tells the sessions held.
func (s *sessions) State() arrowexec.State {
	return arrowexec.State{Keys: int64(s.keys.Len()), Windows: int64(s.count), Bytes: s.bytes()}
}
