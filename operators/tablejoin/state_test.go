package tablejoin_test

import (
	"fmt"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/join"
	"github.com/velostream/velo/operators/optest"
	"github.com/velostream/velo/operators/tablejoin"
)

// feeder gives batches of a number and a key to a join.
type feeder struct {
	t    testing.TB
	j    *tablejoin.Join
	pool *vec.Pool
	ord  int64
	mark int64
	emit arrowexec.Emit
}

func newFeeder(t testing.TB, o tablejoin.Options) *feeder {
	ints := []arrow.DataType{vec.TypeInt64, vec.TypeInt64}
	o.LeftTypes, o.RightTypes, o.Name = ints, ints, "HashJoin k = k"
	if o.Keys == nil {
		o.Keys = []join.Key{{Left: optest.Col(0, ints[0]), Right: optest.Col(0, ints[0])}}
	}
	if o.Ledger == nil {
		o.Ledger = &arrowexec.Ledger{}
	}
	j, err := tablejoin.New(o)
	require.NoError(t, err)
	return &feeder{t: t, j: j, pool: vec.NewPool(nil, true), mark: arrowexec.NoWatermark, emit: func(*arrowexec.Batch) error { return nil }}
}

func (f *feeder) close() {
	f.j.Left().(arrowexec.Closer).Close()
	require.Zero(f.t, f.pool.OpenScopes())
	f.pool.Close()
}

// give adds rows of one key and number each; had tells of those taken back, one
// record each.
func (f *feeder) give(p arrowexec.Operator, keys, values, had []int64) error {
	sc := f.pool.Open()
	defer sc.Close()
	b := &arrowexec.Batch{Scope: sc, N: len(keys), Seq: f.ord, Watermark: f.mark, Retracts: had}
	b.Cols = []*vec.Vec{ints(sc, keys), ints(sc, values)}
	f.ord += int64(len(keys))
	return p.Process(b, f.emit)
}

func ints(sc *vec.Scope, x []int64) *vec.Vec {
	v := sc.New(vec.TypeInt64, len(x))
	copy(vec.Values[int64](v), x)
	return v
}

func upTo(from, to int64) (out []int64) {
	for i := from; i < to; i++ {
		out = append(out, i)
	}
	return out
}

func TestLimitNamesTheJoin(t *testing.T) {
	for _, tables := range []tablejoin.Tables{tablejoin.Left, tablejoin.Both} {
		f := newFeeder(t, tablejoin.Options{Table: tables, Limit: 10_000})
		require.EqualError(t, f.give(f.j.Left(), upTo(0, 3000), upTo(0, 3000), nil),
			fmt.Sprintf("state of HashJoin k = k takes %d bytes for 3000 rows with 3000 keys, more than the limit of 10000 bytes; raise the limit, filter the rows first or select fewer columns",
				f.j.Left().(arrowexec.Stater).State().Bytes))
		f.close()
	}
}

// TestStateStaysBounded replaces rows of ever new keys and holds that what is gone
// takes no memory.
func TestStateStaysBounded(t *testing.T) {
	for _, tables := range []tablejoin.Tables{tablejoin.Right, tablejoin.Both} {
		for _, kind := range []join.Kind{join.Inner, join.Left} {
			l := &arrowexec.Ledger{}
			f := newFeeder(t, tablejoin.Options{Table: tables, Kind: kind, Ledger: l})
			most := int64(0)
			for round := range int64(300) {
				keys := upTo(100*round, 100*round+100)
				at := f.ord
				require.NoError(t, f.give(f.j.Right(), keys, keys, nil))
				require.NoError(t, f.give(f.j.Right(), keys, keys, upTo(at, at+100)))
				st := f.j.Left().(arrowexec.Stater).State()
				require.Less(t, st.Keys, int64(8000))
				most = max(most, st.Bytes)
			}
			require.Less(t, most, int64(600_000))
			require.EqualValues(t, 60_000, l.Filtered)
			_, ok := f.j.Right().Holds()
			require.False(t, ok)
			// What comes after keys were forgotten still matches.
			var rows int
			f.emit = func(b *arrowexec.Batch) error { rows += b.Rows(); return nil }
			require.NoError(t, f.give(f.j.Right(), []int64{5, 6}, []int64{0, 0}, nil))
			require.NoError(t, f.give(f.j.Left(), []int64{6, 7}, []int64{0, 0}, nil))
			require.Equal(t, map[join.Kind]int{join.Inner: 1, join.Left: 2}[kind], rows)
			first, ok := f.j.Right().Holds()
			require.True(t, ok)
			require.Equal(t, f.ord-4, first)
			f.close()
			_, held := f.j.Left().(interface{ Fate() (int64, int64) }).Fate()
			if tables == tablejoin.Both && kind == join.Inner {
				held-- // the left one of key 7
			}
			require.EqualValues(t, 1, held, "the row of key 5 met nothing")
			_, ok = f.j.Right().Holds()
			require.False(t, ok)
		}
	}
}

// TestOneChangeMeetsManyRows holds that what one record comes to stands in one
// batch, and that rows of a stream that meet many do not.
func TestOneChangeMeetsManyRows(t *testing.T) {
	const n = 20_000
	same, upward := make([]int64, n), upTo(0, n)
	for _, tables := range []tablejoin.Tables{tablejoin.Right, tablejoin.Both} {
		l := &arrowexec.Ledger{}
		f := newFeeder(t, tablejoin.Options{Table: tables, Ledger: l})
		require.NoError(t, f.give(f.j.Right(), same, upward, nil))
		var batches, rows, next int
		f.emit = func(b *arrowexec.Batch) error {
			l.Used += b.Weight(b.Sel)
			batches += min(b.N, 1)
			rows += b.Rows()
			for i := range b.N {
				require.Equal(t, next%n, optest.ValueAt(b.Cols[3], i))
				next++
			}
			return nil
		}
		require.NoError(t, f.give(f.j.Left(), []int64{0}, []int64{0}, nil))
		require.Equal(t, n, rows)
		require.EqualValues(t, n+1, l.Used)
		if tables == tablejoin.Both {
			require.Equal(t, 1, batches)
			require.NoError(t, f.give(f.j.Left(), []int64{0}, []int64{0}, []int64{f.ord - 1}))
			require.Equal(t, 2, batches)
			require.Equal(t, 2*n, rows)
		} else {
			require.Equal(t, 3, batches)
		}
		f.close()
	}
}

// TestManyRowsOfOneRecord takes rows back that one record had added, in its order,
// against it, and one by one.
func TestManyRowsOfOneRecord(t *testing.T) {
	const n = 20_000
	for _, order := range []func(i int64) int64{
		func(i int64) int64 { return i },
		func(i int64) int64 { return n - 1 - i },
		func(i int64) int64 { return i * 7919 % n },
	} {
		f := newFeeder(t, tablejoin.Options{})
		keys := upTo(0, n)
		sc := f.pool.Open()
		b := &arrowexec.Batch{Scope: sc, N: n, Ord: make([]int64, n), Cols: []*vec.Vec{ints(sc, keys), ints(sc, keys)}}
		require.NoError(t, f.j.Right().Process(b, f.emit))
		sc.Close()
		f.ord = 1
		back := make([]int64, n)
		for i := range back {
			back[i] = order(int64(i))
		}
		require.NoError(t, f.give(f.j.Right(), back, back, make([]int64, n)))
		_, ok := f.j.Right().Holds()
		require.False(t, ok)
		f.close()
	}
}

// TestWatermarks tells whose watermark the output has.
func TestWatermarks(t *testing.T) {
	for _, shared := range []bool{false, true} {
		f := newFeeder(t, tablejoin.Options{Shared: shared})
		var marks []int64
		f.emit = func(b *arrowexec.Batch) error { marks = append(marks, b.Watermark); return nil }
		give := func(p arrowexec.Operator, mark int64, keys ...int64) {
			f.mark = mark
			require.NoError(t, f.give(p, keys, keys, nil))
			sc := f.pool.Open()
			require.NoError(t, f.j.AfterBatch(&arrowexec.Batch{Scope: sc, Sel: vec.Sel{}}, f.emit))
			sc.Close()
		}
		give(f.j.Right(), 900, 1)
		require.Empty(t, marks, "a table holds nothing up and moves nothing")
		give(f.j.Left(), 7, 1)
		give(f.j.Left(), 9, 2)
		give(f.j.Left(), 11)
		require.Equal(t, []int64{7, 9, 11}, marks)
		f.close()

		f = newFeeder(t, tablejoin.Options{Table: tablejoin.Both, Shared: shared})
		marks = nil
		f.emit = func(b *arrowexec.Batch) error { marks = append(marks, b.Watermark); return nil }
		give(f.j.Right(), 900, 1)
		give(f.j.Left(), 7, 1)
		give(f.j.Left(), 1000)
		require.Equal(t, []int64{arrowexec.NoWatermark, 7, 900}, marks, "of two tables it is the least")
		f.close()
	}
}

// TestAllocations holds that what a batch allocates does not grow with its rows:
// state that grows doubles.
func TestAllocations(t *testing.T) {
	for _, tables := range []tablejoin.Tables{tablejoin.Right, tablejoin.Both} {
		per := func(n int64) float64 {
			f := newFeeder(t, tablejoin.Options{Table: tables, Kind: join.Left})
			defer f.close()
			keys := upTo(0, n)
			require.NoError(t, f.give(f.j.Right(), keys, keys, nil))
			had := make([]int64, n)
			round := func() { // rows come and, where they are a table's, go
				for i := range had {
					had[i] = f.ord + int64(i)
				}
				require.NoError(t, f.give(f.j.Left(), keys, keys, nil))
				if tables == tablejoin.Both {
					require.NoError(t, f.give(f.j.Left(), keys, keys, had))
				}
			}
			for range 20 {
				round()
			}
			return testing.AllocsPerRun(20, round)
		}
		small, large := per(64), per(8192)
		t.Log(tables, small, large)
		require.Less(t, large, small+250, "%v allocations for 64 rows, %v for 8192", small, large)
	}
}

// TestNobodyAsksForMore goes on with one side when the other has been told that no
// more rows are needed.
func TestNobodyAsksForMore(t *testing.T) {
	for _, tables := range []tablejoin.Tables{tablejoin.Right, tablejoin.Both} {
		l := &arrowexec.Ledger{}
		f := newFeeder(t, tablejoin.Options{Table: tables, Kind: join.Left, Ledger: l})
		f.emit = func(b *arrowexec.Batch) error { l.Used += b.Weight(b.Sel); return arrowexec.ErrDone }
		require.ErrorIs(t, f.give(f.j.Left(), []int64{1, 2}, []int64{1, 2}, nil), arrowexec.ErrDone)
		for at := f.ord; f.ord < 20; {
			err := f.give(f.j.Right(), []int64{1, 1}, []int64{1, 2}, nil)
			require.True(t, err == nil || err == arrowexec.ErrDone)
			err = f.give(f.j.Right(), []int64{1, 1}, []int64{1, 2}, []int64{at, at + 1})
			require.True(t, err == nil || err == arrowexec.ErrDone)
			at = f.ord
		}
		same, at := make([]int64, 10_000), f.ord
		_ = f.give(f.j.Right(), append(same, 1), append(same, 1), nil)
		_ = f.give(f.j.Left(), []int64{0}, []int64{0}, nil)
		_ = f.give(f.j.Right(), append(same, 1), append(same, 1), upTo(at, at+10_001))
		f.close()
		_, held := f.j.Left().(interface{ Fate() (int64, int64) }).Fate()
		require.Equal(t, f.ord, l.Used+l.Filtered+held)
	}
}

func TestRowsOfAStreamAreNotTakenBack(t *testing.T) {
	f := newFeeder(t, tablejoin.Options{})
	require.ErrorContains(t, f.give(f.j.Left(), []int64{1}, []int64{1}, []int64{0}), "rows of a stream are taken back")
	f.close()
}

func TestKindsThatPreserveATableBesideAStream(t *testing.T) {
	for _, o := range []tablejoin.Options{
		{Kind: join.Right}, {Kind: join.Full}, {Kind: join.Left, Table: tablejoin.Left}, {Kind: join.Semi, Table: tablejoin.Both},
	} {
		_, err := tablejoin.New(o)
		require.ErrorContains(t, err, "bug: ")
	}
}

func TestForeignSnapshots(t *testing.T) {
	f := newFeeder(t, tablejoin.Options{})
	require.NoError(t, f.give(f.j.Right(), []int64{1}, []int64{1}, nil))
	recs, err := f.j.Left().(arrowexec.Snapshotter).Snapshot()
	require.NoError(t, err)
	other, err := tablejoin.New(tablejoin.Options{LeftTypes: []arrow.DataType{vec.TypeInt64}, RightTypes: []arrow.DataType{vec.TypeInt64}})
	require.NoError(t, err)
	require.ErrorContains(t, other.Left().(arrowexec.Snapshotter).Restore(recs), "not of this join")
	require.ErrorContains(t, other.Left().(arrowexec.Snapshotter).Restore(recs[:3]), "not of this join")
	for _, r := range recs {
		r.Release()
	}
	f.close()
}

// TestTimesOfChanges gives the rows of two tables the event times of their causes: of
// a batch that tells none those of its rows, and the greatest so far where neither does.
func TestTimesOfChanges(t *testing.T) {
	types := []arrow.DataType{vec.TypeInt64, vec.TypeTimestamp}
	o := tablejoin.Options{Table: tablejoin.Both, Kind: join.Full, Times: []int{1, -1}, LeftTypes: types, RightTypes: types,
		Ledger: &arrowexec.Ledger{}, Keys: []join.Key{{Left: optest.Col(0, types[0]), Right: optest.Col(0, types[0])}}}
	j, err := tablejoin.New(o)
	require.NoError(t, err)
	pool := vec.NewPool(nil, true)
	var got []string
	give := func(p arrowexec.Operator, ord int64, key, at any, had, cause int64) {
		sc := pool.Open()
		defer sc.Close()
		b := &arrowexec.Batch{Scope: sc, N: 1, Seq: ord, Retracts: []int64{had}, Watermark: arrowexec.NoWatermark}
		b.Cols = []*vec.Vec{optest.Column(sc, types[0], key), optest.Column(sc, types[1], at)}
		if cause >= 0 {
			b.Causes = []int64{cause}
		}
		require.NoError(t, p.Process(b, func(b *arrowexec.Batch) error {
			for i := range b.N {
				line := fmt.Sprint(b.OrdOf(i), " ")
				if b.Retracted(i) {
					line = fmt.Sprintf("%d takes back %d: ", b.OrdOf(i), b.Retracts[i])
				}
				var r optest.Row
				for _, v := range b.Cols {
					r.Values = append(r.Values, optest.ValueAt(v, i))
				}
				if b.Causes != nil {
					line += fmt.Sprintf("(%d) ", b.Causes[i])
				}
				got = append(got, line+optest.Lines([]optest.Row{r})[0])
			}
			return nil
		}))
	}
	give(j.Left(), 0, 1, 10, arrowexec.Added, -1)
	give(j.Right(), 1, 1, 99, arrowexec.Added, 20)
	give(j.Right(), 2, 1, 99, 1, 30)
	give(j.Left(), 3, 1, 10, 0, -1)
	give(j.Left(), 4, nil, nil, arrowexec.Added, -1)
	require.Equal(t, []string{
		"0 (10) 1|10|NULL|NULL",
		"1 takes back 0: (20) 1|10|NULL|NULL",
		"1 (20) 1|10|1|99",
		"2 takes back 1: (30) 1|10|1|99",
		"2 (30) 1|10|NULL|NULL",
		"3 takes back 2: (30) 1|10|NULL|NULL",
		"4 (30) NULL|NULL|NULL|NULL",
	}, got)
	j.Left().(arrowexec.Closer).Close()
	require.Zero(t, pool.OpenScopes())
	pool.Close()

	o.Table = tablejoin.Right
	_, err = tablejoin.New(o)
	require.ErrorContains(t, err, "bug: ")
}
