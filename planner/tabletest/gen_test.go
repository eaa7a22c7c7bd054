package tabletest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/velostream/velo/planner"
)

// gen makes a case of a seed.
type gen struct {
	*rand.Rand
	a     *app
	exact map[string]bool // tables whose records have their PRIMARY KEY as key
	tidy  bool            // event times that rise with the records
	loose map[string]bool // statements whose rows of one record have no order
	ended map[string]bool // statements that give their rows at the end
}

func (g *gen) chance(percent int) bool { return g.IntN(100) < percent }

func pick[T any](g *gen, list ...T) T { return list[g.IntN(len(list))] }

// generate makes the case of a seed.
func generate(seed uint64) *app {
	g := &gen{Rand: rand.New(rand.NewPCG(seed, 7)), a: &app{seed: seed}, exact: map[string]bool{}, loose: map[string]bool{}, ended: map[string]bool{}}
	g.tidy = g.chance(50)
	g.source("a", true)
	if g.chance(70) {
		g.source("b", true)
	}
	if g.chance(60) {
		g.source("s", false)
	}
	for i := range 1 + g.IntN(4) {
		g.stmt(fmt.Sprintf("q%d", i+1))
	}
	a := g.a
	a.shape = shape{batch: pick(g, 1, 2, 3, 5, 64, 1024), threads: pick(g, 1, 3)}
	if g.chance(30) {
		a.shape.without = pick(g, planner.Rules()...)
	}
	if g.chance(10) {
		a.shape.without = strings.Join(planner.Rules(), ",")
	}
	for at := range 40 {
		if g.chance(5) {
			a.shape.cuts = append(a.shape.cuts, at)
		}
	}
	return a
}

func (g *gen) source(name string, table bool) {
	s := &source{name: name, table: table, format: pick(g, "capture", "capture", "capture", "jsonl", "csv"), field: g.chance(40)}
	if !table {
		s.format = pick(g, "capture", "capture", "capture", "jsonl")
	}
	s.composite = table && g.chance(25)
	g.a.sources = append(g.a.sources, s)
	mode := pick(g, "payload", "key", "both")
	if s.format != "capture" {
		mode = "payload"
	}
	g.exact[name] = table && mode != "payload"
	parts := pick(g, 1, 1, 3)
	ids, n := 1+g.IntN(6), g.IntN(pick(g, 3, 12, 30))
	now := int64(1000 * (1 + g.IntN(3)))
	col := func(c string) string { return name + "_" + c }
	for i := range n {
		now += int64(pick(g, 0, 1, 10, 700, 1000))
		r := &record{part: g.IntN(parts), stamp: now, vals: map[string]value{}}
		if g.chance(10) && !g.tidy {
			r.stamp -= int64(g.IntN(3000))
		}
		if parts == 1 {
			r.part = 0
		}
		id, k := value(int64(g.IntN(ids))), pick[value](g, "x", "y", "z")
		if !table {
			id = int64(i)
			r.vals[col("k")] = pick[value](g, "x", "y", nil)
		}
		if s.composite && mode != "key" && g.chance(15) {
			k = nil
		}
		r.vals[col("id")], r.vals[col("k")] = id, k
		if table && !s.composite {
			r.vals[col("k")] = pick[value](g, "x", "y", "z", nil)
		}
		r.vals[col("g")] = pick[value](g, "p", "p", "q", "r", nil)
		r.vals[col("v")] = pick[value](g, int64(g.IntN(7)), int64(g.IntN(7)), int64(g.IntN(7)-3), nil)
		r.vals[col("s")] = pick[value](g, "1", "2", "30", "7", "x", nil)
		r.vals[col("t")] = now
		if !g.tidy && g.chance(20) {
			r.vals[col("t")] = now - int64(g.IntN(4000))
		}
		key := text(id)
		if s.composite {
			key += "|"
			if k != nil {
				key += k.(string)
			}
		}
		switch {
		case !table:
			r.key = pick(g, nil, &key)
		case mode == "payload" && g.chance(30):
			bad := pick(g, "?", "1|2|3", "?|x", "77")
			r.key = pick(g, nil, &bad)
			if s.composite && k == nil {
				r.key = nil
			}
		default:
			r.key = &key
		}
		if mode == "key" {
			delete(r.vals, col("id"))
			if s.composite {
				delete(r.vals, col("k"))
			}
			if g.chance(4) {
				bad := pick(g, "?", "1|2|3")
				r.key = pick(g, nil, &bad)
			}
		}
		if s.format == "capture" {
			r.null = g.chance(pick(g, 5, 25))
			r.bad = !r.null && g.chance(3)
		}
		if r.null && table && g.chance(80) {
			r.key = &key
		}
		s.recs = append(s.recs, r)
	}
}

// cols of a type.
func cols(in []column, typ string) []string {
	var out []string
	for _, c := range in {
		if c.typ == typ {
			out = append(out, c.name)
		}
	}
	return out
}

func (g *gen) cond(in []column) *cond {
	ints, strs := cols(in, "BIGINT"), cols(in, "STRING")
	switch {
	case len(ints) > 0 && g.chance(60):
		return &cond{col: pick(g, ints...), op: pick(g, "<", ">", "<>", ">=", "="), val: int64(g.IntN(6))}
	case len(strs) > 0 && g.chance(70):
		return &cond{col: pick(g, strs...), op: pick(g, "=", "<>", "<"), val: pick[value](g, "p", "q", "x", "y")}
	case len(in) > 0:
		return &cond{col: pick(g, in...).name, op: pick(g, "IS NULL", "IS NOT NULL")}
	}
	return nil
}

// names are what a statement may read.
func (g *gen) names(table bool) []string {
	var out []string
	for _, s := range g.a.sources {
		if s.table == table {
			out = append(out, s.name, s.name)
		}
	}
	for _, q := range g.a.stmts {
		if q.table == table && q.emit != "batch" && !g.ended[q.name] && q.window == 0 {
			out = append(out, q.name, q.name, q.name)
		}
	}
	return out
}

func (g *gen) leaf(name string) leaf {
	l := leaf{name: name}
	if g.chance(20) {
		l.where = g.cond(g.a.columnsOf(name))
	}
	return l
}

// keyOf are the columns that tell the rows of a table apart; none: its records' keys do.
func (g *gen) keyOf(name string) []string {
	if s := g.a.source(name); s != nil {
		return s.primary()
	}
	q := g.a.stmt(name)
	var out []string
	for _, it := range q.items {
		if it.pk || q.grouped() && it.agg == "" {
			out = append(out, it.name)
		}
	}
	return out
}

// stmt adds a statement.
func (g *gen) stmt(name string) {
	q := &stmt{name: name}
	tables, streams := g.names(true), g.names(false)
	switch {
	case len(streams) > 0 && g.chance(40):
		q.from = g.leaf(pick(g, streams...))
		if g.chance(80) {
			g.joinTable(q, tables)
		}
	default:
		q.from = g.leaf(pick(g, tables...))
		if g.chance(40) {
			g.joinTables(q, tables, streams)
		}
	}
	for _, l := range q.leaves() {
		if g.loose[l.name] {
			g.loose[name] = true
		}
	}
	stream := g.a.streams(q)
	asof := len(q.joins) > 0 && strings.HasPrefix(q.joins[0].kind, "ASOF")
	in := q.input(g.a)
	if g.chance(30) {
		q.where = g.cond(in)
	}
	switch {
	case g.chance(55):
		g.group(q, in, stream, asof)
	default:
		g.plain(q, in, stream)
	}
	if q.atEnd() || q.inSub != nil {
		g.ended[name] = true
	}
	for _, l := range q.leaves() {
		if g.ended[l.name] {
			g.ended[name] = true
		}
	}
	if len(q.items) > 0 {
		g.a.stmts = append(g.a.stmts, q)
	}
}

// equal are columns of two inputs that may be equal.
func (g *gen) equal(l, r string) (string, string, bool) {
	a, b := g.a.columnsOf(l), g.a.columnsOf(r)
	if k := g.keyOf(r); len(k) == 1 && g.chance(60) {
		if same := cols(a, typeOf(b, k[0])); len(same) > 0 {
			return pick(g, same...), k[0], true
		}
	}
	typ := pick(g, "BIGINT", "STRING")
	x, y := cols(a, typ), cols(b, typ)
	if len(x) == 0 || len(y) == 0 {
		return "", "", false
	}
	return pick(g, x...), pick(g, y...), true
}

func (g *gen) join(q *stmt, left, right, kind string) bool {
	if slices.ContainsFunc(q.leaves(), func(l leaf) bool { return l.name == right }) {
		return false
	}
	l, r, ok := g.equal(left, right)
	if !ok {
		return false
	}
	j := join{kind: kind, leaf: g.leaf(right), l: l, r: r}
	if g.chance(20) {
		x, y := cols(g.a.columnsOf(left), "BIGINT"), cols(g.a.columnsOf(right), "BIGINT")
		if len(x) > 0 && len(y) > 0 {
			j.residual = &cond{col: pick(g, x...), op: pick(g, "<", "<=", "<>"), other: pick(g, y...)}
		}
	}
	q.joins = append(q.joins, j)
	return true
}

// joinTable joins a stream with tables.
func (g *gen) joinTable(q *stmt, tables []string) {
	t := pick(g, tables...)
	if s := g.a.source(t); s != nil && !s.composite && g.chance(20) {
		if !slices.Contains(cols(g.a.columnsOf(q.from.name), "BIGINT"), "") {
			x := cols(g.a.columnsOf(q.from.name), "BIGINT")
			if len(x) > 0 {
				q.from.where = nil
				q.joins = append(q.joins, join{kind: pick(g, "ASOF JOIN", "ASOF LEFT JOIN"), leaf: leaf{name: t}, l: pick(g, x...), r: t + "_id"})
				return
			}
		}
	}
	if g.join(q, q.from.name, t, pick(g, "JOIN", "LEFT JOIN")) && g.chance(30) {
		g.join(q, pick(g, q.from.name, t), pick(g, tables...), pick(g, "JOIN", "LEFT JOIN"))
	}
}

// joinTables joins a table with a table, or a stream.
func (g *gen) joinTables(q *stmt, tables, streams []string) {
	if len(streams) > 0 && g.chance(25) {
		g.join(q, q.from.name, pick(g, streams...), pick(g, "JOIN", "RIGHT JOIN"))
		return
	}
	t := pick(g, tables...)
	if !g.join(q, q.from.name, t, pick(g, "JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN")) {
		return
	}
	g.loose[q.name] = true
	if g.chance(30) {
		g.join(q, pick(g, q.from.name, t), pick(g, tables...), pick(g, "JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"))
	}
}

func (g *gen) group(q *stmt, in []column, stream, asof bool) {
	var keys []string
	for _, c := range in {
		if (c.typ == "STRING" || c.typ == "BIGINT" && g.chance(30)) && !strings.HasSuffix(c.name, "_t") {
			keys = append(keys, c.name)
		}
	}
	if len(keys) == 0 {
		return
	}
	q.group = []string{pick(g, keys...)}
	if k := pick(g, keys...); g.chance(20) && k != q.group[0] {
		q.group = append(q.group, k)
	}
	for i, k := range q.group {
		q.items = append(q.items, item{name: fmt.Sprintf("%s_k%d", q.name, i), col: k})
	}
	aggs := []string{"COUNT*", "COUNT*", "COUNT", "SUM", "SUM", "MIN", "MAX", "AVG", "MEDIAN", "FIRST", "LAST", "ARRAY_AGG", "LISTAGG"}
	if g.loose[q.name] {
		aggs = aggs[:9]
	}
	ints, strs := cols(in, "BIGINT"), cols(in, "STRING")
	for i := range 1 + g.IntN(3) {
		it := item{name: fmt.Sprintf("%s_a%d", q.name, i), agg: pick(g, aggs...)}
		switch it.agg {
		case "COUNT*":
		case "SUM", "AVG", "MEDIAN":
			if len(ints) == 0 {
				it.agg = "COUNT*"
				break
			}
			it.col = pick(g, ints...)
			if s := slices.IndexFunc(in, func(c column) bool { return strings.HasSuffix(c.name, "_s") }); s >= 0 && g.chance(20) {
				it.col, it.cast = in[s].name, true
			}
			it.dist = it.agg == "SUM" && g.chance(25)
		case "LISTAGG":
			if len(strs) == 0 {
				it.agg = "COUNT*"
				break
			}
			it.col = pick(g, strs...)
		case "ARRAY_AGG":
			it.col = pick(g, append(ints, strs...)...)
		default:
			it.col = pick(g, append(ints, strs...)...)
			it.dist = it.agg == "COUNT" && g.chance(40)
		}
		if g.chance(20) {
			it.filter = g.cond(in)
		}
		q.items = append(q.items, it)
	}
	for _, it := range q.items {
		if it.agg != "" && (it.agg == "COUNT*" || it.agg == "COUNT" || it.agg == "SUM") && g.chance(25) {
			q.having = &cond{col: it.name, op: pick(g, "<", ">", ">=", "<>"), val: int64(g.IntN(4))}
			break
		}
	}
	q.table = g.chance(65)
	switch x := g.IntN(100); {
	case x < 12:
		q.emit = "changes"
	case x < 24:
		q.emit = "final"
	case x < 30 && !g.loose[q.name]:
		q.emit = "batch"
	case x < 45 && stream && !asof && g.windows(q):
		q.window, q.table = pick[int64](g, 1000, 3000), false
	}
}

// windows tells that no row of a statement can come late.
func (g *gen) windows(q *stmt) bool {
	if !g.tidy {
		return false
	}
	for _, l := range q.leaves() {
		s := g.a.source(l.name)
		if s == nil || s.format != "capture" {
			return false
		}
		for _, r := range s.recs {
			if r.part > 0 {
				return false
			}
		}
	}
	return true
}

func (g *gen) plain(q *stmt, in []column, stream bool) {
	q.table = g.chance(60)
	var pk []string
	if len(q.joins) == 0 {
		if s := g.a.source(q.from.name); s == nil || !g.exact[q.from.name] || g.chance(40) {
			pk = g.keyOf(q.from.name)
		}
		if stream {
			pk = cols(in, "BIGINT")
			if len(pk) == 0 {
				q.table = false
			} else {
				pk = []string{pick(g, pk...)}
			}
		}
	} else if stream {
		q.table = false
	} else {
		for _, l := range q.leaves() {
			pk = append(pk, g.keyOf(l.name)...)
		}
	}
	if q.table {
		if len(pk) == 0 && (g.a.source(q.from.name) == nil || len(q.joins) > 0) {
			q.table = false
		}
		for _, k := range pk {
			q.items = append(q.items, item{name: fmt.Sprintf("%s_p%d", q.name, len(q.items)), col: k, pk: true})
		}
	}
	for i := range 1 + g.IntN(4) {
		it := item{name: fmt.Sprintf("%s_c%d", q.name, i), col: pick(g, in...).name}
		if typeOf(in, it.col) == "BIGINT" && g.chance(15) {
			it.plus = 1
		}
		if strings.HasSuffix(it.col, "_s") && g.chance(30) {
			it.cast = true
		}
		q.items = append(q.items, it)
	}
	if stream || !g.chance(30) {
		return
	}
	switch g.IntN(5) {
	case 0:
		for _, it := range q.items {
			if t := it.typ(in); t == "BIGINT" || t == "STRING" || t == "DOUBLE" {
				q.order = append(q.order, it.name)
			}
		}
	case 1:
		q.dist, q.table = true, false
		q.items = slices.DeleteFunc(q.items, func(it item) bool { return it.pk })
	case 2:
		if len(q.joins) > 0 {
			return
		}
		u := *q
		u.where = g.cond(in)
		q.union, q.table = &u, false
		for i := range q.items {
			q.items[i].pk = false
		}
		u.items = slices.Clone(q.items)
	case 3:
		if k := g.keyOf(q.from.name); len(k) > 0 && len(q.joins) == 0 {
			q.over = k[0]
		}
	case 4:
		l := g.leaf(pick(g, g.names(true)...))
		if slices.ContainsFunc(q.leaves(), func(x leaf) bool { return x.name == l.name }) {
			return
		}
		typ := pick(g, "BIGINT", "STRING")
		x, y := cols(in, typ), cols(g.a.columnsOf(l.name), typ)
		if len(x) > 0 && len(y) > 0 {
			q.inSub, q.inCol, q.inOf = &l, pick(g, x...), pick(g, y...)
		}
	}
}
