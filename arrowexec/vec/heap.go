package vec

import (
	"strings"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Heap is memory of Go's heap for Arrow: that of [memory.GoAllocator], except that large
// blocks are not cleared, because every byte of a column is written before it is read.
// Clearing 56 bytes a row was a tenth of a sort.
type Heap struct{ memory.GoAllocator }

// bare is the size from which blocks are not cleared: such a block begins with a page of
// its own, so that it is aligned as Arrow asks.
const bare = 1 << 15

// Allocate gives n bytes, 64-byte aligned; content undefined.
func (h *Heap) Allocate(n int) []byte {
	if n <= bare {
		return h.GoAllocator.Allocate(n)
	}
	// The one way of the standard library to memory that is not cleared; nothing else has
	// the builder, and no text is made of it.
	var b strings.Builder
	b.Grow(n)
	b.WriteByte(0)
	p := unsafe.StringData(b.String())
	if uintptr(unsafe.Pointer(p))&63 != 0 {
		return h.GoAllocator.Allocate(n)
	}
	return unsafe.Slice(p, n)
}

// Reallocate gives n bytes with the content of b.
func (h *Heap) Reallocate(n int, b []byte) []byte {
	if cap(b) >= n {
		return b[:n]
	}
	to := h.Allocate(n)
	copy(to, b)
	return to
}
