package agg

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

func build(sc *vec.Scope, t arrow.DataType, xs ...any) *vec.Vec {
	b := vec.NewBuilder(sc, t, len(xs))
	for _, x := range xs {
		switch x := x.(type) {
		case nil:
			b.Null()
		case string:
			b.String(x)
		case float64:
			b.Float64(x)
		case bool:
			b.Bool(x)
		case int:
			switch b.Kind {
			case vec.Decimal:
				b.Decimal(decimal128.FromI64(int64(x)))
			case vec.Float64:
				b.Float64(float64(x))
			default:
				b.Int64(int64(x))
			}
		case arrow.MonthDayNanoInterval:
			vec.Append(b, x)
		case []any: // an array of BIGINT
			for _, e := range x {
				if e == nil {
					b.Children[0].Null()
				} else {
					b.Children[0].Int64(int64(e.(int)))
				}
			}
			b.EndList()
		}
	}
	return b.Finish()
}

func iv(months, days int32, nanos int64) arrow.MonthDayNanoInterval {
	return arrow.MonthDayNanoInterval{Months: months, Days: days, Nanoseconds: nanos}
}

func text(v *vec.Vec, i int) string {
	if v.IsNull(i) {
		return "NULL"
	}
	switch v.Kind {
	case vec.String:
		return string(v.BytesAt(i))
	case vec.Bool:
		return fmt.Sprint(v.BoolAt(i))
	case vec.Float64:
		return fmt.Sprint(vec.Values[float64](v)[v.At(i)])
	case vec.Float32:
		return fmt.Sprint(vec.Values[float32](v)[v.At(i)])
	case vec.Decimal:
		return vec.Values[decimal128.Num](v)[v.At(i)].ToString(v.Type.(*arrow.Decimal128Type).Scale)
	case vec.Interval:
		return fmt.Sprint(vec.Values[arrow.MonthDayNanoInterval](v)[v.At(i)])
	case vec.List:
		var s []string
		from, to := v.Range(i)
		for e := from; e < to; e++ {
			s = append(s, text(v.Children[0], e))
		}
		return "[" + strings.Join(s, ",") + "]"
	}
	return fmt.Sprint(v.Int64At(i))
}

func lookup(t *testing.T, name string) *Overload {
	for _, f := range All() {
		if f.Name == name || slices.Contains(f.Aliases, name) {
			return &f.Overloads[0]
		}
	}
	t.Fatalf("no aggregate %s", name)
	return nil
}

// result runs an aggregate over one group four ways: at once, split over two
// merged pipelines (the later rows first), through a snapshot, and row by row,
// and gives the value when they agree.
func result(t *testing.T, name string, consts []*vec.Vec, args ...*vec.Vec) (string, error) {
	t.Helper()
	o := lookup(t, name)
	types := make([]arrow.DataType, len(args))
	for i, a := range args {
		types[i] = a.Type
	}
	if consts == nil {
		consts = make([]*vec.Vec, len(args))
	}
	typ, err := o.Type(types, consts)
	if err != nil {
		return "", err
	}
	pool := vec.NewPool(nil, true)
	n := args[0].Len
	groups := make([]int32, n)
	var failed error
	emit := func(st State) string {
		sc := pool.Open()
		defer sc.Close()
		out := vec.NewBuilder(sc, typ, 1)
		failed = nil
		st.Emit([]int32{0}, out, func(_ int, err error) { failed = err })
		require.Equal(t, 1, out.N)
		return text(out.Finish(), 0)
	}
	update := func(st State, sel vec.Sel) {
		sc := pool.Open()
		defer sc.Close()
		st.Update(&arrowexec.Batch{Scope: sc, N: n}, groups, args, sel)
	}
	fresh := func() State {
		st := o.New(types, consts)
		st.Grow(1)
		return st
	}
	whole := fresh()
	update(whole, nil)
	want, wantErr := emit(whole), failed

	late, early := fresh(), fresh()
	half := vec.Sel{}
	rest := vec.Sel{}
	for i := range n {
		if i%3 == 0 {
			half = append(half, int32(i))
		} else {
			rest = append(rest, int32(i))
		}
	}
	update(late, rest)
	update(early, half)
	late.Merge(early, []int32{0})
	require.Equal(t, want, emit(late), "merged")

	sc := pool.Open()
	cols := late.Snapshot(sc, []int32{0})
	restored := o.New(types, consts)
	restored.Restore(cols)
	sc.Close()
	require.Equal(t, want, emit(restored), "restored")
	require.Positive(t, restored.Bytes())

	each := fresh()
	sc = pool.Open()
	out := vec.NewBuilder(sc, typ, n)
	each.UpdateEach(&arrowexec.Batch{Scope: sc, N: n}, groups, args, nil, out, func(int, error) {})
	require.Equal(t, n, out.N)
	if n > 0 && wantErr == nil {
		require.Equal(t, want, text(out.Finish(), n-1), "row by row")
	}
	sc.Close()

	only := o.New(types, consts)
	Alone(only)
	only.Grow(1)
	update(only, half)
	sc = pool.Open()
	cols = only.Snapshot(sc, []int32{0})
	only = o.New(types, consts)
	Alone(only)
	only.Restore(cols)
	sc.Close()
	update(only, rest)
	require.Equal(t, want, emit(only), "alone")
	into := fresh()
	into.Merge(only, []int32{0})
	require.Equal(t, want, emit(into), "alone, merged")

	whole.Reset([]int32{0})
	empty := emit(whole)
	require.Contains(t, []string{"NULL", "0"}, empty, "reset")
	update(whole, nil)
	require.Equal(t, want, emit(whole), "after reset")
	return want, wantErr
}

func TestAggregates(t *testing.T) {
	sc := vec.NewPool(nil, true).Open()
	t.Cleanup(sc.Close)
	i64, f64, str, dec := vec.TypeInt64, vec.TypeFloat64, vec.TypeString, vec.DecimalType(10, 2)
	k := func(x any) *vec.Vec {
		typ := i64
		switch x.(type) {
		case float64:
			typ = f64
		case string:
			typ = str
		}
		one := build(sc, typ, x)
		return one
	}
	big := 1 << 62
	for _, c := range []struct {
		name   string
		args   []*vec.Vec
		consts []*vec.Vec
		want   string
		fails  string
	}{
		{name: "SUM", args: []*vec.Vec{build(sc, i64, big, big, -big, nil)}, want: fmt.Sprint(big)},
		{name: "SUM", args: []*vec.Vec{build(sc, i64, big, big)}, want: "NULL", fails: "beyond BIGINT"},
		{name: "AVG", args: []*vec.Vec{build(sc, i64, big, big)}, want: "4.611686018427388e+18"},
		{name: "SUM", args: []*vec.Vec{build(sc, i64)}, want: "NULL"},
		{name: "SUM", args: []*vec.Vec{build(sc, vec.TypeNull, nil, nil)}, want: "NULL"},
		{name: "MAX", args: []*vec.Vec{build(sc, vec.TypeNull, nil)}, want: "NULL"},
		{name: "SUM", args: []*vec.Vec{build(sc, f64, 1e100, 1, -1e100, nil)}, want: "1"},
		{name: "SUM", args: []*vec.Vec{build(sc, f64, math.Inf(1), 1)}, want: "+Inf"},
		{name: "SUM", args: []*vec.Vec{build(sc, f64, math.Inf(1), math.Inf(-1))}, want: "NaN"},
		{name: "AVG", args: []*vec.Vec{build(sc, f64, math.NaN(), 1)}, want: "NaN"},
		{name: "MIN", args: []*vec.Vec{build(sc, f64, math.NaN(), 1)}, want: "1"},
		{name: "MIN", args: []*vec.Vec{build(sc, f64, math.NaN())}, want: "NaN"},
		{name: "MAX", args: []*vec.Vec{build(sc, f64, math.NaN(), 1)}, want: "NaN"},
		{name: "MAX", args: []*vec.Vec{build(sc, f64, math.Inf(-1))}, want: "-Inf"},
		{name: "DELTA", args: []*vec.Vec{build(sc, f64, 1.5, 4, nil)}, want: "2.5"},
		{name: "DELTA", args: []*vec.Vec{build(sc, i64, -5, 4)}, want: "9"},
		{name: "DELTA", args: []*vec.Vec{build(sc, i64, math.MinInt64, 4)}, want: "NULL", fails: "beyond BIGINT"},
		{name: "DELTA", args: []*vec.Vec{build(sc, dec, -5, 4)}, want: "0.09"},
		{name: "AVG", args: []*vec.Vec{build(sc, dec, 1, 1, 3)}, want: "0.016667"},
		{name: "AVG", args: []*vec.Vec{build(sc, dec, -1, -1, -3)}, want: "-0.016667"},
		{name: "SUM", args: []*vec.Vec{build(sc, vec.TypeInterval, iv(1, 2, 3), nil, iv(-3, 40, -5))}, want: "{-2 42 -2}"},
		{name: "SUM", args: []*vec.Vec{build(sc, vec.TypeInterval, nil, nil)}, want: "NULL"},
		{name: "SUM", args: []*vec.Vec{build(sc, vec.TypeInterval, iv(0, 0, math.MaxInt64), iv(0, 0, math.MaxInt64), iv(0, 0, math.MinInt64))}, want: "{0 0 9223372036854775806}"},
		{name: "SUM", args: []*vec.Vec{build(sc, vec.TypeInterval, iv(0, 0, math.MinInt64), iv(0, 0, -1))}, want: "NULL", fails: "beyond INTERVAL"},
		{name: "SUM", args: []*vec.Vec{build(sc, vec.TypeInterval, iv(math.MaxInt32, 0, 0), iv(1, 0, 0))}, want: "NULL", fails: "beyond INTERVAL"},
		{name: "AVG", args: []*vec.Vec{build(sc, vec.TypeInterval, iv(1, 0, 0), nil, iv(0, 1, 0))}, want: "{0 15 43200000000000}"},
		{name: "MIN", args: []*vec.Vec{build(sc, vec.TypeInterval, iv(1, 0, 0), iv(0, 29, 5))}, want: "{0 29 5}"},
		{name: "MAX", args: []*vec.Vec{build(sc, str, "b", nil, "ab", "")}, want: "b"},
		{name: "EVERY", args: []*vec.Vec{build(sc, vec.TypeBool, true, nil, true)}, want: "true"},
		{name: "BOOL_OR", args: []*vec.Vec{build(sc, vec.TypeBool, nil)}, want: "NULL"},
		{name: "BIT_AND", args: []*vec.Vec{build(sc, i64, 7, nil, 12)}, want: "4"},
		{name: "BIT_OR", args: []*vec.Vec{build(sc, i64, 1, 4, nil)}, want: "5"},
		{name: "BIT_OR", args: []*vec.Vec{build(sc, i64, nil)}, want: "NULL"},
		{name: "BIT_XOR", args: []*vec.Vec{build(sc, vec.TypeInt32, 5, 1, -1, -1)}, want: "4"},
		{name: "FIRST", args: []*vec.Vec{build(sc, arrow.ListOf(i64), []any{1, nil}, []any{2})}, want: "[1,NULL]"},
		{name: "LAST", args: []*vec.Vec{build(sc, arrow.ListOf(i64), []any{1, nil}, []any{2}, []any{})}, want: "[]"},
		{name: "LAST", args: []*vec.Vec{build(sc, str, "a", "b", nil)}, want: "NULL"},
		{name: "LAST_VALUE_IGNORE_NULLS", args: []*vec.Vec{build(sc, str, "a", "b", nil)}, want: "b"},
		{name: "ARG_MIN", args: []*vec.Vec{build(sc, str, "a", "b", "c", "d"), build(sc, f64, nil, 2.0, 1.0, 1.0)}, want: "c"},
		{name: "ARG_MAX", args: []*vec.Vec{build(sc, i64, 1, nil, 3), build(sc, str, "x", "y", "")}, want: "NULL"},
		{name: "COUNT_DISTINCT", args: []*vec.Vec{build(sc, f64, 0.0, math.Copysign(0, -1), math.NaN(), math.NaN(), nil)}, want: "2"},
		{name: "STRING_AGG", args: []*vec.Vec{build(sc, str, "a", nil, "", "c")}, want: "a,,c"},
		{name: "LISTAGG", args: []*vec.Vec{build(sc, str, "a", "b"), build(sc, str, "--", "--")}, consts: []*vec.Vec{nil, k("--")}, want: "a--b"},
		{name: "LISTAGG", args: []*vec.Vec{build(sc, str, "a", "b", nil, "c"), build(sc, str, "1", "2", "3", nil)}, want: "a2bc"},
		{name: "LISTAGG", args: []*vec.Vec{build(sc, str, nil, nil)}, want: "NULL"},
		{name: "ARRAY_AGG", args: []*vec.Vec{build(sc, i64, 3, nil, 1)}, want: "[3,NULL,1]"},
		{name: "ARRAY_AGG", args: []*vec.Vec{build(sc, i64)}, want: "NULL"},
		{name: "MEDIAN", args: []*vec.Vec{build(sc, i64, 9, 1, nil, 2, 4)}, want: "3"},
		{name: "MEDIAN", args: []*vec.Vec{build(sc, dec, 100, 201)}, want: "1.505000"},
		{name: "MODE", args: []*vec.Vec{build(sc, str, "b", "a", "b", "a", nil, nil, nil)}, want: "a"},
		{name: "PERCENTILE_CONT", args: []*vec.Vec{build(sc, i64, 3, 1, 2, nil), build(sc, f64, 0.25, 0.25, 0.25, 0.25)}, consts: []*vec.Vec{nil, k(0.25)}, want: "1.5"},
		{name: "PERCENTILE_DISC", args: []*vec.Vec{build(sc, str, "d", "a", "c", "b"), build(sc, f64, .5, .5, .5, .5)}, consts: []*vec.Vec{nil, k(0.5)}, want: "b"},
		{name: "PERCENTILE_DISC", args: []*vec.Vec{build(sc, i64, 2, 1), build(sc, f64, 0.0, 0.0)}, consts: []*vec.Vec{nil, k(0.0)}, want: "1"},
		{name: "TOP_K", args: []*vec.Vec{build(sc, i64, 1, 5, nil, 5, 3), build(sc, i64, 3, 3, 3, 3, 3)}, consts: []*vec.Vec{nil, k(3)}, want: "[5,5,3]"},
		{name: "EMA", args: []*vec.Vec{build(sc, f64, 1, 2, nil, 3), build(sc, f64, .5, .5, .5, .5)}, consts: []*vec.Vec{nil, k(0.5)}, want: "2.25"},
		{name: "TWAP", args: []*vec.Vec{build(sc, f64, 10, 20, 99), build(sc, i64, 0, 30, 40)}, want: "12.5"},
		{name: "TWAP", args: []*vec.Vec{build(sc, f64, 10), build(sc, i64, 0)}, want: "NULL"},
		{name: "VWAP", args: []*vec.Vec{build(sc, f64, 2, 4, nil), build(sc, i64, 1, 3, 5)}, want: "3.5"},
		{name: "VWAP", args: []*vec.Vec{build(sc, f64, 2, 4), build(sc, i64, 1, -1)}, want: "NULL"},
		{name: "STDDEV", args: []*vec.Vec{build(sc, i64, 2, 4, 6, nil)}, want: "2"},
		{name: "STDDEV", args: []*vec.Vec{build(sc, f64, 1709210096.789, 1709210096.789, 1709210096.789, 1709210096.789, 1709210096.789, 1709210096.789)}, want: "0"},
		{name: "VAR_POP", args: []*vec.Vec{build(sc, f64, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1)}, want: "0"},
		{name: "COVAR_POP", args: []*vec.Vec{build(sc, f64, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1), build(sc, i64, 1, 2, 3, 4, 5, 6)}, want: "0"},
		{name: "STDDEV_SAMP", args: []*vec.Vec{build(sc, i64, 2)}, want: "NULL"},
		{name: "STDDEV_POP", args: []*vec.Vec{build(sc, i64, 2)}, want: "0"},
		{name: "VAR_SAMP", args: []*vec.Vec{build(sc, f64, 1e9+1, 1e9+2, 1e9+3)}, want: "1"},
		{name: "VAR_POP", args: []*vec.Vec{build(sc, dec, 100, 300)}, want: "1"},
		{name: "CORR", args: []*vec.Vec{build(sc, i64, 1, 2, 3), build(sc, i64, -1, -2, -3)}, want: "-1"},
		{name: "CORR", args: []*vec.Vec{build(sc, i64, 1, 1), build(sc, i64, 1, 2)}, want: "NULL"},
		{name: "COVAR_POP", args: []*vec.Vec{build(sc, i64, 1, 3), build(sc, i64, 1, 5)}, want: "2"},
		{name: "COVAR_SAMP", args: []*vec.Vec{build(sc, i64, 1, 3), build(sc, i64, 1, 5)}, want: "4"},
		{name: "REGR_SLOPE", args: []*vec.Vec{build(sc, i64, 5, 7, 9), build(sc, i64, 1, 2, 3)}, want: "2"},
		{name: "REGR_INTERCEPT", args: []*vec.Vec{build(sc, i64, 5, 7, 9), build(sc, i64, 1, 2, 3)}, want: "3"},
		{name: "REGR_R2", args: []*vec.Vec{build(sc, i64, 5, 7, 9), build(sc, i64, 1, 2, 3)}, want: "1"},
		{name: "SKEWNESS", args: []*vec.Vec{build(sc, i64, 1, 2, 3)}, want: "0"},
		{name: "KURTOSIS", args: []*vec.Vec{build(sc, i64, 1, 2, 3, 4)}, want: "-1.2000000000000006"},
	} {
		got, err := result(t, c.name, c.consts, c.args...)
		if c.fails != "" {
			require.ErrorContains(t, err, c.fails, c.name)
		} else {
			require.NoError(t, err, c.name)
		}
		if c.name == "KURTOSIS" {
			require.True(t, strings.HasPrefix(got, "-1.2") || strings.HasPrefix(got, "-1.19999999999"), got)
			continue
		}
		require.Equal(t, c.want, got, c.name)
	}
}

func TestRefusedArguments(t *testing.T) {
	sc := vec.NewPool(nil, true).Open()
	t.Cleanup(sc.Close)
	list := build(sc, arrow.ListOf(vec.TypeInt64), []any{1})
	text, num := build(sc, vec.TypeString, "x"), build(sc, vec.TypeInt64, 1)
	for _, c := range []struct {
		name string
		args []*vec.Vec
		want string
	}{
		{"SUM", []*vec.Vec{text}, "SUM needs a number, not STRING"},
		{"DELTA", []*vec.Vec{build(sc, vec.TypeInterval, iv(1, 0, 0))}, "DELTA needs a number, not INTERVAL"},
		{"MIN", []*vec.Vec{list}, "MIN of ARRAY is not possible"},
		{"ARG_MAX", []*vec.Vec{num, list}, "ARG_MAX by ARRAY is not possible"},
		{"PERCENTILE_CONT", []*vec.Vec{num, num}, "fraction of PERCENTILE_CONT must be a constant"},
		{"TOP_K", []*vec.Vec{num, num}, "k of TOP_K must be a constant"},
		{"EMA", []*vec.Vec{num, num}, "alpha of EMA must be a constant"},
		{"CORR", []*vec.Vec{num, text}, "CORR needs a number"},
		{"BIT_AND", []*vec.Vec{text}, "BIT_AND needs an integer, not STRING"},
		{"MODE", []*vec.Vec{list}, "MODE of ARRAY is not possible"},
	} {
		_, err := result(t, c.name, nil, c.args...)
		require.ErrorContains(t, err, c.want)
	}
}

// TestSumsDoNotShowHowRowsWereSpread merges random parts in random order.
func TestSumsDoNotShowHowRowsWereSpread(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	sc := vec.NewPool(nil, true).Open()
	t.Cleanup(sc.Close)
	xs := make([]any, 5000)
	for i := range xs {
		xs[i] = (rng.Float64() - 0.5) * math.Pow(10, float64(rng.IntN(12)))
	}
	v := build(sc, vec.TypeFloat64, xs...)
	groups := make([]int32, len(xs))
	for _, name := range []string{"SUM", "AVG", "STDDEV"} {
		want := ""
		for parts := 1; parts < 6; parts++ {
			states := make([]State, parts)
			sels := make([]vec.Sel, parts)
			for i := range xs {
				p := rng.IntN(parts)
				sels[p] = append(sels[p], int32(i))
			}
			for p := range states {
				states[p] = lookup(t, name).New([]arrow.DataType{vec.TypeFloat64}, []*vec.Vec{nil})
				states[p].Grow(1)
				states[p].Update(&arrowexec.Batch{Scope: sc, N: len(xs)}, groups, []*vec.Vec{v}, append(vec.Sel{}, sels[p]...))
			}
			for _, s := range states[1:] {
				states[0].Merge(s, []int32{0})
			}
			out := vec.NewBuilder(sc, vec.TypeFloat64, 1)
			states[0].Emit([]int32{0}, out, nil)
			got := text(out.Finish(), 0)
			if want == "" {
				want = got
			}
			require.Equal(t, want, got, name)
		}
	}
}

func overloadOf(t *testing.T, name string, typ arrow.DataType) *Overload {
	for _, f := range All() {
		for i := range f.Overloads {
			if o := &f.Overloads[i]; f.Name == name && len(o.Args) == 1 && (o.Args[0].Any || o.Args[0].Kind == vec.KindOf(typ)) {
				return o
			}
		}
	}
	t.Fatalf("no %s of %s", name, typ)
	return nil
}

// TestSlidingEqualsAddingUp slides SUM, AVG and COUNT over random frames of two
// groups, with values that floats lose when they are not careful, and compares
// with a fresh state for each frame.
func TestSlidingEqualsAddingUp(t *testing.T) {
	sc := vec.NewPool(nil, true).Open()
	t.Cleanup(sc.Close)
	rnd := rand.New(rand.NewPCG(3, 9))
	floats := []any{0.1, 1e300, -1e300, 1e16, 1.0, math.Inf(1), math.NaN(), 3e-9, nil, -0.25, 7.0}
	for round := range 40 {
		const n = 60
		typ := []arrow.DataType{vec.TypeInt64, vec.TypeFloat64, vec.DecimalType(38, 2)}[round%3]
		xs := make([]any, n)
		for i := range xs {
			if xs[i] = any(rnd.IntN(1000) - 500); typ == vec.TypeFloat64 {
				if xs[i] = floats[rnd.IntN(len(floats))]; round%2 == 0 {
					xs[i] = float64(rnd.IntN(1000)) / 100
				}
			}
			if rnd.IntN(9) == 0 {
				xs[i] = nil
			}
		}
		v := build(sc, typ, xs...)
		row := make([]int32, n)
		for i := range row {
			row[i] = int32(rnd.IntN(n))
		}
		w := &Frames{Row: row, From: make([]int32, 2), To: make([]int32, 2)}
		lo, hi := [2]int32{0, n / 2}, [2]int32{0, n / 2}
		for range 80 {
			g := int32(rnd.IntN(2))
			limit := int32(n/2) * (g + 1)
			hi[g] = min(hi[g]+int32(rnd.IntN(3)), limit)
			lo[g] = min(lo[g]+int32(rnd.IntN(3)), hi[g])
			w.Lo, w.Hi, w.Group = append(w.Lo, lo[g]), append(w.Hi, hi[g]), append(w.Group, g)
		}
		for _, name := range []string{"SUM", "AVG", "COUNT"} {
			ov := overloadOf(t, name, typ)
			res, err := ov.Type([]arrow.DataType{typ}, []*vec.Vec{nil})
			require.NoError(t, err)
			st, ok := Slides(ov.New([]arrow.DataType{typ}, []*vec.Vec{nil}))
			require.True(t, ok, name)
			st.Grow(2)
			clear(w.From)
			clear(w.To)
			out := vec.NewBuilder(sc, res, 80)
			st.Slide(w, []*vec.Vec{v}, out, nil)
			got := out.Finish()
			for k := range w.Lo {
				fresh := ov.New([]arrow.DataType{typ}, []*vec.Vec{nil})
				fresh.Grow(1)
				sel := append(vec.Sel{}, row[w.Lo[k]:w.Hi[k]]...)
				fresh.Update(&arrowexec.Batch{Scope: sc, N: n, Ord: make([]int64, n)}, make([]int32, n), []*vec.Vec{v}, sel)
				one := vec.NewBuilder(sc, res, 1)
				fresh.Emit([]int32{0}, one, nil)
				require.Equal(t, text(one.Finish(), 0), text(got, k), "%s of %s, frame %d", name, typ, k)
			}
		}
	}
}

func TestCellsReuseTheirArena(t *testing.T) {
	sc := vec.NewPool(nil, true).Open()
	t.Cleanup(sc.Close)
	c := newCells(vec.TypeString)
	c.grow(3)
	for i := range 5000 {
		c.set(int32(i%3), build(sc, vec.TypeString, strings.Repeat("x", i%200)), 0)
	}
	require.Less(t, len(c.arena), 1<<18)
	require.Len(t, c.get(int32(4999%3)), 4999%200)
}

func TestNamesAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range All() {
		require.NotEmpty(t, f.Doc)
		require.NotEmpty(t, f.Example)
		require.NotEmpty(t, f.Signature)
		for _, n := range append([]string{f.Name}, f.Aliases...) {
			require.False(t, seen[n], n)
			require.Equal(t, strings.ToUpper(n), n)
			seen[n] = true
		}
	}
}
