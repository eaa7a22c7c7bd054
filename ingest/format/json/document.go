package json

import (
	"bytes"
	"errors"

	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/jsonscan"
)

// Document reads files whose records are not lines: an array of objects, one
// object, or several one after the other. It must see the file from its start.
type Document struct {
	d  *Decoder
	in place
}

// place says what may come next.
type place uint8

const (
	top     place = iota // a value, or the end of the file
	first                // the first element of an array, or its end
	element              // an element
	after                // a comma, or the end of the array
)

var (
	errStray    = errors.New("JSON is not valid: expected a comma or the end of the array")
	errNoValue  = errors.New("JSON is not valid: expected an object")
	errOpen     = errors.New("JSON ends too early: the array is not closed")
	errTooLarge = errors.New("a JSON value is longer than 1 GiB")
)

const maxValue = 1 << 30

// DecodeStream implements [ingest.StreamDecoder].
func (s *Document) DecodeStream(buf []byte, final bool, want int, rows *ingest.Rows, spans *[]ingest.Span) (used int, err error) {
	room := roomIn(rows.Cols)
	s.d.unknown = 0
	defer func() { rows.Unknown += s.d.unknown }()
	lines, counted := int32(1), 0
	span := func(from, to int) ingest.Span {
		lines += int32(bytes.Count(buf[counted:from], []byte{'\n'}))
		counted = from
		return ingest.Span{From: int32(from), To: int32(to), Line: lines}
	}
	refuse := func(cause error, path string, from, to int) error {
		*spans = append(*spans, span(from, to))
		return rows.Bad(len(*spans)-1, path, cause)
	}
	for n := 0; n < want; {
		i := jsonscan.Blank(buf, used)
		used = i
		if i >= len(buf) {
			if final && s.in != top {
				s.in = top
				return used, refuse(errOpen, "", len(buf), len(buf))
			}
			return used, nil
		}
		c := buf[i]
		switch {
		case s.in == top && c == '[':
			s.in, used = first, i+1
			continue
		case (s.in == first || s.in == after) && c == ']':
			s.in, used = top, i+1
			continue
		case s.in == after && c == ',':
			s.in, used = element, i+1
			continue
		}
		stray := s.in == after || c == ']' || c == ',' || c == '}'
		at, before := ^i, s.d.unknown
		if c == '{' && !stray {
			at = s.d.object(s.d.root, buf, i, rows.Cols, rows.N, 1)
		}
		if at >= 0 && !jsonscan.UTF8(buf[i:at]) {
			s.d.cause = jsonscan.ErrUTF8
		}
		end := at
		if at >= 0 && s.d.touched { // what follows is not looked at but for where it ends
			var whole bool
			if end, whole = valueEnd(buf, i); !whole {
				at = ^len(buf)
			}
		}
		if at < 0 || s.d.cause != nil {
			s.d.undo(buf, at, rows.Cols, rows.N)
			cause, path := s.d.cause, s.d.path
			s.d.cause, s.d.path, s.d.unknown = nil, "", before
			var whole bool
			if end, whole = valueEnd(buf, i); !whole && !final {
				if len(buf)-i > maxValue {
					return used, errTooLarge
				}
				return used, nil
			}
			switch {
			case s.in == after:
				cause = errStray
			case stray:
				cause = errNoValue
			case c != '{':
				cause = errNoObject
			}
			n++
			used = end
			if !stray {
				s.behind()
			} else if c == ']' {
				s.in = top
			}
			if err := refuse(cause, path, i, end); err != nil {
				return used, err
			}
			continue
		}
		if room -= end - i; room < 0 && n > 0 {
			for _, b := range rows.Cols {
				b.Truncate(rows.N)
			}
			s.d.unknown = before
			return used, nil
		}
		n++
		used = end
		s.behind()
		rows.Kept = append(rows.Kept, int32(len(*spans)))
		rows.N++
		*spans = append(*spans, span(i, end))
	}
	return used, nil
}

// behind steps behind a value.
func (s *Document) behind() {
	if s.in != top {
		s.in = after
	}
}

// valueEnd finds the end of a value that may break the grammar, by its brackets;
// whole is false when it might go on beyond buf. A line that ends inside a
// string ends the value: strings hold no newlines.
func valueEnd(buf []byte, i int) (end int, whole bool) {
	depth := 0
	for i < len(buf) {
		switch c := buf[i]; c {
		case '"':
			for i++; i < len(buf) && buf[i] != '"'; i++ {
				if buf[i] == '\\' {
					i++
				} else if buf[i] == '\n' {
					return i, true
				}
			}
			if i >= len(buf) {
				return len(buf), false
			}
			i++
			if depth == 0 {
				return i, true
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth <= 0 {
				return i + 1, true
			}
		default:
			if depth == 0 { // a bare word or number
				from := i
				for i < len(buf) && bytes.IndexByte([]byte(" \n\r\t,]}[{\""), buf[i]) < 0 {
					i++
				}
				return max(i, from+1), i < len(buf)
			}
		}
		i++
	}
	return len(buf), false
}

// Boundary implements [ingest.StreamDecoder]: only reading tells where records start.
func (s *Document) Boundary(buf []byte, from int) (at int, ok bool) { return 0, from <= 0 }
