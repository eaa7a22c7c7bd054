package duckdbtest

import (
	"fmt"
	"strconv"
	"strings"
)

// tables is how many tables there are.
const tables = 3

func (g *gen) alias() string {
	g.aliases++
	return "a" + strconv.Itoa(g.aliases)
}

// within runs f with other columns in sight.
func (g *gen) within(cols []source, f func()) {
	old := g.cols
	g.cols = cols
	g.depth++
	f()
	g.cols = old
	g.depth--
}

// maxJoined sources are the most of one join: six, with few different keys, give more rows
// than memory holds.
const maxJoined = 4

// from makes a source or a join of some, and puts their columns in sight.
func (g *gen) from() *node {
	g.cols = nil
	f := g.one()
	if g.depth < 2 && g.coin(25) {
		return g.asof(f)
	}
	if g.depth < 2 && g.coin(20) {
		return g.using(f)
	}
	for joined := 1; joined < maxJoined && g.coin(3) && g.depth < 3; joined++ {
		left := g.cols
		if g.coin(6) {
			f = g.unnest(f)
			continue
		}
		g.cols = nil
		right := g.one()
		mine := g.cols
		g.cols = append(append([]source{}, left...), mine...)
		join := pick(g.r, "JOIN", "JOIN", "INNER JOIN", "LEFT JOIN", "LEFT OUTER JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN", ",")
		if join == "CROSS JOIN" || join == "," {
			f = make1(0, map[bool]string{true: "$1 CROSS JOIN $2", false: "$1, $2"}[join == "CROSS JOIN"], f, right)
			if join == "," { // a join behind it would not see the sources before it
				return f
			}
			continue
		}
		k := pick(g.r, integer, integer, text, date)
		pair := func() *node {
			g.cols = left
			l := g.column(k)
			g.cols = mine
			r := g.column(k)
			g.cols = append(append([]source{}, left...), mine...)
			return make1(boolean, "$1 = $2", l, r)
		}
		on := pair()
		switch g.r.IntN(9) {
		case 0, 1, 2: // a condition behind the keys
			on = make1(boolean, "$1 AND $2", on, g.expr(boolean, 1))
		case 3:
			on = make1(boolean, "$1 AND $2", on, pair())
		case 4:
			if join != "FULL JOIN" || g.coin(2) {
				on = make1(boolean, "$1 "+pick(g.r, "<", ">=", "<>")+" $2", on.kids[0], on.kids[1])
			}
		case 5:
			on = make1(boolean, "$1 IS NOT DISTINCT FROM $2", on.kids[0], on.kids[1])
		}
		f = make1(0, "$1 "+join+" $2 ON $3", f, right, on)
	}
	return f
}

// plain makes a base table and gives its alias.
func (g *gen) plain() (*node, string) {
	a := g.alias()
	for _, c := range columns {
		g.cols = append(g.cols, source{a + "." + c.name, c.kind})
	}
	return leaf(0, "t"+strconv.Itoa(1+g.r.IntN(tables))+" "+a), a
}

// asof joins by the nearest id, which is unique, so that ties do not decide.
func (g *gen) asof(*node) *node {
	g.cols = nil
	l, a := g.plain()
	r, b := g.plain()
	op := pick(g.r, ">=", ">", "<=", "<")
	on := fmt.Sprintf("%s.k = %s.k AND %s.id %s %s.id", a, b, a, op, b)
	return make1(0, "$1 ASOF "+pick(g.r, "JOIN", "LEFT JOIN")+" $2 ON "+on, l, r)
}

// using joins two tables of which a column comes once.
func (g *gen) using(*node) *node {
	g.cols = nil
	l, a := g.plain()
	r, b := g.plain()
	key := pick(g.r, "k", "k", "k, p", "s")
	g.cols = nil
	for _, c := range columns {
		if strings.Contains(", "+key+",", ", "+c.name+",") {
			g.cols = append(g.cols, source{c.name, c.kind})
		} else {
			g.cols = append(g.cols, source{a + "." + c.name, c.kind}, source{b + "." + c.name, c.kind})
		}
	}
	return make1(0, "$1 "+pick(g.r, "JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN")+" $2 USING ("+key+")", l, r)
}

// unnest joins the elements of an array of each row.
func (g *gen) unnest(f *node) *node {
	a := g.alias()
	list, of := g.column(array), integer
	if g.coin(3) {
		list, of = make2(array, "SPLIT($1, ',')", "CASE WHEN $1 = '' THEN [] ELSE STRING_SPLIT($1, ',') END", g.column(text)), text
	} else if g.coin(3) {
		list = make2(array, "ARRAY[$1, $2]", "[$1, $2]", g.column(integer), g.column(integer))
	}
	g.cols = append(append([]source{}, g.cols...), source{a + ".u", of})
	return make1(0, "$1 "+pick(g.r, "CROSS JOIN UNNEST($2) AS "+a+"(u)", "LEFT JOIN UNNEST($2) AS "+a+"(u) ON TRUE"), f, list)
}

func (g *gen) one() *node {
	if g.depth < 2 && g.coin(6) {
		var q *query
		a := g.alias()
		g.within(nil, func() { q = g.query(2) })
		g.columnsOf(q, a)
		return &node{velo: "($Q) " + a, sub: q}
	}
	if len(g.ctes) > 0 && g.coin(3) {
		c, a := pick(g.r, g.ctes...), g.alias()
		g.columnsOf(c.q, a)
		return leaf(0, c.name+" "+a)
	}
	if g.coin(12) {
		return g.values()
	}
	f, _ := g.plain()
	return f
}

func (g *gen) columnsOf(q *query, a string) {
	for i, it := range q.items {
		g.cols = append(g.cols, source{fmt.Sprintf("%s.c%d", a, i+1), it.kind})
	}
}

// values makes a list of rows.
func (g *gen) values() *node {
	a := g.alias()
	ks := []kind{integer, pick(g.r, text, integer, date, double), pick(g.r, boolean, decimal, text)}
	pattern := "(VALUES "
	var kids []*node
	for row := range 1 + g.r.IntN(3) {
		pattern += map[bool]string{true: "(", false: ", ("}[row == 0]
		for i, k := range ks {
			kids = append(kids, g.literal(k))
			pattern += map[bool]string{true: "", false: ", "}[i == 0] + "$" + strconv.Itoa(len(kids))
		}
		pattern += ")"
	}
	for i, k := range ks {
		g.cols = append(g.cols, source{fmt.Sprintf("%s.c%d", a, i+1), k})
	}
	return make1(0, pattern+") AS "+a+"(c1, c2, c3)", kids...)
}

// query makes a query of one SELECT or of a set operation, some with CTEs.
func (g *gen) query(d int) *query {
	old := g.ctes
	var with []cte
	for g.depth == 0 && g.coin(5) && len(with) < 2 {
		c := cte{name: "w" + g.alias()[1:]}
		g.within(nil, func() { c.q = g.query(2) })
		with, g.ctes = append(with, c), append(append([]cte{}, g.ctes...), c)
	}
	q := g.selects(d, nil)
	q.with = with
	var ks []kind
	for _, it := range q.items {
		ks = append(ks, it.kind)
	}
	for last := q; g.coin(6) && last.other == nil; last = last.other {
		last.set = pick(g.r, "UNION", "UNION ALL", "INTERSECT", "EXCEPT", "INTERSECT ALL", "EXCEPT ALL")
		last.other = g.selects(d, ks)
	}
	if g.coin(2) || g.depth == 0 && g.coin(2) {
		q.ordered = true
		for range q.items {
			q.order = append(q.order, pick(g.r, "", "", " ASC", " DESC")+pick(g.r, "", "", " NULLS FIRST", " NULLS LAST"))
		}
		if g.coin(3) {
			q.limit, q.offset = g.r.IntN(8), g.r.IntN(3)
			if g.coin(4) {
				q.limit = -1
			}
		}
	}
	g.ctes = old
	return q
}

// selects makes one SELECT, of columns of the given kinds if there are any.
func (g *gen) selects(d int, ks []kind) *query {
	q := newQuery()
	q.from = g.from()
	if g.coin(2) {
		q.where = g.expr(boolean, d)
	}
	given := ks != nil
	if !given {
		for range 1 + g.r.IntN(4) {
			ks = append(ks, g.kind())
		}
	}
	q.seen = g.cols
	switch {
	case g.coin(4) && !given:
		g.grouped(q, d)
	case g.coin(5) && !given:
		for _, k := range ks {
			q.items = append(q.items, g.expr(k, d))
		}
		for range 1 + g.r.IntN(2) {
			q.items = append(q.items, g.over())
		}
	default:
		for _, k := range ks {
			q.items = append(q.items, g.expr(k, d))
		}
		q.distinct = g.coin(6)
		if g.depth < 2 && g.coin(8) && !given {
			q.items = append(q.items, g.subquery(pick(g.r, integer, integer, boolean, text)))
		}
	}
	return q
}

// grouped makes GROUP BY with aggregates, or aggregates of everything.
func (g *gen) grouped(q *query, d int) {
	for range g.r.IntN(3) {
		q.group = append(q.group, g.expr(g.kind(), min(d, 1)))
	}
	for _, k := range q.group {
		if !k.named() { // a literal in GROUP BY is a position
			q.group = nil
			break
		}
	}
	q.items = append(q.items, q.group...)
	q.by = pick(g.r, expressions, expressions, positions, aliases)
	for range 1 + g.r.IntN(3) {
		q.items = append(q.items, g.aggregate(d))
	}
	if len(q.group) > 0 && g.coin(3) {
		q.having = make1(boolean, "$1 > $2", make1(integer, "COUNT(*)"), g.literal(integer))
		switch k := pick(g.r, integer, text, date); g.r.IntN(4) {
		case 0:
			q.having = make1(boolean, "MIN($1) <= $2", g.expr(k, 1), g.literal(k))
		case 1:
			q.having = make1(boolean, "$1 OR MAX($2) > $3", q.having, g.expr(k, 1), g.literal(k))
		case 2:
			q.having = make1(boolean, "(COUNT(*) > (SELECT COUNT(*) FROM t1 WHERE id < $1))", g.literal(integer))
		}
	}
	if len(q.group) == 1 && g.coin(8) && q.group[0].kind != array { // over the groups
		q.by = expressions
		q.items = append(q.items, make1(integer, pick(g.r, "RANK() OVER (ORDER BY COUNT(*) DESC)", "SUM(COUNT(*)) OVER (ORDER BY $1)", "ROW_NUMBER() OVER (ORDER BY $1)", "LAG(COUNT(*)) OVER (ORDER BY $1)"), q.group[0]))
	}
}

// named tells whether an expression names a column.
func (n *node) named() bool {
	if n.velo[0] == 'a' && n.sub == nil && len(n.kids) == 0 {
		return true
	}
	for _, k := range n.kids {
		if k.named() {
			return true
		}
	}
	return false
}

// whole tells whether a query's rows depend on all of its input: aggregates and
// window functions.
func (q *query) whole() bool {
	for _, it := range q.items {
		if it.whole() {
			return true
		}
	}
	return false
}

func (n *node) whole() bool {
	if strings.Contains(n.velo, " OVER (") || n.aggregate {
		return true
	}
	for _, k := range n.kids {
		if k.whole() {
			return true
		}
	}
	return false
}

// condition makes a condition over the sources of a query that was made last; nil
// when its columns are no longer known.
func (g *gen) condition(q *query) *node {
	if q.seen == nil {
		return nil
	}
	var p *node
	g.within(q.seen, func() { p = g.expr(boolean, 2) })
	return p
}
