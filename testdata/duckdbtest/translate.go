package duckdbtest

import (
	"regexp"
	"strings"
)

// token is a word, a literal, a quoted name, an operator character, or what is
// between them.
var token = regexp.MustCompile(`(?is)[a-z_][a-z_0-9]*|'(?:[^']|'')*'|"[^"]*"|` + "`[^`]*`" + `|--[^\n]*|\s+|[0-9][0-9_]*(?:\.[0-9]+)?(?:e[-+]?[0-9]+)?|.`)

// words are those of velo that DuckDB spells otherwise, wherever they stand.
var words = map[string]string{"string": "VARCHAR", "bytes": "BLOB", "varbinary": "BLOB"}

// calls are functions of velo that DuckDB calls otherwise.
var calls = map[string]string{
	"array_length": "len", "cardinality": "len", "array_sum": "list_sum", "array_max": "list_max", "array_min": "list_min",
	"array_contains": "list_contains", "regexp": "regexp_matches", "regexp_like": "regexp_matches", "split": "string_split", "length": "length",
	"listagg": "string_agg", "collect": "string_agg", "group_concat": "string_agg", "first": "first", "last": "last",
	"to_base64": "to_base64", "from_hex": "unhex", "dow": "dayofweek", "datediff": "date_diff", "date_format": "strftime", "element_at": "list_extract", "every": "bool_and", "json_query": "json_extract", "map_values": "map_values", "len": "length",
	"count_distinct": "approx_count_distinct", "json_length": "json_array_length", "char_length": "length", "initcap": "initcap",
}

// macros give DuckDB functions of velo that it has under no name.
var macros = []string{
	`CREATE MACRO to_date(s) AS CAST(s AS DATE)`,
	`CREATE MACRO from_unixtime(n) AS make_timestamp(CAST(n * 1000000 AS BIGINT))`,
	`CREATE MACRO unix_timestamp(t) AS CAST(FLOOR(EPOCH(t)) AS BIGINT)`,
	`CREATE MACRO parse_json(x) AS CAST(CAST(x AS JSON) AS VARCHAR)`,
	`CREATE MACRO percentile_cont(x, p) AS quantile_cont(x, p)`,
	`CREATE MACRO percentile_disc(x, p) AS quantile_disc(x, p)`,
	`CREATE MACRO octet_length(x) AS strlen(CAST(x AS VARCHAR))`,
	`CREATE MACRO bool_to_text(x) AS CAST(x AS VARCHAR)`,
	`CREATE MACRO nvl(a, b) AS COALESCE(a, b)`,
	`CREATE MACRO div(a, b) AS CASE WHEN b = 0 THEN NULL ELSE a // b END`,
	`CREATE MACRO delta(x) AS MAX(x) - MIN(x)`,
	`CREATE MACRO vwap(p, q) AS SUM(p * q) / NULLIF(SUM(CASE WHEN p IS NOT NULL THEN q END), 0)`,
	`CREATE MACRO to_unixtime(t) AS EPOCH(t)`,
	`CREATE MACRO json_length(x) AS json_array_length(x)`,
	`CREATE MACRO sha_256(x) AS sha256(x)`,
}

// unnested is UNNEST with an alias, which names its column too.
var unnested = regexp.MustCompile(`(?i)(\bUNNEST\((?:[^()]|\([^()]*\))*\)) AS (\w+)\b([^(]|$)`)

// translate writes a text of velo in the dialect of DuckDB, as far as names,
// quotes and literals go.
func translate(sql string) string {
	sql = unnested.ReplaceAllString(sql, "$1 AS $2($2)$3")
	list := token.FindAllString(sql, -1)
	var sb strings.Builder
	skip := func(i int) int { // the next token that is no blank
		for i++; i < len(list) && strings.TrimSpace(list[i]) == ""; i++ {
		}
		return i
	}
	at := func(i int) string {
		if i < len(list) {
			return strings.ToLower(list[i])
		}
		return ""
	}
	last := "" // the token before, no blank
	for i := 0; i < len(list); i++ {
		t := list[i]
		low := strings.ToLower(t)
		next := at(skip(i))
		switch {
		case strings.TrimSpace(t) == "":
			sb.WriteString(t)
			continue
		case t[0] == '`':
			sb.WriteString(`"` + strings.Trim(t, "`") + `"`)
		case low == "array" && next == "[": // ARRAY[…] is […]
		case low == "array" && next == "<":
			i = element(&sb, list, skip(i))
		case low == "column1":
			sb.WriteString("col0")
		case low == "column2":
			sb.WriteString("col1")
		case low == "map" && next == "[":
			i = skip(i)
			i = mapping(&sb, list, i)
		case low == "struct" && next == "(":
			i = structure(&sb, list, skip(i))
		case low == "except" && last == "*" && next == "(":
			sb.WriteString("EXCLUDE")
		case next == "(" && calls[low] != "":
			sb.WriteString(calls[low])
		case words[low] != "" && last != "." && last != "as":
			sb.WriteString(words[low])
		case words[low] != "" && last == "as" && (next == ")" || next == "(" || next == "["):
			sb.WriteString(words[low])
		default:
			sb.WriteString(t)
		}
		last = low
	}
	return sb.String()
}

// mapping writes MAP['k', 1, …], of which list[i] is the bracket, as
// MAP {'k': 1, …}, and gives the place of the closing one.
func mapping(sb *strings.Builder, list []string, i int) int {
	sb.WriteString("MAP {")
	depth, n := 0, 0
	var part strings.Builder
	flush := func(sep string) {
		sb.WriteString(translate(part.String()))
		sb.WriteString(sep)
		part.Reset()
	}
	for i++; i < len(list); i++ {
		switch t := list[i]; {
		case t == "[" || t == "(":
			depth++
			part.WriteString(t)
		case t == "]" && depth == 0:
			flush("}")
			return i
		case t == "]" || t == ")":
			depth--
			part.WriteString(t)
		case t == "," && depth == 0:
			n++
			flush(map[bool]string{true: ":", false: ","}[n%2 == 1])
		default:
			part.WriteString(t)
		}
	}
	return i
}

// element writes ARRAY<T>, of which list[i] is the bracket, as T[].
func element(sb *strings.Builder, list []string, i int) int {
	depth := 1
	var of strings.Builder
	for i++; i < len(list); i++ {
		switch list[i] {
		case "<":
			depth++
		case ">":
			depth--
		}
		if depth == 0 {
			break
		}
		of.WriteString(list[i])
	}
	sb.WriteString(translate(of.String()) + "[]")
	return i
}

// structure writes STRUCT(a AS x, b), of which list[i] is the parenthesis, as
// {'x': a, 'b': b}.
func structure(sb *strings.Builder, list []string, i int) int {
	sb.WriteString("{")
	depth := 0
	var part []string
	flush := func(sep string) {
		text := strings.TrimSpace(strings.Join(part, ""))
		value, name := text, text[strings.LastIndex(text, ".")+1:]
		if at := strings.LastIndex(strings.ToLower(text), " as "); at >= 0 && !strings.Contains(text[at:], ")") {
			value, name = text[:at], strings.TrimSpace(text[at+4:])
		}
		sb.WriteString("'" + strings.Trim(name, "\"`") + "': " + translate(value) + sep)
		part = nil
	}
	for i++; i < len(list); i++ {
		switch t := list[i]; {
		case t == ")" && depth == 0:
			flush("}")
			return i
		case t == "," && depth == 0:
			flush(", ")
			continue
		case t == "(" || t == "[":
			depth++
		case t == ")" || t == "]":
			depth--
		}
		part = append(part, list[i])
	}
	return i
}
