package recordbatch

import (
	"errors"
	"io"
)

// lz4Stream is a block of lz4 that is being unpacked: src from pos on to dst from at on.
// Matches reach back to dst[low] at most.
type lz4Stream struct {
	dst []byte // all its room
	src []byte
	at  int
	pos int
	low int
}

var (
	errLz4Room  = errors.New("unpacks to more than the block may hold")
	errLz4Match = errors.New("refers to what is not there")
)

// ended tells whether all of the block is unpacked.
func (s *lz4Stream) ended() bool { return s.pos == len(s.src) }

// run unpacks what is left of the block.
func (s *lz4Stream) run() error {
	for !s.ended() {
		lz4One(s)
		if err := s.step(); err != nil {
			return err
		}
	}
	return nil
}

// step unpacks one sequence, whatever it is like; nothing of it is done where it fails. It is
// what the kernels leave, and their oracle: a sequence is some literals and a match, a copy
// of what was unpacked before.
func (s *lz4Stream) step() error {
	if s.ended() {
		return nil
	}
	src, pos := s.src, s.pos
	token := src[pos]
	n, pos := lz4Length(src, pos+1, int(token>>4))
	if pos < 0 || n > len(src)-pos {
		return io.ErrUnexpectedEOF
	}
	if n > len(s.dst)-s.at {
		return errLz4Room
	}
	literals := src[pos : pos+n]
	at := s.at + n
	if pos += n; pos == len(src) { // the last sequence has no match
		copy(s.dst[s.at:], literals)
		s.at, s.pos = at, pos
		return nil
	}
	if len(src)-pos < 2 {
		return io.ErrUnexpectedEOF
	}
	back := int(src[pos]) | int(src[pos+1])<<8
	n, pos = lz4Length(src, pos+2, int(token&15))
	switch n += 4; {
	case pos < 0:
		return io.ErrUnexpectedEOF
	case back == 0 || back > at-s.low:
		return errLz4Match
	case n > len(s.dst)-at:
		return errLz4Room
	}
	copy(s.dst[s.at:], literals)
	for n > 0 { // where it overlaps what it makes, each round has twice as much to copy
		k := copy(s.dst[at:at+n], s.dst[at-back:at])
		at, n, back = at+k, n-k, back+k
	}
	s.at, s.pos = at, pos
	return nil
}

// lz4Length reads the bytes that follow a length of 15, which has more; the position is
// -1 where they are cut.
func lz4Length(src []byte, pos, n int) (length, end int) {
	if n < 15 {
		return n, pos
	}
	for i, x := range src[pos:] {
		if n += int(x); x < 255 {
			return n, pos + i + 1
		}
	}
	return 0, -1
}
