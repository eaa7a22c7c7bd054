package parquet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// Codecs of pages.
const (
	codecNone   = 0
	codecSnappy = 1
	codecGzip   = 2
	codecLZO    = 3
	codecBrotli = 4
	codecLZ4    = 5 // the framing of Hadoop
	codecZstd   = 6
	codecLZ4Raw = 7
)

var codecNames = []string{"none", "snappy", "gzip", "lzo", "brotli", "lz4 of Hadoop", "zstd", "lz4"}

// unpacker unpacks pages of one column; it keeps its memory.
type unpacker struct {
	zstd   *zstd.Decoder
	gzip   *gzip.Reader
	brotli *brotli.Reader
}

// supported tells whether pages of a codec can be unpacked.
func supported(codec int32) error {
	switch codec {
	case codecNone, codecSnappy, codecGzip, codecBrotli, codecZstd, codecLZ4, codecLZ4Raw:
		return nil
	case codecLZO:
		return fmt.Errorf("the pages are compressed by %s, which velo does not read; write the file with zstd or snappy", codecNames[codec])
	}
	return fmt.Errorf("the pages have the unknown codec %d", codec)
}

// unpack gives the size bytes that src was made of; dst is used if it is large
// enough.
func (u *unpacker) unpack(codec int32, dst, src []byte, size int) ([]byte, error) {
	if cap(dst) < size {
		dst = make([]byte, size)
	}
	dst = dst[:size]
	var out []byte
	var err error
	switch codec {
	case codecNone:
		out = src
	case codecSnappy:
		if n, e := s2.DecodedLen(src); e != nil || n != size {
			return nil, fmt.Errorf("a snappy page says %d bytes, not %d", n, size)
		}
		out, err = s2.Decode(dst, src)
	case codecLZ4Raw:
		var n int
		n, err = lz4.UncompressBlock(src, dst)
		out = dst[:max(n, 0)]
	case codecLZ4:
		if out, err = unpackHadoop(dst, src); err != nil { // old writers of Arrow left the framing out
			var n int
			n, err = lz4.UncompressBlock(src, dst)
			out = dst[:max(n, 0)]
		}
	case codecBrotli:
		if u.brotli == nil {
			u.brotli = brotli.NewReader(bytes.NewReader(src))
		} else {
			err = u.brotli.Reset(bytes.NewReader(src))
		}
		if err == nil {
			var n int
			if n, err = io.ReadFull(u.brotli, dst); err == io.ErrUnexpectedEOF || err == io.EOF {
				err = nil
			}
			out = dst[:n]
		}
	case codecZstd:
		if u.zstd == nil {
			if u.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(1<<31)); err != nil {
				return nil, err
			}
		}
		out, err = u.zstd.DecodeAll(src, dst[:0])
	case codecGzip:
		if u.gzip == nil {
			u.gzip, err = gzip.NewReader(bytes.NewReader(src))
		} else {
			err = u.gzip.Reset(bytes.NewReader(src))
		}
		if err == nil {
			var n int
			if n, err = io.ReadFull(u.gzip, dst); err == io.ErrUnexpectedEOF || err == io.EOF {
				err = nil
			}
			out = dst[:n]
		}
	}
	if err == nil && len(out) != size {
		err = fmt.Errorf("a page unpacks to %d bytes, not %d", len(out), size)
	}
	return out, err
}

// unpackHadoop unpacks frames of a length unpacked, a length packed, and a block.
func unpackHadoop(dst, src []byte) ([]byte, error) {
	at := 0
	for len(src) > 0 {
		if len(src) < 8 {
			return nil, errors.New("an lz4 frame is cut")
		}
		size, packed := int(binary.BigEndian.Uint32(src)), int(binary.BigEndian.Uint32(src[4:]))
		if src = src[8:]; packed > len(src) || size > len(dst)-at {
			return nil, errors.New("an lz4 frame is longer than its page")
		}
		n, err := lz4.UncompressBlock(src[:packed], dst[at:at+size])
		if err != nil {
			return nil, err
		}
		if n != size {
			return nil, errors.New("an lz4 frame unpacks to another length")
		}
		src, at = src[packed:], at+n
	}
	return dst[:at], nil
}

func (u *unpacker) close() {
	if u.zstd != nil {
		u.zstd.Close()
		u.zstd = nil
	}
}
