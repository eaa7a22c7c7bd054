package funcs

import (
	"fmt"
	"strings"

	"github.com/velostream/velo/arrowexec/text"
)

// unit is a field of a time.
type unit uint8

const (
	microsecond unit = iota + 1
	millisecond
	second
	minute
	hour
	day
	week
	month
	quarter
	year
	decade
	century
	millennium
	dow
	isodow
	doy
	isoyear
	epoch
)

var unitNames = map[string]unit{
	"microsecond": microsecond, "us": microsecond, "usec": microsecond, "millisecond": millisecond, "ms": millisecond, "msec": millisecond,
	"second": second, "sec": second, "s": second, "minute": minute, "min": minute, "m": minute, "hour": hour, "hr": hour, "h": hour,
	"day": day, "d": day, "dayofmonth": day, "week": week, "w": week, "month": month, "mon": month, "quarter": quarter, "year": year, "yr": year, "y": year,
	"decade": decade, "century": century, "centuries": century, "millennium": millennium, "millennia": millennium,
	"dow": dow, "dayofweek": dow, "isodow": isodow, "doy": doy, "dayofyear": doy, "isoyear": isoyear, "epoch": epoch,
}

// readUnit reads the name of a unit in singular or plural, in any case.
func readUnit(s string) (unit, error) {
	n := strings.ToLower(strings.TrimSpace(s))
	if u, ok := unitNames[n]; ok {
		return u, nil
	}
	if len(n) > 3 {
		if u, ok := unitNames[strings.TrimSuffix(n, "s")]; ok {
			return u, nil
		}
	}
	return 0, fmt.Errorf("unknown time unit %q; the units are microsecond, millisecond, second, minute, hour, day, week, month, quarter, year, decade, century, millennium", s)
}

// spanUnit reads a unit that has a length.
func spanUnit(s string) (unit, error) {
	u, err := readUnit(s)
	if err == nil && u > millennium {
		return 0, fmt.Errorf("time unit %q has no length; the units are microsecond, millisecond, second, minute, hour, day, week, month, quarter, year, decade, century, millennium", s)
	}
	return u, err
}

// micros is the length of a unit up to the week, else 0.
func (u unit) micros() int64 {
	switch u {
	case microsecond:
		return 1
	case millisecond:
		return 1000
	case second:
		return 1e6
	case minute:
		return 60e6
	case hour:
		return 3600e6
	case day:
		return text.DayMicros
	case week:
		return 7 * text.DayMicros
	}
	return 0
}

// months is the length of a unit from the month on, else 0.
func (u unit) months() int64 {
	switch u {
	case month:
		return 1
	case quarter:
		return 3
	case year:
		return 12
	case decade:
		return 120
	case century:
		return 1200
	case millennium:
		return 12000
	}
	return 0
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

func floorMod(a, b int64) int64 { return a - floorDiv(a, b)*b }
