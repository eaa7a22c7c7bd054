package hashagg

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// was makes a row one that takes back what was added under ord.
type was struct {
	ord    int64
	weight int64
}

// feedTable processes rows of (key, value, ord of the record, was or nil).
func (r *run) feedTable(rows ...[]any) {
	r.t.Helper()
	sc := r.pool.Open()
	defer sc.Close()
	n := len(rows)
	k, v, at := vec.NewBuilder(sc, vec.TypeString, n), vec.NewBuilder(sc, vec.TypeInt64, n), vec.NewBuilder(sc, vec.TypeTimestamp, n)
	b := &arrowexec.Batch{Scope: sc, N: n, Ord: make([]int64, n), Retracts: make([]int64, n), Weights: make([]int64, n), Watermark: arrowexec.NoWatermark, Now: r.now}
	for i, x := range rows {
		put(k, x[0])
		if n, ok := x[1].(int); ok {
			v.Int64(int64(n))
		} else {
			put(v, x[1])
		}
		ord := int64(x[2].(int))
		at.Int64(ord * 100)
		b.Ord[i], b.Retracts[i], b.Weights[i] = ord, arrowexec.Added, 1
		if len(x) > 3 {
			w := x[3].(was)
			b.Retracts[i], b.Weights[i] = w.ord, w.weight
		}
		r.ledger.In += b.Weights[i]
		if r.causes {
			b.Causes = append(b.Causes, ord*100+1)
		}
	}
	b.Cols = []*vec.Vec{k.Finish(), v.Finish(), at.Finish()}
	require.NoError(r.t, r.op.Process(b, func(b *arrowexec.Batch) error {
		each(b.N, b.Sel, func(i int) {
			line := lineOf(b.Cols, i)
			if b.Retracted(i) {
				line += fmt.Sprintf(" deletes %d", b.Retracts[i])
				if r.causes {
					line += fmt.Sprintf(" at %d", b.Causes[i])
				}
			}
			r.lines = append(r.lines, line)
		})
		r.used += b.Weight(b.Sel)
		return nil
	}))
}

func (r *run) expect(lines ...string) {
	r.t.Helper()
	require.Equal(r.t, lines, r.lines)
	r.lines = nil
}

var tcol = &expr.Column{Index: 2, Name: "_event_time", T: vec.TypeTimestamp}

func timedSpec() *Spec {
	s := sumSpec()
	s.Calls = append(s.Calls, LastOf(vcol), GreatestOf(tcol))
	return s
}

func TestAnUpdateMovesARowFromGroupToGroup(t *testing.T) {
	r := start(t, Options{Spec: timedSpec(), Mode: Changes, Retract: true, Deletes: true})
	r.feedTable([]any{"a", 1, 0}, []any{"a", 2, 1}, []any{"b", 5, 2})
	r.expect(`"a"|1|1|1|0`, `"a"|2|3|2|100`, `"b"|1|5|5|200`)
	// The row of record 0 goes from a to b; then within b; then record 1 leaves a.
	r.feedTable([]any{"a", 1, 3, was{0, 0}}, []any{"b", 7, 3})
	r.expect(`"a"|1|2|2|300`, `"b"|2|12|7|300`)
	r.feedTable([]any{"b", 7, 4, was{3, 0}}, []any{"b", 8, 4}, []any{"a", 2, 5, was{1, 1}})
	r.expect(`"b"|2|13|8|400`, `"a"|NULL|NULL|2|500 deletes 3`)
	// A group that comes again begins anew.
	r.feedTable([]any{"a", 9, 6})
	r.expect(`"a"|1|9|9|600`)
	r.end()
	r.balanced()
}

// TestADeletionKnowsTheTimeOfItsCause is where rows that are taken back have their
// own time in their columns, and their batch that of the record that does it.
func TestADeletionKnowsTheTimeOfItsCause(t *testing.T) {
	for _, mode := range []Mode{Changes, Batched} {
		for _, spec := range []*Spec{sumSpec(), timedSpec()} {
			r := start(t, Options{Spec: spec, Mode: mode, Retract: true, Deletes: true})
			r.causes = true
			r.feedTable([]any{"a", 1, 0}, []any{"b", 2, 1})
			r.lines = nil
			r.feedTable([]any{"b", 3, 2}, []any{"a", 1, 3, was{0, 1}}, []any{"b", 1, 4})
			want := `"a"|NULL|NULL deletes 0 at 301`
			if len(spec.Calls) > 2 {
				want = `"a"|NULL|NULL|1|301 deletes 0 at 301`
			}
			require.Contains(t, r.lines, want)
		}
	}
}

func TestAStreamGetsNoDeletions(t *testing.T) {
	r := start(t, Options{Spec: timedSpec(), Mode: Changes, Retract: true})
	r.feedTable([]any{"a", 1, 0}, []any{"a", 1, 1, was{0, 1}})
	r.expect(`"a"|1|1|1|0`)
	r.end()
	require.EqualValues(t, 1, r.ledger.Filtered, "the deletion")
	r.balanced()
}

func TestAggregatesWithoutKeysNeverEnd(t *testing.T) {
	spec := &Spec{Calls: []Call{call("COUNT"), call("SUM", vcol), call("MAX", vcol)}}
	r := start(t, Options{Spec: spec, Mode: Changes, Retract: true, Deletes: true})
	r.feedTable([]any{"a", 1, 0}, []any{"a", 1, 1, was{0, 1}})
	r.expect("1|1|1", "0|NULL|NULL")
	r.end()
	r.balanced()

	r = start(t, Options{Spec: spec, Retract: true})
	r.end()
	r.expect("0|NULL|NULL")
}

// TestHavingDeletesWhatItNoLongerLetsPass is a table over a stream: no row is taken
// back, but a sum may fall.
func TestHavingDeletesWhatItNoLongerLetsPass(t *testing.T) {
	having := &above{col: col(2, vec.TypeInt64), bound: 3, fails: 99}
	r := start(t, Options{Spec: timedSpec(), Mode: Changes, Deletes: true, Having: having})
	r.feedTable([]any{"a", 1, 0}, []any{"a", 4, 1}, []any{"b", 2, 2}, []any{"a", -3, 3}, []any{"a", -1, 4}, []any{"a", 5, 5})
	r.expect(`"a"|2|5|4|100`, `"a"|NULL|NULL|-3|300 deletes 1`, `"a"|5|6|5|500`)
	r.feedTable([]any{"a", 93, 6}, []any{"a", -98, 7}) // 99 fails and is not emitted: 5 still stands
	r.expect(`"a"|NULL|NULL|-98|700 deletes 5`)
	r.end()
	require.EqualValues(t, 1, r.ledger.Failed)
	require.EqualValues(t, 1, r.ledger.Filtered)
	r.balanced()

	r = start(t, Options{Spec: timedSpec(), Mode: Batched, Deletes: true, Having: having})
	r.feedTable([]any{"a", 4, 0}, []any{"b", 2, 1})
	r.expect(`"a"|1|4|4|0`)
	r.feedTable([]any{"a", 4, 2}, []any{"a", -6, 3}, []any{"b", 1, 4})
	r.expect(`"a"|NULL|NULL|-6|300 deletes 0`)
	r.end()
	require.EqualValues(t, 2, r.ledger.Filtered)
	r.balanced()
}

// some is column > 0, which fails on 0.
type some struct{ above }

func (e *some) Eval(c *expr.Ctx, sel vec.Sel) *vec.Vec {
	v := e.col.Eval(c, sel)
	each(c.Batch.N, sel, func(i int) {
		if v.Int64At(i) == 0 {
			c.Failf(i, "nothing to judge")
		}
	})
	return e.above.Eval(c, sel)
}

func TestHavingIsNotAskedAboutAGroupWithoutRows(t *testing.T) {
	r := start(t, Options{Spec: timedSpec(), Mode: Changes, Retract: true, Deletes: true, Having: &some{above{col: col(1, vec.TypeInt64)}}})
	r.feedTable([]any{"a", 1, 0}, []any{"a", 1, 1, was{0, 1}})
	r.expect(`"a"|1|1|1|0`, `"a"|NULL|NULL|1|100 deletes 0`)
	r.end()
	r.balanced()
}

func TestEveryGivesTheEndOfAnInterval(t *testing.T) {
	r := start(t, Options{Spec: timedSpec(), Mode: Batched, Every: time.Second, Retract: true, Deletes: true})
	r.feedTable([]any{"a", 1, 0}, []any{"b", 1, 1}, []any{"c", 1, 2}, []any{"c", 1, 3, was{2, 1}})
	require.Empty(t, r.lines)
	r.end()
	require.Equal(t, []string{`"a"|1|1|1|0`, `"b"|1|1|1|100`}, r.lines, "c was never seen")
	require.EqualValues(t, 2, r.ledger.Filtered)
	r.balanced()
}

func TestARowThatFailedIsTakenBackSilently(t *testing.T) {
	bad := &fussy{Column: *vcol, bad: 7}
	spec := &Spec{Keys: []expr.Expr{kcol}, Calls: []Call{call("COUNT"), call("SUM", bad)}}
	for _, mode := range []Mode{Changes, Batched} {
		r := start(t, Options{Spec: spec, Mode: mode, Retract: true, Deletes: true})
		r.feedTable([]any{"a", 1, 0}, []any{"a", 7, 1})
		r.expect(`"a"|1|1`)
		require.Len(t, r.errs, 1)
		r.feedTable([]any{"a", 7, 2, was{1, 0}}, []any{"a", 2, 2}) // updated to one that does not fail
		r.expect(`"a"|2|3`)
		r.feedTable([]any{"a", 2, 3, was{2, 0}}, []any{"a", 7, 3}) // and back
		r.expect(`"a"|1|1`)
		require.Len(t, r.errs, 2)
		r.feedTable([]any{"a", 7, 4, was{3, 1}})
		require.Empty(t, r.lines)
		r.end()
		require.Len(t, r.errs, 2)
		require.EqualValues(t, 2, r.ledger.Failed)
		require.EqualValues(t, 1, r.ledger.Filtered)
		r.balanced()
	}
}

func TestSeveralRowsOfOneRecord(t *testing.T) {
	spec := &Spec{Keys: []expr.Expr{kcol}, Calls: []Call{call("COUNT"), call("ARRAY_AGG", vcol), call("MAX", vcol)}}
	r := start(t, Options{Spec: spec, Mode: Changes, Retract: true, Deletes: true})
	r.feedTable([]any{"a", 1, 0}, []any{"b", 2, 0}, []any{"a", 3, 0}, []any{"a", 3, 0})
	r.expect(`"b"|1|[2]|2`, `"a"|3|[1,3,3]|3`)
	r.feedTable([]any{"a", 3, 1, was{0, 1}})
	r.expect(`"a"|2|[1,3]|3`)
	r.feedTable([]any{"a", 3, 2, was{0, 0}}, []any{"b", 2, 2, was{0, 0}}, []any{"b", 4, 2})
	r.expect(`"a"|1|[1]|1`, `"b"|1|[4]|4`)
	r.end()
}

// TestGroupsThatHaveEndedAreForgotten lets many groups come and go; those that stay,
// and one that waits to be deleted, keep what they have.
func TestGroupsThatHaveEndedAreForgotten(t *testing.T) {
	for _, o := range []Options{{Mode: Changes}, {Mode: Batched}, {Mode: Batched, Every: time.Second}, {Mode: Final}} {
		o.Spec, o.Retract, o.Deletes = timedSpec(), true, true
		o.Spec.Calls = append(o.Spec.Calls, call("MEDIAN", vcol), call("MAX", kcol))
		r := start(t, o)
		r.feedTable([]any{"stays", 1, 0}, []any{"goes", 2, 1})
		ord := 2
		for from := range 10 {
			var in, out [][]any
			for i := range 500 {
				k := fmt.Sprint("k", from*500+i)
				in = append(in, []any{k, i, ord + i})
				out = append(out, []any{k, i, ord + 500 + i, was{int64(ord + i), 1}})
			}
			ord += 1000
			r.feedTable(in...)
			r.now += 1000
			r.feedTable(out...)
		}
		require.EqualValues(t, 2, r.op.State().Keys)
		require.Less(t, r.op.g.Len(), 3000)
		require.Less(t, r.op.State().Bytes, int64(2<<20))
		r.lines = nil
		r.feedTable([]any{"goes", 2, ord, was{1, 1}}, []any{"stays", 3, ord + 1})
		r.now += 1000
		r.feedTable()
		r.end()
		shown := 1
		if o.Every > 0 {
			shown = 0 // the row that moved the clock
		}
		want := []string{
			fmt.Sprintf(`"goes"|NULL|NULL|2|%d|NULL|NULL deletes %d`, ord*100, shown), fmt.Sprintf(`"stays"|2|4|3|%d|2|"stays"`, ord*100+100),
		}
		if o.Mode == Final {
			want = want[1:] // nothing had been emitted
		}
		require.Equal(t, want, r.lines[len(r.lines)-len(want):])
		r.balanced()
	}
}
