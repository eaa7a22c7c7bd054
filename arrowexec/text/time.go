package text

// DaysToCivil turns days since 1970-01-01 into a date of the proleptic
// Gregorian calendar.
func DaysToCivil(days int64) (year int64, month, day int) {
	z := days + 719468
	era := floorDiv(z, 146097)
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	year = yoe + era*400
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	day = int(doy - (153*mp+2)/5 + 1)
	month = int(mp + 3)
	if month > 12 {
		month -= 12
		year++
	}
	return year, month, day
}

// CivilToDays is the inverse of DaysToCivil; the date must exist.
func CivilToDays(year int64, month, day int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	era := floorDiv(year, 400)
	yoe := year - era*400
	doy := int64((153*(month-3)+2)/5 + day - 1)
	return era*146097 + yoe*365 + yoe/4 - yoe/100 + doy - 719468
}

// DaysIn is the number of days of a month.
func DaysIn(year int64, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// The range of DATE and TIMESTAMP: years 0001 to 9999.
const (
	MinDay    = -719162
	MaxDay    = 2932896
	DayMicros = 86_400_000_000
)

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// AppendDate writes 2024-02-29.
func AppendDate(dst []byte, days int32) []byte { return appendDay(dst, int64(days)) }

func appendDay(dst []byte, days int64) []byte {
	y, m, d := DaysToCivil(days)
	if y < 0 { // only by damage: the range is 0001 to 9999
		dst = append(dst, '-')
		y = -y
	}
	if y > 9999 {
		dst = appendInt(dst, y)
	} else {
		dst = append2(append2(dst, int(y/100)), int(y%100))
	}
	return append2(append(append2(append(dst, '-'), m), '-'), d)
}

func append2(dst []byte, x int) []byte { return append(dst, byte('0'+x/10), byte('0'+x%10)) }

func appendClock(dst []byte, us int64) []byte {
	s := int(us / 1_000_000)
	dst = append(append2(dst, s/3600), ':')
	dst = append(append2(dst, s/60%60), ':')
	return append2(dst, s%60)
}

func append3(dst []byte, x int) []byte {
	return append(dst, byte('0'+x/100), byte('0'+x/10%10), byte('0'+x%10))
}

// AppendTime writes microseconds since midnight as 12:34:56.789, with six
// digits of fraction only where there are microseconds.
func AppendTime(dst []byte, us int64) []byte {
	if us < 0 || us >= DayMicros {
		us -= floorDiv(us, DayMicros) * DayMicros
	}
	dst = append(appendClock(dst, us), '.')
	dst = append3(dst, int(us/1000%1000))
	if us%1000 != 0 {
		dst = append3(dst, int(us%1000))
	}
	return dst
}

// AppendTimestamp writes 2024-02-29T12:34:56.789Z, of milliseconds since the
// epoch, or with six digits of microseconds.
func AppendTimestamp(dst []byte, v int64, micros bool) []byte {
	unit := int64(1000)
	if micros {
		unit = 1_000_000
	}
	secs := floorDiv(v, unit)
	frac := int(v - secs*unit)
	days := floorDiv(secs, 86400)
	dst = append(appendDay(dst, days), 'T')
	dst = append(appendClock(dst, (secs-days*86400)*1_000_000), '.')
	if micros {
		return append(append3(append3(dst, frac/1000), frac%1000), 'Z')
	}
	return append(append3(dst, frac), 'Z')
}

// ParseTimestamp reads an ISO 8601 time as microseconds since the epoch: a
// date, then optionally T or a blank and HH:MM[:SS[.f…]], then optionally Z or
// an offset. Without an offset it is UTC; digits beyond the microsecond are cut.
func ParseTimestamp(s []byte) (us int64, ok bool) {
	s = Trim(s)
	days, s, ok := scanDate(s)
	if !ok {
		return 0, false
	}
	if len(s) == 0 {
		return days * DayMicros, true
	}
	clock, off, ok := scanRest(s)
	if !ok {
		return 0, false
	}
	us = days*DayMicros + clock - off
	if us < MinDay*DayMicros || us >= (MaxDay+1)*DayMicros {
		return 0, false
	}
	return us, true
}

// ParseDate reads YYYY-MM-DD; the rest of a timestamp may follow and is cut.
func ParseDate(s []byte) (days int32, ok bool) {
	d, s, ok := scanDate(Trim(s))
	if ok && len(s) > 0 {
		_, _, ok = scanRest(s)
	}
	return int32(d), ok
}

// ParseTime reads HH:MM[:SS[.f…]] as microseconds since midnight.
func ParseTime(s []byte) (us int64, ok bool) {
	us, s, ok = scanClock(Trim(s))
	return us, ok && len(s) == 0
}

func scanDate(s []byte) (days int64, rest []byte, ok bool) {
	if len(s) < 10 || s[4] != '-' || s[7] != '-' {
		return 0, s, false
	}
	y1, ok1 := two(s)
	y2, ok2 := two(s[2:])
	m, ok3 := two(s[5:])
	d, ok4 := two(s[8:])
	y := int64(y1*100 + y2)
	if !(ok1 && ok2 && ok3 && ok4) || y == 0 || m < 1 || m > 12 || d < 1 || d > DaysIn(y, m) {
		return 0, s, false
	}
	return CivilToDays(y, m, d), s[10:], true
}

func two(s []byte) (int, bool) {
	a, b := s[0]-'0', s[1]-'0'
	return int(a)*10 + int(b), a <= 9 && b <= 9
}

func scanClock(s []byte) (us int64, rest []byte, ok bool) {
	if len(s) < 5 || s[2] != ':' {
		return 0, s, false
	}
	h, ok1 := two(s)
	m, ok2 := two(s[3:])
	if !ok1 || !ok2 || h > 23 || m > 59 {
		return 0, s, false
	}
	us = int64(h*3600+m*60) * 1_000_000
	s = s[5:]
	if len(s) == 0 || s[0] != ':' {
		return us, s, true
	}
	if len(s) < 3 {
		return 0, s, false
	}
	sec, ok := two(s[1:])
	if !ok || sec > 59 {
		return 0, s, false
	}
	us += int64(sec) * 1_000_000
	s = s[3:]
	if len(s) > 0 && s[0] == '.' {
		f, i := int64(0), 1
		for w := int64(100_000); i < len(s) && s[i]-'0' <= 9; i, w = i+1, w/10 {
			f += int64(s[i]-'0') * w
		}
		if i == 1 {
			return 0, s, false
		}
		us, s = us+f, s[i:]
	}
	return us, s, true
}

// scanRest reads what follows a date: the clock and the offset in microseconds.
func scanRest(s []byte) (clock, off int64, ok bool) {
	if s[0]|0x20 != 't' && s[0] != ' ' {
		return 0, 0, false
	}
	clock, s, ok = scanClock(s[1:])
	if !ok {
		return 0, 0, false
	}
	s = Trim(s)
	if len(s) == 0 || len(s) == 1 && s[0]|0x20 == 'z' {
		return clock, 0, true
	}
	off, ok = ParseOffset(s)
	return clock, off, ok
}

// ParseOffset reads ±HH, ±HHMM or ±HH:MM, east positive, as microseconds.
func ParseOffset(s []byte) (us int64, ok bool) {
	if len(s) < 3 || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	h, ok := two(s[1:])
	m := 0
	switch rest := s[3:]; {
	case len(rest) == 0:
	case len(rest) == 2:
		var ok2 bool
		m, ok2 = two(rest)
		ok = ok && ok2
	case len(rest) == 3 && rest[0] == ':':
		var ok2 bool
		m, ok2 = two(rest[1:])
		ok = ok && ok2
	default:
		return 0, false
	}
	if !ok || h > 15 || m > 59 {
		return 0, false
	}
	us = int64(h*60+m) * 60_000_000
	if s[0] == '-' {
		us = -us
	}
	return us, true
}
