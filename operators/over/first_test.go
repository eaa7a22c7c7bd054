package over

import (
	"fmt"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/optest"
	"github.com/velostream/velo/operators/sort"
)

// What is kept of each partition is what a filter of ROW_NUMBER over all rows leaves.
func TestFirstRowsAreThoseOfAllRows(t *testing.T) {
	texts := []arrow.DataType{vec.TypeString, vec.TypeString, vec.TypeFloat64}
	for i, c := range []struct {
		types []arrow.DataType
		by    []expr.Expr
		order []sort.Key
	}{
		{types, []expr.Expr{cell(0)}, []sort.Key{{Expr: cell(1)}}},
		{types, []expr.Expr{cell(0)}, []sort.Key{{Expr: cell(1), Desc: true, NullsFirst: true}}},
		{types, []expr.Expr{cell(0)}, []sort.Key{{Expr: cell(1), Desc: true}, {Expr: cell(2)}}},
		{types, []expr.Expr{cell(0), cell(1)}, nil},
		{types, nil, []sort.Key{{Expr: cell(2)}}},
		{types, nil, nil},
		{types, []expr.Expr{plus(t, cell(0), 1)}, []sort.Key{{Expr: plus(t, cell(1), 1), NullsFirst: true}}},
		{texts, []expr.Expr{optest.Col(0, vec.TypeString)}, []sort.Key{{Expr: optest.Col(1, vec.TypeString)}}},
		{texts, []expr.Expr{optest.Col(0, vec.TypeString)}, []sort.Key{{Expr: &expr.Column{Index: 2, Name: "f", T: vec.TypeFloat64}, Desc: true}}},
	} {
		rows := random(uint64(i), 400)
		if c.types[0] == vec.TypeString {
			rows = optest.Random(uint64(i), 400, c.types...)
		}
		in := optest.Input{Types: c.types, Rows: rows}
		run := func(first int64, spare int) func(*optest.Env) arrowexec.Operator {
			return func(e *optest.Env) arrowexec.Operator {
				p, err := New(Options{Failures: e.Failures, Ledger: e.Ledger, Windows: []Window{{Partition: c.by, Order: c.order, First: first,
					Calls: []Call{{Kind: RowNumber, Type: vec.TypeInt64}, {Kind: Rank, Type: vec.TypeInt64}, {Kind: DenseRank, Type: vec.TypeInt64}}}}})
				require.NoError(t, err)
				if p.first != nil {
					p.first.next, p.first.spare = spare, spare
				}
				return p
			}
		}
		all := optest.Run(t, run(0, 0), in, optest.Shape{})
		for _, first := range []int64{1, 3, 1000} {
			var want []string
			for _, r := range all.Rows {
				if int64(r.Values[3].(int)) <= first {
					want = append(want, fmt.Sprint(r.Values))
				}
			}
			for _, spare := range []int{0, 5, 1000} {
				res := optest.Check(t, run(first, spare), in, optest.Options{Seeds: 24})
				var got []string
				for _, r := range res.Rows {
					got = append(got, fmt.Sprint(r.Values))
				}
				require.Equal(t, want, got, "case %d, first %d, spare %d", i, first, spare)
				optest.Balanced(t, res.Ledger)
			}
		}
	}
}
