package group

import (
	"fmt"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// A table that has had many keys is used again after Reset: windows do so.
func TestResetOfManyKeys(t *testing.T) {
	pool := vec.NewPool(nil, true)
	for _, width := range []int{4, 24} {
		table := New([]arrow.DataType{vec.TypeString})
		for range 3 {
			s := pool.Open()
			b := vec.NewBuilder(s, vec.TypeString, 0)
			for i := range 5000 {
				b.String(fmt.Sprintf("%0*d", width, i/2))
			}
			ids := make([]int32, 5000)
			require.Equal(t, 2500, table.Assign(&arrowexec.Batch{Scope: s, N: 5000}, []*vec.Vec{b.Finish()}, nil, ids))
			for i, id := range ids {
				require.EqualValues(t, i/2, id)
			}
			table.Reset()
			s.Close()
		}
	}
}
