package window

import (
	"cmp"
	"slices"

	"github.com/velostream/velo/arrowexec/vec"
)

// changes are the groups of a window whose new row was not given yet, and the
// sequence number of the last row that went into each.
type changes struct {
	ids []int32
	ord []int64 // by group; −1: nothing new
}

func (c *changes) note(id int32, ord int64) {
	for int(id) >= len(c.ord) {
		c.ord = append(c.ord, -1)
	}
	if c.ord[id] < 0 {
		c.ids = append(c.ids, id)
	}
	c.ord[id] = ord
}

func (c *changes) clear() {
	for _, id := range c.ids {
		c.ord[id] = -1
	}
	c.ids = c.ids[:0]
}

// addEach adds the waiting rows one after the other and emits the new row of
// each of their groups, by input row and then by window.
func (a *aligned) addEach() error {
	b := a.b
	parts := make([]part, len(a.touched))
	es := a.out.entries[:0]
	slices.SortFunc(a.touched, func(x, y *holder) int {
		return cmp.Or(cmp.Compare(x.start, y.start), cmp.Compare(x.end, y.end))
	})
	for p, h := range a.touched {
		parts[p] = part{g: h.g}
		parts[p].ids, parts[p].cols = h.g.UpdateEach(a.rows, vec.Sel(h.sel))
		for k, i := range h.sel {
			es = append(es, entry{part: int32(p), k: int32(k), cause: i, ord: b.OrdOf(int(i)), mark: b.MarkOf(int(i)), weight: b.WeightOf(int(i)), w: h.bounds})
		}
	}
	a.out.entries = es
	if len(parts) > 1 {
		slices.SortFunc(es, func(x, y entry) int { return cmp.Or(cmp.Compare(x.cause, y.cause), cmp.Compare(x.part, y.part)) })
	}
	return a.out.send(b, b.Scope, parts, es, true, a.emit)
}

// emitChanged gives the new rows of all groups that changed; ord is the row that
// has made the clock leave the interval.
func (a *aligned) emitChanged(ord int64) error {
	hs := slices.Clone(a.done)
	for _, h := range a.windows {
		if len(h.changed.ids) > 0 {
			hs = append(hs, h)
		}
	}
	if len(hs) > 0 {
		sc := a.b.Scope.Pool().Open()
		err := a.emitEntries(sc, hs, ord)
		sc.Close()
		if err != nil {
			return err
		}
	}
	for _, h := range a.done {
		a.forget(h)
	}
	a.done = a.done[:0]
	a.pace.given()
	return nil
}

// emitEntries gives the changed rows of windows by the row that changed them
// last, then by window.
func (a *aligned) emitEntries(sc *vec.Scope, hs []*holder, ord int64) error {
	slices.SortFunc(hs, func(x, y *holder) int {
		return cmp.Or(cmp.Compare(x.start, y.start), cmp.Compare(x.end, y.end))
	})
	var parts []part
	var es []entry
	for _, h := range hs {
		p := part{g: h.g, ids: slices.Clone(h.changed.ids)}
		slices.SortFunc(p.ids, func(x, y int32) int {
			return cmp.Or(cmp.Compare(h.changed.ord[x], h.changed.ord[y]), cmp.Compare(x, y))
		})
		p.cols = h.g.Emit(sc, p.ids)
		for k, id := range p.ids {
			es = append(es, entry{part: int32(len(parts)), k: int32(k), ord: h.changed.ord[id], mark: a.pace.held, w: h.bounds})
		}
		parts = append(parts, p)
		h.changed.clear()
	}
	if len(parts) > 1 {
		slices.SortFunc(es, func(x, y entry) int { return cmp.Or(cmp.Compare(x.ord, y.ord), cmp.Compare(x.part, y.part)) })
	}
	a.pace.stamp(es, ord)
	return a.out.send(a.b, sc, parts, es, false, a.emit)
}
