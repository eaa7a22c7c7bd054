package tabletest

import (
	"slices"
	"strings"
)

// node is a statement of the model.
type node struct {
	m      *machine
	q      *stmt
	in     []column
	out    []column
	joins  []*joining
	groups []*group
	rows   []*row // that wait for the end
	stream bool   // its rows are never taken back
}

// joining is the state of a join: the rows of both sides, in the order in which they
// came, and the pairs that the result has.
type joining struct {
	j           join
	in          []column
	left, right []*row
	nl, nr      int
	pairs       []*pair
}

type pair struct {
	l, r *row // nil: the other stands alone
	row  *row
}

func (m *machine) node(q *stmt) *node {
	n := &node{m: m, q: q, in: q.input(m.a), out: q.columns(m.a), stream: m.a.streams(q)}
	in := m.a.columnsOf(q.from.name)
	for _, j := range q.joins {
		nl := len(in)
		in = append(in[:nl:nl], m.a.columnsOf(j.leaf.name)...)
		n.joins = append(n.joins, &joining{j: j, in: in, nl: nl, nr: len(in) - nl})
	}
	return n
}

// changes are those of a leaf.
func (n *node) changes(l leaf) []change {
	var out []change
	for _, c := range n.m.now[l.name] {
		if l.where == nil || l.where.takes(at(n.m.a.columnsOf(l.name), c.row)) {
			out = append(out, c)
		}
	}
	return out
}

// step lets a statement follow what a record changes.
func (n *node) step() {
	if n.q.atEnd() && !n.stream || n.q.inSub != nil {
		return
	}
	list := n.changes(n.q.from)
	stream := !n.m.a.isTable(n.q.from.name)
	for _, j := range n.joins {
		right := n.changes(j.j.leaf)
		switch {
		case strings.HasPrefix(j.j.kind, "ASOF"):
			list = n.asof(j, list)
		case stream:
			list = j.meet(list, right, false)
		case !n.m.a.isTable(j.j.leaf.name):
			stream = true
			list = j.meet(right, list, true)
		default:
			list = j.both(list, right)
		}
	}
	if n.q.where != nil {
		list = slices.DeleteFunc(slices.Clone(list), func(c change) bool { return !n.q.where.takes(at(n.in, c.row)) })
	}
	if n.q.atEnd() || n.q.window > 0 {
		for _, c := range list {
			n.rows = append(n.rows, c.row)
		}
		return
	}
	switch {
	case !n.q.grouped():
		n.follow(list)
	case stream:
		for _, c := range list {
			n.regroup([]change{c})
		}
	default:
		n.regroup(list)
	}
}

// project computes the items of a row; nil: it fails.
func (n *node) project(r *row) *row {
	out := &row{time: r.time, key: r.key}
	var pk []value
	for _, it := range n.q.items {
		v, ok := it.eval(at(n.in, r))
		if !ok {
			return nil
		}
		out.vals = append(out.vals, v)
		if it.pk {
			pk = append(pk, v)
		}
	}
	if pk != nil {
		out.key = keyText(pk)
	} else if len(n.joins) > 0 {
		out.key = nil
	}
	return out
}

// follow gives the changes of rows as upserts and deletions.
func (n *node) follow(list []change) {
	var out []change
	for _, c := range list {
		if p := n.project(c.row); p != nil {
			p.time = max(c.when, p.time)
			out = append(out, change{c.add, p, c.when})
		}
	}
	gone := map[string]bool{}
	for _, c := range out {
		if c.add {
			n.emit(c.row)
			continue
		}
		if !n.q.table || c.row.key == nil || gone[*c.row.key] || slices.ContainsFunc(out, func(d change) bool { return d.add && d.row.key != nil && *d.row.key == *c.row.key }) {
			continue
		}
		gone[*c.row.key] = true
		n.delete(c.row.key, c.when)
	}
}

// groupKeys are the keys of a row; false: the row fails.
func (n *node) groupKeys(r *row) ([]value, bool) {
	get := at(n.in, r)
	var keys []value
	for _, k := range n.q.group {
		keys = append(keys, get(k))
	}
	for _, it := range n.q.items {
		if it.agg == "" || it.agg == "COUNT*" || it.filter != nil && !it.filter.takes(get) {
			continue
		}
		if _, ok := it.eval(get); !ok {
			return nil, false
		}
	}
	return keys, true
}

func (n *node) groupOf(keys []value) *group {
	id := text(keys)
	for _, g := range n.groups {
		if text(g.keys) == id {
			return g
		}
	}
	g := &group{keys: keys, great: before}
	n.groups = append(n.groups, g)
	return g
}

// regroup lets groups follow changes, and gives each that they touch once.
func (n *node) regroup(list []change) {
	var touched []*group // in the order of their last touch
	when := map[*group]int64{}
	for _, c := range list {
		keys, ok := n.groupKeys(c.row)
		if !ok {
			continue
		}
		g := n.groupOf(keys)
		g.rows = followed(g.rows, []change{c})
		g.great = max(g.great, c.when)
		if c.add {
			g.great = max(g.great, c.row.time)
		}
		if w, ok := when[g]; !ok || w < c.when {
			when[g] = c.when
		}
		touched = append(slices.DeleteFunc(touched, func(x *group) bool { return x == g }), g)
	}
	for _, g := range touched {
		r := n.groupRow(g)
		if len(g.rows) > 0 && r != nil {
			n.emit(r)
			g.shown = true
			continue
		}
		if g.shown && n.q.table {
			n.delete(keyText(g.keys), when[g])
		}
		g.shown = false
		if len(g.rows) == 0 {
			n.groups = slices.DeleteFunc(n.groups, func(x *group) bool { return x == g })
		}
	}
}

// groupRow is the row of a group; nil: HAVING is not TRUE.
func (n *node) groupRow(g *group) *row {
	out := &row{time: g.great, key: keyText(g.keys)}
	for _, it := range n.q.items {
		if it.agg != "" {
			out.vals = append(out.vals, it.aggregate(n.in, g.rows))
			continue
		}
		out.vals = append(out.vals, g.keys[slices.Index(n.q.group, it.col)])
	}
	if n.q.having != nil && !n.q.having.takes(at(n.out, out)) {
		return nil
	}
	return out
}

// emit writes a row and hands it to the statements that read this one.
func (n *node) emit(r *row) {
	m, name := n.m, n.q.name
	m.res.lines[name] = append(m.res.lines[name], shown(r.time, r.key, payload(n.out, r.vals)))
	if !n.q.table {
		m.now[name] = append(m.now[name], change{true, r, r.time})
		return
	}
	id := "NULL"
	if r.key != nil {
		id = "=" + *r.key
	}
	m.now[name] = append(m.now[name], m.keyed[name].put(id, r, r.time)...)
}

func (n *node) delete(key *string, when int64) {
	m, name := n.m, n.q.name
	m.res.lines[name] = append(m.res.lines[name], shown(when, key, nil))
	id := "NULL"
	if key != nil {
		id = "=" + *key
	}
	m.now[name] = append(m.now[name], m.keyed[name].remove(id, when)...)
}
