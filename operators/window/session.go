package window

import (
	"errors"
	"math"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/group"
	"github.com/velostream/velo/operators/hashagg"
)

// session is one session of a key; its number is that of its group in the
// states. Its bounds are [first, last + gap).
type session struct {
	bounds
	ord    int64 // the row that came first
	first  int64 // the same by arrival: of rows with one cause each has its own
	key    int32
	next   int32 // of the same key, −1: none
	live   bool
	closed bool
	linked bool  // in the list of its key
	over   bool  // no row joins it any more, and its last row is still to be given
	gen    int32 // how often the number was used before
}

// deadline is a session in a heap; the session may have grown or ended since.
type deadline struct {
	bounds
	id, gen int32
}

func (d deadline) at() bounds { return d.bounds }

// sessions is the operator of session windows.
type sessions struct {
	o   Options
	ctx expr.Ctx
	out output

	mark    int64
	keys    *group.Table
	head    []int32 // by key: its first session, −1: none
	all     []session
	free    []int32
	g       *hashagg.Groups
	open    wheel
	old     ordered[deadline]
	changed changes
	done    []int32 // closed ones whose coalesced rows are still to be given
	pace    pace
	late    lateRows

	b     *arrowexec.Batch
	rows  *hashagg.Rows
	emit  arrowexec.Emit
	keyOf []int32  // by row of the batch
	byRow []int32  // session of each row of the batch
	after []bounds // of the session after each row, with EMIT CHANGES
	wait  []int32  // rows that are still to be added
	found []int32

	gone    []int32 // closed ones to be forgotten
	ended   []ended // closed ones whose rows are still to be given, in their order
	count   int     // open ones
	arrived int64
	next    int64 // greatest watermark that closes nothing
}

// ended is a session that was closed: by which row, and the watermark before it.
type ended struct {
	id        int32
	ord, mark int64
}

func newSessions(o Options) *sessions {
	s := &sessions{o: o, mark: arrowexec.NoWatermark, pace: newPace(&o), open: newWheel(o.Size), next: math.MaxInt64}
	types := o.Spec.Types()[:len(o.Spec.Keys)]
	s.keys = group.New(types)
	s.g = hashagg.NewGroups(o.Spec, true) // states of its own for each call, so that sessions can be joined
	s.out = newOutput(&s.o)
	return s
}

// Process adds the rows of a batch to sessions, closing those that the
// watermark passes.
func (s *sessions) Process(b *arrowexec.Batch, emit arrowexec.Emit) error {
	s.b, s.emit = b, emit
	if b.Rows() > 0 {
		if err := s.addRows(b); err != nil {
			return err
		}
	}
	s.close(max(b.Watermark, s.mark), math.MaxInt)
	if err := s.settle(); err != nil {
		return err
	}
	s.mark = max(s.mark, b.Watermark)
	if err := s.late.flush(b, &s.o, s.emit); err != nil {
		return err
	}
	if s.o.Emission == Coalesced {
		if ord, due := s.pace.end(b); due {
			if err := s.emitChanged(ord); err != nil {
				return err
			}
		}
	}
	s.compact()
	if s.o.Limit > 0 {
		if err := s.o.full(s.State()); err != nil {
			return err
		}
	}
	s.b, s.rows, s.emit, s.keyOf, s.byRow, s.after = nil, nil, nil, nil, nil, nil
	return s.out.pass(b, s.pace.watermark(s.mark), emit)
}

func (s *sessions) addRows(b *arrowexec.Batch) error {
	rows, err := s.o.Spec.Eval(&s.ctx, numbered(b, &s.arrived), s.o.Failures)
	if err != nil {
		return err
	}
	s.rows = rows
	s.keyOf, s.byRow = vec.Slice[int32](b.Scope, b.N), vec.Slice[int32](b.Scope, b.N)
	if s.o.Emission == Changes {
		s.after = vec.Slice[bounds](b.Scope, b.N)
	}
	s.keys.Assign(b, rows.Keys, rows.Sel, s.keyOf)
	for len(s.head) < s.keys.Len() {
		s.head = append(s.head, -1)
	}
	col := b.Scope.Flat(b.Cols[s.o.Time])
	times := vec.Values[int64](col)
	for k := range rows.Sel.Count(b.N) {
		i := k
		if rows.Sel != nil {
			i = int(rows.Sel[k])
		}
		mark := b.MarkOf(i)
		if mark > s.next {
			s.close(mark, i+1)
		}
		if col.IsNull(i) {
			if err := s.o.Failures.Row(b, i, "event_time", "", errors.New("event time is NULL")); err != nil {
				return err
			}
			continue
		}
		if ord, due := s.pace.row(b, i); due {
			if err := s.settle(); err != nil {
				return err
			}
			if err := s.emitChanged(ord); err != nil {
				return err
			}
		}
		if err := s.place(i, times[i], mark); err != nil {
			return err
		}
	}
	return s.flush()
}

// ends is the greatest watermark at which a session that ends at end is open.
func (s *sessions) ends(end int64) int64 { return add(end, s.o.Lateness) }

// due sets the greatest watermark that closes nothing, from what stands in the
// heaps: a session may have grown since, and is looked at then.
func (s *sessions) due() {
	s.next = s.ends(s.open.next())
	if s.old.len() > 0 {
		s.next = min(s.next, add(s.ends(s.old.items[0].end), s.o.Retention))
	}
}

// match lists the sessions of a key that a row at t joins.
func (s *sessions) match(key int32, t int64, closed bool) []int32 {
	s.found = s.found[:0]
	for id := s.head[key]; id >= 0; id = s.all[id].next {
		x := &s.all[id]
		if x.closed == closed && !x.over && t <= x.end && add(t, s.o.Size) >= x.start {
			s.found = append(s.found, id)
		}
	}
	return s.found
}

// place finds the session of a row.
func (s *sessions) place(i int, t, mark int64) error {
	key := s.keyOf[i]
	if id := s.head[key]; id >= 0 { // mostly the only one of its key grows
		if x := &s.all[id]; x.next < 0 && !x.closed && t <= x.end && add(t, s.o.Size) >= x.start {
			x.start, x.end = min(x.start, t), max(x.end, add(t, s.o.Size))
			s.take(i, id)
			return nil
		}
	}
	found := s.match(key, t, false)
	if len(found) == 0 && mark > s.ends(add(t, s.o.Size)) {
		return s.lateRow(i, t, mark)
	}
	id, err := s.join(i, found, key, t, false)
	if err != nil {
		return err
	}
	s.take(i, id)
	return nil
}

// take puts a row to those that wait for their session.
func (s *sessions) take(i int, id int32) {
	s.byRow[i] = id
	if s.after != nil {
		s.after[i] = s.all[id].bounds
	}
	if s.o.Emission == Coalesced {
		s.changed.note(id, s.b.OrdOf(i))
		s.pace.touch(s.b.MarkOf(i))
	}
	s.wait = append(s.wait, int32(i))
}

// join gives the session that a row at t forms with those found.
func (s *sessions) join(i int, found []int32, key int32, t int64, closed bool) (int32, error) {
	w := bounds{t, add(t, s.o.Size)}
	if len(found) == 0 {
		return s.start(key, w, s.b.OrdOf(i), s.rows.Batch.OrdOf(i), closed), nil
	}
	into := found[0]
	if len(found) > 1 {
		if err := s.flush(); err != nil {
			return 0, err
		}
	}
	for _, from := range found[1:] {
		x, y := &s.all[into], &s.all[from]
		w = bounds{min(w.start, y.start), max(w.end, y.end)}
		x.ord, x.first = min(x.ord, y.ord), min(x.first, y.first)
		s.g.Join(s.b.Scope, from, into)
		s.remove(from)
	}
	x := &s.all[into] // its place in the heap is brought up when it comes to the top
	x.start, x.end = min(x.start, w.start), max(x.end, w.end)
	return into, nil
}

func (s *sessions) start(key int32, w bounds, ord, first int64, closed bool) int32 {
	var id int32
	if n := len(s.free); n > 0 {
		id = s.free[n-1]
		s.free = s.free[:n-1]
	} else {
		id = int32(len(s.all))
		s.all = append(s.all, session{})
		s.g.GrowTo(len(s.all))
	}
	s.all[id] = session{bounds: w, ord: ord, first: first, key: key, next: s.head[key], live: true, linked: true, closed: closed, gen: s.all[id].gen + 1}
	s.head[key] = id
	d := deadline{w, id, s.all[id].gen}
	if !closed {
		s.count++
		s.open.put(d)
	} else if s.o.Late == UpdatePrevious && s.o.Retention > 0 {
		s.old.push(d)
	}
	s.due()
	return id
}

// unlink takes a session out of its key's list: no row will join it.
func (s *sessions) unlink(id int32) {
	x := &s.all[id]
	at := &s.head[x.key]
	for *at != id {
		at = &s.all[*at].next
	}
	*at = x.next
	x.linked = false
}

// remove ends a session, whose number may then be used again; its states are empty.
func (s *sessions) remove(id int32) {
	x := &s.all[id]
	if x.linked {
		s.unlink(id)
	}
	if !x.closed {
		s.count--
	}
	x.live = false
	if int(id) < len(s.changed.ord) {
		s.changed.ord[id] = -1
	}
	s.free = append(s.free, id)
}

// flush adds the rows that wait.
func (s *sessions) flush() error {
	if len(s.wait) == 0 {
		return nil
	}
	sel := vec.Sel(s.wait)
	var err error
	if s.o.Emission == Changes {
		err = s.addEach(sel)
	} else {
		if len(sel) == s.b.N {
			sel = nil
		}
		s.g.Add(s.rows, s.byRow, sel)
	}
	s.wait = s.wait[:0]
	return err
}

// addEach adds rows and emits the new row of the session of each.
func (s *sessions) addEach(sel vec.Sel) error {
	b := s.b
	n := len(sel)
	keys, ids := vec.Slice[int32](b.Scope, n), vec.Slice[int32](b.Scope, n)
	es := s.out.entries[:0]
	for k, i := range sel {
		keys[k], ids[k] = s.keyOf[i], s.byRow[i]
		es = append(es, entry{k: int32(k), cause: i, ord: b.OrdOf(int(i)), mark: b.MarkOf(int(i)), weight: b.WeightOf(int(i)), w: s.after[i]})
	}
	s.out.entries = es
	p := part{g: s.g, ids: ids, cols: s.g.AddEach(s.rows, s.byRow, sel, s.out.keyColumns(s.keys, b.Scope, keys))}
	return s.out.send(b, b.Scope, []part{p}, es, true, s.emit)
}

// Flush closes everything: the input has ended.
func (s *sessions) Flush(last *arrowexec.Batch, emit arrowexec.Emit) error {
	s.b, s.emit = last, emit
	if s.o.Emission == Coalesced {
		if err := s.emitChanged(s.pace.last(last)); err != nil {
			return err
		}
	}
	s.close(arrowexec.EndOfTime, math.MaxInt)
	if err := s.settle(); err != nil {
		return err
	}
	var rest []int32 // kept for corrections without end
	for id := range s.all {
		if s.all[id].live {
			rest = append(rest, int32(id))
		}
	}
	s.forget(rest)
	s.mark = arrowexec.EndOfTime
	s.b, s.emit = nil, nil
	return nil
}
