package avro

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

// FileFormat is the container file format, which holds its schema: ".avro".
func FileFormat() ingest.FileFormat {
	return ingest.FileFormat{
		Name: "avro",
		Open: openContainer,
		Keys: []ingest.Key{
			{Name: "compression.type", Default: "none", Doc: "how blocks are packed: none deflate snappy zstd"},
		},
		NewWriter: newContainerWriter,
	}
}

const (
	magic    = "Obj\x01"
	syncLen  = 16
	maxBlock = 1 << 30
)

// container is a file whose header was read; each scan opens it anew.
type container struct {
	in     ingest.FileInput
	node   *node
	schema *arrow.Schema
}

func openContainer(in ingest.FileInput) (ingest.FileReader, error) {
	b, err := openBlocks(in)
	if err != nil {
		return nil, err
	}
	defer b.file.Close()
	fields := columnsOf(b.node)
	return &container{in: in, node: b.node, schema: arrow.NewSchema(fields, nil)}, nil
}

func (c *container) Schema() *arrow.Schema { return c.schema }
func (c *container) Groups() []int64       { return nil }
func (c *container) Close() error          { return nil }

// Scan reads the file; it has one group.
func (c *container) Scan(want []arrow.Field, _, _ int) (ingest.FileScan, error) {
	b, err := openBlocks(c.in)
	if err != nil {
		return nil, err
	}
	d, err := newDecoder(b.node, nil, want)
	if err != nil {
		b.file.Close()
		return nil, fmt.Errorf("%s: %w", c.in.Name, err)
	}
	return &containerScan{blocks: b, d: d, want: want, whole: rowOf(b.node)}, nil
}

// blocks reads a container block by block.
type blocks struct {
	name string
	file io.Closer
	r    *bufio.Reader
	n    atomic.Int64
	node *node
	sync [syncLen]byte

	codec  string
	packed []byte
	buf    []byte
	zstd   *zstd.Decoder
}

var errNoContainer = errors.New("this is no Avro container file")

func openBlocks(in ingest.FileInput) (*blocks, error) {
	f, err := in.Open()
	if err != nil {
		return nil, err
	}
	b := &blocks{name: in.Name, file: f}
	b.r = bufio.NewReaderSize(&counter{f, &b.n}, 256<<10)
	if err := b.header(); err != nil {
		f.Close()
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			err = fmt.Errorf("%w, or its header is cut", errNoContainer)
		}
		return nil, fmt.Errorf("%s: %w", in.Name, err)
	}
	return b, nil
}

type counter struct {
	r io.Reader
	n *atomic.Int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// at is the place in the file of the next byte.
func (b *blocks) at() int64 { return b.n.Load() - int64(b.r.Buffered()) }

func (b *blocks) header() error {
	head := make([]byte, len(magic))
	if _, err := io.ReadFull(b.r, head); err != nil {
		return err
	}
	if string(head) != magic {
		return errNoContainer
	}
	meta := map[string]string{}
	for {
		n, err := binary.ReadVarint(b.r)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
		if n < 0 {
			n = -n
			if _, err := binary.ReadVarint(b.r); err != nil {
				return err
			}
		}
		for ; n > 0; n-- {
			key, err := b.bytes()
			if err != nil {
				return err
			}
			value, err := b.bytes()
			if err != nil {
				return err
			}
			meta[string(key)] = string(value)
		}
	}
	if _, err := io.ReadFull(b.r, b.sync[:]); err != nil {
		return err
	}
	b.codec = meta["avro.codec"]
	switch b.codec {
	case "", "null", "deflate", "snappy", "zstandard", "bzip2":
	default:
		return fmt.Errorf("the blocks are packed by %s, which velo does not read; write the file with deflate, snappy or zstandard", b.codec)
	}
	var err error
	b.node, err = parseSchema(meta["avro.schema"])
	return err
}

func (b *blocks) bytes() ([]byte, error) {
	n, err := binary.ReadVarint(b.r)
	if err != nil {
		return nil, err
	}
	if n < 0 || n > 16<<20 {
		return nil, errors.New("the header is corrupt")
	}
	out := make([]byte, n)
	_, err = io.ReadFull(b.r, out)
	return out, err
}

// next reads a block: its records and how many there are; io.EOF at the end.
func (b *blocks) next() (data []byte, count int64, err error) {
	from := b.at()
	if _, err := b.r.Peek(1); err == io.EOF {
		return nil, 0, io.EOF
	}
	fail := func(err error) ([]byte, int64, error) {
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			err = errors.New("the file is cut")
		}
		return nil, 0, fmt.Errorf("%s: the block at byte %d: %w", b.name, from, err)
	}
	if count, err = binary.ReadVarint(b.r); err != nil {
		return fail(err)
	}
	size, err := binary.ReadVarint(b.r)
	if err != nil {
		return fail(err)
	}
	if count < 0 || size < 0 || size > maxBlock {
		return fail(fmt.Errorf("it is said to have %d records in %d bytes", count, size))
	}
	if data, err = b.take(int(size)); err != nil {
		return fail(err)
	}
	var mark [syncLen]byte
	if _, err := io.ReadFull(b.r, mark[:]); err != nil {
		return fail(err)
	}
	if mark != b.sync {
		return fail(errors.New("it does not end with the mark of the file; the file is corrupt"))
	}
	if data, err = b.unpack(data); err != nil {
		return fail(err)
	}
	return data, count, nil
}

// take reads size bytes, in steps, for the size may be wrong.
func (b *blocks) take(size int) ([]byte, error) {
	b.packed = b.packed[:0]
	for len(b.packed) < size {
		step := min(size-len(b.packed), 1<<20)
		at := len(b.packed)
		b.packed = append(b.packed, make([]byte, step)...)
		if _, err := io.ReadFull(b.r, b.packed[at:]); err != nil {
			return nil, err
		}
	}
	return b.packed, nil
}

func (b *blocks) unpack(data []byte) ([]byte, error) {
	var err error
	switch b.codec {
	case "deflate", "bzip2":
		var r io.Reader = bzip2.NewReader(bytes.NewReader(data))
		if b.codec == "deflate" {
			r = flate.NewReader(bytes.NewReader(data))
		}
		w := bytes.NewBuffer(b.buf[:0])
		n, err := io.Copy(w, io.LimitReader(r, maxBlock+1))
		if b.buf = w.Bytes(); err == nil && n > maxBlock {
			err = fmt.Errorf("it unpacks to more than %d bytes", maxBlock)
		}
		return b.buf, err
	case "snappy": // with a checksum behind
		if len(data) < 4 {
			return nil, errCut
		}
		sum := binary.BigEndian.Uint32(data[len(data)-4:])
		data = data[:len(data)-4]
		if n, err := s2.DecodedLen(data); err != nil || n > maxBlock {
			return nil, errors.New("it is no snappy block")
		}
		if b.buf, err = s2.Decode(b.buf[:cap(b.buf)], data); err != nil {
			return nil, err
		}
		if crc32.ChecksumIEEE(b.buf) != sum {
			return nil, errors.New("its checksum does not fit")
		}
		return b.buf, nil
	case "zstandard":
		if b.zstd == nil {
			if b.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxBlock)); err != nil {
				return nil, err
			}
		}
		b.buf, err = b.zstd.DecodeAll(data, b.buf[:0])
		return b.buf, err
	}
	return data, nil
}

// containerScan reads records into columns.
type containerScan struct {
	*blocks
	d     *decoder
	want  []arrow.Field
	whole *node // the record, to step over one that has no place in the columns
	cols  []*vec.Builder
	data  []byte // of the block at hand
	pos   int
	left  int64
	// failed is what broke, found when rows before it had been read: they come
	// first.
	failed error
}

// Next implements [ingest.FileScan].
func (s *containerScan) Next(sc *vec.Scope, want int) (ingest.FileRows, error) {
	rows := ingest.FileRows{}
	if s.failed != nil {
		return rows, s.failed
	}
	for len(s.cols) < len(s.want) {
		s.cols = append(s.cols, &vec.Builder{})
	}
	for i, f := range s.want {
		s.cols[i].Init(sc, f.Type, want)
	}
	kept := vec.Slice[int32](sc, want)[:0]
	for rows.Read < want {
		if s.left == 0 {
			if s.pos < len(s.data) {
				s.failed = fmt.Errorf("%s: %d bytes follow the records of the block before byte %d", s.name, len(s.data)-s.pos, s.at())
				break
			}
			if s.data, s.left, s.failed = s.next(); s.failed != nil {
				break
			}
			s.pos = 0
			continue
		}
		s.d.empty = 0
		at := s.d.fields(s.d.steps, s.cols, s.data, s.pos)
		s.left--
		if at < 0 {
			cause, name := s.d.cause, ""
			if s.d.blame != nil {
				name = s.d.blame.name
			}
			s.d.cause, s.d.blame = nil, nil
			for _, c := range s.cols {
				c.Truncate(rows.N)
			}
			if at = s.d.skip(s.whole, s.data, s.pos); at < 0 {
				s.d.cause, s.d.blame = nil, nil
				s.failed = fmt.Errorf("%s: a record of the block before byte %d cannot be read: %w", s.name, s.at(), cause)
				break
			}
			rows.Bad = append(rows.Bad, ingest.BadRow{Row: rows.Read, Field: name, Cause: cause})
		} else {
			kept = append(kept, int32(rows.Read))
			rows.N++
		}
		s.pos = at
		rows.Read++
	}
	if rows.Read == 0 && s.failed != nil {
		return rows, s.failed
	}
	if len(rows.Bad) > 0 {
		rows.Kept = kept
	}
	for _, c := range s.cols {
		rows.Cols = append(rows.Cols, c.Finish())
	}
	return rows, nil
}

// Bytes implements [ingest.FileScan].
func (s *containerScan) Bytes() int64 { return s.n.Load() }

// Close implements [ingest.FileScan].
func (s *containerScan) Close() error {
	if s.zstd != nil {
		s.zstd.Close()
	}
	return s.file.Close()
}
