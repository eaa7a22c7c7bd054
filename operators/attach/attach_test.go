package attach

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/optest"
)

// answers runs the subquery's rows before or after the first left batch and
// gives the last column of every left row.
func answers(t *testing.T, o Options, left, sub []any, late bool) []any {
	t.Helper()
	var ledger arrowexec.Ledger
	o.Ledger = &ledger
	o.Types = []arrow.DataType{vec.TypeInt64}
	op := New(o)
	l, r := op.Left(), op.Right()
	pool := vec.NewPool(nil, true)
	var got []any
	emit := func(b *arrowexec.Batch) error {
		for i := range b.N {
			require.Equal(t, left[len(got)], optest.ValueAt(b.Cols[0], i))
			got = append(got, optest.ValueAt(b.Cols[1], i))
		}
		ledger.Used += b.Weight(b.Sel)
		return nil
	}
	give := func(p arrowexec.Operator, values []any) {
		sc := pool.Open()
		defer sc.Close()
		ledger.In += int64(len(values))
		require.NoError(t, p.Process(&arrowexec.Batch{Scope: sc, N: len(values), Cols: []*vec.Vec{optest.Column(sc, vec.TypeInt64, values...)}}, emit))
	}
	end := func(p arrowexec.Operator) {
		sc := pool.Open()
		defer sc.Close()
		require.NoError(t, p.Flush(&arrowexec.Batch{Scope: sc, Sel: vec.Sel{}}, emit))
	}
	half := 0
	if late {
		half = len(left) / 2
		give(l, left[:half])
	}
	for _, v := range sub {
		give(r, []any{v})
	}
	end(r)
	give(l, left[half:])
	end(l)
	l.(arrowexec.Closer).Close()
	require.Zero(t, pool.OpenScopes())
	optest.Balanced(t, ledger)
	return got
}

func TestAnswers(t *testing.T) {
	left := []any{1, nil, 2, 3}
	probe := []expr.Expr{&expr.Column{Index: 0, Name: "v", T: vec.TypeInt64}}
	for _, c := range []struct {
		kind Kind
		sub  []any
		want []any
	}{
		{Scalar, []any{7}, []any{7, 7, 7, 7}},
		{Scalar, []any{nil}, []any{nil, nil, nil, nil}},
		{Scalar, nil, []any{nil, nil, nil, nil}},
		{Exists, []any{nil, 1}, []any{true, true, true, true}},
		{Exists, nil, []any{false, false, false, false}},
		{In, []any{2, 2, 1}, []any{true, nil, true, false}},
		{In, []any{2, nil}, []any{nil, nil, true, nil}},
		{In, nil, []any{false, false, false, false}},
	} {
		for _, late := range []bool{false, true} {
			o := Options{Kind: c.kind}
			if c.kind == In {
				o.Probe = probe
			}
			require.Equal(t, c.want, answers(t, o, left, c.sub, late), fmt.Sprint(c.kind, c.sub, late))
		}
	}
}

func TestTwoRowsEndTheRun(t *testing.T) {
	pool := vec.NewPool(nil, true)
	sc := pool.Open()
	op := New(Options{Kind: Scalar, Types: []arrow.DataType{vec.TypeInt64}, Ledger: &arrowexec.Ledger{}, Name: "the scalar subquery at query:1:8"})
	b := &arrowexec.Batch{Scope: sc, N: 2, Cols: []*vec.Vec{optest.Column(sc, vec.TypeInt64, 1, 2)}}
	require.ErrorContains(t, op.Right().Process(b, nil), "the scalar subquery at query:1:8 gave more than one row")
	sc.Close()
	op.Left().(arrowexec.Closer).Close()
	require.Zero(t, pool.OpenScopes())
}
