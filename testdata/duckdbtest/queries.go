package duckdbtest

import (
	"fmt"
	"strconv"
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

// from makes a source, a join of two or three, or a derived table, and puts
// their columns in sight.
func (g *gen) from() *node {
	g.cols = nil
	f := g.one()
	for g.coin(3) && g.depth < 3 {
		left := g.cols
		g.cols = nil
		right := g.one()
		mine := g.cols
		g.cols = append(append([]source{}, left...), mine...)
		join := pick(g.r, "JOIN", "JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN")
		if join == "CROSS JOIN" {
			f = make1(0, "$1 CROSS JOIN $2", f, right)
			continue
		}
		k := pick(g.r, integer, integer, text)
		pair := func() *node {
			g.cols = left
			l := g.column(k)
			g.cols = mine
			r := g.column(k)
			g.cols = append(append([]source{}, left...), mine...)
			return make1(boolean, "$1 = $2", l, r)
		}
		on := pair()
		if g.coin(3) {
			on = make1(boolean, "$1 AND $2", on, g.expr(boolean, 1))
		}
		f = make1(0, "$1 "+join+" $2 ON $3", f, right, on)
	}
	return f
}

func (g *gen) one() *node {
	a := g.alias()
	if g.depth < 2 && g.coin(6) {
		var q *query
		g.within(nil, func() { q = g.query(2) })
		for i, it := range q.items {
			g.cols = append(g.cols, source{fmt.Sprintf("%s.c%d", a, i+1), it.kind})
		}
		return &node{velo: "($Q) " + a, sub: q}
	}
	for _, c := range columns {
		g.cols = append(g.cols, source{a + "." + c.name, c.kind})
	}
	return leaf(0, "t"+strconv.Itoa(1+g.r.IntN(tables))+" "+a)
}

// query makes a query of one SELECT or of a set operation.
func (g *gen) query(d int) *query {
	q := g.selects(d, nil)
	if g.coin(6) {
		var ks []kind
		for _, it := range q.items {
			ks = append(ks, it.kind)
		}
		q.set = pick(g.r, "UNION", "UNION ALL", "INTERSECT", "EXCEPT", "INTERSECT ALL", "EXCEPT ALL")
		q.other = g.selects(d, ks)
	}
	if g.coin(2) || g.depth == 0 && g.coin(2) {
		q.ordered = true
		if g.coin(3) {
			q.limit, q.offset = g.r.IntN(8), g.r.IntN(3)
		}
	}
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
	}
	if g.depth < 2 && g.coin(8) && !given {
		q.items = append(q.items, g.subquery(integer))
		if len(q.group) > 0 || q.having != nil || isAggregate(q) {
			q.items = q.items[:len(q.items)-1]
		}
	}
	return q
}

func isAggregate(q *query) bool { return q.from != nil && len(q.items) > 0 && q.items[0].duck == "agg" }

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
	for range 1 + g.r.IntN(3) {
		q.items = append(q.items, g.aggregate(d))
	}
	if len(q.group) > 0 && g.coin(3) {
		q.having = make1(boolean, "$1 > $2", make1(integer, "COUNT(*)"), g.literal(integer))
		if g.coin(2) {
			k := pick(g.r, integer, text, date)
			q.having = make1(boolean, "MIN($1) <= $2", g.expr(k, 1), g.literal(k))
		}
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

func (g *gen) aggregate(d int) *node {
	e := func(k kind) *node { return g.expr(k, min(d, 2)) }
	filter := ""
	var more []*node
	if g.coin(4) {
		filter, more = " FILTER (WHERE $2)", []*node{e(boolean)}
	}
	one := func(k kind, velo, duck string, of kind) *node {
		if duck == "" {
			duck = velo
		}
		return make2(k, velo+filter, duck+filter, append([]*node{e(of)}, more...)...)
	}
	any := g.kind()
	switch g.r.IntN(12) {
	case 0:
		return leaf(integer, "COUNT(*)")
	case 1:
		return one(integer, "COUNT($1)", "", any)
	case 2:
		return one(integer, "COUNT(DISTINCT $1)", "", any)
	case 3, 4: // of DuckDB a HUGEINT
		return one(integer, "SUM($1)", "SUM($1)", integer)
	case 5:
		return one(double, "AVG($1)", "", pick(g.r, integer, double))
	case 6, 7:
		if any == boolean {
			any = integer
		}
		return one(any, pick(g.r, "MIN", "MAX")+"($1)", "", any)
	case 8:
		return one(boolean, pick(g.r, "BOOL_AND", "BOOL_OR")+"($1)", "", boolean)
	case 9:
		return one(text, "STRING_AGG($1, ',' ORDER BY $1)", "", text)
	case 10:
		sum := one(decimal, "SUM($1)", "", decimal)
		return make1(decimal, "CAST($1 AS DECIMAL(18,2))", sum)
	}
	return one(double, pick(g.r, "STDDEV", "VAR_POP", "MEDIAN")+"($1)", "", integer)
}

// over makes a window function; the order is total by the ids of the sources,
// so that ties do not decide.
func (g *gen) over() *node {
	k := pick(g.r, integer, text, date)
	by := []*node{g.column(k)}
	order := "$1"
	for _, c := range g.cols {
		if len(c.name) > 3 && c.name[len(c.name)-3:] == ".id" {
			order += ", " + c.name
		}
	}
	for _, c := range g.cols { // derived tables have no id: all of their columns
		if len(c.name) > 3 && c.name[len(c.name)-3:] != ".id" && len(g.cols) < 40 {
			order += ", " + c.name
		}
	}
	part := ""
	if g.coin(2) {
		part = "PARTITION BY " + g.column(pick(g.r, integer, boolean, text)).velo + " "
		if part[len("PARTITION BY ")] != 'a' {
			part = ""
		}
	}
	frame := pick(g.r, "", "", " ROWS BETWEEN 2 PRECEDING AND CURRENT ROW", " ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING",
		" ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING", " ROWS BETWEEN 1 FOLLOWING AND 3 FOLLOWING")
	window := " OVER (" + part + "ORDER BY " + order + pick(g.r, "", " DESC")
	arg := g.column(pick(g.r, integer, text, decimal, double))
	kids := append(by, arg)
	switch g.r.IntN(10) {
	case 0:
		return make1(integer, "ROW_NUMBER()"+window+")", kids...)
	case 1:
		return make1(integer, pick(g.r, "RANK()", "DENSE_RANK()")+" OVER ("+part+"ORDER BY $1)", kids...)
	case 2:
		return make1(integer, fmt.Sprintf("NTILE(%d)", 1+g.r.IntN(4))+window+")", kids...)
	case 3:
		return make1(double, pick(g.r, "PERCENT_RANK()", "CUME_DIST()")+" OVER ("+part+"ORDER BY $1)", kids...)
	case 4:
		return make1(arg.kind, fmt.Sprintf("%s($2, %d)", pick(g.r, "LAG", "LEAD"), g.r.IntN(3))+window+")", kids...)
	case 5:
		return make1(arg.kind, pick(g.r, "FIRST_VALUE", "LAST_VALUE")+"($2)"+window+frame+")", kids...)
	case 6:
		return make1(arg.kind, "NTH_VALUE($2, 2)"+window+frame+")", kids...)
	case 7:
		return make1(integer, "COUNT($2)"+window+frame+")", kids...)
	case 8:
		return make1(arg.kind, pick(g.r, "MIN", "MAX")+"($2)"+window+frame+")", kids...)
	}
	kids[1] = g.column(integer)
	return make1(integer, "SUM($2)"+window+frame+")", kids...)
}

// subquery makes a scalar one, or for boolean EXISTS, IN, ANY or ALL; half of
// them depend on the row by an equality.
func (g *gen) subquery(k kind) *node {
	outer := g.cols
	q := newQuery()
	var link *node
	op := "EXISTS"
	if k == boolean {
		op = pick(g.r, "EXISTS", "NOT EXISTS", "IN", "NOT IN", "= ANY", "> ALL", "<> ALL")
	}
	of := pick(g.r, integer, text)
	g.within(nil, func() {
		a := g.alias()
		g.cols = nil
		for _, c := range columns {
			g.cols = append(g.cols, source{a + "." + c.name, c.kind})
		}
		q.from = leaf(0, "t"+strconv.Itoa(1+g.r.IntN(tables))+" "+a)
		if g.coin(2) {
			q.where = g.expr(boolean, 1)
		}
		inner := g.column(integer)
		if k == integer {
			q.items = []*node{make1(integer, pick(g.r, "COUNT(*)", "MAX($1)", "SUM($1)"), inner)}
		} else {
			q.items = []*node{g.column(of)}
		}
		if g.coin(2) {
			g.cols = outer
			link = make1(boolean, "$1 = $2", inner, g.column(integer))
			if q.where == nil {
				q.where = link
			} else {
				q.where = make1(boolean, "$1 AND $2", q.where, link)
			}
		}
	})
	if k == integer {
		return &node{kind: k, velo: "($Q)", sub: q}
	}
	if op == "EXISTS" || op == "NOT EXISTS" {
		return &node{kind: k, velo: "(" + op + " ($Q))", sub: q}
	}
	return &node{kind: k, velo: "($1 " + op + " ($Q))", kids: []*node{g.column(of)}, sub: q}
}
