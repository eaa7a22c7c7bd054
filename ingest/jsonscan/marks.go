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
// and how many bytes were looked at. So text up to there is UTF-8. at must have room for
// MarksRoom more than there are.
func Marks(at []int32, text []byte, escapes Escapes) (n, read int) {
	if len(text) == 0 {
		return 0, 0
	}
	if hasQuoted && escapes == QuoteEscapes {
		return marks(&at[0], &text[0], len(text))
	}
	if hasQuoted {
		from, to := int32(0), int32(len(text))
		c := marking{at: &at[0], buf: &text[0], from: &from, to: &to, records: 1, each: -1}
		plainMarks(&c)
		return c.found, c.read
	}
	return marksByWords(at, text, 0, escapes)
}

// MarksOf finds the marks of records, of which record i is buf[from[i]:to[i]], while they
// have each of them, and [Marks] with [NoEscapes] would look at all of their bytes, of which
// there are some: how many have. The end of each record is noted behind its marks. at must
// have room for a mark for each byte and each record, and MarksRoom more.
func MarksOf(at []int32, buf []byte, from, to []int32, each int) (records int) {
	if len(from) == 0 {
		return 0
	}
	if hasQuoted {
		c := marking{at: &at[0], buf: &buf[0], from: &from[0], to: &to[:len(from)][0], records: len(from), each: each}
		plainMarks(&c)
		return c.read
	}
	return marksOfByWords(at, buf, from, to, each)
}

func marksOfByWords(at []int32, buf []byte, from, to []int32, each int) (records int) {
	k := 0
	for i, a := range from {
		if a >= to[i] {
			return i
		}
		n, read := marksByWords(at[k:], buf[a:to[i]], a, NoEscapes)
		if n != each || read < int(to[i]-a) {
			return i
		}
		k += n + 1
		at[k-1] = to[i]
	}
	return len(from)
}

// marking are the arguments of plainMarks, which knows their places.
type marking struct {
	at            *int32
	buf           *byte
	from, to      *int32
	records, each int // each -1: of the first record, however many there are
	found, read   int // marks, and bytes of the first record; or records
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
