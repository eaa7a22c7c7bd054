package sort

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/optest"
)

func mk(o Options) func(*optest.Env) arrowexec.Operator {
	return func(e *optest.Env) arrowexec.Operator {
		o.Failures, o.Ledger = e.Failures, e.Ledger
		return New(o)
	}
}

// less is the reference: it orders Go values as ORDER BY does.
func reference(a, b any, desc, nullsFirst bool) int {
	if a == nil || b == nil {
		switch {
		case a == nil && b == nil:
			return 0
		case (a == nil) == nullsFirst:
			return -1
		}
		return 1
	}
	var c int
	switch x := a.(type) {
	case int:
		c = cmp.Compare(x, b.(int))
	case string:
		c = cmp.Compare(x, b.(string))
	case float64:
		y := b.(float64)
		switch {
		case math.IsNaN(x) && math.IsNaN(y):
		case math.IsNaN(x):
			c = 1
		case math.IsNaN(y):
			c = -1
		default:
			c = cmp.Compare(x, y)
		}
	}
	if desc {
		return -c
	}
	return c
}

func TestSortIsStableWithManyKeysAndLimits(t *testing.T) {
	types := []arrow.DataType{vec.TypeInt64, vec.TypeString, vec.TypeFloat64, vec.TypeInt32}
	for _, n := range []int{0, 1, 50, 700, 20000} {
		rows := optest.Random(uint64(n), n, types...)
		for i := range rows {
			if rows[i][2] == 2.0 {
				rows[i][2] = math.NaN()
			}
			rows[i][3] = i
		}
		for ki, keys := range [][]Key{
			{{Expr: optest.Col(0, types[0])}},
			{{Expr: optest.Col(1, types[1]), Desc: true, NullsFirst: true}, {Expr: optest.Col(0, types[0])}},
			{{Expr: optest.Col(2, types[2]), NullsFirst: true}, {Expr: optest.Col(1, types[1]), Desc: true}},
			{{Expr: optest.Col(2, types[2]), Desc: true}},
		} {
			cols := [][]int{{0}, {1, 0}, {2, 1}, {2}}[ki]
			want := slices.Clone(rows)
			slices.SortStableFunc(want, func(a, b []any) int {
				for k, c := range cols {
					if x := reference(a[c], b[c], keys[k].Desc, keys[k].NullsFirst); x != 0 {
						return x
					}
				}
				return 0
			})
			for _, lim := range [][2]int64{{-1, 0}, {10, 3}, {0, 0}, {-1, 5}} {
				if n == 20000 && lim[0] < 0 {
					continue
				}
				o := Options{Keys: keys, Limit: lim[0], Offset: lim[1]}
				seeds := 12
				if n == 20000 {
					seeds = 1
				}
				res := optest.Check(t, mk(o), optest.Input{Types: types, Rows: rows}, optest.Options{Seeds: seeds})
				w := want[min(int(lim[1]), n):]
				if lim[0] >= 0 {
					w = w[:min(int(lim[0]), len(w))]
				}
				require.Len(t, res.Rows, len(w))
				for i := range w {
					require.Equal(t, fmt.Sprint(w[i]), fmt.Sprint(res.Rows[i].Values), "row %d, key set %d", i, ki)
				}
				optest.Balanced(t, res.Ledger)
			}
		}
	}
}

func TestSortOfOtherTypes(t *testing.T) {
	list := arrow.ListOf(vec.TypeInt64)
	st := arrow.StructOf(arrow.Field{Name: "a", Type: vec.TypeInt64, Nullable: true}, arrow.Field{Name: "b", Type: vec.TypeString, Nullable: true})
	for _, c := range []struct {
		t    arrow.DataType
		in   []any
		want string
	}{
		{vec.TypeBool, []any{true, false, nil, true}, "[false true true <nil>]"},
		{vec.DecimalType(38, 2), []any{decimal128.FromI64(5), decimal128.FromI64(-7), decimal128.New(1, 0), nil, decimal128.FromI64(4)}, ""},
		{vec.TypeBinary, []any{[]byte("b"), []byte(""), []byte("a\x00"), []byte("a")}, "[[] [97] [97 0] [98]]"},
		{list, []any{[]any{2}, []any{1, nil}, []any{1, 5}, []any{1}, []any{}, nil}, "[[] [1] [1 5] [1 <nil>] [2] <nil>]"},
		{st, []any{[]any{1, "b"}, []any{1, "a"}, []any{nil, "a"}, nil}, "[[1 a] [1 b] [<nil> a] <nil>]"},
		{vec.TypeInterval, []any{arrow.MonthDayNanoInterval{Days: 31}, arrow.MonthDayNanoInterval{Months: 1}, arrow.MonthDayNanoInterval{Nanoseconds: -1}},
			"[{0 0 -1} {1 0 0} {0 31 0}]"},
		{vec.TypeNull, []any{nil, nil}, "[<nil> <nil>]"},
		{vec.TypeFloat32, []any{math.NaN(), 1.5, math.Inf(1), math.Inf(-1), -0.5, nil}, "[-Inf -0.5 1.5 +Inf NaN <nil>]"},
		{vec.TypeInt64, []any{math.MaxInt64, math.MinInt64, 0}, "[-9223372036854775808 0 9223372036854775807]"},
	} {
		in := optest.Input{Types: []arrow.DataType{c.t}}
		for _, v := range c.in {
			in.Rows = append(in.Rows, []any{v})
		}
		res := optest.Check(t, mk(Options{Keys: []Key{{Expr: optest.Col(0, c.t)}}, Limit: -1}), in, optest.Options{})
		var got []any
		for _, r := range res.Rows {
			got = append(got, r.Values[0])
		}
		if c.want == "" {
			require.Equal(t, []any{decimal128.FromI64(-7), decimal128.FromI64(4), decimal128.FromI64(5), decimal128.New(1, 0), nil}, got)
			continue
		}
		require.Equal(t, c.want, fmt.Sprint(got), c.t.String())
	}
}

func TestSortOfRunsWithinABatch(t *testing.T) {
	in := optest.Input{Types: []arrow.DataType{vec.TypeInt64, vec.TypeInt64}, Rows: [][]any{
		{0, 3}, {0, 1}, {0, 2}, {10, nil}, {10, 9}, {20, 1},
	}}
	o := Options{Keys: []Key{{Expr: optest.Col(1, vec.TypeInt64)}}, Limit: 2, Runs: []int{0}}
	res := optest.Run(t, mk(o), in, optest.Shape{Junk: true, Layouts: true, Seed: 4})
	require.Equal(t, []string{"0|1", "0|2", "10|9", "10|NULL", "20|1"}, optest.Lines(res.Rows))
	require.EqualValues(t, 1, res.Ledger.Filtered)
	require.EqualValues(t, 1, res.Rows[0].Ord)
}

func TestTopNSkipsRowsByThreshold(t *testing.T) {
	in := optest.Input{Types: []arrow.DataType{vec.TypeInt64}}
	for i := range 30000 {
		in.Rows = append(in.Rows, []any{(i * 7919) % 30000})
	}
	var op *Operator
	res := optest.Run(t, func(e *optest.Env) arrowexec.Operator {
		op = New(Options{Keys: []Key{{Expr: optest.Col(0, vec.TypeInt64), Desc: true, NullsFirst: true}}, Limit: 3, Failures: e.Failures, Ledger: e.Ledger})
		return op
	}, in, optest.Shape{Batch: 1000})
	require.Equal(t, []string{"29999", "29998", "29997"}, optest.Lines(res.Rows))
	require.NotNil(t, op.worst)
	optest.Balanced(t, res.Ledger)
}

// Rows that a threshold drops before they are kept are those that a sort would cut off.
func TestTopNOfNumbersWithoutNulls(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	odd := []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), 0, math.MaxFloat64, -math.MaxFloat64, 1, -1}
	for name, value := range map[string]func(i int) float64{
		"spread": func(int) float64 { return float64(rnd.IntN(1_000_000)) - 500_000 },
		"odd":    func(int) float64 { return odd[rnd.IntN(len(odd))] },
		"rising": func(i int) float64 { return float64(i) },
		"nan":    func(int) float64 { return math.NaN() },
	} {
		for _, typ := range []arrow.DataType{vec.TypeFloat64, vec.TypeInt64} {
			in := optest.Input{Types: []arrow.DataType{typ, vec.TypeInt64}}
			for i := range 20_000 {
				var x any = value(i)
				if typ == vec.TypeInt64 {
					f := x.(float64)
					if f-f != 0 {
						f = 0
					}
					x = int(f)
				}
				in.Rows = append(in.Rows, []any{x, i})
			}
			for _, desc := range []bool{false, true} {
				for _, second := range []bool{false, true} {
					keys := []Key{{Expr: optest.Col(0, typ), Desc: desc}}
					if second {
						keys = append(keys, Key{Expr: optest.Col(1, vec.TypeInt64), Desc: true})
					}
					all := optest.Run(t, mk(Options{Keys: keys, Limit: -1}), in, optest.Shape{Batch: 1000})
					top := optest.Run(t, mk(Options{Keys: keys, Limit: 7, Offset: 2}), in, optest.Shape{Batch: 1000})
					require.Equal(t, optest.Lines(all.Rows)[2:9], optest.Lines(top.Rows), "%s %s desc %v", name, typ, desc)
					optest.Balanced(t, top.Ledger)
				}
			}
		}
	}
}
