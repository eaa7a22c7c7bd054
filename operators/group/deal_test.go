package group

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// A key belongs to one table, in whatever layout its column stands.
func TestDealsOfEveryLayout(t *testing.T) {
	sc, r := scope(t), rand.New(rand.NewPCG(1, 2))
	const n = 500
	for _, kind := range []arrow.DataType{vec.TypeString, vec.TypeBinary, vec.TypeInt64, vec.TypeInt16, vec.TypeFloat64, vec.TypeBool, vec.DecimalType(30, 2), vec.TypeTimestamp} {
		require.True(t, Deals([]arrow.DataType{kind}))
		d := NewDeal(1 + r.IntN(5))
		plain, nulls := vec.NewBuilder(sc, kind, n), vec.NewBuilder(sc, kind, n)
		put := func(b *vec.Builder, x int) {
			switch {
			case x == 0 && b == nulls:
				b.Null()
			case b.Kind == vec.String || b.Kind == vec.Binary:
				b.String(fmt.Sprintf("%0*d", 1+x%40, x))
			case b.Kind == vec.Int64 || b.Kind == vec.Timestamp:
				b.Int64(int64(x))
			case b.Kind == vec.Int16:
				vec.Append(b, int16(x))
			case b.Kind == vec.Float64:
				b.Float64(float64(x))
			case b.Kind == vec.Bool:
				b.Bool(x%2 == 0)
			default:
				b.Decimal(decimal128.FromI64(int64(x)))
			}
		}
		keys := make([]int, n)
		for i := range keys {
			keys[i] = r.IntN(100)
			put(plain, keys[i])
			put(nulls, keys[i])
		}
		of := func(v *vec.Vec, sel vec.Sel) []int {
			out := slices.Repeat([]int{-1}, n)
			for table, rows := range d.Split(sc, []*vec.Vec{v}, n, sel) {
				require.True(t, slices.IsSorted(rows))
				for _, i := range rows {
					require.Equal(t, -1, out[i])
					out[i] = table
				}
			}
			return out
		}
		p, q := plain.Finish(), nulls.Finish()
		want, withNulls := of(p, nil), of(q, nil)
		owner := map[string]int{}
		for i, k := range keys {
			require.GreaterOrEqual(t, want[i], 0)
			if k != 0 {
				require.Equal(t, want[i], withNulls[i])
			}
			name := fmt.Sprint(k)
			if kind == vec.TypeBool {
				name = fmt.Sprint(k % 2)
			}
			if o, seen := owner[name]; seen {
				require.Equal(t, o, want[i])
			}
			owner[name] = want[i]
		}
		idx := vec.Slice[int32](sc, n)
		for i := range idx {
			idx[i] = int32(i)
		}
		for i, v := range []*vec.Vec{p, q} {
			dict := sc.Header(v)
			dict.Dict, dict.Valid, dict.Buf, dict.Offsets, dict.Data = v, nil, vec.BytesOf(idx), nil, nil
			require.Equal(t, [][]int{want, withNulls}[i], of(dict, nil))
		}
		var some vec.Sel
		for i := range n {
			if r.IntN(3) > 0 {
				some = append(some, int32(i))
			}
		}
		for i, table := range of(p, some) {
			if slices.Contains(some, int32(i)) {
				require.Equal(t, want[i], table)
			} else {
				require.Equal(t, -1, table)
			}
		}
		require.Equal(t, want[0], of(sc.Repeat(sc.Slice(p, 0, 1), n), nil)[n-1])
	}
	require.False(t, Deals([]arrow.DataType{vec.TypeInt64, vec.TypeInterval}))
	require.False(t, Deals(nil))
}

// Groups of tables whose rows come out of order stand in the order of their first rows.
func TestArrivalsOfDealtTables(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, apart := range []int64{1 << 40, 1 << 20, 977_777_777_777} { // bitmap, digits or comparisons
		sc := scope(t)
		tables := []*Table{NewDealt([]arrow.DataType{vec.TypeInt64}), NewDealt([]arrow.DataType{vec.TypeInt64}), NewDealt([]arrow.DataType{vec.TypeInt64})}
		first := map[int64]int64{}
		next := make([]int64, 4) // by piece, its next row
		for range 200 {
			piece := int64(r.IntN(len(next)))
			seq, n := piece*apart+next[piece], 1+r.IntN(30)
			next[piece] += int64(n)
			rows := make([]vec.Sel, len(tables))
			b := vec.NewBuilder(sc, vec.TypeInt64, n)
			for i := range n {
				k := r.Int64N(1500)
				b.Int64(k)
				rows[k%3] = append(rows[k%3], int32(i))
				if s, seen := first[k]; !seen || seq+int64(i) < s {
					first[k] = seq + int64(i)
				}
			}
			col := b.Finish()
			for k, sel := range rows {
				if len(sel) > 0 {
					tables[k].Assign(&arrowexec.Batch{Scope: sc, N: n, Seq: seq}, []*vec.Vec{col}, sel, make([]int32, n))
				}
			}
		}
		var want, got []int64
		for k := range first {
			want = append(want, k)
		}
		slices.SortFunc(want, func(a, b int64) int { return int(first[a] - first[b]) })
		ids, whose := Arrivals(tables)
		for k, id := range ids {
			got = append(got, vec.Values[int64](tables[whose[k]].Columns(sc, []int32{id})[0])[0])
		}
		require.Equal(t, want, got)
	}
}

func TestMergeOfSomeGroups(t *testing.T) {
	sc := scope(t)
	of := New([]arrow.DataType{vec.TypeString})
	assign(sc, of, 100, nil, stringsOf(sc, "a", nil, "b", "c", "d"))
	to := NewDealt(of.Types())
	assign(sc, to, 7, nil, stringsOf(sc, "d", "x"))
	require.Equal(t, []int32{-1, 2, 3, -1, 0}, to.MergeSome(of, []int32{1, 2, 4}))
	require.Equal(t, []int64{7, 8, 101, 102}, []int64{to.Stamp(0), to.Stamp(1), to.Stamp(2), to.Stamp(3)})
	require.Equal(t, 5, of.Len())
	lists := of.Split(NewDeal(3))
	require.Len(t, lists, 3)
	require.Equal(t, 5, len(lists[0])+len(lists[1])+len(lists[2]))
}
