package jsonscan

// MaxDepth is how deep objects and arrays may nest.
const MaxDepth = 1000

// Skip reads one value of any kind at i, which must be its first byte, and
// checks all of it. depth is the number of objects and arrays around it.
func Skip(buf []byte, i, depth int) int {
	if i >= len(buf) {
		return ^len(buf)
	}
	switch c := buf[i]; {
	case c == '"':
		if end := StringEnd(buf, i+1); end < len(buf) && buf[end] == '"' {
			return end + 1
		}
		return String(buf, i)
	case c == '{' || c == '[':
		return container(buf, i, depth)
	default:
		return scalar(buf, i)
	}
}

// container reads an object or array without recursion; the kind of each open
// one is a bit of open.
func container(buf []byte, i, depth int) int {
	var open [(MaxDepth + 64) / 64]uint64
	n := 0 // open containers, this one included
	for {
		// At i stands the first byte of a value.
		if i >= len(buf) {
			return ^len(buf)
		}
		closed := false
		switch c := buf[i]; c {
		case '{', '[':
			if depth+n >= MaxDepth {
				return ^i
			}
			first := Blank(buf, i+1)
			if first >= len(buf) {
				return ^len(buf)
			}
			if buf[first] == c+2 { // "}" and "]" stand two behind their partners
				i, closed = first+1, true
				break
			}
			if c == '{' {
				open[n>>6] |= 1 << (n & 63)
				if i = name(buf, first); i < 0 {
					return i
				}
			} else {
				open[n>>6] &^= 1 << (n & 63)
				i = first
			}
			n++
			continue
		case '"':
			i = String(buf, i)
		default:
			i = scalar(buf, i)
		}
		if i < 0 {
			return i
		}
		if n == 0 && closed {
			return i
		}
		// Behind a value: commas and closing brackets until the next value.
	after:
		i = Blank(buf, i)
		if i >= len(buf) {
			return ^len(buf)
		}
		object := open[(n-1)>>6]&(1<<((n-1)&63)) != 0
		switch c := buf[i]; {
		case c == ',':
			i = Blank(buf, i+1)
			if object {
				if i = name(buf, i); i < 0 {
					return i
				}
			}
		case c == '}' && object || c == ']' && !object:
			i++
			if n--; n == 0 {
				return i
			}
			goto after
		default:
			return ^i
		}
	}
}

// name reads a key and its colon and gives the index of the value's first byte.
func name(buf []byte, i int) int {
	if i >= len(buf) || buf[i] != '"' {
		return ^i
	}
	if i = String(buf, i); i < 0 {
		return i
	}
	i = Blank(buf, i)
	if i >= len(buf) || buf[i] != ':' {
		return ^i
	}
	return Blank(buf, i+1)
}

// String reads a string whose opening quote stands at i.
func String(buf []byte, i int) int { return StringRest(buf, i+1) }

// StringRest reads the rest of a string, of which the bytes before i have been
// read.
func StringRest(buf []byte, i int) int {
	for {
		i = StringEnd(buf, i)
		if i >= len(buf) {
			return ^len(buf)
		}
		switch buf[i] {
		case '"':
			return i + 1
		case '\\':
			if i = escape(buf, i); i < 0 {
				return i
			}
		default:
			return ^i
		}
	}
}

// escape reads one escape sequence, both halves of a surrogate pair.
func escape(buf []byte, i int) int {
	if i+1 >= len(buf) {
		return ^len(buf)
	}
	switch buf[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
		r, ok := hex4(buf, i+2)
		if !ok || r >= 0xDC00 && r < 0xE000 {
			return ^i
		}
		if r >= 0xD800 && r < 0xDC00 {
			if i+7 >= len(buf) || buf[i+6] != '\\' || buf[i+7] != 'u' {
				return ^i
			}
			lo, ok := hex4(buf, i+8)
			if !ok || lo < 0xDC00 || lo >= 0xE000 {
				return ^i
			}
			return i + 12
		}
		return i + 6
	}
	return ^i
}

func hex4(buf []byte, i int) (r rune, ok bool) {
	if i+4 > len(buf) {
		return 0, false
	}
	for _, c := range buf[i : i+4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// scalar reads a number, true, false or null.
func scalar(buf []byte, i int) int {
	if i >= len(buf) {
		return ^len(buf)
	}
	switch buf[i] {
	case 't':
		return Literal(buf, i, "true")
	case 'f':
		return Literal(buf, i, "false")
	case 'n':
		return Literal(buf, i, "null")
	}
	return Number(buf, i)
}

// Literal reads the given word.
func Literal(buf []byte, i int, word string) int {
	if len(buf)-i >= len(word) && string(buf[i:i+len(word)]) == word {
		return i + len(word)
	}
	for j := range len(word) {
		if i+j >= len(buf) || buf[i+j] != word[j] {
			return ^(i + j)
		}
	}
	return ^i
}

// Number reads a number; what follows it is the caller's to check.
func Number(buf []byte, i int) int {
	if i+26 <= len(buf) { // few digits, and a point among them at most
		n := Run(Word(buf, i))
		if n > 0 && (buf[i] != '0' || n == 1) {
			at := i + n
			if n == 8 { // times, ids
				at += Run(Word(buf, at))
			}
			c := buf[at]
			if c == '.' {
				n = Run(Word(buf, at+1))
				at += 1 + n
				c = buf[at]
			}
			if c == ',' && n > 0 {
				return at
			}
		}
	}
	if i < len(buf) && buf[i] == '-' {
		i++
	}
	if i >= len(buf) {
		return ^len(buf)
	}
	if buf[i] == '0' {
		i++
	} else if i = digits(buf, i); i < 0 {
		return i
	}
	if i < len(buf) && buf[i] == '.' {
		if i = digits(buf, i+1); i < 0 {
			return i
		}
	}
	if i < len(buf) && buf[i]|0x20 == 'e' {
		i++
		if i < len(buf) && (buf[i] == '+' || buf[i] == '-') {
			i++
		}
		if i = digits(buf, i); i < 0 {
			return i
		}
	}
	return i
}

// digits reads at least one digit.
func digits(buf []byte, i int) int {
	from := i
	for i < len(buf) && buf[i]-'0' <= 9 {
		i++
	}
	if i == from {
		return ^i
	}
	return i
}
