package setop

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/optest"
)

// run gives rows to both ports in batches of random sizes and orders, and
// collects what comes out.
func run(t *testing.T, o Options, left, right [][]any, types []arrow.DataType, seed uint64) ([]string, arrowexec.Ledger) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(seed, 3))
	var ledger arrowexec.Ledger
	o.Ledger = &ledger
	op := New(o)
	ports := []arrowexec.Operator{op.Left(), op.Right()}
	rows := [][][]any{left, right}
	pool := vec.NewPool(nil, true)
	var got []string
	emit := func(b *arrowexec.Batch) error {
		for i := range b.N {
			var cells []string
			for _, c := range b.Cols {
				cells = append(cells, fmt.Sprint(optest.ValueAt(c, i)))
			}
			got = append(got, strings.Join(cells, "|"))
		}
		ledger.Used += b.Weight(b.Sel)
		return nil
	}
	seq := int64(0)
	open := []int{0, 1}
	for len(open) > 0 {
		if rnd.IntN(4) == 0 { // go on in a restored operator
			recs, err := op.Left().(arrowexec.Snapshotter).Snapshot()
			require.NoError(t, err)
			op.Left().(arrowexec.Closer).Close()
			op = New(o)
			require.NoError(t, op.Left().(arrowexec.Snapshotter).Restore(recs))
			ports = []arrowexec.Operator{op.Left(), op.Right()}
		}
		k := rnd.IntN(len(open))
		p := open[k]
		sc := pool.Open()
		if len(rows[p]) == 0 {
			require.NoError(t, ports[p].Flush(&arrowexec.Batch{Scope: sc, Sel: vec.Sel{}}, emit))
			open = append(open[:k:k], open[k+1:]...)
			sc.Close()
			continue
		}
		n := 1 + rnd.IntN(len(rows[p]))
		b := &arrowexec.Batch{Scope: sc, N: n, Seq: seq}
		for c, typ := range types {
			var vals []any
			for _, r := range rows[p][:n] {
				vals = append(vals, r[c])
			}
			b.Cols = append(b.Cols, optest.Column(sc, typ, vals...))
		}
		rows[p] = rows[p][n:]
		seq += int64(n)
		ledger.In += int64(n)
		require.NoError(t, ports[p].Process(b, emit))
		sc.Close()
	}
	require.Zero(t, pool.OpenScopes())
	live, _, _ := pool.Stats()
	require.Zero(t, live)
	optest.Balanced(t, ledger)
	return got, ledger
}

// expected counts by hand.
func expected(o Options, left, right [][]any) []string {
	text := func(r []any) string { return fmt.Sprint(r[0]) + "|" + fmt.Sprint(r[1]) }
	l, r := map[string]int{}, map[string]int{}
	for _, x := range left {
		l[text(x)]++
	}
	for _, x := range right {
		r[text(x)]++
	}
	given := map[string]int{}
	var out []string
	for _, x := range left {
		k := text(x)
		n := min(l[k], r[k])
		if o.Except {
			n = max(0, l[k]-r[k])
			if !o.All && r[k] > 0 {
				n = 0
			}
		}
		if !o.All {
			n = min(n, 1)
		}
		if given[k] < n {
			given[k]++
			out = append(out, k)
		}
	}
	return out
}

func TestSetOperationsAgainstCounting(t *testing.T) {
	types := []arrow.DataType{vec.TypeInt64, vec.TypeString}
	for seed := range uint64(60) {
		rnd := rand.New(rand.NewPCG(seed, 5))
		rows := func() [][]any {
			out := make([][]any, rnd.IntN(40))
			for i := range out {
				var a, b any
				if k := rnd.IntN(4); k > 0 {
					a = k
				}
				if k := rnd.IntN(3); k > 0 {
					b = string(rune('a' + k))
				}
				out[i] = []any{a, b}
			}
			return out
		}
		left, right := rows(), rows()
		for _, o := range []Options{{}, {All: true}, {Except: true}, {Except: true, All: true}} {
			o.Types = types
			got, _ := run(t, o, left, right, types, seed)
			require.Equal(t, expected(o, left, right), got, "%+v seed %d", o, seed)
		}
	}
}

func TestColumnsBehindTheComparedOnesTravel(t *testing.T) {
	types := []arrow.DataType{vec.TypeInt64, vec.TypeString}
	got, l := run(t, Options{Types: types[:1]}, [][]any{{1, "a"}, {1, "b"}, {2, "c"}}, [][]any{{1, "x"}, {1, "y"}, {3, "z"}}, types, 1)
	require.Equal(t, []string{"1|a"}, got)
	require.Equal(t, arrowexec.Ledger{In: 6, Used: 3, Filtered: 3}, l)
}

func TestLimitOfState(t *testing.T) {
	op := New(Options{Types: []arrow.DataType{vec.TypeInt64}, Ledger: &arrowexec.Ledger{}, Limit: 1})
	pool := vec.NewPool(nil, true)
	sc := pool.Open()
	b := &arrowexec.Batch{Scope: sc, N: 1, Cols: []*vec.Vec{optest.Column(sc, vec.TypeInt64, 1)}}
	require.ErrorContains(t, op.Left().Process(b, nil), "more than the limit of 1 bytes")
	sc.Close()
	op.Left().(arrowexec.Closer).Close()
	require.Zero(t, pool.OpenScopes())
}
