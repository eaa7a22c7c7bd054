package sort

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/kept"
	"github.com/velostream/velo/operators/optest"
)

// TestMovedRowsAreInTheSameOrder sorts the same batches as they came, moved first, and
// moved out of records that last: with NULLs and long texts, which are not moved, with
// ties, NaN and −0, keys that are expressions, and a batch in between that is copied.
func TestMovedRowsAreInTheSameOrder(t *testing.T) {
	types := []arrow.DataType{vec.TypeInt64, vec.TypeString, vec.TypeFloat64, vec.TypeInt32, vec.TypeFloat64, vec.TypeInt64}
	rnd := rand.New(rand.NewPCG(3, 4))
	texts := []string{"", "a", "seven77", "fifteen letters", "eight888"}
	for round := range 12 {
		nulls, long := round&1 != 0, round&2 != 0
		var batches [][][]any
		for n := range 5 {
			var rows [][]any
			for i := range 1 + rnd.IntN(1500) {
				f := float64(rnd.IntN(3000)-1000) / 16
				switch rnd.IntN(40) {
				case 0:
					f = math.NaN()
				case 1:
					f = math.Copysign(0, -1)
				case 2:
					f = math.Inf(1 - 2*rnd.IntN(2))
				}
				far := int64(rnd.IntN(5000)) // most rows in one of the clusters, too many for one word
				switch rnd.IntN(500) {
				case 0:
					far = math.MinInt64
				case 1:
					far = math.MaxInt64
				}
				row := []any{int64(rnd.IntN(9) - 4), texts[rnd.IntN(len(texts))], f, n*10_000 + i, rnd.NormFloat64(), far}
				if long && i%100 == 7 {
					row[1] = "a text of more than 15 letters"
				}
				if nulls && rnd.IntN(9) == 0 {
					row[rnd.IntN(3)] = nil
				}
				rows = append(rows, row)
			}
			batches = append(batches, rows)
		}
		for _, o := range []Options{
			{Keys: []Key{{Expr: optest.Col(2, types[2])}}, Limit: -1},
			{Keys: []Key{{Expr: optest.Col(4, types[4]), Desc: true, NullsFirst: true}}, Limit: -1, Offset: 17},
			{Keys: []Key{{Expr: optest.Col(2, types[2]), Desc: true}}, Limit: -1},
			{Keys: []Key{{Expr: optest.Col(4, types[4])}}, Limit: -1},
			{Keys: []Key{{Expr: optest.Col(5, types[5])}}, Limit: -1},
			{Keys: []Key{{Expr: optest.Col(5, types[5]), Desc: true}}, Limit: -1},
			{Keys: []Key{{Expr: optest.Col(3, types[3]), Desc: true}}, Limit: -1},
			{Keys: []Key{{Expr: optest.Col(0, types[0]), Desc: true}, {Expr: optest.Col(2, types[2])}}, Limit: -1},
			{Keys: []Key{{Expr: optest.Col(2, types[2]), Desc: true}, {Expr: optest.Col(1, types[1])}}, Limit: -1},
			{Keys: []Key{{Expr: optest.Col(1, types[1])}, {Expr: optest.Col(0, types[0])}}, Limit: -1},
			{Keys: []Key{{Expr: twice(0)}, {Expr: twice(3), Desc: true}}, Limit: -1},
			{Limit: -1},
		} {
			want := sortedRows(t, o, types, batches, math.MaxInt, false, -1)
			require.Equal(t, want, sortedRows(t, o, types, batches, 2, false, -1), "moved")
			require.Equal(t, want, sortedRows(t, o, types, batches, 2, true, -1), "moved out of records")
			require.Equal(t, want, sortedRows(t, o, types, batches, 2, true, 2), "one was copied")
			require.Equal(t, want, sortedRows(t, o, types, batches, math.MaxInt, true, -1), "copied at the end")
			require.Equal(t, want, sortedRows(t, o, types, batches, 2, true, snapshot), "restored")
		}
	}
}

// TestPackedNumbersAreSorted has runs of numbers that two digits do not tell apart.
func TestPackedNumbersAreSorted(t *testing.T) {
	rnd := rand.New(rand.NewPCG(8, 9))
	var p packs
	for _, n := range []int{1, 2, 30, 700, 5000} {
		for _, spread := range []uint64{1, 50, 1 << 20, 1 << 40} {
			require.True(t, p.open(n, 48))
			for i := range p.list {
				x := rnd.Uint64N(3)<<45 | rnd.Uint64N(spread)>>rnd.UintN(40)
				p.list[i] = x<<p.low | uint64(i)
			}
			want := slices.Clone(p.list)
			slices.Sort(want)
			p.sort(p.list, 0, 1<<(48+p.low)-1)
			require.Equal(t, want, p.list)
		}
	}
	require.False(t, p.open(5000, 53))
}

func TestSnapshotsOfOtherBuildsAreRefused(t *testing.T) {
	old := kept.Record(1, []*vec.Vec{kept.Int64s([]int64{1}), kept.Int64s([]int64{1}), kept.Int64s([]int64{1}), kept.Int64s([]int64{1})})
	defer old.Release()
	err := New(Options{Keys: []Key{{Expr: optest.Col(0, vec.TypeInt64)}}, Limit: -1}).Restore([]arrow.Record{old})
	require.EqualError(t, err, `a snapshot of kept rows has the layout "", and this build reads "sort 2"; start without it`)
}

const snapshot = -2 // in the place of a batch

// twice is a key that is no column of the input.
func twice(col int) *optest.Expr {
	return &optest.Expr{T: vec.TypeInt64, F: func(row []any) (any, error) {
		if row[col] == nil {
			return nil, nil
		}
		return 2 * row[col].(int), nil
	}}
}

// sortedRows gives the rows of batches in order, as text; the operator is restored from
// its snapshot after the second if copied says so; else that is a batch that does not last.
func sortedRows(t *testing.T, o Options, types []arrow.DataType, batches [][][]any, many int, lasts bool, copied int) (out []string) {
	env := optest.NewEnv()
	o.Failures, o.Ledger = env.Failures, env.Ledger
	pool := vec.NewPool(nil, true)
	op := New(o)
	op.many = many
	emit := func(b *arrowexec.Batch) error {
		for i := range b.N {
			line := ""
			for _, v := range b.Cols {
				line += fmt.Sprintf("|%v", optest.ValueAt(v, i))
			}
			out = append(out, line)
		}
		return nil
	}
	total := 0
	for n, rows := range batches {
		sc := pool.Open()
		var cols []*vec.Vec
		for c, typ := range types {
			b := vec.NewBuilder(sc, typ, len(rows))
			for _, row := range rows {
				optest.AppendValue(b, row[c])
			}
			cols = append(cols, b.Finish())
		}
		rec := kept.Record(len(rows), cols)
		in := pool.Open()
		in.Keep(rec)
		cols, err := kept.Columns(in, rec)
		require.NoError(t, err)
		if lasts && n != copied {
			in.Lasts()
		}
		require.NoError(t, op.Process(&arrowexec.Batch{Scope: in, N: len(rows), Cols: cols, Seq: int64(total)}, emit))
		in.Close()
		sc.Close()
		rec.Release()
		total += len(rows)
		require.EqualValues(t, total, op.State().Keys)
		least, ok := op.Holds()
		require.True(t, ok)
		require.Zero(t, least)
		if n == 1 && copied == snapshot {
			recs, err := op.Snapshot()
			require.NoError(t, err)
			op.Close()
			_, held := op.Fate()
			require.EqualValues(t, total, held)
			op = New(o)
			op.many = many
			require.NoError(t, op.Restore(recs))
			recs[0].Release()
		}
	}
	last := pool.Open()
	require.NoError(t, op.Flush(&arrowexec.Batch{Scope: last, Seq: int64(total)}, emit))
	last.Close()
	require.Zero(t, pool.OpenScopes())
	require.Len(t, out, total-int(o.Offset))
	return out
}
