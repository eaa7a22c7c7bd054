package tablejoin_test

import (
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/join"
	"github.com/velostream/velo/operators/optest"
	"github.com/velostream/velo/operators/tablejoin"
)

// A table over the limit ends the run with what it holds.
func TestTableOverTheLimit(t *testing.T) {
	types := []arrow.DataType{vec.TypeInt64}
	j, err := tablejoin.New(tablejoin.Options{Kind: join.Inner, Table: tablejoin.Right, LeftTypes: types, RightTypes: types, Limit: 10_000, Name: "join",
		Keys: []join.Key{{Left: optest.Col(0, vec.TypeInt64), Right: optest.Col(0, vec.TypeInt64)}}, Ledger: &arrowexec.Ledger{}})
	require.NoError(t, err)
	pool := vec.NewPool(nil, true)
	sc := pool.Open()
	vals := make([]any, 3000)
	for i := range vals {
		vals[i] = i
	}
	b := &arrowexec.Batch{Scope: sc, N: len(vals), Watermark: arrowexec.NoWatermark, Cols: []*vec.Vec{optest.Column(sc, vec.TypeInt64, vals...)}}
	err = j.Right().Process(b, func(*arrowexec.Batch) error { return nil })
	require.ErrorContains(t, err, "state of join takes")
	require.ErrorContains(t, err, "3000 rows with 3000 keys, more than the limit of 10000 bytes")
	j.Right().(arrowexec.Closer).Close()
	sc.Close()
	require.Zero(t, pool.OpenScopes())
	pool.Close()
}
