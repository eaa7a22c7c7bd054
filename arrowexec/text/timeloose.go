package text

// The forms of CAST and of typed literals are PostgreSQL's: beside ISO 8601,
// 2024-1-5, 2024/01/05, 20240105, 5:06, blanks in between and 24:00:00. Such
// text is spelt out and then read as ISO 8601, so that columns of files, which
// are read by the strict form, pay nothing for it.

// ReadTimestamp is ParseTimestamp of the forms of CAST.
func ReadTimestamp(s []byte) (us int64, ok bool) {
	if us, ok = ParseTimestamp(s); ok {
		return us, true
	}
	var buf [64]byte
	iso, days, ok := spellOut(buf[:0], s)
	if !ok {
		return 0, false
	}
	us, ok = ParseTimestamp(iso)
	us += int64(days) * DayMicros
	return us, ok && us < (MaxDay+1)*DayMicros
}

// ReadDate is ParseDate of the forms of CAST.
func ReadDate(s []byte) (days int32, ok bool) {
	if days, ok = ParseDate(s); ok {
		return days, true
	}
	var buf [64]byte
	iso, _, ok := spellOut(buf[:0], s)
	if !ok {
		return 0, false
	}
	return ParseDate(iso)
}

// ReadTime is ParseTime of the forms of CAST; a date before the time is checked
// and left out, as in PostgreSQL.
func ReadTime(s []byte) (us int64, ok bool) {
	if us, ok = ParseTime(s); ok {
		return us, true
	}
	s = Trim(s)
	for i, c := range s {
		if c != ' ' {
			continue
		}
		if _, ok := ReadDate(s[:i]); !ok {
			return 0, false
		}
		s = Trim(s[i+1:])
		break
	}
	var buf [64]byte
	iso, rest, ok := spellClock(buf[:0], s)
	if !ok || len(rest) > 0 {
		return 0, false
	}
	return ParseTime(iso)
}

// spellOut writes a date, and the time behind it, in the strict form; days is 1
// for 24:00:00, which is the next day's midnight.
func spellOut(dst, s []byte) (iso []byte, days int, ok bool) {
	if s = Trim(s); len(s) > 48 {
		return nil, 0, false
	}
	y, rest := leadingDigits(s)
	switch {
	case len(y) == 8: // 20240105
		dst = append(append(append(append(append(dst, y[:4]...), '-'), y[4:6]...), '-'), y[6:]...)
	case len(y) == 4 && len(rest) > 0 && (rest[0] == '-' || rest[0] == '/'):
		sep := rest[0]
		m, after := leadingDigits(rest[1:])
		if len(after) == 0 || after[0] != sep {
			return nil, 0, false
		}
		d, after := leadingDigits(after[1:])
		if len(m) == 0 || len(m) > 2 || len(d) == 0 || len(d) > 2 {
			return nil, 0, false
		}
		dst = padTwo(append(padTwo(append(append(dst, y...), '-'), m), '-'), d)
		rest = after
	default:
		return nil, 0, false
	}
	if len(rest) == 0 {
		return dst, 0, true
	}
	if rest[0]|0x20 == 't' {
		rest = rest[1:]
	} else if !blank(rest[0]) {
		return nil, 0, false
	}
	if rest = Trim(rest); len(rest) >= 5 && string(rest[:5]) == "24:00" {
		rest = rest[5:]
		for len(rest) > 0 && (rest[0] == ':' || rest[0] == '0' || rest[0] == '.') {
			rest = rest[1:]
		}
		return append(append(dst, " 00:00"...), rest...), 1, true
	}
	dst, rest, ok = spellClock(append(dst, ' '), rest)
	return append(dst, rest...), 0, ok
}

// spellClock writes H:MM[:S…] with two digits each; what follows is the rest.
func spellClock(dst, s []byte) (iso, rest []byte, ok bool) {
	h, s := leadingDigits(s)
	if len(h) == 0 || len(h) > 2 || len(s) == 0 || s[0] != ':' {
		return nil, nil, false
	}
	m, s := leadingDigits(s[1:])
	if len(m) == 0 || len(m) > 2 {
		return nil, nil, false
	}
	dst = padTwo(append(padTwo(dst, h), ':'), m)
	if len(s) > 0 && s[0] == ':' {
		sec, after := leadingDigits(s[1:])
		if len(sec) == 0 || len(sec) > 2 {
			return nil, nil, false
		}
		n := 0
		for n < len(after) && (after[n]-'0' <= 9 || after[n] == '.') {
			n++
		}
		dst, s = append(padTwo(append(dst, ':'), sec), after[:n]...), after[n:]
	}
	return dst, s, true
}

func leadingDigits(s []byte) (digits, rest []byte) {
	n := 0
	for n < len(s) && s[n]-'0' <= 9 {
		n++
	}
	return s[:n], s[n:]
}

func padTwo(dst, digits []byte) []byte {
	if len(digits) == 1 {
		dst = append(dst, '0')
	}
	return append(dst, digits...)
}
