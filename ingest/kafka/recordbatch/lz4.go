package recordbatch

import (
	"encoding/binary"
	"errors"
	"io"

	"github.com/pierrec/lz4/v4"
)

const (
	lz4Magic     = 0x184D2204
	lz4Skippable = 0x184D2A50 // and the 15 behind it
)

var errLz4 = errors.New("not an lz4 frame")

// lz4Frames gives the blocks of frames one after the other. Checksums are not looked at,
// for that of the batch covers the same bytes.
type lz4Frames struct {
	in     []byte // behind the last block
	flags  byte
	inside bool // of a frame
	most   int  // bytes of a block, unpacked
}

// next gives the next block; without an error nil is the end. First tells that a frame
// begins with it.
func (f *lz4Frames) next() (block []byte, packed, first bool, err error) {
	for {
		if !f.inside {
			if len(f.in) == 0 {
				return nil, false, false, nil
			}
			if first, err = f.begin(); err != nil {
				return nil, false, false, err
			}
			continue
		}
		word, err := f.word()
		if err != nil {
			return nil, false, false, err
		}
		if word == 0 { // and the checksum of the content
			f.inside = false
			if err := f.skip(f.flags&4 != 0, 4); err != nil {
				return nil, false, false, err
			}
			continue
		}
		n := int(word & 0x7fffffff)
		if n > len(f.in) || n > f.most {
			return nil, false, false, io.ErrUnexpectedEOF
		}
		block, f.in = f.in[:n:n], f.in[n:]
		if err := f.skip(f.flags&0x10 != 0, 4); err != nil { // checksum of the block
			return nil, false, false, err
		}
		return block, word>>31 == 0, first, nil
	}
}

// begin reads the head of a frame, or passes what is not one.
func (f *lz4Frames) begin() (frame bool, err error) {
	magic, err := f.word()
	switch {
	case err != nil:
		return false, err
	case magic&^15 == lz4Skippable:
		n, err := f.word()
		if err != nil {
			return false, err
		}
		return false, f.skip(true, int(n))
	case magic != lz4Magic:
		return false, errLz4
	case len(f.in) < 3:
		return false, io.ErrUnexpectedEOF
	}
	flags, size := f.in[0], f.in[1]>>4&7
	if flags>>6 != 1 || size < 4 {
		return false, errLz4
	}
	if flags&1 != 0 {
		return false, errors.New("an lz4 frame with a dictionary")
	}
	f.flags, f.most, f.inside = flags, 1<<(8+2*size), true
	head := 3
	if flags&8 != 0 { // size of the content
		head += 8
	}
	return true, f.skip(true, head)
}

func (f *lz4Frames) word() (uint32, error) {
	if len(f.in) < 4 {
		return 0, io.ErrUnexpectedEOF
	}
	x := binary.LittleEndian.Uint32(f.in)
	f.in = f.in[4:]
	return x, nil
}

func (f *lz4Frames) skip(there bool, n int) error {
	if !there {
		return nil
	}
	if n > len(f.in) {
		return io.ErrUnexpectedEOF
	}
	f.in = f.in[n:]
	return nil
}

// low gives how far matches of the next block reach back: blocks are independent or refer
// to the 64 KiB before them in their frame.
func (f *lz4Frames) low(start, at int) int {
	if f.flags&0x20 != 0 {
		return at
	}
	return max(start, at-64<<10)
}

// unlz4 reads frames block by block: that is twice as fast as the library's reader
// of streams, which copies.
func (d *Decoder) unlz4(dst, src []byte) ([]byte, error) {
	f := lz4Frames{in: src}
	start := len(dst)
	for {
		block, packed, first, err := f.next()
		if err != nil || block == nil {
			return dst, err
		}
		if first {
			start = len(dst)
		}
		if len(dst) > maxUnpacked {
			return nil, errTooLarge
		}
		if !packed {
			dst = append(dst, block...)
		} else if dst, err = d.lz4Block(dst, block, f.low(start, len(dst)), f.most); err != nil {
			return nil, err
		}
	}
}

// lz4Block appends a block of at most so many bytes. How many they are, nothing tells;
// room for the most that a frame may hold would be 4 MiB for every batch. Blocks of a topic
// are alike: there is room for one that shrank as the last did, and more only where it does
// not do.
func (d *Decoder) lz4Block(dst, src []byte, low, most int) ([]byte, error) {
	from := len(dst)
	room := min(most, max(d.lz4Room(len(src)), cap(dst)-from))
	s := lz4Stream{src: src, at: from, low: low}
	for ; ; room = min(most, 4*room) {
		dst = grow(dst[:s.at], from+room)
		s.dst = dst[:from+room]
		err := s.unpack()
		if err == nil {
			d.shrank = 16*(s.at-from)/max(len(src), 1) + 1
			return s.dst[:s.at], nil
		}
		if room == most || lz4Kernel && !errors.Is(err, errLz4Room) {
			return nil, err
		}
	}
}

// lz4Room is the room that a block most likely needs.
func (d *Decoder) lz4Room(packed int) int {
	if d.shrank == 0 {
		return max(8*packed, 4096)
	}
	return max(packed*d.shrank/16+packed/2, 4096)
}

// unpack unpacks what is left of a block, with the library where there is no kernel.
func (s *lz4Stream) unpack() error {
	if lz4Kernel {
		return s.run()
	}
	n, err := lz4.UncompressBlockWithDict(s.src, s.dst[s.at:], s.dst[s.low:s.at])
	if err == nil {
		s.at, s.pos = s.at+n, len(s.src)
	}
	return err
}
