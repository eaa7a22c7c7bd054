package csv

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// Eight bytes are searched at a time: a byte of x^pattern is zero where the
// wanted byte stands, and the lowest zero byte is found exactly.
const (
	low  = 0x0101010101010101
	high = 0x8080808080808080
)

// noByte is what no byte equals.
const noByte = 0x100

func zeroBytes(x uint64) uint64 { return (x - low) &^ x & high }

// scanner finds where fields end.
type scanner struct {
	delim, newline uint64 // the byte in all eight places
	d, q           byte
	first          uint16 // the quote, or what no byte equals
	quoting        bool
}

func newScanner(d dialect) scanner {
	s := scanner{delim: low * uint64(d.delim), newline: low * '\n', d: d.delim, q: d.quote, first: noByte, quoting: d.quote != 0}
	if s.quoting {
		s.first = uint16(d.quote)
	}
	return s
}

// unquoted finds the delimiter or newline that ends the unquoted field at p;
// len(buf) when there is none.
func (s *scanner) unquoted(buf []byte, p int) int {
	for ; p+8 <= len(buf); p += 8 {
		w := binary.LittleEndian.Uint64(buf[p:])
		if m := zeroBytes(w^s.delim) | zeroBytes(w^s.newline); m != 0 {
			return p + bits.TrailingZeros64(m)>>3
		}
	}
	for ; p < len(buf); p++ {
		if buf[p] == s.d || buf[p] == '\n' {
			return p
		}
	}
	return p
}

// closing finds the quote that ends the quoted field whose text begins at p;
// -1 when buf ends before it, or with it and more may follow. doubled tells
// that the text has doubled quotes.
func (s *scanner) closing(buf []byte, p int, final bool) (end int, doubled bool) {
	for {
		i := bytes.IndexByte(buf[p:], s.q)
		if i < 0 {
			return -1, doubled
		}
		p += i
		if p+1 == len(buf) {
			if final {
				return p, doubled
			}
			return -1, doubled
		}
		if buf[p+1] != s.q {
			return p, doubled
		}
		doubled = true
		p += 2
	}
}

// unescape appends the text of a quoted field with each doubled quote once.
func (s *scanner) unescape(dst, text []byte) []byte {
	for {
		i := bytes.IndexByte(text, s.q)
		if i < 0 {
			return append(dst, text...)
		}
		dst = append(dst, text[:i+1]...)
		text = text[i+2:]
	}
}

// field is one field of a record as it stands in a buffer.
type field struct {
	text    []byte
	quoted  bool
	doubled bool // text still has its quotes doubled
	junk    bool // something stands between the closing quote and the delimiter
	lines   int32
}

// How a field ended.
const (
	atDelimiter = iota
	atNewline
	atEnd // of the input
	cut   // the buffer ends first, and more may follow
	open  // an unterminated quote, and the input ends
)

// next reads the field at p and tells where the next thing begins.
func (s *scanner) next(buf []byte, p int, final bool, f *field) (next, how int) {
	if !s.quoting || p >= len(buf) || buf[p] != s.q {
		e := s.unquoted(buf, p)
		f.quoted = false
		if e < len(buf) {
			if buf[e] == s.d {
				f.text = buf[p:e]
				return e + 1, atDelimiter
			}
			next = e + 1
			if e > p && buf[e-1] == '\r' {
				e--
			}
			f.text = buf[p:e]
			return next, atNewline
		}
		if !final {
			return p, cut
		}
		next = e
		if e > p && buf[e-1] == '\r' {
			e--
		}
		f.text = buf[p:e]
		return next, atEnd
	}
	end, doubled := s.closing(buf, p+1, final)
	if end < 0 {
		if !final {
			return p, cut
		}
		f.lines += int32(bytes.Count(buf[p:], []byte{'\n'}))
		return len(buf), open
	}
	f.quoted, f.doubled, f.text = true, doubled, buf[p+1:end]
	f.lines += int32(bytes.Count(f.text, []byte{'\n'}))
	e := s.unquoted(buf, end+1)
	if e == len(buf) && !final {
		return p, cut
	}
	rest := buf[end+1 : e]
	if e == len(buf) {
		how, next = atEnd, e
	} else if buf[e] == s.d {
		how, next = atDelimiter, e+1
	} else {
		how, next = atNewline, e+1
	}
	if len(rest) > 0 && !(how != atDelimiter && len(rest) == 1 && rest[0] == '\r') {
		f.junk = true
	}
	return next, how
}

// blank skips empty lines at p; more is true when the buffer ends in what may
// be half of one.
func blank(buf []byte, p int, final bool) (next int, lines int32, more bool) {
	for p < len(buf) {
		switch {
		case buf[p] == '\n':
			p++
			lines++
		case buf[p] == '\r' && p+1 == len(buf):
			if !final {
				return p, lines, true
			}
			p++
		case buf[p] == '\r' && buf[p+1] == '\n':
			p += 2
			lines++
		default:
			return p, lines, false
		}
	}
	return p, lines, false
}
