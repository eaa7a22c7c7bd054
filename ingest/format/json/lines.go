package json

import (
	"bytes"
	"errors"

	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/alike"
	"github.com/velostream/velo/ingest/jsonscan"
)

// MaxLine is how long one line may be.
const MaxLine = 64 << 20

var errLongLine = errors.New("line is longer than 64 MiB")

// Lines reads files of one object a line. Blank lines are passed over, and a
// carriage return before the newline belongs to it.
type Lines struct {
	d *Decoder
	// cut is set while the rest of a line that was too long is thrown away.
	cut bool
	// average is how long the lines read last were.
	average int
	// alike reads lines that differ in nothing but their values, many at once; nil
	// where only some of a line is looked at.
	alike *alike.Payloads
}

func newLines(d *Decoder) *Lines {
	d.lines = true
	s := &Lines{d: d}
	if !d.touched {
		s.alike = alike.NewPayloads(d)
	}
	return s
}

// DecodeStream implements [ingest.StreamDecoder].
func (s *Lines) DecodeStream(buf []byte, final bool, want int, rows *ingest.Rows, spans *[]ingest.Span) (used int, err error) {
	room := roomIn(rows.Cols)
	s.d.unknown = 0
	defer func() { rows.Unknown += s.d.unknown }()
	line := int32(0)
	alone := want // lines to read before the next run of lines that are alike
	if s.alike != nil {
		alone = 0
		s.alike.Begin(buf, rows)
	}
	for n := 0; n < want && used < len(buf); {
		if s.alike != nil && alone <= 0 && !s.cut {
			var k, next int
			if k, next, alone = s.runAlike(buf, used, want-n, line, rows, spans); k > 0 {
				n += k
				line += int32(k)
				used = next
				room = roomIn(rows.Cols)
				continue
			}
		}
		if k, size := s.run(buf, used, min(want-n, max(alone, 1)), room, line, rows, spans); k > 0 {
			n += k
			alone -= k
			line += int32(k)
			used += size
			room = roomIn(rows.Cols)
			continue
		}
		end := bytes.IndexByte(buf[used:], '\n')
		next := used + end + 1
		if end < 0 {
			if !final {
				if len(buf)-used <= MaxLine {
					return used, nil
				}
				if !s.cut { // too long, whatever comes: nobody needs to hold it
					s.cut = true
					err = s.refuse(errLongLine, "", ingest.Span{From: int32(used), To: int32(len(buf)), Line: line + 1}, rows, spans)
				}
				return len(buf), err
			}
			end, next = len(buf)-used, len(buf)
		}
		line++
		from := used
		rec := buf[from : from+end : from+end]
		if s.cut {
			s.cut, used = false, next
			continue
		}
		if end > 0 && rec[end-1] == '\r' {
			rec = rec[:end-1]
		}
		if jsonscan.Blank(rec, 0) == len(rec) {
			used = next
			continue
		}
		if room -= len(rec); room < 0 && n > 0 {
			return used, nil
		}
		n++
		alone--
		used = next
		span := ingest.Span{From: int32(from), To: int32(from + len(rec)), Line: line}
		switch {
		case len(rec) > MaxLine:
			err = s.refuse(errLongLine, "", span, rows, spans)
		case s.d.record(rec, rows.Cols, rows.N):
			s.average = len(rec)
			rows.Kept = append(rows.Kept, int32(len(*spans)))
			rows.N++
			*spans = append(*spans, span)
		default:
			err = s.refuse(s.d.cause, s.d.path, span, rows, spans)
			s.d.cause, s.d.path = nil, ""
		}
		if err != nil {
			return used, err
		}
	}
	return used, nil
}

// runAlike reads lines from buf[from:] while they differ in nothing but their values: how
// many, and the index behind them. Then so many are to be read by other ways.
func (s *Lines) runAlike(buf []byte, from, want int, line int32, rows *ingest.Rows, spans *[]ingest.Span) (n, next, alone int) {
	n, next, alone = s.alike.Lines(from, want)
	for i := range n {
		line++
		rows.Kept = append(rows.Kept, int32(len(*spans)))
		at, end := s.alike.Place(i)
		*spans = append(*spans, ingest.Span{From: at, To: end, Line: line})
	}
	if n > 0 {
		s.average = (next - from) / n
	}
	return n, next, alone
}

// run reads lines from buf[from:] while they are of the usual kind: the newline
// is not looked for, it follows the object. It gives their number and length.
func (s *Lines) run(buf []byte, from, want, room int, line int32, rows *ingest.Rows, spans *[]ingest.Span) (n, size int) {
	// Columns of text make room for all of a block: no more than is likely wanted.
	size = min(len(buf)-from, blockBytes, min(want, blockBytes)*2*max(s.average, 256))
	if s.cut || room < size+slack || !s.d.due() {
		return 0, 0
	}
	block := buf[from : from+size]
	if from+size < len(buf) { // what the last record of a block takes is behind it
		block = buf[from:min(len(buf), from+size+slack)]
	}
	want = min(want, size/3+1) // no line is shorter than {} and its newline
	if !s.d.open(rows.Cols, want, size) {
		return 0, 0
	}
	at := 0
	for n < want && at < size && block[at] == '{' {
		before := s.d.unknown
		end := s.d.fast(block, at, n)
		if end > 0 && s.d.touched {
			if next := bytes.IndexByte(block[end:], '\n'); next < 0 {
				end = -1
			} else if end += next; block[end-1] == '\r' {
				end--
			}
		}
		if end < 0 || end >= size {
			s.d.unknown = before
			break
		}
		next := end + 1
		if block[end] == '\r' && next < size {
			next++
		}
		if block[next-1] != '\n' {
			s.d.unknown = before
			break
		}
		line++
		rows.Kept = append(rows.Kept, int32(len(*spans)))
		*spans = append(*spans, ingest.Span{From: int32(from + at), To: int32(from + end), Line: line})
		at = next
		n++
	}
	if n > 0 {
		s.average = at / n
	}
	s.d.shut(n)
	s.d.cause, s.d.path = nil, ""
	rows.N += n
	s.d.ran(n, n == want || at == size)
	return n, at
}

func (s *Lines) refuse(cause error, path string, span ingest.Span, rows *ingest.Rows, spans *[]ingest.Span) error {
	*spans = append(*spans, span)
	return rows.Bad(len(*spans)-1, path, cause)
}

// Boundary implements [ingest.StreamDecoder]: a record starts behind every newline.
func (s *Lines) Boundary(buf []byte, from int) (at int, ok bool) {
	if from <= 0 {
		return 0, true
	}
	if from > len(buf) {
		return 0, false
	}
	end := bytes.IndexByte(buf[from-1:], '\n')
	return from + end, end >= 0
}
