package distinct

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/optest"
)

func TestDistinctKeepsTheFirst(t *testing.T) {
	types := []arrow.DataType{vec.TypeString, vec.TypeInt64, vec.TypeFloat64}
	for _, n := range []int{0, 1, 300} {
		in := optest.Input{Types: types, Rows: optest.Random(uint64(n), n, types...)}
		res := optest.Check(t, func(e *optest.Env) arrowexec.Operator {
			return New(Options{Columns: []int{0, 1}, Types: types[:2], Ledger: e.Ledger})
		}, in, optest.Options{})
		seen := map[string]bool{}
		k := 0
		for i, r := range in.Rows {
			if key := fmt.Sprintf("%#v", r[:2]); !seen[key] {
				seen[key] = true
				require.EqualValues(t, i, res.Rows[k].Ord)
				require.Equal(t, r, res.Rows[k].Values)
				k++
			}
		}
		require.Len(t, res.Rows, k)
		require.EqualValues(t, n-k, res.Ledger.Filtered)
		optest.Balanced(t, res.Ledger)
	}
}

func TestDistinctForgetsKeysByEventTime(t *testing.T) {
	types := []arrow.DataType{vec.TypeInt64, vec.TypeTimestamp}
	in := optest.Input{Types: types}
	var want []int64
	seen := map[int]int{}
	mark := int64(arrowexec.NoWatermark)
	for i := range 40000 {
		key, ts := i%9000, i*3
		if i > 20000 {
			key = i % 17
		}
		in.Rows = append(in.Rows, []any{key, ts})
		in.Marks = append(in.Marks, mark)
		at, ok := seen[key]
		if !ok || mark-600 > int64(at) {
			seen[key] = ts
			want = append(want, int64(i))
		}
		mark = int64(ts - 20)
	}
	in.After = mark
	var op *Operator
	res := optest.Check(t, func(e *optest.Env) arrowexec.Operator {
		op = New(Options{Columns: []int{0}, Types: types[:1], Retention: 600, Time: 1, Ledger: e.Ledger})
		return op
	}, in, optest.Options{Seeds: 6})
	require.Len(t, res.Rows, len(want))
	for k, ord := range want {
		require.Equal(t, ord, res.Rows[k].Ord)
	}
	optest.Balanced(t, res.Ledger)
}
