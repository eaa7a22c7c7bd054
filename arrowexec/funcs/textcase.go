package funcs

import (
	"unicode"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

func caseFuncs() []*expr.Func {
	return []*expr.Func{
		{
			Name: "UPPER", Aliases: []string{"UCASE"}, Family: "String", Signature: "UPPER(s)", Doc: "s in upper case, by simple Unicode mapping.",
			Example: "UPPER('größe')", Result: "GRÖßE", Overloads: []expr.Overload{on(is(vec.TypeString), mapCase('a', 'z', unicode.ToUpper), vec.String)},
		},
		{
			Name: "LOWER", Aliases: []string{"LCASE"}, Family: "String", Signature: "LOWER(s)", Doc: "s in lower case, by simple Unicode mapping.",
			Example: "LOWER('ÀB')", Result: "àb", Overloads: []expr.Overload{on(is(vec.TypeString), mapCase('A', 'Z', unicode.ToLower), vec.String)},
		},
		{
			Name: "INITCAP", Family: "String", Signature: "INITCAP(s)", Doc: "The first letter of each word in upper case, the rest in lower case; words are runs of letters and digits.",
			Example: "INITCAP('hello wORLD')", Result: "Hello World",
			Overloads: []expr.Overload{on(is(vec.TypeString), eachText(func(o *textOut, s []byte) {
				inside := false
				for len(s) > 0 {
					r, w := utf8.DecodeRune(s)
					s = s[w:]
					letter := unicode.IsLetter(r) || unicode.IsDigit(r)
					switch {
					case letter && !inside:
						r = unicode.ToUpper(r)
					case letter:
						r = unicode.ToLower(r)
					}
					inside = letter
					o.data = utf8.AppendRune(o.data, r)
				}
			}), vec.String)},
		},
		{
			Name: "REVERSE", Family: "String", Signature: "REVERSE(s)", Doc: "The characters of s in reverse order.",
			Example: "REVERSE('añb')", Result: "bña",
			Overloads: []expr.Overload{on(is(vec.TypeString), eachText(func(o *textOut, s []byte) {
				for len(s) > 0 {
					_, w := utf8.DecodeLastRune(s)
					o.data = append(o.data, s[len(s)-w:]...)
					s = s[:len(s)-w]
				}
			}), vec.String)},
		},
	}
}

// eachText makes the kernel of a function that appends one text's result.
func eachText(f func(o *textOut, s []byte)) expr.Kernel {
	return func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
		a := textsOf(args[0])
		o := newText(c, t, a.bytesOf(c.Batch.N)+64)
		for i := range rows(c.Batch.N, sel) {
			s := a.at(i)
			o.room(len(s))
			f(o, s)
			o.end(i)
		}
		return o.done()
	}
}

// mapCase maps the ASCII range by its case bit and the rest rune by rune.
func mapCase(from, to byte, f func(rune) rune) expr.Kernel {
	var table [utf8.RuneSelf]byte
	for b := range table {
		table[b] = byte(b)
		if byte(b) >= from && byte(b) <= to {
			table[b] ^= 0x20
		}
	}
	each := eachText(func(o *textOut, s []byte) {
		at := len(o.data)
		dst := o.data[:at+len(s)]
		for j, b := range s {
			if b >= utf8.RuneSelf {
				o.data = mapRunes(o.data[:at+j], s[j:], f)
				return
			}
			dst[at+j] = table[b]
		}
		o.data = dst
	})
	return func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
		if a := textsOf(args[0]); sel.Count(c.Batch.N) > c.Batch.N/8 && a.ascii(c.Batch.N) {
			return mapASCII(c, t, args[0], from, to)
		}
		return each(c, t, args, sel)
	}
}

func mapRunes(dst, s []byte, f func(rune) rune) []byte {
	for len(s) > 0 {
		r, w := utf8.DecodeRune(s)
		if r == utf8.RuneError && w == 1 {
			dst = append(dst, s[0])
		} else {
			dst = utf8.AppendRune(dst, f(r))
		}
		s = s[w:]
	}
	return dst
}

// prefix is how many bytes the first n characters of s take, and how many
// characters s lacks.
func prefix(s []byte, n int64) (bytes int, missing int64) {
	if n <= 0 {
		return 0, 0
	}
	if n >= int64(len(s)) {
		if isASCII(s) {
			return len(s), n - int64(len(s))
		}
	}
	i := 0
	for n > 0 && i < len(s) {
		if s[i] < utf8.RuneSelf {
			i++
		} else {
			_, w := utf8.DecodeRune(s[i:])
			i += w
		}
		n--
	}
	return i, n
}
