package duckdbtest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// column is a column of every generated table.
type column struct {
	name, veloType, duckType string
	kind                     kind
}

// columns are the same in all tables, so that sets of them can be operated on.
// id is unique, k is skewed and joins tables, the rest has NULLs and edges.
var columns = []column{
	{"id", "BIGINT", "BIGINT", integer},
	{"k", "BIGINT", "BIGINT", integer},
	{"i", "BIGINT", "BIGINT", integer},
	{"d", "DECIMAL(10,2)", "DECIMAL(10,2)", decimal},
	{"x", "DOUBLE", "DOUBLE", double},
	{"s", "STRING", "VARCHAR", text},
	{"p", "BOOLEAN", "BOOLEAN", boolean},
	{"dt", "DATE", "DATE", date},
	{"ts", "TIMESTAMP", "TIMESTAMP", timestamp},
	{"ti", "TINYINT", "TINYINT", integer},
	{"si", "SMALLINT", "SMALLINT", integer},
	{"r", "REAL", "FLOAT", double},
	{"tm", "TIME", "TIME", clocktime},
	{"ar", "ARRAY<BIGINT>", "BIGINT[]", array},
}

// table is rows of literals, spelt as JSON; NULL is null.
type table struct {
	name string
	rows [][]string
}

var (
	edgeInts    = []string{"0", "1", "-1", "7", "-7", "1000000", "-1000000", "2147483648", "-2147483649"}
	edgeDoubles = []string{"0", "-0.5", "0.5", "1.5", "-2.25", "1e10", "-1e-3", "100"}
	edgeDecs    = []string{"0.00", "0.01", "-0.01", "1.50", "-2.25", "99999999.99", "-99999999.99", "10.00"}
	edgeTexts   = []string{`""`, `"a"`, `"b"`, `"A"`, `"ab"`, `" a "`, `"é"`, `"a%b"`, `"a_b"`, `"aa,bb,"`, `"zz"`, `"10"`, `"abcdefg"`, `"abcdefgh"`, `"abcdefghabcdefgh"`, `"abcdefghabcdefgha"`}
	edgeDates   = []string{`"2024-02-29"`, `"2023-12-31"`, `"2024-01-01"`, `"1969-12-31"`, `"1970-01-01"`, `"2000-06-15"`}
	edgeTimes   = []string{`"2024-02-29T23:59:59.999Z"`, `"2024-01-01T00:00:00.000Z"`, `"1969-12-31T23:59:59.500Z"`, `"2024-02-29T12:30:00.000Z"`, `"2000-06-15T06:00:00.250Z"`}
)

var (
	edgeClocks = []string{`"00:00:00.000"`, `"23:59:59.999"`, `"12:30:00.000"`, `"06:00:00.250"`}
	edgeArrays = []string{`[]`, `[1]`, `[1,2,3]`, `[3,1]`, `[null]`, `[1,null]`, `[-7,0,7]`}
)

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

func randomTable(r *rand.Rand, name string) *table {
	t := &table{name: name}
	n := pick(r, 0, 1, 3, 10, 10, 30, 60, 700)
	nulls := pick(r, 0.0, 0.1, 0.4)
	for id := range n {
		row := []string{strconv.Itoa(id + 1)}
		for _, c := range columns[1:] {
			v := ""
			switch c.kind {
			case integer:
				v = pick(r, edgeInts...)
				if c.name == "k" {
					v = strconv.Itoa(int(r.ExpFloat64() * 2))
				} else if c.name == "ti" {
					v = pick(r, "127", "-128", "0", "3")
				} else if c.name == "si" {
					v = pick(r, "32767", "-32768", "7", "-7")
				} else if r.IntN(2) == 0 {
					v = strconv.Itoa(r.IntN(20) - 10)
				}
			case decimal:
				v = pick(r, edgeDecs...)
			case double:
				v = pick(r, edgeDoubles...)
				if c.name == "r" { // what both widths hold
					v = pick(r, "0", "-0.5", "1.5", "-2.25", "100")
				}
			case text:
				v = pick(r, edgeTexts...)
			case boolean:
				v = pick(r, "true", "false")
			case date:
				v = pick(r, edgeDates...)
			case timestamp:
				v = pick(r, edgeTimes...)
			case clocktime:
				v = pick(r, edgeClocks...)
			case array:
				v = pick(r, edgeArrays...)
			}
			if r.Float64() < nulls {
				v = "null"
			}
			row = append(row, v)
		}
		t.rows = append(t.rows, row)
	}
	return t
}

// file writes the table as JSON lines.
func (t *table) file(dir string) (string, error) {
	var sb strings.Builder
	for _, row := range t.rows {
		for i, c := range columns {
			sb.WriteString(map[bool]string{true: "{", false: ","}[i == 0] + `"` + c.name + `":` + row[i])
		}
		sb.WriteString("}\n")
	}
	path := filepath.Join(dir, t.name+".jsonl")
	return path, os.WriteFile(path, []byte(sb.String()), 0o666)
}

func veloColumns() string {
	var list []string
	for _, c := range columns {
		list = append(list, c.name+" "+c.veloType)
	}
	return strings.Join(list, ", ")
}

// script is the table as statements of DuckDB.
func (t *table) script() string {
	var sb strings.Builder
	fmt.Fprintf(&sb, "CREATE OR REPLACE TABLE %s (", t.name)
	for i, c := range columns {
		sb.WriteString(map[bool]string{true: "", false: ", "}[i == 0] + c.name + " " + c.duckType)
	}
	sb.WriteString(");")
	for n, row := range t.rows {
		sb.WriteString(map[bool]string{true: "INSERT INTO " + t.name + " VALUES (", false: ", ("}[n == 0])
		for i, v := range row {
			if i > 0 {
				sb.WriteString(", ")
			}
			if strings.HasPrefix(v, `"`) {
				v = "'" + strings.TrimSuffix(strings.Trim(v, `"`), "Z") + "'"
			}
			sb.WriteString(v)
		}
		sb.WriteString(")")
	}
	if len(t.rows) > 0 {
		sb.WriteString(";")
	}
	return sb.String()
}
