package text

import (
	"bytes"
	"math"
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow"
)

// AppendInterval writes an interval as PostgreSQL does: 1 mon 2 days 03:04:05.
func AppendInterval(dst []byte, v arrow.MonthDayNanoInterval) []byte {
	first, before := true, false
	part := func(n int32, unit string) {
		if n == 0 {
			return
		}
		if !first {
			dst = append(dst, ' ')
		}
		if before && n > 0 {
			dst = append(dst, '+')
		}
		dst = append(append(appendInt(dst, int64(n)), ' '), unit...)
		if n != 1 {
			dst = append(dst, 's')
		}
		first, before = false, n < 0
	}
	part(v.Months/12, "year")
	part(v.Months%12, "mon")
	part(v.Days, "day")
	if !first && v.Nanoseconds == 0 {
		return dst
	}
	if !first {
		dst = append(dst, ' ')
	}
	ns := uint64(v.Nanoseconds)
	if v.Nanoseconds < 0 {
		dst = append(dst, '-')
		ns = -ns
	} else if before {
		dst = append(dst, '+')
	}
	s := ns / 1e9
	if h := s / 3600; h < 100 {
		dst = append2(dst, int(h))
	} else {
		dst = appendInt(dst, int64(h))
	}
	dst = append2(append(dst, ':'), int(s/60%60))
	dst = append2(append(dst, ':'), int(s%60))
	if f := int(ns % 1e9); f != 0 {
		dst = append3(append3(append3(append(dst, '.'), f/1e6), f/1000%1000), f%1000)
		for dst[len(dst)-1] == '0' {
			dst = dst[:len(dst)-1]
		}
	}
	return dst
}

// ParseInterval reads PostgreSQL's forms (1 year 2 mons -3 days 04:05:06.7,
// 90 minutes, 5s, 1-2, 1 02:03:04, @ 1 day ago) and ISO 8601 (P1Y2M3DT4H5M6.7S,
// P2W).
func ParseInterval(s []byte) (v arrow.MonthDayNanoInterval, ok bool) {
	s = Trim(s)
	if len(s) == 0 {
		return v, false
	}
	var a accInterval
	if s[0] == 'P' || (s[0] == '-' || s[0] == '+') && len(s) > 1 && s[1] == 'P' {
		ok = a.iso(s)
	} else {
		ok = a.verbose(s)
	}
	if !ok || a.months != int64(int32(a.months)) || a.days != int64(int32(a.days)) {
		return v, false
	}
	switch rest := a.ns % 1000; { // PostgreSQL keeps microseconds
	case rest >= 500:
		a.ns += min(1000-rest, math.MaxInt64-a.ns)
	case rest <= -500:
		a.ns -= min(1000+rest, a.ns-math.MinInt64)
	default:
		a.ns -= rest
	}
	return arrow.MonthDayNanoInterval{Months: int32(a.months), Days: int32(a.days), Nanoseconds: a.ns}, true
}

type accInterval struct{ months, days, ns int64 }

// quantity is a number with a fraction in billionths, both with its sign.
type quantity struct{ whole, nano int64 }

func scanQuantity(s []byte) (q quantity, rest []byte, ok bool) {
	neg := false
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		neg = s[0] == '-'
		s = s[1:]
	}
	i := 0
	for ; i < len(s) && s[i]-'0' <= 9; i++ {
		if q.whole > (math.MaxInt64-9)/10 {
			return q, s, false
		}
		q.whole = q.whole*10 + int64(s[i]-'0')
	}
	n := i
	if i < len(s) && s[i] == '.' {
		i++
		for w := int64(100_000_000); i < len(s) && s[i]-'0' <= 9; i, w = i+1, w/10 {
			q.nano += int64(s[i]-'0') * w
			n++
		}
	}
	if neg {
		q.whole, q.nano = -q.whole, -q.nano
	}
	return q, s[i:], n > 0
}

// addNs adds q units of the given nanoseconds.
func (a *accInterval) addNs(q quantity, unit int64) bool {
	x, ok := mulInt(q.whole, unit)
	if !ok {
		return false
	}
	// unit is up to a week of nanoseconds: split so that nano*unit stays exact
	x += q.nano*(unit/1_000_000_000) + q.nano*(unit%1_000_000_000)/1_000_000_000
	sum := a.ns + x
	if (a.ns^sum)&(x^sum) < 0 {
		return false
	}
	a.ns = sum
	return true
}

func mulInt(a, b int64) (int64, bool) {
	neg := (a < 0) != (b < 0)
	ua, ub := uint64(a), uint64(b)
	if a < 0 {
		ua = -ua
	}
	if b < 0 {
		ub = -ub
	}
	hi, lo := bits.Mul64(ua, ub)
	if hi != 0 || lo > math.MaxInt64 {
		return 0, false
	}
	if neg {
		return -int64(lo), true
	}
	return int64(lo), true
}

const dayNs = 86_400_000_000_000

// addDays and addMonths hand fractions down, as PostgreSQL: a month has 30 days.
func (a *accInterval) addDays(q quantity, unit int64) bool {
	if q.whole > math.MaxInt32 || q.whole < math.MinInt32 {
		return false
	}
	frac := q.nano * unit
	a.days += q.whole*unit + frac/1_000_000_000
	return a.addNs(quantity{nano: frac % 1_000_000_000}, dayNs)
}

func (a *accInterval) addMonths(q quantity, unit int64) bool {
	if q.whole > math.MaxInt32 || q.whole < math.MinInt32 {
		return false
	}
	frac := q.nano * unit
	if unit >= 12 { // fractions of a year are whole months
		a.months += q.whole*unit + int64(math.RoundToEven(float64(frac)/1e9))
		return true
	}
	a.months += q.whole*unit + frac/1_000_000_000
	return a.addDays(quantity{nano: frac % 1_000_000_000}, 30)
}

func (a *accInterval) addUnit(q quantity, unit string) bool {
	switch unit {
	case "mil", "mils", "millennium", "millennia", "millenniums":
		return a.addMonths(q, 12_000)
	case "c", "cent", "century", "centuries":
		return a.addMonths(q, 1200)
	case "dec", "decs", "decade", "decades":
		return a.addMonths(q, 120)
	case "y", "yr", "yrs", "year", "years":
		return a.addMonths(q, 12)
	case "mon", "mons", "month", "months":
		return a.addMonths(q, 1)
	case "quarter", "quarters":
		return a.addMonths(q, 3)
	case "w", "week", "weeks":
		return a.addDays(q, 7)
	case "d", "day", "days":
		return a.addDays(q, 1)
	case "h", "hr", "hrs", "hour", "hours":
		return a.addNs(q, 3_600_000_000_000)
	case "m", "min", "mins", "minute", "minutes":
		return a.addNs(q, 60_000_000_000)
	case "s", "sec", "secs", "second", "seconds", "":
		return a.addNs(q, 1_000_000_000)
	case "ms", "msec", "msecs", "millisecond", "milliseconds":
		return a.addNs(q, 1_000_000)
	case "us", "usec", "usecs", "microsecond", "microseconds":
		return a.addNs(q, 1000)
	case "ns", "nanosecond", "nanoseconds":
		return a.addNs(q, 1)
	}
	return false
}

func (a *accInterval) verbose(s []byte) bool {
	parts := 0
	if s[0] == '@' {
		s = s[1:]
	}
	for {
		s = Trim(s)
		if len(s) == 0 {
			return parts > 0
		}
		if parts > 0 && string(s) == "ago" {
			a.months, a.days, a.ns = -a.months, -a.days, -a.ns
			return true
		}
		neg := s[0] == '-'
		apart := (neg || s[0] == '+') && len(s) > 1 && blank(s[1]) // `- 1 day`
		if apart {
			if s = Trim(s[1:]); len(s) == 0 || s[0] == '-' || s[0] == '+' {
				return false
			}
		}
		q, rest, ok := scanQuantity(s)
		if !ok {
			return false
		}
		if apart && neg {
			q.whole, q.nano = -q.whole, -q.nano
		}
		parts++
		if len(rest) > 0 && rest[0] == ':' { // H:MM[:SS[.f]] or M:SS.f
			if s = rest[1:]; q.nano != 0 {
				return false
			}
			if sec, after, ok := scanQuantity(s); ok && bytes.IndexByte(s[:len(s)-len(after)], '.') > 0 && s[0] != '-' && s[0] != '+' {
				if q.whole > 59 || q.whole < -59 || sec.whole > 59 || len(after) > 0 && !blank(after[0]) {
					return false
				}
				if neg {
					sec.whole, sec.nano = -sec.whole, -sec.nano
				}
				if !a.addUnit(q, "m") || !a.addUnit(sec, "s") {
					return false
				}
				s = after
				continue
			}
			n := 0
			m := 0
			for ; n < 2 && n < len(s) && s[n]-'0' <= 9; n++ {
				m = m*10 + int(s[n]-'0')
			}
			s, ok = s[n:], n > 0
			sec := quantity{}
			if ok && len(s) > 0 && s[0] == ':' {
				if len(s) < 2 || s[1]-'0' > 9 {
					return false
				}
				sec, s, ok = scanQuantity(s[1:])
			}
			if !ok || m > 59 || sec.whole > 59 || len(s) > 0 && !blank(s[0]) {
				return false
			}
			min := quantity{whole: int64(m)}
			if neg {
				min.whole, sec.whole, sec.nano = -min.whole, -sec.whole, -sec.nano
			}
			if !a.addUnit(q, "h") || !a.addUnit(min, "m") || !a.addUnit(sec, "s") {
				return false
			}
			continue
		}
		if len(rest) > 1 && rest[0] == '-' { // years-months
			m, after, ok := scanQuantity(rest[1:])
			if !ok || rest[1]-'0' > 9 || q.nano != 0 || m.nano != 0 || m.whole > 11 || len(after) > 0 && !blank(after[0]) {
				return false
			}
			if neg {
				m.whole = -m.whole
			}
			if !a.addMonths(q, 12) || !a.addMonths(m, 1) {
				return false
			}
			s = after
			continue
		}
		rest = Trim(rest)
		if q.nano == 0 && clockNext(rest) { // days before the clock
			if !a.addDays(q, 1) {
				return false
			}
			s = rest
			continue
		}
		var unit [16]byte
		n := 0
		for n < len(rest) && rest[n]|0x20 >= 'a' && rest[n]|0x20 <= 'z' {
			if n == len(unit) {
				return false
			}
			unit[n] = rest[n] | 0x20
			n++
		}
		if n == 0 && len(rest) > 0 { // a bare number is seconds, at the end
			return false
		}
		if !a.addUnit(q, string(unit[:n])) {
			return false
		}
		s = rest[n:]
	}
}

// clockNext reports whether a clock, H:MM, stands at the start.
func clockNext(s []byte) bool {
	i := 0
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		i++
	}
	start := i
	for i < len(s) && s[i]-'0' <= 9 {
		i++
	}
	return i > start && i < len(s) && s[i] == ':'
}

func (a *accInterval) iso(s []byte) bool {
	neg := s[0] == '-'
	if s[0] != 'P' {
		s = s[1:]
	}
	s = s[1:]
	parts, clock := 0, false
	for len(s) > 0 {
		if s[0] == 'T' {
			if clock || len(s) == 1 {
				return false
			}
			clock, s = true, s[1:]
			continue
		}
		q, rest, ok := scanQuantity(s)
		if !ok || len(rest) == 0 {
			return false
		}
		switch {
		case rest[0] == 'Y' && !clock:
			ok = a.addMonths(q, 12)
		case rest[0] == 'M' && !clock:
			ok = a.addMonths(q, 1)
		case rest[0] == 'W' && !clock:
			ok = a.addDays(q, 7)
		case rest[0] == 'D' && !clock:
			ok = a.addDays(q, 1)
		case rest[0] == 'H' && clock:
			ok = a.addUnit(q, "h")
		case rest[0] == 'M' && clock:
			ok = a.addUnit(q, "m")
		case rest[0] == 'S' && clock:
			ok = a.addUnit(q, "s")
		default:
			return false
		}
		if !ok {
			return false
		}
		parts++
		s = rest[1:]
	}
	if neg {
		a.months, a.days, a.ns = -a.months, -a.days, -a.ns
	}
	return parts > 0
}
