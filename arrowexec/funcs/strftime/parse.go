package strftime

import (
	"strings"

	"github.com/velostream/velo/arrowexec/text"
)

// cursor reads a text from its start.
type cursor struct {
	s  []byte
	ok bool
}

// number reads up to width digits, at least one, in [lo, hi].
func (c *cursor) number(width, lo, hi int) int {
	n, i := 0, 0
	for i < len(c.s) && i < width && c.s[i] >= '0' && c.s[i] <= '9' {
		n = n*10 + int(c.s[i]-'0')
		i++
	}
	c.s = c.s[i:]
	if i == 0 || n < lo || n > hi {
		c.ok = false
	}
	return n
}

func (c *cursor) blanks() {
	for len(c.s) > 0 && c.s[0] == ' ' {
		c.s = c.s[1:]
	}
}

func (c *cursor) literal(b byte) {
	if len(c.s) == 0 || c.s[0] != b {
		c.ok = false
		return
	}
	c.s = c.s[1:]
}

// name reads one of several names, whole or its first n letters, in any case,
// and gives its index.
func (c *cursor) name(names []string, n int) int {
	for i, name := range names {
		for _, form := range []string{name, name[:min(n, len(name))]} {
			if len(c.s) >= len(form) && strings.EqualFold(string(c.s[:len(form)]), form) {
				c.s = c.s[len(form):]
				return i
			}
		}
	}
	c.ok = false
	return 0
}

// fraction reads digits after a point as microseconds; digits beyond are cut.
func (c *cursor) fraction(width int) int {
	n, scale, i := 0, 100000, 0
	if width == 0 {
		width = 9
	}
	for i < len(c.s) && i < width && c.s[i] >= '0' && c.s[i] <= '9' {
		n += int(c.s[i]-'0') * scale
		scale /= 10
		i++
	}
	c.s = c.s[i:]
	c.ok = c.ok && i > 0
	return n
}

// Parse reads a text that must match the whole pattern, as microseconds of UTC
// since the epoch. What the pattern does not say is of 1970-01-01T00:00:00Z, or
// the first day of a week. A date that does not exist is not ok.
func (p *Pattern) Parse(s []byte) (us int64, ok bool) {
	c := cursor{s: s, ok: true}
	y, m, d, yday := 1970, 1, 1, 0
	cent, half := -1, -1
	h, minute, sec, frac := 0, 0, 0, 0
	iy, week, wd, count := -1, -1, -1, -1
	dated, monday := false, false
	var offset, unix int64
	hasUnix := false
	for _, it := range p.items {
		switch it.verb {
		case 0:
			c.literal(it.lit)
		case 'Y':
			y = c.number(4, 1, 9999)
		case 'C':
			cent = c.number(2, 0, 99)
		case 'y':
			if y = c.number(2, 0, 99); y < 69 {
				y += 2000
			} else {
				y += 1900
			}
		case 'm':
			m, dated = c.number(2, 1, 12), true
		case 'b', 'B':
			m, dated = c.name(months[:], 3)+1, true
		case 'd':
			d, dated = c.number(2, 1, 31), true
		case 'e':
			c.blanks()
			d, dated = c.number(2, 1, 31), true
		case 'j':
			yday = c.number(3, 1, 366)
		case 'H':
			h = c.number(2, 0, 23)
		case 'k':
			c.blanks()
			h = c.number(2, 0, 23)
		case 'I':
			h = c.number(2, 1, 12)
		case 'l':
			c.blanks()
			h = c.number(2, 1, 12)
		case 'M':
			minute = c.number(2, 0, 59)
		case 'S':
			sec = c.number(2, 0, 59)
		case 'p', 'P':
			half = c.name([]string{"AM", "PM"}, 2)
		case 'f':
			if it.dot {
				c.literal('.')
			}
			frac = c.fraction(it.width)
		case 's':
			sign := int64(1)
			if len(c.s) > 0 && c.s[0] == '-' {
				sign, c.s = -1, c.s[1:]
			}
			unix, hasUnix = sign*int64(c.number(12, 0, 253402300799)), true
		case 'z':
			offset = c.offset()
		case 'Z':
			c.name([]string{"UTC", "GMT", "Z"}, 3)
		case 'a', 'A':
			wd = c.name(days[:], 3)
		case 'w':
			wd = c.number(1, 0, 6)
		case 'u':
			wd = c.number(1, 1, 7) % 7
		case 'G':
			iy = c.number(4, 1, 9999)
		case 'g':
			iy = c.number(2, 0, 99) + 2000
		case 'V':
			week = c.number(2, 1, 53)
		case 'U', 'W':
			count, monday = c.number(2, 0, 53), it.verb == 'W'
		}
		if !c.ok {
			return 0, false
		}
	}
	if len(c.s) > 0 {
		return 0, false
	}
	if hasUnix {
		return unix*1e6 + int64(frac), true
	}
	if cent >= 0 {
		y = cent*100 + y%100
	}
	if half >= 0 {
		if h > 12 {
			return 0, false
		}
		h = h%12 + 12*half
	}
	if y < 1 {
		return 0, false
	}
	var day int64
	if iy < 0 && !dated && yday == 0 {
		iy = y
	}
	switch {
	case !dated && yday == 0 && count >= 0:
		// week 1 starts with the year's first Sunday, or Monday
		jan1, first := text.CivilToDays(int64(y), 1, 1), int64(0)
		if monday {
			first = 1
		}
		if wd < 0 {
			wd = int(first)
		}
		day = jan1 + mod(first-mod(jan1+4, 7), 7) + int64(count-1)*7 + mod(int64(wd)-first, 7)
		if day < jan1 || day >= text.CivilToDays(int64(y)+1, 1, 1) {
			return 0, false
		}
	case iy >= 0 && week > 0:
		if wd < 0 {
			wd = 1
		}
		jan4 := text.CivilToDays(int64(iy), 1, 4)
		day = jan4 - mod(jan4+3, 7) + int64(week-1)*7 + int64((wd+6)%7)
	case yday > 0:
		if day = text.CivilToDays(int64(y), 1, 1) + int64(yday) - 1; day >= text.CivilToDays(int64(y)+1, 1, 1) {
			return 0, false
		}
	default:
		if d > text.DaysIn(int64(y), m) {
			return 0, false
		}
		day = text.CivilToDays(int64(y), m, d)
	}
	return day*text.DayMicros + int64(h)*3600e6 + int64(minute)*60e6 + int64(sec)*1e6 + int64(frac) - offset, true
}

// offset reads Z, ±HH, ±HHMM or ±HH:MM.
func (c *cursor) offset() int64 {
	if len(c.s) > 0 && (c.s[0] == 'Z' || c.s[0] == 'z') {
		c.s = c.s[1:]
		return 0
	}
	for n := min(6, len(c.s)); n >= 3; n-- {
		if us, ok := text.ParseOffset(c.s[:n]); ok {
			c.s = c.s[n:]
			return us
		}
	}
	c.ok = false
	return 0
}
