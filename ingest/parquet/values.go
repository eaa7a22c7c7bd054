package parquet

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/float16"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
)

const (
	dayMillis = 86_400_000
	dayMicros = 1000 * dayMillis
)

var (
	errRange    = errors.New("out of range")
	errUnsigned = errors.New("an unsigned value is beyond BIGINT")
	errDigits   = errors.New("a decimal has more digits than its precision")
	errUTF8     = errors.New("not valid UTF-8")
	errTooMuch  = errors.New("the batch holds more than 2 GiB of text in one column; use a smaller batch.size")
)

// badValue is a value that has no place in its column; at counts the builder's
// rows.
type badValue struct {
	at    int
	cause error
}

// into appends m rows to b: the values of r where def has most, NULL where it
// has less; without def, all are there.
type into struct {
	b    *vec.Builder
	m    int
	def  []uint8
	most uint8
	bad  *[]badValue
}

// fixed appends values that write makes, in order, in a slice of k.
func fixed[T vec.Fixed](t into, k int, write func(dst []T, base int)) {
	base, first := t.b.N, len(*t.bad)
	s := vec.Extend[T](t.b, t.m)
	write(s[:k], base)
	if t.def != nil && k < t.m { // apart, to where def says that one is
		var zero T
		for i, j := t.m-1, k-1; i >= 0; i-- {
			if t.def[i] == t.most {
				s[i] = s[j]
				j--
			} else {
				s[i] = zero
			}
		}
		for n := first; n < len(*t.bad); n++ {
			(*t.bad)[n].at = base + t.place((*t.bad)[n].at-base)
		}
	}
	t.b.Filled(t.m)
	t.nulls(base)
}

// place is the row of the k-th value that is there.
func (t into) place(k int) int {
	for i, d := range t.def {
		if d == t.most {
			if k == 0 {
				return i
			}
			k--
		}
	}
	return k
}

func (t into) nulls(base int) {
	for i, d := range t.def {
		if d != t.most {
			t.b.SetNull(base + i)
		}
	}
}

func (t into) refuse(at int, cause error) { *t.bad = append(*t.bad, badValue{at, cause}) }

// append converts the k values of r and appends them with the NULLs between.
func (l *leaf) append(t into, r raw, k int) error {
	if l.convert == asNull {
		for range t.m {
			t.b.Null()
		}
		return nil
	}
	switch l.typ {
	case pBoolean:
		l.appendBools(t, r)
	case pInt32:
		l.appendInt32(t, r.i32, k)
	case pInt64:
		l.appendInt64(t, r.i64, k)
	case pFloat:
		fixed(t, k, func(dst []int32, _ int) { copy(dst, r.i32) })
	case pDouble:
		fixed(t, k, func(dst []int64, _ int) { copy(dst, r.i64) })
	case pByteArray:
		if l.convert == asDecimal {
			fixed(t, k, func(dst []decimal128.Num, base int) {
				for i := range dst {
					dst[i] = l.decimal(t, r.text[i], base+i)
				}
			})
			return nil
		}
		return l.appendText(t, r.text)
	default:
		return l.appendFixed(t, r, k)
	}
	return nil
}

func (l *leaf) appendBools(t into, r raw) {
	j := 0
	for i := range t.m {
		if t.def != nil && t.def[i] != t.most {
			t.b.Null()
			continue
		}
		t.b.Bool(r.bools[j] != 0)
		j++
	}
}

func narrow[T int8 | int16](t into, src []int32, k int, mask int32) {
	fixed(t, k, func(dst []T, base int) {
		for i, x := range src[:k] {
			if mask != 0 {
				x &= mask
			}
			if dst[i] = T(x); int32(dst[i]) != x {
				t.refuse(base+i, errRange)
			}
		}
	})
}

func (l *leaf) appendInt32(t into, src []int32, k int) {
	switch l.convert {
	case asInt8:
		narrow[int8](t, src, k, 0)
	case asInt16:
		narrow[int16](t, src, k, 0)
	case asUint8:
		narrow[int16](t, src, k, 0xFF)
	case asUint16:
		fixed(t, k, func(dst []int32, _ int) {
			for i, x := range src[:k] {
				dst[i] = x & 0xFFFF
			}
		})
	case asUint32:
		fixed(t, k, func(dst []int64, _ int) {
			for i, x := range src[:k] {
				dst[i] = int64(uint32(x))
			}
		})
	case asTime:
		fixed(t, k, func(dst []int64, base int) {
			for i, x := range src[:k] {
				if x < 0 || x >= dayMillis {
					t.refuse(base+i, errRange)
				}
				dst[i] = int64(x) * 1000
			}
		})
	case asDecimal:
		fixed(t, k, func(dst []decimal128.Num, base int) {
			for i, x := range src[:k] {
				dst[i] = l.digits(t, decimal128.FromI64(int64(x)), base+i)
			}
		})
	case asDate:
		fixed(t, k, func(dst []int32, base int) {
			for i, x := range src[:k] {
				if x < text.MinDay || x > text.MaxDay {
					t.refuse(base+i, errRange)
				}
				dst[i] = x
			}
		})
	default:
		fixed(t, k, func(dst []int32, _ int) { copy(dst, src) })
	}
}

func (l *leaf) appendInt64(t into, src []int64, k int) {
	switch l.convert {
	case asUint64:
		fixed(t, k, func(dst []int64, base int) {
			for i, x := range src[:k] {
				if x < 0 {
					t.refuse(base+i, errUnsigned)
				}
				dst[i] = x
			}
		})
	case asTime:
		nanos := l.unit == 3
		fixed(t, k, func(dst []int64, base int) {
			for i, x := range src[:k] {
				if nanos {
					x = floorDiv(x, 1000)
				}
				if x < 0 || x >= dayMicros {
					t.refuse(base+i, errRange)
				}
				dst[i] = x
			}
		})
	case asStamp:
		least, most := int64(text.MinDay)*dayMicros, int64(text.MaxDay+1)*dayMicros
		if l.millis() {
			least, most = least/1000, most/1000
		}
		nanos := l.logical == lTimestamp && l.unit == 3
		fixed(t, k, func(dst []int64, base int) {
			for i, x := range src[:k] {
				if nanos {
					x = floorDiv(x, 1000)
				}
				if x < least || x >= most {
					t.refuse(base+i, errRange)
				}
				dst[i] = x
			}
		})
	case asDecimal:
		fixed(t, k, func(dst []decimal128.Num, base int) {
			for i, x := range src[:k] {
				dst[i] = l.digits(t, decimal128.FromI64(x), base+i)
			}
		})
	default:
		fixed(t, k, func(dst []int64, _ int) { copy(dst, src) })
	}
}

func (l *leaf) millis() bool {
	return l.logical == lTimestamp && l.unit == 1 || l.logical != lTimestamp && l.converted == cTimestampMs
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// appendText appends texts or bytes in one go.
func (l *leaf) appendText(t into, src [][]byte) error {
	size := 0
	for _, s := range src {
		size += len(s)
	}
	if size > vec.MaxData-t.b.DataLen() {
		return errTooMuch
	}
	base, check := t.b.N, l.convert == asText
	ends, at, tail := t.b.ExtendText(t.m, size)
	n, j := 0, 0
	for i := range t.m {
		if t.def == nil || t.def[i] == t.most {
			s := src[j]
			j++
			if check && !utf8.Valid(s) {
				t.refuse(base+i, errUTF8)
			}
			n += copy(tail[n:], s)
		}
		ends[i] = at + int32(n)
	}
	t.b.FilledText(t.m, n)
	t.nulls(base)
	return nil
}

// appendFixed appends INT96 and values of fixed length.
func (l *leaf) appendFixed(t into, r raw, k int) error {
	at := func(i int) []byte { return r.fixed[i*r.width : (i+1)*r.width] }
	switch l.convert {
	case asInt96:
		fixed(t, k, func(dst []int64, base int) {
			for i := range dst {
				s := at(i)
				days := int64(int32(binary.LittleEndian.Uint32(s[8:]))) - 2_440_588 // Julian day of 1970-01-01
				nanos := int64(binary.LittleEndian.Uint64(s))
				if days < text.MinDay || days > text.MaxDay || nanos < 0 || nanos >= dayMicros*1000 {
					t.refuse(base+i, errRange)
					days, nanos = 0, 0
				}
				dst[i] = days*dayMillis + nanos/1_000_000
			}
		})
	case asDecimal:
		fixed(t, k, func(dst []decimal128.Num, base int) {
			for i := range dst {
				dst[i] = l.decimal(t, at(i), base+i)
			}
		})
	case asInterval:
		fixed(t, k, func(dst []arrow.MonthDayNanoInterval, base int) {
			for i := range dst {
				s := at(i)
				months, days := binary.LittleEndian.Uint32(s), binary.LittleEndian.Uint32(s[4:])
				if months > math.MaxInt32 || days > math.MaxInt32 {
					t.refuse(base+i, errRange)
				}
				dst[i] = arrow.MonthDayNanoInterval{Months: int32(months), Days: int32(days), Nanoseconds: int64(binary.LittleEndian.Uint32(s[8:])) * 1_000_000}
			}
		})
	case asHalf:
		fixed(t, k, func(dst []float32, _ int) {
			for i := range dst {
				dst[i] = float16.FromBits(binary.LittleEndian.Uint16(at(i))).Float32()
			}
		})
	default:
		texts := make([][]byte, k)
		buf := make([]byte, 0, 36*b2i(l.convert == asUUID)*k)
		for i := range texts {
			if texts[i] = at(i); l.convert == asUUID {
				from := len(buf)
				buf = appendUUID(buf, texts[i])
				texts[i] = buf[from:]
			}
		}
		return l.appendText(t, texts)
	}
	return nil
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func appendUUID(dst, s []byte) []byte {
	for i, n := range [5]int{4, 2, 2, 2, 6} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, s[:n])
		s = s[n:]
	}
	return dst
}

// decimal reads big-endian two's complement digits.
func (l *leaf) decimal(t into, s []byte, at int) decimal128.Num {
	if len(s) == 0 {
		return decimal128.Num{}
	}
	sign := uint64(int64(int8(s[0])) >> 63)
	for len(s) > 16 { // more bytes than the digits need repeat the sign
		if s[0] != byte(sign) || (s[1]^byte(sign))&0x80 != 0 {
			t.refuse(at, errDigits)
			return decimal128.Num{}
		}
		s = s[1:]
	}
	hi, lo := sign, sign
	for _, c := range s {
		hi = hi<<8 | lo>>56
		lo = lo<<8 | uint64(c)
	}
	return l.digits(t, decimal128.New(int64(hi), lo), at)
}

func (l *leaf) digits(t into, x decimal128.Num, at int) decimal128.Num {
	if x.HighBits() == math.MinInt64 && x.LowBits() == 0 || !x.FitsInPrecision(min(l.precision, 38)) {
		t.refuse(at, errDigits)
	}
	return x
}
