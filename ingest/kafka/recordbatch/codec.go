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
