package recordbatch

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"
	"slices"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// record is a record of a test's batch.
type record struct {
	delta   int32
	time    int64 // from the first of the batch
	key     []byte
	value   []byte
	headers []header
}

type header struct {
	key   string
	value []byte
}

// batch is a batch that a test writes, field by field.
type batch struct {
	base       int64
	lastDelta  int32
	epoch      int32
	attributes int16
	first, max int64
	producer   int64
	records    []record
}

func varbytes(dst, x []byte) []byte {
	if x == nil {
		return binary.AppendVarint(dst, -1)
	}
	return append(binary.AppendVarint(dst, int64(len(x))), x...)
}

func (b *batch) encode(pack func([]byte) []byte) []byte {
	var recs []byte
	for _, r := range b.records {
		one := []byte{0}
		one = binary.AppendVarint(one, r.time)
		one = binary.AppendVarint(one, int64(r.delta))
		one = varbytes(varbytes(one, r.key), r.value)
		one = binary.AppendVarint(one, int64(len(r.headers)))
		for _, h := range r.headers {
			one = varbytes(varbytes(one, []byte(h.key)), h.value)
		}
		recs = append(binary.AppendVarint(recs, int64(len(one))), one...)
	}
	if pack != nil {
		recs = pack(recs)
	}
	out := binary.BigEndian.AppendUint64(nil, uint64(b.base))
	out = binary.BigEndian.AppendUint32(out, uint32(headerSize-12+len(recs)))
	out = binary.BigEndian.AppendUint32(out, uint32(b.epoch))
	out = append(out, 2, 0, 0, 0, 0)
	out = binary.BigEndian.AppendUint16(out, uint16(b.attributes))
	out = binary.BigEndian.AppendUint32(out, uint32(b.lastDelta))
	out = binary.BigEndian.AppendUint64(out, uint64(b.first))
	out = binary.BigEndian.AppendUint64(out, uint64(b.max))
	out = binary.BigEndian.AppendUint64(out, uint64(b.producer))
	out = append(out, 0, 0, 0, 0, 0, 0)
	out = binary.BigEndian.AppendUint32(out, uint32(len(b.records)))
	out = append(out, recs...)
	seal(out)
	return out
}

// seal writes the checksum of a batch.
func seal(batch []byte) {
	binary.BigEndian.PutUint32(batch[17:], crc32.Checksum(batch[21:], castagnoli))
}

// packer is a way to compress that some client has.
type packer struct {
	name  string
	codec int16
	pack  func([]byte) []byte
}

func lz4With(opts ...lz4.Option) func([]byte) []byte {
	return func(in []byte) []byte {
		var buf bytes.Buffer
		w := lz4.NewWriter(&buf)
		if err := w.Apply(append(slices.Clone(opts), lz4.SizeOption(uint64(len(in))))...); err != nil {
			panic(err)
		}
		for len(in) > 0 { // in pieces, so that frames have blocks
			n := min(len(in), 1+rand.IntN(len(in)))
			_, _ = w.Write(in[:n])
			in = in[n:]
		}
		_ = w.Close()
		return buf.Bytes()
	}
}

var packers = []packer{
	{"none", None, nil},
	{"gzip", Gzip, func(in []byte) []byte {
		var buf bytes.Buffer
		w := gzip.NewWriter(&buf)
		_, _ = w.Write(in)
		_ = w.Close()
		return buf.Bytes()
	}},
	{"snappy", Snappy, func(in []byte) []byte { return s2.EncodeSnappy(nil, in) }},
	{"snappy of Java", Snappy, func(in []byte) []byte {
		out := append([]byte{}, xerial...)
		out = append(out, 0, 0, 0, 1, 0, 0, 0, 1)
		for len(in) > 0 {
			n := min(len(in), 700)
			block := s2.EncodeSnappy(nil, in[:n])
			out = append(binary.BigEndian.AppendUint32(out, uint32(len(block))), block...)
			in = in[n:]
		}
		return out
	}},
	{"lz4", Lz4, lz4With()},
	{"lz4 with small blocks and checksums", Lz4, lz4With(lz4.BlockSizeOption(lz4.Block64Kb), lz4.BlockChecksumOption(true))},
	{"lz4 without checksums", Lz4, lz4With(lz4.ChecksumOption(false), lz4.BlockSizeOption(lz4.Block256Kb))},
	{"zstd", Zstd, func(in []byte) []byte {
		w, _ := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
		defer w.Close()
		return w.EncodeAll(in, nil)
	}},
	{"zstd of a stream", Zstd, func(in []byte) []byte {
		var buf bytes.Buffer
		w, _ := zstd.NewWriter(&buf, zstd.WithEncoderConcurrency(1))
		_, _ = w.Write(in)
		_ = w.Close()
		return buf.Bytes()
	}},
}
