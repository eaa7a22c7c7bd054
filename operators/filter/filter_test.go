package filter

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/optest"
)

func TestFilterTakesRowsOnlyOnTrueAndFailsRowsThatCannotBeComputed(t *testing.T) {
	in := optest.Input{Types: []arrow.DataType{vec.TypeInt64, vec.TypeString}, Rows: [][]any{
		{1, "a"}, {nil, "b"}, {7, nil}, {13, "bad"}, {2, "c"}, {-1, ""},
	}}
	pred := &optest.Expr{T: vec.TypeBool, F: func(r []any) (any, error) {
		switch {
		case r[0] == nil:
			return nil, nil
		case r[0] == 13:
			return nil, errors.New("unlucky")
		}
		return r[0].(int) > 0, nil
	}}
	res := optest.Check(t, func(e *optest.Env) arrowexec.Operator {
		return New(Options{Predicate: pred, Failures: e.Failures, Ledger: e.Ledger})
	}, in, optest.Options{})
	require.Equal(t, []string{"1|a", "7|NULL", "2|c"}, optest.Lines(res.Rows))
	require.Equal(t, []string{"expression: unlucky"}, res.Failed)
	require.Equal(t, arrowexec.Ledger{In: 6, Used: 3, Filtered: 2, Failed: 1, Out: 3}, res.Ledger)
	optest.Balanced(t, res.Ledger)
}

func TestFilterOfEmptyInputPassesWatermarksOn(t *testing.T) {
	res := optest.Run(t, func(e *optest.Env) arrowexec.Operator {
		return New(Options{Predicate: &optest.Expr{T: vec.TypeBool, F: func([]any) (any, error) { return false, nil }}, Failures: e.Failures, Ledger: e.Ledger})
	}, optest.Input{Types: []arrow.DataType{vec.TypeInt64}, Rows: [][]any{{1}, {2}}, Marks: []int64{arrowexec.NoWatermark, 5}, After: 9}, optest.Shape{Batch: 1})
	require.Empty(t, res.Rows)
	require.Equal(t, []int64{5, 9}, res.Watermarks)
}
