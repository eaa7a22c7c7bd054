package arrowexec

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec/vec"
)

func TestLentHeaders(t *testing.T) {
	pool := vec.NewPool(nil, true)
	sc := pool.Open()
	b := &Batch{Scope: sc, N: 3, Seq: 7, Sel: vec.Sel{1}, Watermark: 5}
	all := map[*Batch]bool{}
	var first *Batch
	for k := range 3 * maxLent {
		cols := sc.Columns(2)
		require.Equal(t, []*vec.Vec{nil, nil}, cols)
		require.Equal(t, 2, cap(cols)) // who appends does not write to the next
		cols[0] = &vec.Vec{Len: k}
		n := b.WithLent(cols, vec.Sel{2})
		require.Equal(t, *b.With(cols, vec.Sel{2}), *n)
		all[n] = true
		if k == 0 {
			first = n
		}
	}
	require.Len(t, all, 3*maxLent) // each has its own
	for n := range all {
		require.NotNil(t, n.Cols[0])
	}
	require.Zero(t, first.Cols[0].Len)
	sc.Close()
	require.Equal(t, Batch{}, *first) // void, as the columns

	allocs := testing.AllocsPerRun(20, func() {
		sc := pool.Open()
		one := Batch{Scope: sc, N: 1}
		if n := one.WithLent(sc.Columns(3), nil); n.N != 1 || n.Cols[2] != nil {
			panic("not as it was")
		}
		sc.Close()
	})
	require.LessOrEqual(t, allocs, 1.0)
}
