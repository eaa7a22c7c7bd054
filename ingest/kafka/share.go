package kafka

import (
	"context"
	"io"
	"slices"
	"sync"

	"github.com/velostream/velo/ingest"
)

// How a bounded read is cut for several pipelines: in pieces of pieceRecords, or
// more where there would be more than maxPieces, but not of more than pieceBytes.
const (
	pieceRecords = 4096
	maxPieces    = 4096
	pieceBytes   = 32 << 20
)

// share is one bounded read, of which pieces take records in turn: piece 0 the
// first, piece 1 those after them, and the last piece all that remain. So the
// records come in one order, however many pipelines decode them.
type share struct {
	cfg   *Config
	env   ingest.Env
	spans []span
	size  int // records of a piece

	turn []chan struct{} // closed when it is the piece's turn

	// The piece whose turn it is owns these.
	r     *rangeReader
	open  []*part // not reported as ended yet
	bytes int64   // fetched and told
	taken int64   // records
	err   error   // the read is broken

	mu   sync.Mutex
	refs int        // open sources
	all  bool       // the last piece was opened
	idle []*columns // decoders of pieces that were read, which the next ones use
}

// newShare cuts ranges for so many pipelines.
func newShare(c *Config, env ingest.Env, spans []span, threads int) *share {
	s := &share{cfg: c, env: env, spans: spans}
	total := int64(0)
	for _, p := range spans {
		total += p.To - p.From
	}
	n := int64(1)
	if threads > 1 {
		n = min(max((total+pieceRecords-1)/pieceRecords, 1), maxPieces)
	}
	s.size = int((total + n - 1) / n)
	for range n {
		s.turn = append(s.turn, make(chan struct{}))
	}
	close(s.turn[0])
	return s
}

func (s *share) last(i int) bool { return i == len(s.turn)-1 }

// wait waits for the turn of piece i and opens the reader for the first.
func (s *share) wait(ctx context.Context, i int) error {
	select {
	case <-s.turn[i]:
	case <-ctx.Done():
		return ctx.Err()
	}
	if s.err != nil || s.r != nil {
		return s.err
	}
	r, err := openRanges(ctx, s.cfg, s.env, s.spans)
	if err != nil {
		s.err = err
		return err
	}
	s.mu.Lock()
	s.r = r
	s.mu.Unlock()
	s.open = append(s.open, r.parts...)
	return nil
}

// ending is a range that ends behind so many records of a piece.
type ending struct {
	span
	at int
}

// take gives the records of a piece, and the turn to the next.
func (s *share) take(ctx context.Context, x *rangeSource) (taken *records, ends []ending, err error) {
	if err := s.wait(ctx, x.piece); err != nil && ctx.Err() != nil {
		return nil, nil, err // the run ends: nobody waits for a turn
	}
	defer close(s.turn[x.piece+1])
	if s.err != nil {
		return nil, nil, s.err
	}
	taken = newRecords()
	for taken.n < s.size && taken.bytes < pieceBytes {
		if s.err = s.r.take(ctx, taken, min(s.size, taken.n+512)); s.err != nil {
			taken.Return(false)
			return nil, nil, s.err
		}
		for _, p := range s.ended() {
			ends = append(ends, ending{p, taken.n})
		}
		if len(s.open) == 0 {
			break
		}
	}
	x.cols.read = s.taken
	s.taken += int64(taken.n)
	x.bytes.Add(s.told())
	return taken, ends, nil
}

// next gives the next records of the last piece; io.EOF at the end.
func (s *share) next(ctx context.Context, want int) (taken *records, ended []span, err error) {
	if s.err == nil && len(s.open) == 0 {
		return nil, nil, io.EOF
	}
	if s.err != nil {
		return nil, nil, s.err
	}
	taken = newRecords()
	if err = s.r.take(ctx, taken, want); err != nil {
		taken.Return(false)
		return nil, nil, err
	}
	return taken, s.ended(), nil
}

// ended gives the ranges that have been read to their ends since the last call.
func (s *share) ended() (out []span) {
	s.open = slices.DeleteFunc(s.open, func(p *part) bool {
		if p.drained() {
			p.told = true
			out = append(out, p.span)
			return true
		}
		return false
	})
	return out
}

// told gives the bytes fetched since the last call.
func (s *share) told() int64 {
	n := s.r.cl.w.bytes.Load() - s.bytes
	s.bytes += n
	return n
}

// opened notes that piece i is open, and gives it a decoder that has been used, if there
// is one: a piece is short, and a decoder of its own costs more than a hundred allocations.
func (s *share) opened(i int) *columns {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refs++
	s.all = s.all || s.last(i)
	n := len(s.idle)
	if n == 0 {
		return nil
	}
	c := s.idle[n-1]
	s.idle = s.idle[:n-1]
	return c
}

// closed takes back a decoder, and ends the client with the last source.
func (s *share) closed(c *columns) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle = append(s.idle, c)
	if s.refs--; s.refs == 0 && s.all {
		s.end()
	}
}

// close ends the client of a read of which not all pieces were read.
func (s *share) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end()
}

func (s *share) end() {
	if s.r != nil {
		s.r.close()
		s.r = nil
	}
}
