package parquet

import "encoding/binary"

// appendHybrid writes values of a bit width in the run-length and bit-packed
// hybrid: runs of eight and more as such, the others packed.
func appendHybrid[T uint8 | uint32](dst []byte, v []T, width int) []byte {
	run := func(i int) int {
		n := 1
		for i+n < len(v) && v[i+n] == v[i] {
			n++
		}
		return n
	}
	for i := 0; i < len(v); {
		n := run(i)
		if n >= 8 {
			dst = binary.AppendUvarint(dst, uint64(n)<<1)
			for k := 0; k < (width+7)/8; k++ {
				dst = append(dst, byte(uint32(v[i])>>(8*k)))
			}
			i += n
			continue
		}
		j := i + 8
		for j < len(v) && run(j) < 8 {
			j += 8
		}
		j = min(j, len(v))
		groups := (j - i + 7) / 8
		dst = binary.AppendUvarint(dst, uint64(groups)<<1|1)
		dst = appendPacked(dst, v[i:j], groups*8, width)
		i = j
	}
	return dst
}

// appendPacked packs values, and zeros up to n of them.
func appendPacked[T uint8 | uint32](dst []byte, v []T, n, width int) []byte {
	word, have := uint64(0), 0
	for i := range n {
		if i < len(v) {
			word |= uint64(v[i]) << have
		}
		for have += width; have >= 8; have -= 8 {
			dst = append(dst, byte(word))
			word >>= 8
		}
	}
	return dst
}
