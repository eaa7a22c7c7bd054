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

// checkCSV compares the rows of a CSV file without a header, which who wrote, with
// the right ones.
func checkCSV(who, path string, want [][]any, keys int) error {
	rows, err := csvRows(path, want, false)
	if err == nil {
		err = check(rows, want, keys)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", who, err)
	}
	return nil
}

// csvRows reads a file's values as the types that the right ones have.
func csvRows(path string, want [][]any, header bool) (rows [][]any, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in := csv.NewReader(bufio.NewReaderSize(f, 1<<20))
	in.ReuseRecord = true
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
			if row[i], err = cellOf(text, want, i); err != nil {
				return nil, fmt.Errorf("wrong answer: %w", err)
			}
		}
		rows = append(rows, row)
	}
}

// cellOf reads a text as the type of column i of the right answer.
func cellOf(text string, want [][]any, i int) (any, error) {
	for _, w := range want {
		if i >= len(w) {
			break
		}
		switch w[i].(type) {
		case nil:
			continue // a NULL does not tell the type
		case int64:
			if text != "" {
				return strconv.ParseInt(text, 10, 64)
			}
			return nil, nil
		case float64:
			if text != "" {
				return strconv.ParseFloat(text, 64)
			}
			return nil, nil
		}
		break
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
			v, err := cellOf(x.String(), want, len(row))
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
