package bench

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// tolerance is the relative difference that the order of additions may make.
const tolerance = 1e-9

// sortRows orders rows by their leading keys.
func sortRows(rows [][]any, keys int) {
	slices.SortFunc(rows, func(a, b []any) int {
		for i := range keys {
			if c := compareCells(a[i], b[i]); c != 0 {
				return c
			}
		}
		return 0
	})
}

func compareCells(a, b any) int {
	switch x := a.(type) {
	case int64:
		if y, ok := b.(int64); ok {
			return cmp.Compare(x, y)
		}
	case string:
		if y, ok := b.(string); ok {
			return cmp.Compare(x, y)
		}
	}
	return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b))
}

// check says where got differs from want, whose rows are sorted.
func check(got, want [][]any, keys int) error {
	if len(got) != len(want) {
		return fmt.Errorf("wrong answer: %d rows, and %d are right", len(got), len(want))
	}
	sortRows(got, keys)
	for i, w := range want {
		if len(got[i]) != len(w) {
			return fmt.Errorf("wrong answer: row %d has %d columns, and %d are right", i, len(got[i]), len(w))
		}
		for j, x := range w {
			if !equal(got[i][j], x) {
				return fmt.Errorf("wrong answer: row %v, and %v is right", got[i], w)
			}
		}
	}
	return nil
}

func equal(got, want any) bool {
	w, ok := want.(float64)
	if !ok {
		return got == want
	}
	g, ok := got.(float64)
	return ok && math.Abs(g-w) <= tolerance*math.Max(math.Abs(g), math.Abs(w))
}

// cells copies a record's rows.
func cells(dst [][]any, rec arrow.Record) ([][]any, error) {
	for r := range int(rec.NumRows()) {
		row := make([]any, rec.NumCols())
		for c, col := range rec.Columns() {
			if col.IsNull(r) {
				continue
			}
			switch a := col.(type) {
			case *array.Int64:
				row[c] = a.Value(r)
			case *array.Float64:
				row[c] = a.Value(r)
			case *array.String:
				row[c] = string([]byte(a.Value(r)))
			case *array.Decimal128:
				row[c] = a.Value(r).ToString(a.DataType().(*arrow.Decimal128Type).Scale)
			case *array.Timestamp:
				row[c] = int64(a.Value(r))
			default:
				return nil, fmt.Errorf("column %s has the type %s, which no expected answer has", rec.ColumnName(c), col.DataType())
			}
		}
		dst = append(dst, row)
	}
	return dst, nil
}
