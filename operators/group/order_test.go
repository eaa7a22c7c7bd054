package group

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOrderByStamps(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		name  string
		stamp func() int64
		radix bool
	}{
		{"one piece", func() int64 { return r.Int64N(1 << 20) }, true},
		{"pieces", func() int64 { return r.Int64N(46)<<40 + r.Int64N(1<<16) }, true},
		{"one row", func() int64 { return 7 << 40 }, true},
		{"few rows", func() int64 { return r.Int64N(3) << 40 }, true},
		{"strips", func() int64 { return r.Int64() & 0x10F0_0010_0100_0101 }, false},
		{"wide", func() int64 { return r.Int64() }, false},
		{"negative", func() int64 { return r.Int64N(100) - 50 }, false},
	} {
		for _, n := range []int{0, 1, fewGroups - 1, fewGroups, 5000} {
			table := New(nil)
			table.n = n
			for i := range n {
				table.stamps, table.subs = append(table.stamps, c.stamp()), append(table.subs, int32(n-i))
			}
			ids := make([]int32, n)
			for i := range ids {
				ids[i] = int32(i)
			}
			slices.SortFunc(ids, table.Compare)
			require.Equal(t, ids, append([]int32{}, table.Order()...), c.name)
			if n > 0 {
				require.Equal(t, c.radix && n >= fewGroups, table.byStamps(ids), c.name)
			}
		}
	}
}
