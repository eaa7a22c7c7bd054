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

// scope opens a scope whose memory is poisoned when the test ends.
func scope(t testing.TB) *vec.Scope {
	sc := vec.NewPool(nil, true).Open()
	t.Cleanup(sc.Close)
	return sc
}

func assign(sc *vec.Scope, t *Table, seq int64, sel vec.Sel, keys ...*vec.Vec) []int32 {
	n := keys[0].Len
	ids := make([]int32, n)
	t.Assign(&arrowexec.Batch{Scope: sc, N: n, Seq: seq}, keys, sel, ids)
	return ids
}

func stringsOf(sc *vec.Scope, xs ...any) *vec.Vec {
	b := vec.NewBuilder(sc, vec.TypeString, len(xs))
	for _, x := range xs {
		if x == nil {
			b.Null()
		} else {
			b.String(x.(string))
		}
	}
	return b.Finish()
}

func TestEqualKeysAreOneGroup(t *testing.T) {
	sc := scope(t)
	floats := func(xs ...float64) *vec.Vec {
		b := vec.NewBuilder(sc, vec.TypeFloat64, 8)
		for _, x := range xs {
			b.Float64(x)
		}
		return b.Finish()
	}
	reals := func(xs ...float32) *vec.Vec {
		b := vec.NewBuilder(sc, vec.TypeFloat32, 8)
		for _, x := range xs {
			vec.Append(b, x)
		}
		return b.Finish()
	}
	decimals := vec.NewBuilder(sc, vec.DecimalType(38, 2), 8)
	for _, x := range []int64{100, -100, 100} {
		decimals.Decimal(decimal128.FromI64(x))
	}
	intervals := vec.NewBuilder(sc, vec.TypeInterval, 8)
	for _, x := range []arrow.MonthDayNanoInterval{{Months: 1}, {Days: 30}, {Months: -1}, {Days: -31, Nanoseconds: 86_400_000_000_000}, {Nanoseconds: 1}} {
		vec.Append(intervals, x)
	}
	lists := vec.NewBuilder(sc, arrow.ListOf(vec.TypeFloat64), 8)
	for _, l := range [][]float64{{1, 0}, {1, math.Copysign(0, -1)}, {1}, {}, {}} {
		for _, x := range l {
			lists.Children[0].Float64(x)
		}
		lists.EndList()
	}
	lists.Children[0].Null() // [NULL] is not []
	lists.EndList()
	maps := vec.NewBuilder(sc, arrow.MapOf(vec.TypeString, vec.TypeInt64), 8)
	for _, m := range [][]string{{"a", "b"}, {"b", "a"}, {"a"}} {
		for _, k := range m {
			maps.Children[0].String(k)
			maps.Children[1].Int64(int64(k[0]))
		}
		maps.EndList()
	}
	bools := vec.NewBuilder(sc, vec.TypeBool, 8)
	for i := range 4 {
		bools.Bool(i%2 == 1)
	}
	bools.Null()
	nan2 := math.Float64frombits(0xFFF8000000000123)
	for name, c := range map[string]struct {
		keys *vec.Vec
		want []int32
	}{
		"double":      {floats(0, math.Copysign(0, -1), math.NaN(), nan2, 1, 0), []int32{0, 0, 1, 1, 2, 0}},
		"real":        {reals(0, float32(math.Copysign(0, -1)), float32(math.NaN()), 0.5), []int32{0, 0, 1, 2}},
		"decimal":     {decimals.Finish(), []int32{0, 1, 0}},
		"interval":    {intervals.Finish(), []int32{0, 0, 1, 1, 2}},
		"array":       {lists.Finish(), []int32{0, 0, 1, 2, 2, 3}},
		"map":         {maps.Finish(), []int32{0, 0, 1}},
		"boolean":     {bools.Finish(), []int32{0, 1, 0, 1, 2}},
		"string":      {stringsOf(sc, "a", "a\x00", nil, "", "a", nil, "0123456789abcdef", "0123456789abcdefg", "0123456789abcdefh", "0123456789abcdefg"), []int32{0, 1, 2, 3, 0, 2, 4, 5, 6, 5}},
		"all NULL":    {sc.NullConst(vec.TypeNull, 3), []int32{0, 0, 0}},
		"NULL before": {stringsOf(sc, nil, "x", nil, "y"), []int32{0, 1, 0, 2}},
	} {
		table := New([]arrow.DataType{c.keys.Type})
		require.Equal(t, c.want, assign(sc, table, 0, nil, c.keys), name)
		require.Equal(t, c.want, assign(sc, table, 0, nil, c.keys), name+" again")
	}
}

func TestKeysReadBackAsTheyFirstCame(t *testing.T) {
	sc := scope(t)
	b := vec.NewBuilder(sc, vec.TypeInterval, 2)
	vec.Append(b, arrow.MonthDayNanoInterval{Months: 1})
	vec.Append(b, arrow.MonthDayNanoInterval{Days: 30})
	f := vec.NewBuilder(sc, vec.TypeFloat64, 2)
	f.Float64(math.Copysign(0, -1))
	f.Float64(0)
	table := New([]arrow.DataType{vec.TypeInterval, vec.TypeFloat64})
	require.Equal(t, []int32{0, 0}, assign(sc, table, 0, nil, b.Finish(), f.Finish()))
	cols := table.Columns(sc, []int32{0})
	require.Equal(t, arrow.MonthDayNanoInterval{Months: 1}, vec.Values[arrow.MonthDayNanoInterval](cols[0])[0])
	require.False(t, math.Signbit(vec.Values[float64](cols[1])[0]), "-0 is 0 as a key")
}

// TestNumbersEqualAMap numbers random keys of several columns and layouts and
// compares with a map, over batches, growth, merging and restoring.
func TestNumbersEqualAMap(t *testing.T) {
	types := []arrow.DataType{vec.TypeString, vec.TypeInt64, vec.TypeInt16}
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 1))
		width := 1 + int(seed%3)
		tables := []*Table{New(types[:width]), New(types[:width])}
		type first struct{ stamp int64 }
		want := map[string]first{}
		var arrival []string
		seq := int64(0)
		for range 40 {
			sc := vec.NewPool(nil, true).Open()
			n := rng.IntN(200)
			text := make([][3]string, n)
			builders := make([]*vec.Builder, 3)
			for c, k := range types {
				builders[c] = vec.NewBuilder(sc, k, n)
			}
			card := []int{3, 500}[rng.IntN(2)]
			for i := range n {
				s, x, y := fmt.Sprintf("key number %d", rng.IntN(card)), int64(rng.IntN(card)), int16(rng.IntN(3))
				if rng.IntN(2) == 0 {
					s = s[4:]
				}
				builders[0].String(s)
				vec.Append(builders[2], y)
				text[i] = [3]string{s, fmt.Sprint(x), fmt.Sprint(y)}
				if rng.IntN(10) == 0 {
					builders[1].Null()
					text[i][1] = "NULL"
				} else {
					builders[1].Int64(x)
				}
			}
			var keys []*vec.Vec
			for c := range width {
				keys = append(keys, builders[c].Finish())
			}
			var sel vec.Sel
			if rng.IntN(2) == 0 {
				sel = vec.Sel{}
				for i := range n {
					if rng.IntN(3) > 0 {
						sel = append(sel, int32(i))
					}
				}
			}
			table := tables[rng.IntN(2)]
			ids := make([]int32, n)
			before := table.Len()
			fresh := table.Assign(&arrowexec.Batch{Scope: sc, N: n, Seq: seq}, keys, sel, ids)
			require.Equal(t, table.Len()-before, fresh)
			each(n, sel, func(i int) {
				k := fmt.Sprint(text[i][:width])
				if _, ok := want[k]; !ok {
					want[k] = first{seq + int64(i)}
					arrival = append(arrival, k)
				}
			})
			seq += int64(n)
			sc.Close()
		}
		sc := scope(t)
		a := tables[0]
		into := a.Merge(tables[1])
		require.Len(t, into, tables[1].Len())
		restored := New(types[:width])
		restored.Restore(sc, a.Snapshot(sc, a.Order()))
		for _, table := range []*Table{a, restored} {
			require.Equal(t, len(want), table.Len())
			order := table.Order()
			cols := table.Columns(sc, order)
			for i, id := range order {
				var k []string
				for _, c := range cols {
					switch {
					case c.IsNull(i):
						k = append(k, "NULL")
					case c.Kind == vec.String:
						k = append(k, string(c.BytesAt(i)))
					default:
						k = append(k, fmt.Sprint(c.Int64At(i)))
					}
				}
				require.Equal(t, arrival[i], fmt.Sprint(k))
				require.Equal(t, want[arrival[i]].stamp, table.Stamp(id))
			}
		}
		a.Reset()
		require.Zero(t, a.Len())
		require.Empty(t, a.Order())
	}
}

func TestDictionaryAndConstantEqualPlain(t *testing.T) {
	sc := scope(t)
	dict := stringsOf(sc, "x", "a long key of more than sixteen", "y")
	idx := []int32{2, 0, 0, 1, 2, 0}
	valid := vec.Bitmap{0b110111}
	d := &vec.Vec{Type: vec.TypeString, Kind: vec.String, Len: 6, Dict: dict, Buf: vec.BytesOf(idx), Valid: valid}
	plain := sc.Flat(d)
	a, b := New([]arrow.DataType{vec.TypeString}), New([]arrow.DataType{vec.TypeString})
	require.Equal(t, []int32{0, 1, 1, 2, 0, 1}, assign(sc, a, 0, nil, d))
	require.Equal(t, assign(sc, b, 0, nil, plain), assign(sc, a, 0, nil, d))
	require.Equal(t, int32(1), assign(sc, a, 0, nil, sc.Repeat(stringsOf(sc, "x"), 3))[2])
}

// TestKeysThatCollideInWeakHashesStayFast counts probes instead of time: keys
// that share their low bits, their high bits, or a stride.
func TestKeysThatCollideInWeakHashesStayFast(t *testing.T) {
	for name, key := range map[string]func(i int) int64{
		"low bits":  func(i int) int64 { return int64(i) << 32 },
		"high bits": func(i int) int64 { return int64(i) },
		"stride":    func(i int) int64 { return int64(i) * 64 },
		"floats":    func(i int) int64 { return int64(math.Float64bits(float64(i))) },
	} {
		n := newInts()
		s := newStrings()
		for i := range 50_000 {
			n.find(key(i))
			k := key(i)
			s.find([]byte{byte(k), byte(k >> 8), byte(k >> 16), byte(k >> 24), byte(k >> 32), byte(k >> 40), byte(k >> 48), byte(k >> 56)})
		}
		probes := 0
		for at, slot := range n.slots {
			if slot.id != 0 {
				probes += (at - int(n.hash(slot.key)>>n.shift)) & (len(n.slots) - 1)
			}
		}
		require.Less(t, probes, 4*50_000, name)
		probes = 0
		for at, slot := range s.slots {
			if slot != 0 {
				probes += (at - int(slot>>32>>s.shift)) & (len(s.slots) - 1)
			}
		}
		require.Less(t, probes, 4*50_000, name+" as text")
	}
}
