package text

import (
	"encoding/base64"
	"unicode/utf8"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/velostream/velo/arrowexec/vec"
)

// AppendValue writes a row of a column of any type and layout: scalars plain,
// BYTES as base64, nested values as compact JSON. NULL writes nothing.
func AppendValue(dst []byte, v *vec.Vec, row int) []byte {
	if v.IsNull(row) {
		return dst
	}
	switch v.Kind {
	case vec.String:
		return append(dst, v.BytesAt(row)...)
	case vec.List, vec.Map, vec.Struct:
		return AppendJSON(dst, v, row, false)
	}
	return appendScalar(dst, v, row)
}

// appendScalar writes everything but STRING and nested values.
func appendScalar(dst []byte, v *vec.Vec, row int) []byte {
	i := v.At(row)
	if v.Dict != nil {
		v = v.Dict
	}
	switch v.Kind {
	case vec.Bool:
		if v.Bits().Get(i) {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	case vec.Int8:
		return appendInt(dst, int64(vec.Values[int8](v)[i]))
	case vec.Int16:
		return appendInt(dst, int64(vec.Values[int16](v)[i]))
	case vec.Int32:
		return appendInt(dst, int64(vec.Values[int32](v)[i]))
	case vec.Int64:
		return appendInt(dst, vec.Values[int64](v)[i])
	case vec.Float32:
		return AppendFloat32(dst, vec.Values[float32](v)[i])
	case vec.Float64:
		return AppendFloat64(dst, vec.Values[float64](v)[i])
	case vec.Decimal:
		return AppendDecimal(dst, vec.Values[decimal128.Num](v)[i], v.Type.(*arrow.Decimal128Type).Scale)
	case vec.Binary:
		return base64.StdEncoding.AppendEncode(dst, v.BytesAt(i))
	case vec.Date:
		return AppendDate(dst, vec.Values[int32](v)[i])
	case vec.Time:
		return AppendTime(dst, vec.Values[int64](v)[i])
	case vec.Timestamp:
		return AppendTimestamp(dst, vec.Values[int64](v)[i], vec.Micros(v.Type))
	case vec.Interval:
		return AppendInterval(dst, vec.Values[arrow.MonthDayNanoInterval](v)[i])
	}
	return dst
}

// AppendJSON writes a row of a column as a JSON value: numbers as numbers, the
// floating-point words and everything that JSON has no form for as strings, a
// MAP as an object with the text of its keys, NULL as null. With decimalString
// DECIMALs are strings too.
func AppendJSON(dst []byte, v *vec.Vec, row int, decimalString bool) []byte {
	if v.IsNull(row) {
		return append(dst, "null"...)
	}
	switch v.Kind {
	case vec.String:
		return AppendJSONString(dst, v.BytesAt(row))
	case vec.Bool, vec.Int8, vec.Int16, vec.Int32, vec.Int64:
		return appendScalar(dst, v, row)
	case vec.Float32, vec.Float64:
		from := len(dst)
		dst = appendScalar(dst, v, row)
		if c := dst[from]; c == 'N' || c == 'I' || c == '-' && dst[from+1] == 'I' {
			return quoted(dst, from)
		}
		return dst
	case vec.Decimal:
		from := len(dst)
		dst = appendScalar(dst, v, row)
		if decimalString {
			return quoted(dst, from)
		}
		return dst
	case vec.List:
		from, to := v.Range(row)
		dst = append(dst, '[')
		for e := from; e < to; e++ {
			if e > from {
				dst = append(dst, ',')
			}
			dst = AppendJSON(dst, v.Children[0], e, decimalString)
		}
		return append(dst, ']')
	case vec.Map:
		from, to := v.Range(row)
		dst = append(dst, '{')
		for e := from; e < to; e++ {
			if e > from {
				dst = append(dst, ',')
			}
			dst = append(appendJSONKey(dst, v.Children[0], e), ':')
			dst = AppendJSON(dst, v.Children[1], e, decimalString)
		}
		return append(dst, '}')
	case vec.Struct:
		i := v.At(row)
		dst = append(dst, '{')
		for f, child := range v.Children {
			if f > 0 {
				dst = append(dst, ',')
			}
			name := v.Type.(*arrow.StructType).Field(f).Name
			dst = append(AppendJSONString(dst, unsafe.Slice(unsafe.StringData(name), len(name))), ':')
			dst = AppendJSON(dst, child, i, decimalString)
		}
		return append(dst, '}')
	}
	dst = append(dst, '"')
	return append(appendScalar(dst, v, row), '"')
}

func quoted(dst []byte, from int) []byte {
	dst = append(dst, 0, '"')
	copy(dst[from+1:len(dst)-1], dst[from:])
	dst[from] = '"'
	return dst
}

func appendJSONKey(dst []byte, keys *vec.Vec, i int) []byte {
	switch keys.Kind {
	case vec.String:
		return AppendJSONString(dst, keys.BytesAt(i))
	case vec.List, vec.Map, vec.Struct: // a key is a string in JSON: its JSON text, quoted
		return AppendJSONString(dst, AppendJSON(nil, keys, i, false))
	}
	return append(appendScalar(append(dst, '"'), keys, i), '"')
}

const hexDigits = "0123456789abcdef"

// AppendJSONString writes a JSON string with quotes. Bytes that are no UTF-8
// become U+FFFD, so the output is always valid JSON.
func AppendJSONString(dst, s []byte) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c < utf8.RuneSelf && c != '"' && c != '\\' {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRune(s[i:])
			if r == utf8.RuneError && n == 1 {
				dst = append(append(dst, s[from:i]...), "\ufffd"...)
				i++
				from = i
				continue
			}
			i += n
			continue
		}
		dst = append(dst, s[from:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		from = i
	}
	return append(append(dst, s[from:]...), '"')
}
