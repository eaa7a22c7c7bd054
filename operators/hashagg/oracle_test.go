package hashagg

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// The table that the tests aggregate: any value may be nil.
var testTypes = []arrow.DataType{
	vec.TypeString, vec.TypeInt64, vec.TypeFloat64, vec.DecimalType(10, 2), vec.TypeBool, vec.TypeTimestamp, vec.TypeInt16, vec.TypeFloat32,
}

const (
	cStr = iota
	cInt
	cFloat
	cDec
	cBool
	cTime
	cShort
	cReal
)

type row []any

func randomRows(rng *rand.Rand, n int) []row {
	floats := []float64{0, math.Copysign(0, -1), 1.5, -2.25, math.NaN(), 1e300, -1e300, 0.1, 3}
	rows := make([]row, n)
	for i := range rows {
		r := row{
			[]string{"", "a", "a\x00", "bb", "a key longer than sixteen bytes", "a key longer than sixteen bytez", "k0", "k1"}[rng.IntN(8)],
			int64(rng.IntN(7)) - 3,
			floats[rng.IntN(len(floats))],
			int64(rng.IntN(2000)) - 1000,
			rng.IntN(2) == 0,
			int64(rng.IntN(5)) * 1000,
			int16(rng.IntN(600) - 300),
			float32(rng.IntN(9)) / 4,
		}
		for c := range r {
			if rng.IntN(6) == 0 {
				r[c] = nil
			}
		}
		rows[i] = r
	}
	return rows
}

func put(b *vec.Builder, x any) {
	switch x := x.(type) {
	case nil:
		b.Null()
	case string:
		b.String(x)
	case int64:
		if b.Kind == vec.Decimal {
			b.Decimal(decimal128.FromI64(x))
		} else {
			b.Int64(x)
		}
	case float64:
		b.Float64(x)
	case bool:
		b.Bool(x)
	case int16:
		vec.Append(b, x)
	case float32:
		vec.Append(b, x)
	}
}

// batchOf makes a batch of rows in random layouts, with rows in between that
// are not selected.
func batchOf(sc *vec.Scope, rng *rand.Rand, rows []row, seq int64) *arrowexec.Batch {
	b := &arrowexec.Batch{Scope: sc, Seq: seq, Watermark: arrowexec.NoWatermark}
	var places []int32
	pad := rng.IntN(2) == 0
	for range rows {
		if pad && rng.IntN(3) == 0 {
			b.N++
		}
		places = append(places, int32(b.N))
		b.N++
	}
	if pad {
		b.N += rng.IntN(3)
		b.Sel = places
		b.Ord = make([]int64, b.N)
		for k, i := range places {
			b.Ord[i] = seq + int64(k)
		}
		if b.Sel == nil {
			b.Sel = vec.Sel{}
		}
	}
	for c, t := range testTypes {
		full := make([]any, b.N)
		for i := range full {
			full[i] = randomRows(rng, 1)[0][c] // not selected: anything
		}
		same := true
		for k, i := range places {
			full[i] = rows[k][c]
			same = same && fmt.Sprint(rows[k][c]) == fmt.Sprint(rows[0][c])
		}
		b.Cols = append(b.Cols, column(sc, rng, t, full))
		if same && len(rows) > 0 {
			one := vec.NewBuilder(sc, t, 1)
			put(one, rows[0][c])
			b.Cols[c] = sc.Repeat(one.Finish(), b.N)
		}
	}
	return b
}

func column(sc *vec.Scope, rng *rand.Rand, t arrow.DataType, full []any) *vec.Vec {
	if t.ID() == arrow.BOOL || rng.IntN(2) == 0 { // a condition is no dictionary
		b := vec.NewBuilder(sc, t, len(full))
		for _, x := range full {
			put(b, x)
		}
		return b.Finish()
	}
	db := vec.NewBuilder(sc, t, 8)
	at := map[string]int32{}
	idx := vec.Slice[int32](sc, len(full))
	valid := vec.Bitmap(sc.Zeroed(vec.BitmapBytes(len(full))))
	for i, x := range full {
		idx[i] = 0
		if x == nil {
			continue
		}
		valid.Set(i)
		k := fmt.Sprintf("%v", x)
		if _, ok := at[k]; !ok {
			at[k] = int32(db.N)
			put(db, x)
		}
		idx[i] = at[k]
	}
	if db.N == 0 {
		b := vec.NewBuilder(sc, t, len(full))
		for range full {
			b.Null()
		}
		return b.Finish()
	}
	return &vec.Vec{Type: t, Kind: vec.KindOf(t), Len: len(full), Dict: db.Finish(), Buf: vec.BytesOf(idx), Valid: valid}
}

// show is the text of a value.
func show(v *vec.Vec, i int) string {
	if v.IsNull(i) {
		return "NULL"
	}
	at := v.At(i)
	switch v.Kind {
	case vec.String, vec.Binary:
		return fmt.Sprintf("%q", v.BytesAt(i))
	case vec.Bool:
		return fmt.Sprint(v.BoolAt(i))
	case vec.Float64:
		return showFloat(vec.Values[float64](v)[at])
	case vec.Float32:
		return showFloat(float64(vec.Values[float32](v)[at]))
	case vec.Decimal:
		return vec.Values[decimal128.Num](v)[at].ToString(v.Type.(*arrow.Decimal128Type).Scale)
	case vec.List:
		from, to := v.Range(i)
		var s []string
		for e := from; e < to; e++ {
			s = append(s, show(v.Children[0], e))
		}
		return "[" + strings.Join(s, ",") + "]"
	}
	return fmt.Sprint(v.Int64At(i))
}

func showFloat(x float64) string { return fmt.Sprintf("%.12g", x) }

func showAny(c int, x any) string {
	switch x := x.(type) {
	case nil:
		return "NULL"
	case string:
		return fmt.Sprintf("%q", x)
	case float64:
		return showFloat(x)
	case float32:
		return showFloat(float64(x))
	case int64:
		if c == cDec {
			return decimal128.FromI64(x).ToString(2)
		}
	}
	return fmt.Sprint(x)
}

type setting struct {
	name      string
	keys      []int
	pipelines int
	snapshot  bool
}

func TestEveryAggregateEqualsTheOracleUnderEverySetting(t *testing.T) {
	for _, s := range []setting{
		{"no keys", nil, 1, false},
		{"no keys, three pipelines", nil, 3, false},
		{"string", []int{cStr}, 1, false},
		{"string, two pipelines", []int{cStr}, 2, false},
		{"double, restored", []int{cFloat}, 1, true},
		{"bool and time", []int{cBool, cTime}, 1, false},
		{"decimal, three pipelines, restored", []int{cDec}, 3, true},
		{"string, int, real, two pipelines, restored", []int{cStr, cInt, cReal}, 2, true},
	} {
		t.Run(s.name, func(t *testing.T) {
			for seed := range uint64(12) {
				rng := rand.New(rand.NewPCG(seed, 7))
				runSetting(t, rng, s, randomRows(rng, rng.IntN(300)))
			}
		})
	}
}

func specOf(keys []int, os []oracle) *Spec {
	s := &Spec{}
	for _, k := range keys {
		s.Keys = append(s.Keys, x(k))
	}
	for _, o := range os {
		s.Calls = append(s.Calls, o.call())
	}
	return s
}

func keyText(r row, keys []int) string {
	var s []string
	for _, k := range keys {
		v := r[k]
		if f, ok := v.(float64); ok && f == 0 {
			v = 0.0 // -0 is 0 as a key
		}
		s = append(s, showAny(k, v))
	}
	return strings.Join(s, "|")
}

func lineOf(cols []*vec.Vec, i int) string {
	var s []string
	for _, c := range cols {
		s = append(s, show(c, i))
	}
	return strings.Join(s, "|")
}

// groupBy is the oracle's answer, groups by first arrival.
func groupBy(rows []row, keys []int, os []oracle) []string {
	var order []string
	groups := map[string][]row{}
	if len(keys) == 0 {
		order = []string{""}
	}
	for _, r := range rows {
		k := keyText(r, keys)
		if _, ok := groups[k]; !ok && len(keys) > 0 {
			order = append(order, k)
		}
		groups[k] = append(groups[k], r)
	}
	var out []string
	for _, k := range order {
		var line []string
		if len(keys) > 0 {
			line = append(line, k)
		}
		for _, o := range os {
			line = append(line, o.want(groups[k]))
		}
		out = append(out, strings.Join(line, "|"))
	}
	return out
}

func runSetting(t *testing.T, rng *rand.Rand, s setting, rows []row) {
	pool := vec.NewPool(nil, true)
	os := oracles()
	ledger := &arrowexec.Ledger{}
	fresh := func() *Op {
		return New(Options{Spec: specOf(s.keys, os), Ledger: ledger, Failures: &arrowexec.Failures{Ledger: ledger}})
	}
	ops := make([]*Op, s.pipelines)
	for i := range ops {
		ops[i] = fresh()
	}
	for from := 0; from < len(rows); {
		to := min(len(rows), from+rng.IntN(40))
		sc := pool.Open()
		b := batchOf(sc, rng, rows[from:to], int64(from))
		at := rng.IntN(len(ops))
		require.NoError(t, ops[at].Process(b, nil))
		sc.Close()
		if s.snapshot && rng.IntN(3) == 0 {
			recs, err := ops[at].Snapshot()
			require.NoError(t, err)
			ops[at] = fresh()
			require.NoError(t, ops[at].Restore(recs))
		}
		from = to
	}
	rng.Shuffle(len(ops), func(i, j int) { ops[i], ops[j] = ops[j], ops[i] })
	for _, o := range ops[1:] {
		require.NoError(t, ops[0].Merge(o))
	}
	sc := pool.Open()
	var got []string
	var weight int64
	last := &arrowexec.Batch{Scope: sc, Seq: int64(len(rows)), Watermark: arrowexec.EndOfTime, Sel: vec.Sel{}}
	require.NoError(t, ops[0].Flush(last, func(b *arrowexec.Batch) error {
		each(b.N, b.Sel, func(i int) { got = append(got, lineOf(b.Cols, i)) })
		weight += b.Weight(b.Sel)
		return nil
	}))
	sc.Close()
	sameLines(t, groupBy(rows, s.keys, os), got)
	require.Equal(t, int64(len(rows)), weight)
	require.Equal(t, arrowexec.Ledger{}, *ledger)
	require.Zero(t, pool.OpenScopes())
}

// sameLines compares lines cell by cell, to show only what differs.
func sameLines(t *testing.T, want, got []string) {
	t.Helper()
	for i := range min(len(want), len(got)) {
		w, g := strings.Split(want[i], "|"), strings.Split(got[i], "|")
		for c := range min(len(w), len(g)) {
			require.Equal(t, w[c], g[c], "row %d, column %d of %s", i, c, w[0])
		}
		require.Len(t, g, len(w))
	}
	require.Len(t, got, len(want))
}
