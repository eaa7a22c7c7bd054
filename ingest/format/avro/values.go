package avro

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
)

func (d *decoder) floating(r *reader, b *vec.Builder, buf []byte, i int) int {
	var x float64
	switch r.node.kind {
	case kDouble:
		if len(buf)-i < 8 {
			return d.fail(r, errCut)
		}
		b.Float64(math.Float64frombits(binary.LittleEndian.Uint64(buf[i:])))
		return i + 8
	case kFloat:
		if len(buf)-i < 4 {
			return d.fail(r, errCut)
		}
		f := math.Float32frombits(binary.LittleEndian.Uint32(buf[i:]))
		i += 4
		if r.kind == vec.Float32 {
			vec.Append(b, f)
			return i
		}
		x = float64(f)
	default:
		n, at := d.long(r, buf, i)
		if at < 0 {
			return at
		}
		x, i = float64(n), at
	}
	b.Float64(x)
	return i
}

func (d *decoder) fixed(r *reader, b *vec.Builder, buf []byte, i int) int {
	n := r.node.size
	if len(buf)-i < n {
		return d.fail(r, errCut)
	}
	s := buf[i : i+n]
	switch r.op {
	case opUUID:
		to := b.Reserve(36)
		for at, part := 0, 0; part < 5; part++ {
			k := [5]int{4, 2, 2, 2, 6}[part]
			at += hex.Encode(to[at:], s[:k])
			if s = s[k:]; part < 4 {
				to[at] = '-'
				at++
			}
		}
		b.Commit(36)
	case opInterval:
		months, days := binary.LittleEndian.Uint32(s), binary.LittleEndian.Uint32(s[4:])
		if months > math.MaxInt32 || days > math.MaxInt32 {
			return d.fail(r, errRange)
		}
		vec.Append(b, arrow.MonthDayNanoInterval{Months: int32(months), Days: int32(days), Nanoseconds: int64(binary.LittleEndian.Uint32(s[8:])) * 1_000_000})
	default:
		b.Bytes(s)
	}
	return i + n
}

var (
	errNoDigits = errors.New("a decimal has no bytes")
	errDigits   = errors.New("a decimal has more digits than its precision")
)

// decimal reads the big-endian two's complement of a decimal's digits.
func (d *decoder) decimal(r *reader, b *vec.Builder, buf []byte, i int) int {
	n := r.node.size
	if r.node.kind == kBytes {
		if n, i = d.length(r, buf, i); i < 0 {
			return i
		}
	} else if len(buf)-i < n {
		return d.fail(r, errCut)
	}
	x, cause := bigEndian(buf[i : i+n])
	if cause == nil && !fits(x, r.prec) {
		cause = errDigits
	}
	if cause != nil {
		return d.fail(r, cause)
	}
	b.Decimal(x)
	return i + n
}

func bigEndian(s []byte) (decimal128.Num, error) {
	if len(s) == 0 {
		return decimal128.Num{}, errNoDigits
	}
	sign := uint64(int64(int8(s[0])) >> 63)
	for len(s) > 16 { // more bytes than the digits need repeat the sign
		if s[0] != byte(sign) || (s[1]^byte(sign))&0x80 != 0 {
			return decimal128.Num{}, errDigits
		}
		s = s[1:]
	}
	hi, lo := sign, sign
	for _, c := range s {
		hi = hi<<8 | lo>>56
		lo = lo<<8 | uint64(c)
	}
	return decimal128.New(int64(hi), lo), nil
}

// fits tells whether x has at most prec digits.
func fits(x decimal128.Num, prec int32) bool {
	if x.HighBits() == math.MinInt64 && x.LowBits() == 0 {
		return false // its absolute value has no place
	}
	return x.FitsInPrecision(prec)
}

// scaled reads an int or long that is counted in other units, or has a range.
func (d *decoder) scaled(r *reader, b *vec.Builder, buf []byte, i int) int {
	x, i := d.long(r, buf, i)
	if i < 0 {
		return i
	}
	if r.node.kind == kInt && int64(int32(x)) != x {
		return d.fail(r, errRange)
	}
	switch r.op {
	case opDate:
		if x < text.MinDay || x > text.MaxDay {
			return d.fail(r, errRange)
		}
		b.Int32(int32(x))
		return i
	case opTime:
		if x < 0 || x >= dayMicros || x*r.mul >= dayMicros {
			return d.fail(r, errRange)
		}
		b.Int64(x * r.mul)
		return i
	case opTimestamp:
		if x > math.MaxInt64/r.mul || x < math.MinInt64/r.mul {
			return d.fail(r, errRange)
		}
		x *= r.mul
		if q := x / r.div; x%r.div < 0 {
			x = q - 1
		} else {
			x = q
		}
		if x < r.least || x > r.most {
			return d.fail(r, errRange)
		}
		b.Int64(x)
		return i
	}
	if x < r.least || x > r.most {
		return d.fail(r, errRange)
	}
	switch r.kind {
	case vec.Int8:
		vec.Append(b, int8(x))
	case vec.Int16:
		vec.Append(b, int16(x))
	default:
		b.Int32(int32(x))
	}
	return i
}
