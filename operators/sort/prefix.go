package sort

import (
	"encoding/binary"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"

	"github.com/velostream/velo/arrowexec/vec"
)

// prefixes fills out[i] with a number that orders the rows of a plain column as
// their values are ordered, in so far as it differs; NULL rows are undefined.
// exact tells that equal numbers mean equal values.
func prefixes(v *vec.Vec, out []uint64) (exact bool) {
	switch v.Kind {
	case vec.Bool:
		bits := v.Bits()
		for i := range out {
			out[i] = 0
			if bits.Get(i) {
				out[i] = 1
			}
		}
		return true
	case vec.Int8:
		signed(vec.Values[int8](v), out)
		return true
	case vec.Int16:
		signed(vec.Values[int16](v), out)
		return true
	case vec.Int32, vec.Date:
		signed(vec.Values[int32](v), out)
		return true
	case vec.Int64, vec.Time, vec.Timestamp:
		signed(vec.Values[int64](v), out)
		return true
	case vec.Float32:
		for i, x := range vec.Values[float32](v)[:len(out)] {
			out[i] = float(float64(x))
		}
		return true
	case vec.Float64:
		for i, x := range vec.Values[float64](v)[:len(out)] {
			out[i] = float(x)
		}
		return true
	case vec.Decimal:
		for i, x := range vec.Values[decimal128.Num](v)[:len(out)] {
			out[i] = uint64(x.HighBits()) ^ 1<<63
		}
	case vec.Interval:
		for i, x := range vec.Values[arrow.MonthDayNanoInterval](v)[:len(out)] {
			days, _ := span(x)
			out[i] = uint64(days) ^ 1<<63
		}
	case vec.String, vec.Binary:
		for i := range out {
			out[i] = head(v.Data[v.Offsets[i]:v.Offsets[i+1]])
		}
	default:
		clear(out)
	}
	return false
}

func signed[T int8 | int16 | int32 | int64](in []T, out []uint64) {
	for i, x := range in[:len(out)] {
		out[i] = uint64(int64(x)) ^ 1<<63
	}
}

// float maps a float to an unsigned number of the same order: −0 as 0, NaN last.
func float(x float64) uint64 {
	b := math.Float64bits(x)
	if b == 1<<63 {
		b = 0
	}
	n := b ^ (uint64(int64(b)>>63) | 1<<63)
	if x != x {
		n = math.MaxUint64
	}
	return n
}

// head is the first 8 bytes of a text as a number.
func head(b []byte) uint64 {
	if len(b) >= 8 {
		return binary.BigEndian.Uint64(b)
	}
	var x uint64
	for _, c := range b {
		x = x<<8 | uint64(c)
	}
	return x << (8 * (8 - uint(len(b))))
}

// span is an interval as days of 24 hours in months of 30 days, and the rest.
func span(x arrow.MonthDayNanoInterval) (days, nanos int64) {
	const day = 24 * 3600 * 1_000_000_000
	days = int64(x.Months)*30 + int64(x.Days) + x.Nanoseconds/day
	nanos = x.Nanoseconds % day
	if nanos < 0 {
		days, nanos = days-1, nanos+day
	}
	return days, nanos
}
