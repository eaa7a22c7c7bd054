package jsonscan

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// Word loads 8 bytes, little endian; buf must have them.
func Word(buf []byte, i int) uint64 { return binary.LittleEndian.Uint64(buf[i:]) }

// Special marks, in the high bit of each byte, the quotes, backslashes and
// control bytes of a word. The lowest mark is exact; marks above it may be
// false, as is usual with borrows.
func Special(w uint64) uint64 {
	q := w ^ ones*0x02 // the quote, 0x22, now sorts with the control bytes below 0x21
	b := w ^ ones*'\\'
	return ((q-ones*0x21)&^q | (b-ones)&^b) & highs
}

// StringEnd gives the index of the first quote, backslash or control byte at or
// after i, and len(buf) if there is none.
func StringEnd(buf []byte, i int) int {
	for ; i+8 <= len(buf); i += 8 {
		if m := Special(Word(buf, i)); m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
	}
	for ; i < len(buf); i++ {
		if c := buf[i]; c < 0x20 || c == '"' || c == '\\' {
			return i
		}
	}
	return len(buf)
}

// Digits reads the run of decimal digits at i, up to 8 of them: their number and
// value.
func Digits(buf []byte, i int) (n int, v uint64) {
	if i+8 > len(buf) {
		for ; i < len(buf) && buf[i]-'0' <= 9; i++ {
			v = v*10 + uint64(buf[i]-'0')
			n++
		}
		return n, v
	}
	w := Word(buf, i)
	if n = Run(w); n == 0 {
		return 0, 0
	}
	return n, Value(w, n)
}

// Run is how many of the first bytes of a word are decimal digits.
func Run(w uint64) int {
	t := w ^ ones*'0'
	// A byte is a digit when it is at most 9: adding 0x76 reaches the high bit otherwise.
	return bits.TrailingZeros64((t+ones*0x76|t)&highs) >> 3 // a carry begins behind a byte that is marked
}

// Value is the number that the first n digits of a word spell; n is 1 to 8.
func Value(w uint64, n int) uint64 {
	t := (w ^ ones*'0') << (uint(64-8*n) & 63)
	t = t*10 + t>>8
	return (t&0x000000FF000000FF*0x000F424000000064 + t>>16&0x000000FF000000FF*0x0000271000000001) >> 32
}

// ASCII tells whether all bytes are below 0x80.
func ASCII(b []byte) bool {
	for ; len(b) >= 32; b = b[32:] {
		if (Word(b, 0)|Word(b, 8)|Word(b, 16)|Word(b, 24))&highs != 0 {
			return false
		}
	}
	for ; len(b) >= 8; b = b[8:] {
		if Word(b, 0)&highs != 0 {
			return false
		}
	}
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// UTF8 tells whether b is UTF-8; it is quick where that is ASCII.
func UTF8(b []byte) bool { return ASCII(b) || utf8.Valid(b) }

// Blank gives the index of the first byte at or after i that is no white space
// of JSON.
func Blank(buf []byte, i int) int {
	for i < len(buf) {
		if c := buf[i]; c > ' ' || c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return i
		}
		i++
	}
	return i
}
