package file

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// codecs are the containers by their extension; sz and snappy are the snappy
// framing format, lz4 the LZ4 frame format.
var codecs = map[string]string{"gz": "gzip", "zst": "zstd", "lz4": "lz4", "sz": "snappy", "snappy": "snappy"}

// splitExt takes the container's extension off a file name and gives the
// extension below it, both lower case and without dots.
func splitExt(name string) (ext, codec string) {
	name = strings.ToLower(name)
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	i := strings.LastIndexByte(name, '.')
	if i < 0 {
		return "", ""
	}
	ext = name[i+1:]
	if c := codecs[ext]; c != "" {
		inner := name[:i]
		if j := strings.LastIndexByte(inner, '.'); j >= 0 {
			return inner[j+1:], c
		}
		return "", c
	}
	return ext, ""
}

// sniff tells the codec of a stream without a name by its first bytes.
func sniff(head []byte) string {
	for magic, codec := range map[string]string{"\x1f\x8b": "gzip", "\x28\xb5\x2f\xfd": "zstd", "\x04\x22\x4d\x18": "lz4", "\xff\x06\x00\x00sNaPpY": "snappy"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return codec
		}
	}
	return ""
}

// counter counts the bytes read of a file; it may be asked from any goroutine.
type counter struct {
	r io.Reader
	n *atomic.Int64
}

func (c counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// unpack opens a container. The result must be closed.
func unpack(codec string, r io.Reader) (io.ReadCloser, error) {
	switch codec {
	case "gzip":
		return newMembers(r)
	case "zstd":
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, err
		}
		return z.IOReadCloser(), nil
	case "lz4":
		return io.NopCloser(lz4.NewReader(r)), nil
	case "snappy":
		return io.NopCloser(s2.NewReader(r)), nil
	}
	return io.NopCloser(r), nil
}

// pack opens a container for writing; closing it does not close w.
func pack(codec string, w io.Writer) (io.WriteCloser, error) {
	switch codec {
	case "gzip":
		return gzip.NewWriter(w), nil
	case "zstd":
		return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
	case "lz4":
		return lz4.NewWriter(w), nil
	case "snappy":
		return snappy.NewBufferedWriter(w), nil
	}
	return nopCloser{w}, nil
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// brokenError says where a container broke.
func brokenError(path, codec string, read, size int64, err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("%s: the %s data end too early, at byte %d; the file is cut", path, codec, read)
	}
	of := ""
	if size > 0 {
		of = fmt.Sprintf(" of %d", size)
	}
	return fmt.Errorf("%s: the %s data are corrupt near byte %d%s: %w", path, codec, read, of, err)
}
