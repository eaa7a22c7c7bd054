package tabletest

import "slices"

// end gives what waits for the end.
func (n *node) end() {
	q := n.q
	if q.window > 0 {
		n.windows()
		return
	}
	if !q.atEnd() && q.inSub == nil {
		return
	}
	for _, r := range n.final() {
		n.emit(r)
	}
}

// final is the result over the rows that there are at the end.
func (n *node) final() []*row {
	q := n.q
	rows := n.rows
	if !n.stream {
		rows = n.snapshot()
	}
	var out []*row
	if q.grouped() {
		for _, r := range rows {
			if keys, ok := n.groupKeys(r); ok {
				g := n.groupOf(keys)
				g.rows, g.great = append(g.rows, r), max(g.great, r.time)
			}
		}
		for _, g := range n.groups {
			if r := n.groupRow(g); r != nil {
				out = append(out, r)
			}
		}
	} else {
		for _, r := range rows {
			if p := n.project(r); p != nil {
				if q.over != "" {
					p.vals = append(p.vals, n.number(r, rows))
				}
				out = append(out, p)
			}
		}
	}
	if q.union != nil {
		out = append(out, n.m.node(q.union).final()...)
	}
	if q.dist {
		seen := map[string]bool{}
		out = slices.DeleteFunc(out, func(r *row) bool {
			id := text(r.vals)
			was := seen[id]
			seen[id] = true
			return was
		})
	}
	slices.SortStableFunc(out, func(a, b *row) int {
		for _, c := range q.order {
			if x := compare(at(n.out, a)(c), at(n.out, b)(c)); x != 0 {
				return x
			}
		}
		return 0
	})
	return out
}

// number is ROW_NUMBER of a row, among those that fail later too.
func (n *node) number(r *row, rows []*row) int64 {
	k := int64(1)
	before := true
	for _, o := range rows {
		before = before && o != r
		if x := compare(at(n.in, o)(n.q.over), at(n.in, r)(n.q.over)); x < 0 || x == 0 && before {
			k++
		}
	}
	return k
}

// snapshot is the rows of FROM and WHERE over tables as they are.
func (n *node) snapshot() []*row {
	list := func(l leaf) []*row {
		return slices.DeleteFunc(n.m.keyed[l.name].list(), func(r *row) bool {
			return l.where != nil && !l.where.takes(at(n.m.a.columnsOf(l.name), r))
		})
	}
	rows := list(n.q.from)
	for _, j := range n.joins {
		var next []*row
		met := map[*row]bool{}
		right := list(j.j.leaf)
		for _, l := range rows {
			for _, r := range right {
				if j.matches(l, r) {
					met[l], met[r] = true, true
					next = append(next, joined(j, l, r))
				}
			}
			if !met[l] && (j.j.kind == "LEFT JOIN" || j.j.kind == "FULL JOIN") {
				next = append(next, joined(j, l, nil))
			}
		}
		for _, r := range right {
			if !met[r] && (j.j.kind == "RIGHT JOIN" || j.j.kind == "FULL JOIN") {
				next = append(next, joined(j, nil, r))
			}
		}
		rows = next
	}
	return slices.DeleteFunc(rows, func(r *row) bool {
		get := at(n.in, r)
		if n.q.where != nil && !n.q.where.takes(get) {
			return true
		}
		if n.q.inSub == nil {
			return false
		}
		for _, s := range list(*n.q.inSub) {
			if v, w := get(n.q.inCol), at(n.m.a.columnsOf(n.q.inSub.name), s)(n.q.inOf); v != nil && w != nil && compare(v, w) == 0 {
				return false
			}
		}
		return true
	})
}

// windows are tumbling windows at their end: by window, then by first arrival.
func (n *node) windows() {
	starts := map[int64][]*group{}
	var order []int64
	for _, r := range n.rows {
		keys, ok := n.groupKeys(r)
		if !ok {
			continue
		}
		s := r.time - ((r.time%n.q.window)+n.q.window)%n.q.window
		if starts[s] == nil {
			order = append(order, s)
		}
		i := slices.IndexFunc(starts[s], func(g *group) bool { return text(g.keys) == text(keys) })
		if i < 0 {
			i = len(starts[s])
			starts[s] = append(starts[s], &group{keys: keys})
		}
		starts[s][i].rows = append(starts[s][i].rows, r)
	}
	slices.Sort(order)
	for _, s := range order {
		for _, g := range starts[s] {
			g.great = s + n.q.window - 1
			if r := n.groupRow(g); r != nil {
				n.emit(r)
			}
		}
	}
}
