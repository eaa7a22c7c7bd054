package tablejoin_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/join"
	"github.com/velostream/velo/operators/optest"
	"github.com/velostream/velo/operators/tablejoin"
)

// A row has a key (NULL when negative), a number, a text and an event time.
type row struct {
	k, v int
	s    string
	t    int
}

// timeOf is the event time of a record.
func timeOf(ord int64) int { return int(5*ord + ord*7919%13) }

// step is a row of one side that comes or goes; had is the record that had added
// it.
type step struct {
	row
	had    int64 // arrowexec.Added: it comes
	weight int64
}

// record is what one record of the input does to either side.
type record [2][]step

// trial is one join over one input.
type trial struct {
	kind     join.Kind
	table    tablejoin.Tables
	shared   bool
	keyless  bool
	nullSafe bool
	on       bool // conditions on each side
	residual bool
	fails    bool // conditions may fail
	narrow   bool // not all columns are read
	timed    bool
	records  []record
}

func (tr trial) String() string {
	return fmt.Sprintf("kind %d table %d shared %v keyless %v null-safe %v on %v residual %v fails %v narrow %v timed %v", tr.kind, tr.table, tr.shared, tr.keyless, tr.nullSafe, tr.on, tr.residual, tr.fails, tr.narrow, tr.timed)
}

func (tr trial) isTable(side int) bool {
	return tr.table == tablejoin.Both || (tr.table == tablejoin.Left) == (side == 0)
}

func (tr trial) outer(side int) bool {
	return tr.kind == join.Full || tr.kind == join.Left && side == 0 || tr.kind == join.Right && side == 1
}

func newTrial(rnd *rand.Rand, tables []tablejoin.Tables) trial {
	flip := func() bool { return rnd.IntN(2) == 0 }
	tr := trial{table: tables[rnd.IntN(len(tables))], shared: flip(), keyless: rnd.IntN(6) == 0, nullSafe: rnd.IntN(4) == 0, on: flip(), residual: flip(), narrow: rnd.IntN(3) == 0}
	tr.fails = rnd.IntN(3) == 0
	tr.timed = tr.table == tablejoin.Both && flip()
	kinds := []join.Kind{join.Inner, join.Left, join.Right, join.Full}
	switch tr.table {
	case tablejoin.Right:
		kinds = kinds[:2]
	case tablejoin.Left:
		kinds = []join.Kind{join.Inner, join.Right}
	}
	tr.kind = kinds[rnd.IntN(len(kinds))]
	n := rnd.IntN(60)
	if rnd.IntN(100) == 0 && !tr.keyless {
		n = 1500 // enough for rows and keys to be forgotten
	}
	keys := 1 + rnd.IntN(5)
	if n > 1000 {
		keys = 2000
	}
	fresh := func(ord int64) row {
		return row{t: timeOf(ord), k: rnd.IntN(keys+1) - 1, v: rnd.IntN(6), s: []string{"a", "bb", "a long text that is not inline"}[rnd.IntN(3)]}
	}
	type stored struct {
		row
		ord int64
	}
	var now [2][]stored
	for ord := range int64(n) {
		var rec record
		for side := range 2 {
			if !tr.shared && int64(side) != ord%7%2 || tr.shared && rnd.IntN(4) == 0 {
				continue
			}
			var steps []step
			if !tr.isTable(side) {
				rec[side] = []step{{row: fresh(ord), had: arrowexec.Added, weight: 1}}
				continue
			}
			out, in := 0, 0
			switch x := rnd.IntN(12); {
			case x < 4:
				in = 1
			case x < 7 || n > 1000 && len(now[side]) > 40: // an update
				out, in = 1, 1
			case x < 9:
				out = 1
			default: // of a join before it
				out, in = rnd.IntN(3), rnd.IntN(4)
			}
			var old []stored
			for range min(out, len(now[side])) {
				i := rnd.IntN(len(now[side]))
				old = append(old, now[side][i])
				steps = append(steps, step{row: now[side][i].row, had: now[side][i].ord})
				now[side] = slices.Delete(now[side], i, i+1)
			}
			for i := range in {
				r := fresh(ord)
				if i < len(old) && rnd.IntN(3) > 0 { // the key stays
					r.k = old[i].k
				}
				if i > 0 && rnd.IntN(3) == 0 { // the same again
					r = steps[len(steps)-1].row
					r.t = timeOf(ord)
				}
				steps = append(steps, step{row: r, had: arrowexec.Added})
				now[side] = append(now[side], stored{r, ord})
			}
			if in > 0 && rnd.IntN(12) == 0 { // and back at once
				last := len(now[side]) - 1
				steps = append(steps, step{row: now[side][last].row, had: ord})
				now[side] = now[side][:last]
			}
			if len(steps) > 0 {
				steps[rnd.IntN(len(steps))].weight = 1
			}
			rec[side] = steps
		}
		tr.records = append(tr.records, rec)
	}
	return tr
}

const (
	no = iota
	yes
	fails
)

// judge says what the condition on one side says of a row.
func (tr trial) judge(side int, r row) int {
	switch {
	case tr.fails && r.v == 4+side:
		return fails
	case !tr.on:
		return yes
	case r.v == side:
		return no
	}
	return yes
}

// match says whether two rows that did not fail make a pair.
func (tr trial) match(l, r row) int {
	if tr.judge(0, l) != yes || tr.judge(1, r) != yes {
		return no
	}
	if !tr.keyless && (max(l.k, -1) != max(r.k, -1) || l.k < 0 && !tr.nullSafe) {
		return no
	}
	switch {
	case !tr.residual:
		return yes
	case tr.fails && (l.v+r.v)%5 == 3:
		return fails
	case l.v > r.v:
		return no
	}
	return yes
}

// same tells whether two rows are equal in what the join keeps of them.
func (tr trial) same(side int, a, b row) bool {
	return a.v == b.v && (tr.narrow || a.s == b.s) && (tr.narrow || a.t == b.t) && (tr.narrow && tr.keyless && side == 1 || max(a.k, -1) == max(b.k, -1))
}

// equal compares what came out and shows the first row that differs.
func equal(t *testing.T, want, got []out, format string, args ...any) {
	t.Helper()
	name := fmt.Sprintf(format, args...)
	for i := range min(len(want), len(got)) {
		require.Equal(t, want[i], got[i], "row %d of %d, %s", i, len(want), name)
	}
	require.Len(t, got, len(want), name)
}

func (tr trial) values(l, r *row) []any {
	out := make([]any, 8)
	for side, x := range []*row{l, r} {
		if x == nil {
			continue
		}
		if x.k >= 0 && !(tr.narrow && side == 1) {
			out[4*side] = x.k
		}
		out[4*side+1] = x.v
		if !tr.narrow {
			out[4*side+2], out[4*side+3] = x.s, x.t
		}
	}
	return out
}

var types = []arrow.DataType{vec.TypeInt64, vec.TypeInt64, vec.TypeString, vec.TypeTimestamp}

// condition is an expression that tells what it reads.
type condition struct {
	*optest.Expr
	reads []expr.Expr
}

func (c *condition) Children() []expr.Expr { return c.reads }

func (tr trial) options(f *arrowexec.Failures) tablejoin.Options {
	o := tablejoin.Options{Kind: tr.kind, Table: tr.table, LeftTypes: types, RightTypes: types, Shared: tr.shared, Ledger: f.Ledger, Failures: f, Name: "HashJoin k = k"}
	if tr.timed {
		o.Times = []int{3, 3}
	}
	if !tr.keyless {
		o.Keys = []join.Key{{Left: optest.Col(0, types[0]), Right: optest.Col(0, types[0]), NullSafe: tr.nullSafe}}
	}
	test := func(reads []int, f func(x []any) int) expr.Expr {
		c := &condition{Expr: &optest.Expr{T: vec.TypeBool, F: func(x []any) (any, error) {
			answer := f(x)
			if answer == fails {
				return nil, errors.New("it cannot be computed")
			}
			return answer == yes, nil
		}}}
		for _, i := range reads {
			c.reads = append(c.reads, optest.Col(i, types[i%4]))
		}
		return c
	}
	if tr.on || tr.fails {
		o.OnLeft = test([]int{1}, func(x []any) int { return tr.judge(0, row{v: x[1].(int)}) })
		o.OnRight = test([]int{1}, func(x []any) int { return tr.judge(1, row{v: x[1].(int)}) })
	}
	if tr.residual {
		o.Residual = test([]int{1, 5}, func(x []any) int {
			bare := trial{residual: true, fails: tr.fails, keyless: true}
			l, r := row{v: x[1].(int)}, row{v: x[5].(int)}
			if bare.fails && (l.v+r.v)%5 == 3 {
				return fails
			}
			if l.v > r.v {
				return no
			}
			return yes
		})
	}
	if tr.narrow {
		o.Used = []bool{true, true, false, false, false, true, false, false}
	}
	return o
}

// out is a row that came out.
type out struct {
	ord, had int64
	text     string
}

// account is what became of the rows, and how many errors were reported.
type account struct {
	arrowexec.Ledger
	errors int64
}

// got runs the join over batches of random sizes up to size, and through a
// snapshot now and then.
func (tr trial) got(t *testing.T, rnd *rand.Rand, size int, cut bool) ([]out, account) {
	ledger := &arrowexec.Ledger{}
	failures := &arrowexec.Failures{Policy: arrowexec.LogAndContinue, Ledger: ledger}
	j, err := tablejoin.New(tr.options(failures))
	require.NoError(t, err)
	pool := vec.NewPool(nil, true)
	var rows []out
	mark := int64(arrowexec.NoWatermark)
	emit := func(b *arrowexec.Batch) error {
		ledger.Used += b.Weight(b.Sel)
		require.Len(t, b.Cols, len(tr.values(nil, nil)))
		require.GreaterOrEqual(t, b.Watermark, mark)
		mark = b.Watermark
		for q := range b.Rows() {
			i := q
			if b.Sel != nil {
				i = int(b.Sel[q])
			}
			var r optest.Row
			for _, v := range b.Cols {
				require.Equal(t, b.N, v.Len)
				r.Values = append(r.Values, optest.ValueAt(v, i))
			}
			had := int64(arrowexec.Added)
			if b.Retracts != nil {
				had = b.Retracts[i]
			}
			if tr.timed {
				require.EqualValues(t, timeOf(b.OrdOf(i)), b.Causes[i])
			}
			if b.Marks != nil {
				require.LessOrEqual(t, b.Marks[i], b.OrdOf(i))
			}
			rows = append(rows, out{b.OrdOf(i), had, r.String()})
		}
		if b.Rows() > 0 && tr.table == tablejoin.Both && len(rows) > b.Rows() {
			require.Less(t, rows[len(rows)-b.Rows()-1].ord, rows[len(rows)-b.Rows()].ord, "what one record comes to stands in one batch")
		}
		return nil
	}
	ports := func() []arrowexec.Operator { return []arrowexec.Operator{j.Left(), j.Right()} }
	for at := 0; at < len(tr.records); {
		to := at + 1
		for to < len(tr.records) && to-at < size && rnd.IntN(8) > 0 {
			if !tr.shared && (len(tr.records[to][0]) > 0) != (len(tr.records[at][0]) > 0) {
				break
			}
			to++
		}
		sc := pool.Open()
		first := rnd.IntN(2)
		var last *arrowexec.Batch
		for x := range 2 {
			side := (x + first) % 2
			part := to
			if tr.shared && rnd.IntN(3) == 0 { // what goes before cuts a batch in two
				part = at + rnd.IntN(to-at)
			}
			for _, ends := range [][2]int{{at, part}, {part, to}} {
				b := tr.batch(sc, rnd, side, ends[0], ends[1])
				if b.Rows() == 0 && (!tr.shared || rnd.IntN(2) == 0) {
					continue
				}
				last = b
				require.NoError(t, ports()[side].Process(b, emit))
				ledger.In += b.Weight(b.Sel)
			}
		}
		if last == nil {
			last = &arrowexec.Batch{Scope: sc, Sel: vec.Sel{}, Watermark: arrowexec.NoWatermark}
		}
		if tr.shared {
			require.NoError(t, j.AfterBatch(last, emit))
		}
		sc.Close()
		at = to
		if cut && rnd.IntN(5) == 0 {
			j = tr.again(t, rnd, j, failures)
		}
	}
	held := *ledger
	_, h := j.Left().(interface{ Fate() (int64, int64) }).Fate()
	held.Held += h
	optest.Balanced(t, held)
	sc := pool.Open()
	end := &arrowexec.Batch{Scope: sc, Seq: int64(len(tr.records)), Watermark: arrowexec.EndOfTime, Sel: vec.Sel{}}
	require.NoError(t, j.Left().Flush(end, emit))
	require.NoError(t, j.Right().Flush(end, emit))
	require.NoError(t, j.AfterBatch(end, emit))
	j.Left().(arrowexec.Closer).Close()
	sc.Close()
	require.Zero(t, pool.OpenScopes())
	pool.Close()
	optest.Balanced(t, *ledger)
	return rows, account{*ledger, failures.Count}
}

// again goes on in a join that was restored.
func (tr trial) again(t *testing.T, rnd *rand.Rand, j *tablejoin.Join, f *arrowexec.Failures) *tablejoin.Join {
	for range 1 + rnd.IntN(2) { // twice, without a row between
		recs, err := j.Left().(arrowexec.Snapshotter).Snapshot()
		require.NoError(t, err)
		next, err := tablejoin.New(tr.options(f))
		require.NoError(t, err)
		require.NoError(t, next.Left().(arrowexec.Snapshotter).Restore(recs))
		for _, r := range recs {
			r.Release()
		}
		before := *f.Ledger
		j.Left().(arrowexec.Closer).Close()
		require.Equal(t, before, *f.Ledger)
		j = next
	}
	return j
}

// batch makes the steps of records of one side a batch, between rows that are not
// selected.
func (tr trial) batch(sc *vec.Scope, rnd *rand.Rand, side, from, to int) *arrowexec.Batch {
	b := &arrowexec.Batch{Scope: sc, Seq: int64(from), Watermark: int64(to)}
	var cols [4][]any
	var had, causes []int64
	junk, table := rnd.IntN(2) == 0, tr.isTable(side)
	sel := vec.Sel{}
	add := func(x step, ord int64) {
		var k any
		if x.k >= 0 {
			k = x.k
		}
		cols[0], cols[1], cols[2], cols[3] = append(cols[0], k), append(cols[1], x.v), append(cols[2], x.s), append(cols[3], x.t)
		b.Ord, b.Weights, had = append(b.Ord, ord), append(b.Weights, x.weight), append(had, x.had)
		b.Marks, causes = append(b.Marks, ord), append(causes, int64(timeOf(ord)))
		b.N++
	}
	back := false
	for ord := from; ord < to; ord++ {
		for _, x := range tr.records[ord][side] {
			if junk && rnd.IntN(3) == 0 {
				add(step{row: row{k: 1, v: 1, s: "junk"}, had: arrowexec.Added, weight: 1}, int64(ord))
			}
			sel = append(sel, int32(b.N))
			add(x, int64(ord))
			back = back || x.had != arrowexec.Added
		}
	}
	if table && (back || rnd.IntN(2) == 0) {
		b.Retracts, b.Causes = had, causes
	}
	if junk || b.N == 0 {
		b.Sel = sel
	}
	for c, vals := range cols {
		b.Cols = append(b.Cols, optest.Column(sc, types[c], vals...))
	}
	return b
}
