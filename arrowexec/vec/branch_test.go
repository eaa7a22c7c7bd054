package vec

import (
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"
)

// What pipelines take counts in the pool of the run, is used again by the one that had it,
// and is given back with the pool.
func TestBranchesCountInTheirPool(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	p := NewPool(mem, false)
	a, b := p.Branch(), p.Branch()
	sa, sb, sp := a.Open(), b.Open(), p.Open()
	require.Same(t, a, sa.Pool())
	require.Equal(t, 3, p.OpenScopes())
	first := &sa.Bytes(1 << 20)[0]
	sb.Bytes(1 << 20)
	sp.Bytes(1 << 20)
	live, held, peak := p.Stats()
	require.Equal(t, []int64{3 << 20, 3 << 20, 3 << 20}, []int64{live, held, peak})
	sa.Close()
	sb.Close()
	live, held, _ = p.Stats()
	require.Equal(t, []int64{1 << 20, 3 << 20}, []int64{live, held})
	sb = b.Open()
	require.NotSame(t, first, &sb.Bytes(1 << 20)[0])
	sa = a.Open()
	require.Same(t, first, &sa.Bytes(1 << 20)[0])
	sa.Close()
	sb.Close()
	sp.Close()
	require.Zero(t, p.OpenScopes())
	p.Close()
	live, held, peak = p.Stats()
	require.Equal(t, []int64{0, 0, 3 << 20}, []int64{live, held, peak})
}
