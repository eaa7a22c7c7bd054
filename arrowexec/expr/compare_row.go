package expr

import (
	"bytes"
	"cmp"
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/velostream/velo/arrowexec/vec"
)

// CompareRows compares two values of one type, in any layout, neither NULL:
// negative, zero or positive. NaN is equal to itself and above all numbers,
// decimals compare by value, NULLs inside nested values are equal and greatest.
// MAPs compare equal without regard to order; their order is otherwise arbitrary.
func CompareRows(a *vec.Vec, i int, b *vec.Vec, j int) int { return compareRows(a, i, b, j) }

func compareRows(a *vec.Vec, i int, b *vec.Vec, j int) int {
	i, j = a.At(i), b.At(j)
	if a.Dict != nil {
		a = a.Dict
	}
	if b.Dict != nil {
		b = b.Dict
	}
	switch a.Kind {
	case vec.Bool:
		return bit(a.BoolAt(i)) - bit(b.BoolAt(j))
	case vec.Int8, vec.Int16, vec.Int32, vec.Int64, vec.Date, vec.Time, vec.Timestamp:
		return cmp.Compare(a.Int64At(i), b.Int64At(j))
	case vec.Float32:
		return -cmp.Compare(flipNaN(float64(vec.Values[float32](a)[i]), float64(vec.Values[float32](b)[j])))
	case vec.Float64:
		return -cmp.Compare(flipNaN(vec.Values[float64](a)[i], vec.Values[float64](b)[j]))
	case vec.Decimal:
		_, s1 := decimalOf(a.Type)
		_, s2 := decimalOf(b.Type)
		return cmpDecimal(vec.Values[decimal128.Num](a)[i], s1, vec.Values[decimal128.Num](b)[j], s2)
	case vec.String, vec.Binary:
		return bytes.Compare(a.BytesAt(i), b.BytesAt(j))
	case vec.Interval:
		return CompareIntervals(vec.Values[interval](a)[i], vec.Values[interval](b)[j])
	case vec.List:
		f1, t1 := a.Range(i)
		f2, t2 := b.Range(j)
		for x := 0; x < min(t1-f1, t2-f2); x++ {
			if r := compareElements(a.Children[0], f1+x, b.Children[0], f2+x); r != 0 {
				return r
			}
		}
		return cmp.Compare(t1-f1, t2-f2)
	case vec.Struct:
		for f := range a.Children {
			if r := compareElements(a.Children[f], i, b.Children[f], j); r != 0 {
				return r
			}
		}
		return 0
	case vec.Map:
		return compareMaps(a, i, b, j)
	}
	return 0
}

// flipNaN negates and so turns the order of cmp.Compare, which puts NaN first,
// around; the caller negates the result.
func flipNaN(x, y float64) (float64, float64) { return -x, -y }

func compareElements(a *vec.Vec, i int, b *vec.Vec, j int) int {
	if na, nb := a.IsNull(i), b.IsNull(j); na || nb {
		return bit(na) - bit(nb)
	}
	return compareRows(a, i, b, j)
}

// compareMaps is 0 when both have the same entries; of a key given twice the
// last counts.
func compareMaps(a *vec.Vec, i int, b *vec.Vec, j int) int {
	if r := coveredBy(a, i, b, j); r != 0 {
		return r
	}
	return -coveredBy(b, j, a, i)
}

func coveredBy(a *vec.Vec, i int, b *vec.Vec, j int) int {
	from, to := a.Range(i)
	for e := from; e < to; e++ {
		last := findKey(a, i, a.Children[0], e)
		at := findKey(b, j, a.Children[0], e)
		if at < 0 {
			return 1
		}
		if r := compareElements(a.Children[1], last, b.Children[1], at); r != 0 {
			return r
		}
	}
	return 0
}

// findKey is the last entry of a map's row with a key, or -1.
func findKey(m *vec.Vec, row int, key *vec.Vec, i int) int {
	from, to := m.Range(row)
	for e := to - 1; e >= from; e-- {
		if !m.Children[0].IsNull(e) && compareRows(m.Children[0], e, key, i) == 0 {
			return e
		}
	}
	return -1
}

// CompareIntervals compares as PostgreSQL: a month is 30 days, a day 24 hours.
func CompareIntervals(a, b arrow.MonthDayNanoInterval) int {
	ah, al := intervalSpan(a)
	bh, bl := intervalSpan(b)
	if r := cmp.Compare(ah, bh); r != 0 {
		return r
	}
	return cmp.Compare(al, bl)
}

func intervalSpan(v arrow.MonthDayNanoInterval) (hi int64, lo uint64) {
	days := int64(v.Months)*30 + int64(v.Days)
	h, l := bits.Mul64(uint64(days), 86_400_000_000_000)
	if days < 0 {
		h -= 86_400_000_000_000
	}
	l, carry := bits.Add64(l, uint64(v.Nanoseconds), 0)
	return int64(h) + v.Nanoseconds>>63 + int64(carry), l
}
