package window

import (
	"cmp"
	"math"
	"slices"

	"github.com/velostream/velo/arrowexec/vec"
)

// paneOf finds or makes the pane of a time, and with it the windows over it that
// are open at a watermark.
func (a *aligned) paneOf(t, mark int64) *holder {
	start := floor(t, a.shape.pane)
	if p := a.pane[start]; p != nil {
		return p
	}
	last := a.shape.last(t)
	p := a.holder()
	p.bounds, p.g, p.until, p.ord = bounds{start, start + a.shape.pane}, a.groups(), add(last.end, a.o.Lateness), math.MaxInt64
	a.pane[start] = p
	a.fresh = append(a.fresh, p)
	a.sorted = slices.Insert(a.sorted, firstPane(a.sorted, start), p)
	for w := a.shape.first(t); w.end <= last.end; w = a.shape.next(w) {
		if mark < add(w.end, a.o.Lateness) {
			a.window(w, false)
		}
	}
	return p
}

// firstPane is the place of the first pane that does not begin before a time.
func firstPane(sorted []*holder, start int64) int {
	at, _ := slices.BinarySearchFunc(sorted, start, func(p *holder, s int64) int { return cmp.Compare(p.start, s) })
	return at
}

// absorb takes the panes that begin before a time over: rows that come later
// have a pane of their own, which becomes part of the pane that there is.
func (a *aligned) absorb(before int64) {
	rest := a.fresh[:0]
	slices.SortStableFunc(a.fresh, func(x, y *holder) int { return cmp.Compare(x.start, y.start) })
	for _, p := range a.fresh {
		if p.start >= before {
			rest = append(rest, p)
			continue
		}
		if a.pane[p.start] == p {
			delete(a.pane, p.start)
		}
		at := firstPane(a.sorted, p.start)
		var known *holder
		for i := at; i < len(a.sorted) && a.sorted[i].start == p.start; i++ {
			if a.sorted[i].absorbed {
				known = a.sorted[i]
			} else if a.sorted[i] == p {
				at = i
			}
		}
		a.shared.absorb(p, known)
		if known != nil {
			a.sorted = slices.Delete(a.sorted, at, at+1)
			a.recycle(p)
		}
	}
	clear(a.fresh[len(rest):])
	a.fresh = rest
}

// emitPanes gives the rows of a window that is made of panes.
func (a *aligned) emitPanes(sc *vec.Scope, h *holder, ord, mark int64) error {
	// With windows closing by their end, no other window has a pane before h.
	a.dropPanes(func(p *holder) bool { return p.start < h.start })
	s := a.shared
	s.turn++
	a.absorb(h.end)
	n := s.window(a.sorted, h.bounds, a.shape)
	var own []int32
	if h.g != nil { // late rows of include_in_next_window are in no pane
		own = s.number(h.g.Table)
		n.merge(s, h.g, own)
		for k, id := range own {
			s.owed[id] += h.g.Pending(int32(k))
		}
	}
	ids := s.arrivals(sc, n)
	for _, id := range ids {
		n.g.Owe(id, s.owed[id])
	}
	p := part{g: n.g, ids: ids, cols: n.g.EmitCalls(sc, ids, a.out.keyColumns(s.keys, sc, ids))}
	err := a.out.send(a.b, sc, []part{p}, a.out.whole(p, h.bounds, ord, mark), false, a.emit)
	for _, id := range ids {
		if s.owed[id] != 0 && n.g.Pending(id) == 0 {
			s.owed[id], s.used[id] = 0, s.turn
		}
	}
	for k, id := range own {
		if s.used[id] == s.turn {
			h.g.Take(int32(k))
		} else {
			s.owed[id] -= h.g.Pending(int32(k))
		}
	}
	s.release(n)
	return err
}

// dropPanes forgets panes that no window covers any more.
func (a *aligned) dropPanes(gone func(p *holder) bool) {
	keep := a.sorted[:0]
	for _, p := range a.sorted {
		if !gone(p) {
			keep = append(keep, p)
			continue
		}
		if a.pane[p.start] == p {
			delete(a.pane, p.start)
		}
		if p.absorbed {
			a.shared.drop(p)
		} else {
			a.fresh = slices.DeleteFunc(a.fresh, func(q *holder) bool { return q == p })
		}
		a.recycle(p)
	}
	clear(a.sorted[len(keep):])
	a.sorted = keep
	a.shared.compact(a.sorted)
}
