package strftime

import (
	"fmt"

	"github.com/velostream/velo/arrowexec/text"
)

// Pattern is a compiled strftime pattern. It is immutable.
type Pattern struct {
	text  string
	items []item
}

// item is a literal byte (verb 0) or a conversion.
type item struct {
	verb  byte
	lit   byte
	width int  // of a fraction: digits; 0 when any number is read and six are written
	dot   bool // the fraction has a point before it
	bare  bool // %-d: no padding
}

// expansions of conversions that stand for several.
var compound = map[byte]string{
	'F': "%Y-%m-%d", 'T': "%H:%M:%S", 'X': "%H:%M:%S", 'R': "%H:%M", 'D': "%m/%d/%y", 'x': "%m/%d/%y",
	'r': "%I:%M:%S %p", 'c': "%a %b %e %H:%M:%S %Y", 'v': "%e-%b-%Y", '+': "%Y-%m-%dT%H:%M:%S%:z",
}

const single = "YCymbhBdejHkIlMSpPfLNszZaAuwGgVUWnt%"

// Compile reads a pattern. Beside the C conversions it knows %f (microseconds,
// any number of digits when reading), %.f and %.3f (a point and a fraction),
// %3f, %L (milliseconds), %:z (+02:00), and %-d without padding.
func Compile(s string) (*Pattern, error) {
	p := &Pattern{text: s}
	if err := p.add(s); err != nil {
		return nil, err
	}
	return p, nil
}

// String is the pattern's text.
func (p *Pattern) String() string { return p.text }

func (p *Pattern) add(s string) error {
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			p.items = append(p.items, item{lit: s[i]})
			continue
		}
		it := item{}
		i++
		if i < len(s) && s[i] == '-' {
			it.bare = true
			i++
		}
		if i < len(s) && s[i] == '.' {
			it.dot = true
			i++
		}
		if i+1 < len(s) && s[i] >= '1' && s[i] <= '9' && (s[i+1] == 'f' || s[i+1] == 'N') {
			it.width = int(s[i] - '0')
			i++
		}
		if i+1 < len(s) && s[i] == ':' && s[i+1] == 'z' {
			it.dot = true // +02:00
			i++
		}
		if i >= len(s) {
			return fmt.Errorf("time format %q ends in the middle of a conversion; write %%%% for a percent sign", p.text)
		}
		it.verb = s[i]
		if long, ok := compound[it.verb]; ok && !it.dot {
			if err := p.add(long); err != nil {
				return err
			}
			continue
		}
		known := false
		for k := range len(single) {
			known = known || single[k] == it.verb
		}
		if !known || it.dot && it.verb != 'f' && it.verb != 'z' && it.verb != 'N' {
			return fmt.Errorf("time format %q has no conversion %%%s; formats are strftime patterns such as %%Y-%%m-%%d %%H:%%M:%%S", p.text, s[i:])
		}
		switch it.verb {
		case 'n', 't':
			it = item{lit: map[byte]byte{'n': '\n', 't': '\t'}[it.verb]}
		case '%':
			it = item{lit: '%'}
		case 'L':
			it.verb, it.width = 'f', 3
		case 'N':
			if it.verb = 'f'; it.width == 0 {
				it.width = 9
			}
		case 'h':
			it.verb = 'b'
		}
		p.items = append(p.items, it)
	}
	return nil
}

var (
	months = [...]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
	days   = [...]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
)

func mod(a, b int64) int64 {
	if a %= b; a < 0 {
		a += b
	}
	return a
}

// Append writes a time, given as microseconds of UTC since the epoch.
func (p *Pattern) Append(dst []byte, us int64) []byte {
	tod := mod(us, text.DayMicros)
	day := (us - tod) / text.DayMicros
	y, m, d := text.DaysToCivil(day)
	h, minute, sec, frac := int(tod/3600e6), int(tod/60e6)%60, int(tod/1e6)%60, int(tod%1e6)
	h12 := (h+11)%12 + 1
	wd := int(mod(day+4, 7))
	yday := func() int { return int(day - text.CivilToDays(y, 1, 1)) }
	for _, it := range p.items {
		pad := 2
		if it.bare {
			pad = 0
		}
		switch it.verb {
		case 0:
			dst = append(dst, it.lit)
		case 'Y':
			dst = number(dst, int(y), 4, '0')
		case 'C':
			dst = number(dst, int(y)/100, pad, '0')
		case 'y':
			dst = number(dst, int(y)%100, pad, '0')
		case 'm':
			dst = number(dst, m, pad, '0')
		case 'd':
			dst = number(dst, d, pad, '0')
		case 'e':
			dst = number(dst, d, pad, ' ')
		case 'H':
			dst = number(dst, h, pad, '0')
		case 'k':
			dst = number(dst, h, pad, ' ')
		case 'I':
			dst = number(dst, h12, pad, '0')
		case 'l':
			dst = number(dst, h12, pad, ' ')
		case 'M':
			dst = number(dst, minute, pad, '0')
		case 'S':
			dst = number(dst, sec, pad, '0')
		case 'j':
			dst = number(dst, yday()+1, pad+pad/2, '0')
		case 'f':
			if it.dot {
				dst = append(dst, '.')
			}
			dst = fraction(dst, frac, it.width)
		case 's':
			dst = number64(dst, (us-mod(us, 1e6))/1e6)
		case 'z':
			if it.dot {
				dst = append(dst, "+00:00"...)
			} else {
				dst = append(dst, "+0000"...)
			}
		case 'Z':
			dst = append(dst, "UTC"...)
		case 'p', 'P':
			half := "AM"
			if h >= 12 {
				half = "PM"
			}
			if it.verb == 'P' {
				half = map[string]string{"AM": "am", "PM": "pm"}[half]
			}
			dst = append(dst, half...)
		case 'b':
			dst = append(dst, months[m-1][:3]...)
		case 'B':
			dst = append(dst, months[m-1]...)
		case 'a':
			dst = append(dst, days[wd][:3]...)
		case 'A':
			dst = append(dst, days[wd]...)
		case 'w':
			dst = number(dst, wd, 1, '0')
		case 'u':
			dst = number(dst, (wd+6)%7+1, 1, '0')
		case 'U':
			dst = number(dst, (yday()+7-wd)/7, pad, '0')
		case 'W':
			dst = number(dst, (yday()+7-(wd+6)%7)/7, pad, '0')
		case 'G', 'g', 'V':
			thursday := day - mod(day+3, 7) + 3
			iy, _, _ := text.DaysToCivil(thursday)
			switch it.verb {
			case 'G':
				dst = number(dst, int(iy), 4, '0')
			case 'g':
				dst = number(dst, int(iy)%100, pad, '0')
			default:
				dst = number(dst, int(thursday-text.CivilToDays(iy, 1, 1))/7+1, pad, '0')
			}
		}
	}
	return dst
}

func number(dst []byte, n, width int, fill byte) []byte {
	var buf [20]byte
	i := len(buf)
	for n > 0 || i == len(buf) {
		i--
		buf[i] = byte('0' + n%10)
		n /= 10
	}
	for len(buf)-i < width {
		i--
		buf[i] = fill
	}
	return append(dst, buf[i:]...)
}

func number64(dst []byte, n int64) []byte {
	if n < 0 {
		dst, n = append(dst, '-'), -n
	}
	return number(dst, int(n), 1, '0')
}

// fraction writes the first digits of microseconds; 0 stands for six.
func fraction(dst []byte, us, width int) []byte {
	if width == 0 {
		width = 6
	}
	for i, scale := 0, 100000; i < width; i++ {
		if scale == 0 {
			dst = append(dst, '0')
			continue
		}
		dst = append(dst, byte('0'+us/scale%10))
		scale /= 10
	}
	return dst
}
