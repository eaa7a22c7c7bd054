package vec

import (
	"math"

	"github.com/apache/arrow/go/v17/arrow/decimal128"
)

// Take gives rows idx[0], idx[1] … of v, in any order and as often as listed; -1
// is NULL, and absent says that there may be any. A constant stays one and a
// dictionary keeps its dictionary. Texts of a column without NULLs that is no
// longer than the result come as a dictionary over v, whose memory must then
// outlive the result.
func (s *Scope) Take(v *Vec, idx []int32, absent bool) *Vec {
	n := len(idx)
	if v.Kind == Null {
		return s.NullConst(v.Type, n)
	}
	if v.Const {
		if !absent || v.IsNull(0) {
			return s.Repeat(v, n)
		}
		return s.takeConst(v, idx)
	}
	if v.Len == 0 {
		return s.NullConst(v.Type, n)
	}
	out := s.vec()
	*out = Vec{Type: v.Type, Kind: v.Kind, Len: n, Dict: v.Dict}
	out.Valid = s.takeValid(v.Valid, idx, absent)
	switch {
	case v.Dict != nil:
		out.Buf = BytesOf(takeFixed(s, v.Indices(), idx, absent))
		return out
	case (v.Kind == String || v.Kind == Binary) && v.Valid == nil && v.Len <= n:
		out.Dict = v
		at := Slice[int32](s, n)
		for j, i := range idx {
			at[j] = max(i, 0)
		}
		out.Buf = BytesOf(at)
		return out
	}
	switch v.Kind {
	case Bool:
		bits := Bitmap(s.Zeroed(BitmapBytes(n)))
		for j, i := range idx {
			if i >= 0 && Bitmap(v.Buf).Get(int(i)) {
				bits.Set(j)
			}
		}
		out.Buf = bits
	case Int8:
		out.Buf = BytesOf(takeFixed(s, cast[int8](v.Buf), idx, absent))
	case Int16:
		out.Buf = BytesOf(takeFixed(s, cast[int16](v.Buf), idx, absent))
	case Int32, Date, Float32:
		out.Buf = BytesOf(takeFixed(s, cast[int32](v.Buf), idx, absent))
	case Int64, Time, Timestamp, Float64:
		out.Buf = BytesOf(takeFixed(s, cast[int64](v.Buf), idx, absent))
	case Decimal, Interval:
		out.Buf = BytesOf(takeFixed(s, cast[decimal128.Num](v.Buf), idx, absent))
	case String, Binary:
		s.takeBytes(out, v, idx)
	case List, Map:
		s.takeLists(out, v, idx)
	case Struct:
		out.Children = make([]*Vec, len(v.Children))
		for c, child := range v.Children {
			k := s.Take(child, idx, absent)
			out.Children[c] = s.Flat(k) // fields are plain
		}
	}
	return out
}

func takeFixed[T any](s *Scope, src []T, idx []int32, absent bool) []T {
	dst := Slice[T](s, len(idx))
	if !absent {
		for j, i := range idx {
			dst[j] = src[i]
		}
		return dst
	}
	var zero T
	for j, i := range idx {
		if i >= 0 {
			dst[j] = src[i]
		} else {
			dst[j] = zero
		}
	}
	return dst
}

func (s *Scope) takeValid(valid Bitmap, idx []int32, absent bool) Bitmap {
	if valid == nil && !absent {
		return nil
	}
	out := Bitmap(s.Zeroed(BitmapBytes(len(idx))))
	if valid == nil {
		for j, i := range idx {
			out[j>>3] |= byte(^uint32(i)>>31) << (j & 7)
		}
		return out
	}
	for j, i := range idx {
		if i >= 0 && (valid == nil || valid.Get(int(i))) {
			out.Set(j)
		}
	}
	return out
}

// takeConst spells a constant out where it is not NULL.
func (s *Scope) takeConst(v *Vec, idx []int32) *Vec {
	one := s.Header(v)
	one.Const, one.Len = false, 1
	zeros := Slice[int32](s, len(idx))
	for j, i := range idx {
		zeros[j] = min(i, 0)
	}
	return s.Take(one, zeros, true)
}

// takeBytes gathers texts. The rows stand anywhere, so that most of the time is
// waiting for memory: places are looked up first, all of them, and then texts of up to
// 16 bytes are copied as 16, without a call or a branch on their length, so that many
// are on their way at once (3 million symbols of 6 bytes: 24 ns a row with one copy call
// for each, 11 so).
func (s *Scope) takeBytes(out, v *Vec, idx []int32) {
	off, total := Slice[int32](s, len(idx)+1), 0
	at := Slice[int32](s, len(idx))
	off[0] = 0
	for j, i := range idx {
		from, to := int32(0), int32(0)
		if i >= 0 {
			from, to = v.Offsets[i], v.Offsets[i+1]
		}
		at[j] = from
		total += int(to - from)
		off[j+1] = int32(total)
	}
	if total > s.pool.maxData {
		panic(&TooMuch{Limit: s.pool.maxData})
	}
	out.Offsets, out.Data = off, s.Bytes(total + short)[:total]
	copyTexts(out.Data[:total+short], off, v.Data, at)
}

// short is how many bytes of a text are copied at once.
const short = 16

// copyTexts copies texts that begin at places of src to where they end in dst, which
// has room for short bytes more.
func copyTexts(dst []byte, off []int32, src []byte, at []int32) {
	to := int(off[0])
	off = off[1:][:len(at)]
	for j, from := range at {
		end := int(off[j])
		CopyText(dst, to, src, int(from), end-to)
		to = end
	}
}

func (s *Scope) takeLists(out, v *Vec, idx []int32) {
	off, total := Slice[int32](s, len(idx)+1), 0
	for _, i := range idx {
		if i >= 0 {
			total += int(v.Offsets[i+1] - v.Offsets[i])
		}
	}
	if total > math.MaxInt32 {
		panic(&TooMuch{Rows: true, Limit: math.MaxInt32})
	}
	elems := Slice[int32](s, total)[:0]
	off[0] = 0
	for j, i := range idx {
		if i >= 0 {
			for e := v.Offsets[i]; e < v.Offsets[i+1]; e++ {
				elems = append(elems, e)
			}
		}
		off[j+1] = int32(len(elems))
	}
	out.Offsets, out.Children = off, make([]*Vec, len(v.Children))
	for c, child := range v.Children {
		out.Children[c] = s.Flat(s.Take(child, elems, false))
	}
}
