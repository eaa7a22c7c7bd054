package capture

import (
	"bytes"

	"github.com/velostream/velo/ingest/jsonscan"
)

// shape is how the line before was written: its text but for the values. The lines
// of a capture come from one program, so the next one mostly has the same shape, and
// then comparing the text between the values is all there is to parse. A line that
// has another, or a value that is not of the plain sort, is read key by key.
type shape struct {
	parts   []slot
	tail    []byte // what follows the last value
	unknown bool   // the timestamp's type says that there is none
}

// slot is a value and the text between it and the value before.
type slot struct {
	text  []byte
	field int32
}

const (
	maxSlots    = 32
	maxShape    = 4096 // bytes of text
	maxConstant = 32   // bytes of a field that means nothing here
	learnSeldom = 64   // lines without a known shape, of which one is learnt
	leastRoom   = 4096 // bytes of a payload that may be read before its line's end is known
)

// mark is where a value of a line stands.
type mark struct {
	field    int32
	from, to int
}

// learn takes the shape of a line that was read key by key, in place of the one
// that was not seen last.
func (s *Scanner) learn(rec []byte) {
	if s.misses++; len(s.marks) > maxSlots || s.misses > 2 && s.misses%learnSeldom != 0 {
		return
	}
	s.last ^= 1
	h := &s.shapes[s.last]
	parts := h.parts[:0]
	h.parts, h.unknown = nil, s.line.timestampIsNoneSaid
	at, size, seen := 0, 0, uint32(0)
	for _, m := range s.marks {
		if m.field != keyOther && seen&(1<<m.field) != 0 {
			return // which of two values counts is not for a shape to say
		}
		seen |= 1 << m.field
		if m.field == keyTimestampType || m.field == keyOther && s.misses < 3 && m.to-m.from <= maxConstant && rec[m.from] != '{' && rec[m.from] != '[' {
			continue // nearly always the same, hence text
		}
		n := len(parts)
		if n < cap(parts) {
			parts = parts[:n+1]
		} else {
			parts = append(parts, slot{})
		}
		parts[n].text, parts[n].field = append(parts[n].text[:0], rec[at:m.from]...), m.field
		size += m.from - at
		at = m.to
	}
	if size += len(rec) - at; size > maxShape {
		return
	}
	h.parts, h.tail = parts, append(h.tail[:0], rec[at:]...)
}

// alike reads a line that has the shape of one before, and gives its length; -1 when
// it has not, or is not all of buf's first line, and nothing of it counts then.
func (s *Scanner) alike(buf []byte, recs *Records) int {
	if n := s.has(&s.shapes[s.last], buf, recs); n >= 0 {
		s.misses = 0
		return n
	}
	s.keyed = true
	n := s.has(&s.shapes[s.last^1], buf, recs)
	if n >= 0 {
		s.last ^= 1
		s.misses = 0
	}
	return n
}

func (s *Scanner) has(h *shape, buf []byte, recs *Records) int {
	if len(h.parts) == 0 {
		return -1
	}
	e := &s.line
	if s.keyed { // the line before may have had fields that these lack
		*e, s.keyed = envelope{scratch: e.scratch, ts: NoTimestamp}, false
	}
	at, ascii := 0, true
	for k := range h.parts {
		p := &h.parts[k]
		from := at + len(p.text)
		if from >= len(buf) || string(buf[at:from]) != string(p.text) {
			return -1
		}
		switch p.field {
		case keyTopic:
			n := from + 1 + len(s.topic0)
			if n < len(buf) && buf[from] == '"' && buf[n] == '"' && string(buf[from+1:n]) == s.topic0 {
				e.topic, at = buf[from+1:n:n], n+1
				continue
			}
			end := jsonscan.StringEnd(buf, from+1)
			if buf[from] != '"' || end >= len(buf) || buf[end] != '"' || !jsonscan.UTF8(buf[from:end]) {
				return -1
			}
			e.topic, at = buf[from+1:end:end], end+1
			s.topic0 = s.topics.of(e.topic)
		case keyPartition, keyOffset, keyTimestamp:
			if p.field == keyOffset && !s.want.Offset || p.field == keyTimestamp && !s.want.Timestamp {
				if at = digits(buf, from); at < 0 { // checked, and not made a number
					return -1
				}
				continue
			}
			n, v := jsonscan.Digits(buf, from)
			if n == 0 || buf[from] == '0' && n > 1 {
				return -1
			}
			if at = from + n; n == 8 { // times, and offsets of long topics
				more, low := jsonscan.Digits(buf, at)
				if more == 8 {
					return -1
				}
				v, at = v*tens[more]+low, at+more
			}
			switch p.field {
			case keyOffset:
				e.offset = int64(v)
			case keyTimestamp:
				e.ts = int64(v)
			default:
				e.partition = int32(v)
				if v > 1<<31-1 {
					return -1
				}
			}
		case keyPayload:
			if buf[from] == '"' {
				// The longest part of the line is read once: checked, and unescaped to
				// where it will stay if the record is kept.
				to := recs.room(max(leastRoom, 2*len(e.unescaped)) + jsonscan.UnescapeRoom)
				var plain bool
				e.unescaped, at, plain = jsonscan.UnescapeQuotes(to, buf[:min(len(buf), from+cap(to)-jsonscan.UnescapeRoom)], from)
				ascii = ascii && plain
			} else if at = skip(buf, from); at >= 0 {
				ascii = ascii && jsonscan.ASCII(buf[from:at])
			}
			e.payload = span{from, at}
		default:
			if at = jsonscan.StringEnd(buf, from+1) + 1; buf[from] != '"' || at > len(buf) || buf[at-1] != '"' {
				at = skip(buf, from)
			}
			if at >= 0 {
				ascii = ascii && jsonscan.ASCII(buf[from:at])
			}
			switch v := (span{from, at}); p.field {
			case keyKey:
				e.key = v
			case keyKey64:
				e.key64 = v
			case keyPayload64:
				e.payload64 = v
			case keyHeaders:
				e.headers = v
			case keyHeaders64:
				e.headers64 = v
			}
		}
		if at < 0 {
			return -1
		}
	}
	end := at + len(h.tail)
	if end > len(buf) || end < len(buf) && buf[end] != '\n' || string(buf[at:end]) != string(h.tail) {
		return -1
	}
	e.buf = buf[:end:end]
	if !ascii && !jsonscan.UTF8(e.buf) {
		return -1
	}
	if h.unknown {
		e.ts = NoTimestamp
	}
	return end
}

// digits reads an integer without a sign.
func digits(buf []byte, from int) int {
	if from+16 > len(buf) {
		return -1
	}
	n := jsonscan.Run(jsonscan.Word(buf, from))
	if n == 0 || buf[from] == '0' && n > 1 {
		return -1
	}
	if n < 8 {
		return from + n
	}
	if n = jsonscan.Run(jsonscan.Word(buf, from+8)); n < 8 {
		return from + 8 + n
	}
	return -1
}

// skip reads a value that ends on the same line.
func skip(buf []byte, from int) int {
	at := jsonscan.Skip(buf, from, 1)
	if at > from && (buf[from] == '{' || buf[from] == '[') && bytes.IndexByte(buf[from:at], '\n') >= 0 {
		return -1
	}
	return at
}

var tens = [8]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7}
