package agg

import (
	"encoding/binary"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/velostream/velo/arrowexec/vec"
)

// encode appends one value, of any type and layout, as bytes that decode reads
// back exactly.
func encode(dst []byte, v *vec.Vec, row int) []byte {
	if v.IsNull(row) {
		return append(dst, 0)
	}
	dst = append(dst, 1)
	i := v.At(row)
	if v.Dict != nil {
		v = v.Dict
	}
	switch v.Kind {
	case vec.Bool:
		if v.Bits().Get(i) {
			return append(dst, 1)
		}
		return append(dst, 0)
	case vec.String, vec.Binary:
		b := v.Data[v.Offsets[i]:v.Offsets[i+1]]
		return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
	case vec.Struct:
		for _, c := range v.Children {
			dst = encode(dst, c, i)
		}
		return dst
	case vec.List, vec.Map:
		from, to := v.Offsets[i], v.Offsets[i+1]
		dst = binary.AppendUvarint(dst, uint64(to-from))
		for e := from; e < to; e++ {
			for _, c := range v.Children {
				dst = encode(dst, c, int(e))
			}
		}
		return dst
	}
	w := v.Kind.Width()
	return append(dst, v.Buf[i*w:(i+1)*w]...)
}

// decode appends the value at the start of src to out and gives the rest.
func decode(src []byte, out *vec.Builder) []byte {
	some := src[0] == 1
	src = src[1:]
	if !some {
		out.Null()
		return src
	}
	switch out.Kind {
	case vec.Bool:
		out.Bool(src[0] == 1)
		return src[1:]
	case vec.String, vec.Binary:
		n, k := binary.Uvarint(src)
		src = src[k:]
		out.Bytes(src[:n])
		return src[n:]
	case vec.Struct:
		for _, c := range out.Children {
			src = decode(src, c)
		}
		out.EndStruct()
		return src
	case vec.List, vec.Map:
		n, k := binary.Uvarint(src)
		src = src[k:]
		for range n {
			for _, c := range out.Children {
				src = decode(src, c)
			}
		}
		out.EndList()
		return src
	}
	w := out.Kind.Width()
	var b [16]byte
	copy(b[:], src[:w])
	appendWords(out, binary.NativeEndian.Uint64(b[:]), binary.NativeEndian.Uint64(b[8:]))
	return src[w:]
}

// wordsOf reads a fixed-width value by its index in the buffers as up to 128 bits.
func wordsOf(v *vec.Vec, i int) (lo, hi uint64) {
	switch v.Kind {
	case vec.Bool:
		if v.Bits().Get(i) {
			return 1, 0
		}
		return 0, 0
	case vec.Int64, vec.Float64, vec.Time, vec.Timestamp:
		return binary.NativeEndian.Uint64(v.Buf[i*8:]), 0
	}
	var b [16]byte
	w := v.Kind.Width()
	copy(b[:], v.Buf[i*w:(i+1)*w])
	return binary.NativeEndian.Uint64(b[:]), binary.NativeEndian.Uint64(b[8:])
}

// appendWords appends what wordsOf read.
func appendWords(out *vec.Builder, lo, hi uint64) {
	switch out.Kind {
	case vec.Bool:
		out.Bool(lo != 0)
	case vec.Int8:
		vec.Append(out, int8(lo))
	case vec.Int16:
		vec.Append(out, int16(lo))
	case vec.Int32, vec.Date, vec.Float32: // equal bits
		out.Int32(int32(lo))
	case vec.Decimal, vec.Interval:
		vec.Append(out, wide(lo, hi))
	default:
		out.Int64(int64(lo))
	}
}

// wide gives 16 bytes as they stand in memory; decimals and intervals are moved alike.
func wide(lo, hi uint64) decimal128.Num { return decimal128.New(int64(hi), lo) }

// intervalOf reads the words of an interval.
func intervalOf(lo, hi uint64) arrow.MonthDayNanoInterval {
	return arrow.MonthDayNanoInterval{Months: int32(lo), Days: int32(lo >> 32), Nanoseconds: int64(hi)}
}
