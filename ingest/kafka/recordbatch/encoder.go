package recordbatch

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/bits"
	"slices"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// Encoder makes batches of records. It belongs to one goroutine at a time.
type Encoder struct {
	codec int
	fast  lz4.Compressor
	best  *lz4.CompressorHC // nil: fast
	gzip  *gzip.Writer
	zstd  *zstd.Encoder
	out   bytes.Buffer // of gzip
}

// NewEncoder makes an encoder of a codec; a level below zero is the codec's own.
func NewEncoder(codec, level int) (e *Encoder, err error) {
	e = &Encoder{codec: codec}
	switch codec {
	case None, Snappy:
	case Gzip:
		if level < 0 {
			level = gzip.DefaultCompression
		}
		e.gzip, err = gzip.NewWriterLevel(&e.out, level)
	case Lz4:
		if level > 9 {
			err = fmt.Errorf("lz4 has levels 0 to 9, not %d", level)
		} else if level > 0 {
			e.best = &lz4.CompressorHC{Level: lz4.CompressionLevel(1 << (8 + level))}
		}
	case Zstd:
		opts := []zstd.EOption{zstd.WithWindowSize(64 << 10), zstd.WithEncoderConcurrency(1), zstd.WithZeroFrames(true)}
		if level >= 0 {
			opts = append(opts, zstd.WithEncoderLevel(zstd.EncoderLevel(ZstdLevel(level))))
		}
		e.zstd, err = zstd.NewWriter(nil, opts...)
	default:
		err = fmt.Errorf("there is no compression %d", codec)
	}
	return e, err
}

// ZstdLevel is the encoder's own level for one of zstd, of which it has four.
func ZstdLevel(level int) int { return int(zstd.EncoderLevelFromZstd(level)) }

// Close frees what the codec holds.
func (e *Encoder) Close() {
	if e.zstd != nil {
		_ = e.zstd.Close()
	}
}

// Encode appends the batch of some records to dst, which it owns from then on. It is not
// whole before [Stamp]. Records that do not shrink are left as they are.
func (e *Encoder) Encode(dst []byte, r *Records) ([]byte, error) {
	at := len(dst)
	dst = append(dst, make([]byte, headerSize)...)
	codec := e.codec
	out, err := e.pack(dst, r.Bytes)
	if err != nil {
		return nil, err
	}
	if codec == None || len(out)-len(dst) >= len(r.Bytes) {
		codec = None
		out = append(out[:len(dst)], r.Bytes...)
	}
	h := out[at : at+headerSize]
	binary.BigEndian.PutUint32(h[8:], uint32(len(out)-at-12))
	binary.BigEndian.PutUint32(h[12:], 0xffffffff) // the leader's epoch is the broker's to write
	h[16] = 2
	binary.BigEndian.PutUint16(h[21:], uint16(codec))
	binary.BigEndian.PutUint32(h[23:], uint32(r.N-1))
	binary.BigEndian.PutUint64(h[27:], uint64(r.First))
	binary.BigEndian.PutUint64(h[35:], uint64(r.MaxTime))
	binary.BigEndian.PutUint32(h[57:], uint32(r.N))
	return out, nil
}

// Stamp says who sends a batch, with which of its numbers, and writes the checksum. A
// producer of -1 is none.
func Stamp(batch []byte, producer int64, epoch int16, sequence int32) {
	binary.BigEndian.PutUint64(batch[43:], uint64(producer))
	binary.BigEndian.PutUint16(batch[51:], uint16(epoch))
	binary.BigEndian.PutUint32(batch[53:], uint32(sequence))
	binary.BigEndian.PutUint32(batch[17:], crc32.Checksum(batch[21:], castagnoli))
}

func (e *Encoder) pack(dst, src []byte) ([]byte, error) {
	at := len(dst)
	switch e.codec {
	case Gzip:
		e.out.Reset()
		e.gzip.Reset(&e.out)
		if _, err := e.gzip.Write(src); err != nil {
			return nil, err
		}
		if err := e.gzip.Close(); err != nil {
			return nil, err
		}
		return append(dst, e.out.Bytes()...), nil
	case Snappy:
		most := s2.MaxEncodedLen(len(src))
		if most < 0 {
			return nil, fmt.Errorf("snappy takes no %d bytes", len(src))
		}
		dst = slices.Grow(dst, most)
		return dst[:at+len(s2.EncodeSnappy(dst[at:at+most], src))], nil
	case Lz4:
		return e.lz4(dst, src)
	case Zstd:
		return e.zstd.EncodeAll(src, dst), nil
	}
	return dst, nil
}

// lz4 appends a frame of independent blocks, which is all that Java's consumer reads. It
// has no checksums, for the batch has one.
func (e *Encoder) lz4(dst, src []byte) ([]byte, error) {
	// The least of 64 KiB, 256 KiB, 1 MiB and 4 MiB that takes all of it: readers make
	// room for the size that the frame names.
	class := min(max((bits.Len(uint(max(len(src), 1)-1))-7)/2, 4), 7)
	most := 1 << (8 + 2*class)
	dst = binary.LittleEndian.AppendUint32(dst, lz4Magic)
	dst = append(dst, 0x60, byte(class<<4), lz4Check[class-4])
	for len(src) > 0 {
		in := src[:min(len(src), most)]
		src = src[len(in):]
		room := lz4.CompressBlockBound(len(in))
		dst = slices.Grow(dst, 4+room)
		at := len(dst) + 4
		n, err := 0, error(nil)
		if e.best != nil {
			n, err = e.best.CompressBlock(in, dst[at:at+room])
		} else {
			n, err = e.fast.CompressBlock(in, dst[at:at+room])
		}
		switch {
		case err != nil:
			return nil, err
		case n == 0 || n >= len(in): // does not shrink
			dst = binary.LittleEndian.AppendUint32(dst, uint32(len(in))|1<<31)
			dst = append(dst, in...)
		default:
			dst = binary.LittleEndian.AppendUint32(dst, uint32(n))
			dst = dst[:at+n]
		}
	}
	return binary.LittleEndian.AppendUint32(dst, 0), nil
}

// lz4Check is the checksum of a frame's head by the class of its blocks: the second byte
// of xxHash32 of the two bytes before it.
var lz4Check = [4]byte{0x82, 0xfb, 0x51, 0x73}
