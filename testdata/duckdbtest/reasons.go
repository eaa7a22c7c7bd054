package duckdbtest

import (
	"regexp"
	"strings"

	"github.com/velostream/velo/planner/logictest/slt"
)

// forms are what a record has by which it cannot run in DuckDB, the first that
// fits.
var forms = []struct {
	reason string
	text   *regexp.Regexp
}{
	{"statements", regexp.MustCompile(`(?i)^\s*(--[^\n]*\n\s*)*(CREATE|INSERT|DROP|SHOW|DESCRIBE|EXPLAIN|START|STOP|PAUSE|DEPLOY)\b|;\s*\S`)},
	{"windows and EMIT", regexp.MustCompile(`(?i)\bEMIT\b|\bWINDOW\s+(TUMBLING|SLIDING|HOP|SESSION|CUMULATE|BUFFER)|\b(TUMBL|HOP|SESSION|CUMULATE)\w*\s*\(|_window_|WITHIN\s+\d|\bWITHIN\s+INTERVAL|LATE ROWS|EXPIRE AFTER`)},
	{"system columns and headers", regexp.MustCompile(`(?i)\b_(timestamp|offset|partition|topic|key|headers|event_time)\b|HEADER|\bTIMESTAMP\(\)`)},
	// DuckDB 1.5 does not only refuse these: an internal error closes the database.
	{"row values by ANY and ALL", regexp.MustCompile(`(?i)(^|[\s,(])\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*,(?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)\s*[<>]=?\s*(ANY|ALL|SOME)\b`)},
	{"WITH keys and paths", regexp.MustCompile(`(?is)\bWITH\s*\(|\bFROM\s+'|INTO\s|\$\{`)},
}

func form(sql string, b *slt.Block) string {
	if _, ok := b.Words["replay"]; ok {
		return "replays"
	}
	if _, ok := b.Part("error"); ok {
		return "refused by velo"
	}
	if _, ok := b.Part("stop"); ok {
		return "refused by velo"
	}
	if l, ok := b.Part("failed"); ok && len(l) > 0 {
		return "row errors"
	}
	for _, f := range forms {
		if f.text.MatchString(sql) {
			return f.reason
		}
	}
	return ""
}

// refusals are what DuckDB does not have, by its message.
var refusals = []struct {
	reason string
	text   *regexp.Regexp
}{
	{"row errors", regexp.MustCompile(`^Catalog Error: Table with name (\w+) does not exist|Conversion Error: Could not convert string '(x|x1|b|four)' to INT64|^Out of Range Error: Overflow in addition of INT64`)},
	{"functions", regexp.MustCompile(`with name (initcap|top_k|ema|join|first_value) does not exist|Wrong number of arguments to IF|'[lr]pad\([^,]*, [^,]*\)'|array_to_string\(\) does not|Insufficient padding|'[lr]pad|list_extract\(MAP|len\(MAP|Separator argument|contains\(STRING`)},
	{"small types", regexp.MustCompile(`Overflow in addition of INT(8|16)|multiplication of DECIMAL\(18\)|division of -9223372036854775808`)},
	{"time units, texts and functions", regexp.MustCompile(`Referenced column "(day|years)"|date_(trunc|part|sub|add)\b|to_(timestamp|date)\(|convert string '2024-02-29 12:34:56' to DOUBLE|Unknown TimeZone|not UTC|invalid date field|TIMESTAMP WITH TIME ZONE -> TIME|-\(TIME, TIME\)|'sum\(INTERVAL\)`)},
	{"times and integers", regexp.MustCompile(`[-+]\((TIMESTAMP|INTERVAL), INTEGER_LITERAL\)|\+\((INTEGER_LITERAL, TIMESTAMP|DATE, BIGINT)\)|TIMESTAMP and (INTEGER_LITERAL|type INTEGER_LITERAL|type BIGINT)|INTEGER_LITERAL and TIMESTAMP|cast \((INTEGER|BIGINT) -> TIMESTAMP\)|cast \(TIMESTAMP -> BIGINT\)|date_part\([^)]*INTEGER_LITERAL`)},
	{"texts of BOOLEAN", regexp.MustCompile(`to BOOL$`)},
	{"texts of INTERVAL", regexp.MustCompile(`to INTERVAL$|\w+ TO \w+ is not supported|syntax error at or near "MINUTE"`)},
	{"JSON", regexp.MustCompile(`Malformed JSON|JSON path error|invalid character 'N'`)},
	{"MAP with a key twice", regexp.MustCompile(`Map keys must be unique`)},
	{"IGNORE NULLS of LEAD, NTH_VALUE and aggregates", regexp.MustCompile(`at or near "(IGNORE|RESPECT)"`)},
	{"UNNEST of maps and in step", regexp.MustCompile(`UNNEST requires a single list|'unnest\(`)},
	{"conditions of JOIN UNNEST", regexp.MustCompile(`non-inner LATERAL JOIN|LATERAL join conditions`)},
	{"STRUCT<…> and MAP<…>", regexp.MustCompile(`at or near "<"`)},
	{"hexadecimal", regexp.MustCompile(`at or near "(AS|\+)"|unicode_to_utf8`)},
	{"BETWEEN SYMMETRIC", regexp.MustCompile(`Expression type T_List`)},
	{"reserved words", regexp.MustCompile(`at or near "both"`)},
	{"ORDER BY of a set operation", regexp.MustCompile(`^Binder Error: Could not ORDER BY`)},
	{"subqueries", regexp.MustCompile(`non-inner join|Non-inner join|Unsupported join type for flattening|Subquery returns 2 columns|Correlated IN/ANY/ALL`)},
}

// refusal names why DuckDB refuses.
func refusal(err error) string {
	for _, r := range refusals {
		if r.text.MatchString(firstLine(err)) {
			return r.reason
		}
	}
	return "refused by DuckDB"
}

func firstLine(err error) string {
	l, _, _ := strings.Cut(err.Error(), "\n")
	return l
}
