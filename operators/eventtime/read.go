package eventtime

import (
	"errors"
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"

	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
)

// Column reads a column of event times: TIMESTAMP ms, NULL where the value is
// NULL or cannot be read. All rows are read, selected or not.
func (f Format) Column(s *vec.Scope, v *vec.Vec) *vec.Vec {
	switch {
	case v.Kind == vec.Null || v.Const && v.IsNull(0):
		return s.NullConst(vec.TypeTimestamp, v.Len)
	case v.Kind == vec.Timestamp && !vec.Micros(v.Type), v.Kind == vec.Int64 && (f.kind == epochMillis || f.kind == detect && areMillis(v)):
		h := s.Header(s.Flat(v))
		h.Type, h.Kind = vec.TypeTimestamp, vec.Timestamp
		return h
	}
	v = s.Flat(v)
	out := s.New(vec.TypeTimestamp, v.Len)
	ms := vec.Values[int64](out)
	out.Valid = v.Valid
	owned := false
	bad := func(i int) {
		ms[i] = 0
		if !owned { // the bitmap so far is the input's
			owned = true
			fresh := vec.Bitmap(s.Bytes(vec.BitmapBytes(v.Len)))
			if v.Valid == nil {
				for j := range fresh {
					fresh[j] = 0xFF
				}
			} else {
				copy(fresh, v.Valid)
			}
			out.Valid = fresh
		}
		out.Valid.Clear(i)
	}
	switch v.Kind {
	case vec.Timestamp:
		for i, us := range vec.Values[int64](v)[:v.Len] {
			ms[i] = floorDiv(us, 1000)
		}
	case vec.Date:
		for i, d := range vec.Values[int32](v)[:v.Len] {
			ms[i] = int64(d) * 86_400_000
		}
	case vec.Int64:
		for i, x := range vec.Values[int64](v)[:v.Len] {
			var ok bool
			if ms[i], ok = f.whole(x); !ok {
				bad(i)
			}
		}
	default:
		for i := range v.Len {
			if v.IsNull(i) {
				ms[i] = 0
				continue
			}
			var ok bool
			if ms[i], ok = f.value(v, i); !ok {
				bad(i)
			}
		}
	}
	return out
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// areMillis tells whether detection takes all of some integers for ms; then they
// are the times as they stand.
func areMillis(v *vec.Vec) bool {
	if v.Dict != nil {
		return false
	}
	x := vec.Values[int64](v)
	if !v.Const {
		x = x[:v.Len]
	}
	for _, t := range x {
		if t < 1e11 && t > -1e11 {
			return false
		}
	}
	return true
}

// value reads one value that is not NULL of a plain column.
func (f Format) value(v *vec.Vec, i int) (ms int64, ok bool) {
	switch v.Kind {
	case vec.Int8, vec.Int16, vec.Int32:
		return f.whole(v.Int64At(i))
	case vec.Float32:
		return f.float(float64(vec.Values[float32](v)[i]))
	case vec.Float64:
		return f.float(vec.Values[float64](v)[i])
	case vec.Decimal:
		return f.decimal(vec.Values[decimal128.Num](v)[i], v.Type.(*arrow.Decimal128Type).Scale)
	case vec.String:
		return f.text(v.BytesAt(i))
	}
	return 0, false
}

func (f Format) float(x float64) (int64, bool) {
	if x != x {
		return 0, false
	}
	seconds := f.kind == epochSeconds || f.kind == detect && math.Abs(x) < 1e11
	if seconds { // to the microsecond, so that 0.123 s are 123 ms
		x = math.Round(x*1e6) / 1e3
	}
	x = math.Floor(x)
	return int64(x), math.Abs(x) < 1<<63
}

func (f Format) decimal(d decimal128.Num, scale int32) (int64, bool) {
	low := int64(d.LowBits())
	if d.HighBits() != low>>63 {
		return 0, false
	}
	unit := int64(1)
	for range min(max(scale, 0), 18) {
		unit *= 10
	}
	if scale > 18 || scale < 0 {
		return 0, false
	}
	q := floorDiv(low, unit)
	r := low - q*unit
	seconds := f.kind == epochSeconds
	if f.kind == detect {
		seconds = q < 1e11 && q >= -1e11
	}
	if !seconds {
		return q, true
	}
	if unit >= 1000 {
		r /= unit / 1000
	} else {
		r = r * 1000 / unit
	}
	return q*1000 + r, q < math.MaxInt64/1000 && q > math.MinInt64/1000
}

func (f Format) text(s []byte) (int64, bool) {
	switch f.kind {
	case strftime:
		return readPattern(f.pattern, s)
	case detect, iso8601:
		us, ok := text.ParseTimestamp(s)
		return floorDiv(us, 1000), ok
	}
	return f.digits(s)
}

// digits reads a number written in digits, with a fraction or without.
func (f Format) digits(s []byte) (int64, bool) {
	point := len(s)
	for i, c := range s {
		if c == '.' {
			point = i
			break
		}
	}
	whole, ok := text.ParseInt64(s[:point])
	if !ok {
		return 0, false
	}
	frac, n := int64(0), 0
	rest := false // something other than zeros behind what is kept
	if point < len(s) {
		for _, c := range s[point+1:] {
			if c < '0' || c > '9' {
				return 0, false
			}
			if f.kind == epochSeconds && n < 3 {
				frac = frac*10 + int64(c-'0')
				n++
			} else if c != '0' {
				rest = true
			}
		}
	}
	for ; n < 3; n++ {
		frac *= 10
	}
	ms, ok := f.whole(whole)
	if len(s) > 0 && s[0] == '-' {
		frac = -frac
		if rest {
			frac--
		}
	}
	return ms + frac, ok
}

// explain says why a value of a column is no event time.
func (f Format) explain(name string, v *vec.Vec, row int) error {
	if (v == nil || v.IsNull(row)) && name == "_event_time" {
		return errors.New("event time is NULL: AS _event_time had no value for the row")
	}
	if v == nil || v.IsNull(row) {
		return fmt.Errorf("event time is NULL; event.time.field is %q", name)
	}
	return fmt.Errorf("cannot read %s as event time by format %s", quoted(v, row), f.name)
}

func quoted(v *vec.Vec, row int) string {
	b := text.AppendValue(nil, v, row)
	if len(b) > 100 {
		b = append(b[:100], "…"...)
	}
	return fmt.Sprintf("%q", b)
}
