package join_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/join"
	"github.com/velostream/velo/operators/optest"
)

func column(i int) expr.Expr {
	return &expr.Column{Index: i, Name: fmt.Sprint("c", i), T: vec.TypeInt64}
}

// table makes rows of a key, NULL now and then, and their number.
func table(rnd *rand.Rand, n, keys int) [][]any {
	var out [][]any
	for i := range n {
		var k any = rnd.IntN(keys)
		if rnd.IntN(6) == 0 {
			k = nil
		}
		out = append(out, []any{k, i})
	}
	return out
}

// want joins by two loops.
func want(kind join.Kind, left, right [][]any, residual bool) (out []string) {
	seen := make([]bool, len(right))
	for _, l := range left {
		var hits []int
		null := false
		for r, row := range right {
			switch {
			case residual && l[1].(int)%3 > row[1].(int)%3:
			case l[0] == nil || row[0] == nil:
				null = true
			case l[0] == row[0]:
				hits = append(hits, r)
			}
		}
		text := func(right []any) {
			out = append(out, optest.Row{Values: append(append([]any{}, l...), right...)}.String())
		}
		switch {
		case kind == join.Mark:
			mark := []any{len(hits) > 0}
			if len(hits) == 0 && null {
				mark[0] = nil
			}
			text(mark)
		case kind == join.Semi || kind == join.Anti:
			if len(hits) > 0 == (kind == join.Semi) {
				text(nil)
			}
		case len(hits) == 0 && (kind == join.Left || kind == join.Full):
			text([]any{nil, nil})
		default:
			for _, r := range hits {
				seen[r] = true
				text(right[r])
			}
		}
	}
	if kind == join.Right || kind == join.Full {
		for r, row := range right {
			if !seen[r] {
				out = append(out, optest.Row{Values: append([]any{nil, nil}, row...)}.String())
			}
		}
	}
	return out
}

// run joins batches of the given size; early gives the left rows first.
func run(t *testing.T, kind join.Kind, left, right [][]any, residual bool, size int, early, planned bool) ([]string, arrowexec.Ledger, error) {
	types := []arrow.DataType{vec.TypeInt64, vec.TypeInt64}
	ledger := &arrowexec.Ledger{}
	o := join.Options{Kind: kind, LeftTypes: types, RightTypes: types, Ledger: ledger, Early: planned}
	key := join.Key{Left: column(0), Right: column(0)}
	if kind == join.Mark {
		o.In, o.Plain = []join.Key{key}, true
		three, err := expr.NewCompare("=", column(0), column(2))
		require.NoError(t, err)
		o.Three = three
	} else {
		o.Keys = []join.Key{key}
	}
	if residual {
		reg, err := expr.NewRegistry(expr.Operators()...)
		require.NoError(t, err)
		mod := func(c int) expr.Expr {
			f, ok := reg.Lookup("%")
			require.True(t, ok)
			e, err := expr.NewCall(f, []expr.Expr{column(c), expr.IntConst(3)})
			require.NoError(t, err)
			return e
		}
		r, err := expr.NewCompare("<=", mod(1), mod(3))
		require.NoError(t, err)
		o.Residual = r
	}
	j := join.New(o)
	steps := 0
	// anew goes on in a restored join at every third step.
	anew := func() {
		if steps++; steps%3 != 0 {
			return
		}
		recs, err := j.Right().(arrowexec.Snapshotter).Snapshot()
		require.NoError(t, err)
		j.Right().(arrowexec.Closer).Close()
		j = join.New(o)
		require.NoError(t, j.Right().(arrowexec.Snapshotter).Restore(recs))
	}
	pool := vec.NewPool(nil, true)
	var rows []string
	emit := func(b *arrowexec.Batch) error {
		ledger.Used += b.Weight(b.Sel)
		for k := range b.Rows() {
			i := k
			if b.Sel != nil {
				i = int(b.Sel[k])
			}
			var r optest.Row
			for _, v := range b.Cols {
				require.Equal(t, b.N, v.Len)
				r.Values = append(r.Values, optest.ValueAt(v, i))
			}
			rows = append(rows, r.String())
		}
		return nil
	}
	feed := func(port func(*join.Join) arrowexec.Operator, list [][]any) error {
		for at := 0; at < len(list); at += size {
			part := list[at:min(at+size, len(list))]
			sc := pool.Open()
			b := &arrowexec.Batch{Scope: sc, N: len(part), Seq: int64(at), Watermark: arrowexec.NoWatermark}
			for c := range types {
				var vals []any
				for _, r := range part {
					vals = append(vals, r[c])
				}
				b.Cols = append(b.Cols, optest.Column(sc, types[c], vals...))
			}
			ledger.In += int64(len(part))
			anew()
			err := port(j).Process(b, emit)
			sc.Close()
			if err != nil {
				return err
			}
		}
		sc := pool.Open()
		defer sc.Close()
		anew()
		return port(j).Flush(&arrowexec.Batch{Scope: sc, Sel: vec.Sel{}, Watermark: arrowexec.EndOfTime}, emit)
	}
	lp, rp := (*join.Join).Left, (*join.Join).Right
	var err error
	if early {
		if err = feed(lp, left); err == nil {
			err = feed(rp, right)
		}
	} else if err = feed(rp, right); err == nil {
		err = feed(lp, left)
	}
	rp(j).(arrowexec.Closer).Close()
	require.Zero(t, pool.OpenScopes())
	return rows, *ledger, err
}

func TestJoinsAsTwoLoopsDo(t *testing.T) {
	rnd := rand.New(rand.NewPCG(rand.Uint64(), 1))
	for range 60 {
		left, right := table(rnd, rnd.IntN(40), 1+rnd.IntN(20)), table(rnd, rnd.IntN(40), 1+rnd.IntN(20))
		for kind := join.Inner; kind <= join.Mark; kind++ {
			for _, residual := range []bool{false, true} {
				for way := range 4 { // in either order, planned so or not
					early, planned := way&1 != 0, way&2 != 0
					got, l, err := run(t, kind, left, right, residual, 1+rnd.IntN(20), early, planned)
					require.NoError(t, err)
					require.Equal(t, want(kind, left, right, residual), got, "kind %d residual %v early %v planned %v\n%v\n%v", kind, residual, early, planned, left, right)
					require.Equal(t, l.In, l.Used+l.Filtered, "every row has one fate: kind %d residual %v", kind, residual)
				}
			}
		}
	}
}

func TestManyMatchesComeInBatches(t *testing.T) {
	var right [][]any
	for i := range 30000 {
		right = append(right, []any{1, i})
	}
	got, _, err := run(t, join.Inner, [][]any{{1, 0}, {1, 1}}, right, false, 1000, false, false)
	require.NoError(t, err)
	require.Len(t, got, 60000)
}

func TestSingleRefusesASecondRow(t *testing.T) {
	_, _, err := run(t, join.Single, [][]any{{1, 0}}, [][]any{{1, 0}, {1, 1}}, false, 10, false, true)
	require.ErrorIs(t, err, join.ErrSecondRow)
}
