package group

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/stretchr/testify/require"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// put appends a value that a number stands for, and gives it as text; numbers of other
// values never have the same text.
func put(b *vec.Builder, x int) string {
	if x%97 == 5 {
		b.Null()
		return "NULL"
	}
	switch vec.KindOf(b.Type) {
	case vec.String: // of 0 to 24 bytes, that end in bytes which could be a length
		s := fmt.Sprint(x)
		switch n := x % 25; {
		case x == 0:
			s = ""
		case n > len(s):
			s += string(make([]byte, n-len(s)-1)) + string(rune(x%18))
		}
		b.String(s)
		return fmt.Sprintf("%q", s)
	case vec.Float64:
		f := float64(x) / 7
		if x%1000 == 7 {
			f = math.NaN()
		}
		b.Float64(f)
		return fmt.Sprint(f)
	case vec.Decimal:
		d := decimal128.FromI64(int64(x - 5000)).Mul(decimal128.FromI64(math.MaxInt64 >> (x % 3 * 20)))
		b.Decimal(d)
		return fmt.Sprint(d)
	}
	k := int64(x) * int64(x) * 31
	b.Int64(k)
	return fmt.Sprint(k)
}

// Tables of more keys than the caches hold touch slots ahead: keys have the numbers that
// a map gives them, NULLs among them, by rows and by selections, looked up, read back,
// and again after Reset.
func TestManyKeysEqualAMap(t *testing.T) {
	pool := vec.NewPool(nil, true)
	for seed, types := range [][]arrow.DataType{
		{vec.TypeString}, {vec.TypeInt64}, {vec.TypeFloat64}, {vec.DecimalType(38, 4)}, {vec.TypeString, vec.TypeInt64}, {vec.TypeFloat64, vec.TypeString},
	} {
		equalAMap(t, pool, uint64(seed), types, false)
		if len(types) == 1 {
			equalAMap(t, pool, uint64(seed), types, true)
		}
	}
}

// equalAMap asks for lines after some batches, if lined.
func equalAMap(t *testing.T, pool *vec.Pool, seed uint64, types []arrow.DataType, lined bool) {
	{
		rng := rand.New(rand.NewPCG(seed, 9))
		table, asked := New(types), false
		for round := range 2 {
			want := map[string]int32{}
			var text []string
			for step := range 12 {
				s := pool.Open()
				n := []int{1, 3000, 9000}[rng.IntN(3)]
				card := []int{10, 30_000}[min(step, 1)]
				keys, rows := make([]*vec.Vec, len(types)), make([]string, n)
				for c, k := range types {
					b, nulls := vec.NewBuilder(s, k, n), rng.IntN(2)
					for i := range n {
						x := rng.IntN(card)
						if nulls == 0 && x%97 == 5 {
							x++
						}
						rows[i] += put(b, x) + " "
					}
					keys[c] = b.Finish()
					if vec.KindOf(k) == vec.String && rng.IntN(3) == 0 {
						keys[c] = s.Take(keys[c], upTo(n), false) // in a dictionary
					}
				}
				var sel vec.Sel
				if rng.IntN(2) == 0 {
					sel = vec.Sel{}
					for i := range n {
						if rng.IntN(4) > 0 {
							sel = append(sel, int32(i))
						}
					}
				}
				ids := make([]int32, n)
				table.Lookup(s, keys, n, sel, ids)
				each(n, sel, func(i int) {
					id, ok := want[rows[i]]
					if !ok {
						id = -1
					}
					require.Equal(t, id, ids[i], "lookup of %s, types %v, round %d", rows[i], types, round)
				})
				table.Assign(&arrowexec.Batch{Scope: s, N: n, Seq: int64(step) * 10_000}, keys, sel, ids)
				each(n, sel, func(i int) {
					id, ok := want[rows[i]]
					if !ok {
						id = int32(len(want))
						want[rows[i]] = id
						text = append(text, rows[i])
						require.Equal(t, int64(step)*10_000+int64(i), table.Stamp(id))
					}
					require.Equal(t, id, ids[i], "number of %s, types %v, round %d", rows[i], types, round)
				})
				require.Equal(t, len(want), table.Len())
				if lined && table.Len() >= ManyKeys {
					lines := table.Lines()
					require.NotNil(t, lines)
					for id := range int32(len(want)) {
						if cell := lines.Cell(id); !asked || cell[0] == 0 {
							cell[0], cell[5] = uint64(id)+1, ^uint64(id)
						}
						require.Equal(t, Cell{0: uint64(id) + 1, 5: ^uint64(id)}, *lines.Cell(id))
					}
					asked = true
				}
				s.Close()
			}
			s := pool.Open()
			again := New(types)
			again.Restore(s, table.Snapshot(s, table.Order()))
			for _, x := range []*Table{table, again} {
				cols := x.Columns(s, x.Order())
				for i := range text {
					var row string
					for _, c := range cols {
						row += read(c, i) + " "
					}
					require.Equal(t, text[i], row)
				}
			}
			s.Close()
			require.Equal(t, lined, asked)
			table.Reset()
		}
	}
}

func upTo(n int) []int32 {
	out := make([]int32, n)
	for i := range out {
		out[i] = int32(i)
	}
	return out
}

func read(v *vec.Vec, i int) string {
	switch {
	case v.IsNull(i):
		return "NULL"
	case v.Kind == vec.String:
		return fmt.Sprintf("%q", v.StringAt(i))
	case v.Kind == vec.Float64:
		return fmt.Sprint(vec.Values[float64](v)[i])
	case v.Kind == vec.Decimal:
		return fmt.Sprint(vec.Values[decimal128.Num](v)[i])
	}
	return fmt.Sprint(v.Int64At(i))
}
