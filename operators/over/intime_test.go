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
	"github.com/velostream/velo/operators/optest"
	"github.com/velostream/velo/operators/sort"
)

// TestInTimeSortsWhatIsNotLate compares with a sort of the rows that the
// watermark had not passed when they came.
func TestInTimeSortsWhatIsNotLate(t *testing.T) {
	for round := range 40 {
		rnd := rand.New(rand.NewPCG(uint64(round), 5))
		in := optest.Input{Types: []arrow.DataType{vec.TypeTimestamp, vec.TypeInt64}}
		mark, late := arrowexec.NoWatermark, 0
		var want [][]any
		for i := range 60 {
			row := []any{i*3 + rnd.IntN(40), rnd.IntN(3)}
			in.Rows, in.Marks = append(in.Rows, row), append(in.Marks, int64(mark))
			if row[0].(int) < mark {
				late++
			} else {
				want = append(want, row)
			}
			mark = max(mark, row[0].(int)-15)
		}
		in.After = int64(mark)
		slices.SortStableFunc(want, func(a, b []any) int {
			if c := a[0].(int) - b[0].(int); c != 0 {
				return c
			}
			return b[1].(int) - a[1].(int)
		})
		when := &expr.Column{Index: 0, Name: "_event_time", T: vec.TypeTimestamp}
		res := optest.Check(t, func(e *optest.Env) arrowexec.Operator {
			return NewInTime(TimeOptions{Order: []sort.Key{{Expr: when}, {Expr: cell(1), Desc: true}}, Failures: e.Failures, Ledger: e.Ledger})
		}, in, optest.Options{Seeds: 20})
		optest.Balanced(t, res.Ledger)
		require.Equal(t, int64(late), res.Ledger.Late)
		require.Len(t, res.Rows, len(want))
		for k, r := range res.Rows {
			require.Equal(t, fmt.Sprint(want[k]...), fmt.Sprint(r.Values...))
		}
	}
}

// Rows that wait for the watermark count for the limit; those that it lets go do not.
func TestRowsThatWaitForTheWatermarkHaveALimit(t *testing.T) {
	when := &expr.Column{Index: 0, Name: "_event_time", T: vec.TypeTimestamp}
	for mark, want := range map[int64]string{arrowexec.NoWatermark: "Over keeps 1000 rows in", 2000: ""} {
		op := NewInTime(TimeOptions{Order: []sort.Key{{Expr: when}}, Ledger: &arrowexec.Ledger{}, Limit: 5000, Name: "Over"})
		pool := vec.NewPool(nil, true)
		sc := pool.Open()
		times, marks := make([]any, 1000), make([]int64, 1000)
		for i := range times {
			times[i], marks[i] = i, arrowexec.NoWatermark
		}
		b := &arrowexec.Batch{Scope: sc, N: 1000, Marks: marks, Watermark: mark, Cols: []*vec.Vec{optest.Column(sc, vec.TypeTimestamp, times...)}}
		rows := 0
		emit := func(b *arrowexec.Batch) error { rows += b.Rows(); return nil }
		err := op.Process(b, emit)
		if want == "" {
			require.NoError(t, err)
			require.Equal(t, 1000, rows)
		} else {
			require.ErrorContains(t, err, want)
			require.ErrorContains(t, err, "memory limit of 5000 bytes")
		}
		op.Close()
		sc.Close()
		pool.Close()
	}
}
