package jsonscan

import (
	"encoding/binary"
	"math/bits"
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
	t := Word(buf, i) ^ ones*'0'
	// A byte is a digit when it is at most 9: adding 0x76 reaches the high bit otherwise.
	m := (t&^highs + ones*0x76 | t) & highs
	n = bits.TrailingZeros64(m) >> 3 // 8 when m is 0
	if n == 0 {
		return 0, 0
	}
	t <<= uint(64-8*n) & 63
	t = t*10 + t>>8
	return n, (t&0x000000FF000000FF*0x000F424000000064 + t>>16&0x000000FF000000FF*0x0000271000000001) >> 32
}

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
