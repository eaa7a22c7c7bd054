package limit

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/optest"
)

func TestLimit(t *testing.T) {
	in := optest.Input{Types: []arrow.DataType{vec.TypeInt64}, Rows: [][]any{{1}, {2}, {nil}, {4}, {5}}}
	for _, c := range []struct {
		limit, offset int64
		want          []string
		done          bool
	}{
		{2, 0, []string{"1", "2"}, true},
		{2, 1, []string{"2", "NULL"}, true},
		{0, 0, []string{}, true},
		{9, 3, []string{"4", "5"}, false},
		{5, 0, []string{"1", "2", "NULL", "4", "5"}, true},
		{-1, 4, []string{"5"}, false},
		{math.MaxInt64, 2, []string{"NULL", "4", "5"}, false},
		{1, math.MaxInt64, []string{}, false},
	} {
		res := optest.Check(t, func(e *optest.Env) arrowexec.Operator {
			return New(Options{Limit: c.limit, Offset: c.offset, Ledger: e.Ledger})
		}, in, optest.Options{AnyLedger: true})
		require.Equal(t, c.want, optest.Lines(res.Rows), "%+v", c)
		require.Equal(t, c.done, res.Done, "%+v", c)
		optest.Balanced(t, res.Ledger)
	}
}

func TestLimitCountsWhatItCutsFromABatch(t *testing.T) {
	in := optest.Input{Types: []arrow.DataType{vec.TypeInt64}, Rows: [][]any{{1}, {2}, {3}, {4}, {5}}}
	res := optest.Run(t, func(e *optest.Env) arrowexec.Operator {
		return New(Options{Limit: 2, Offset: 1, Ledger: e.Ledger})
	}, in, optest.Shape{Batch: 2})
	require.Equal(t, arrowexec.Ledger{In: 4, Used: 2, Filtered: 2, Out: 2}, res.Ledger)
}
