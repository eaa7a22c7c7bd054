package vec

import "math/bits"

// Bitmap is an Arrow validity or boolean bitmap without bit offset: bit i of
// byte i/8, least significant first. A nil validity bitmap means "no NULLs".
type Bitmap []byte

// BitmapBytes is the number of bytes that n bits take.
func BitmapBytes(n int) int { return (n + 7) >> 3 }

// Get reads bit i. The bitmap must not be nil.
func (b Bitmap) Get(i int) bool { return b[uint(i)>>3]&(1<<(uint(i)&7)) != 0 }

// Set sets bit i.
func (b Bitmap) Set(i int) { b[uint(i)>>3] |= 1 << (uint(i) & 7) }

// Clear clears bit i.
func (b Bitmap) Clear(i int) { b[uint(i)>>3] &^= 1 << (uint(i) & 7) }

// Put sets bit i to v.
func (b Bitmap) Put(i int, v bool) {
	if v {
		b.Set(i)
	} else {
		b.Clear(i)
	}
}

// Count is the number of set bits among the first n.
func (b Bitmap) Count(n int) int {
	c, full := 0, n>>3
	i := 0
	for ; i+8 <= full; i += 8 {
		c += bits.OnesCount64(uint64(b[i]) | uint64(b[i+1])<<8 | uint64(b[i+2])<<16 | uint64(b[i+3])<<24 |
			uint64(b[i+4])<<32 | uint64(b[i+5])<<40 | uint64(b[i+6])<<48 | uint64(b[i+7])<<56)
	}
	for ; i < full; i++ {
		c += bits.OnesCount8(b[i])
	}
	if r := n & 7; r != 0 {
		c += bits.OnesCount8(b[full] & (1<<r - 1))
	}
	return c
}

// copyBits copies n bits of src from bit offset off to bit 0 of dst.
func copyBits(dst, src Bitmap, off, n int) {
	nb := BitmapBytes(n)
	first, shift := off>>3, uint(off&7)
	if shift == 0 {
		copy(dst[:nb], src[first:first+nb])
		return
	}
	last := BitmapBytes(off + n)
	for i := 0; i < nb; i++ {
		v := src[first+i] >> shift
		if first+i+1 < last {
			v |= src[first+i+1] << (8 - shift)
		}
		dst[i] = v
	}
}
