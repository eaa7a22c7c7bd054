package agg

import (
	"cmp"
	"math"

	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// Direction is how one key of an ORDER BY sorts.
type Direction struct {
	Desc       bool
	NullsFirst bool
}

// compareWords orders two fixed-width values, as wordsOf reads them.
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
		return expr.CompareIntervals(intervalOf(lo, hi), intervalOf(lo2, hi2))
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
