package unnest

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/optest"
)

var (
	list = arrow.ListOf(vec.TypeInt64)
	dict = arrow.MapOf(vec.TypeString, vec.TypeInt64)
)

func input() optest.Input {
	return optest.Input{Types: []arrow.DataType{vec.TypeInt64, list, dict}, Rows: [][]any{
		{1, []any{10, nil, 30}, []any{"a", 1}},
		{2, []any{}, nil},
		{3, nil, []any{"b", nil, "c", 3}},
		{4, []any{40}, []any{}},
	}}
}

func TestUnnestInStep(t *testing.T) {
	args := []expr.Expr{&expr.Column{Index: 1, T: list}, &expr.Column{Index: 2, T: dict}}
	for _, rows := range []int{0, 1, 2} {
		res := optest.Check(t, func(e *optest.Env) arrowexec.Operator {
			return New(Options{Args: args, Failures: e.Failures, Ledger: e.Ledger, Rows: rows})
		}, input(), optest.Options{})
		require.Equal(t, []string{
			"1|[10,NULL,30]|[a,1]|10|a|1", "1|[10,NULL,30]|[a,1]|NULL|NULL|NULL", "1|[10,NULL,30]|[a,1]|30|NULL|NULL",
			"3|NULL|[b,NULL,c,3]|NULL|b|NULL", "3|NULL|[b,NULL,c,3]|NULL|c|3", "4|[40]|[]|40|NULL|NULL",
		}, optest.Lines(res.Rows))
		require.Equal(t, arrowexec.Ledger{In: 4, Used: 3, Filtered: 1, Out: 6}, res.Ledger)
		optest.Balanced(t, res.Ledger)
	}
}

func TestOuterKeepsRowsWithoutElements(t *testing.T) {
	res := optest.Check(t, func(e *optest.Env) arrowexec.Operator {
		return New(Options{Args: []expr.Expr{&expr.Column{Index: 1, T: list}}, Outer: true, Failures: e.Failures, Ledger: e.Ledger})
	}, input(), optest.Options{})
	require.Len(t, res.Rows, 6)
	require.Equal(t, "2|[]|NULL|NULL", optest.Lines(res.Rows)[3])
	optest.Balanced(t, res.Ledger)
}

func TestOnChoosesAmongTheElements(t *testing.T) {
	over := &optest.Expr{T: vec.TypeBool, F: func(r []any) (any, error) {
		switch r[3] {
		case 10:
			return nil, errors.New("no") // another element of the row matches
		case 40:
			return nil, errors.New("no")
		case nil:
			return nil, nil
		}
		return true, nil
	}}
	for _, rows := range []int{0, 1, 2} {
		for _, outer := range []bool{false, true} {
			res := optest.Check(t, func(e *optest.Env) arrowexec.Operator {
				return New(Options{Args: []expr.Expr{&expr.Column{Index: 1, T: list}}, Outer: outer, On: over, Failures: e.Failures, Ledger: e.Ledger, Rows: rows})
			}, input(), optest.Options{})
			want, fates := []string{"1|[10,NULL,30]|[a,1]|30"}, arrowexec.Ledger{In: 4, Used: 1, Filtered: 2, Failed: 1, Out: 1}
			if outer {
				want = append(want, "2|[]|NULL|NULL", "3|NULL|[b,NULL,c,3]|NULL")
				fates = arrowexec.Ledger{In: 4, Used: 3, Failed: 1, Out: 3}
			}
			require.Equal(t, want, optest.Lines(res.Rows))
			require.Equal(t, fates, res.Ledger)
			optest.Balanced(t, res.Ledger)
		}
	}
}

func TestRowsThatFailAreCounted(t *testing.T) {
	bad := &optest.Expr{T: list, F: func(r []any) (any, error) {
		if r[0] == 1 {
			return nil, errors.New("no")
		}
		return r[1], nil
	}}
	res := optest.Check(t, func(e *optest.Env) arrowexec.Operator {
		return New(Options{Args: []expr.Expr{bad}, Failures: e.Failures, Ledger: e.Ledger})
	}, input(), optest.Options{})
	require.Equal(t, arrowexec.Ledger{In: 4, Used: 1, Filtered: 2, Failed: 1, Out: 1}, res.Ledger)
}
