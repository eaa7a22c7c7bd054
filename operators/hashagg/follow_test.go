package hashagg

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// counts is what a test knows of a group.
type counts struct{ rows, values, sum, pending int64 }

// TestCountOfAllRowsIsNeverThatOfValues lets COUNT(*) read the count of SUM(v), and ends
// that at random: by a NULL in a later batch, by a snapshot, and by merging with groups
// where it has ended or has not.
func TestCountOfAllRowsIsNeverThatOfValues(t *testing.T) {
	star, sum := call("COUNT"), call("SUM", vcol)
	some := call("COUNT", vcol)
	some.Filter = &above{col: vcol, bound: 4}
	pool := vec.NewPool(nil, true)
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 3))
		spec := &Spec{Calls: [][]Call{{star, sum}, {sum, star}, {some, star, sum, star}}[seed%3]}
		if seed%2 == 0 {
			spec.Keys = []expr.Expr{kcol}
		}
		fresh := func() (*Groups, map[string]*counts) { return NewGroups(spec, false), map[string]*counts{} }
		var gs [3]*Groups
		var want [3]map[string]*counts
		for i := range gs {
			gs[i], want[i] = fresh()
		}
		seq := int64(0)
		nulls := 20 // in how many steps the first NULLs come
		for step := range 40 {
			sc := pool.Open()
			i, j := rng.IntN(3), rng.IntN(3)
			switch op := rng.IntN(12); {
			case op < 8:
				n := 1 + rng.IntN(9)
				k, v := vec.NewBuilder(sc, vec.TypeString, n), vec.NewBuilder(sc, vec.TypeInt64, n)
				for range n {
					key, x := string(rune('a'+rng.IntN(5))), int64(rng.IntN(9))
					k.String(key)
					if len(spec.Keys) == 0 {
						key = ""
					}
					c := want[i][key]
					if c == nil {
						c = &counts{}
						want[i][key] = c
					}
					c.rows, c.pending = c.rows+1, c.pending+1
					if step > nulls && rng.IntN(3) == 0 {
						v.Null()
						continue
					}
					v.Int64(x)
					c.values, c.sum = c.values+1, c.sum+x
				}
				var ctx expr.Ctx
				r, err := spec.Eval(&ctx, &arrowexec.Batch{Scope: sc, N: n, Seq: seq, Cols: []*vec.Vec{k.Finish(), v.Finish()}}, nil)
				require.NoError(t, err)
				gs[i].Update(r, nil)
				seq += int64(n)
			case op == 8 && i != j:
				gs[i].Merge(gs[j])
				for key, o := range want[j] {
					c := want[i][key]
					if c == nil {
						c = &counts{}
						want[i][key] = c
					}
					*c = counts{c.rows + o.rows, c.values + o.values, c.sum + o.sum, c.pending + o.pending}
				}
				gs[j], want[j] = fresh()
			case op == 9:
				g := NewGroups(spec, false)
				require.NoError(t, g.Restore(sc, gs[i].Snapshot(sc, gs[i].Table.Order())))
				if rng.IntN(2) == 0 { // or the run goes on
					gs[i] = g
				}
			case op == 10:
				gs[i].Reset()
				want[i] = map[string]*counts{}
			default:
				for id := range gs[i].Len() {
					gs[i].Take(int32(id))
				}
				for _, c := range want[i] {
					c.pending = 0
				}
			}
			for i, g := range gs {
				require.Equal(t, len(want[i]), g.Len())
				ids := g.Table.Order()
				out := g.Emit(sc, ids)
				for r, id := range ids {
					key := ""
					if len(spec.Keys) > 0 {
						key = out.Cols[0].StringAt(r)
					}
					c := want[i][key]
					for k, call := range spec.Calls {
						col, what := out.Cols[len(spec.Keys)+k], fmt.Sprintf("seed %d, step %d, groups %d, %q, call %d", seed, step, i, key, k)
						switch {
						case call.Filter != nil:
						case len(call.Args) == 0:
							require.Equal(t, c.rows, col.Int64At(r), what)
						case c.values == 0:
							require.True(t, col.IsNull(r), what)
						default:
							require.Equal(t, c.sum, col.Int64At(r), what)
						}
					}
					require.Equal(t, c.pending, g.Pending(id), "seed %d, step %d", seed, step)
				}
			}
			sc.Close()
		}
	}
}
