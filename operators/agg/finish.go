package agg

import (
	"cmp"
	"math"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// arrayAgg lists the values, NULLs included.
func arrayAgg(cols []*vec.Vec, rows []int32, out *vec.Builder) error {
	for _, r := range rows {
		out.Children[0].AppendRow(cols[0], int(r))
	}
	out.EndList()
	return nil
}

// listAggBy joins texts, each with the separator of its own row before it.
func listAggBy() finish {
	var buf []byte
	return func(cols []*vec.Vec, rows []int32, out *vec.Builder) error {
		buf = buf[:0]
		for i, r := range rows {
			if i > 0 && !cols[1].IsNull(int(r)) {
				buf = append(buf, cols[1].BytesAt(int(r))...)
			}
			buf = append(buf, cols[0].BytesAt(int(r))...)
		}
		out.Bytes(buf)
		return nil
	}
}

// listAgg joins texts by one separator.
func listAgg(sep []byte) finish {
	var buf []byte
	return func(cols []*vec.Vec, rows []int32, out *vec.Builder) error {
		buf = buf[:0]
		for i, r := range rows {
			if i > 0 {
				buf = append(buf, sep...)
			}
			buf = append(buf, cols[0].BytesAt(int(r))...)
		}
		out.Bytes(buf)
		return nil
	}
}

func sortRows(v *vec.Vec, rows []int32) {
	slices.SortStableFunc(rows, func(a, b int32) int { return expr.CompareRows(v, int(a), v, int(b)) })
}

// mode is the most frequent value, the least of a tie.
func mode(cols []*vec.Vec, rows []int32, out *vec.Builder) error {
	v := cols[0]
	sortRows(v, rows)
	best, most := rows[0], 0
	for i := 0; i < len(rows); {
		j := i + 1
		for j < len(rows) && expr.CompareRows(v, int(rows[i]), v, int(rows[j])) == 0 {
			j++
		}
		if j-i > most {
			best, most = rows[i], j-i
		}
		i = j
	}
	out.AppendRow(v, int(best))
	return nil
}

// topK lists the k greatest values, descending.
func topK(k int) finish {
	return func(cols []*vec.Vec, rows []int32, out *vec.Builder) error {
		v := cols[0]
		slices.SortStableFunc(rows, func(a, b int32) int { return expr.CompareRows(v, int(b), v, int(a)) })
		for _, r := range rows[:min(k, len(rows))] {
			out.Children[0].AppendRow(v, int(r))
		}
		out.EndList()
		return nil
	}
}

// percentileDisc is the first value whose place is at or after p, counted from
// the least value or, descending, from the greatest.
func percentileDisc(p float64, desc bool) finish {
	return func(cols []*vec.Vec, rows []int32, out *vec.Builder) error {
		sortRows(cols[0], rows)
		i := min(max(int(math.Ceil(p*float64(len(rows))))-1, 0), len(rows)-1)
		if desc {
			i = len(rows) - 1 - i
		}
		out.AppendRow(cols[0], int(rows[i]))
		return nil
	}
}

// percentileCont interpolates between the two values around p.
func percentileCont(p float64, t arrow.DataType) finish {
	var xs []float64
	return func(cols []*vec.Vec, rows []int32, out *vec.Builder) error {
		xs = xs[:0]
		for _, r := range rows {
			xs = append(xs, floatAt(cols[0], t, int(r)))
		}
		slices.SortFunc(xs, compareFloats)
		at := p * float64(len(xs)-1)
		lo := int(math.Floor(at))
		x := xs[lo]
		if f := at - float64(lo); f > 0 {
			x += (xs[lo+1] - x) * f
		}
		out.Float64(x)
		return nil
	}
}

// medianDecimal is the middle value, or the mean of the middle two, at scale
// max(6, scale of the argument).
func medianDecimal(t arrow.DataType) finish {
	scale := t.(*arrow.Decimal128Type).Scale
	digits := max(6, scale) - scale
	return func(cols []*vec.Vec, rows []int32, out *vec.Builder) error {
		sortRows(cols[0], rows)
		x := vec.Values[decimal128.Num](cols[0])
		a, b := x[rows[(len(rows)-1)/2]], x[rows[len(rows)/2]]
		var acc decAcc
		acc.take(a)
		acc.take(b)
		d, ok := average(acc.big(), 2, digits)
		if !ok {
			return errDigits
		}
		out.Decimal(d)
		return nil
	}
}

// floatAt is a number as a DOUBLE.
func floatAt(v *vec.Vec, t arrow.DataType, row int) float64 {
	switch v.Kind {
	case vec.Float64:
		return vec.Values[float64](v)[v.At(row)]
	case vec.Float32:
		return float64(vec.Values[float32](v)[v.At(row)])
	case vec.Decimal:
		return decimalFloat(vec.Values[decimal128.Num](v)[v.At(row)], t.(*arrow.Decimal128Type).Scale)
	}
	return float64(v.Int64At(row))
}

// twap weighs each value with the time until the next one's.
func twap(t arrow.DataType) finish {
	return func(cols []*vec.Vec, rows []int32, out *vec.Builder) error {
		x, at := cols[0], cols[1]
		slices.SortStableFunc(rows, func(a, b int32) int { return cmp.Compare(at.Int64At(int(a)), at.Int64At(int(b))) })
		var sum, weight dd
		for i, r := range rows[:len(rows)-1] {
			w := float64(at.Int64At(int(rows[i+1])) - at.Int64At(int(r)))
			sum = sum.plus(product(floatAt(x, t, int(r)), w))
			weight = weight.plus(dd{hi: w})
		}
		if weight.hi == 0 { // all at one moment: nothing weighs anything
			out.Null()
			return nil
		}
		out.Float64(sum.float() / weight.float())
		return nil
	}
}

// ema is the exponential moving average, starting with the first value.
func ema(alpha float64, t arrow.DataType) finish {
	return func(cols []*vec.Vec, rows []int32, out *vec.Builder) error {
		e := floatAt(cols[0], t, int(rows[0]))
		for _, r := range rows[1:] {
			e += alpha * (floatAt(cols[0], t, int(r)) - e)
		}
		out.Float64(e)
		return nil
	}
}
