package bench

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
)

// csvRows reads a file's values as the types that the right ones have.
func csvRows(path string, want [][]any, header bool) (rows [][]any, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in := csv.NewReader(bufio.NewReaderSize(f, 1<<20))
	in.ReuseRecord = true
	columns := columnsOf(want)
	for n := 0; ; n++ {
		rec, err := in.Read()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		if n == 0 && header {
			continue
		}
		row := make([]any, len(rec))
		for i, text := range rec {
			if row[i], err = cellOf(text, columns, i); err != nil {
				return nil, fmt.Errorf("wrong answer: %w", err)
			}
		}
		rows = append(rows, row)
	}
}

// column is what the right answer has in a column.
type column struct {
	kind  any // a value of its type
	nulls bool
}

func columnsOf(want [][]any) []column {
	if len(want) == 0 {
		return nil
	}
	list := make([]column, len(want[0]))
	for _, row := range want {
		for i, x := range row {
			if x == nil {
				list[i].nulls = true
			} else {
				list[i].kind = x
			}
		}
	}
	return list
}

// cellOf reads a text as the type of column i.
func cellOf(text string, columns []column, i int) (any, error) {
	if i >= len(columns) {
		return text, nil
	}
	c := columns[i]
	if text == "" && c.nulls {
		return nil, nil
	}
	switch c.kind.(type) {
	case int64:
		return strconv.ParseInt(text, 10, 64)
	case float64:
		return strconv.ParseFloat(text, 64)
	}
	return text, nil
}

// jsonRows reads a file of objects, whose fields stand in the order of the columns.
func jsonRows(path string, want [][]any) (rows [][]any, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in := json.NewDecoder(bufio.NewReaderSize(f, 1<<20))
	in.UseNumber()
	columns := columnsOf(want)
	var row []any
	for key := false; ; {
		t, err := in.Token()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		switch x := t.(type) {
		case json.Delim:
			if x == '}' {
				rows, row = append(rows, row), nil
			}
			key = x == '{'
			continue
		case json.Number:
			v, err := cellOf(x.String(), columns, len(row))
			if err != nil {
				return nil, fmt.Errorf("wrong answer: %w", err)
			}
			row = append(row, v)
		default:
			if !key {
				row = append(row, t)
			}
		}
		key = !key
	}
}

// fileRows reads the file that a query has written.
func fileRows(format, path string, want [][]any) ([][]any, error) {
	if format == "csv" {
		return csvRows(path, want, true)
	}
	return jsonRows(path, want)
}
