package parquet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/velostream/velo/arrowexec/vec"
)

const (
	pageRows  = 20_000
	pageBytes = 1 << 20
	dictBytes = 1 << 20
)

// chunkOut is what the footer says of a column chunk.
type chunkOut struct {
	values     int64
	size       int64 // unpacked, headers included
	packed     int64
	data, dict int64 // where they begin; dict 0: none
}

func (m *chunkOut) write(t *thriftOut, l *leafOut, codec int32) {
	t.begin()
	t.i64(2, m.data)
	t.structField(3)
	t.i32(1, l.typ)
	encodings := []int32{encPlain, encRLE}
	if m.dict > 0 {
		encodings = append(encodings, encDictionary)
	}
	t.list(2, tI32, len(encodings))
	for _, e := range encodings {
		t.varint(int64(e))
	}
	t.list(3, tBinary, len(l.path))
	for _, p := range l.path {
		t.bytes(p)
	}
	t.i32(4, codec)
	t.i64(5, m.values)
	t.i64(6, m.size)
	t.i64(7, m.packed)
	t.i64(9, m.data)
	if m.dict > 0 {
		t.i64(11, m.dict)
	}
	t.end()
	t.end()
}

// chunk writes the pages of a leaf: a dictionary of its texts, if they repeat,
// and data pages of version 1.
func (x *writer) chunk(l *leafOut) error {
	l.meta = chunkOut{values: int64(len(l.def))}
	dict, idx := l.dictionary()
	if dict != nil {
		l.meta.dict = x.at
		if err := x.page(l, pageDictionary, dict, uniqueOf(idx), encPlain); err != nil {
			return err
		}
	}
	l.meta.data = x.at
	value := 0
	for from := 0; from < len(l.def); {
		to, values := l.pageEnd(from, value)
		body, err := x.body(l, from, to, l.sel[value:values], idx, value)
		if err != nil {
			return err
		}
		enc := int32(encPlain)
		if dict != nil {
			enc = encDictionary
		}
		if err := x.page(l, pageData, body, to-from, enc); err != nil {
			return err
		}
		from, value = to, values
	}
	return nil
}

func uniqueOf(idx []uint32) int {
	n := uint32(0)
	for _, x := range idx {
		n = max(n, x+1)
	}
	return int(n)
}

// pageEnd finds where the page that begins with a level ends: between rows.
func (l *leafOut) pageEnd(from, value int) (to, values int) {
	rows, size := 0, 0
	text := l.typ == pByteArray
	for to, values = from, value; to < len(l.def); to++ {
		if len(l.rep) == 0 || l.rep[to] == 0 {
			if rows == pageRows || size > pageBytes {
				break
			}
			rows++
		}
		if l.def[to] == l.most {
			if size += 8; text {
				size += len(l.vals.BytesAt(int(l.sel[values])))
			}
			values++
		}
	}
	return to, values
}

// body makes the levels and values of a page.
func (x *writer) body(l *leafOut, from, to int, sel []int32, idx []uint32, value int) ([]byte, error) {
	var b []byte
	levels := func(v []uint8, most uint8) {
		at := len(b)
		b = append(b, 0, 0, 0, 0)
		b = appendHybrid(b, v, bitsFor(uint32(most)))
		binary.LittleEndian.PutUint32(b[at:], uint32(len(b)-at-4))
	}
	if l.repeats > 0 {
		levels(l.rep[from:to], l.repeats)
	}
	levels(l.def[from:to], l.most)
	if idx != nil {
		width := bitsFor(uint32(max(uniqueOf(idx)-1, 0)))
		b = append(b, byte(width))
		return appendHybrid(b, idx[value:value+len(sel)], width), nil
	}
	return l.plain(b, sel)
}

// dictionary makes the dictionary page of texts that repeat, and the index of
// each value; nil when a dictionary does not pay.
func (l *leafOut) dictionary() ([]byte, []uint32) {
	if l.typ != pByteArray || len(l.sel) == 0 {
		return nil, nil
	}
	ids := map[string]uint32{}
	idx := make([]uint32, len(l.sel))
	var page []byte
	for i, row := range l.sel {
		s := l.vals.BytesAt(int(row))
		id, ok := ids[vec.Text(s)]
		if !ok {
			id = uint32(len(ids))
			ids[vec.Text(s)] = id
			page = append(binary.LittleEndian.AppendUint32(page, uint32(len(s))), s...)
			if len(page) > dictBytes || len(ids) > 1000 && len(ids) > i/2 {
				return nil, nil
			}
		}
		idx[i] = id
	}
	return page, idx
}

var errInterval = errors.New("an interval is negative, beyond 49 days of time, or finer than a millisecond, which Parquet cannot hold; CAST it to STRING")

// plain appends values as they are stored.
func (l *leafOut) plain(b []byte, sel []int32) ([]byte, error) {
	if len(sel) == 0 {
		return b, nil
	}
	v := l.vals
	switch v.Kind {
	case vec.Bool:
		from := len(b)
		b = append(b, make([]byte, (len(sel)+7)/8)...)
		for i, r := range sel {
			if v.BoolAt(int(r)) {
				b[from+i>>3] |= 1 << (i & 7)
			}
		}
	case vec.String, vec.Binary:
		for _, r := range sel {
			s := v.BytesAt(int(r))
			b = append(binary.LittleEndian.AppendUint32(b, uint32(len(s))), s...)
		}
	case vec.Int8, vec.Int16, vec.Int32, vec.Date:
		for _, r := range sel {
			b = binary.LittleEndian.AppendUint32(b, uint32(v.Int64At(int(r))))
		}
	case vec.Float32:
		for _, r := range sel {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(vec.Values[float32](v)[r]))
		}
	case vec.Int64, vec.Float64, vec.Time, vec.Timestamp:
		s := vec.Values[int64](v)
		for _, r := range sel {
			b = binary.LittleEndian.AppendUint64(b, uint64(s[r]))
		}
	case vec.Decimal:
		s := vec.Values[decimal128.Num](v)
		for _, r := range sel {
			switch l.typ {
			case pInt32:
				b = binary.LittleEndian.AppendUint32(b, uint32(s[r].LowBits()))
			case pInt64:
				b = binary.LittleEndian.AppendUint64(b, s[r].LowBits())
			default:
				b = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(b, uint64(s[r].HighBits())), s[r].LowBits())
			}
		}
	case vec.Interval:
		s := vec.Values[arrow.MonthDayNanoInterval](v)
		for _, r := range sel {
			x := s[r]
			ms := x.Nanoseconds / 1_000_000
			if x.Months < 0 || x.Days < 0 || x.Nanoseconds < 0 || ms > math.MaxUint32 || ms*1_000_000 != x.Nanoseconds {
				return nil, errInterval
			}
			for _, part := range []uint32{uint32(x.Months), uint32(x.Days), uint32(ms)} {
				b = binary.LittleEndian.AppendUint32(b, part)
			}
		}
	}
	return b, nil
}

// page packs and writes a page with its header.
func (x *writer) page(l *leafOut, kind int32, body []byte, values int, enc int32) error {
	packed, err := x.packer.pack(x.codec, body)
	if err != nil {
		return err
	}
	var t thriftOut
	t.begin()
	t.i32(1, kind)
	t.i32(2, int32(len(body)))
	t.i32(3, int32(len(packed)))
	id := int16(5)
	if kind == pageDictionary {
		id = 7
	}
	t.structField(id)
	t.i32(1, int32(values))
	t.i32(2, enc)
	if kind == pageData {
		t.i32(3, encRLE)
		t.i32(4, encRLE)
	}
	t.end()
	t.end()
	if len(body) > math.MaxInt32 {
		return errTooMuch
	}
	l.meta.size += int64(len(t.buf) + len(body))
	l.meta.packed += int64(len(t.buf) + len(packed))
	if err := x.put(t.buf); err != nil {
		return err
	}
	return x.put(packed)
}

// packer packs pages; it keeps its memory.
type packer struct {
	buf  []byte
	zstd *zstd.Encoder
	lz4  lz4.Compressor
}

func (p *packer) pack(codec int32, body []byte) (out []byte, err error) {
	switch codec {
	case codecSnappy:
		p.buf = s2.EncodeSnappy(p.buf[:cap(p.buf)], body)
	case codecZstd:
		if p.zstd == nil {
			if p.zstd, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1)); err != nil {
				return nil, err
			}
		}
		p.buf = p.zstd.EncodeAll(body, p.buf[:0])
	case codecLZ4Raw:
		p.buf = grown(p.buf, lz4.CompressBlockBound(len(body)))
		n, err := p.lz4.CompressBlock(body, p.buf)
		if err != nil {
			return nil, err
		}
		p.buf = p.buf[:n]
	case codecGzip:
		b := bytes.NewBuffer(p.buf[:0])
		w := gzip.NewWriter(b)
		if _, err = w.Write(body); err == nil {
			err = w.Close()
		}
		p.buf = b.Bytes()
	default:
		return body, nil
	}
	return p.buf, err
}

func (p *packer) close() {
	if p.zstd != nil {
		p.zstd.Close() // it holds no goroutine and writes nothing
	}
}
