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

func aheadIn(pieces **byte, at *uint32, n int, bits, size, count uint64) {
	all, sum := unsafe.Slice(pieces, count>>bits), byte(0)
	for _, i := range unsafe.Slice(at, n) {
		if i := uint64(i); i < count {
			sum ^= unsafe.Slice(all[i>>bits], size<<bits)[i&(1<<bits-1)*size]
		}
	}
	loaded(sum)
}

func prefetch([]byte) {}
