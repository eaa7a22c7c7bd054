package protobuf

import (
	"encoding/binary"
	"math"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// number appends a value whose bits are x.
func (d *decoder) number(f *field, b *vec.Builder, x uint64, next int) int {
	var v int64
	switch f.kind {
	case protoreflect.BoolKind:
		b.Bool(x != 0)
		return next
	case protoreflect.DoubleKind:
		b.Float64(math.Float64frombits(x))
		return next
	case protoreflect.FloatKind:
		if v := math.Float32frombits(uint32(x)); f.to == vec.Float32 {
			vec.Append(b, v)
		} else {
			b.Float64(float64(v))
		}
		return next
	case protoreflect.EnumKind:
		n := protoreflect.EnumNumber(int32(x))
		if e := f.desc.Enum().Values().ByNumber(n); e != nil {
			b.String(string(e.Name()))
		} else { // of a newer schema
			d.text = strconv.AppendInt(d.text[:0], int64(n), 10)
			b.Bytes(d.text)
		}
		return next
	case protoreflect.Int32Kind, protoreflect.Sfixed32Kind:
		v = int64(int32(x))
	case protoreflect.Sint32Kind:
		v = int64(int32(protowire.DecodeZigZag(x & math.MaxUint32)))
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		v = int64(uint32(x))
	case protoreflect.Sint64Kind:
		v = protowire.DecodeZigZag(x)
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		if x > math.MaxInt64 {
			d.fail(f, errUnsigned)
			return -1
		}
		v = int64(x)
	default:
		v = int64(x)
	}
	ok := true
	switch f.to {
	case vec.Int8:
		ok = v == int64(int8(v))
		vec.Append(b, int8(v))
	case vec.Int16:
		ok = v == int64(int16(v))
		vec.Append(b, int16(v))
	case vec.Int32:
		ok = v == int64(int32(v))
		b.Int32(int32(v))
	case vec.Float64:
		b.Float64(float64(v))
	default:
		b.Int64(v)
	}
	if !ok {
		d.fail(f, errRange)
		return -1
	}
	return next
}

// instant reads the seconds and nanoseconds of a Timestamp or Duration.
func (d *decoder) instant(f *field, b *vec.Builder, s []byte) bool {
	var seconds, nanos int64
	for i := 0; i < len(s); {
		num, wire, at := d.tag(s, i)
		if at < 0 {
			return false
		}
		if wire == wireVarint && num <= 2 {
			x, n := binary.Uvarint(s[at:])
			if n <= 0 {
				return d.fail(f, errCut)
			}
			if i = at + n; num == 1 {
				seconds = int64(x)
			} else {
				nanos = int64(int32(x))
			}
			continue
		}
		n := protowire.ConsumeFieldValue(protowire.Number(num), protowire.Type(wire), s[at:])
		if n < 0 {
			return d.fail(f, wireError(n))
		}
		i = at + n
	}
	if f.form == interval {
		if seconds > math.MaxInt64/1_000_000_000-1 || seconds < math.MinInt64/1_000_000_000+1 || nanos <= -1_000_000_000 || nanos >= 1_000_000_000 {
			return d.fail(f, errRange)
		}
		vec.Append(b, arrow.MonthDayNanoInterval{Nanoseconds: seconds*1_000_000_000 + nanos})
		return true
	}
	if seconds < text.MinDay*86_400 || seconds >= (text.MaxDay+1)*86_400 || nanos < 0 || nanos >= 1_000_000_000 {
		return d.fail(f, errRange)
	}
	b.Int64(seconds*1_000_000 + nanos/1000)
	return true
}
