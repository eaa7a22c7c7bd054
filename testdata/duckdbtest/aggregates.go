package duckdbtest

import (
	"fmt"
	"strconv"
	"strings"
)

// ids are the columns that are unique in their table, separated by commas; empty
// when a source has none.
func (g *gen) ids() string {
	var list []string
	tables, of := map[string]bool{}, map[string]bool{}
	for _, c := range g.cols {
		t, name, ok := strings.Cut(c.name, ".")
		if !ok {
			continue
		}
		tables[t] = true
		if name == "id" {
			of[t] = true
			list = append(list, c.name)
		}
	}
	if len(of) < len(tables) {
		return ""
	}
	return strings.Join(list, ", ")
}

func (g *gen) aggregate(d int) *node {
	n := g.some(d)
	n.aggregate = true
	return n
}

func (g *gen) some(d int) *node {
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
	n := 20
	if g.depth > 0 { // what is not exact may be 0 in one and nearly 0 in the other
		n = 16
	}
	switch g.r.IntN(n) {
	case 0:
		return leaf(integer, "COUNT(*)")
	case 1:
		return one(integer, "COUNT($1)", "", any)
	case 2:
		return one(integer, "COUNT(DISTINCT $1)", "", any)
	case 3, 4: // of DuckDB a HUGEINT
		return one(integer, "SUM($1)", "", integer)
	case 5:
		if g.depth > 0 {
			return one(integer, "COUNT($1)", "", any)
		}
		return one(double, "AVG($1)", "", pick(g.r, integer, double))
	case 6, 7:
		if any == boolean || any == array {
			any = integer
		}
		return one(any, pick(g.r, "MIN", "MAX")+"($1)", "", any)
	case 8:
		return one(boolean, pick(g.r, "BOOL_AND", "BOOL_OR")+"($1)", "", boolean)
	case 9:
		return one(text, "STRING_AGG("+pick(g.r, "", "DISTINCT ")+"$1, ',' ORDER BY $1"+pick(g.r, "", " DESC")+")", "", text)
	case 10:
		sum := one(decimal, "SUM($1)", "", decimal)
		return make1(decimal, "CAST($1 AS DECIMAL(18,2))", sum)
	case 11:
		return one(integer, "SUM(DISTINCT $1)", "", integer)
	case 12:
		if g.depth == 0 {
			return one(double, "AVG(DISTINCT $1)", "", integer)
		}
	case 13:
		if ids := g.ids(); ids != "" {
			return one(text, "STRING_AGG($1, '|' ORDER BY "+ids+pick(g.r, "", " DESC")+")", "", text)
		}
	case 14:
		if ids := g.ids(); ids != "" {
			k := pick(g.r, integer, text, date)
			n := one(k, "FIRST_VALUE($1 ORDER BY "+ids+")", "FIRST($1 ORDER BY "+ids+")", k)
			return n
		}
	case 15:
		if ids := g.ids(); ids != "" && !strings.Contains(ids, ",") {
			k := pick(g.r, integer, text, date) // a NULL is passed over in DuckDB
			return one(k, pick(g.r, "ARG_MIN", "ARG_MAX")+"(COALESCE($1, "+map[kind]string{integer: "0", text: "''", date: "DATE '2000-01-01'"}[k]+"), "+ids+")", "", k)
		}
	case 16:
		p := pick(g.r, "0", "0.25", "0.5", "0.9", "1")
		return one(double, "PERCENTILE_CONT("+p+") WITHIN GROUP (ORDER BY $1)", "QUANTILE_CONT($1, "+p+")", double)
	case 17:
		if ids := g.ids(); ids != "" {
			return one(array, "ARRAY_AGG($1 ORDER BY "+ids+")", "", integer)
		}
		return one(array, "ARRAY_AGG(DISTINCT $1 ORDER BY $1)", "", integer)
	case 18:
		return make1(double, pick(g.r, "COVAR_POP", "REGR_INTERCEPT", "COVAR_SAMP")+"($1 % 1000, $2 % 1000)", g.column(integer), g.column(integer)).as("COVAR_POP($1 % 1000, $2 % 1000)").same()
	}
	if g.depth > 0 {
		return one(integer, "MAX($1)", "", integer)
	}
	return one(double, pick(g.r, "STDDEV", "VAR_POP", "MEDIAN", "VAR_SAMP", "STDDEV_POP")+"($1 % 1000)", "", integer)
}

// same makes both dialects write velo's pattern.
func (n *node) same() *node {
	n.duck = ""
	if strings.HasPrefix(n.velo, "REGR") { // NaN in DuckDB where the xs are one value
		n.velo = "COVAR_POP" + n.velo[strings.IndexByte(n.velo, '('):]
	}
	return n
}

// over makes a window function; the order is total by the ids of the sources,
// so that ties do not decide, or the function does not see ties.
func (g *gen) over() *node {
	part := ""
	if g.coin(2) {
		part = "PARTITION BY " + g.column(pick(g.r, integer, boolean, text, date)).velo + " "
		if part[len("PARTITION BY ")] != 'a' {
			part = ""
		}
	}
	arg := g.column(pick(g.r, integer, text, decimal, double, date))
	ids := g.ids()
	if ids == "" || g.coin(4) { // equal rows have no order of their own
		return g.ranged(part)
	}
	k := pick(g.r, integer, text, date, timestamp, double)
	kids := []*node{g.column(k), arg}
	order := "$1" + pick(g.r, "", "", " DESC", " NULLS FIRST", " DESC NULLS LAST")
	order += ", " + ids
	window := " OVER (" + part + "ORDER BY " + order + pick(g.r, "", " DESC")
	frame := pick(g.r, "", g.frame())
	filter := ""
	if g.coin(5) {
		filter = " FILTER (WHERE $3)"
		kids = append(kids, g.expr(boolean, 1))
	}
	nulls := pick(g.r, "", "", " IGNORE NULLS")
	switch g.r.IntN(12) {
	case 0:
		return make1(integer, "ROW_NUMBER()"+window+")", kids...)
	case 1:
		return make1(integer, pick(g.r, "RANK()", "DENSE_RANK()")+" OVER ("+part+"ORDER BY $1)", kids...)
	case 2:
		return make1(integer, fmt.Sprintf("NTILE(%d)", 1+g.r.IntN(4))+window+")", kids...)
	case 3:
		return make1(double, pick(g.r, "PERCENT_RANK()", "CUME_DIST()")+" OVER ("+part+"ORDER BY $1)", kids...)
	case 4:
		return make1(arg.kind, fmt.Sprintf("%s($2, %d%s)", pick(g.r, "LAG", "LEAD"), g.r.IntN(3), nulls)+window+")", kids...)
	case 5:
		return make1(arg.kind, pick(g.r, "FIRST_VALUE", "LAST_VALUE")+"($2"+nulls+")"+window+frame+")", kids...)
	case 6:
		return make1(arg.kind, "NTH_VALUE($2, "+pick(g.r, "1", "2", "3")+nulls+")"+window+frame+")", kids...)
	case 7:
		return make1(integer, "COUNT("+pick(g.r, "$2", "*")+")"+filter+window+frame+")", kids...)
	case 8, 9:
		return make1(arg.kind, pick(g.r, "MIN", "MAX")+"($2)"+filter+window+frame+")", kids...)
	case 10:
		kids[1] = g.column(integer)
		return make1(double, "AVG($2)"+filter+window+frame+")", kids...)
	}
	kids[1] = g.column(integer)
	return make1(integer, "SUM($2)"+filter+window+frame+")", kids...)
}

// frame is a frame of rows.
func (g *gen) frame() string {
	bounds := []string{"UNBOUNDED PRECEDING", "3 PRECEDING", "1 PRECEDING", "CURRENT ROW", "1 FOLLOWING", "2 FOLLOWING", "UNBOUNDED FOLLOWING"}
	lo := g.r.IntN(len(bounds) - 1)
	hi := max(1, lo+g.r.IntN(len(bounds)-lo))
	if lo < 3 && g.coin(6) {
		return " ROWS " + bounds[lo]
	}
	return " ROWS BETWEEN " + bounds[lo] + " AND " + bounds[hi]
}

// ranged makes an aggregate over a frame of values, whose ties are all in it or
// out of it.
func (g *gen) ranged(part string) *node {
	k := pick(g.r, integer, decimal, double, date, timestamp)
	key := g.column(k)
	if !key.named() {
		k, key = integer, g.column(integer)
	}
	width := func() string {
		switch k {
		case integer:
			return strconv.Itoa(g.r.IntN(10))
		case decimal:
			return pick(g.r, "0.5", "2", "100")
		case double:
			return pick(g.r, "0.5", "2", "1e3")
		}
		return "INTERVAL '" + pick(g.r, "1", "30", "400") + "' DAY"
	}
	bounds := []string{"UNBOUNDED PRECEDING", width() + " PRECEDING", "CURRENT ROW", width() + " FOLLOWING", "UNBOUNDED FOLLOWING"}
	lo := g.r.IntN(4)
	hi := max(1, lo+g.r.IntN(5-lo))
	f := " RANGE BETWEEN " + bounds[lo] + " AND " + bounds[hi]
	if !key.named() { // see RANGE over a constant
		f = ""
	}
	arg := g.column(integer)
	return make1(integer, pick(g.r, "SUM($2)", "COUNT(*)", "MIN($2)", "MAX($2)", "COUNT($2)")+" OVER ("+part+"ORDER BY $1"+pick(g.r, "", " DESC", " NULLS FIRST", " DESC NULLS LAST")+pick(g.r, "", f, f, f)+")", key, arg)
}
