package funcs

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
)

func isInt(k vec.Kind) bool    { return k >= vec.Int8 && k <= vec.Int64 }
func isNumber(k vec.Kind) bool { return k >= vec.Int8 && k <= vec.Decimal }

// comparable tells whether values of two types can be equal: the same type, two
// numbers, or two times.
func comparable(a, b arrow.DataType) bool {
	ka, kb := vec.KindOf(a), vec.KindOf(b)
	switch {
	case isNumber(ka) && isNumber(kb):
		return true
	case (ka == vec.Timestamp || ka == vec.Date) && (kb == vec.Timestamp || kb == vec.Date):
		return true
	case ka == vec.List || ka == vec.Map || ka == vec.Struct:
		return arrow.TypeEqual(a, b)
	}
	return ka == kb
}

// ordered tells whether a type has an order: every one without a MAP inside.
func ordered(t arrow.DataType) bool {
	switch t := t.(type) {
	case *arrow.MapType:
		return false
	case *arrow.ListType:
		return ordered(t.Elem())
	case *arrow.StructType:
		for _, f := range t.Fields() {
			if !ordered(f.Type) {
				return false
			}
		}
	}
	return true
}

// compareRows orders two values that are not NULL, of comparable types.
func compareRows(a *vec.Vec, i int, b *vec.Vec, j int) int {
	switch {
	case a.Kind != b.Kind && isNumber(a.Kind):
		return compareNumbers(a, i, b, j)
	case a.Kind == vec.Date && b.Kind == vec.Timestamp, a.Kind == vec.Timestamp:
		return order(microsAt(a, i), microsAt(b, j))
	}
	return expr.CompareRows(a, i, b, j)
}

// compareNullable takes NULL for the greatest value.
func compareNullable(a *vec.Vec, i int, b *vec.Vec, j int) int {
	switch na, nb := a.IsNull(i), b.IsNull(j); {
	case na && nb:
		return 0
	case na:
		return 1
	case nb:
		return -1
	}
	return compareRows(a, i, b, j)
}

// keyAt finds the entry of a key in a row of a MAP, the last of duplicates, or -1.
func keyAt(m *vec.Vec, row int, key *vec.Vec, k int) int {
	from, to := m.Range(row)
	for e := to - 1; e >= from; e-- {
		if !m.Children[0].IsNull(e) && compareRows(m.Children[0], e, key, k) == 0 {
			return e
		}
	}
	return -1
}

func microsAt(v *vec.Vec, i int) int64 {
	x := v.Int64At(i)
	if v.Kind == vec.Date {
		return x * text.DayMicros
	}
	return x * unitMicros(v.Type)
}

func compareNumbers(a *vec.Vec, i int, b *vec.Vec, j int) int {
	if isInt(a.Kind) && isInt(b.Kind) {
		return order(a.Int64At(i), b.Int64At(j))
	}
	if a.Kind != vec.Float32 && a.Kind != vec.Float64 && b.Kind != vec.Float32 && b.Kind != vec.Float64 {
		x, sx := decimalAt(a, i)
		y, sy := decimalAt(b, j)
		scale := max(sx, sy)
		x, errX := shiftDecimal(x, scale-sx)
		y, errY := shiftDecimal(y, scale-sy)
		if errX == nil && errY == nil {
			return x.Cmp(y)
		}
	}
	return orderFloat(floatAt(a, i), floatAt(b, j))
}

func decimalAt(v *vec.Vec, i int) (decimal128.Num, int32) {
	if v.Kind == vec.Decimal {
		return vec.Values[decimal128.Num](v)[v.At(i)], scaleOf(v.Type)
	}
	return decimal128.FromI64(v.Int64At(i)), 0
}

func floatAt(v *vec.Vec, i int) float64 {
	switch v.Kind {
	case vec.Float64:
		return vec.Values[float64](v)[v.At(i)]
	case vec.Float32:
		return float64(vec.Values[float32](v)[v.At(i)])
	case vec.Decimal:
		return vec.Values[decimal128.Num](v)[v.At(i)].ToFloat64(scaleOf(v.Type))
	}
	return float64(v.Int64At(i))
}
