package timetest

import "fmt"

// groups is the state of a query that aggregates.
type groups struct {
	plain   map[string]*group
	order   []*group // by first arrival
	windows []*group // group-windows that are remembered
}

// group is a group, or a group in one window: the list of its rows.
type group struct {
	key        string
	vals       []value // of the GROUP BY columns
	start, end int64   // of its window; a session's end is last+gap
	first      int     // arrival of its first row
	rows       []*row
	done       bool // closed
}

// touched is a group whose new row waits (batch, EVERY), with the input rows
// that changed it.
type touched struct {
	g    *group
	rows []int
}

func (n *node) keyOf(r *row) (string, []value) {
	var vals []value
	for _, k := range n.q.keys {
		vals = append(vals, r.get(k))
	}
	return fmt.Sprintf("%#v", vals), vals
}

// result makes the row of a group; ok is false when HAVING leaves it out.
func (n *node) result(g *group) (o *out, ok bool) {
	o = &out{time: before}
	for _, r := range g.rows {
		o.time = max(o.time, r.time)
	}
	if n.q.win != nil && n.q.final() {
		o.time = g.end - 1
	}
	for _, it := range n.q.items {
		var v value
		switch {
		case it.sys == "_window_start":
			v = g.start
		case it.sys == "_window_end":
			v = g.end
		case it.agg != nil:
			v = it.agg.of(g.rows)
		default:
			v = g.rows[len(g.rows)-1].get(it.col)
			for i, k := range n.q.keys {
				if k == it.col {
					v = g.vals[i]
				}
			}
		}
		o.vals = append(o.vals, v)
	}
	if n.q.having != nil {
		res, err := n.q.having.eval(func(alias string) value {
			for i, it := range n.q.items {
				if it.alias == alias {
					return o.vals[i]
				}
			}
			panic("no alias " + alias)
		})
		if err != nil || res != true {
			return o, false
		}
	}
	return o, true
}

// change gives, or keeps back, the new row of a group that input row r changed.
func (n *node) change(g *group, r *row) {
	if n.q.emit == "batch" || n.q.emit == "every" {
		n.touch(g, r.seq)
		return
	}
	n.show(g, []int{r.seq})
}

func (n *node) show(g *group, rows []int) {
	o, ok := n.result(g)
	o.rows = rows
	if !ok {
		n.drop(o)
		return
	}
	n.emit(o)
}

// touch puts a group at the end of those that wait.
func (n *node) touch(g *group, seq int) {
	t := &touched{g: g}
	kept := n.pending[:0:0]
	for _, p := range n.pending {
		if p.g == g {
			t = p
		} else {
			kept = append(kept, p)
		}
	}
	t.rows = append(t.rows, seq)
	n.pending = append(kept, t)
}

// flush gives the rows that wait: at the end of a batch, or of an interval.
func (n *node) flush() {
	list := n.pending
	n.pending = nil
	for _, t := range list {
		n.show(t.g, t.rows)
	}
}

// tick moves the clock of EMIT CHANGES EVERY.
func (n *node) tick(now int64) {
	if n.q.emit == "every" && n.now != before && floor(now, n.q.every) != floor(n.now, n.q.every) {
		n.flush()
	}
	n.now = now
}

// floor is the greatest multiple of d that is not greater than t.
func floor(t, d int64) int64 {
	m := t % d
	if m < 0 {
		m += d
	}
	return t - m
}

// groupRow adds a row to its group, without a window.
func (n *node) groupRow(r *row) {
	key, vals := n.keyOf(r)
	g := n.groups.plain[key]
	if g == nil {
		g = &group{key: key, vals: vals, first: r.seq}
		n.groups.plain[key] = g
		n.groups.order = append(n.groups.order, g)
	}
	g.rows = append(g.rows, r)
	if !n.q.final() {
		n.change(g, r)
	}
}

// lastGroups gives final groups at the end.
func (n *node) lastGroups() {
	if n.q.win != nil || !n.q.final() {
		return
	}
	list := n.groups.order
	if len(list) == 0 && !n.q.grouped && n.global() {
		list = []*group{{}}
	}
	for _, g := range list {
		var rows []int
		for _, r := range g.rows {
			rows = append(rows, r.seq)
		}
		n.show(g, rows)
	}
}
