package hashagg

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// TestManyGroupsInLinesEqualThoseApart adds rows in stretches to groups whose keys and
// accumulators stand in lines, and the same rows as whole batches to groups that have none:
// numbers and values are alike to the last bit, whatever the keys, with NULLs among keys and
// arguments, selections and weights, FILTER, groups merged, written down, restored and reset.
func TestManyGroupsInLinesEqualThoseApart(t *testing.T) {
	f, i := col(1, vec.TypeFloat64), col(2, vec.TypeInt64)
	some := call("SUM", i)
	some.Filter = &above{col: i, bound: 4}
	specs := [][]Call{
		{call("COUNT"), call("SUM", f), call("AVG", f), call("MIN", f), call("MAX", f)},
		{call("SUM", i), call("COUNT", i), call("MIN", i), call("COUNT")},
		{call("COUNT")},
		{call("MAX", f), some},
		{some, call("AVG", i), call("SUM", f), call("COUNT")},
	}
	kinds := map[string]func(b *vec.Builder, x int){
		"short": func(b *vec.Builder, x int) { b.String(fmt.Sprint("k", x)) },
		"long":  func(b *vec.Builder, x int) { b.String(fmt.Sprintf("%0*d", 10+x%30, x)) },
		"far":   func(b *vec.Builder, x int) { b.Int64(int64(x) * 0x1234567890abcd) },
		"near":  func(b *vec.Builder, x int) { b.Int64(int64(x) - 9000) },
		"later": func(b *vec.Builder, x int) { b.Int64(int64(x)*11 + int64(x&1)) }, // near when there are many
		"float": func(b *vec.Builder, x int) { b.Float64(float64(x) / 3) },
	}
	pool := vec.NewPool(nil, true)
	for kind, put := range kinds {
		for k, calls := range specs {
			rng := rand.New(rand.NewPCG(uint64(k), 5))
			keyType := map[byte]arrow.DataType{'s': vec.TypeString, 'l': vec.TypeString, 'f': vec.TypeInt64, 'n': vec.TypeInt64}[kind[0]]
			switch kind {
			case "later":
				keyType = vec.TypeInt64
			case "float":
				keyType = vec.TypeFloat64
			}
			spec := &Spec{Keys: []expr.Expr{col(0, keyType)}, Calls: calls}
			fresh := func() (lined, apart *Groups) { return NewGroups(spec, false), NewGroups(spec, false) }
			g, ref := fresh()
			lines := 0
			for step := range 13 {
				sc := pool.Open()
				n := 1 + rng.IntN(8000)
				kb, fb, ib := vec.NewBuilder(sc, keyType, n), vec.NewBuilder(sc, vec.TypeFloat64, n), vec.NewBuilder(sc, vec.TypeInt64, n)
				nullKeys, nulls := rng.IntN(2)*rng.IntN(40), step%3
				for range n {
					if x := rng.IntN(20_000); nullKeys > 0 && x%(nullKeys+1) == 0 {
						kb.Null()
					} else {
						put(kb, x)
					}
					if x := rng.IntN(20); nulls == 2 && x == 0 {
						fb.Null()
						ib.Null()
					} else {
						fb.Float64(float64(x)/7 - 1)
						ib.Int64(int64(x))
					}
				}
				b := &arrowexec.Batch{Scope: sc, N: n, Seq: int64(step) * 10_000, Cols: []*vec.Vec{kb.Finish(), fb.Finish(), ib.Finish()}}
				if rng.IntN(3) == 0 {
					b.Sel = vec.Sel{}
					for i := range n {
						if rng.IntN(4) > 0 {
							b.Sel = append(b.Sel, int32(i))
						}
					}
				}
				if step > 8 && rng.IntN(4) == 0 {
					b.Weights = vec.Slice[int64](sc, n)
					for i := range b.Weights {
						b.Weights[i] = int64(i % 3)
					}
				}
				var ctx expr.Ctx
				r, err := spec.Eval(&ctx, b, nil)
				require.NoError(t, err)
				want := ref.Assign(r, r.Sel)
				ref.Add(r, want, r.Sel)
				got := g.Update(r, r.Sel)
				each(n, r.Sel, func(i int) { require.Equal(t, want[i], got[i]) })
				if g.linesAsked {
					lines++
				}
				switch {
				case step == 6: // two that are far into one that is new, and again
					one, apart := fresh()
					for range 2 {
						one.Merge(g)
						apart.Merge(ref)
					}
					g, ref = one, apart
				case step == 9:
					one, apart := fresh()
					require.NoError(t, one.Restore(sc, g.Snapshot(sc, g.Table.Order())))
					require.NoError(t, apart.Restore(sc, ref.Snapshot(sc, ref.Table.Order())))
					g, ref = one, apart
				case step == 11:
					g.Reset()
					ref.Reset()
				}
				if step%3 != 1 {
					alike(t, sc, g, ref, fmt.Sprint(kind, " keys, calls ", k, ", step ", step))
				}
				sc.Close()
			}
			require.Greater(t, lines, 4)
		}
	}
}

// alike tells that two have the same groups with the same values and pending rows.
func alike(t *testing.T, sc *vec.Scope, a, b *Groups, what string) {
	require.Equal(t, b.Len(), a.Len(), what)
	ids := b.Table.Order()
	require.Equal(t, ids, a.Table.Order(), what)
	x, y := a.Emit(sc, ids), b.Emit(sc, ids)
	for k, id := range ids {
		require.Equal(t, b.Pending(id), a.Pending(id), what)
		if p, q := lineOf(x.Cols, k), lineOf(y.Cols, k); p != q {
			require.Equal(t, q, p, what)
		}
	}
}
