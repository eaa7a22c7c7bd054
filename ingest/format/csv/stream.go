package csv

import (
	"bytes"

	"github.com/velostream/velo/ingest"
)

// DecodeStream reads records from the start of buf.
func (c *decoder) DecodeStream(buf []byte, final bool, want int, rows *ingest.Rows, spans *[]ingest.Span) (used int, err error) {
	line, p := int32(1), 0
	for n := 0; n < want; n++ {
		if k, next := c.many(buf, p, want-n, rows); k > 0 {
			width := len(c.to)
			for r := range k {
				from, to := p+1+int(c.ends.at[r*width]), p+int(c.ends.at[(r+1)*width])
				*spans = append(*spans, ingest.Span{From: int32(from), To: int32(trimEnd(buf, from, to+1)), Line: line})
				rows.Kept = append(rows.Kept, int32(n+r))
				line++
			}
			rows.N += k
			rows.Unknown += c.extra * int64(k)
			n += k - 1
			p = next
			continue
		}
		from, lines, more := blank(buf, p, final)
		line += lines
		p = from
		if more || p == len(buf) {
			return p, nil
		}
		next, what := c.record(buf, p, final, rows)
		if what == incomplete {
			return p, nil
		}
		*spans = append(*spans, ingest.Span{From: int32(p), To: int32(trimEnd(buf, p, next)), Line: line})
		if what == whole {
			rows.N++
			rows.Kept = append(rows.Kept, int32(n))
			rows.Unknown += c.extra
		} else if err := rows.Bad(n, c.badField, c.cause); err != nil {
			return next, err
		}
		line += c.lines + 1
		p = next
	}
	return p, nil
}

// trimEnd gives the end of a record without its newline.
func trimEnd(buf []byte, from, to int) int {
	if to > from && buf[to-1] == '\n' {
		to--
		if to > from && buf[to-1] == '\r' {
			to--
		}
	}
	return to
}

// Boundary finds the first record start at or after from, given that buf begins
// at a record start: nothing less tells whether a newline stands in quotes.
func (c *decoder) Boundary(buf []byte, from int) (at int, ok bool) {
	if from > len(buf) {
		return 0, false
	}
	t := tracker{s: &c.scan, fresh: true, record: true}
	if t.feed(buf[:from]) {
		return from, true
	}
	if i := t.newline(buf[from:]); i >= 0 {
		return from + i, true
	}
	return 0, false
}

// tracker follows the text and knows whether it stands in quotes. It looks at
// quotes only, so it runs much faster than a decoder.
type tracker struct {
	s       *scanner
	inside  bool
	pending bool // inside, and the last byte was a quote: closing, or the first of two
	fresh   bool // the next byte begins a field
	record  bool // the next byte begins a record
	quotes  int64
}

// feed follows a part of the text and tells whether the next byte begins a
// record.
func (t *tracker) feed(b []byte) bool {
	for len(b) > 0 {
		if t.pending {
			t.pending = false
			if b[0] == t.s.q {
				b = b[1:]
				continue
			}
			t.inside, t.fresh = false, false
		}
		var i int
		if t.s.quoting {
			i = bytes.IndexByte(b, t.s.q)
		} else {
			i = -1
		}
		if i < 0 {
			if !t.inside {
				t.fresh = b[len(b)-1] == t.s.d || b[len(b)-1] == '\n'
				t.record = b[len(b)-1] == '\n'
			}
			break
		}
		t.quotes++
		switch {
		case t.inside:
			t.pending = true
		case i > 0 && (b[i-1] == t.s.d || b[i-1] == '\n') || i == 0 && t.fresh:
			t.inside = true
		default:
			t.fresh = false
		}
		t.record = false
		b = b[i+1:]
	}
	return !t.inside && t.record
}

// newline finds the end of the first line of b that ends outside quotes, and
// gives the position after it; -1 if there is none, with everything followed.
func (t *tracker) newline(b []byte) int {
	at := 0
	for at < len(b) {
		i := bytes.IndexByte(b[at:], '\n')
		if i < 0 {
			t.feed(b[at:])
			return -1
		}
		if t.feed(b[at : at+i+1]) {
			return at + i + 1
		}
		at += i + 1
	}
	return -1
}

// maxQuotes is how many quotes a KiB of text may have for splitting to pay: with
// more, following them takes as long as decoding.
const maxQuotes = 16

// splitBytes are followed at a time.
const splitBytes = 1 << 20

// Split follows the text from one record start to the next one at or after a position;
// -1 when the text is full of quotes. Text without quotes is plain.
func (c *decoder) Split(r ingest.Ranger, from, size, at int64) (start int64, plain bool, err error) {
	t := tracker{s: &c.scan, fresh: true, record: true}
	for pos := from; pos < size; {
		b, err := r.Range(pos, int(min(splitBytes, size-pos)))
		if len(b) == 0 {
			return -1, false, err
		}
		if skip := at - pos; skip > 0 {
			b = b[:min(skip, int64(len(b)))]
			fresh := t.feed(b)
			if pos += int64(len(b)); fresh && pos == at && pos < size {
				return pos, t.quotes == 0, nil
			}
		} else if i := t.newline(b); i >= 0 {
			if pos += int64(i); pos < size {
				return pos, t.quotes == 0, nil
			}
		} else {
			pos += int64(len(b))
		}
		if t.quotes > (pos-from)>>10*maxQuotes+1024 {
			return -1, false, nil
		}
	}
	return -1, false, nil
}

// Plain takes quotes as any other text, where [decoder.Split] has seen that there are
// none: to look for them again was a twelfth of the time.
func (c *decoder) Plain() { c.scan.quoting, c.scan.first = false, noByte }
