package bench

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStowedRowsComeBack(t *testing.T) {
	for _, rows := range [][][]any{nil, {{}}, {{nil, int64(-1), math.Inf(-1), "", "x\x00y"}, {int64(math.MaxInt64), 0.1, "ü", nil, nil}}} {
		s, ok := stow(rows)
		require.True(t, ok)
		require.Equal(t, rows, s.rows())
	}
	_, ok := stow([][]any{{int32(1)}})
	require.False(t, ok)
}
