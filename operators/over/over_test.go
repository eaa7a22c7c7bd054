package over

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/agg"
	"github.com/velostream/velo/operators/optest"
	"github.com/velostream/velo/operators/sort"
)

var types = []arrow.DataType{vec.TypeInt64, vec.TypeInt64, vec.TypeInt64} // partition, order, value

// cell names a column differently from another, which optest.Col does not.
func cell(i int) expr.Expr {
	return &expr.Column{Index: i, Name: fmt.Sprintf("c%d", i), T: vec.TypeInt64}
}

func random(seed uint64, n int) [][]any {
	rnd := rand.New(rand.NewPCG(seed, 3))
	rows := make([][]any, n)
	for i := range rows {
		row := []any{rnd.IntN(4), rnd.IntN(12), rnd.IntN(100)}
		for c := range row {
			if rnd.IntN(8) == 0 {
				row[c] = nil
			}
		}
		rows[i] = row
	}
	return rows
}

// partition gives the rows of row r's partition by order key, NULL last, ties
// by arrival, and r's place among them.
func partition(rows [][]any, r int) (list []int, at int) {
	for i := range rows {
		if rows[i][0] == rows[r][0] {
			list = append(list, i)
		}
	}
	slices.SortStableFunc(list, func(i, j int) int {
		a, b := rows[i][1], rows[j][1]
		switch {
		case a == nil && b == nil:
			return 0
		case a == nil:
			return 1
		case b == nil:
			return -1
		}
		return a.(int) - b.(int)
	})
	return list, slices.Index(list, r)
}

// inFrame says whether place j is in the frame of place i.
func inFrame(rows [][]any, list []int, f Frame, i, j int) bool {
	key := func(k int) any { return rows[list[k]][1] }
	side := func(b Bound, start bool) bool {
		sign := 1
		if !start {
			sign = -1
		}
		switch b.Kind {
		case UnboundedPreceding, UnboundedFollowing:
			return true
		}
		d := int(b.Rows)
		if b.Kind == Preceding {
			d = -d
		}
		if !f.Range {
			return sign*(j-(i+d)) >= 0
		}
		if key(i) == nil || key(j) == nil { // NULLs are peers, and last
			if key(i) == nil && key(j) == nil {
				return true
			}
			return start == (key(j) == nil)
		}
		return sign*(key(j).(int)-(key(i).(int)+d)) >= 0
	}
	return side(f.Start, true) && side(f.End, false)
}

func overload(t *testing.T, name string) *agg.Overload {
	for _, f := range agg.All() {
		if f.Name == name {
			for i := range f.Overloads {
				o := &f.Overloads[i]
				if len(o.Args) == 1 && (o.Args[0].Any || o.Args[0].Kind == vec.Int64) {
					return o
				}
			}
		}
	}
	t.Fatalf("no aggregate %s of BIGINT", name)
	return nil
}

func plus(t *testing.T, e expr.Expr, d int64) expr.Expr {
	for _, f := range expr.Operators() {
		if f.Name == "+" {
			s, err := expr.NewCall(f, []expr.Expr{e, expr.IntConst(d)})
			require.NoError(t, err)
			return s
		}
	}
	return nil
}

// TestFramesEqualALoop compares sums, greatest, first, last and second values
// over random frames with a loop over all pairs of rows.
func TestFramesEqualALoop(t *testing.T) {
	rnd := rand.New(rand.NewPCG(11, 5))
	sum, greatest := overload(t, "SUM"), overload(t, "MAX")
	for round := range 60 {
		n := []int{0, 1, 7, 60, 300}[round%5]
		rows := random(uint64(round), n)
		f := Frame{Range: rnd.IntN(2) == 0, Key: cell(1)}
		bound := func(kind BoundKind) Bound {
			b := Bound{Kind: kind}
			if kind == Preceding || kind == Following {
				b.Rows = []int64{0, 1, 3, 80}[rnd.IntN(4)]
				if f.Range {
					d := b.Rows
					if kind == Preceding {
						d = -d
					}
					b.At = plus(t, cell(1), d)
				}
			}
			return b
		}
		start := BoundKind(rnd.IntN(4))
		f.Start = bound(start)
		f.End = bound(start + BoundKind(rnd.IntN(int(5-start))))
		if f.End.Kind == UnboundedPreceding {
			f.End.Kind = CurrentRow
		}
		w := Window{Partition: []expr.Expr{cell(0)}, Order: []sort.Key{{Expr: cell(1)}}, Calls: []Call{
			{Kind: Aggregate, Name: "SUM", Type: vec.TypeInt64, Args: []expr.Expr{cell(2)}, Overload: sum, Func: "SUM", Frame: f},
			{Kind: Aggregate, Name: "MAX", Type: vec.TypeInt64, Args: []expr.Expr{cell(2)}, Overload: greatest, Func: "MAX", Frame: f},
			{Kind: FirstValue, Type: vec.TypeInt64, Args: []expr.Expr{cell(2)}, Frame: f},
			{Kind: LastValue, Type: vec.TypeInt64, Args: []expr.Expr{cell(2)}, IgnoreNulls: true, Frame: f},
			{Kind: NthValue, Type: vec.TypeInt64, Args: []expr.Expr{cell(2), expr.IntConst(2)}, Frame: f},
		}}
		res := optest.Check(t, func(e *optest.Env) arrowexec.Operator {
			op, err := New(Options{Windows: []Window{w}, Failures: e.Failures, Ledger: e.Ledger})
			require.NoError(t, err)
			return op
		}, optest.Input{Types: types, Rows: rows}, optest.Options{})
		require.Len(t, res.Rows, n)
		for r, got := range res.Rows {
			list, at := partition(rows, r)
			var total, most, first, last, second any
			k := 0
			for j, row := range list {
				if !inFrame(rows, list, f, at, j) {
					continue
				}
				v := rows[row][2]
				if k++; k == 1 {
					first = v
				}
				if k == 2 {
					second = v
				}
				if v == nil {
					continue
				}
				last = v
				if total == nil {
					total, most = 0, v
				}
				total, most = total.(int)+v.(int), max(most.(int), v.(int))
			}
			require.Equal(t, fmt.Sprint(total, most, first, last, second), fmt.Sprint(got.Values[3:]...), "round %d row %d of %v frame %+v", round, r, rows, f)
		}
	}
}

// TestRanksEqualALoop does the same for what needs no frame.
func TestRanksEqualALoop(t *testing.T) {
	for _, n := range []int{0, 1, 40, 300} {
		rows := random(uint64(n), n)
		w := Window{Partition: []expr.Expr{cell(0)}, Order: []sort.Key{{Expr: cell(1)}}, Calls: []Call{
			{Kind: RowNumber, Type: vec.TypeInt64}, {Kind: Rank, Type: vec.TypeInt64}, {Kind: DenseRank, Type: vec.TypeInt64},
			{Kind: PercentRank, Type: vec.TypeFloat64}, {Kind: CumeDist, Type: vec.TypeFloat64},
			{Kind: Ntile, Type: vec.TypeInt64, Args: []expr.Expr{expr.IntConst(3)}},
			{Kind: Lag, Type: vec.TypeInt64, Args: []expr.Expr{cell(2), expr.IntConst(2), expr.IntConst(-1)}},
			{Kind: Lead, Type: vec.TypeInt64, Args: []expr.Expr{cell(2)}},
		}}
		res := optest.Check(t, func(e *optest.Env) arrowexec.Operator {
			op, err := New(Options{Windows: []Window{w}, Failures: e.Failures, Ledger: e.Ledger})
			require.NoError(t, err)
			return op
		}, optest.Input{Types: types, Rows: rows}, optest.Options{})
		require.Len(t, res.Rows, n)
		for r, got := range res.Rows {
			list, at := partition(rows, r)
			rank, dense, upto := 1, 1, 0
			for j, row := range list {
				if j < at && rows[row][1] != rows[r][1] {
					rank = j + 2
				}
				if j > 0 && j <= at && rows[row][1] != rows[list[j-1]][1] {
					dense++
				}
				if j <= at || rows[row][1] == rows[r][1] {
					upto = j + 1
				}
			}
			percent := 0.0
			if len(list) > 1 {
				percent = float64(rank-1) / float64(len(list)-1)
			}
			size, more := len(list)/3, len(list)%3
			bucket, k := 1, at
			for b := range 3 {
				rows := size
				if b < more {
					rows++
				}
				if k < rows {
					break
				}
				k -= rows
				bucket++
			}
			var lag, lead any = -1, nil
			if at >= 2 {
				lag = rows[list[at-2]][2]
			}
			if at+1 < len(list) {
				lead = rows[list[at+1]][2]
			}
			require.Equal(t, fmt.Sprint(at+1, rank, dense, percent, float64(upto)/float64(len(list)), bucket, lag, lead), fmt.Sprint(got.Values[3:]...), "row %d of %v", r, rows)
		}
	}
}

func TestRowsBeyondTheLimitEndTheRun(t *testing.T) {
	pool := vec.NewPool(nil, true)
	sc := pool.Open()
	op, err := New(Options{Windows: []Window{{Calls: []Call{{Kind: RowNumber, Type: vec.TypeInt64}}}}, Limit: 100, Name: "Over ROW_NUMBER()", Ledger: &arrowexec.Ledger{}})
	require.NoError(t, err)
	b := &arrowexec.Batch{Scope: sc, N: 100, Cols: []*vec.Vec{sc.New(vec.TypeInt64, 100)}}
	err = op.Process(b, func(*arrowexec.Batch) error { return nil })
	require.ErrorContains(t, err, "Over ROW_NUMBER() keeps 100 rows in")
	require.ErrorContains(t, err, "memory limit of 100 bytes")
	op.Close()
	sc.Close()
	live, _, _ := pool.Stats()
	require.Zero(t, live)
	require.Zero(t, pool.OpenScopes())
}
