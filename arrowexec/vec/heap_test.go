package vec

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

func TestHeapGivesAlignedBlocks(t *testing.T) {
	h := &Heap{}
	for _, n := range []int{0, 1, 100, bare, bare + 1, 1 << 16, 1<<20 + 3} {
		b := h.Allocate(n)
		require.Len(t, b, n)
		if n > 0 {
			require.Zero(t, uintptr(unsafe.Pointer(unsafe.SliceData(b)))&63, n)
		}
		for i := range b {
			b[i] = byte(i)
		}
		more := h.Reallocate(n+70_000, b)
		require.Len(t, more, n+70_000)
		require.Equal(t, b, more[:n])
		require.Same(t, unsafe.SliceData(more), unsafe.SliceData(h.Reallocate(n, more)), "there is room")
	}
	require.True(t, onHeap(h))
}
