package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

const (
	maxPage   = 1 << 30
	maxValues = 1 << 26 // of a page
	headRoom  = 1 << 12 // bytes in which a page header is looked for first
	maxHeader = 1 << 24
)

var (
	errPage   = errors.New("a page is corrupt")
	errLevels = errors.New("the levels of a page are corrupt")
)

// page is one data page with its levels read.
type page struct {
	values int     // levels, those of NULLs included
	def    []uint8 // nil: all have the greatest level
	rep    []uint8 // nil: not repeated
	enc    int32
	data   []byte // the values
}

// pages reads the pages of a column chunk one after the other.
type pages struct {
	src  window
	meta columnMeta
	leaf *leaf
	unpacker
	memory
	left           int64 // values of the pages to come
	dict           []byte
	dictN, dictEnc int32
	page           page
}

// memory is what the next chunk of the column uses again: memory that was just used is in
// the cache, and new one is cleared first.
type memory struct {
	window     []byte // what was read
	buf        []byte // of a page that was unpacked
	idx        []uint32
	levels     []uint32
	defs, reps []uint8
}

// leave gives the memory of a chunk that is closed.
func (c *chunk) leave() memory {
	m := c.memory
	m.window = c.src.buf
	c.memory, c.src.buf = memory{}, nil
	return m
}

// next reads the next data page; false at the end of the chunk.
func (p *pages) next() (bool, error) {
	for p.left > 0 {
		h, body, err := p.read()
		if err != nil {
			return false, err
		}
		switch h.kind {
		case pageDictionary:
			if p.dict != nil || h.values < 0 {
				return false, errPage
			}
			out, err := p.unpack(p.meta.codec, nil, body, int(h.size))
			if err != nil {
				return false, err
			}
			p.dict, p.dictN, p.dictEnc = append([]byte{}, out...), h.values, h.encoding
		case pageData, pageDataV2:
			if h.values < 0 || h.values > maxValues || int64(h.values) > p.left {
				return false, fmt.Errorf("%w: %d values where %d are left", errPage, h.values, p.left)
			}
			p.left -= int64(h.values)
			if h.kind == pageDataV2 {
				err = p.second(h, body)
			} else {
				err = p.first(h, body)
			}
			return err == nil, err
		}
	}
	return false, nil
}

// read reads a page with its header.
func (p *pages) read() (pageHeader, []byte, error) {
	var t thrift
	var h pageHeader
	for room := headRoom; ; room *= 8 {
		b, err := p.src.peek(room)
		if err != nil {
			return h, nil, err
		}
		t = thrift{buf: b}
		if h = readPageHeader(&t); t.err == nil {
			break
		}
		if t.err != errCut || len(b) < room || room > maxHeader {
			return h, nil, fmt.Errorf("%w: its header: %w", errPage, t.err)
		}
	}
	p.src.skip(t.at)
	if h.packed < 0 || h.size < 0 || h.size > maxPage {
		return h, nil, fmt.Errorf("%w: it has %d bytes", errPage, h.size)
	}
	body, err := p.src.take(int(h.packed))
	if err != nil {
		return h, nil, err
	}
	if h.hasCRC && crc32.ChecksumIEEE(body) != uint32(h.crc) {
		return h, nil, fmt.Errorf("%w: its checksum does not fit", errPage)
	}
	return h, body, nil
}

// first reads a data page of version 1: levels with their length, then values,
// packed together.
func (p *pages) first(h pageHeader, body []byte) error {
	if h.kind == pageData && p.meta.codec != codecNone {
		out, err := p.unpack(p.meta.codec, p.buf, body, int(h.size))
		if err != nil {
			return err
		}
		p.buf, body = out, out
	}
	p.page.values, p.page.enc = int(h.values), h.encoding
	levels := func(dst *[]uint8, most int, enc int32) ([]uint8, error) {
		if most == 0 {
			return nil, nil
		}
		var b []byte
		switch enc {
		case encRLE:
			if len(body) < 4 {
				return nil, errLevels
			}
			n := binary.LittleEndian.Uint32(body)
			if uint64(n) > uint64(len(body)-4) {
				return nil, errLevels
			}
			b, body = body[4:4+n], body[4+n:]
			return p.decode(dst, b, most, int(h.values))
		case encBitPacked: // of old writers: most significant bit first
			w := bitsFor(uint32(most))
			n := (w*int(h.values) + 7) / 8
			if n > len(body) {
				return nil, errLevels
			}
			b, body = body[:n], body[n:]
			*dst = grown(*dst, int(h.values))
			for i := range *dst {
				x := uint8(0)
				for k := range w {
					bit := i*w + k
					x = x<<1 | b[bit>>3]>>(7-bit&7)&1
				}
				if int(x) > most {
					return nil, errLevels
				}
				(*dst)[i] = x
			}
			return *dst, nil
		}
		return nil, fmt.Errorf("%w: encoding %d", errLevels, enc)
	}
	var err error
	if p.page.rep, err = levels(&p.reps, p.leaf.rep, h.repEncoding); err != nil {
		return err
	}
	if p.page.def, err = levels(&p.defs, p.leaf.def, h.defEncoding); err != nil {
		return err
	}
	p.page.data = body
	p.repeats()
	return nil
}

// repeats spells repetition levels out that are all the greatest: they are
// looked at one by one.
func (p *pages) repeats() {
	if p.leaf.rep > 0 && p.page.rep == nil {
		p.reps = grown(p.reps, p.page.values)
		for i := range p.reps {
			p.reps[i] = uint8(p.leaf.rep)
		}
		p.page.rep = p.reps
	}
}

// second reads a data page of version 2: its levels are never packed.
func (p *pages) second(h pageHeader, body []byte) error {
	if h.repBytes < 0 || h.defBytes < 0 || int64(h.repBytes)+int64(h.defBytes) > int64(len(body)) || h.size < h.repBytes+h.defBytes {
		return errLevels
	}
	rep, def, data := body[:h.repBytes], body[h.repBytes:h.repBytes+h.defBytes], body[h.repBytes+h.defBytes:]
	p.page.values, p.page.enc = int(h.values), h.encoding
	var err error
	if p.leaf.rep > 0 {
		if p.page.rep, err = p.decode(&p.reps, rep, p.leaf.rep, int(h.values)); err != nil {
			return err
		}
	}
	if p.leaf.def > 0 {
		if p.page.def, err = p.decode(&p.defs, def, p.leaf.def, int(h.values)); err != nil {
			return err
		}
	}
	if p.meta.codec != codecNone && !h.uncompressed && len(data) > 0 {
		if data, err = p.unpack(p.meta.codec, p.buf, data, int(h.size-h.repBytes-h.defBytes)); err != nil {
			return err
		}
		p.buf = data
	}
	p.page.data = data
	p.repeats()
	return nil
}

// decode reads n levels up to most; nil when all are most, as one run says.
func (p *pages) decode(into *[]uint8, b []byte, most, n int) ([]uint8, error) {
	h := newHybrid(b, bitsFor(uint32(most)))
	if v, k, ok := h.constant(n); ok && k == n && v == uint32(most) {
		return nil, nil
	}
	h = newHybrid(b, bitsFor(uint32(most)))
	*into = grown(*into, n)
	dst := *into
	for i := 0; i < n; {
		v, k, ok := h.constant(n - i)
		if !ok {
			return nil, errLevels
		}
		if k > 0 {
			if v > uint32(most) {
				return nil, errLevels
			}
			for j := range dst[i : i+k] {
				dst[i+j] = uint8(v)
			}
			i += k
			continue
		}
		p.levels = grown(p.levels, min(n-i, 1024))
		k = h.packed(p.levels)
		if k == 0 {
			return nil, errLevels
		}
		for j, x := range p.levels[:k] {
			if x > uint32(most) {
				return nil, errLevels
			}
			dst[i+j] = uint8(x)
		}
		i += k
	}
	return dst, nil
}

// grown gives a slice of n values, of s if it is large enough; their content is
// undefined.
func grown[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, max(n, 2*cap(s)))
	}
	return s[:n]
}
