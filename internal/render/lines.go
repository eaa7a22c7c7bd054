package render

import (
	"context"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/ingest"
)

// lines frames the records of an encoder: what stands before the first record,
// between two, after each, after the last, and instead of none at all.
type lines struct {
	*buffer
	enc     ingest.Encoder
	first   string
	between string
	end     string
	last    string
	none    string

	scratch []byte
	ends    []int
	begun   bool
	some    bool
	closed  bool
}

func (s *lines) begin() {
	if s.begun {
		return
	}
	s.begun = true
	if f, ok := s.enc.(ingest.Framer); ok {
		s.buf = f.Begin(s.buf)
	}
}

// Write encodes the rows of a batch.
func (s *lines) Write(_ context.Context, b *arrowexec.Batch) error {
	var err error
	if s.scratch, s.ends, err = s.enc.Encode(s.scratch[:0], s.ends[:0], b); err != nil {
		return err
	}
	s.begin()
	from := 0
	for _, to := range s.ends {
		if s.some {
			s.buf = append(s.buf, s.between...)
		} else {
			s.buf = append(s.buf, s.first...)
			s.some = true
		}
		s.buf = append(append(s.buf, s.scratch[from:to]...), s.end...)
		from = to
	}
	return s.wrote(len(s.ends))
}

// Close ends the output; one that is abandoned stays as it is, for its rows
// cannot be taken back.
func (s *lines) Close(_ context.Context, commit bool) error {
	if s.closed {
		return nil
	}
	s.closed = true
	if commit {
		s.begin()
		if s.some {
			s.buf = append(s.buf, s.last...)
		} else {
			s.buf = append(s.buf, s.none...)
		}
		if f, ok := s.enc.(ingest.Framer); ok {
			s.buf = f.End(s.buf)
		}
	}
	return s.flush()
}
