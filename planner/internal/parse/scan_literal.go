package parse

import (
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/velostream/velo/planner/internal/diag"
)

// stringToken reads '…', or E'…' with the E already passed.
func (z *scanner) stringToken(t *token, escapes bool) {
	t.kind, t.quote = tString, '\''
	z.i++
	var b strings.Builder
	for z.i < len(z.s) {
		switch c := z.s[z.i]; {
		case c == '\'' && strings.HasPrefix(z.s[z.i+1:], "'"):
			b.WriteByte('\'')
			z.i += 2
		case c == '\'':
			z.i++
			if t.kind != tBad {
				z.endString(t, b.String())
			}
			return
		case escapes && c == '\\' && z.i+1 < len(z.s):
			z.escape(t, &b)
		default:
			b.WriteByte(c)
			z.i++
		}
	}
	z.fail(t, t.start, diag.Syntax, "close it with '", "string is not closed")
}

func (z *scanner) endString(t *token, s string) {
	if !utf8.ValidString(s) {
		z.fail(t, t.start, diag.Literal, `write bytes as X'…'`, "string is not valid UTF-8")
		return
	}
	t.text = s
}

// escape reads one escape of E'…' as PostgreSQL does.
func (z *scanner) escape(t *token, b *strings.Builder) {
	at, c := z.i, z.s[z.i+1]
	z.i += 2
	digits := func(n int, ok func(byte) bool) string {
		j := z.i
		for j < len(z.s) && j-z.i < n && ok(z.s[j]) {
			j++
		}
		d := z.s[z.i:j]
		z.i = j
		return d
	}
	switch c {
	case 'b':
		b.WriteByte('\b')
	case 'f':
		b.WriteByte('\f')
	case 'n':
		b.WriteByte('\n')
	case 'r':
		b.WriteByte('\r')
	case 't':
		b.WriteByte('\t')
	case 'x':
		d := digits(2, isHex)
		if d == "" {
			b.WriteByte('x')
			return
		}
		v, _ := strconv.ParseUint(d, 16, 8)
		b.WriteByte(byte(v))
	case '0', '1', '2', '3', '4', '5', '6', '7':
		z.i--
		v, _ := strconv.ParseUint(digits(3, func(c byte) bool { return c >= '0' && c <= '7' }), 8, 16)
		b.WriteByte(byte(v))
	case 'u', 'U':
		want := 4
		if c == 'U' {
			want = 8
		}
		d := digits(want, isHex)
		v, err := strconv.ParseUint(d, 16, 32)
		if err != nil || len(d) != want || v > utf8.MaxRune || !utf8.ValidRune(rune(v)) {
			if t.kind != tBad {
				z.fail(t, at, diag.Literal, `write \uXXXX or \UXXXXXXXX`, "invalid Unicode escape")
			}
			return
		}
		b.WriteRune(rune(v))
	default:
		r, n := utf8.DecodeRuneInString(z.s[at+1:])
		z.i = at + 1 + n
		if r == utf8.RuneError && n <= 1 {
			b.WriteByte(z.s[at+1])
			return
		}
		b.WriteRune(r)
	}
}

// bytesToken reads X'…' with the X already passed.
func (z *scanner) bytesToken(t *token) {
	z.stringToken(t, false)
	if t.kind == tBad {
		return
	}
	v, err := hex.DecodeString(t.text)
	if err != nil {
		z.fail(t, t.start, diag.Literal, "two hexadecimal digits make a byte", "invalid bytes literal X'%s'", t.text)
		return
	}
	t.kind, t.text = tBytes, string(v)
}

// quotedName reads "…" or `…`.
func (z *scanner) quotedName(t *token, quote byte) {
	t.kind, t.quote = tQuoted, quote
	z.i++
	q := string(quote)
	start, doubled := z.i, false
	for z.i < len(z.s) {
		if z.s[z.i] != quote {
			z.i++
			continue
		}
		if strings.HasPrefix(z.s[z.i+1:], q) {
			doubled = true
			z.i += 2
			continue
		}
		t.text = z.s[start:z.i]
		z.i++
		if doubled {
			t.text = strings.ReplaceAll(t.text, q+q, q)
		}
		if !utf8.ValidString(t.text) {
			z.fail(t, t.start, diag.Syntax, "save the file as UTF-8", "name is not valid UTF-8")
		}
		return
	}
	z.fail(t, t.start, diag.Syntax, "close it with "+q, "quoted name is not closed")
}

// number reads 1, 1_000, 1.50, .5, 1., 1e3, 0xFF, and 5s as tGlued.
func (z *scanner) number(t *token) {
	start := z.i
	t.kind = tInt
	if rest := z.s[z.i:]; len(rest) > 2 && rest[0] == '0' && rest[1]|0x20 == 'x' && isHex(rest[2]) {
		z.i += 2
		z.digits(isHex)
	} else {
		z.digits(isDigit)
		if z.i < len(z.s) && z.s[z.i] == '.' && !strings.HasPrefix(z.s[z.i:], "..") {
			t.kind = tDecimal
			z.i++
			z.digits(isDigit)
		}
		z.exponent(t)
	}
	t.text = z.s[start:z.i]
	unitStart := z.i
	for z.i < len(z.s) {
		r, n := utf8.DecodeRuneInString(z.s[z.i:])
		if !isWordPart(r) || r == utf8.RuneError {
			break
		}
		z.i += n
	}
	if z.i == unitStart {
		return
	}
	t.unit = z.s[unitStart:z.i]
	if strings.HasPrefix(t.unit, "_") || strings.HasSuffix(t.text, "_") {
		z.fail(t, t.start, diag.Literal, "underscores stand between two digits", "malformed number %s", z.s[start:z.i])
		return
	}
	t.kind = tGlued
}

// digits passes digits with single underscores between them.
func (z *scanner) digits(ok func(byte) bool) {
	for z.i < len(z.s) {
		c := z.s[z.i]
		if ok(c) || c == '_' && z.i > 0 && ok(z.s[z.i-1]) && z.i+1 < len(z.s) && ok(z.s[z.i+1]) {
			z.i++
			continue
		}
		return
	}
}

func (z *scanner) exponent(t *token) {
	j := z.i
	if j >= len(z.s) || z.s[j]|0x20 != 'e' {
		return
	}
	j++
	if j < len(z.s) && (z.s[j] == '+' || z.s[j] == '-') {
		j++
	}
	if j >= len(z.s) || !isDigit(z.s[j]) {
		return
	}
	z.i = j
	z.digits(isDigit)
	t.kind = tDouble
}
