package duckdbtest

// subquery makes a scalar one, or for boolean EXISTS, IN, ANY or ALL; half of
// them depend on the row, by an equality or another condition.
func (g *gen) subquery(k kind) *node {
	outer := g.cols
	q := newQuery()
	op := "EXISTS"
	if k == boolean {
		op = pick(g.r, "EXISTS", "NOT EXISTS", "IN", "NOT IN", "= ANY", "> ALL", "<> ALL", "<= ANY", "= SOME")
	}
	of := pick(g.r, integer, text, date)
	if k != boolean {
		of = k
	}
	g.within(nil, func() {
		g.cols = nil
		q.from, _ = g.plain()
		if g.coin(6) {
			right, _ := g.plain()
			q.from = make1(0, "$1 "+pick(g.r, "JOIN", "LEFT JOIN")+" $2 ON $3", q.from, right, make1(boolean, "$1 = $2", g.column(integer), g.column(integer)))
		}
		if g.coin(2) {
			q.where = g.expr(boolean, 1)
		}
		inner := g.column(integer)
		switch {
		case k == boolean:
			q.items = []*node{g.column(of)}
			if g.coin(5) && inner.named() && q.items[0].named() {
				q.group = []*node{q.items[0]}
				q.having = make1(boolean, "COUNT(*) > $1", g.literal(integer))
			} else if g.coin(6) && !g.coin(3) {
				q.distinct = true
			}
		case k == integer:
			q.items = []*node{make1(integer, pick(g.r, "COUNT(*)", "MAX($1)", "SUM($1)", "COALESCE(SUM($1), 0)", "COUNT(DISTINCT $1)"), inner)}
		default:
			q.items = []*node{make1(k, pick(g.r, "MIN", "MAX")+"($1)", g.column(k))}
		}
		if g.coin(2) {
			g.cols = outer
			link := make1(boolean, "$1 "+pick(g.r, "=", "=", "=", "<", "<>", "IS NOT DISTINCT FROM")+" $2", inner, g.column(integer))
			if g.coin(8) {
				link = make1(boolean, "$1 AND $2", link, g.expr(boolean, 1))
			}
			if q.where == nil {
				q.where = link
			} else {
				q.where = make1(boolean, "$1 AND $2", q.where, link)
			}
		}
	})
	if k != boolean {
		return &node{kind: k, velo: "($Q)", sub: q}
	}
	if op == "EXISTS" || op == "NOT EXISTS" {
		return &node{kind: k, velo: "(" + op + " ($Q))", sub: q}
	}
	return &node{kind: k, velo: "($1 " + op + " ($Q))", kids: []*node{g.column(of)}, sub: q}
}
