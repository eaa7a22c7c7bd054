package parse

func words(list ...string) map[string]bool {
	m := make(map[string]bool, len(list))
	for _, w := range list {
		m[w] = true
	}
	return m
}

// reserved words never name anything without quotes, except after AS and after
// a dot.
var reserved = words("SELECT", "FROM", "WHERE", "HAVING", "UNION", "INTERSECT", "EXCEPT", "JOIN", "ON", "USING",
	"AS", "AND", "OR", "NOT", "IN", "IS", "BETWEEN", "LIKE", "ILIKE", "CASE", "WHEN", "THEN", "ELSE", "INTO",
	"WITH", "DISTINCT", "NULL", "TRUE", "FALSE")

// clauseWords start the next clause or operator, so that they are no alias
// without AS, though they may name columns.
var clauseWords = words("GROUP", "WINDOW", "ORDER", "LIMIT", "OFFSET", "FETCH", "EMIT", "INNER", "LEFT", "RIGHT",
	"FULL", "CROSS", "NATURAL", "ASOF", "WITHIN", "COLLATE", "QUALIFY", "ESCAPE", "PARTITION")

// clausePairs start a clause or operator only together with the next word.
var clausePairs = map[string]string{
	"LATE": "ROWS", "AT": "TIME", "PRIMARY": "KEY", "SIMILAR": "TO", "IGNORE": "NULLS", "RESPECT": "NULLS",
	"SEMI": "JOIN", "ANTI": "JOIN",
}

// IsReserved reports whether an identifier needs quotes wherever it stands,
// so that text made from names can be read back.
func IsReserved(word string) bool { return reserved[word] || clauseWords[word] }

// refusedOperators are operators of other dialects, with what is said of them.
var refusedOperators = map[string]struct{ what, hint string }{
	"~":   {"operator ~", "write REGEXP_LIKE(text, pattern)"},
	"~*":  {"operator ~*", "write REGEXP_LIKE(text, pattern)"},
	"!~":  {"operator !~", "write NOT REGEXP_LIKE(text, pattern)"},
	"!~*": {"operator !~*", "write NOT REGEXP_LIKE(text, pattern)"},
	"&":   {"bit operator &", ""},
	"|":   {"bit operator |", "text is joined by ||"},
	"#":   {"bit operator #", ""},
	"<<":  {"bit operator <<", ""},
	"^":   {"operator ^", "write POWER(x, y)"},
	"**":  {"operator **", "write POWER(x, y)"},
	"==":  {"operator ==", "write ="},
	"&&":  {"operator &&", "write AND"},
	"->":  {"operator ->", "write JSON_EXTRACT(json, '$.member')"},
	"->>": {"operator ->>", "write JSON_VALUE(json, '$.member')"},
	"=>":  {"operator =>", ""},
	":=":  {"operator :=", ""},
	"<=>": {"operator <=>", "write IS NOT DISTINCT FROM"},
	"@>":  {"operator @>", ""},
	"<@":  {"operator <@", ""},
	"!":   {"operator !", "write NOT"},
	"?":   {"parameter ?", "write ${NAME} and give it with --var"},
}
