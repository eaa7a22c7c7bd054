package join

import (
	"fmt"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// Right texts that repeat come as few values, and as the same ones.
func TestTextsThatRepeatComeAsFewValues(t *testing.T) {
	pool := vec.NewPool(nil, true)
	sc := pool.Open()
	defer sc.Close()
	for _, values := range []int{7, 5000} {
		b := vec.NewBuilder(sc, vec.TypeString, 5000)
		for i := range 5000 {
			b.String(fmt.Sprint("desk", i*31%values))
		}
		j := New(Options{Kind: Left, RightTypes: []arrow.DataType{vec.TypeString}, Ledger: &arrowexec.Ledger{}})
		j.cols = []*vec.Vec{b.Finish()}
		j.alike(pool)
		require.Equal(t, values == 7, j.same[0] != nil)
		rows := make([]int32, 6000)
		for k := range rows {
			rows[k] = int32(k*17%5001) - 1
		}
		got := j.right(sc, 0, rows, true)
		require.NotNil(t, got.Dict)
		places := map[int32]bool{}
		for k, r := range rows {
			require.Equal(t, r < 0, got.IsNull(k))
			if r >= 0 {
				require.Equal(t, j.cols[0].StringAt(int(r)), got.StringAt(k))
				places[got.Indices()[k]] = true
			}
		}
		require.Len(t, places, values)
	}
}
