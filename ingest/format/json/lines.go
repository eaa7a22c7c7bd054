package json

import (
	"bytes"
	"errors"

	"github.com/velostream/velo/ingest"
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
}

// DecodeStream implements [ingest.StreamDecoder].
func (s *Lines) DecodeStream(buf []byte, final bool, want int, rows *ingest.Rows, spans *[]ingest.Span) (used int, err error) {
	room := roomIn(rows.Cols)
	s.d.unknown = 0
	defer func() { rows.Unknown += s.d.unknown }()
	line := int32(0)
	for n := 0; n < want && used < len(buf); {
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
		used = next
		span := ingest.Span{From: int32(from), To: int32(from + len(rec)), Line: line}
		switch {
		case len(rec) > MaxLine:
			err = s.refuse(errLongLine, "", span, rows, spans)
		case s.d.record(rec, rows.Cols, rows.N):
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
