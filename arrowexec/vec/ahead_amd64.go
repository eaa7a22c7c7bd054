package vec

// ahead prefetches the bytes 0 and tail of elements of a size, by number; a number that
// is not below count is 0.
//
//go:noescape
func ahead(base *byte, at *uint32, n int, shift, size, tail, count uint64)

// aheadIn prefetches the first byte of elements of a size that stand in pieces of
// 1<<bits.
//
//go:noescape
func aheadIn(pieces **byte, at *uint32, n int, bits, size, count uint64)

// prefetch asks for lines of the cache and does not wait for them. Go has no such statement
// for libraries; loads would have to be waited for.
//
//go:noescape
func prefetch(b []byte)
