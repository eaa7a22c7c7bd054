package eventtime

import (
	"fmt"
	"strings"
	"time"
)

// directive is one piece of a strftime pattern: a letter after %, or literal
// text; white space in a pattern matches any white space.
type directive struct {
	letter byte // 0: literal
	digits int  // %3f, %.6f: at most so many digits
	dot    bool // %.f: with its point
	text   string
}

var expansions = map[byte]string{'T': "%H:%M:%S", 'F': "%Y-%m-%d", 'D': "%m/%d/%y", 'R': "%H:%M"}

func parsePattern(s string) ([]directive, error) {
	var out []directive
	for i := 0; i < len(s); {
		if s[i] != '%' {
			j := i
			for j < len(s) && s[j] != '%' {
				j++
			}
			out = append(out, directive{text: s[i:j]})
			i = j
			continue
		}
		i++
		d := directive{}
		if i < len(s) && s[i] == '.' {
			d.dot = true
			i++
		}
		if i < len(s) && s[i] >= '1' && s[i] <= '9' {
			d.digits = int(s[i] - '0')
			i++
		} else if i < len(s) && (s[i] == '-' || s[i] == '_') { // no padding: reading takes both
			i++
		}
		if i == len(s) {
			return nil, fmt.Errorf("event.time.format %q ends inside a directive", s)
		}
		d.letter = s[i]
		i++
		if x, ok := expansions[d.letter]; ok {
			more, _ := parsePattern(x)
			out = append(out, more...)
			continue
		}
		if !strings.ContainsRune("YmdeHIMSfLzZbBpjyasAuk%s", rune(d.letter)) || (d.dot || d.digits > 0) && d.letter != 'f' {
			return nil, fmt.Errorf("event.time.format %q has the unknown directive %%%c", s, d.letter)
		}
		out = append(out, d)
	}
	return out, nil
}

// parsed are the fields read so far.
type parsed struct {
	year, month, day, hour, minute, second, yday int
	nanos                                        int
	offset                                       int
	pm, half, unix                               bool
	epoch                                        int64
}

// readPattern reads a text by a pattern, all of it, as ms.
func readPattern(p []directive, s []byte) (ms int64, ok bool) {
	f := parsed{year: 1970, month: 1, day: 1}
	for _, d := range p {
		if s, ok = f.read(d, s); !ok {
			return 0, false
		}
	}
	if len(s) != 0 {
		return 0, false
	}
	if f.unix {
		return f.epoch*1000 + int64(f.nanos/1e6), true
	}
	if f.half {
		if f.hour < 1 || f.hour > 12 {
			return 0, false
		}
		f.hour %= 12
		if f.pm {
			f.hour += 12
		}
	}
	if f.yday > 0 {
		f.month, f.day = 1, f.yday
	} else if f.month < 1 || f.month > 12 || f.day < 1 || f.day > time.Date(f.year, time.Month(f.month+1), 0, 0, 0, 0, 0, time.UTC).Day() {
		return 0, false
	}
	if f.hour > 23 || f.minute > 59 || f.second > 59 {
		return 0, false
	}
	t := time.Date(f.year, time.Month(f.month), f.day, f.hour, f.minute, f.second, f.nanos, time.UTC)
	return t.UnixMilli() - int64(f.offset)*1000, true
}

var months = [...]string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}
var days = [...]string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

func (f *parsed) read(d directive, s []byte) (rest []byte, ok bool) {
	switch d.letter {
	case 0:
		return literal(d.text, s)
	case '%':
		return literal("%", s)
	case 'Y':
		return number(s, 4, &f.year)
	case 'y':
		s, ok = number(s, 2, &f.year)
		if f.year < 69 {
			f.year += 100
		}
		f.year += 1900
		return s, ok
	case 'm':
		return number(s, 2, &f.month)
	case 'd', 'e':
		return number(blank(s), 2, &f.day)
	case 'j':
		s, ok = number(s, 3, &f.yday)
		return s, ok && f.yday >= 1 && f.yday <= 366
	case 'H', 'k':
		return number(blank(s), 2, &f.hour)
	case 'I':
		f.half = true
		return number(s, 2, &f.hour)
	case 'M':
		return number(s, 2, &f.minute)
	case 'S':
		return number(s, 2, &f.second)
	case 'u':
		var day int
		return number(s, 1, &day)
	case 's':
		f.unix = true
		var n int
		neg := len(s) > 0 && s[0] == '-'
		if neg {
			s = s[1:]
		}
		s, ok = number(s, 15, &n)
		if f.epoch = int64(n); neg {
			f.epoch = -f.epoch
		}
		return s, ok
	case 'f', 'L':
		return f.fraction(d, s)
	case 'p':
		if len(s) < 2 || s[1]|0x20 != 'm' || s[0]|0x20 != 'a' && s[0]|0x20 != 'p' {
			return s, false
		}
		f.pm = s[0]|0x20 == 'p'
		return s[2:], true
	case 'b', 'B':
		var i int
		s, i = word(s, months[:])
		f.month = i + 1
		return s, i >= 0
	case 'a', 'A':
		s, i := word(s, days[:])
		return s, i >= 0
	}
	return f.zone(s)
}

func blank(s []byte) []byte {
	for len(s) > 0 && s[0] == ' ' {
		s = s[1:]
	}
	return s
}

func literal(text string, s []byte) ([]byte, bool) {
	for i := 0; i < len(text); i++ {
		if text[i] == ' ' {
			if len(s) == 0 || s[0] != ' ' {
				return s, false
			}
			s = blank(s)
			continue
		}
		if len(s) == 0 || s[0] != text[i] {
			return s, false
		}
		s = s[1:]
	}
	return s, true
}

func number(s []byte, digits int, out *int) ([]byte, bool) {
	n, i := 0, 0
	for i < len(s) && i < digits && s[i] >= '0' && s[i] <= '9' {
		n = n*10 + int(s[i]-'0')
		i++
	}
	*out = n
	return s[i:], i > 0
}

func (f *parsed) fraction(d directive, s []byte) ([]byte, bool) {
	if d.dot {
		if len(s) == 0 || s[0] != '.' {
			return s, true // %.f: no fraction is allowed
		}
		s = s[1:]
	}
	most := 9
	if d.digits > 0 {
		most = d.digits
	}
	i, scale := 0, 100_000_000
	f.nanos = 0
	for i < len(s) && i < most && s[i] >= '0' && s[i] <= '9' {
		f.nanos += int(s[i]-'0') * scale
		scale /= 10
		i++
	}
	return s[i:], i > 0
}

func word(s []byte, names []string) ([]byte, int) {
	for i, n := range names {
		for _, w := range []string{n, n[:3]} {
			if len(s) >= len(w) && strings.EqualFold(string(s[:len(w)]), w) {
				return s[len(w):], i
			}
		}
	}
	return s, -1
}

// zone reads Z, UTC, GMT, +hh, +hhmm or +hh:mm.
func (f *parsed) zone(s []byte) ([]byte, bool) {
	if len(s) == 0 {
		return s, false
	}
	if s[0] == 'Z' || s[0] == 'z' {
		return s[1:], true
	}
	if len(s) >= 3 && (strings.EqualFold(string(s[:3]), "UTC") || strings.EqualFold(string(s[:3]), "GMT")) {
		return s[3:], true
	}
	if s[0] != '+' && s[0] != '-' {
		return s, false
	}
	neg := s[0] == '-'
	var h, m int
	rest, ok := number(s[1:], 2, &h)
	if !ok || len(s)-len(rest) != 3 {
		return s, false
	}
	if len(rest) > 0 && rest[0] == ':' {
		rest = rest[1:]
	}
	if len(rest) >= 2 && rest[0] >= '0' && rest[0] <= '9' {
		rest, ok = number(rest, 2, &m)
	}
	f.offset = h*3600 + m*60
	if neg {
		f.offset = -f.offset
	}
	return rest, ok && h < 24 && m < 60
}
