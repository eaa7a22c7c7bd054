package upsert

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/optest"
)

var types = []arrow.DataType{vec.TypeInt64, vec.TypeString, vec.TypeBool}

func options(e *optest.Env, final bool) Options {
	return Options{Keys: []int{0}, Names: []string{"id"}, Types: types, Deleted: 2, Stamp: -1, Time: -1, Final: final, Failures: e.Failures, Ledger: e.Ledger, Name: "table t"}
}

// records are rows of few keys, some without a key, some deletions.
func records(seed uint64, n, keys int) [][]any {
	rnd := rand.New(rand.NewPCG(seed, 3))
	out := make([][]any, n)
	for i := range out {
		var key any = rnd.IntN(keys)
		if rnd.IntN(max(12, n/10)) == 0 { // errors beyond 20 are not logged
			key = nil
		}
		if rnd.IntN(5) == 0 {
			out[i] = []any{key, nil, true}
			continue
		}
		var deleted any = false
		if rnd.IntN(2) == 0 {
			deleted = nil
		}
		out[i] = []any{key, fmt.Sprint("v", rnd.IntN(100)), deleted}
	}
	return out
}

type model struct {
	row  map[int]int // key → its record
	keys []int       // in the order of arrival
}

func TestChangesAreTheOldRowAndTheNewOne(t *testing.T) {
	for seed, n := range []int{0, 1, 2, 40, 700} {
		in := optest.Input{Types: types, Rows: records(uint64(seed), n, 9)}
		res := optest.Check(t, func(e *optest.Env) arrowexec.Operator { return New(options(e, false)) }, in, optest.Options{})
		m := model{row: map[int]int{}}
		var want []optest.Row
		failed, unknown := 0, 0
		for i, r := range in.Rows {
			if r[0] == nil {
				failed++
				continue
			}
			key, deleted := r[0].(int), r[2] == true
			old, had := m.row[key]
			if had {
				w := int64(0)
				if deleted {
					w = 1
				}
				want = append(want, optest.Row{Values: in.Rows[old], Ord: int64(i), Weight: w, Retracted: true, Since: int64(old)})
			}
			switch {
			case deleted && !had:
				unknown++
			case deleted:
				delete(m.row, key)
			default:
				m.row[key] = i
				want = append(want, optest.Row{Values: r, Ord: int64(i), Weight: 1})
			}
		}
		require.Equal(t, len(want), len(res.Rows))
		for k := range want {
			require.Equal(t, want[k].String(), res.Rows[k].String())
		}
		require.EqualValues(t, unknown, res.Ledger.Filtered)
		require.EqualValues(t, failed, res.Ledger.Failed)
		optest.Balanced(t, res.Ledger)
	}
}

func TestFinalGivesTheTableAtTheEnd(t *testing.T) {
	for seed, n := range []int{0, 1, 2, 40, 700, 30000} {
		in := optest.Input{Types: types, Rows: records(uint64(seed), n, max(9, n/100))}
		seeds := 0
		if n > 1000 {
			seeds = 4
		}
		res := optest.Check(t, func(e *optest.Env) arrowexec.Operator { return New(options(e, true)) }, in, optest.Options{Seeds: seeds})
		m := model{row: map[int]int{}}
		for i, r := range in.Rows {
			if r[0] == nil {
				continue
			}
			key := r[0].(int)
			_, had := m.row[key]
			if r[2] == true {
				delete(m.row, key)
				for k, x := range m.keys {
					if x == key {
						m.keys = append(m.keys[:k], m.keys[k+1:]...)
						break
					}
				}
				continue
			}
			if !had {
				m.keys = append(m.keys, key)
			}
			m.row[key] = i
		}
		require.Len(t, res.Rows, len(m.keys))
		for k, key := range m.keys {
			require.Equal(t, in.Rows[m.row[key]], res.Rows[k].Values)
			require.False(t, res.Rows[k].Retracted)
		}
		optest.Balanced(t, res.Ledger)
	}
}

func TestReplacedRowsAreForgotten(t *testing.T) {
	env := optest.NewEnv()
	pool := vec.NewPool(nil, true)
	defer pool.Close()
	op := New(options(env, false))
	defer op.Close()
	for i := range 100 {
		sc := pool.Open()
		b := &arrowexec.Batch{Scope: sc, N: 1000, Seq: int64(i * 1000), Watermark: arrowexec.NoWatermark}
		ids, text, del := vec.NewBuilder(sc, vec.TypeInt64, 1000), vec.NewBuilder(sc, vec.TypeString, 1000), vec.NewBuilder(sc, vec.TypeBool, 1000)
		for k := range 1000 {
			ids.Int64(int64(k))
			text.String("some text that takes room")
			del.Null()
		}
		b.Cols = []*vec.Vec{ids.Finish(), text.Finish(), del.Finish()}
		require.NoError(t, op.Process(b, func(*arrowexec.Batch) error { return nil }))
		sc.Close()
	}
	st := op.State()
	require.EqualValues(t, 1000, st.Keys)
	require.Less(t, st.Bytes, int64(1<<20))
}

func TestTableOverTheLimit(t *testing.T) {
	env := optest.NewEnv()
	pool := vec.NewPool(nil, true)
	defer pool.Close()
	o := options(env, false)
	o.Limit = 1000
	op := New(o)
	defer op.Close()
	sc := pool.Open()
	defer sc.Close()
	b := &arrowexec.Batch{Scope: sc, N: 500, Watermark: arrowexec.NoWatermark}
	ids := vec.NewBuilder(sc, vec.TypeInt64, 500)
	for k := range 500 {
		ids.Int64(int64(k))
	}
	b.Cols = []*vec.Vec{ids.Finish(), sc.NullConst(vec.TypeString, 500), sc.NullConst(vec.TypeBool, 500)}
	err := op.Process(b, func(*arrowexec.Batch) error { return nil })
	require.ErrorContains(t, err, "state of table t takes")
	require.ErrorContains(t, err, "500 rows")
}

// A table of a stream holds the first of its rows, one that is read again nothing.
func TestRowsHoldTheirPosition(t *testing.T) {
	for _, again := range []bool{false, true} {
		env := optest.NewEnv()
		pool := vec.NewPool(nil, true)
		o := options(env, false)
		o.Again = again
		op := New(o)
		_, holds := op.Holds()
		require.False(t, holds)
		sc := pool.Open()
		b := &arrowexec.Batch{Scope: sc, N: 2, Seq: 7, Watermark: arrowexec.NoWatermark}
		b.Cols = []*vec.Vec{optest.Column(sc, types[0], 1, 2), optest.Column(sc, types[1], "a", "b"), optest.Column(sc, types[2], nil, nil)}
		require.NoError(t, op.Process(b, func(*arrowexec.Batch) error { return nil }))
		first, holds := op.Holds()
		require.Equal(t, !again, holds)
		if holds {
			require.EqualValues(t, 7, first)
		}
		sc.Close()
		op.Close()
		pool.Close()
	}
}
