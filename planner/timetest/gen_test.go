package timetest

import (
	"fmt"
	"math/rand/v2"
	"strconv"

	"github.com/velostream/velo/planner"
)

// gen makes a case of a seed.
type gen struct {
	*rand.Rand
	a    *app
	unit int64 // ms that durations are multiples of
	base int64 // where time begins
}

func (g *gen) chance(percent int) bool { return g.IntN(100) < percent }

func pick[T any](g *gen, list ...T) T { return list[g.IntN(len(list))] }

// generate makes the case of a seed.
func generate(seed uint64) *app {
	g := &gen{Rand: rand.New(rand.NewPCG(seed, 5)), a: &app{seed: seed}}
	g.unit = pick[int64](g, 1, 1, 10, 1000, 1000, 3_600_000)
	g.base = pick[int64](g, 0, 0, -20*g.unit, 1_700_000_000_000, -1_000_000_000_000-7*g.unit, 7*g.unit)
	for i := range 1 + g.IntN(100)/75 {
		g.source(string(rune('a' + i)))
	}
	g.queries()
	for _, q := range g.a.queries { // the batches show where they must
		if q.emit == "batch" && len(g.a.sources) > 1 {
			q.emit = "changes"
		}
	}
	g.a.shape = shape{batch: pick(g, 1, 2, 3, 5, 8, 64), threads: pick(g, 1, 1, 3), pieces: pick(g, 1, 1, 2, 5)}
	if g.chance(20) {
		g.a.shape.without = pick(g, planner.Rules()...)
	}
	for at := range 64 {
		if g.chance(4) {
			g.a.shape.cuts = append(g.a.shape.cuts, at)
		}
	}
	for _, q := range g.a.queries {
		if q.emit == "batch" {
			g.a.shape.pieces = 1
		}
	}
	// What was added to the cases since draws from a generator of its own: a seed
	// that differed once remains what it was.
	more := &gen{Rand: rand.New(rand.NewPCG(seed, 6)), a: g.a, unit: g.unit, base: g.base}
	more.gone()
	more.overs()
	more.letters()
	more.shared()
	return g.a
}

// gone takes the rows from some records.
func (g *gen) gone() {
	for _, s := range g.a.sources {
		often := pick(g, 0, 0, 5, 30)
		for _, r := range s.recs {
			if g.chance(often) {
				r.gone = pick(g, "null", "bad")
			}
		}
	}
}

func (g *gen) source(name string) {
	s := &source{name: name, parts: pick(g, 1, 1, 2, 3, 4), field: g.chance(70), delay: g.unit * pick[int64](g, 0, 0, 0, 1, 3, 10)}
	s.stamps = s.parts > 1 || !s.field || g.chance(50)
	if g.chance(10) {
		s.lateness = g.unit * int64(1+g.IntN(5))
	}
	g.a.sources = append(g.a.sources, s)
	now := g.base
	wide := pick[int64](g, 1, 4, 12)
	live := make([]int64, s.parts) // each partition has a time of its own
	for p := range live {
		live[p] = now + g.unit*g.Int64N(6)
	}
	n := g.IntN(pick(g, 3, 15, 40, 60))
	silent := -1
	if s.parts > 1 && g.chance(30) {
		silent = g.IntN(s.parts) // speaks seldom, or never
	}
	for i := range n {
		if len(s.recs) > 0 && g.chance(5) { // a duplicate
			r := *s.recs[g.IntN(len(s.recs))]
			s.recs = append(s.recs, &r)
			continue
		}
		p := g.IntN(s.parts)
		if p == silent && !g.chance(5) {
			p = (p + 1) % s.parts
		}
		live[p] += g.unit * g.Int64N(3)
		if g.chance(6) {
			live[p] += g.unit * g.Int64N(60) // a gap
		}
		if g.chance(10) {
			live[p] += g.Int64N(g.unit)
		}
		t := live[p]
		if g.chance(30) {
			t -= g.unit * g.Int64N(wide*5) // out of order
		}
		vals := []value{int64(i), t, pick[value](g, "a", "a", "b", "c", nil), pick[value](g, int64(g.IntN(20)-5), int64(g.IntN(20)-5), int64(g.IntN(3)), nil), strconv.Itoa(g.IntN(10))}
		if g.chance(10) {
			vals[4] = pick[value](g, "x", nil)
		}
		rec := &record{part: p, stamp: t, vals: vals}
		if s.stamps {
			if s.field {
				rec.stamp = now + g.unit*int64(i) + g.Int64N(3*g.unit) - g.unit
			}
			if g.chance(5) {
				vals[1] = nil
			}
		} else if g.chance(6) {
			vals[1] = nil
		}
		s.recs = append(s.recs, rec)
	}
	if !s.stamps { // a record without a time stands right behind the one before it
		for _, r := range s.recs {
			if r.stamp = before; r.vals[1] != nil {
				r.stamp = r.vals[1].(int64)
			}
		}
	}
}

// queries makes the statements.
func (g *gen) queries() {
	var names []string
	for _, s := range g.a.sources {
		names = append(names, s.name)
	}
	streams := append([]string(nil), names...)
	if len(names) > 1 || g.chance(15) {
		u := g.union(names)
		g.a.queries = append(g.a.queries, u)
		streams = append(streams, u.name, u.name, u.name)
	}
	n := 1 + g.IntN(3)
	for i := range n {
		from := streams[g.IntN(len(streams))]
		if len(names) > 1 && i == 0 {
			from = streams[len(streams)-1]
		}
		q := g.query(fmt.Sprintf("q%d", i+1), from)
		g.a.queries = append(g.a.queries, q)
		if q.emit != "batch" && q.emit != "every" && q.limit < 0 && len(q.keys)+len(q.items) > 0 {
			streams = append(streams, q.name, q.name)
		}
	}
}

func (g *gen) union(names []string) *query {
	u := &query{name: "u", limit: -1, keep: -1, lateness: -1}
	cols := []string{"id", "k", "v", "s"}
	if g.chance(60) {
		cols = append(cols, "ts")
	}
	for i := range 2 {
		m := &query{from: names[min(i, len(names)-1)], limit: -1, keep: -1, lateness: -1}
		for _, c := range cols {
			m.items = append(m.items, item{alias: c, col: c})
		}
		if g.chance(40) {
			m.where = g.cond(sourceColumns, 2)
		}
		u.union = append(u.union, m)
	}
	return u
}

func (g *gen) having(list []column, typ ...string) []column {
	var out []column
	for _, c := range list {
		for _, t := range typ {
			if c.typ == t {
				out = append(out, c)
			}
		}
	}
	return out
}

// cond makes a condition over columns.
func (g *gen) cond(cols []column, depth int) *cond {
	if depth > 0 && g.chance(30) {
		switch g.IntN(3) {
		case 0:
			return &cond{op: "not", l: g.cond(cols, depth-1)}
		case 1:
			return &cond{op: "and", l: g.cond(cols, depth-1), r: g.cond(cols, depth-1)}
		}
		return &cond{op: "or", l: g.cond(cols, depth-1), r: g.cond(cols, depth-1)}
	}
	c := cols[g.IntN(len(cols))]
	if c.name == "ts" || c.name == "id" {
		c = cols[g.IntN(len(cols))]
	}
	switch {
	case g.chance(15):
		return &cond{op: pick(g, "null", "notnull"), col: c.name}
	case c.name == "s" && len(cols) == len(sourceColumns) && g.chance(60):
		return &cond{op: "cast", col: c.name, n: int64(g.IntN(8))}
	case c.typ == "STRING":
		return &cond{op: "text", col: c.name, s: pick(g, "a", "b", "c")}
	case c.typ == "BIGINT" && g.chance(20):
		return &cond{op: "mod", col: c.name, n: int64(g.IntN(3))}
	}
	return &cond{op: pick(g, ">", "<", "=", "<>", "plus", "case"), col: c.name, n: int64(g.IntN(12) - 3)}
}

func (g *gen) query(name, from string) *query {
	q := &query{name: name, from: from, keep: -1, lateness: -1, limit: -1, form: g.IntN(12)}
	in := g.a.schema(from)
	direct := g.a.source(from)
	if g.chance(35) {
		q.where = g.cond(in, 2)
	}
	kind := g.IntN(10)
	switch {
	case kind < 2:
		g.plain(q, in)
		return q
	case kind < 4:
		q.grouped = true
	default:
		q.win = g.window()
		if direct != nil && g.chance(40) && (direct.field || g.chance(50)) {
			q.win.col = "ts"
		}
		if direct == nil && g.timed(from) && g.chance(60) {
			q.win.col = "ts"
		}
		q.grouped = g.chance(75)
	}
	if direct != nil && direct.lateness == 0 && g.chance(15) {
		q.derived = true
		if q.win != nil && !direct.field {
			q.win.col = ""
		}
	}
	if q.grouped {
		g.keys(q, in)
	}
	g.items(q, in)
	if g.chance(30) {
		q.having = g.condOf(q, in)
	}
	q.emit = pick(g, "", "", "final", "final", "changes", "changes", "batch", "every")
	if !q.grouped && q.win == nil && q.emit == "" {
		q.emit = pick(g, "final", "changes")
	}
	if from != "" && direct == nil && (q.emit == "batch" || q.emit == "every") {
		q.emit = "changes"
	}
	if direct != nil && !direct.stamps && q.emit == "every" && len(g.a.sources) > 1 {
		q.emit = "changes"
	}
	q.every = g.unit * int64(1+g.IntN(12))
	if q.win != nil {
		g.lateness(q)
	}
	if q.final() && q.emit != "changes" && g.chance(20) && !(q.win != nil && (q.win.kind == "SESSION" || q.late != "")) {
		q.order = q.items[g.IntN(len(q.items))].alias
		q.desc = g.chance(50)
		if g.chance(60) {
			q.limit = g.IntN(4)
		}
	}
	return q
}

// timed tells that a stream passes the event time of its sources on as ts.
func (g *gen) timed(name string) bool {
	if s := g.a.source(name); s != nil {
		return s.field
	}
	q := g.a.query(name)
	list := q.union
	if list == nil {
		list = []*query{q}
	}
	for _, m := range list {
		has := false
		for _, it := range m.items {
			has = has || it.col == "ts" && it.alias == "ts"
		}
		if !has || m.aggregates() || m.global() || !g.timed(m.from) {
			return false
		}
	}
	return true
}

// plain makes a query of one row for each row.
func (g *gen) plain(q *query, in []column) {
	for _, c := range in {
		if g.chance(60) || len(q.items) == 0 && c.name == in[len(in)-1].name {
			q.items = append(q.items, item{alias: c.name, col: c.name})
		}
	}
	switch g.IntN(6) {
	case 0:
		q.limit = g.IntN(10)
	case 1:
		q.distinct = true
		q.items = q.items[:0]
		for _, c := range in {
			if c.name != "id" && c.name != "ts" && len(q.items) < 2 {
				q.items = append(q.items, item{alias: c.name, col: c.name})
			}
		}
		if len(q.items) == 0 {
			q.items = append(q.items, item{alias: in[0].name, col: in[0].name})
		}
		q.forget = g.unit * int64(1+g.IntN(20))
	case 2:
		q.order = q.items[g.IntN(len(q.items))].alias
		q.desc = g.chance(50)
		if g.chance(50) {
			q.limit = g.IntN(10)
		}
	}
}

func (g *gen) window() *window {
	w := &window{kind: pick(g, "TUMBLING", "TUMBLING", "SLIDING", "SLIDING", "SESSION", "SESSION", "CUMULATE"), form: g.IntN(36)}
	w.size = g.unit * int64(1+g.IntN(12))
	switch w.kind {
	case "SLIDING":
		w.step = g.unit * int64(1+g.IntN(int(w.size/g.unit)))
	case "CUMULATE":
		w.step = g.unit * int64(1+g.IntN(5))
		w.size = w.step * int64(1+g.IntN(5))
	case "SESSION":
		w.size = g.unit * int64(1+g.IntN(6))
	}
	return w
}

func (g *gen) keys(q *query, in []column) {
	list := g.having(in, "STRING", "BIGINT")
	for _, c := range list {
		if c.name == "k" && g.chance(70) || c.name != "id" && c.name != "ts" && g.chance(10) {
			q.keys = append(q.keys, c.name)
		}
	}
	if len(q.keys) == 0 && len(list) > 0 {
		q.keys = []string{list[g.IntN(len(list))].name}
	}
	q.grouped = len(q.keys) > 0
}

func (g *gen) items(q *query, in []column) {
	add := func(it item) {
		for _, o := range q.items {
			if o.alias == it.alias {
				return
			}
		}
		q.items = append(q.items, it)
	}
	for _, k := range q.keys {
		if g.chance(85) {
			add(item{alias: k, col: k})
		}
	}
	if q.win != nil {
		if g.chance(80) {
			add(item{alias: "ws" + q.name[1:], sys: "_window_start"})
		}
		if g.chance(50) {
			add(item{alias: "we" + q.name[1:], sys: "_window_end"})
		}
		if !q.grouped && g.chance(20) {
			c := in[g.IntN(len(in))] // the last row's, with a warning
			add(item{alias: c.name, col: c.name})
		}
	}
	for i := range 1 + g.IntN(4) {
		add(item{alias: fmt.Sprintf("x%s%d", q.name[1:], i), agg: g.call(in)})
	}
}

func (g *gen) call(in []column) *call {
	ints, texts := g.having(in, "BIGINT"), g.having(in, "STRING")
	c := &call{fn: pick(g, "count*", "count", "sum", "sum", "min", "max", "avg", "first", "last", "listagg")}
	switch {
	case c.fn == "count*":
	case len(ints) == 0 && len(texts) == 0:
		c.fn = "count*"
	case c.fn == "listagg":
		if len(texts) == 0 {
			c.fn, c.col = "count", ints[g.IntN(len(ints))].name
			break
		}
		c.col = texts[g.IntN(len(texts))].name
		if g.chance(50) {
			all := append(ints[:len(ints):len(ints)], texts...)
			c.by, c.desc = all[g.IntN(len(all))].name, g.chance(40)
		}
	case len(ints) == 0 || (c.fn == "count" || c.fn == "min" || c.fn == "max" || c.fn == "first" || c.fn == "last") && len(texts) > 0 && g.chance(30):
		if c.fn == "sum" || c.fn == "avg" {
			c.fn = "max"
		}
		c.col = texts[g.IntN(len(texts))].name
	default:
		c.col = ints[g.IntN(len(ints))].name
		for range 3 {
			if c.col == "ts" || c.col[0] == 'w' { // sums of times are of no use
				c.col = ints[g.IntN(len(ints))].name
			}
		}
	}
	if (c.fn == "count" || c.fn == "sum" || c.fn == "avg") && g.chance(25) {
		c.distinct = true
	}
	if g.chance(20) {
		f := g.cond(in, 1)
		for castIn(f) {
			f = g.cond(in, 1)
		}
		c.filter = f
	}
	return c
}

func castIn(c *cond) bool {
	return c != nil && (c.op == "cast" || castIn(c.l) || castIn(c.r))
}

// condOf makes a HAVING over what is selected.
func (g *gen) condOf(q *query, in []column) *cond {
	var list []column
	for i, c := range q.columns(in) {
		if q.items[i].agg != nil {
			list = append(list, c)
		}
	}
	if len(list) == 0 {
		return nil
	}
	return g.cond(list, 1)
}

func (g *gen) lateness(q *query) {
	src := g.a.source(q.from)
	if src == nil || g.chance(25) {
		q.lateness = g.unit * int64(g.IntN(6))
	}
	if q.order == "" {
		q.late = pick(g, "", "", "drop", "update_previous", "update_previous", "include_in_next_window")
	}
	if q.late == "" || q.late == "drop" {
		q.lateInto = g.chance(40)
	}
	if q.late == "update_previous" {
		q.keep = g.unit * pick[int64](g, -1, 0, 2, 10, 30)
		if q.keep < 0 {
			q.keep = -1
		}
	}
}
