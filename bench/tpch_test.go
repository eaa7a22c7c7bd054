package bench

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTPCH runs the 22 queries at the smallest scale whose answers are known.
func TestTPCH(t *testing.T) {
	for _, threads := range []int{1, 3} {
		n := 0
		err := TPCH(context.Background(), TPCHOptions{Scale: 0.01, Seed: 1, Threads: threads}, func(r *TPCHResult) error {
			n++
			require.True(t, r.Checked, "query %d", r.Query)
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, 22, n)
	}
	require.ErrorContains(t, TPCH(context.Background(), TPCHOptions{Scale: 0.01, Queries: []int{23}}, nil), "TPC-H has the queries 1 to 22, not 23")
	require.ErrorContains(t, TPCH(context.Background(), TPCHOptions{}, nil), "the scale must be positive, not 0")
}
