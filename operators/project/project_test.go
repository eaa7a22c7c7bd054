package project

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

func TestProjectComputesItemsAndDropsRowsThatFail(t *testing.T) {
	in := optest.Input{Types: []arrow.DataType{vec.TypeInt64, vec.TypeString}, Rows: optest.Random(3, 200, vec.TypeInt64, vec.TypeString)}
	double := &optest.Expr{T: vec.TypeInt64, F: func(r []any) (any, error) {
		switch {
		case r[0] == nil:
			return nil, nil
		case r[0] == 4:
			return nil, errors.New("no fours")
		}
		return 2 * r[0].(int), nil
	}}
	res := optest.Check(t, func(e *optest.Env) arrowexec.Operator {
		return New(Options{Exprs: []expr.Expr{optest.Col(1, vec.TypeString), double, double}, Failures: e.Failures})
	}, in, optest.Options{})
	k := 0
	for _, r := range in.Rows {
		if r[0] == 4 {
			continue
		}
		want := any(nil)
		if r[0] != nil {
			want = 2 * r[0].(int)
		}
		require.Equal(t, []any{r[1], want, want}, res.Rows[k].Values)
		k++
	}
	require.Len(t, res.Rows, k)
	require.EqualValues(t, 200-k, res.Ledger.Failed)
	require.Positive(t, res.Ledger.Failed)
	optest.Balanced(t, res.Ledger)
}

func TestProjectEditsHeadersInTheOrderOfItems(t *testing.T) {
	set := func(key, value string) *optest.Expr {
		return &optest.Expr{T: vec.TypeString, Set: func(r []any) (string, []byte, bool) {
			if r[0] == nil {
				return "", nil, false
			}
			return key, []byte(value), false
		}}
	}
	null := &optest.Expr{T: vec.TypeString, Set: func(r []any) (string, []byte, bool) { return "n", nil, false }}
	remove := &optest.Expr{T: vec.TypeString, Set: func(r []any) (string, []byte, bool) {
		if r[0] == 2 {
			return "a", nil, true
		}
		return "", nil, false
	}}
	h := func(kv ...any) []any { return kv }
	in := optest.Input{Types: []arrow.DataType{vec.TypeInt64, vec.TypeHeaders}, Rows: [][]any{
		{1, h("a", []byte("1"), "b", nil, "a", []byte("2"))},
		{nil, h("a", []byte("1"))},
		{2, nil},
		{2, h("c", []byte(""))},
	}}
	mk := func(e *optest.Env) arrowexec.Operator {
		return New(Options{Exprs: []expr.Expr{set("a", "x"), null, remove, set("b", "y")}, Failures: e.Failures, Headers: &Headers{Input: 1}})
	}
	res := optest.Check(t, mk, in, optest.Options{})
	var got []string
	for _, r := range res.Rows {
		got = append(got, optest.Lines([]optest.Row{{Values: r.Values[4:]}})[0])
	}
	require.Equal(t, []string{"[a,xx,n,NULL,b,xy]", "[a,x1,n,NULL]", "[n,NULL,b,xy]", "[c,x,n,NULL,b,xy]"}, got)
}

func TestProjectWithoutEditsOrInputHeaders(t *testing.T) {
	none := &optest.Expr{T: vec.TypeString, Set: func([]any) (string, []byte, bool) { return "", nil, false }}
	in := optest.Input{Types: []arrow.DataType{vec.TypeInt64}, Rows: [][]any{{1}, {2}}}
	res := optest.Check(t, func(e *optest.Env) arrowexec.Operator {
		return New(Options{Exprs: []expr.Expr{none}, Failures: e.Failures, Headers: &Headers{Input: -1}})
	}, in, optest.Options{})
	require.Equal(t, []string{"NULL|NULL", "NULL|NULL"}, optest.Lines(res.Rows))
}
