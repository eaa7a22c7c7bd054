package jsonscan

import "math/bits"

// MarksRoom is how many places more than there are marks [Marks] needs.
const MarksRoom = 64

// Escapes says which escapes [Marks] passes.
type Escapes int

// The escapes passed.
const (
	QuoteEscapes Escapes = 0  // \", and no other
	NoEscapes    Escapes = -1 // nor a backslash at all
)

// Marks finds the quotes and newlines in text, up to the first byte that is neither
// printable ASCII nor a newline, or an escape that does not pass: how many there are,
// and how many bytes were looked at. So text up to there is UTF-8. base is the place of
// the text's first byte. at must have room for MarksRoom more than there are.
func Marks(at []int32, text []byte, base int32, escapes Escapes) (n, read int) {
	if len(text) == 0 {
		return 0, 0
	}
	if hasQuoted {
		return marks(&at[0], &text[0], len(text), int(base), int(escapes))
	}
	return marksByWords(at, text, base, escapes)
}

// marksByWords is Marks where the processor has no packing of bytes.
func marksByWords(at []int32, text []byte, base int32, escapes Escapes) (n, read int) {
	behind := uint64(0) // 0x80: the byte before the word is a backslash
	refused := uint64(escapes)
	i := 0
	for ; i+8 <= len(text); i += 8 {
		w := Word(text, i)
		slash := zeros(w ^ ones*'\\')
		quote := zeros(w ^ ones*'"')
		newline := zeros(w ^ ones*'\n')
		odd := (w|^((w|highs)-ones*0x20))&highs&^newline | (slash<<8|behind)&^quote | slash&refused
		at8 := quote | newline
		if odd != 0 {
			at8 &= odd&-odd - 1
		}
		for ; at8 != 0; at8 &= at8 - 1 {
			at[n] = base + int32(i+bits.TrailingZeros64(at8)>>3)
			n++
		}
		if odd != 0 {
			return n, i + bits.TrailingZeros64(odd)>>3
		}
		behind = slash >> 56
	}
	for ; i < len(text); i++ {
		c := text[i]
		if c != '\n' && (c < 0x20 || c >= 0x80) || behind != 0 && c != '"' || c == '\\' && refused != 0 {
			break
		}
		if behind = 0; c == '"' || c == '\n' {
			at[n] = base + int32(i)
			n++
		} else if c == '\\' {
			behind = 0x80
		}
	}
	return n, i
}

// zeros marks the bytes of a word that are zero, exactly.
func zeros(w uint64) uint64 { return ^(w&^highs + ^uint64(highs) | w) & highs }
