package parquet

import (
	"encoding/binary"
	"math/bits"
)

// delta reads DELTA_BINARY_PACKED integers.
type delta struct {
	buf     []byte
	perMini int
	minis   int
	total   int // values left
	last    uint64
	first   bool
	mini    int // of the block at hand
	left    int // values left of the miniblock
	widths  []byte
	min     uint64
	packed  []byte // of the miniblock
	bit     int
	bits    int // 32 or 64: where sums wrap
}

// newDelta reads the header; ok is false for one that cannot be.
func newDelta(buf []byte, width int) (d *delta, ok bool) {
	d = &delta{buf: buf, bits: width, first: true}
	block, ok1 := d.uvarint()
	minis, ok2 := d.uvarint()
	total, ok3 := d.uvarint()
	first, ok4 := d.uvarint()
	if !ok1 || !ok2 || !ok3 || !ok4 || minis == 0 || block == 0 || block%128 != 0 || block > 1<<20 || block%minis != 0 || block/minis%32 != 0 || total > 1<<31 {
		return nil, false
	}
	d.perMini, d.minis, d.total = int(block/minis), int(minis), int(total)
	d.last = zigzag(first)
	d.mini = d.minis
	return d, true
}

func zigzag(x uint64) uint64 { return x>>1 ^ -(x & 1) }

func (d *delta) uvarint() (uint64, bool) {
	x, n := binary.Uvarint(d.buf)
	if n <= 0 {
		return 0, false
	}
	d.buf = d.buf[n:]
	return x, true
}

// next readies the next miniblock.
func (d *delta) next() bool {
	if d.mini == d.minis {
		x, ok := d.uvarint()
		if !ok || len(d.buf) < d.minis {
			return false
		}
		d.min, d.widths, d.buf, d.mini = zigzag(x), d.buf[:d.minis], d.buf[d.minis:], 0
	}
	w := int(d.widths[d.mini])
	size := w * d.perMini / 8
	if w > 64 {
		return false
	}
	if len(d.buf) < size { // the last miniblock may be cut behind its last value
		if need := (w*min(d.total, d.perMini) + 7) / 8; len(d.buf) < need {
			return false
		}
		size = len(d.buf)
	}
	d.packed, d.buf, d.bit, d.left = d.buf[:size], d.buf[size:], 0, d.perMini
	d.mini++
	return true
}

// read fills dst with the next values, as 64-bit words.
func (d *delta) read(dst []int64) bool {
	if len(dst) > d.total {
		return false
	}
	d.total -= len(dst)
	for i := range dst {
		if d.first {
			d.first = false
			dst[i] = d.wrap()
			continue
		}
		if d.left == 0 {
			d.total += len(dst) - i
			ok := d.next()
			d.total -= len(dst) - i
			if !ok {
				return false
			}
		}
		w := int(d.widths[d.mini-1])
		d.last += d.min + d.word(w)
		d.left--
		dst[i] = d.wrap()
	}
	return true
}

func (d *delta) wrap() int64 {
	if d.bits == 32 {
		return int64(int32(d.last))
	}
	return int64(d.last)
}

// word reads w bits.
func (d *delta) word(w int) uint64 {
	if w == 0 {
		return 0
	}
	at, shift := d.bit>>3, d.bit&7
	d.bit += w
	if at+9 <= len(d.packed) {
		x := binary.LittleEndian.Uint64(d.packed[at:]) >> shift
		if shift+w > 64 {
			x |= uint64(d.packed[at+8]) << (64 - shift)
		}
		return x & (1<<w - 1)
	}
	var x uint64
	for k := 0; k*8 < shift+w && at+k < len(d.packed); k++ {
		if k == 0 {
			x = uint64(d.packed[at]) >> shift
		} else {
			x |= uint64(d.packed[at+k]) << (8*k - shift)
		}
	}
	return x & (1<<w - 1)
}

// bitsFor is the number of bits that values up to x need.
func bitsFor(x uint32) int { return bits.Len32(x) }
