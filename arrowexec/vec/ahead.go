package vec

import "unsafe"

// Ahead asks the caches for elements that are going to be read or written: s[at[k]>>shift] for
// every k. It reads nothing and takes any number, so nothing waits for memory, and no
// branch that is decided by what is there throws away what was asked for: of a million
// groups at random a row costs 22 ns where loads ahead of use cost 30, and 48 with neither.
// Where the processor is another than amd64 it loads the elements.
func Ahead[T any, N ~int32 | ~uint32](s []T, at []N, shift uint8) {
	if len(s) == 0 || len(at) == 0 {
		return
	}
	size := unsafe.Sizeof(s[0])
	tail := size - 1
	if 64%size == 0 { // of slices that begin at a multiple of their element, as long ones do
		tail = 0
	}
	ahead((*byte)(unsafe.Pointer(unsafe.SliceData(s))), (*uint32)(unsafe.Pointer(unsafe.SliceData(at))), len(at), uint64(shift), uint64(size), uint64(tail), uint64(len(s)))
}

// AheadIn is [Ahead] of elements in pieces of 1<<bits.
func AheadIn[T any](pieces []*T, at []int32, bits uint8) {
	if len(pieces) == 0 || len(at) == 0 {
		return
	}
	aheadIn((**byte)(unsafe.Pointer(unsafe.SliceData(pieces))), (*uint32)(unsafe.Pointer(unsafe.SliceData(at))), len(at), uint64(bits), uint64(unsafe.Sizeof(*pieces[0])>>bits), uint64(len(pieces))<<bits)
}

// AheadBytes is [Ahead] of bytes, by number of the sixteen they are among.
func AheadBytes(data []byte, at []uint32) {
	const size = 16
	if len(data) < size || len(at) == 0 {
		return
	}
	ahead(unsafe.SliceData(data), unsafe.SliceData(at), len(at), 0, size, 0, uint64(len(data)/size))
}

// Words are memory for whoever knows what stands there.
type Words [6]uint64

// View is words as a struct without pointers that is no larger.
func View[T any](w *Words) *T {
	var z T
	if unsafe.Sizeof(z) > unsafe.Sizeof(*w) {
		panic("bug: a view of words beyond their end")
	}
	return (*T)(unsafe.Pointer(w))
}

// Prefetch asks the caches for bytes that are going to be read, as [Ahead] does.
func Prefetch(b []byte) { prefetch(b) }
