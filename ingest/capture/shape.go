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
	learnSeldom = 64   // lines without a known shape, of which one is learnt
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
		if m.field == keyTimestampType {
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

// alike reads a line that has the shape of one before; false when it has not, and
// nothing of it counts then.
func (s *Scanner) alike(rec []byte, recs *Records) bool {
	if s.has(&s.shapes[s.last], rec, recs) {
		s.misses = 0
		return true
	}
	s.keyed = true
	if s.has(&s.shapes[s.last^1], rec, recs) {
		s.last ^= 1
		s.misses = 0
		return true
	}
	return false
}

func (s *Scanner) has(h *shape, rec []byte, recs *Records) bool {
	if len(h.parts) == 0 {
		return false
	}
	e := &s.line
	if s.keyed { // the line before may have had fields that these lack
		*e, s.keyed = envelope{scratch: e.scratch, ts: NoTimestamp}, false
	}
	e.buf = rec
	at := 0
	for k := range h.parts {
		p := &h.parts[k]
		from := at + len(p.text)
		if from >= len(rec) || string(rec[at:from]) != string(p.text) {
			return false
		}
		switch p.field {
		case keyTopic:
			n := from + 1 + len(s.topic0)
			if n < len(rec) && rec[from] == '"' && rec[n] == '"' && string(rec[from+1:n]) == s.topic0 {
				e.topic, at = rec[from+1:n:n], n+1
				continue
			}
			end := jsonscan.StringEnd(rec, from+1)
			if rec[from] != '"' || end >= len(rec) || rec[end] != '"' {
				return false
			}
			e.topic, at = rec[from+1:end:end], end+1
			s.topic0 = s.topics.of(e.topic)
		case keyPartition, keyOffset, keyTimestamp:
			n, v := jsonscan.Digits(rec, from)
			if n == 0 || rec[from] == '0' && n > 1 {
				return false
			}
			if at = from + n; n == 8 { // times, and offsets of long topics
				more, low := jsonscan.Digits(rec, at)
				if more == 8 {
					return false
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
					return false
				}
			}
		case keyPayload:
			if rec[from] == '"' {
				e.unescaped, at = jsonscan.Unescape(recs.room(len(rec)-from+jsonscan.UnescapeRoom), rec, from)
			} else {
				at = jsonscan.Skip(rec, from, 1)
			}
			e.payload = span{from, at}
		default:
			at = jsonscan.Skip(rec, from, 1)
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
			return false
		}
	}
	if !bytes.Equal(rec[at:], h.tail) || !jsonscan.UTF8(rec) {
		return false
	}
	if h.unknown {
		e.ts = NoTimestamp
	}
	return true
}

var tens = [8]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7}
