package agg

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// TestManyRowsTakenBackLeaveNoTrace adds and takes back so many rows that the memory
// of what is gone is given back, over groups that are merged and written down in
// between; what is left is the same as if nothing else had been added.
func TestManyRowsTakenBackLeaveNoTrace(t *testing.T) {
	one := func(name string) func() State {
		return func() State {
			for _, f := range All() {
				if f.Name == name {
					return f.Overloads[0].New([]arrow.DataType{vec.TypeInt64}, nil)
				}
			}
			panic(name)
		}
	}
	types := []arrow.DataType{vec.TypeInt64}
	news := map[string]func() State{}
	for _, name := range []string{"COUNT", "SUM", "MIN", "MAX", "DELTA", "MEDIAN", "MODE", "ARRAY_AGG", "COUNT_DISTINCT", "BIT_XOR", "STDDEV", "FIRST_VALUE", "LAST_VALUE"} {
		news[name] = one(name)
	}
	news["SUM(DISTINCT)"] = func() State { return Distinct(one("SUM"), types) }
	news["MAX(DISTINCT)"] = func() State { return Distinct(one("MAX"), types) }
	for name, make := range news {
		t.Run(name, func(t *testing.T) {
			const groups = 3
			rng := rand.New(rand.NewPCG(1, 9))
			pool := vec.NewPool(nil, true)
			st := Retracting(make, types)
			st.Grow(groups)
			type kept struct {
				g   int32
				x   int64
				ord int64
			}
			var left []kept
			ord := int64(0)
			var most int64
			for round := range 150 {
				sc := pool.Open()
				const n = 64
				b := &arrowexec.Batch{Scope: sc, N: n, Ord: vec.Slice[int64](sc, n), Retracts: vec.Slice[int64](sc, n)}
				c := &Changes{Batch: b, Groups: vec.Slice[int32](sc, n), What: vec.Slice[Change](sc, n)}
				x := vec.NewBuilder(sc, vec.TypeInt64, n)
				limit := 200
				if round%50 > 40 {
					limit = 0 // nearly all rows go
				}
				for i := range n {
					c.Rows = append(c.Rows, int32(i))
					b.Retracts[i] = arrowexec.Added
					if rng.IntN(3) > 0 { // several rows of one record
						ord++
					}
					b.Ord[i] = ord
					if len(left) > limit && rng.IntN(8) > 0 {
						at := rng.IntN(len(left))
						k := left[at]
						left = append(left[:at], left[at+1:]...)
						c.Groups[i], c.What[i], b.Retracts[i] = k.g, Take, k.ord
						x.Int64(k.x)
						continue
					}
					k := kept{int32(rng.IntN(groups)), int64(rng.IntN(4000)), ord}
					left = append(left, k)
					c.Groups[i], c.What[i] = k.g, Add
					x.Int64(k.x)
				}
				st.Change(c, []*vec.Vec{x.Finish()}, nil, nil)
				if round == 60 {
					most = st.Bytes()
				}
				if round > 110 && rng.IntN(20) == 0 {
					again := Retracting(make, types)
					again.Grow(0)
					cols := st.Snapshot(sc, []int32{0, 1, 2})
					again.Restore(cols)
					st = again
				}
				if round > 110 && rng.IntN(20) == 0 {
					into := Retracting(make, types)
					into.Grow(groups)
					into.Merge(st, []int32{0, 1, 2})
					st = into
				}
				fresh := make()
				fresh.Grow(groups)
				l := len(left)
				lb := &arrowexec.Batch{Scope: sc, N: l, Ord: vec.Slice[int64](sc, l)}
				gs, lx := vec.Slice[int32](sc, l), vec.NewBuilder(sc, vec.TypeInt64, l)
				for i, k := range left {
					lb.Ord[i], gs[i] = k.ord, k.g
					lx.Int64(k.x)
				}
				fresh.Update(lb, gs, []*vec.Vec{lx.Finish()}, nil)
				require.Equal(t, shown(sc, fresh, name), shown(sc, st, name), "round %d", round)
				sc.Close()
			}
			require.Less(t, st.Bytes(), 4*most+1<<16, "memory stays where it was")
			require.Zero(t, pool.OpenScopes())
		})
	}
}

func shown(sc *vec.Scope, s State, name string) (lines []string) {
	t := arrow.DataType(vec.TypeInt64)
	switch name {
	case "MEDIAN", "STDDEV":
		t = vec.TypeFloat64
	case "ARRAY_AGG":
		t = arrow.ListOf(vec.TypeInt64)
	}
	out := vec.NewBuilder(sc, t, 3)
	s.Emit([]int32{0, 1, 2}, out, nil)
	v := out.Finish()
	for g := range 3 {
		switch {
		case v.IsNull(g):
			lines = append(lines, "NULL")
		case name == "ARRAY_AGG":
			from, to := v.Range(g)
			lines = append(lines, fmt.Sprint(vec.Values[int64](v.Children[0])[from:to]))
		case t == vec.TypeFloat64:
			lines = append(lines, fmt.Sprintf("%.12g", vec.Values[float64](v)[g]))
		default:
			lines = append(lines, fmt.Sprint(v.Int64At(g)))
		}
	}
	return lines
}
