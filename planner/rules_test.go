package planner

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/planner/internal/logical"
)

func TestSeekOf(t *testing.T) {
	require.Nil(t, seekOf(nil))
	all := seekOf(logical.NewSeek())
	require.True(t, all.Has(3, 0, -7))
	b := logical.NewSeek()
	b.Partitions, b.FromOffset, b.ToOffset, b.FromTimestamp, b.ToTimestamp = []int64{-1, 0, 2, 1 << 40}, 5, 9, 100, 200
	s := seekOf(b)
	require.Equal(t, &ingest.Seek{Partitions: []int32{0, 2}, FromOffset: 5, ToOffset: 9, FromTimestamp: 100, ToTimestamp: 200}, s)
	require.True(t, s.Has(2, 5, 200))
	for _, x := range [][3]int64{{1, 5, 150}, {0, 4, 150}, {0, 10, 150}, {0, 5, 99}, {0, 5, 201}} {
		require.False(t, s.Has(int32(x[0]), x[1], x[2]), x)
	}
	b = logical.NewSeek()
	b.ToOffset, b.ToTimestamp = -4, -4 // before all there is: the filter says so too
	require.True(t, seekOf(b).Has(0, 0, 0))
}
