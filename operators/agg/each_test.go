package agg

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// Rows that are added and given one by one are those of one row at a time: also where a
// sum leaves BIGINT and comes back.
func TestEachRowAsOneAtATime(t *testing.T) {
	pool := vec.NewPool(nil, true)
	defer pool.Close()
	r := rand.New(rand.NewPCG(5, 6))
	for round := range 200 {
		sc := pool.Open()
		n, groups := 1+r.IntN(40), make([]int32, 40)
		in := vec.NewBuilder(sc, vec.TypeInt64, n)
		for i := range n {
			groups[i] = int32(r.IntN(3))
			switch x := r.IntN(10); {
			case x == 0 && round%2 == 0:
				in.Null()
			case x < 3 && round%3 == 0:
				in.Int64(maxInt64)
			case x < 6 && round%3 == 0:
				in.Int64(minInt64)
			default:
				in.Int64(r.Int64N(1000) - 500)
			}
		}
		col := in.Finish()
		var sel vec.Sel
		if round%4 > 1 {
			sel = vec.Sel{}
			for i := range n {
				if r.IntN(2) == 0 {
					sel = append(sel, int32(i))
				}
			}
		}
		for _, c := range []struct {
			name string
			make func() State
			args []*vec.Vec
		}{
			{"SUM", func() State { return newIntegers[int64](wantSum, vec.TypeInt64) }, []*vec.Vec{col}},
			{"COUNT", func() State { return &count{} }, []*vec.Vec{col}},
			{"COUNT(*)", func() State { return &count{} }, nil},
		} {
			got, want := c.make(), c.make()
			got.Grow(3)
			want.Grow(3)
			b := &arrowexec.Batch{Scope: sc, N: n}
			var failed, wantFailed []string
			out, one := vec.NewBuilder(sc, vec.TypeInt64, n), vec.NewBuilder(sc, vec.TypeInt64, n)
			got.UpdateEach(b, groups, c.args, sel, out, func(k int, err error) { failed = append(failed, fmt.Sprint(k, err)) })
			k := 0
			for i := range n {
				if sel != nil && (k == len(sel) || sel[k] != int32(i)) {
					continue
				}
				want.Update(b, groups, c.args, vec.Sel{int32(i)})
				want.Emit(groups[i:i+1], one, func(_ int, err error) { wantFailed = append(wantFailed, fmt.Sprint(k, err)) })
				k++
			}
			require.Equal(t, k, out.N)
			require.Equal(t, wantFailed, failed, "%s, round %d", c.name, round)
			a, w := out.Finish(), one.Finish()
			for i := range k {
				require.Equal(t, w.IsNull(i), a.IsNull(i), "%s, round %d, row %d", c.name, round, i)
				if !w.IsNull(i) {
					require.Equal(t, w.Int64At(i), a.Int64At(i), "%s, round %d, row %d", c.name, round, i)
				}
			}
		}
		sc.Close()
	}
}
