package parquet

import "encoding/binary"

// hybrid reads the run-length and bit-packed hybrid of levels and dictionary
// indices.
type hybrid struct {
	buf   []byte
	width int
	run   int    // values left of a run
	value uint32 // that it repeats
	left  int    // values left of a bit-packed run
	bit   int    // position in buf, in bits, of the next one
}

func newHybrid(buf []byte, width int) hybrid { return hybrid{buf: buf, width: width} }

// begin reads the header of the next run.
func (h *hybrid) begin() bool {
	x, n := binary.Uvarint(h.buf)
	if n <= 0 {
		return false
	}
	h.buf = h.buf[n:]
	if x&1 == 1 {
		groups := x >> 1
		if groups > uint64(1<<27) {
			return false
		}
		h.left, h.bit = int(groups)*8, 0
		if need := int(groups) * h.width; need > len(h.buf) { // the last run may be cut
			h.left = len(h.buf) * 8 / max(h.width, 1)
		}
		return true
	}
	bytes := (h.width + 7) / 8
	if x>>1 > 1<<31 || len(h.buf) < bytes {
		return false
	}
	h.run, h.value = int(x>>1), 0
	for i := range bytes {
		h.value |= uint32(h.buf[i]) << (8 * i)
	}
	h.buf = h.buf[bytes:]
	return true
}

// constant takes up to n values that are all the same; 0 when the next ones are
// not said to be.
func (h *hybrid) constant(n int) (value uint32, count int, ok bool) {
	for h.run == 0 && h.left == 0 {
		if !h.begin() {
			return 0, 0, false
		}
	}
	if h.run == 0 {
		return 0, 0, true
	}
	n = min(n, h.run)
	h.run -= n
	return h.value, n, true
}

// packed reads values of a bit-packed run to the end of dst or of the run.
func (h *hybrid) packed(dst []uint32) int {
	n := min(len(dst), h.left)
	w := h.width
	mask := uint64(1)<<w - 1
	bit, buf := h.bit, h.buf
	i := 0
	for ; i < n && bit>>3+8 <= len(buf); i++ {
		dst[i] = uint32(binary.LittleEndian.Uint64(buf[bit>>3:]) >> (bit & 7) & mask)
		bit += w
	}
	for ; i < n; i++ {
		var word uint64
		for k, c := range buf[min(bit>>3, len(buf)):] {
			if k == 8 {
				break
			}
			word |= uint64(c) << (8 * k)
		}
		dst[i] = uint32(word >> (bit & 7) & mask)
		bit += w
	}
	h.bit = bit
	if h.left -= n; h.left == 0 {
		h.buf = buf[min((bit+7)/8, len(buf)):]
	}
	return n
}

// read fills dst; false when the data end before.
func (h *hybrid) read(dst []uint32) bool {
	for len(dst) > 0 {
		v, n, ok := h.constant(len(dst))
		if !ok {
			return false
		}
		if n == 0 {
			n = h.packed(dst)
		} else {
			for i := range dst[:n] {
				dst[i] = v
			}
		}
		if n == 0 {
			return false
		}
		dst = dst[n:]
	}
	return true
}
