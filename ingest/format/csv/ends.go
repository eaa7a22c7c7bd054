package csv

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// Records without quotes are read many at once: first the ends of all their
// fields are found, then each column is read from top to bottom. So the
// processor need not guess where a field ends, and what to do with a field is
// asked once a column instead of once a field.

// ends are the places of the delimiters and newlines behind the fields of some
// records, all of the same number of fields.
type ends struct {
	at       []int32 // -1, then an end for each field
	portable bool    // for tests
}

const (
	// piece is how much text is looked at once: it and the ends stay in the
	// nearest cache from column to column.
	piece = 12 << 10
	// over is how many bytes behind a field may be read, never used.
	over = 32
)

// find finds the ends of the fields of at most most records of n fields in
// text, which begins with a record, and gives the number of records. It stops
// before the first that has something else than n fields, or a quote. plain is
// true when the text was seen to be ASCII.
func (e *ends) find(s *scanner, text []byte, n, most int) (records int, plain bool) {
	if s.quoting {
		if i := bytes.IndexByte(text, s.q); i >= 0 {
			text = text[:i]
		}
	}
	if room := len(text) + 1 + 64; len(e.at) < room {
		e.at = make([]int32, max(room, piece+1+64))
		e.at[0] = -1
	}
	at := e.at[1:]
	var all uint64
	k, p := 0, 0
	if packsBytes && !e.portable && len(text) >= 64 { // a quarter of the time that words take: CSV of 8 fields in 0.72 of the time
		p = len(text) &^ 63
		k, all = blockEnds(&at[0], &text[0], p/64, s.d)
		if all != 0 {
			all = high
		}
	}
	for ; p+64 <= len(text); p += 64 {
		m, or := s.block(text[p : p+64])
		all |= or
		for ; m != 0; m &= m - 1 {
			at[k] = int32(p + bits.TrailingZeros64(m))
			k++
		}
	}
	for ; p < len(text); p++ {
		all |= uint64(text[p])
		if text[p] == s.d || text[p] == '\n' {
			at[k] = int32(p)
			k++
		}
	}
	return regular(text, at, n, min(k/n, most)), all&high == 0
}

// block gives a bit for each of 64 bytes that is a delimiter or a newline, and
// what its words are when or'ed. A bit for every eighth byte is gathered first,
// then the bits are put in order: one multiplication for each word, which would
// do the same, measured slower.
func (s *scanner) block(b []byte) (m, or uint64) {
	b = b[:64:64]
	w0, w1 := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
	w2, w3 := binary.LittleEndian.Uint64(b[16:]), binary.LittleEndian.Uint64(b[24:])
	w4, w5 := binary.LittleEndian.Uint64(b[32:]), binary.LittleEndian.Uint64(b[40:])
	w6, w7 := binary.LittleEndian.Uint64(b[48:]), binary.LittleEndian.Uint64(b[56:])
	or = w0 | w1 | w2 | w3 | w4 | w5 | w6 | w7
	d, n := s.delim, s.newline
	if or&high == 0 {
		m = ^(others(w0, d, n)>>7 | others(w1, d, n)>>6 | others(w2, d, n)>>5 | others(w3, d, n)>>4 |
			others(w4, d, n)>>3 | others(w5, d, n)>>2 | others(w6, d, n)>>1 | others(w7, d, n))
	} else {
		m = either(w0, d, n)>>7 | either(w1, d, n)>>6 | either(w2, d, n)>>5 | either(w3, d, n)>>4 |
			either(w4, d, n)>>3 | either(w5, d, n)>>2 | either(w6, d, n)>>1 | either(w7, d, n)
	}
	return transposed(m), or
}

const rest = ^uint64(high)

// others has the high bit of each byte of an ASCII word that is neither a's nor b's.
func others(w, a, b uint64) uint64 { return (w ^ a + rest) & (w ^ b + rest) & high }

// either has the high bit of each byte of any word that is a's or b's.
func either(w, a, b uint64) uint64 {
	x, y := w^a, w^b
	return ^((x&rest + rest | x) & (y&rest + rest | y)) & high
}

// transposed swaps bit j of byte i with bit i of byte j.
func transposed(x uint64) uint64 {
	t := (x ^ x>>7) & 0x00AA00AA00AA00AA
	x ^= t ^ t<<7
	t = (x ^ x>>14) & 0x0000CCCC0000CCCC
	x ^= t ^ t<<14
	t = (x ^ x>>28) & 0x00000000F0F0F0F0
	return x ^ t ^ t<<28
}

// regular tells how many of the first records end after n fields with a newline
// and have no other newline.
func regular(text []byte, at []int32, n, records int) int {
	for r := range records {
		if text[at[r*n+n-1]] != '\n' {
			records = r
			break
		}
	}
	if records == 0 || bytes.Count(text[:at[records*n-1]], []byte{'\n'}) == records-1 {
		return records
	}
	for r := range records {
		for _, p := range at[r*n : r*n+n-1] {
			if text[p] == '\n' {
				return r
			}
		}
	}
	return records
}
