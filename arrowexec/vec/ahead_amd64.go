package vec

// ahead prefetches the bytes 0 and tail of elements of a size, by number; a number that
// is not below count is 0.
//
//go:noescape
func ahead(base *byte, at *uint32, n int, shift, size, tail, count uint64)
