package intervaljoin_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/intervaljoin"
	"github.com/velostream/velo/operators/join"
	"github.com/velostream/velo/operators/optest"
)

// record is one row of one side: time, key (NULL when negative) and a number.
type record struct{ side, t, k, v int }

// trial is one join over one input.
type trial struct {
	kind         join.Kind
	lower, upper int64
	lateness     int64
	residual     bool
	delay        int64
	records      []record
}

func newTrial(rnd *rand.Rand) trial {
	tr := trial{kind: []join.Kind{join.Inner, join.Left, join.Right, join.Full}[rnd.IntN(4)], residual: rnd.IntN(2) == 0, delay: int64(rnd.IntN(3) * 4)}
	tr.lower = int64(rnd.IntN(20) - 14)
	tr.upper = tr.lower + int64(rnd.IntN(20))
	tr.lateness = int64(rnd.IntN(3) * 3)
	t := 0
	n := rnd.IntN(60)
	if rnd.IntN(100) == 0 {
		n = 2500 // enough for rows and keys to be forgotten
	}
	keys := 1 + rnd.IntN(4)
	if n > 1000 {
		keys = 5000
	}
	for i := range n {
		t += rnd.IntN(4)
		k := rnd.IntN(keys+1) - 1
		tr.records = append(tr.records, record{side: rnd.IntN(2), t: t - rnd.IntN(12), k: k, v: i})
	}
	return tr
}

// want is the join by the letter of the contract, row by row over all rows.
func (tr trial) want() (out []string, ledger arrowexec.Ledger) {
	type row struct {
		record
		deadline      int64
		matched, gone bool
	}
	outer := [2]bool{tr.kind == join.Left || tr.kind == join.Full, tr.kind == join.Right || tr.kind == join.Full}
	ahead := [2]int64{tr.upper, -tr.lower} // how far the other side's time may be ahead
	marks := [2]int64{math.MinInt64, math.MinInt64}
	w := int64(math.MinInt64)
	var rows []*row
	text := func(l, r *row, ord int) {
		vals := []any{nil, nil, nil, nil, nil, nil}
		for s, x := range []*row{l, r} {
			if x != nil {
				if !x.matched {
					ledger.Used++
				}
				x.matched = true
				vals[3*s], vals[3*s+2] = x.t, x.v
				if x.k >= 0 {
					vals[3*s+1] = x.k
				}
			}
		}
		out = append(out, fmt.Sprint(ord, " ", optest.Row{Values: vals}))
	}
	alone := func(x *row, ord int) {
		if x.side == 0 {
			text(x, nil, ord)
		} else {
			text(nil, x, ord)
		}
	}
	release := func(ord int) {
		w = max(w, min(marks[0], marks[1]))
		var due []*row
		for _, x := range rows {
			if !x.gone && (x.deadline < w || w == math.MaxInt64) {
				x.gone = true
				if !x.matched {
					due = append(due, x)
				}
			}
		}
		slices.SortStableFunc(due, func(a, b *row) int { return int(a.deadline - b.deadline) })
		for _, x := range due {
			if outer[x.side] {
				alone(x, ord)
			} else {
				ledger.Filtered++
			}
		}
	}
	for ord, rec := range tr.records {
		ledger.In++
		x := &row{record: rec, deadline: int64(rec.t) + ahead[rec.side] + tr.lateness}
		late := int64(rec.t)+max(ahead[rec.side], 0)+tr.lateness < w && (rec.k >= 0 || outer[rec.side])
		marks[rec.side] = max(marks[rec.side], int64(rec.t)-tr.delay)
		release(ord)
		switch {
		case late && outer[rec.side]:
			ledger.LateApplied++
			alone(x, ord)
			continue
		case late:
			ledger.Late++
			continue
		case rec.k < 0 && !outer[rec.side]:
			ledger.Filtered++
			continue
		}
		var hits []*row
		for _, o := range rows {
			l, r := rec, o.record
			if rec.side == 1 {
				l, r = r, l
			}
			d := int64(r.t - l.t)
			if o.side != rec.side && !o.gone && o.k == rec.k && rec.k >= 0 && d >= tr.lower && d <= tr.upper {
				hits = append(hits, o)
			}
		}
		slices.SortStableFunc(hits, func(a, b *row) int { return a.t - b.t })
		for _, o := range hits {
			l, r := x, o
			if rec.side == 1 {
				l, r = o, x
			}
			if !tr.residual || l.v%3 <= r.v%3 {
				text(l, r, ord)
			}
		}
		rows = append(rows, x)
		release(ord)
	}
	for side := range marks {
		marks[side] = math.MaxInt64
		release(len(tr.records))
	}
	return out, ledger
}

var types = []arrow.DataType{vec.TypeTimestamp, vec.TypeInt64, vec.TypeInt64}

func column(c int) expr.Expr {
	return &expr.Column{Index: c, Name: fmt.Sprint("c", c), T: types[c%3]}
}

func (tr trial) options(t *testing.T, l *arrowexec.Ledger) intervaljoin.Options {
	o := intervaljoin.Options{Kind: tr.kind, LeftTypes: types, RightTypes: types, Keys: []join.Key{{Left: column(1), Right: column(1)}},
		Lower: tr.lower, Upper: tr.upper, Lateness: tr.lateness, Ledger: l, Name: "join"}
	if !tr.residual {
		return o
	}
	reg, err := expr.NewRegistry(expr.Operators()...)
	require.NoError(t, err)
	mod := func(c int) expr.Expr {
		f, ok := reg.Lookup("%")
		require.True(t, ok)
		e, err := expr.NewCall(f, []expr.Expr{column(c), expr.IntConst(3)})
		require.NoError(t, err)
		return e
	}
	o.Residual, err = expr.NewCompare("<=", mod(2), mod(5))
	require.NoError(t, err)
	return o
}

// got runs the join over random batches, and through a snapshot.
func (tr trial) got(t *testing.T, rnd *rand.Rand, size int, cut bool) ([]string, arrowexec.Ledger) {
	ledger := &arrowexec.Ledger{}
	j := intervaljoin.New(tr.options(t, ledger))
	pool := vec.NewPool(nil, true)
	var out []string
	mark := int64(math.MinInt64)
	emit := func(b *arrowexec.Batch) error {
		ledger.Used += b.Weight(b.Sel)
		require.Len(t, b.Cols, 6)
		require.GreaterOrEqual(t, b.Watermark, mark)
		mark = b.Watermark
		for i := range b.Rows() {
			var r optest.Row
			for _, v := range b.Cols {
				require.Equal(t, b.N, v.Len)
				r.Values = append(r.Values, optest.ValueAt(v, i))
			}
			time := int64(math.MinInt64)
			for _, c := range []int{0, 3} {
				if r.Values[c] != nil {
					time = max(time, int64(r.Values[c].(int)))
				}
			}
			if ledger.LateApplied == 0 {
				require.GreaterOrEqual(t, time, b.Marks[i], "who reads the rows finds none late")
			}
			out = append(out, fmt.Sprint(b.OrdOf(i), " ", r))
		}
		return nil
	}
	marks := [2]int64{arrowexec.NoWatermark, arrowexec.NoWatermark}
	for at := 0; at < len(tr.records); {
		side := tr.records[at].side
		to := at + 1
		for to < len(tr.records) && tr.records[to].side == side && to-at < size && rnd.IntN(8) > 0 {
			to++
		}
		sc := pool.Open()
		n := to - at
		b := &arrowexec.Batch{Scope: sc, N: n, Seq: int64(at), Marks: vec.Slice[int64](sc, n)}
		ledger.In += int64(n)
		var cols [3][]any
		for i, r := range tr.records[at:to] {
			b.Marks[i] = marks[side]
			marks[side] = max(marks[side], int64(r.t)-tr.delay)
			var k any
			if r.k >= 0 {
				k = r.k
			}
			cols[0], cols[1], cols[2] = append(cols[0], r.t), append(cols[1], k), append(cols[2], r.v)
		}
		b.Watermark = marks[side]
		for c, vals := range cols {
			b.Cols = append(b.Cols, optest.Column(sc, types[c], vals...))
		}
		op := j.Left()
		if side == 1 {
			op = j.Right()
		}
		require.NoError(t, op.Process(b, emit))
		sc.Close()
		at = to
		if cut && rnd.IntN(5) == 0 {
			recs, err := j.Left().(arrowexec.Snapshotter).Snapshot()
			require.NoError(t, err)
			next := intervaljoin.New(tr.options(t, ledger))
			require.NoError(t, next.Left().(arrowexec.Snapshotter).Restore(recs))
			for _, r := range recs {
				r.Release()
			}
			if rnd.IntN(3) == 0 { // twice, without a row between
				again, err := next.Left().(arrowexec.Snapshotter).Snapshot()
				require.NoError(t, err)
				next.Left().(arrowexec.Closer).Close()
				next = intervaljoin.New(tr.options(t, ledger))
				require.NoError(t, next.Left().(arrowexec.Snapshotter).Restore(again))
				for _, r := range again {
					r.Release()
				}
			}
			before := *ledger
			j.Left().(arrowexec.Closer).Close()
			require.Equal(t, before, *ledger)
			j = next
		}
	}
	sc := pool.Open()
	last := &arrowexec.Batch{Scope: sc, Seq: int64(len(tr.records)), Watermark: arrowexec.EndOfTime, Sel: vec.Sel{}}
	require.NoError(t, j.Left().Flush(last, emit))
	require.NoError(t, j.Right().Flush(last, emit))
	sc.Close()
	require.Zero(t, pool.OpenScopes())
	pool.Close()
	return out, *ledger
}

func TestAgainstRows(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range 600 {
		tr := newTrial(rnd)
		want, ledger := tr.want()
		for _, size := range []int{1, 3, 64, 1024} {
			got, l := tr.got(t, rnd, size, size == 3)
			require.Equal(t, want, got, "trial %d, batches of %d: %+v", i, size, tr)
			require.Equal(t, ledger, l, "trial %d, batches of %d", i, size)
		}
	}
}

func TestLimitNamesTheJoin(t *testing.T) {
	tr := trial{upper: 1000, lower: -1000}
	for i := range 3000 {
		tr.records = append(tr.records, record{t: i, k: i, v: i})
	}
	ledger := &arrowexec.Ledger{}
	o := tr.options(t, ledger)
	o.Limit = 10_000
	j := intervaljoin.New(o)
	pool := vec.NewPool(nil, true)
	sc := pool.Open()
	vals := make([]any, 3000)
	for i := range vals {
		vals[i] = i
	}
	b := &arrowexec.Batch{Scope: sc, N: 3000, Watermark: arrowexec.NoWatermark}
	for _, typ := range types {
		b.Cols = append(b.Cols, optest.Column(sc, typ, vals...))
	}
	err := j.Left().Process(b, func(*arrowexec.Batch) error { return nil })
	require.ErrorContains(t, err, "state of join takes")
	require.ErrorContains(t, err, "3000 rows with 3000 keys")
	j.Left().(arrowexec.Closer).Close()
	sc.Close()
	require.Zero(t, pool.OpenScopes())
	pool.Close()
}
