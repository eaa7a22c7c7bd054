package group

import (
	"encoding/binary"
	"math"

	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/velostream/velo/arrowexec/vec"
)

// words gives the values of a plain column of at most 64 bits as integers that
// are equal when the values are.
func words(sc *vec.Scope, v *vec.Vec, n int, sel vec.Sel) []int64 {
	switch v.Kind {
	case vec.Int64, vec.Time, vec.Timestamp:
		return vec.Values[int64](v)[:n]
	}
	w := vec.Slice[int64](sc, n)
	switch v.Kind {
	case vec.Int8:
		widen(w, vec.Values[int8](v), sel)
	case vec.Int16:
		widen(w, vec.Values[int16](v), sel)
	case vec.Int32, vec.Date:
		widen(w, vec.Values[int32](v), sel)
	default:
		each(n, sel, func(i int) { w[i] = word(v, i) })
	}
	return w
}

func widen[T int8 | int16 | int32](dst []int64, src []T, sel vec.Sel) {
	if sel == nil {
		for i := range dst {
			dst[i] = int64(src[i])
		}
		return
	}
	for _, i := range sel {
		dst[i] = int64(src[i])
	}
}

// word is one value of words, by its index in the buffers.
func word(v *vec.Vec, i int) int64 {
	switch v.Kind {
	case vec.Bool:
		if v.Bits().Get(i) {
			return 1
		}
		return 0
	case vec.Int8:
		return int64(vec.Values[int8](v)[i])
	case vec.Int16:
		return int64(vec.Values[int16](v)[i])
	case vec.Int32, vec.Date:
		return int64(vec.Values[int32](v)[i])
	case vec.Float32:
		return floatWord(float64(vec.Values[float32](v)[i]))
	case vec.Float64:
		return floatWord(vec.Values[float64](v)[i])
	}
	return vec.Values[int64](v)[i]
}

// floatWord makes -0 and 0 one, and all NaNs.
func floatWord(x float64) int64 {
	if x == 0 {
		return 0
	}
	if x != x {
		x = math.NaN()
	}
	return int64(math.Float64bits(x))
}

// decimalKey is 16 bytes of which the last is never small, whatever the number, so
// that strings keep it in two words.
func decimalKey(dst []byte, d decimal128.Num) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, d.LowBits())
	return binary.LittleEndian.AppendUint64(dst, uint64(d.HighBits())^1<<63)
}
