package group

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec/vec"
)

// Rare NULLs go a way of their own, and so does a first column of one value until it
// has another: batches of rare, frequent and no NULLs, whose first column changes only
// in later ones, are numbered as a map numbers them, are looked up and are read back, also
// after a reset.
func TestRareNullsAndConstantFirstColumnsEqualAMap(t *testing.T) {
	for _, kind := range []arrow.DataType{vec.TypeString, vec.TypeInt64, vec.TypeFloat64, vec.DecimalType(38, 2)} {
		for _, first := range []bool{false, true} {
			rng := rand.New(rand.NewPCG(7, 8))
			types := []arrow.DataType{kind}
			if first {
				types = []arrow.DataType{vec.TypeInt64, kind}
			}
			table := New(types)
			for round := range 3 {
				numbers, all := map[string]int32{}, []string(nil)
				for batch := range 8 {
					sc := scope(t)
					n := 1 + rng.IntN(300)
					nulls := []int{0, 40, 40, 2}[rng.IntN(4)]
					lead, keys := vec.NewBuilder(sc, vec.TypeInt64, n), vec.NewBuilder(sc, kind, n)
					want := make([]int32, n)
					var sel vec.Sel
					if rng.IntN(3) == 0 {
						sel = vec.Sel{}
					}
					for i := range n {
						l := 0
						if batch > 3 && round != 1 {
							l = rng.IntN(3)
						}
						lead.Int64(int64(100 * l))
						text := "NULL"
						if nulls > 0 && rng.IntN(nulls) == 0 {
							keys.Null()
						} else {
							text = put(keys, rng.IntN(60))
						}
						if first {
							text = fmt.Sprint(l, " ", text)
						}
						if sel != nil && rng.IntN(2) == 0 {
							continue
						} else if sel != nil {
							sel = append(sel, int32(i))
						}
						if _, ok := numbers[text]; !ok {
							numbers[text] = int32(len(numbers))
							all = append(all, text)
						}
						want[i] = numbers[text]
					}
					cols := []*vec.Vec{keys.Finish()}
					if first {
						cols = []*vec.Vec{lead.Finish(), cols[0]}
					}
					got := assign(sc, table, 0, sel, cols...)
					found := make([]int32, n)
					table.Lookup(sc, cols, n, sel, found)
					each(n, sel, func(i int) {
						require.Equal(t, want[i], got[i], "%s, row %d", kind, i)
						require.Equal(t, want[i], found[i], "%s, row %d", kind, i)
					})
					require.Equal(t, len(all), table.Len())
					back := table.Columns(sc, upTo(table.Len()))
					for id, text := range all {
						got := read(back[len(back)-1], id)
						if first {
							got = fmt.Sprint(back[0].Int64At(id)/100, " ", got)
						}
						require.Equal(t, text, got)
					}
				}
				table.Reset()
			}
		}
	}
}
