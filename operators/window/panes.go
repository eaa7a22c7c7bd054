package window

import (
	"cmp"
	"slices"

	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/hashagg"
)

// paneOf finds or makes the pane of a time, and with it the windows over it that
// are open at a watermark.
func (a *aligned) paneOf(t, mark int64) *holder {
	start := floor(t, a.shape.pane)
	if p := a.pane[start]; p != nil {
		return p
	}
	last := a.shape.last(t)
	p := &holder{bounds: bounds{start, start + a.shape.pane}, g: a.groups(), until: add(last.end, a.o.Lateness)}
	a.pane[start] = p
	at, _ := slices.BinarySearchFunc(a.sorted, start, func(p *holder, s int64) int { return cmp.Compare(p.start, s) })
	a.sorted = slices.Insert(a.sorted, at, p)
	for w := a.shape.first(t); w.end <= last.end; w = a.shape.next(w) {
		if mark < add(w.end, a.o.Lateness) {
			a.window(w, false)
		}
	}
	return p
}

// merged is the groups of a window, merged from its panes; into tells, for each
// of sources, where its groups went.
func (a *aligned) merged(h *holder) (sources []*hashagg.Groups, into [][]int32) {
	if a.result == nil {
		a.result = hashagg.NewGroups(a.o.Spec, false)
	}
	a.result.Reset()
	from, _ := slices.BinarySearchFunc(a.sorted, h.start, func(p *holder, s int64) int { return cmp.Compare(p.start, s) })
	for _, p := range a.sorted[from:] {
		if p.start >= h.end {
			break
		}
		sources = append(sources, p.g)
		into = append(into, a.result.Merge(p.g))
	}
	if h.g != nil {
		sources = append(sources, h.g)
		into = append(into, a.result.Merge(h.g))
	}
	return sources, into
}

// settle takes from the panes the rows that are now in an emitted row.
func (a *aligned) settle(sources []*hashagg.Groups, into [][]int32) {
	for s, g := range sources {
		for k, id := range into[s] {
			if a.result.Pending(id) == 0 {
				g.Take(int32(k))
			}
		}
	}
}

func (a *aligned) emitPanes(sc *vec.Scope, h *holder, ord, mark int64) error {
	sources, into := a.merged(h)
	ids := a.result.Table.Order()
	p := part{g: a.result, ids: ids, cols: a.result.Emit(sc, ids)}
	err := a.out.send(a.b, sc, []part{p}, a.out.whole(p, h.bounds, ord, mark), false, a.emit)
	a.settle(sources, into)
	return err
}

// dropPanes forgets the panes that no window covers any more.
func (a *aligned) dropPanes(mark int64) {
	keep := a.sorted[:0]
	for _, p := range a.sorted {
		if mark < p.until {
			keep = append(keep, p)
			continue
		}
		delete(a.pane, p.start)
		a.forget(p)
	}
	clear(a.sorted[len(keep):])
	a.sorted = keep
}
