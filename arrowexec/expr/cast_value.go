package expr

import (
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
)

// castError says which value could not be cast, cut to a readable length.
func castError(v *vec.Vec, i int, t arrow.DataType) error {
	s := string(text.AppendValue(nil, v, i))
	if len(s) > 80 {
		s = s[:80] + "…"
	}
	return fmt.Errorf("cannot cast %s %q to %s", TypeName(v.Type), s, TypeName(t))
}

func toInt64(v *vec.Vec, i int) (int64, bool) {
	switch v.Kind {
	case vec.Int8, vec.Int16, vec.Int32, vec.Int64:
		return v.Int64At(i), true
	case vec.Bool:
		if v.BoolAt(i) {
			return 1, true
		}
		return 0, true
	case vec.Float32, vec.Float64:
		x, _ := toFloat64(v, i)
		x = math.RoundToEven(x)
		return int64(x), x >= -1<<63 && x < 1<<63
	case vec.Decimal:
		_, s := decimalOf(v.Type)
		d, _ := rescale(vec.Values[decimal128.Num](v)[v.At(i)], s, 0, 38)
		x := int64(d.LowBits())
		return x, d.HighBits() == x>>63
	case vec.String:
		return text.ParseInt64(v.BytesAt(i))
	case vec.Timestamp:
		x := v.Int64At(i)
		if vec.Micros(v.Type) {
			x = floorDiv(x, 1000)
		}
		return x, true
	}
	return 0, false
}

func toFloat64(v *vec.Vec, i int) (float64, bool) {
	switch v.Kind {
	case vec.Float32:
		return float64(vec.Values[float32](v)[v.At(i)]), true
	case vec.Float64:
		return vec.Values[float64](v)[v.At(i)], true
	case vec.Decimal:
		_, s := decimalOf(v.Type)
		return decimalFloat(vec.Values[decimal128.Num](v)[v.At(i)], s), true
	case vec.String:
		return text.ParseFloat64(v.BytesAt(i))
	}
	x, ok := toInt64(v, i)
	return float64(x), ok
}

// decimalFloat is the nearest DOUBLE: one division of exact numbers, or by way
// of the text where they are not.
func decimalFloat(d decimal128.Num, scale int32) float64 {
	if x := int64(d.LowBits()); d.HighBits() == x>>63 && x > -1<<53 && x < 1<<53 && scale <= 22 {
		return float64(x) / math.Pow10(int(scale))
	}
	var buf [48]byte
	x, _ := text.ParseFloat64(text.AppendDecimal(buf[:0], d, scale))
	return x
}

func toDecimal(v *vec.Vec, i int, p, s int32) (decimal128.Num, bool) {
	switch v.Kind {
	case vec.Decimal:
		_, from := decimalOf(v.Type)
		return rescale(vec.Values[decimal128.Num](v)[v.At(i)], from, s, p)
	case vec.Float32:
		var buf [48]byte
		d, err := text.ParseDecimal(text.AppendFloat32(buf[:0], vec.Values[float32](v)[v.At(i)]), p, s)
		return d, err == nil
	case vec.Float64:
		var buf [48]byte
		d, err := text.ParseDecimal(text.AppendFloat64(buf[:0], vec.Values[float64](v)[v.At(i)]), p, s)
		return d, err == nil
	case vec.String:
		d, err := text.ParseDecimal(v.BytesAt(i), p, s)
		return d, err == nil
	}
	x, ok := toInt64(v, i)
	d, fits := rescale(decimal128.FromI64(x), 0, s, p)
	return d, ok && fits
}

func toBool(v *vec.Vec, i int) (bool, error) {
	switch v.Kind {
	case vec.Bool:
		return v.BoolAt(i), nil
	case vec.String:
		if b, ok := parseBool(text.Trim(v.BytesAt(i))); ok {
			return b, nil
		}
		return false, castError(v, i, vec.TypeBool)
	}
	x, _ := toInt64(v, i)
	return x != 0, nil
}

// parseBool reads the words of PostgreSQL: unique prefixes of true, false, yes,
// no, on, off, and 1 and 0.
func parseBool(s []byte) (value, ok bool) {
	if len(s) == 0 || len(s) > 5 {
		return false, false
	}
	var buf [5]byte
	for i, c := range s {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		buf[i] = c
	}
	w := string(buf[:len(s)])
	is := func(full string, least int) bool { return len(w) >= least && len(w) <= len(full) && full[:len(w)] == w }
	switch {
	case is("true", 1), is("yes", 1), w == "on", w == "1":
		return true, true
	case is("false", 1), is("no", 1), is("off", 2), w == "0":
		return false, true
	}
	return false, false
}

// toMicros reads a time as microseconds since the epoch.
func toMicros(v *vec.Vec, i int) (int64, bool) {
	switch v.Kind {
	case vec.String:
		return text.ReadTimestamp(v.BytesAt(i))
	case vec.Date:
		return v.Int64At(i) * text.DayMicros, true
	case vec.Timestamp:
		if vec.Micros(v.Type) {
			return v.Int64At(i), true
		}
		return v.Int64At(i) * 1000, true
	}
	ms, ok := toInt64(v, i)
	if _, err := inRange(ms, 1000); err != nil {
		return 0, false
	}
	return ms * 1000, ok
}

// putFixed casts row i of v into row at of a fixed-width column.
func putFixed(out *vec.Vec, at int, v *vec.Vec, i int, t arrow.DataType) error {
	ok := false
	switch out.Kind {
	case vec.Int8:
		x, o := toInt64(v, i)
		vec.Values[int8](out)[at], ok = int8(x), o && int64(int8(x)) == x
	case vec.Int16:
		x, o := toInt64(v, i)
		vec.Values[int16](out)[at], ok = int16(x), o && int64(int16(x)) == x
	case vec.Int32:
		x, o := toInt64(v, i)
		vec.Values[int32](out)[at], ok = int32(x), o && int64(int32(x)) == x
	case vec.Int64:
		vec.Values[int64](out)[at], ok = toInt64(v, i)
	case vec.Float32:
		if v.Kind == vec.String {
			vec.Values[float32](out)[at], ok = text.ParseFloat32(v.BytesAt(i))
			break
		}
		x, o := toFloat64(v, i)
		vec.Values[float32](out)[at] = float32(x)
		ok = o && (math.IsInf(x, 0) || !math.IsInf(float64(float32(x)), 0))
	case vec.Float64:
		vec.Values[float64](out)[at], ok = toFloat64(v, i)
	case vec.Decimal:
		p, s := decimalOf(t)
		vec.Values[decimal128.Num](out)[at], ok = toDecimal(v, i, p, s)
	case vec.Date:
		if v.Kind == vec.String {
			vec.Values[int32](out)[at], ok = text.ReadDate(v.BytesAt(i))
			break
		}
		us, o := toMicros(v, i)
		vec.Values[int32](out)[at], ok = int32(floorDiv(us, text.DayMicros)), o
	case vec.Time:
		if v.Kind == vec.String {
			vec.Values[int64](out)[at], ok = text.ReadTime(v.BytesAt(i))
			break
		}
		us, o := int64(0), true
		if v.Kind == vec.Interval { // its time of day: months and days do not count
			of := v
			if v.Dict != nil {
				of = v.Dict
			}
			us = floorDiv(vec.Values[interval](of)[v.At(i)].Nanoseconds, 1000)
		} else {
			us, o = toMicros(v, i)
		}
		vec.Values[int64](out)[at], ok = us-floorDiv(us, text.DayMicros)*text.DayMicros, o
	case vec.Timestamp:
		us, o := toMicros(v, i)
		if !vec.Micros(t) {
			us = floorDiv(us, 1000)
		}
		vec.Values[int64](out)[at], ok = us, o
	case vec.Interval:
		if v.Kind == vec.String {
			vec.Values[interval](out)[at], ok = text.ParseInterval(v.BytesAt(i))
			break
		}
		vec.Values[interval](out)[at], ok = interval{Nanoseconds: v.Int64At(i) * 1000}, true
	}
	if !ok {
		return castError(v, i, t)
	}
	return nil
}

// textRoom guesses the bytes that a value takes as text, from above for scalars.
func textRoom(v *vec.Vec, i int) int {
	if v.Kind == vec.String || v.Kind == vec.Binary {
		return len(v.BytesAt(i))
	}
	return 96
}

// appendText casts a value to STRING or BYTES.
func appendText(dst []byte, v *vec.Vec, i int, t arrow.DataType) ([]byte, error) {
	if v.Kind != vec.Binary && v.Kind != vec.String {
		return text.AppendValue(dst, v, i), nil
	}
	b := v.BytesAt(i)
	if v.Kind == vec.Binary && vec.KindOf(t) == vec.String && !utf8.Valid(b) {
		return dst, fmt.Errorf("cannot cast BYTES X'%.40X' to STRING: no UTF-8", b)
	}
	return append(dst, b...), nil
}

// appendCast appends row i of a column, cast, to a builder of type t. On an
// error children may hold part of the row: truncate.
func appendCast(b *vec.Builder, v *vec.Vec, i int, t arrow.DataType) error {
	if v.IsNull(i) {
		b.Null()
		return nil
	}
	k := vec.KindOf(t)
	switch {
	case isNested(k) && v.Kind == vec.String:
		return appendJSON(b, v.BytesAt(i), t)
	case k == vec.List || k == vec.Map:
		from, to := v.Range(i)
		for e := from; e < to; e++ {
			for x, child := range b.Children {
				if err := appendCast(child, v.Children[x], e, child.Type); err != nil {
					return err
				}
			}
		}
		b.EndList()
		return nil
	case k == vec.Struct:
		at := fieldOrder(t.(*arrow.StructType), v.Type.(*arrow.StructType))
		for x, child := range b.Children {
			if err := appendCast(child, v.Children[at[x]], v.At(i), child.Type); err != nil {
				return err
			}
		}
		b.EndStruct()
		return nil
	case k == vec.String || k == vec.Binary:
		s, err := appendText(nil, v, i, t)
		if err != nil {
			return err
		}
		b.Bytes(s)
		return nil
	case k == vec.Bool:
		x, err := toBool(v, i)
		if err != nil {
			return err
		}
		b.Bool(x)
		return nil
	}
	cell := make([]int64, 2) // one value of any width, aligned
	one := vec.Vec{Type: t, Kind: k, Const: true, Len: 1, Buf: vec.BytesOf(cell)[:k.Width()]}
	if err := putFixed(&one, 0, v, i, t); err != nil {
		return err
	}
	b.AppendRow(&one, 0)
	return nil
}
