package union

import (
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// Rows that come before their turn are kept, written down and given in the order of
// the members.
func TestOrderedUnionGivesMembersOneAfterTheOther(t *testing.T) {
	pool := vec.NewPool(nil, true)
	defer pool.Close()
	var got []int64
	emit := func(b *arrowexec.Batch) error {
		x := vec.Values[int64](b.Cols[0])
		for i := range b.N {
			if b.Sel == nil {
				got = append(got, x[i])
			}
		}
		for _, i := range b.Sel {
			got = append(got, x[i])
		}
		return nil
	}
	u := NewOrdered(3, []arrow.DataType{vec.TypeInt64}, 0)
	ports := []arrowexec.Operator{u.Port(0), u.Port(1), u.Port(2)}
	put := func(port int, xs ...int64) error {
		sc := pool.Open()
		defer sc.Close()
		b := vec.NewBuilder(sc, vec.TypeInt64, len(xs))
		for _, x := range xs {
			b.Int64(x)
		}
		batch := &arrowexec.Batch{Scope: sc, N: len(xs), Cols: []*vec.Vec{b.Finish()}}
		if len(xs) == 0 {
			return ports[port].Flush(batch, emit)
		}
		return ports[port].Process(batch, emit)
	}
	require.NoError(t, put(2, 20))
	require.NoError(t, put(0, 1, 2))
	require.NoError(t, put(1, 10))
	require.NoError(t, put(2, 21))
	require.NoError(t, put(2)) // ends before its turn
	require.Equal(t, []int64{1, 2}, got)
	_, held := ports[2].(*orderedPort).Fate()
	require.Equal(t, int64(2), held)

	fresh := NewOrdered(3, []arrow.DataType{vec.TypeInt64}, 0) // a run that goes on elsewhere
	for i := range ports {
		recs, err := ports[i].(arrowexec.Snapshotter).Snapshot()
		require.NoError(t, err)
		ports[i].(arrowexec.Closer).Close()
		ports[i] = fresh.Port(i)
		require.NoError(t, ports[i].(arrowexec.Snapshotter).Restore(recs))
		for _, rec := range recs {
			rec.Release()
		}
	}
	require.NoError(t, put(0, 3))
	require.NoError(t, put(0))
	require.Equal(t, []int64{1, 2, 3, 10}, got)
	require.NoError(t, put(1, 11))
	require.NoError(t, put(1))
	require.Equal(t, []int64{1, 2, 3, 10, 11, 20, 21}, got)
	for _, p := range ports {
		p.(arrowexec.Closer).Close()
	}

	u = NewOrdered(2, []arrow.DataType{vec.TypeInt64}, 10)
	ports = []arrowexec.Operator{u.Port(0), u.Port(1)}
	require.ErrorContains(t, put(1, 1, 2, 3), "UNION ALL")
	ports[1].(arrowexec.Closer).Close()
}
