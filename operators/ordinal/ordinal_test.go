package ordinal

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/optest"
)

func TestNumbersRunOnOverBatches(t *testing.T) {
	pool := vec.NewPool(nil, true)
	sc := pool.Open()
	defer sc.Close()
	o := New()
	var got []any
	emit := func(b *arrowexec.Batch) error {
		require.Len(t, b.Cols, 2)
		for i := range b.N {
			if b.Sel == nil || i == 1 || i == 2 {
				got = append(got, optest.ValueAt(b.Cols[1], i))
			}
		}
		return nil
	}
	x := optest.Column(sc, vec.TypeInt64, 7, 7, 7, 7)
	for _, sel := range []vec.Sel{nil, {1, 2}, {}, nil} {
		b := &arrowexec.Batch{Scope: sc, N: 4, Cols: []*vec.Vec{x}, Sel: sel}
		if len(sel) == 0 && sel != nil {
			require.NoError(t, o.Process(b, func(*arrowexec.Batch) error { return nil }))
			continue
		}
		require.NoError(t, o.Process(b, emit))
		recs, err := o.Snapshot()
		require.NoError(t, err)
		o = New() // goes on where the one before was
		require.NoError(t, o.Restore(recs))
		recs[0].Release()
	}
	require.Equal(t, []any{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, ints(got))
}

func ints(list []any) []any {
	for i, x := range list {
		if n, ok := x.(int64); ok {
			list[i] = int(n)
		}
	}
	return list
}
