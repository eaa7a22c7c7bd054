package avro

import (
	"bytes"
	"crypto/md5"
	"encoding/binary"
	"hash/crc32"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/ingest"
)

const blockBytes = 64 << 10

// containerWriter writes a container file, block by block.
type containerWriter struct {
	w     io.Writer
	enc   *encoder
	codec string
	sync  [syncLen]byte
	data  []byte
	ends  []int
	count int
	buf   []byte
	zstd  *zstd.Encoder
}

// newContainerWriter writes the header: the schema of the key schema, else one of
// the columns. The mark between blocks is made of the schema, so that the same
// rows give the same file.
func newContainerWriter(w io.Writer, p ingest.Props, fields []arrow.Field) (ingest.FileWriter, error) {
	name, err := p.Enum("none", []string{"none", "deflate", "snappy", "zstd"}, "compression.type")
	if err != nil {
		return nil, ingest.Usage(err)
	}
	n, err := schemaOf(p)
	if err != nil {
		return nil, err
	}
	if n == nil {
		if n, err = derive(fields); err != nil {
			return nil, err
		}
	}
	x := &containerWriter{w: w, codec: map[string]string{"none": "null", "zstd": "zstandard"}[name]}
	if x.codec == "" {
		x.codec = name
	}
	if x.enc, err = newEncoder(n, fields); err != nil {
		return nil, err
	}
	if x.codec == "zstandard" {
		if x.zstd, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1)); err != nil {
			return nil, err
		}
	}
	text := func(s string) { x.data = append(binary.AppendVarint(x.data, int64(len(s))), s...) }
	x.data = append(x.data, magic...)
	x.data = binary.AppendVarint(x.data, 2)
	text("avro.codec")
	text(x.codec)
	text("avro.schema")
	text(spelled(n))
	x.data = append(x.data, 0)
	x.sync = md5.Sum([]byte(spelled(n)))
	x.data = append(x.data, x.sync[:]...)
	_, err = w.Write(x.data)
	x.data = x.data[:0]
	return x, err
}

// Write implements [ingest.FileWriter].
func (x *containerWriter) Write(b *arrowexec.Batch) error {
	var err error
	if x.data, x.ends, err = x.enc.Encode(x.data, x.ends[:0], b); err != nil {
		return err
	}
	x.count += len(x.ends)
	if len(x.data) >= blockBytes {
		return x.flush()
	}
	return nil
}

func (x *containerWriter) flush() error {
	if x.count == 0 {
		return nil
	}
	packed, err := x.pack()
	if err != nil {
		return err
	}
	head := binary.AppendVarint(binary.AppendVarint(nil, int64(x.count)), int64(len(packed)))
	for _, part := range [][]byte{head, packed, x.sync[:]} {
		if _, err := x.w.Write(part); err != nil {
			return err
		}
	}
	x.data, x.count = x.data[:0], 0
	return nil
}

func (x *containerWriter) pack() ([]byte, error) {
	switch x.codec {
	case "deflate":
		b := bytes.NewBuffer(x.buf[:0])
		w, err := flate.NewWriter(b, flate.DefaultCompression)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(x.data); err != nil {
			return nil, err
		}
		err = w.Close()
		x.buf = b.Bytes()
		return x.buf, err
	case "snappy":
		x.buf = s2.EncodeSnappy(x.buf[:cap(x.buf)], x.data)
		x.buf = binary.BigEndian.AppendUint32(x.buf, crc32.ChecksumIEEE(x.data))
		return x.buf, nil
	case "zstandard":
		x.buf = x.zstd.EncodeAll(x.data, x.buf[:0])
		return x.buf, nil
	}
	return x.data, nil
}

// Close implements [ingest.FileWriter]: the last block is the end.
func (x *containerWriter) Close() error {
	err := x.flush()
	if x.zstd != nil {
		x.zstd.Close() // it holds no goroutine and writes nothing
	}
	return err
}
