package recordbatch

import (
	"bytes"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// How much a block takes: it ends with the batch that reaches one of these. Small
// batches come together, for the cost of a block is that of about 100 records, and a
// block with its columns stays within the cache in which it is read next.
const (
	blockBytes   = 256 << 10
	blockRecords = 4096
)

// Decoder checks and unpacks batches. It belongs to one goroutine at a time.
type Decoder struct {
	// SkipCRC leaves checksums unchecked.
	SkipCRC bool

	zstd  *zstd.Decoder
	gzip  gzip.Reader
	src   bytes.Reader
	marks Block // of control batches

	shrank int // how many sixteenths of its packed size the last block of lz4 had
}

// Fill appends records of a chunk to a block, which must be empty, until the block
// is full or the chunk ends; more tells that the chunk has not ended. It gives how
// many bytes of records it took, as they were sent. The records before an error are
// in the block. The bytes of the chunk must stay as they are while the block is
// read: records that are not compressed are not copied.
func (d *Decoder) Fill(b *Block, c *Chunk) (size int, more bool, err error) {
	for {
		h, more, err := parse(c.in[c.pos:])
		if err != nil {
			return d.failed(b, c, size, err)
		}
		if !more {
			c.pos = len(c.in)
			return size, false, nil
		}
		end := c.pos + h.size
		batch := c.in[c.pos:end:end]
		if h.Next() <= c.next { // read before
			c.pos = end
			continue
		}
		hidden := h.control() || h.size == headerSize && h.Count == 0 || c.hides(&h)
		if !hidden && b.Len() > 0 {
			if b.lent != (h.codec() == None) || b.Epoch != h.Epoch || len(b.own) >= blockBytes || b.Len() >= blockRecords {
				return size, true, nil
			}
		}
		if !d.SkipCRC {
			if err := h.checksum(batch); err != nil {
				return d.failed(b, c, size, err)
			}
		}
		var second Header
		switch {
		case h.control():
			err = d.control(c, &h, batch)
		case hidden:
		default:
			if from := d.paired(c, &h, end, &second); from != nil {
				n, err := d.two(b, c, &h, from, &second)
				if size += n; err != nil {
					return d.failed(b, c, size, err)
				}
				continue
			}
			err = d.records(b, c, &h, end)
		}
		if err != nil {
			return d.failed(b, c, size, err)
		}
		size += c.pass(&h)
	}
}

// failed ends a block before a batch that cannot be read, or the chunk with it.
func (d *Decoder) failed(b *Block, c *Chunk, size int, err error) (int, bool, error) {
	if b.Len() > 0 {
		return size, true, nil // the next block meets it first
	}
	c.pos = len(c.in)
	return size, false, err
}

// records appends the records of a batch that ends at a place of the chunk.
func (d *Decoder) records(b *Block, c *Chunk, h *Header, end int) error {
	b.Epoch = h.Epoch
	if h.codec() == None {
		b.Data, b.lent = c.in[:end:end], true
		return b.walk(h, c.pos+headerSize, end, c.next)
	}
	at := len(b.own)
	out, err := d.unpack(b.own, c.in[c.pos+headerSize:end], h.codec())
	if err != nil {
		return &Error{h.Base, err}
	}
	b.own, b.Data = out, out
	return b.walk(h, at, len(out), c.next)
}

// paired gives the chunk of the batch that can be unpacked with one of lz4, which costs two
// thirds of unpacking each alone, and its header: the one behind it, or the first of the chunk
// behind. It is nil where there is none.
func (d *Decoder) paired(c *Chunk, h *Header, end int, second *Header) *Chunk {
	if !lz4Kernel || d.shrank == 0 || h.codec() != Lz4 || h.size > lz4Pair {
		return nil
	}
	in, from := c.in[end:], c
	x, more, err := parse(in)
	if !more && c.after != nil && c.after.next == h.Next() {
		from, in = c.after, c.after.in[c.after.pos:]
		x, more, err = parse(in)
	}
	if err != nil || !more || x.codec() != Lz4 || x.size > lz4Pair || x.control() || x.Epoch != h.Epoch || x.Next() <= h.Next() || from.hides(&x) {
		return nil
	}
	if !d.SkipCRC && x.checksum(in[:x.size]) != nil {
		return nil // its own turn tells
	}
	*second = x
	return from
}

// two appends the records of two batches of lz4 that follow each other, and gives how many
// bytes of records it took.
func (d *Decoder) two(b *Block, c *Chunk, h *Header, c2 *Chunk, h2 *Header) (size int, err error) {
	b.Epoch = h.Epoch
	at, begin2 := len(b.own), c2.pos
	if c2 == c {
		begin2 += h.size
	}
	out, end, begin, ok := d.unlz4Two(b.own, c.in[c.pos+headerSize:c.pos+h.size], c2.in[begin2+headerSize:begin2+h2.size])
	if !ok {
		b.own = out
		if err := d.records(b, c, h, c.pos+h.size); err != nil {
			return 0, err
		}
		return c.pass(h), nil
	}
	b.own, b.Data = out, out
	if err := b.walk(h, at, end, c.next); err != nil {
		return 0, err
	}
	size = c.pass(h)
	if err := b.walk(h2, begin, len(out), c2.next); err != nil {
		return size, err
	}
	return size + c2.pass(h2), nil
}

// control reads the marker of a control batch.
func (d *Decoder) control(c *Chunk, h *Header, batch []byte) error {
	m := &d.marks
	m.Reset()
	at := 0
	if h.codec() == None {
		m.Data, at = batch, headerSize
	} else {
		out, err := d.unpack(m.own, batch[headerSize:], h.codec())
		if err != nil {
			return &Error{h.Base, err}
		}
		m.own, m.Data = out, out
	}
	if err := m.walk(h, at, len(m.Data), h.Base); err != nil {
		return err
	}
	if m.Len() > 0 { // one transaction ends with one batch
		c.marker(h, m.Key(0))
	}
	return nil
}

// Close frees what the codecs hold.
func (d *Decoder) Close() {
	if d.zstd != nil {
		d.zstd.Close()
		d.zstd = nil
	}
}
