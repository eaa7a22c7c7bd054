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
	{"LIKE", "no escape character in DuckDB unless one is named, a backslash in velo as in PostgreSQL; the generator writes none"},
	{"SUBSTRING", "positions below 1 count from the end in DuckDB, before the start in velo as in PostgreSQL; not generated"},
	{"text of DOUBLE and TIMESTAMP", "3.0 and 2024-01-01 00:00:00 in DuckDB, 3 and 2024-01-01T00:00:00.000Z in velo; not generated"},
	{"DATE_TRUNC and DATE ± INTERVAL", "a TIMESTAMP in DuckDB, a DATE in velo; the generator casts it"},
	{"TIMESTAMP − TIMESTAMP", "an INTERVAL in DuckDB, milliseconds in velo; the generator writes EPOCH_MS"},
	{"DATE_DIFF of weeks", "counts seven days back from a Monday in DuckDB, the Mondays crossed in velo; not generated"},
	{"date range", "DuckDB goes beyond the years 0001 to 9999, which are row errors of velo"},
	{"scalar subqueries", "more than one row ends the run in velo, DuckDB too unless it is told to take the first"},
	{"REPEAT of NULL", "is folded to a BLOB in DuckDB, which then does not meet text"},
	{"text of a fraction", "cast to an integer is rounded in DuckDB, a row error in velo as in PostgreSQL; not generated"},
	{"ARRAY_TO_STRING", "of NULLs alone is NULL in DuckDB, empty in velo as in PostgreSQL; not generated"},
	{"SPLIT of empty text", "one empty part in DuckDB, none in velo as string_to_array of PostgreSQL; the generator says so"},
	{"ANY of an array in an outer join", "is not implemented in DuckDB"},
	{"MODE, ARG_MIN, FIRST of ties", "the first or least of a tie in velo, any in DuckDB; not generated"},
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
