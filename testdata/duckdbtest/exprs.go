package duckdbtest

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// source is a column that an expression may name.
type source struct {
	name string // qualified
	kind kind
}

// gen makes expressions and queries over tables t1, t2 and t3.
type gen struct {
	r       *rand.Rand
	cols    []source
	ctes    []cte
	aliases int
	depth   int // of subqueries
}

func (g *gen) coin(n int) bool { return g.r.IntN(n) == 0 }

func (g *gen) column(k kind) *node {
	var list []string
	for _, c := range g.cols {
		if c.kind == k {
			list = append(list, c.name)
		}
	}
	if len(list) == 0 {
		return g.literal(k)
	}
	name := pick(g.r, list...)
	switch _, short, _ := strings.Cut(name, "."); short { // of DuckDB small types stay small in arithmetic
	case "ti", "si":
		return make2(k, name, name+"::BIGINT")
	case "r":
		return make2(k, name, name+"::DOUBLE")
	}
	return leaf(k, name)
}

func (g *gen) literal(k kind) *node {
	if g.coin(12) {
		t := [kinds][2]string{{"BIGINT", "BIGINT"}, {"DOUBLE", "DOUBLE"}, {"DECIMAL(10,2)", "DECIMAL(10,2)"}, {"STRING", "VARCHAR"}, {"BOOLEAN", "BOOLEAN"}, {"DATE", "DATE"}, {"TIMESTAMP", "TIMESTAMP"}, {"TIME", "TIME"}, {"ARRAY<BIGINT>", "BIGINT[]"}}[k]
		return make2(k, "CAST(NULL AS "+t[0]+")", "CAST(NULL AS "+t[1]+")")
	}
	switch k {
	case integer: // of DuckDB a literal is INTEGER, of velo BIGINT
		n := strconv.Itoa(g.r.IntN(12) - 3)
		return make2(k, n, "("+n+")::BIGINT")
	case double:
		return leaf(k, pick(g.r, "0e0", "1.5e0", "-0.25e0", "3e0", "1e5"))
	case decimal:
		return leaf(k, pick(g.r, "0.5", "1.25", "-2.0", "10.01"))
	case text:
		return leaf(k, pick(g.r, "''", "'a'", "'ab'", "'b'", "'it''s'", "','", "'é'"))
	case boolean:
		return leaf(k, pick(g.r, "TRUE", "FALSE"))
	case date:
		return leaf(k, pick(g.r, "DATE '2024-01-01'", "DATE '2000-06-15'", "DATE '2024-02-29'"))
	case clocktime:
		return leaf(k, pick(g.r, "TIME '12:30:00'", "TIME '00:00:00.5'", "TIME '23:59:59'"))
	case array:
		return make2(k, "ARRAY[$1, $2]", "[$1, $2]", g.literal(integer), g.literal(integer))
	}
	return leaf(k, pick(g.r, "TIMESTAMP '2024-01-01 00:00:00'", "TIMESTAMP '2000-06-15 06:00:00.25'", "TIMESTAMP '2024-02-29 23:59:59.999'"))
}

func (g *gen) kind() kind {
	return pick(g.r, integer, integer, integer, double, double, decimal, decimal, text, text, text, boolean, boolean, date, date, timestamp, timestamp, clocktime, array)
}

// expr makes an expression of a kind, at most d levels deep.
func (g *gen) expr(k kind, d int) *node {
	if d <= 0 || g.coin(5) {
		if g.coin(3) {
			return g.literal(k)
		}
		return g.column(k)
	}
	d--
	e := func(k kind) *node { return g.expr(k, d) }
	switch g.r.IntN(10) { // what every kind has
	case 4:
		of := g.kind()
		return make1(k, "CASE $1 WHEN $2 THEN $3 WHEN $4 THEN $5 END", e(of), e(of), e(k), g.literal(of), e(k))
	case 0:
		return make1(k, "CASE WHEN $1 THEN $2 ELSE $3 END", e(boolean), e(k), e(k))
	case 1:
		return make1(k, "COALESCE($1, $2)", e(k), e(k))
	case 2:
		return make1(k, "NULLIF($1, $2)", e(k), e(k))
	case 3:
		if k != boolean && k != array {
			return make1(k, pick(g.r, "GREATEST", "LEAST")+"($1, $2, $3)", e(k), e(k), e(k))
		}
		return make2(k, "IF($1, $2, $3)", "CASE WHEN $1 THEN $2 ELSE $3 END", e(boolean), e(k), e(k))
	}
	switch k {
	case integer:
		return g.integer(e)
	case double:
		switch g.r.IntN(14) {
		case 9:
			return make1(k, pick(g.r, "SIN", "COS", "ATAN", "EXP")+"(LEAST(GREATEST($1, -20e0), 20e0))", e(double))
		case 10:
			return make1(k, "LN(ABS($1) + 1e0)", e(double))
		case 11:
			return make1(k, "POWER(LEAST(GREATEST($1, -20e0), 20e0), "+pick(g.r, "0", "1", "2", "3")+")", e(double))
		case 12:
			return make1(k, "ATAN2($1, $2)", e(double), e(double))
		case 13:
			return make1(k, "EXTRACT(EPOCH FROM $1)", e(timestamp))
		case 0, 1:
			return make1(k, "($1 "+pick(g.r, "+", "-", "*")+" $2)", e(double), e(double))
		case 2:
			return make1(k, "($1 / $2)", e(integer), e(integer))
		case 3:
			return make1(k, "($1 / $2)", e(double), e(double))
		case 4:
			return make1(k, "SQRT(ABS($1))", e(double))
		case 5:
			return make1(k, pick(g.r, "FLOOR", "CEIL", "ABS", "TRUNC")+"($1)", e(double))
		case 6:
			return make1(k, "CAST($1 AS DOUBLE)", e(pick(g.r, integer, decimal)))
		case 7:
			return make1(k, "(- $1)", e(double))
		}
		return make1(k, "($1 + $2)", e(double), e(integer))
	case decimal:
		switch g.r.IntN(8) {
		case 4:
			return make1(k, "CAST("+pick(g.r, "ROUND", "TRUNC")+"($1) AS DECIMAL(18,2))", e(decimal))
		case 5:
			return make1(k, "CAST(ROUND($1, "+pick(g.r, "1", "0", "2")+") AS DECIMAL(18,2))", e(decimal))
		case 6:
			return make1(k, "CAST("+pick(g.r, "FLOOR", "CEIL")+"($1) AS DECIMAL(18,2))", e(decimal))
		case 0, 1: // an operand of few digits, so that the scale stays within 38 digits
			return make1(k, "CAST($1 "+pick(g.r, "+", "-", "*")+" $2 AS DECIMAL(18,2))", g.column(decimal), g.literal(decimal))
		case 2:
			return make1(k, pick(g.r, "ABS($1)", "(- $1)"), e(decimal))
		case 3:
			return make1(k, "CAST($1 AS DECIMAL(18,2))", e(decimal))
		}
		return make1(k, "CAST(($1 % 1000) AS DECIMAL(18,2))", e(integer))
	case text:
		return g.text(e, d)
	case boolean:
		return g.boolean(e, d)
	case date:
		switch g.r.IntN(4) {
		case 0: // DuckDB adds an INTEGER
			return make2(k, "($1 + $2 % 100)", "($1 + ($2 % 100)::INTEGER)", e(date), e(integer))
		case 1:
			return make1(k, "CAST($1 AS DATE)", e(timestamp))
		case 2: // of DuckDB the truncated DATE is a TIMESTAMP
			u := pick(g.r, "'month'", "'year'", "'week'", "'quarter'", "'day'")
			return make2(k, "DATE_TRUNC("+u+", $1)", "CAST(DATE_TRUNC("+u+", $1) AS DATE)", e(date))
		}
		iv := pick(g.r, "1 month", "-1 year", "10 days", "1 week")
		return make2(k, "($1 + INTERVAL '"+iv+"')", "CAST($1 + INTERVAL '"+iv+"' AS DATE)", e(date))
	}
	switch k {
	case clocktime:
		if g.coin(2) {
			return make1(k, "CAST($1 AS TIME)", e(timestamp))
		}
		return make1(k, "($1 "+pick(g.r, "+", "-")+" INTERVAL '"+pick(g.r, "1 hour", "30 minutes", "250 milliseconds", "23 hours")+"')", e(clocktime))
	case array:
		return g.array(e)
	}
	switch g.r.IntN(4) {
	case 2:
		return make2(k, "TO_TIMESTAMP($1 % 100000)", "MAKE_TIMESTAMP(($1 % 100000)::BIGINT * 1000000)", e(integer))
	case 0:
		return make1(k, "CAST($1 AS TIMESTAMP)", e(date))
	case 1:
		return make1(k, "DATE_TRUNC("+pick(g.r, "'hour'", "'day'", "'month'", "'week'", "'minute'")+", $1)", e(timestamp))
	}
	return make1(k, "($1 "+pick(g.r, "+", "-")+" INTERVAL '"+pick(g.r, "1 month", "1 day", "90 minutes", "1 year 2 days", "250 milliseconds")+"')", e(timestamp))
}

func (g *gen) integer(e func(kind) *node) *node {
	k := integer
	switch g.r.IntN(24) {
	case 18:
		return make2(k, "CARDINALITY($1)", "LEN($1)", e(array))
	case 19:
		f := pick(g.r, "MAX", "MIN", "SUM")
		return make2(k, "ARRAY_"+f+"($1)", "LIST_"+f+"($1)", e(array))
	case 20:
		return make1(k, "CAST(JSON_VALUE('{\"a\":[1,2,{\"b\":3}]}', '$.a["+pick(g.r, "0", "1", "5")+"]') AS BIGINT)")
	case 21:
		return make1(k, "EXTRACT("+pick(g.r, "HOUR", "MINUTE")+" FROM $1)", e(pick(g.r, clocktime, timestamp)))
	case 22:
		return make1(k, "CAST($1 AS BIGINT)", e(decimal))
	case 23:
		if g.depth < 2 {
			return g.subquery(integer)
		}
		return make1(k, "CASE WHEN $1 THEN 1 ELSE 0 END", e(boolean))
	case 13:
		f := pick(g.r, "MAX", "MIN", "SUM")
		return make2(k, "ARRAY_"+f+"(ARRAY[$1, $2, $3])", "LIST_"+f+"([$1, $2, $3])", e(integer), e(integer), e(integer))
	case 14:
		i := strconv.Itoa(g.r.IntN(4))
		return make2(k, "ARRAY[$1, $2]["+i+"]", "[$1, $2]["+i+"]", e(integer), e(integer))
	case 15:
		return make1(k, "TRY_CAST(REPLACE($1, '.', 'x') AS BIGINT)", g.column(text))
	case 16:
		return make1(k, "CAST($1 AS BIGINT)", e(boolean))
	case 17:
		return make2(k, "ARRAY_LENGTH(SPLIT($1, ','))", "CASE WHEN $1 = '' THEN 0 ELSE LEN(STRING_SPLIT($1, ',')) END", g.column(text))
	case 0, 1, 2:
		return make1(k, "($1 "+pick(g.r, "+", "-")+" $2)", e(integer), e(integer))
	case 3: // kept small: a product beyond BIGINT is an error of both, at different rows
		return make1(k, "($1 % 1000 * $2)", e(integer), g.literal(integer))
	case 4:
		return make1(k, "($1 "+pick(g.r, "//", "%")+" $2)", e(integer), e(integer))
	case 5:
		return make1(k, pick(g.r, "ABS($1)", "(- $1)"), e(integer))
	case 6:
		return make2(k, "LENGTH($1)", "LENGTH($1)::BIGINT", e(text))
	case 7:
		return make1(k, "EXTRACT("+pick(g.r, "YEAR", "MONTH", "DAY", "DOW", "DOY", "QUARTER", "WEEK", "ISODOW")+" FROM $1)", e(pick(g.r, date, timestamp)))
	case 8:
		return make2(k, "($1 - $2)", "(EPOCH_MS($1) - EPOCH_MS($2))", e(timestamp), e(timestamp))
	case 9:
		return make2(k, "STRPOS($1, $2)", "STRPOS($1, $2)::BIGINT", e(text), e(text))
	case 10:
		return make1(k, "DATE_DIFF("+pick(g.r, "'day'", "'month'", "'year'", "'hour'")+", $1, $2)", e(timestamp), e(timestamp))
	case 11: // both halves to even; a DOUBLE beyond BIGINT is kept away
		return make1(k, "CAST(LEAST(GREATEST($1, -1e9), 1e9) AS BIGINT)", e(double))
	}
	return make2(k, "SIGN($1)", "SIGN($1)::BIGINT", e(integer))
}

func (g *gen) text(e func(kind) *node, d int) *node {
	k := text
	switch g.r.IntN(21) {
	case 18:
		return make1(k, "TO_BASE64(CAST($1 AS BYTES))", e(text)).as("TO_BASE64(CAST($1 AS BLOB))")
	case 19:
		return make1(k, "SUBSTRING($1 FROM "+pick(g.r, "1", "2", "3")+" FOR "+pick(g.r, "0", "1", "2")+")", e(text))
	case 20:
		return make1(k, "TRIM("+pick(g.r, "BOTH", "LEADING", "TRAILING")+" 'a' FROM $1)", e(text))
	case 12:
		return make2(k, "ARRAY_TO_STRING(ARRAY[$1, 'k', $2], '-')", "ARRAY_TO_STRING([$1, 'k', $2], '-')", e(text), e(text))
	case 13:
		return make1(k, "REGEXP_REPLACE($1, "+pick(g.r, "'a'", "'[ab]+'", "'^.'", "'b+'")+", "+pick(g.r, "''", "'x'", "'<>'")+pick(g.r, "", ", 'g'")+")", e(text))
	case 14:
		return make1(k, "STRFTIME($1, "+pick(g.r, "'%Y-%m-%d'", "'%d.%m.%y %H:%M'", "'%j %a %B'", "'%I:%M:%S %p'")+")", e(pick(g.r, date, timestamp)))
	case 15:
		return make1(k, "MD5($1)", e(text))
	case 16:
		return make2(k, "REGEXP_EXTRACT($1, '[a-z]')", "NULLIF(REGEXP_EXTRACT($1, '[a-z]'), '')", e(text))
	case 0, 1:
		return make1(k, "($1 || $2)", e(text), e(text))
	case 2:
		return make1(k, pick(g.r, "UPPER", "LOWER", "TRIM", "LTRIM", "RTRIM", "REVERSE")+"($1)", e(text))
	case 3:
		return make1(k, fmt.Sprintf("SUBSTRING($1, %d, %d)", 1+g.r.IntN(4), g.r.IntN(4)), e(text))
	case 4:
		return make1(k, "REPLACE($1, $2, $3)", e(text), leaf(text, pick(g.r, "'a'", "'b'", "','")), e(text))
	case 5:
		return make1(k, fmt.Sprintf("%s($1, %d)", pick(g.r, "LEFT", "RIGHT"), g.r.IntN(7)-3), e(text))
	case 6:
		return make2(k, "CAST($1 AS STRING)", "CAST($1 AS VARCHAR)", e(pick(g.r, integer, boolean, date)))
	case 7:
		return make1(k, fmt.Sprintf("%s($1, %d, '-+')", pick(g.r, "LPAD", "RPAD"), g.r.IntN(6)), e(text))
	case 8:
		return make1(k, "CONCAT($1, $2)", e(text), e(text))
	case 9:
		return make1(k, "CONCAT_WS('/', $1, $2)", e(text), e(text))
	case 10:
		return make1(k, fmt.Sprintf("SPLIT_PART($1, ',', %d)", 1+g.r.IntN(3)), e(text))
	case 11:
		return make1(k, fmt.Sprintf("REPEAT($1, %d)", g.r.IntN(3)), e(text))
	}
	return make2(k, "CAST($1 AS STRING)", "CAST($1 AS VARCHAR)", g.column(decimal))
}

func (g *gen) boolean(e func(kind) *node, d int) *node {
	k := boolean
	if g.depth < 2 && d > 0 && g.coin(14) {
		return g.subquery(boolean)
	}
	of := g.kind()
	switch g.r.IntN(19) {
	case 16:
		return make2(k, "($1 BETWEEN SYMMETRIC $2 AND $3)", "($1 BETWEEN $2 AND $3 OR $1 BETWEEN $3 AND $2)", e(integer), g.literal(integer), leaf(integer, "5"))
	case 17:
		return make1(k, "(($1, $2) = ($3, $4))", e(integer), e(text), e(integer), e(text)).as("($1 = $3 AND $2 = $4)")
	case 18:
		return make2(k, "ARRAY_CONTAINS($1, $2)", "CASE WHEN $1 IS NULL OR $2 IS NULL THEN NULL WHEN LIST_CONTAINS($1, $2) THEN TRUE WHEN LEN($1) > LEN(LIST_FILTER($1, lambda e: e IS NOT NULL)) THEN NULL ELSE FALSE END", g.column(array), g.literal(integer))
	case 12, 13:
		if op := pick(g.r, "= ANY", "<> ALL", "> ANY"); of != array { // of arrays DuckDB finds other rows in a column than in a constant
			return make2(k, "($1 "+op+"(ARRAY[$2, $3]))", "($1 "+op+"([$2, $3]))", e(of), e(of), e(of))
		}
	case 14:
		return make1(k, "REGEXP_MATCHES($1, "+pick(g.r, "'a'", "'^[ab]'", "'[^a]'", "'b'")+")", e(text))
	case 0, 1, 2:
		return make1(k, "($1 "+pick(g.r, "=", "<>", "<", "<=", ">", ">=")+" $2)", e(of), e(of))
	case 3:
		return make1(k, "($1 AND $2)", e(boolean), e(boolean))
	case 4:
		return make1(k, "($1 OR $2)", e(boolean), e(boolean))
	case 5:
		return make1(k, "(NOT $1)", e(boolean))
	case 6:
		return make1(k, "($1 IS "+pick(g.r, "", "NOT ")+"NULL)", e(of))
	case 7:
		return make1(k, "($1 "+pick(g.r, "", "NOT ")+"BETWEEN $2 AND $3)", e(of), e(of), e(of))
	case 8:
		return make1(k, "($1 "+pick(g.r, "", "NOT ")+"IN ($2, $3, $4))", e(of), e(of), g.literal(of), g.literal(of))
	case 9: // no backslash: DuckDB has no escape character unless one is named
		return make1(k, "($1 "+pick(g.r, "", "NOT ")+pick(g.r, "LIKE ", "ILIKE ")+pick(g.r, "'a%'", "'%b'", "'_'", "'%'", "'a#_b' ESCAPE '#'", "'%,%'", "''", "'%b%'", "'%a%b%'", "'%gh%a'", "'abcdefgh%'")+")", e(text))
	case 10:
		return make1(k, "($1 IS "+pick(g.r, "", "NOT ")+"DISTINCT FROM $2)", e(of), e(of))
	case 11:
		return make1(k, "($1 IS "+pick(g.r, "", "NOT ")+pick(g.r, "TRUE", "FALSE")+")", e(boolean))
	}
	return make1(k, pick(g.r, "STARTS_WITH", "ENDS_WITH", "CONTAINS")+"($1, $2)", e(text), g.literal(text))
}

func (g *gen) array(e func(kind) *node) *node {
	k := array
	switch g.r.IntN(4) {
	case 0:
		return make2(k, "ARRAY[$1, $2, $3]", "[$1, $2, $3]", e(integer), e(integer), e(integer))
	case 1:
		return make2(k, "ARRAY_SORT($1)", "LIST_SORT($1, 'ASC', 'NULLS LAST')", e(array))
	case 2:
		return make2(k, "ARRAY[$1]", "[$1]", e(integer))
	}
	return g.column(array)
}
