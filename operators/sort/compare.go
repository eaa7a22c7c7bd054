package sort

import (
	"bytes"
	"cmp"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"

	"github.com/velostream/velo/arrowexec/vec"
)

// Compare orders two values that are not NULL, of columns of one type in plain
// layout: −1, 0 or 1. Nested values compare element by element, NULL elements
// as the greatest.
func Compare(a *vec.Vec, i int, b *vec.Vec, j int) int {
	switch a.Kind {
	case vec.Null:
		return 0
	case vec.Bool:
		x, y := a.BoolAt(i), b.BoolAt(j)
		switch {
		case x == y:
			return 0
		case y:
			return -1
		}
		return 1
	case vec.Float32:
		return cmp.Compare(float(float64(vec.Values[float32](a)[i])), float(float64(vec.Values[float32](b)[j])))
	case vec.Float64:
		return cmp.Compare(float(vec.Values[float64](a)[i]), float(vec.Values[float64](b)[j]))
	case vec.Decimal:
		return vec.Values[decimal128.Num](a)[i].Cmp(vec.Values[decimal128.Num](b)[j])
	case vec.Interval:
		d1, n1 := span(vec.Values[arrow.MonthDayNanoInterval](a)[i])
		d2, n2 := span(vec.Values[arrow.MonthDayNanoInterval](b)[j])
		return cmp.Or(cmp.Compare(d1, d2), cmp.Compare(n1, n2))
	case vec.String, vec.Binary:
		return bytes.Compare(a.BytesAt(i), b.BytesAt(j))
	case vec.List, vec.Map:
		from1, to1 := a.Range(i)
		from2, to2 := b.Range(j)
		for k := 0; from1+k < to1 && from2+k < to2; k++ {
			for c := range a.Children {
				if x := compareNulls(a.Children[c], from1+k, b.Children[c], from2+k); x != 0 {
					return x
				}
			}
		}
		return cmp.Compare(to1-from1, to2-from2)
	case vec.Struct:
		for c := range a.Children {
			if x := compareNulls(a.Children[c], i, b.Children[c], j); x != 0 {
				return x
			}
		}
		return 0
	}
	return cmp.Compare(a.Int64At(i), b.Int64At(j))
}

func compareNulls(a *vec.Vec, i int, b *vec.Vec, j int) int {
	switch x, y := a.IsNull(i), b.IsNull(j); {
	case x && y:
		return 0
	case x:
		return 1
	case y:
		return -1
	}
	return Compare(a, i, b, j)
}
