package window

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// The reference model: rows one at a time, sets of rows instead of states,
// windows found by trying all of them. Written from the contract alone.

type refRow struct {
	key any
	v   any
	t   int64
}

type refWindow struct {
	start, end int64
	key        any // sessions only
	closed     bool
	rows       []int
	first      int
}

type model struct {
	o       Options
	having  int // emit groups of more rows than that
	rows    []refRow
	windows []*refWindow
	out     []string
	used    map[int]bool
	late    []int
	applied int
}

func (m *model) shift() int64 {
	if m.o.Kind == Session {
		return m.o.Lateness + 1
	}
	return m.o.Lateness
}

// covering are the bounds of all windows over t, by start and then end.
func (m *model) covering(t int64) [][2]int64 {
	mod := func(a, b int64) int64 { return ((a % b) + b) % b }
	var out [][2]int64
	switch m.o.Kind {
	case Tumbling:
		s := t - mod(t, m.o.Size)
		out = append(out, [2]int64{s, s + m.o.Size})
	case Sliding:
		for s := t - m.o.Size - m.o.Advance; s <= t; s++ {
			if mod(s, m.o.Advance) == 0 && s <= t && t < s+m.o.Size {
				out = append(out, [2]int64{s, s + m.o.Size})
			}
		}
	case Cumulate:
		s := t - mod(t, m.o.Size)
		for e := s + m.o.Advance; e <= s+m.o.Size; e += m.o.Advance {
			if t < e {
				out = append(out, [2]int64{s, e})
			}
		}
	}
	return out
}

func (m *model) closes(w *refWindow, mark int64) bool {
	if mark == math.MinInt64 {
		return false
	}
	if m.o.Kind == Session {
		return mark > w.end+m.o.Lateness
	}
	return mark >= w.end+m.o.Lateness
}

func (m *model) expired(w *refWindow, mark int64) bool {
	c := *w
	c.end += m.o.Retention
	return m.o.Retention > 0 && m.closes(&c, mark)
}

// emit writes the row of the group of key in a window, if HAVING lets it.
func (m *model) emit(w *refWindow, key any, ord int, mark int64) {
	count, sum, any, last := 0, 0, false, -1
	for _, i := range w.rows {
		if m.rows[i].key != key {
			continue
		}
		count++
		last = max(last, i)
		if m.rows[i].v != nil {
			any = true
			sum += m.rows[i].v.(int)
		}
	}
	if count <= m.having {
		return
	}
	s := "NULL"
	if any {
		s = fmt.Sprint(sum)
	}
	l := "NULL"
	if v := m.rows[last].v; v != nil {
		l = fmt.Sprint(v)
	}
	k := "NULL"
	if key != nil {
		k = fmt.Sprint(key)
	}
	mk := mark
	if mk != math.MinInt64 {
		mk -= m.shift()
	}
	m.out = append(m.out, fmt.Sprintf("%s|%d|%s|%s|%d|%d|%d @%d ~%d", k, count, s, l, w.start, w.end, w.end-1, ord, mk))
	for _, i := range w.rows {
		if m.rows[i].key == key {
			m.used[i] = true
		}
	}
}

func (m *model) keysOf(w *refWindow) []any {
	var keys []any
	for _, i := range w.rows {
		if !slices.Contains(keys, m.rows[i].key) {
			keys = append(keys, m.rows[i].key)
		}
	}
	return keys
}

func (m *model) run(marks []int64, after int64) {
	m.used = map[int]bool{}
	for i := range m.rows {
		if m.o.Kind == Session {
			m.session(i, marks[i])
		} else {
			m.row(i, marks[i])
		}
		next := after
		if i+1 < len(marks) {
			next = marks[i+1]
		}
		m.closeAll(i, marks[i], next)
	}
	m.closeAll(len(m.rows)-1, after, math.MaxInt64)
}

func (m *model) closeAll(ord int, before, mark int64) {
	slices.SortStableFunc(m.windows, func(a, b *refWindow) int {
		return cmp.Or(cmp.Compare(a.end, b.end), cmp.Compare(a.start, b.start), cmp.Compare(a.first, b.first))
	})
	for _, w := range m.windows {
		if !w.closed && m.closes(w, mark) {
			w.closed = true
			if m.o.Emission == Final {
				for _, k := range m.keysOf(w) {
					m.emit(w, k, ord, before)
				}
			}
		}
	}
	m.windows = slices.DeleteFunc(m.windows, func(w *refWindow) bool {
		return w.closed && (m.o.Late != UpdatePrevious || m.expired(w, mark))
	})
}

func (m *model) find(start, end int64) *refWindow {
	for _, w := range m.windows {
		if w.start == start && w.end == end {
			return w
		}
	}
	w := &refWindow{start: start, end: end}
	m.windows = append(m.windows, w)
	return w
}

func (m *model) row(i int, mark int64) {
	r := m.rows[i]
	all := m.covering(r.t)
	open := slices.DeleteFunc(slices.Clone(all), func(b [2]int64) bool { return m.closes(&refWindow{end: b[1]}, mark) })
	if len(open) > 0 {
		for _, b := range open {
			w := m.find(b[0], b[1])
			w.rows = append(w.rows, i)
			if m.o.Emission == Changes {
				m.emit(w, r.key, i, mark)
			}
		}
		return
	}
	switch m.o.Late {
	case UpdatePrevious:
		kept := slices.DeleteFunc(all, func(b [2]int64) bool { return m.expired(&refWindow{end: b[1]}, mark) })
		if len(kept) > 0 {
			m.applied++
			for _, b := range kept {
				w := m.find(b[0], b[1])
				w.closed = true
				w.rows = append(w.rows, i)
				m.emit(w, r.key, i, mark)
			}
			return
		}
	case IncludeInNext:
		m.applied++
		for t := mark - m.o.Lateness; ; t++ { // the window that closes first of those still open
			var best [2]int64
			found := false
			for _, b := range m.covering(t) {
				if !m.closes(&refWindow{end: b[1]}, mark) && (!found || b[1] < best[1]) {
					best, found = b, true
				}
			}
			if found {
				w := m.find(best[0], best[1])
				w.rows = append(w.rows, i)
				if m.o.Emission == Changes {
					m.emit(w, r.key, i, mark)
				}
				return
			}
		}
	}
	m.late = append(m.late, i)
}

func (m *model) session(i int, mark int64) {
	r := m.rows[i]
	gap := m.o.Size
	form := func(closed bool) *refWindow {
		w := &refWindow{start: r.t, end: r.t + gap, key: r.key, first: i, closed: closed, rows: nil}
		m.windows = slices.DeleteFunc(m.windows, func(x *refWindow) bool {
			if x.key != r.key || x.closed != closed || r.t > x.end || r.t < x.start-gap {
				return false
			}
			w.start, w.end, w.first = min(w.start, x.start), max(w.end, x.end), min(w.first, x.first)
			w.rows = append(w.rows, x.rows...)
			return true
		})
		w.rows = append(w.rows, i)
		return w
	}
	w := &refWindow{end: r.t + gap}
	joins := false
	for _, x := range m.windows {
		joins = joins || x.key == r.key && !x.closed && r.t <= x.end && r.t >= x.start-gap
	}
	if joins || !m.closes(w, mark) {
		w = form(false)
		m.windows = append(m.windows, w)
		if m.o.Emission == Changes {
			m.emit(w, r.key, i, mark)
		}
		return
	}
	switch m.o.Late {
	case UpdatePrevious:
		before := slices.Clone(m.windows)
		w = form(true)
		if len(w.rows) == 1 && m.expired(w, mark) {
			m.windows = before
			break
		}
		m.applied++
		m.windows = append(m.windows, w)
		m.emit(w, r.key, i, mark)
		return
	case IncludeInNext:
		m.applied++
		var first *refWindow
		for _, x := range m.windows {
			if x.key == r.key && !x.closed && (first == nil || x.end < first.end) {
				first = x
			}
		}
		if first == nil {
			first = &refWindow{start: mark - m.o.Lateness, end: mark - m.o.Lateness + gap, key: r.key, first: i}
			m.windows = append(m.windows, first)
		}
		first.rows = append(first.rows, i)
		if m.o.Emission == Changes {
			m.emit(first, r.key, i, mark)
		}
		return
	}
	m.late = append(m.late, i)
}
