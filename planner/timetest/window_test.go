package timetest

import "sort"

// span is a window's bounds.
type span struct{ start, end int64 }

// spans are the aligned windows that cover a time, by start, then end.
func (w *window) spans(t int64) []span {
	var out []span
	switch w.kind {
	case "TUMBLING":
		s := floor(t, w.size)
		out = append(out, span{s, s + w.size})
	case "SLIDING":
		for s := floor(t, w.step); s > t-w.size; s -= w.step {
			out = append([]span{{s, s + w.size}}, out...)
		}
	case "CUMULATE":
		s := floor(t, w.size)
		for e := s + w.step; e <= s+w.size; e += w.step {
			if e > t {
				out = append(out, span{s, e})
			}
		}
	}
	return out
}

// next is the earliest aligned window that a watermark has not closed.
func (w *window) next(mark, lateness int64) span {
	open := mark - lateness // the window's end is beyond it
	switch w.kind {
	case "TUMBLING":
		s := floor(open, w.size)
		return span{s, s + w.size}
	case "SLIDING":
		s := floor(open-w.size, w.step) + w.step
		return span{s, s + w.size}
	}
	e := floor(open, w.step) + w.step
	s := floor(e-1, w.size)
	return span{s, e}
}

// closed tells whether a window with that end is closed.
func (n *node) closed(end int64, more int64) bool {
	if n.mark == before {
		return false
	}
	if n.q.win.kind == "SESSION" {
		return n.mark > end+n.latency+more
	}
	return n.mark >= end+n.latency+more
}

func (n *node) retention() int64 {
	switch {
	case n.q.keep < 0:
		return 3600_000
	case n.q.keep == 0:
		return 1 << 50
	}
	return n.q.keep
}

// windowed adds a row to its windows.
func (n *node) windowed(r *row) {
	if n.q.win.kind == "SESSION" {
		n.session(r)
		return
	}
	all := n.q.win.spans(r.time)
	var list []span
	for _, s := range all {
		if !n.closed(s.end, 0) {
			list = append(list, s)
		}
	}
	if len(list) > 0 {
		for _, s := range list {
			g := n.at(r, s)
			if !n.q.final() {
				n.change(g, r)
			}
		}
		return
	}
	switch n.q.late {
	case "update_previous":
		for _, s := range all {
			if !n.closed(s.end, n.retention()) {
				list = append(list, s)
			}
		}
		if len(list) == 0 {
			n.miss(r, all[len(all)-1])
			return
		}
		n.applied++
		for _, s := range list {
			n.show(n.at(r, s), []int{r.seq})
		}
	case "include_in_next_window":
		n.applied++
		g := n.at(r, n.q.win.next(n.mark, n.latency))
		if !n.q.final() {
			n.change(g, r)
		}
	default:
		n.miss(r, all[len(all)-1])
	}
}

// at adds a row to its group in a window.
func (n *node) at(r *row, s span) *group {
	key, vals := n.keyOf(r)
	for _, g := range n.groups.windows {
		if g.key == key && g.start == s.start && g.end == s.end {
			g.rows = append(g.rows, r)
			return g
		}
	}
	g := &group{key: key, vals: vals, start: s.start, end: s.end, first: r.seq, rows: []*row{r}, done: n.closed(s.end, 0)}
	n.groups.windows = append(n.groups.windows, g)
	return g
}

// miss drops a late row.
func (n *node) miss(r *row, s span) {
	n.fates[r.seq] = late
	if n.q.late == "dead_letter" {
		n.letters = append(n.letters, r.text)
	}
	if n.q.lateInto {
		cols := append(names(n.in), "_late_by_ms", "_window_start", "_window_end")
		vals := append(append([]value(nil), r.vals...), n.mark-r.time, s.start, s.end)
		n.missed = append(n.missed, line(cols, vals))
	}
}

// session adds a row to the sessions of its group.
func (n *node) session(r *row) {
	gap := n.q.win.size
	key, vals := n.keyOf(r)
	reach := func(want func(g *group) bool) []*group {
		var out []*group
		for _, g := range n.groups.windows {
			if g.key == key && want(g) && r.time >= g.start-gap && r.time <= g.end {
				out = append(out, g)
			}
		}
		return out
	}
	open := reach(func(g *group) bool { return !n.closed(g.end, 0) })
	if len(open) > 0 || !n.closed(r.time+gap, 0) {
		g := n.merge(r, key, vals, open)
		if !n.q.final() {
			n.change(g, r)
		}
		return
	}
	switch n.q.late {
	case "update_previous":
		kept := reach(func(g *group) bool { return !n.closed(g.end, n.retention()) })
		if len(kept) == 0 && n.closed(r.time+gap, n.retention()) {
			n.miss(r, span{r.time, r.time + gap})
			return
		}
		n.applied++
		g := n.merge(r, key, vals, kept)
		g.done = true
		n.show(g, []int{r.seq})
	case "include_in_next_window":
		n.applied++
		var best *group
		for _, g := range n.groups.windows {
			if g.key == key && !n.closed(g.end, 0) && (best == nil || g.end < best.end) {
				best = g
			}
		}
		if best == nil { // the earliest that would be open
			at := n.mark - n.latency
			best = &group{key: key, vals: vals, start: at, end: at + gap, first: r.seq}
			n.groups.windows = append(n.groups.windows, best)
		}
		best.rows = append(best.rows, r)
		if !n.q.final() {
			n.change(best, r)
		}
	default:
		n.miss(r, span{r.time, r.time + gap})
	}
}

// merge makes one session of a row and those it joins.
func (n *node) merge(r *row, key string, vals []value, list []*group) *group {
	g := &group{key: key, vals: vals, start: r.time, end: r.time + n.q.win.size, first: r.seq}
	if len(list) > 0 {
		g = list[0]
	}
	for _, o := range list {
		g.start, g.end, g.first = min(g.start, o.start), max(g.end, o.end), min(g.first, o.first)
		if o != g {
			g.rows = append(g.rows, o.rows...)
			n.forget(o)
			n.replace(o, g)
		}
	}
	g.start, g.end = min(g.start, r.time), max(g.end, r.time+n.q.win.size)
	g.rows = append(g.rows, r)
	sort.SliceStable(g.rows, func(i, j int) bool { return g.rows[i].seq < g.rows[j].seq })
	if len(list) == 0 {
		n.groups.windows = append(n.groups.windows, g)
	}
	return g
}

// replace lets the rows that wait for session o wait for session g.
func (n *node) replace(o, g *group) {
	kept := n.pending[:0:0]
	var rows []int
	for _, p := range n.pending {
		if p.g == o {
			rows = p.rows
		} else {
			kept = append(kept, p)
		}
	}
	n.pending = kept
	for _, i := range rows {
		n.touch(g, i)
	}
}

func (n *node) forget(o *group) {
	kept := n.groups.windows[:0:0]
	for _, g := range n.groups.windows {
		if g != o {
			kept = append(kept, g)
		}
	}
	n.groups.windows = kept
}

// close gives the rows of windows that the watermark has closed, and forgets
// those that nothing may change any more.
func (n *node) close() {
	if n.q.win == nil {
		return
	}
	var list []*group
	for _, g := range append([]*group(nil), n.groups.windows...) {
		end := n.mark == after
		if !g.done && (end || n.closed(g.end, 0)) {
			g.done = true
			list = append(list, g)
		}
		if g.done && (end || n.q.late != "update_previous" || n.closed(g.end, n.retention())) {
			n.forget(g)
		}
	}
	if !n.q.final() {
		return
	}
	sort.SliceStable(list, func(i, j int) bool {
		a, b := list[i], list[j]
		if a.end != b.end {
			return a.end < b.end
		}
		if a.start != b.start {
			return a.start < b.start
		}
		return a.first < b.first
	})
	for i := 0; i < len(list); {
		j := i
		var rows []*out
		for ; j < len(list) && list[j].start == list[i].start && list[j].end == list[i].end; j++ {
			o, ok := n.result(list[j])
			for _, r := range list[j].rows {
				o.rows = append(o.rows, r.seq)
			}
			if !ok {
				n.drop(o)
				continue
			}
			rows = append(rows, o)
		}
		i = j
		if n.q.order != "" {
			rows = n.arrange(rows)
		}
		for k, o := range rows {
			if n.q.limit >= 0 && k >= n.q.limit {
				n.drop(o)
				continue
			}
			n.emit(o)
		}
	}
}
