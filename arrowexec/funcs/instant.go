package funcs

import (
	"math"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
)

// The range of times: years 0001 to 9999.
const (
	minMicros = text.MinDay * text.DayMicros
	maxMicros = (text.MaxDay+1)*text.DayMicros - 1
	errYears  = overflow("the time is outside the years 0001 to 9999")
)

// instants reads a DATE, TIMESTAMP or BIGINT (epoch milliseconds) column, or a
// TIME column as a time of 1970-01-01, in microseconds.
type instants struct {
	wide column[int64]
	days column[int32]
	date bool
	up   int64
}

func instantsOf(v *vec.Vec) instants {
	if v.Kind == vec.Date {
		return instants{days: columnOf[int32](v), date: true}
	}
	return instants{wide: columnOf[int64](v), up: unitMicros(v.Type)}
}

// unitMicros is what one step of a 64-bit time column is worth.
func unitMicros(t arrow.DataType) int64 {
	if vec.Micros(t) || t.ID() == arrow.TIME64 {
		return 1
	}
	return 1000
}

func (a instants) at(i int) (int64, error) {
	if a.date {
		return int64(a.days.at(i)) * text.DayMicros, nil
	}
	x := a.wide.at(i)
	if x > maxMicros/a.up || x < minMicros/a.up {
		return 0, errYears
	}
	return x * a.up, nil
}

// instantOut writes microseconds in the form of a column's type; what is finer
// than the type is floored.
type instantOut struct {
	v    *vec.Vec
	wide []int64
	days []int32
	down int64
}

func instantOutOf(v *vec.Vec) instantOut {
	if v.Kind == vec.Date {
		return instantOut{v: v, days: vec.Values[int32](v)}
	}
	return instantOut{v: v, wide: vec.Values[int64](v), down: unitMicros(v.Type)}
}

func (o instantOut) set(i int, us int64) error {
	if us < minMicros || us > maxMicros {
		return errYears
	}
	switch {
	case o.days != nil:
		o.days[i] = int32(floorDiv(us, text.DayMicros))
	case o.v.Kind == vec.Time:
		o.wide[i] = floorMod(us, text.DayMicros)
	case o.down == 1:
		o.wide[i] = us
	default:
		o.wide[i] = floorDiv(us, o.down)
	}
	return nil
}

// addMonths moves by months; the day clamps to the month's end.
func addMonths(us, n int64) (int64, error) {
	days := floorDiv(us, text.DayMicros)
	y, m, d := text.DaysToCivil(days)
	if n > 120000 || n < -120000 {
		return 0, errYears
	}
	at := y*12 + int64(m-1) + n
	y, m = floorDiv(at, 12), int(floorMod(at, 12))+1
	if y < 1 || y > 9999 {
		return 0, errYears
	}
	d = min(d, text.DaysIn(y, m))
	return text.CivilToDays(y, m, d)*text.DayMicros + us - days*text.DayMicros, nil
}

// addInterval moves by an interval: months, then days, then the time.
func addInterval(us int64, iv arrow.MonthDayNanoInterval, sign int64) (int64, error) {
	var err error
	if iv.Months != 0 {
		if us, err = addMonths(us, sign*int64(iv.Months)); err != nil {
			return 0, err
		}
	}
	if iv.Days > 4e6 || iv.Days < -4e6 {
		return 0, errYears
	}
	// No sum overflows: each term is far below 2^62.
	us += sign * int64(iv.Days) * text.DayMicros
	nanos := iv.Nanoseconds
	if nanos == math.MinInt64 {
		nanos++
	}
	us += floorDiv(sign*nanos, 1000)
	if us < minMicros || us > maxMicros {
		return 0, errYears
	}
	return us, nil
}

// addUnits moves by n units.
func addUnits(us int64, u unit, n int64) (int64, error) {
	if m := u.months(); m > 0 {
		if n > 120000 || n < -120000 {
			return 0, errYears
		}
		return addMonths(us, n*m)
	}
	w := u.micros()
	if n > (maxMicros-minMicros)/w || n < (minMicros-maxMicros)/w {
		return 0, errYears
	}
	us += n * w
	if us < minMicros || us > maxMicros {
		return 0, errYears
	}
	return us, nil
}

// truncMicros cuts to the start of a unit; weeks start on Monday.
func truncMicros(us int64, u unit) int64 {
	if u == week {
		days := floorDiv(us, text.DayMicros)
		return (days - floorMod(days+3, 7)) * text.DayMicros
	}
	if w := u.micros(); w > 0 {
		return us - floorMod(us, w)
	}
	y, m, _ := text.DaysToCivil(floorDiv(us, text.DayMicros))
	switch u {
	case quarter:
		m = (m-1)/3*3 + 1
	case month:
	default:
		m = 1
		switch u {
		case decade:
			y = floorDiv(y, 10) * 10
		case century:
			y = floorDiv(y-1, 100)*100 + 1
		case millennium:
			y = floorDiv(y-1, 1000)*1000 + 1
		}
	}
	return text.CivilToDays(max(y, 1), m, 1) * text.DayMicros
}

// serial numbers the units along the time line, so that the difference of two
// serials is the number of boundaries between them.
func serial(us int64, u unit) int64 {
	if u == week {
		return floorDiv(floorDiv(us, text.DayMicros)+3, 7)
	}
	if w := u.micros(); w > 0 {
		return floorDiv(us, w)
	}
	y, m, _ := text.DaysToCivil(floorDiv(us, text.DayMicros))
	switch u {
	case month:
		return y*12 + int64(m) - 1
	case quarter:
		return y*4 + int64(m-1)/3
	case decade:
		return floorDiv(y, 10)
	case century:
		return floorDiv(y-1, 100)
	case millennium:
		return floorDiv(y-1, 1000)
	}
	return y
}

// zone is a time zone: an IANA name, or a fixed offset.
type zone struct {
	loc   *time.Location
	fixed int64 // microseconds, when loc is nil
}

func readZone(s string) (zone, error) {
	n := strings.TrimSpace(s)
	if us, ok := text.ParseOffset([]byte(n)); ok {
		return zone{fixed: us}, nil
	}
	if strings.EqualFold(n, "utc") || strings.EqualFold(n, "z") {
		return zone{}, nil
	}
	if n == "" || strings.EqualFold(n, "local") {
		return zone{}, domain("unknown time zone \"" + s + "\"; it is an IANA name such as Europe/Berlin or an offset such as +02:00")
	}
	loc, err := time.LoadLocation(n)
	if err != nil {
		return zone{}, domain("unknown time zone \"" + s + "\"; it is an IANA name such as Europe/Berlin or an offset such as +02:00")
	}
	return zone{loc: loc}, nil
}

// offset is how far local time is ahead at an instant, in microseconds.
func (z zone) offset(us int64) int64 {
	if z.loc == nil {
		return z.fixed
	}
	_, s := time.UnixMicro(us).In(z.loc).Zone()
	return int64(s) * 1e6
}

func (z zone) local(us int64) int64 { return us + z.offset(us) }

// trunc cuts to the start of a unit of local time. Units below the day keep
// the offset of the instant, so that no result lies after it.
func (z zone) trunc(us int64, u unit) int64 {
	off := z.offset(us)
	t := truncMicros(us+off, u)
	if u < day {
		return t - off
	}
	return z.instant(t)
}

// instant turns local time back: a gap moves forward, of an overlap the later
// instant counts.
func (z zone) instant(local int64) int64 {
	if z.loc == nil {
		return local - z.fixed
	}
	before, after := z.offset(local-text.DayMicros), z.offset(local+text.DayMicros)
	a, b := local-before, local-after
	okA, okB := z.offset(a) == before, z.offset(b) == after
	switch {
	case okA && okB:
		return max(a, b)
	case okB:
		return b
	}
	return a
}
