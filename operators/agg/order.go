package agg

import (
	"bytes"
	"cmp"
	"math"
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/velostream/velo/arrowexec/vec"
)

// Direction is how one key of an ORDER BY sorts.
type Direction struct {
	Desc       bool
	NullsFirst bool
}

// compareRows orders two values of columns of one type, neither of them NULL:
// NaN is equal to itself and greater than all, -0 equals 0.
func compareRows(a *vec.Vec, i int, b *vec.Vec, j int) int {
	i, j = a.At(i), b.At(j)
	if a.Dict != nil {
		a = a.Dict
	}
	if b.Dict != nil {
		b = b.Dict
	}
	switch a.Kind {
	case vec.String, vec.Binary:
		return bytes.Compare(a.Data[a.Offsets[i]:a.Offsets[i+1]], b.Data[b.Offsets[j]:b.Offsets[j+1]])
	case vec.List:
		return compareLists(a, i, b, j)
	case vec.Struct:
		for c := range a.Children {
			if r := compareNulls(a.Children[c], i, b.Children[c], j); r != 0 {
				return r
			}
		}
		return 0
	}
	lo, hi := wordsOf(a, i)
	lo2, hi2 := wordsOf(b, j)
	return compareWords(a.Kind, lo, hi, lo2, hi2)
}

// compareNulls sorts NULL last.
func compareNulls(a *vec.Vec, i int, b *vec.Vec, j int) int {
	switch x, y := a.IsNull(i), b.IsNull(j); {
	case x && y:
		return 0
	case x:
		return 1
	case y:
		return -1
	}
	return compareRows(a, i, b, j)
}

func compareLists(a *vec.Vec, i int, b *vec.Vec, j int) int {
	from, to := a.Offsets[i], a.Offsets[i+1]
	from2, to2 := b.Offsets[j], b.Offsets[j+1]
	for from < to && from2 < to2 {
		if r := compareNulls(a.Children[0], int(from), b.Children[0], int(from2)); r != 0 {
			return r
		}
		from++
		from2++
	}
	return cmp.Compare(to-from, to2-from2)
}

func compareWords(k vec.Kind, lo, hi, lo2, hi2 uint64) int {
	switch k {
	case vec.Bool:
		return cmp.Compare(lo, lo2)
	case vec.Int8:
		return cmp.Compare(int8(lo), int8(lo2))
	case vec.Int16:
		return cmp.Compare(int16(lo), int16(lo2))
	case vec.Int32, vec.Date:
		return cmp.Compare(int32(lo), int32(lo2))
	case vec.Float32:
		return compareFloats(float64(math.Float32frombits(uint32(lo))), float64(math.Float32frombits(uint32(lo2))))
	case vec.Float64:
		return compareFloats(math.Float64frombits(lo), math.Float64frombits(lo2))
	case vec.Decimal:
		return decimal128.New(int64(hi), lo).Cmp(decimal128.New(int64(hi2), lo2))
	case vec.Interval:
		return compareIntervals(intervalOf(lo, hi), intervalOf(lo2, hi2))
	}
	return cmp.Compare(int64(lo), int64(lo2))
}

func compareFloats(x, y float64) int {
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	case x == y:
		return 0
	case x != x && y != y:
		return 0
	case x != x:
		return 1
	}
	return -1
}

// compareIntervals takes a month as 30 days, as PostgreSQL does.
func compareIntervals(a, b arrow.MonthDayNanoInterval) int {
	ah, al := intervalNanos(a)
	bh, bl := intervalNanos(b)
	if c := cmp.Compare(ah, bh); c != 0 {
		return c
	}
	return cmp.Compare(al, bl)
}

func intervalNanos(x arrow.MonthDayNanoInterval) (hi int64, lo uint64) {
	const day = 86_400_000_000_000
	days := int64(x.Months)*30 + int64(x.Days)
	h, l := bits.Mul64(uint64(days), day)
	if days < 0 {
		h -= day
	}
	l, c := bits.Add64(l, uint64(x.Nanoseconds), 0)
	return int64(h) + x.Nanoseconds>>63 + int64(c), l
}
