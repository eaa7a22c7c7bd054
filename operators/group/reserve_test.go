package group

import (
	"fmt"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// TestReserve numbers keys in tables with too little room, enough and too much: the numbers
// are the same, and with enough the slots and the keys do not grow.
func TestReserve(t *testing.T) {
	pool := vec.NewPool(nil, true)
	sc := pool.Open()
	defer sc.Close()
	const n = 700
	texts := vec.NewBuilder(sc, vec.TypeString, n)
	for i := range n {
		texts.String(fmt.Sprint("key ", i*i%401))
	}
	b := &arrowexec.Batch{Scope: sc, N: n, Cols: []*vec.Vec{texts.Finish()}}
	var want []int32
	for _, room := range []int{0, 1, 100, 400, 1 << 20} {
		table := New([]arrow.DataType{vec.TypeString})
		table.Reserve(room)
		slots := len(table.cols[0].str.slots)
		ids := make([]int32, n)
		table.Assign(b, b.Cols, nil, ids)
		if want == nil {
			want = ids
		}
		require.Equal(t, want, ids)
		if room >= 400 {
			require.Len(t, table.cols[0].str.slots, slots)
			require.LessOrEqual(t, slots, fewSlots)
		}
		table = New([]arrow.DataType{vec.TypeString}) // room for more than the few that it has
		again := make([]int32, n)
		few := make(vec.Sel, 50)
		for k := range few {
			few[k] = int32(k)
		}
		table.Assign(b, b.Cols, few, again)
		table.Reserve(room)
		table.Assign(b, b.Cols, nil, again)
		require.Equal(t, want, again)
	}
}
