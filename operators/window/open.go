package window

import (
	"cmp"
	"slices"
)

// Open is a window that has not closed.
type Open struct {
	Start, End int64
	Groups     int64
	Rows       int64 // input rows in no emitted row; a row of several windows counts in each
}

// OpenWindows lists the open windows, the first to close first.
func (a *aligned) OpenWindows() []Open {
	var list []Open
	for _, h := range a.windows {
		if h.closed {
			continue
		}
		x := Open{Start: h.start, End: h.end}
		a.count(&x, h)
		for _, p := range a.sorted {
			if p.start >= h.start && p.start < h.end {
				a.count(&x, p)
			}
		}
		list = append(list, x)
	}
	return firstToClose(list)
}

// count adds the groups of a window or pane; those of several panes count in each.
func (a *aligned) count(x *Open, h *holder) {
	if h.g == nil {
		return
	}
	x.Groups = max(x.Groups, int64(h.g.Len()))
	filtered, held := h.g.Fate()
	x.Rows += filtered + held
	for k, o := range h.owed {
		if o.turn > a.shared.used[h.into[k]] {
			x.Rows += o.n
		}
	}
}

// OpenWindows lists the open sessions, the first to close first.
func (s *sessions) OpenWindows() []Open {
	var list []Open
	for id := range s.all {
		if x := &s.all[id]; x.live && !x.closed {
			list = append(list, Open{Start: x.start, End: x.end, Groups: 1, Rows: s.g.Pending(int32(id))})
		}
	}
	return firstToClose(list)
}

func firstToClose(list []Open) []Open {
	slices.SortFunc(list, func(x, y Open) int { return cmp.Or(cmp.Compare(x.End, y.End), cmp.Compare(x.Start, y.Start)) })
	return list
}
