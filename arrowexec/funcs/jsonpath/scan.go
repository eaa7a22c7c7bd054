package jsonpath

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// MaxDepth is how deep objects and arrays may nest.
const MaxDepth = 1000

// Valid tells whether b is one JSON value with nothing but blanks around it.
func Valid(b []byte) bool {
	end := value(b, blank(b, 0), 0)
	return end >= 0 && blank(b, end) == len(b)
}

func blank(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// value gives the end of the value that starts at i, or -1.
func value(b []byte, i, depth int) int {
	if i >= len(b) {
		return -1
	}
	switch c := b[i]; {
	case c == '"':
		return str(b, i)
	case c == '{' || c == '[':
		if depth >= MaxDepth {
			return -1
		}
		return nested(b, i, depth, c == '{')
	case c == 't':
		return word(b, i, "true")
	case c == 'f':
		return word(b, i, "false")
	case c == 'n':
		return word(b, i, "null")
	}
	return number(b, i)
}

func word(b []byte, i int, w string) int {
	if len(b)-i < len(w) || string(b[i:i+len(w)]) != w {
		return -1
	}
	return i + len(w)
}

func nested(b []byte, i, depth int, object bool) int {
	end := byte(']')
	if object {
		end = '}'
	}
	i = blank(b, i+1)
	if i < len(b) && b[i] == end {
		return i + 1
	}
	for {
		if object {
			if i >= len(b) || b[i] != '"' {
				return -1
			}
			if i = str(b, i); i < 0 {
				return -1
			}
			if i = blank(b, i); i >= len(b) || b[i] != ':' {
				return -1
			}
			i = blank(b, i+1)
		}
		if i = value(b, i, depth+1); i < 0 {
			return -1
		}
		if i = blank(b, i); i >= len(b) {
			return -1
		}
		if b[i] == end {
			return i + 1
		}
		if b[i] != ',' {
			return -1
		}
		i = blank(b, i+1)
	}
}

func str(b []byte, i int) int {
	for i++; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			return i + 1
		case c < 0x20:
			return -1
		case c == '\\':
			if i++; i >= len(b) {
				return -1
			}
			if b[i] == 'u' {
				for range 4 {
					if i++; i >= len(b) || hexDigit(b[i]) < 0 {
						return -1
					}
				}
			} else if bytes.IndexByte([]byte(`"\/bfnrt`), b[i]) < 0 {
				return -1
			}
		}
	}
	return -1
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

func number(b []byte, i int) int {
	if b[i] == '-' {
		i++
	}
	j := digits(b, i)
	if j == i || b[i] == '0' && j > i+1 {
		return -1
	}
	if i = j; i < len(b) && b[i] == '.' {
		if j = digits(b, i+1); j == i+1 {
			return -1
		}
		i = j
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if j = digits(b, i); j == i {
			return -1
		}
		i = j
	}
	return i
}

func digits(b []byte, i int) int {
	for i < len(b) && b[i] >= '0' && b[i] <= '9' {
		i++
	}
	return i
}

// Unquote appends the text of a JSON string that is valid and given with its
// quotes. Halves of surrogate pairs become U+FFFD.
func Unquote(dst, s []byte) []byte {
	s = s[1 : len(s)-1]
	for {
		at := bytes.IndexByte(s, '\\')
		if at < 0 {
			return append(dst, s...)
		}
		dst = append(dst, s[:at]...)
		c := s[at+1]
		s = s[at+2:]
		switch c {
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		case 'u':
			r := unit(s)
			s = s[4:]
			if utf16.IsSurrogate(r) {
				low := rune(0)
				if len(s) >= 6 && s[0] == '\\' && s[1] == 'u' {
					low = unit(s[2:])
				}
				if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
					s = s[6:]
				}
			}
			dst = utf8.AppendRune(dst, r)
			continue
		}
		dst = append(dst, c)
	}
}

func unit(s []byte) rune {
	return rune(hexDigit(s[0])<<12 | hexDigit(s[1])<<8 | hexDigit(s[2])<<4 | hexDigit(s[3]))
}

// Member is one member of an object, or one element of an array, by its bytes
// in the document. Key has its quotes and is nil for an element.
type Member struct{ Key, Value []byte }

// next reads the member or element of a valid document that starts at i, and
// gives the place of the next, or -1.
func next(b []byte, i int, object bool) (Member, int) {
	var m Member
	if object {
		end := str(b, i)
		m.Key = b[i:end]
		i = blank(b, blank(b, end)+1)
	}
	end := value(b, i, 0)
	m.Value = b[i:end]
	if i = blank(b, end); b[i] != ',' {
		return m, -1
	}
	return m, blank(b, i+1)
}

// first gives the place of the first member or element, or -1.
func first(b []byte) int {
	if i := blank(b, 1); b[i] != '}' && b[i] != ']' {
		return i
	}
	return -1
}

// Members appends the members of an object, or the elements of an array, of a
// valid document; duplicate keys are settled.
func Members(dst []Member, b []byte) []Member {
	b = Value(b)
	if len(b) == 0 || b[0] != '{' && b[0] != '[' {
		return dst
	}
	object, start := b[0] == '{', len(dst)
	var place map[string]int
	for i := first(b); i >= 0; {
		var m Member
		m, i = next(b, i, object)
		if object {
			n := len(dst) - start
			if n == 16 { // many keys: look them up
				place = map[string]int{}
				for k, d := range dst[start:] {
					place[string(Unquote(nil, d.Key))] = start + k
				}
			}
			at := -1
			if place != nil {
				key := string(Unquote(nil, m.Key))
				if k, ok := place[key]; ok {
					at = k
				} else {
					place[key] = len(dst)
				}
			} else {
				for k := start; k < len(dst) && at < 0; k++ {
					if sameKey(dst[k].Key, m.Key) {
						at = k
					}
				}
			}
			if at >= 0 {
				dst[at].Value = m.Value
				continue
			}
		}
		dst = append(dst, m)
	}
	return dst
}

func sameKey(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	if bytes.IndexByte(a, '\\') < 0 && bytes.IndexByte(b, '\\') < 0 {
		return false
	}
	return bytes.Equal(Unquote(nil, a), Unquote(nil, b))
}

// Value takes the blanks off both ends.
func Value(b []byte) []byte { return bytes.Trim(b, " \n\t\r") }

// Compact appends a valid document without blanks and without duplicate keys;
// strings and numbers keep their text.
func Compact(dst, b []byte) []byte {
	b = Value(b)
	if len(b) == 0 || b[0] != '{' && b[0] != '[' {
		return append(dst, b...)
	}
	if b[0] == '[' {
		dst = append(dst, '[')
		for i := first(b); i >= 0; {
			var m Member
			m, i = next(b, i, false)
			dst = Compact(dst, m.Value)
			if i >= 0 {
				dst = append(dst, ',')
			}
		}
		return append(dst, ']')
	}
	var few [16]Member
	dst = append(dst, '{')
	for k, m := range Members(few[:0], b) {
		if k > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(dst, m.Key...), ':')
		dst = Compact(dst, m.Value)
	}
	return append(dst, '}')
}
