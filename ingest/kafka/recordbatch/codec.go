package recordbatch

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// maxUnpacked bounds what one block holds unpacked: a small batch may claim a size
// that no machine has.
const maxUnpacked = 1 << 30

var errTooLarge = fmt.Errorf("unpacks to more than %d bytes", maxUnpacked)

// unpack appends the records of a compressed batch to dst.
func (d *Decoder) unpack(dst, src []byte, codec int) (out []byte, err error) {
	switch codec {
	case Gzip:
		out, err = d.gunzip(dst, src)
	case Snappy:
		out, err = unsnappy(dst, src)
	case Lz4:
		out, err = d.unlz4(dst, src)
	case Zstd:
		out, err = d.unzstd(dst, src)
	default:
		return nil, fmt.Errorf("has compression %d, which is not known", codec)
	}
	switch {
	case errors.Is(err, errTooLarge):
		return nil, errTooLarge
	case err != nil:
		return nil, fmt.Errorf("cannot be unpacked from %s: %w", [...]string{Gzip: "gzip", Snappy: "snappy", Lz4: "lz4", Zstd: "zstd"}[codec], err)
	}
	if out == nil {
		out = []byte{}
	}
	return out, nil
}

func (d *Decoder) gunzip(dst, src []byte) ([]byte, error) {
	d.src.Reset(src)
	if err := d.gzip.Reset(&d.src); err != nil {
		return nil, err
	}
	for {
		if cap(dst)-len(dst) < 512 {
			dst = slices.Grow(dst, max(len(dst), 4*len(src), 512))
		}
		n, err := d.gzip.Read(dst[len(dst):cap(dst)])
		if dst = dst[:len(dst)+n]; len(dst) > maxUnpacked {
			return nil, errTooLarge
		}
		if err == io.EOF {
			return dst, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func (d *Decoder) unzstd(dst, src []byte) (out []byte, err error) {
	if d.zstd == nil {
		d.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(maxUnpacked))
		if err != nil {
			return nil, err
		}
	}
	out, err = d.zstd.DecodeAll(src, dst)
	if errors.Is(err, zstd.ErrDecoderSizeExceeded) {
		return nil, errTooLarge
	}
	return out, err
}

// xerial begins the framing of snappy-java: then come two versions of 4 bytes, and
// blocks behind their lengths.
var xerial = []byte{130, 'S', 'N', 'A', 'P', 'P', 'Y', 0}

func unsnappy(dst, src []byte) ([]byte, error) {
	if len(src) < 16 || !bytes.HasPrefix(src, xerial) {
		return snappyBlock(dst, src)
	}
	for src = src[16:]; len(src) > 0; {
		if len(src) < 4 {
			return nil, io.ErrUnexpectedEOF
		}
		n := binary.BigEndian.Uint32(src)
		if src = src[4:]; uint64(n) > uint64(len(src)) {
			return nil, io.ErrUnexpectedEOF
		}
		var err error
		if dst, err = snappyBlock(dst, src[:n]); err != nil {
			return nil, err
		}
		src = src[n:]
	}
	return dst, nil
}

func snappyBlock(dst, src []byte) ([]byte, error) {
	n, err := s2.DecodedLen(src)
	if err != nil {
		return nil, err
	}
	if n > maxUnpacked-len(dst) {
		return nil, errTooLarge
	}
	at := len(dst)
	dst = slices.Grow(dst, n)[:at+n]
	if _, err = s2.Decode(dst[at:at+n:at+n], src); err != nil {
		return nil, err
	}
	return dst, nil
}

const (
	lz4Magic     = 0x184D2204
	lz4Skippable = 0x184D2A50 // and the 15 behind it
)

var errLz4 = errors.New("not an lz4 frame")

// unlz4 reads frames block by block: that is twice as fast as the library's reader
// of streams, which copies. Its checksums are not looked at, for that of the batch
// covers the same bytes.
func (d *Decoder) unlz4(dst, src []byte) ([]byte, error) {
	for len(src) > 0 {
		if len(src) < 4 {
			return nil, io.ErrUnexpectedEOF
		}
		magic := binary.LittleEndian.Uint32(src)
		src = src[4:]
		var err error
		switch {
		case magic == lz4Magic:
			dst, src, err = d.lz4Frame(dst, src)
		case magic&^15 == lz4Skippable:
			if len(src) < 4 {
				return nil, io.ErrUnexpectedEOF
			}
			n := binary.LittleEndian.Uint32(src)
			if src = src[4:]; uint64(n) > uint64(len(src)) {
				return nil, io.ErrUnexpectedEOF
			}
			src = src[n:]
		default:
			err = errLz4
		}
		if err != nil {
			return nil, err
		}
	}
	return dst, nil
}

func (d *Decoder) lz4Frame(dst, src []byte) (out, rest []byte, err error) {
	if len(src) < 3 {
		return nil, nil, io.ErrUnexpectedEOF
	}
	flags, size := src[0], src[1]>>4&7
	if flags>>6 != 1 || size < 4 {
		return nil, nil, errLz4
	}
	most := 1 << (8 + 2*size) // of a block
	head := 3
	if flags&8 != 0 { // size of the content
		head += 8
	}
	if flags&1 != 0 {
		return nil, nil, errors.New("an lz4 frame with a dictionary")
	}
	if len(src) < head {
		return nil, nil, io.ErrUnexpectedEOF
	}
	src = src[head:]
	start := len(dst)
	for {
		if len(src) < 4 {
			return nil, nil, io.ErrUnexpectedEOF
		}
		word := binary.LittleEndian.Uint32(src)
		if src = src[4:]; word == 0 {
			break
		}
		n := int(word & 0x7fffffff)
		if n > len(src) || n > most {
			return nil, nil, io.ErrUnexpectedEOF
		}
		if len(dst) > maxUnpacked {
			return nil, nil, errTooLarge
		}
		if word>>31 != 0 { // not compressed
			dst = append(dst, src[:n]...)
		} else {
			var dict []byte
			if flags&0x20 == 0 { // blocks refer to the 64 KiB before them
				dict = dst[max(start, len(dst)-64<<10):]
			}
			if dst, err = d.lz4Block(dst, src[:n], dict, most); err != nil {
				return nil, nil, err
			}
		}
		src = src[n:]
		if flags&0x10 != 0 { // checksum of the block
			if len(src) < 4 {
				return nil, nil, io.ErrUnexpectedEOF
			}
			src = src[4:]
		}
	}
	if flags&4 != 0 { // checksum of the content
		if len(src) < 4 {
			return nil, nil, io.ErrUnexpectedEOF
		}
		src = src[4:]
	}
	return dst, src, nil
}

// lz4Block appends a block of at most so many bytes. How many they are, nothing tells;
// room for the most that a frame may hold would be 4 MiB for every batch. Blocks of a topic
// are alike: there is room for one that shrank as the last did, and more only where it does
// not do.
func (d *Decoder) lz4Block(dst, src, dict []byte, most int) ([]byte, error) {
	room := min(most, max(len(src)*d.shrank/16+len(src)/2, 4096))
	if d.shrank == 0 {
		room = min(most, max(8*len(src), 4096))
	}
	for room = max(room, min(most, cap(dst)-len(dst))); ; room = min(most, 4*room) {
		dst = slices.Grow(dst, room)
		n, err := lz4.UncompressBlockWithDict(src, dst[len(dst):len(dst)+room], dict)
		if err == nil {
			d.shrank = 16*n/max(len(src), 1) + 1
			return dst[:len(dst)+n], nil
		}
		if room == most {
			return nil, err
		}
	}
}
