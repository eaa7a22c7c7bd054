package window

import (
	"math"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// close emits and forgets the windows that a watermark has reached. at bounds
// the rows of the batch among which the one stands that moved it.
func (a *aligned) close(mark int64, at int) error {
	if !a.due(mark) {
		return nil
	}
	if err := a.flush(); err != nil {
		return err
	}
	a.cur, a.other = nil, nil
	for a.open.len() > 0 {
		deadline := add(a.open.items[0].end, a.o.Lateness)
		if mark < deadline {
			break
		}
		ord, before, after := moved(a.b, at, mark, a.mark, deadline)
		for a.open.len() > 0 && add(a.open.items[0].end, a.o.Lateness) <= after {
			if err := a.closeOne(a.open.pop(), ord, before); err != nil {
				return err
			}
		}
	}
	for a.old.len() > 0 && mark >= a.expiry(a.old.items[0]) {
		h := a.old.pop()
		delete(a.windows, h.bounds)
		if len(h.changed.ids) > 0 {
			a.done = append(a.done, h)
		} else {
			a.forget(h)
		}
	}
	if a.panes {
		a.dropPanes(func(p *holder) bool { return mark >= p.until })
	}
	return nil
}

// closeOne ends a window.
func (a *aligned) closeOne(h *holder, ord, mark int64) error {
	sc := a.b.Scope.Pool().Open()
	var err error
	switch {
	case a.panes:
		err = a.emitPanes(sc, h, ord, mark)
	case a.o.Emission == Final:
		ids := h.g.Table.Order()
		p := part{g: h.g, ids: ids, cols: h.g.Emit(sc, ids)}
		err = a.out.send(a.b, sc, []part{p}, a.out.whole(p, h.bounds, ord, mark), false, a.emit)
	}
	sc.Close()
	if err != nil {
		return err
	}
	h.closed = true
	if a.o.Late == UpdatePrevious {
		if a.o.Retention > 0 {
			a.old.push(h)
		}
		return nil
	}
	delete(a.windows, h.bounds)
	if len(h.changed.ids) > 0 { // with EVERY its last rows come with those of the interval
		a.done = append(a.done, h)
		return nil
	}
	if a.panes {
		a.recycle(h)
	} else {
		a.forget(h)
	}
	return nil
}

// forget ends a holder: its rows in no emitted row never will be in one.
func (a *aligned) forget(h *holder) {
	if h.g == nil {
		return
	}
	refused, never := h.g.Fate()
	a.o.Ledger.Filtered += refused + never
	h.g.Reset()
	if len(a.free) < 64 {
		a.free = append(a.free, h.g)
	}
	h.g = nil
	if h == a.cur {
		a.cur = nil
	}
	if h == a.other {
		a.other = nil
	}
}

// recycle ends a pane or a window of panes, whose memory serves another.
func (a *aligned) recycle(p *holder) {
	a.forget(p)
	if len(a.spare) < 64 {
		*p = holder{into: p.into[:0], owed: p.owed[:0]}
		a.spare = append(a.spare, p)
	}
}

// lateRow handles a row all of whose windows are closed; last is the last of
// them.
func (a *aligned) lateRow(i int, t, mark int64, last bounds) error {
	switch a.o.Late {
	case UpdatePrevious:
		return a.correct(i, t, mark, last)
	case IncludeInNext:
		a.o.Ledger.LateApplied += a.b.WeightOf(i)
		next := a.shape.first(mark - a.o.Lateness) // the first that the watermark has not closed
		h := a.window(next, false)
		if a.panes && h.g == nil {
			h.g = a.groups()
		}
		a.wait(h, i)
		return nil
	}
	return a.late.row(a.b, &a.o, i, mark-t, mark, last)
}

// correct adds a late row to the closed windows that it belongs to and emits
// their new rows.
func (a *aligned) correct(i int, t, mark int64, last bounds) error {
	if err := a.flush(); err != nil {
		return err
	}
	b := a.b
	w := b.WeightOf(i)
	sel := vec.Sel{int32(i)}
	a.out.late = int32(i)
	defer func() { a.out.late = -1 }()
	e := entry{cause: int32(i), ord: b.OrdOf(i), mark: mark, weight: w}
	kept := func(w bounds) bool {
		return a.o.Retention == 0 || mark < add(add(w.end, a.o.Lateness), a.o.Retention)
	}
	if !kept(last) {
		return a.late.row(b, &a.o, i, mark-t, mark, last)
	}
	a.o.Ledger.LateApplied += w
	for x := a.shape.first(t); x.end <= last.end; x = a.shape.next(x) {
		if !kept(x) {
			continue
		}
		h := a.window(x, true)
		e.w = x
		sc := b.Scope.Pool().Open()
		var err error
		switch {
		case a.o.Emission == Changes:
			p := part{g: h.g}
			p.ids, p.cols = h.g.UpdateEach(a.rows, sel)
			e.weight, w = w, 0
			err = a.out.send(b, sc, []part{p}, []entry{e}, true, a.emit)
		default:
			h.sel = append(h.sel[:0], int32(i))
			rows := a.rows
			if !a.shape.one() {
				rows = a.weighted(h)
			}
			h.sel = h.sel[:0]
			ids := h.g.Update(rows, sel)
			p := part{g: h.g, ids: []int32{ids[i]}}
			p.cols = h.g.Emit(sc, p.ids)
			err = a.out.send(b, sc, []part{p}, []entry{e}, false, a.emit)
		}
		sc.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// Holds is the first row that is in no emitted row of an open window.
func (a *aligned) Holds() (int64, bool) {
	least, ok := int64(math.MaxInt64), false
	look := func(h *holder) {
		if h.g == nil {
			return
		}
		if a.o.Emission == Coalesced {
			if len(h.changed.ids) == 0 {
				return
			}
		} else if h.closed {
			return
		}
		if h.ord != math.MaxInt64 {
			least, ok = min(least, h.ord), true
		}
	}
	if a.o.Emission == Changes {
		return 0, false
	}
	for _, h := range a.windows {
		look(h)
	}
	for _, h := range a.sorted {
		look(h)
	}
	for _, h := range a.done {
		look(h)
	}
	return least, ok
}

// Fate sums the rows that are in no emitted row.
func (a *aligned) Fate() (filtered, held int64) {
	sum := func(h *holder) {
		if h.g != nil {
			f, n := h.g.Fate()
			filtered, held = filtered+f, held+n
		}
	}
	for _, h := range a.windows {
		sum(h)
	}
	for _, h := range a.sorted {
		sum(h)
	}
	for _, h := range a.done {
		sum(h)
	}
	if a.panes {
		held += a.shared.held()
	}
	return filtered, held
}

// State tells the groups and the windows held.
func (a *aligned) State() arrowexec.State {
	var s arrowexec.State
	sum := func(h *holder) {
		if h.g != nil {
			s.Keys += int64(h.g.Len())
			s.Bytes += h.g.Bytes() + int64(cap(h.into))*4 + int64(cap(h.owed))*16
		}
	}
	for _, h := range a.windows {
		sum(h)
		if !h.closed {
			s.Windows++
		}
	}
	for _, h := range a.sorted {
		sum(h)
	}
	for _, h := range a.done {
		sum(h)
	}
	if a.panes {
		s.Bytes += a.shared.bytes()
	}
	return s
}
