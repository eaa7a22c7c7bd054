package duckdbtest

import (
	"errors"
	"strings"
)

// difference is a place where the dialects mean different things on purpose.
type difference struct{ name, reason string }

// differences are all that the comparison knows of.
var differences = []difference{
	{"overflow", "BIGINT and DECIMAL beyond their range are row errors of velo: the row is dropped and counted; DuckDB ends the query, or goes on in HUGEINT"},
	{"SUM", "SUM of integers is HUGEINT in DuckDB, BIGINT in velo, a row error beyond it"},
	{"integer literals", "a literal is INTEGER in DuckDB, which overflows at 32 bits, and BIGINT in velo; the generator casts it"},
	{"small types", "TINYINT, SMALLINT and REAL stay small in arithmetic in DuckDB and widen in velo; the generator casts them"},
	{"decimal division", "DOUBLE in DuckDB, DECIMAL of scale max(6, s1, s2) in velo; not generated"},
	{"DECIMAL of 38 digits in UNION", "loses digits of the scale in DuckDB, keeps them in velo; the generator casts sums"},
	{"AVG, MEDIAN of DECIMAL", "DOUBLE in DuckDB, DECIMAL in velo; not generated"},
	{"ROUND of DOUBLE", "half away from zero in DuckDB, half to even without digits in velo as in PostgreSQL; not generated"},
	{"texts that meet a DECIMAL", "are rounded to its scale, or refused, in DuckDB; in velo they have digits of their own, as in PostgreSQL; not generated"},
	{"conditions of JOIN UNNEST", "compare the left side with the right, without subqueries, in DuckDB; not generated"},
	{"row values by ANY and ALL", "are compared by their first parts, or end in an internal error, in DuckDB; not generated"},
	{"LIKE", "no escape character in DuckDB unless one is named, a backslash in velo as in PostgreSQL; the generator writes none"},
	{"SUBSTRING", "positions below 1 count from the end in DuckDB, before the start in velo as in PostgreSQL; not generated"},
	{"text of DOUBLE and TIMESTAMP", "3.0 and 2024-01-01 00:00:00 in DuckDB, 3 and 2024-01-01T00:00:00.000Z in velo; not generated"},
	{"DATE_TRUNC and DATE ± INTERVAL", "a TIMESTAMP in DuckDB, a DATE in velo; the generator casts it"},
	{"TIMESTAMP − TIMESTAMP", "an INTERVAL in DuckDB, milliseconds in velo; the generator writes EPOCH_MS"},
	{"DATE_DIFF of weeks", "counts seven days back from a Monday in DuckDB, the Mondays crossed in velo; not generated"},
	{"date range", "DuckDB goes beyond the years 0001 to 9999, which are row errors of velo"},
	{"scalar subqueries", "more than one row ends the run in velo, DuckDB too unless it is told to take the first; in a branch that no row takes only in DuckDB"},
	{"REPEAT of NULL", "is folded to a BLOB in DuckDB, which then does not meet text"},
	{"text of a fraction", "cast to an integer is rounded in DuckDB, a row error in velo as in PostgreSQL; not generated"},
	{"ARRAY_TO_STRING", "of NULLs alone is NULL in DuckDB, empty in velo as in PostgreSQL; not generated"},
	{"SPLIT of empty text", "one empty part in DuckDB, none in velo as string_to_array of PostgreSQL; the generator says so"},
	{"ANY of an array in an outer join", "is not implemented in DuckDB"},
	{"DISTINCT and ORDER BY in an aggregate", "DuckDB does not see that an expression with a subquery or = ANY is the one that is aggregated"},
	{"RANGE over a constant", "a frame that ends with 0 PRECEDING loses peers in DuckDB, where the key is a constant; not generated"},
	{"BETWEEN of arrays", "is not implemented in DuckDB"},
	{"NULL in ASOF", "a NULL is behind every row in DuckDB, and matches nothing in velo; the generator joins by ids"},
	{"MODE, ARG_MIN, FIRST of ties", "the first or least of a tie in velo, also in ROW_NUMBER, any in DuckDB, and of rows of one time ASOF JOIN takes the last in velo; not generated"},

	// of the golden records, which TestGolden counts
	{"refused by velo", "the record is of an error, or of a run that stops"},
	{"replays", "an application over files, with its sinks"},
	{"statements", "CREATE, SHOW, DESCRIBE, EXPLAIN: what they do is velo's own"},
	{"windows and EMIT", "DuckDB has no windows of event time, no EMIT and no time-bounded joins; TestWindows compares what can be said in SQL"},
	{"system columns and headers", "DuckDB has neither"},
	{"WITH keys and paths", "keys of sources and sinks, and paths in FROM, are velo's own"},
	{"row errors", "a row that fails is dropped and counted in velo and ends the query in DuckDB; a table with such rows is not loaded"},
	{"small types", "TINYINT, SMALLINT and DECIMAL of few digits overflow in DuckDB and widen in velo; the least BIGINT by -1 has a remainder in velo"},
	{"functions", "DuckDB has no function of that name, or not with those arguments: INITCAP, TOP_K, EMA, JOIN, IF and LPAD without the last argument, LPAD with nothing, ELEMENT_AT of a MAP, STRING_AGG with a separator for each row"},
	{"time units, texts and functions", "bare units, zones and patterns as arguments, ISO offsets, dates without dashes, TIME − TIME: not in DuckDB, which reads the TIME of any TIMESTAMP text"},
	{"times and integers", "a BIGINT is a time in milliseconds in velo; DuckDB does not mix them"},
	{"texts of BOOLEAN", "on, off, unique beginnings and blanks are PostgreSQL's; DuckDB reads fewer"},
	{"texts of INTERVAL", "SQL's and ISO 8601's forms, fractions of units and PostgreSQL's text are not DuckDB's, nor is rounding to microseconds; a time beyond nanoseconds is an error in velo"},
	{"JSON", "bad JSON and other paths are NULL in velo and errors in DuckDB; results are STRING in velo and JSON there; JSON_VALUE is the text of a scalar, JSON_QUERY of an object or array; $['a.b'] is a path; of a name twice the last counts"},
	{"MAP with a key twice", "the last one wins in velo; an error in DuckDB"},
	{"IGNORE NULLS of LEAD, NTH_VALUE and aggregates", "DuckDB writes it inside the parentheses and not for aggregates"},
	{"UNNEST of maps and in step", "not in DuckDB"},
	{"STRUCT<…> and MAP<…>", "DuckDB writes the types otherwise"},
	{"hexadecimal", "0xFF and E'\\u00e9' are not in DuckDB"},
	{"BETWEEN SYMMETRIC", "not in DuckDB"},
	{"reserved words", "more words are reserved in DuckDB"},
	{"ORDER BY of a set operation", "takes columns only in DuckDB, expressions of them in velo"},
	{"subqueries", "in outer joins, of two columns, and IN of rows that depends on the row are not implemented in DuckDB, nor are aggregates of the outer query in them"},
	{"aliases", "DuckDB does not take an alias of the same list in an aggregate, nor in a subquery where it is made by OVER"},
	{"clock", "the run's in velo, the machine's in DuckDB"},
	{"AT TIME ZONE", "the local time of an instant in velo; the instant of a local time in DuckDB"},
	{"zones in texts", "read in velo, ignored in DuckDB"},
	{"seconds", "EXTRACT(SECOND) has its fraction in velo as in PostgreSQL"},
	{"REGEXP_EXTRACT without a match", "NULL in velo, empty in DuckDB; \\& is the match in velo as in PostgreSQL"},
	{"FORMAT", "PostgreSQL's in velo, that of fmt in DuckDB"},
	{"TO_HEX, MD5 and BYTES", "X'ff' is a BYTES literal in velo, a text in DuckDB; TO_HEX is lower case"},
	{"case mapping", "simple in velo: ß has no upper case"},
	{"arrays and maps", "[−1] is NULL in velo, the last in DuckDB; ARRAY_CONTAINS and ANY know NULL in velo; ARRAY_DISTINCT keeps one NULL and the order; MAPs have no order; TRY_CAST of an array is of the whole; a STRUCT has names; the literals of an array take the type it meets; || joins an array and an element, and NULL to nothing, as in PostgreSQL"},
	{"VARCHAR(n)", "cuts in velo on CAST; n is ignored in DuckDB"},
	{"row values", "compare as in PostgreSQL in velo, as structs with NULLs in DuckDB"},
	{"CORR, STRING_AGG(x, NULL)", "NULL and no separator in velo as in PostgreSQL; NaN and NULL in DuckDB"},
	{"order of rows and columns", "a join with an alias is a derived table, whose colliding columns are named; the order of the input is part of velo's answer, also under LIMIT and in ARRAY_AGG; a USING column comes first as in PostgreSQL"},
	{"REAL", "a REAL compares with a DECIMAL as DOUBLE in velo"},
	{"CAST of DOUBLE to DECIMAL", "from the shortest text in velo"},
	{"types of a set operation", "a text literal takes the type of the column in velo, numbers become text in DuckDB"},
}

// veloOnly names the difference that makes only velo fail; empty: none.
func veloOnly(err error) string {
	var row *rowErrors
	if errors.As(err, &row) {
		for _, s := range []string{"overflow", "beyond BIGINT", "38 digits", "years 0001", "beyond its type"} {
			if strings.Contains(row.first, s) {
				return "overflow"
			}
		}
	}
	return ""
}

// duckOnly names the difference that makes only DuckDB fail; empty: none.
func duckOnly(err error) string {
	if strings.Contains(err.Error(), "Not implemented Error") {
		return "ANY of an array in an outer join"
	}
	if strings.Contains(err.Error(), "In a DISTINCT aggregate") {
		return "DISTINCT and ORDER BY in an aggregate"
	}
	if strings.Contains(err.Error(), "Invalid type for BETWEEN") {
		return "BETWEEN of arrays"
	}
	if strings.Contains(err.Error(), "BLOB") {
		return "REPEAT of NULL"
	}
	for _, s := range []string{"Out of Range", "Overflow", "Conversion Error"} {
		if strings.Contains(err.Error(), s) {
			return "overflow"
		}
	}
	return ""
}
