//go:build linux

package recordbatch

import (
	"math/rand/v2"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// guarded is memory behind which nothing may be read or written.
func guarded(t *testing.T, n int) []byte {
	page := os.Getpagesize()
	size := (n + page - 1) / page * page
	m, err := syscall.Mmap(-1, 0, size+page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	require.NoError(t, err)
	require.NoError(t, syscall.Mprotect(m[size:], syscall.PROT_NONE))
	t.Cleanup(func() { _ = syscall.Munmap(m) })
	return m[size-n : size : size]
}

// TestEndsOfMemory has blocks and their room end where memory does: a load or store beyond
// them would end the test.
func TestEndsOfMemory(t *testing.T) {
	const most = 1 << 20
	srcA, dstA, srcB, dstB := guarded(t, most), guarded(t, most), guarded(t, most), guarded(t, most)
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 3))
		place := func(src, dst []byte) (lz4Stream, []byte) {
			block, want := sequences(r, nil, 1+r.IntN(300))
			s := lz4Stream{src: src[most-len(block):], dst: dst[most-len(want)-r.IntN(2)*r.IntN(200):]}
			copy(s.src, block)
			return s, want
		}
		a, wantA := place(srcA, dstA)
		b, wantB := place(srcB, dstB)
		for lz4Kernel && !a.ended() && !b.ended() {
			lz4Two(&a, &b)
			require.NoError(t, a.step())
			require.NoError(t, b.step())
		}
		require.NoError(t, a.run())
		require.NoError(t, b.run())
		require.Equal(t, wantA, a.dst[:a.at], "seed %d", seed)
		require.Equal(t, wantB, b.dst[:b.at], "seed %d", seed)
	}
}
