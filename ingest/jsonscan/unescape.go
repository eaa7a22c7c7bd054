package jsonscan

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// UnescapeRoom is how many bytes of room beyond the text make [Unescape] fast.
const UnescapeRoom = 64

// Unescape reads the string whose opening quote stands at i and appends its
// content to dst. With room in dst for the rest of buf and UnescapeRoom bytes it
// may pass over \" 64 bytes at a time: JSON in a string of JSON is full of it.
func Unescape(dst, buf []byte, i int) ([]byte, int) {
	i++
	for {
		if rest := len(buf) - i; hasQuoted && rest >= 64 && cap(dst)-len(dst) >= rest+UnescapeRoom {
			read, wrote, _ := quoted(&dst[len(dst) : len(dst)+1][0], &buf[i], rest)
			dst = dst[:len(dst)+wrote]
			if i += read; i < len(buf) {
				goto special
			}
			return dst, ^len(buf)
		}
		for i+8 <= len(buf) { // copy words until one has something special
			w := Word(buf, i)
			dst = binary.LittleEndian.AppendUint64(dst, w)
			if m := Special(w); m != 0 {
				n := bits.TrailingZeros64(m) >> 3
				dst = dst[:len(dst)-8+n]
				i += n
				goto special
			}
			i += 8
		}
		for i < len(buf) && buf[i] != '"' && buf[i] != '\\' && buf[i] >= 0x20 {
			dst = append(dst, buf[i])
			i++
		}
	special:
		if i >= len(buf) {
			return dst, ^len(buf)
		}
		if buf[i] == '"' {
			return dst, i + 1
		}
		if buf[i] != '\\' {
			return dst, ^i
		}
		if i+1 < len(buf) && plain[buf[i+1]] != 0 {
			dst = append(dst, plain[buf[i+1]])
			i += 2
			continue
		}
		next := escape(buf, i)
		if next < 0 {
			return dst, next
		}
		r, _ := hex4(buf, i+2)
		if next == i+12 {
			lo, _ := hex4(buf, i+8)
			r = 0x10000 + (r-0xD800)<<10 + (lo - 0xDC00)
		}
		dst = utf8.AppendRune(dst, r)
		i = next
	}
}

// UnescapeQuotes is [Unescape] for a string that is likely to have no escapes but \",
// with room. ascii says that the text is ASCII; false says nothing.
func UnescapeQuotes(dst, buf []byte, i int) (out []byte, next int, ascii bool) {
	if rest := len(buf) - i - 1; hasQuoted && rest > 0 && cap(dst)-len(dst) >= rest+UnescapeRoom {
		read, wrote, high := quoted(&dst[len(dst) : len(dst)+1][0], &buf[i+1], rest)
		if at := i + 1 + read; at < len(buf) && buf[at] == '"' {
			return dst[:len(dst)+wrote], at + 1, high == 0
		}
	}
	out, next = Unescape(dst, buf, i)
	return out, next, false
}

// plain are the escapes of one letter.
var plain = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// Compact appends the value buf, which has been checked, without the white space
// between its parts; strings and numbers keep their spelling.
func Compact(dst, buf []byte) []byte {
	for i := 0; i < len(buf); {
		switch c := buf[i]; c {
		case ' ', '\n', '\r', '\t':
			i++
		case '"':
			end := String(buf, i)
			if end < 0 {
				return dst
			}
			dst = append(dst, buf[i:end]...)
			i = end
		default:
			dst = append(dst, c)
			i++
		}
	}
	return dst
}
