//go:build !amd64

package vec

import "unsafe"

func ahead(base *byte, at *uint32, n int, shift, size, tail, count uint64) {
	all, sum := unsafe.Slice(base, size*count), byte(0)
	for _, i := range unsafe.Slice(at, n) {
		if i := uint64(i >> shift); i < count {
			sum ^= all[i*size] ^ all[i*size+tail]
		}
	}
	loaded(sum)
}

//go:noinline
func loaded(byte) {}
