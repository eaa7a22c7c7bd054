package hashagg

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// above is column > bound as an expression of the tests' own; fails, if set,
// makes it fail on a value.
type above struct {
	col   expr.Expr
	bound int64
	fails int64
}

func (e *above) Type() arrow.DataType                 { return vec.TypeBool }
func (e *above) Children() []expr.Expr                { return []expr.Expr{e.col} }
func (e *above) WithChildren(k []expr.Expr) expr.Expr { return &above{k[0], e.bound, e.fails} }
func (e *above) String() string                       { return fmt.Sprint(e.col, " > ", e.bound) }
func (e *above) Eval(c *expr.Ctx, sel vec.Sel) *vec.Vec {
	b := vec.NewBuilder(c.Scope, vec.TypeBool, c.Batch.N)
	v := e.col.Eval(c, sel)
	in := map[int]bool{}
	each(c.Batch.N, sel, func(i int) { in[i] = true })
	for i := range c.Batch.N {
		switch {
		case !in[i] || v.IsNull(i):
			b.Null()
		case e.fails != 0 && v.Int64At(i) == e.fails:
			c.Failf(i, "cannot judge %d", e.fails)
			b.Null()
		default:
			b.Bool(v.Int64At(i) > e.bound)
		}
	}
	return b.Finish()
}

// fussy is a column that fails on one value.
type fussy struct {
	expr.Column
	bad int64
}

func (e *fussy) Eval(c *expr.Ctx, sel vec.Sel) *vec.Vec {
	v := e.Column.Eval(c, sel)
	each(c.Batch.N, sel, func(i int) {
		if !v.IsNull(i) && v.Int64At(i) == e.bad {
			c.Failf(i, "bad value %d", e.bad)
		}
	})
	return v
}

type run struct {
	t      *testing.T
	pool   *vec.Pool
	op     *Op
	ledger *arrowexec.Ledger
	seq    int64
	now    int64 // of feedTable
	causes bool  // of feedTable: its batches have them
	lines  []string
	ords   []int64
	used   int64
	sizes  []int
	errs   []string
}

func start(t *testing.T, o Options) *run {
	r := &run{t: t, pool: vec.NewPool(nil, true), ledger: &arrowexec.Ledger{}}
	o.Ledger = r.ledger
	o.Failures = &arrowexec.Failures{Ledger: r.ledger, Log: func(e *arrowexec.RowError) { r.errs = append(r.errs, e.Error()) }}
	r.op = New(o)
	return r
}

func (r *run) emit(b *arrowexec.Batch) error {
	each(b.N, b.Sel, func(i int) {
		r.lines = append(r.lines, lineOf(b.Cols, i))
		r.ords = append(r.ords, b.OrdOf(i))
	})
	r.used += b.Weight(b.Sel)
	r.sizes = append(r.sizes, b.Rows())
	return nil
}

// feed processes a batch of (key, value) rows at time now.
func (r *run) feed(now int64, pairs ...any) {
	sc := r.pool.Open()
	defer sc.Close()
	k, v := vec.NewBuilder(sc, vec.TypeString, 8), vec.NewBuilder(sc, vec.TypeInt64, 8)
	for i := 0; i < len(pairs); i += 2 {
		put(k, pairs[i])
		if x, ok := pairs[i+1].(int); ok {
			v.Int64(int64(x))
		} else {
			put(v, pairs[i+1])
		}
	}
	b := &arrowexec.Batch{Scope: sc, N: len(pairs) / 2, Cols: []*vec.Vec{k.Finish(), v.Finish()}, Seq: r.seq, Now: now, Watermark: now}
	r.seq += int64(b.N)
	r.ledger.In += int64(b.N)
	require.NoError(r.t, r.op.Process(b, r.emit))
}

func (r *run) end() {
	sc := r.pool.Open()
	defer sc.Close()
	last := &arrowexec.Batch{Scope: sc, Seq: r.seq, Watermark: arrowexec.EndOfTime, Sel: vec.Sel{}}
	require.NoError(r.t, r.op.Flush(last, r.emit))
}

// balanced checks that every input row has one fate.
func (r *run) balanced() {
	r.t.Helper()
	l := r.ledger
	require.Equal(r.t, l.In, r.used+l.Filtered+l.Late+l.Failed+l.Held, "%+v, used %d", *l, r.used)
	require.Zero(r.t, r.pool.OpenScopes())
}

var (
	kcol = &expr.Column{Index: 0, Name: "k", T: vec.TypeString}
	vcol = &expr.Column{Index: 1, Name: "v", T: vec.TypeInt64}
)

func sumSpec() *Spec {
	return &Spec{Keys: []expr.Expr{kcol}, Calls: []Call{call("COUNT"), call("SUM", vcol)}}
}

func TestChangesGivesARowForEachRow(t *testing.T) {
	r := start(t, Options{Spec: sumSpec(), Mode: Changes})
	r.feed(0, "a", 1, "b", 2, "a", 3)
	r.feed(0)
	r.feed(0, nil, nil, "b", nil)
	r.end()
	require.Equal(t, []string{`"a"|1|1`, `"b"|1|2`, `"a"|2|4`, `NULL|1|NULL`, `"b"|2|2`}, r.lines)
	require.Equal(t, []int64{0, 1, 2, 3, 4}, r.ords)
	require.Equal(t, []int{3, 0, 2}, r.sizes, "a batch without rows still carries its watermark")
	r.balanced()
	seq, ok := r.op.Holds()
	require.True(t, ok)
	require.Zero(t, seq)
}

func TestHavingKeepsRowsPendingUntilARowPasses(t *testing.T) {
	having := &above{col: col(2, vec.TypeInt64), bound: 3}
	r := start(t, Options{Spec: sumSpec(), Mode: Changes, Having: having})
	r.feed(0, "a", 1, "b", 2, "a", 3, "b", -9) // a: 1, then 4, which passes with both rows
	r.end()
	require.Equal(t, []string{`"a"|2|4`}, r.lines)
	require.EqualValues(t, 2, r.used)
	require.EqualValues(t, 2, r.ledger.Filtered)
	r.balanced()

	r = start(t, Options{Spec: sumSpec(), Having: having})
	r.feed(0, "a", 1, "b", 2, "a", 3)
	r.end()
	require.Equal(t, []string{`"a"|2|4`}, r.lines)
	require.EqualValues(t, 1, r.ledger.Filtered)
	r.balanced()
}

func TestHavingThatFailsIsARowError(t *testing.T) {
	r := start(t, Options{Spec: sumSpec(), Having: &above{col: col(2, vec.TypeInt64), bound: 0, fails: 5}})
	r.feed(0, "a", 2, "a", 3, "b", 1)
	r.end()
	require.Equal(t, []string{`"b"|1|1`}, r.lines)
	require.EqualValues(t, 2, r.ledger.Failed)
	r.balanced()
}

func TestSumBeyondBigintFailsTheRow(t *testing.T) {
	for _, mode := range []Mode{Final, Changes} {
		r := start(t, Options{Spec: sumSpec(), Mode: mode})
		r.feed(0, "a", int64(math.MaxInt64), "a", 1, "b", 1, "a", -1)
		r.end()
		if mode == Final { // back in range in the end
			require.Equal(t, []string{`"a"|3|9223372036854775807`, `"b"|1|1`}, r.lines)
			require.Zero(t, r.ledger.Failed)
		} else {
			require.Equal(t, []string{`"a"|1|9223372036854775807`, `"b"|1|1`, `"a"|3|9223372036854775807`}, r.lines)
			require.EqualValues(t, 1, r.ledger.Failed)
			require.Contains(t, r.errs[0], "beyond BIGINT")
		}
		r.balanced()
	}
}

func TestRowsThatFailTouchNothing(t *testing.T) {
	bad := &fussy{Column: *vcol, bad: 7}
	spec := &Spec{Keys: []expr.Expr{kcol}, Calls: []Call{call("COUNT"), call("SUM", bad)}}
	filtered := call("COUNT")
	filtered.Filter = &above{col: vcol, bound: 1}
	spec.Calls = append(spec.Calls, filtered)
	for _, mode := range []Mode{Final, Changes, Batched} {
		r := start(t, Options{Spec: spec, Mode: mode})
		r.feed(0, "a", 1, "x", 7, "a", 2)
		r.end()
		require.Equal(t, `"a"|2|3|1`, r.lines[len(r.lines)-1])
		require.EqualValues(t, 1, r.ledger.Failed)
		require.Equal(t, 1, r.op.g.Len(), "the key of the failed row is no group")
		r.balanced()
	}
}

func TestNoKeysIsOneGroupEvenOfNothing(t *testing.T) {
	spec := &Spec{Calls: []Call{call("COUNT"), call("SUM", vcol), call("MAX", kcol)}}
	r := start(t, Options{Spec: spec})
	r.end()
	require.Equal(t, []string{"0|NULL|NULL"}, r.lines)
	r.balanced()

	r = start(t, Options{Spec: spec, Mode: Changes})
	r.end()
	require.Empty(t, r.lines, "the running row of no row")

	r = start(t, Options{Spec: sumSpec()})
	r.end()
	require.Empty(t, r.lines, "no group of no rows")
}

func TestBatchedGivesTheLastRowOfEachGroupByLastTouch(t *testing.T) {
	r := start(t, Options{Spec: sumSpec(), Mode: Batched})
	r.feed(0, "a", 1, "b", 2, "c", 3, "a", 4, "b", 5)
	r.feed(0, "c", 1)
	r.end()
	require.Equal(t, []string{`"c"|1|3`, `"a"|2|5`, `"b"|2|7`, `"c"|2|4`}, r.lines)
	require.Equal(t, []int64{2, 3, 4, 5}, r.ords)
	r.balanced()
}

func TestEveryCoalescesIntervals(t *testing.T) {
	r := start(t, Options{Spec: sumSpec(), Mode: Batched, Every: time.Second})
	r.feed(100, "a", 1, "b", 2)
	r.feed(900, "a", 3)
	require.Empty(t, r.lines)
	r.feed(1000, "c", 1)
	require.Equal(t, []string{`"b"|1|2`, `"a"|2|4`}, r.lines)
	r.feed(5000)
	require.Equal(t, []string{`"b"|1|2`, `"a"|2|4`, `"c"|1|1`}, r.lines)
	r.feed(5100, "b", 1)
	r.end()
	require.Equal(t, `"b"|2|3`, r.lines[3])
	r.balanced()

	// With a clock of the rows, batches do not show.
	for _, size := range []int{1, 2, 5} {
		times := []int64{100, 900, 1000, 5000, 5100}
		at := 0
		clock := arrowexec.NewClock(true)
		r := start(t, Options{Spec: sumSpec(), Mode: Batched, Every: time.Second, Clock: clock})
		keys := []any{"a", "b", "c", "a", "b"}
		for at = 0; at < 5; at += size {
			var pairs []any
			for i := at; i < min(at+size, 5); i++ {
				pairs = append(pairs, keys[i], 1)
			}
			clock.Set(int64(at), clock.Now(), append([]int64{}, times[at:min(at+size, 5)]...))
			r.feed(0, pairs...)
		}
		r.end()
		require.Equal(t, []string{`"a"|1|1`, `"b"|1|1`, `"c"|1|1`, `"a"|2|2`, `"b"|2|2`}, r.lines)
		r.balanced()
	}
}

func TestStoppedRunHoldsWhatWasNeverEmitted(t *testing.T) {
	r := start(t, Options{Spec: sumSpec()})
	r.feed(0, "a", 1, "b", 2)
	r.op.Settle()
	r.op.Settle()
	require.EqualValues(t, 2, r.ledger.Held)
	r.balanced()
}

func TestChangesFoldToFinalInChunks(t *testing.T) {
	const n = 20_000
	rng := rand.New(rand.NewPCG(3, 4))
	var pairs []any
	for range n {
		pairs = append(pairs, fmt.Sprint("k", rng.IntN(50)), int64(rng.IntN(100)))
	}
	changes, final := start(t, Options{Spec: sumSpec(), Mode: Changes}), start(t, Options{Spec: sumSpec()})
	changes.feed(0, pairs...)
	final.feed(0, pairs...)
	final.end()
	require.Equal(t, []int{8192, 8192, n - 2*8192}, changes.sizes)
	last, order := map[string]string{}, []string{}
	for _, l := range changes.lines {
		k, _, _ := strings.Cut(l, "|")
		if _, ok := last[k]; !ok {
			order = append(order, k)
		}
		last[k] = l
	}
	var folded []string
	for _, k := range order {
		folded = append(folded, last[k])
	}
	require.Equal(t, folded, final.lines)
	changes.balanced()
}

func TestLimitNamesOperatorKeysAndBytes(t *testing.T) {
	r := start(t, Options{Spec: sumSpec(), Limit: 1 << 16, Name: "GROUP BY trader"})
	sc := r.pool.Open()
	defer sc.Close()
	k, v := vec.NewBuilder(sc, vec.TypeString, 8), vec.NewBuilder(sc, vec.TypeInt64, 8)
	for i := range 10_000 {
		k.String(fmt.Sprint("key ", i))
		v.Int64(1)
	}
	err := r.op.Process(&arrowexec.Batch{Scope: sc, N: 10_000, Cols: []*vec.Vec{k.Finish(), v.Finish()}}, nil)
	require.ErrorContains(t, err, "GROUP BY trader")
	require.ErrorContains(t, err, "10000 groups")
	require.ErrorContains(t, err, "limit of 65536 bytes")
}

func TestFailBatchEndsTheRun(t *testing.T) {
	spec := &Spec{Calls: []Call{call("SUM", &fussy{Column: *vcol, bad: 7})}}
	op := New(Options{Spec: spec, Failures: &arrowexec.Failures{Policy: arrowexec.FailBatch}})
	pool := vec.NewPool(nil, true)
	sc := pool.Open()
	defer sc.Close()
	v := vec.NewBuilder(sc, vec.TypeInt64, 8)
	v.Int64(7)
	err := op.Process(&arrowexec.Batch{Scope: sc, N: 1, Cols: []*vec.Vec{v.Finish(), v.Finish()}}, nil)
	var re *arrowexec.RowError
	require.True(t, errors.As(err, &re))
}

// TestGroupsServeWindows uses the core as windows do: one evaluation, several
// states by parts of the selection, reset and used again.
func TestGroupsServeWindows(t *testing.T) {
	filtered := call("COUNT", vcol)
	filtered.Filter = &above{col: vcol, bound: 2}
	spec := sumSpec()
	spec.Calls = append(spec.Calls, filtered, call("MEDIAN", vcol), call("COUNT_DISTINCT", vcol), LastOf(kcol), GreatestOf(vcol))
	pool := vec.NewPool(nil, true)
	g, other := NewGroups(spec, false), NewGroups(spec, false)
	for range 3 { // the same answer after each reset
		sc := pool.Open()
		k, v := vec.NewBuilder(sc, vec.TypeString, 8), vec.NewBuilder(sc, vec.TypeInt64, 8)
		for i := range 10 {
			k.String(string(rune('a' + i%3)))
			v.Int64(int64(i))
		}
		var ctx expr.Ctx
		r, err := spec.Eval(&ctx, &arrowexec.Batch{Scope: sc, N: 10, Cols: []*vec.Vec{k.Finish(), v.Finish()}}, nil)
		require.NoError(t, err)
		g.Update(r, vec.Sel{0, 1, 2, 3})
		other.Update(r, vec.Sel{4, 5, 6, 7, 8, 9})
		lines := func(g *Groups) (out []string) {
			c := g.Emit(sc, g.Table.Order())
			for i := range c.N {
				out = append(out, lineOf(c.Cols, i))
			}
			return out
		}
		require.Equal(t, []string{`"a"|2|3|1|1.5|2|"a"|3`, `"b"|1|1|0|1|1|"b"|1`, `"c"|1|2|0|2|1|"c"|2`}, lines(g))
		require.Equal(t, []string{`"b"|2|11|2|5.5|2|"b"|7`, `"c"|2|13|2|6.5|2|"c"|8`, `"a"|2|15|2|7.5|2|"a"|9`}, lines(other))
		other.Merge(g)
		require.Equal(t, []string{`"a"|4|18|3|4.5|4|"a"|9`, `"b"|3|12|2|4|3|"b"|7`, `"c"|3|15|2|5|3|"c"|8`}, lines(other))
		require.EqualValues(t, 4, other.Pending(other.Table.Order()[0]))
		g.Reset()
		other.Reset()
		require.Zero(t, g.Len())
		sc.Close()
	}
}

// TestDistinctRowByRowTakesNoSquare is of memory: what a batch takes grows with its
// rows, though values are given row by row.
func TestDistinctRowByRowTakesNoSquare(t *testing.T) {
	filtered := call("COUNT_DISTINCT", vcol)
	filtered.Filter = &above{col: vcol, bound: 100}
	op := New(Options{Spec: &Spec{Keys: []expr.Expr{kcol}, Calls: []Call{call("COUNT_DISTINCT", vcol), filtered}}, Mode: Changes})
	pool := vec.NewPool(nil, false)
	sc := pool.Open()
	defer sc.Close()
	const n = 8192
	k, v := vec.NewBuilder(sc, vec.TypeString, n), vec.NewBuilder(sc, vec.TypeInt64, n)
	for i := range n {
		k.String(string(rune('a' + i%3)))
		v.Int64(int64(i / 2))
	}
	b := &arrowexec.Batch{Scope: sc, N: n, Cols: []*vec.Vec{k.Finish(), v.Finish()}}
	require.NoError(t, op.Process(b, func(*arrowexec.Batch) error { return nil }))
	_, _, peak := pool.Stats()
	require.Less(t, peak, int64(1000*n))
}
