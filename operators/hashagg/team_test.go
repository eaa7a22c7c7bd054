package hashagg

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/agg"
)

// stretch of rows as a source of a pipeline.
type rowSource struct {
	rng  *rand.Rand
	rows []row
	seq  int64
}

func (s *rowSource) Next(_ context.Context, sc *vec.Scope, _ int) (*arrowexec.Batch, error) {
	if len(s.rows) == 0 {
		return nil, io.EOF
	}
	n := min(len(s.rows), 1+s.rng.IntN(60))
	b := batchOf(sc, s.rng, s.rows[:n], s.seq)
	s.rows, s.seq = s.rows[n:], s.seq+int64(b.N)
	return b, nil
}

func (s *rowSource) Close() error                 { return nil }
func (s *rowSource) Stats() arrowexec.SourceStats { return arrowexec.SourceStats{} }

// team runs a query in several pipelines over pieces of rows.
type pipelines struct {
	threads int
	pieces  int
	o       Options
	dealt   bool // rows were dealt out
	ledgers []*arrowexec.Ledger
	lines   []string
	weight  int64
}

func (p *pipelines) run(ctx context.Context, seed uint64, rows []row) error {
	in := &arrowexec.Input{Name: "rows", Bounded: true}
	for i := range p.pieces {
		part := rows[len(rows)*i/p.pieces : len(rows)*(i+1)/p.pieces]
		in.Pieces = append(in.Pieces, func(context.Context) (arrowexec.Source, error) {
			return &rowSource{rng: rand.New(rand.NewPCG(seed, uint64(i))), rows: part, seq: int64(i) << 40}, nil
		})
	}
	var ops []*Op
	in.Partial = func() arrowexec.Mergeable {
		o, l := p.o, &arrowexec.Ledger{}
		o.Ledger, o.Failures = l, &arrowexec.Failures{Ledger: l, Policy: arrowexec.LogAndContinue}
		p.ledgers = append(p.ledgers, l)
		ops = append(ops, New(o))
		return ops[len(ops)-1]
	}
	in.Next = []*arrowexec.Node{arrowexec.NewNode("lines", &linesOf{p: p})}
	_, err := arrowexec.Run(ctx, &arrowexec.Graph{Inputs: []*arrowexec.Input{in}}, arrowexec.Options{Threads: p.threads, Poison: true})
	for _, o := range ops {
		p.dealt = p.dealt || o.dealing
		if o.in != nil {
			select {
			case <-o.in:
				return fmt.Errorf("a parcel was left")
			default:
			}
		}
	}
	return err
}

type linesOf struct {
	arrowexec.Stateless
	p *pipelines
}

func (l *linesOf) Process(b *arrowexec.Batch, _ arrowexec.Emit) error {
	each(b.N, b.Sel, func(i int) { l.p.lines = append(l.p.lines, lineOf(b.Cols, i)) })
	l.p.weight += b.Weight(b.Sel)
	return nil
}

// dealtOracles are the calls that do not care in which order rows come.
func dealtOracles() (list []oracle) {
	for _, o := range oracles() {
		if c := o.call(); agg.AnyOrder(c.New()) {
			list = append(list, o)
		}
	}
	return list
}

func atOnce(int64, int64) bool { return true }

func TestRowsThatAreDealtOutDoNotShow(t *testing.T) {
	os := dealtOracles()
	require.Greater(t, len(os), 15)
	for _, keys := range [][]int{{cStr}, {cInt}, {cFloat}, {cDec}, {cReal}, {cBool, cTime}, {cStr, cInt, cReal}} {
		for seed := range uint64(6) {
			rng := rand.New(rand.NewPCG(seed, 11))
			rows := randomRows(rng, rng.IntN(900))
			after := int64(rng.IntN(8))
			p := &pipelines{threads: 2 + rng.IntN(3), pieces: 2 + rng.IntN(7), o: Options{Spec: specOf(keys, os), many: func(groups, _ int64) bool { return groups >= after }}}
			require.NoError(t, p.run(context.Background(), seed, rows))
			sameLines(t, groupBy(rows, keys, os), p.lines)
			require.EqualValues(t, len(rows), p.weight)
			for _, l := range p.ledgers {
				require.Equal(t, arrowexec.Ledger{}, *l)
			}
			require.True(t, p.dealt || len(rows) < 100, "%d rows", len(rows))
		}
	}
}

// Of calls that need their rows in order, and of keys that show the form of the first, rows
// are not dealt out.
func TestWhatIsNotDealtOut(t *testing.T) {
	for _, o := range oracles() {
		rows := randomRows(rand.New(rand.NewPCG(5, 6)), 600)
		p := &pipelines{threads: 3, pieces: 6, o: Options{Spec: specOf([]int{cInt}, []oracle{o}), many: atOnce}}
		require.NoError(t, p.run(context.Background(), 1, rows))
		sameLines(t, groupBy(rows, []int{cInt}, []oracle{o}), p.lines)
		require.Equal(t, agg.AnyOrder(o.call().New()), p.dealt, o.call().Name)
	}
}

// HAVING, FILTER and rows that fail have the same fates as in one pipeline.
func TestFatesOfRowsThatAreDealtOut(t *testing.T) {
	bad := &fussy{Column: expr.Column{Index: cInt, T: testTypes[cInt]}, bad: 2}
	filtered := call("SUM", x(cInt))
	filtered.Filter = &above{col: x(cShort), bound: 0, fails: 7}
	spec := &Spec{Keys: []expr.Expr{x(cStr)}, Calls: []Call{call("COUNT"), filtered, call("MAX", bad)}}
	rows := randomRows(rand.New(rand.NewPCG(3, 4)), 2000)
	one := &pipelines{threads: 1, pieces: 1, o: Options{Spec: spec, Having: &above{col: col(1, vec.TypeInt64), bound: 200}}}
	require.NoError(t, one.run(context.Background(), 1, rows))
	for threads := 2; threads < 5; threads++ {
		p := &pipelines{threads: threads, pieces: 9, o: one.o}
		p.o.many = atOnce
		require.NoError(t, p.run(context.Background(), 2, rows))
		require.True(t, p.dealt)
		require.Equal(t, one.lines, p.lines)
		require.Equal(t, one.weight, p.weight)
		sum := arrowexec.Ledger{}
		for _, l := range p.ledgers {
			sum.Failed, sum.Filtered, sum.Held = sum.Failed+l.Failed, sum.Filtered+l.Filtered, sum.Held+l.Held
		}
		require.Equal(t, *one.ledgers[0], sum)
		require.NotZero(t, sum.Failed)
		require.NotZero(t, sum.Filtered)
	}
}

// The limit is one of all pipelines: each of them has less.
func TestLimitOfDealtGroups(t *testing.T) {
	spec := &Spec{Keys: []expr.Expr{x(cInt)}, Calls: []Call{call("COUNT")}}
	rows := make([]row, 40_000)
	for i := range rows {
		rows[i] = row{nil, int64(i), nil, nil, nil, nil, nil, nil}
	}
	for limit, fails := range map[int64]bool{1 << 19: true, 1 << 25: false} {
		p := &pipelines{threads: 4, pieces: 16, o: Options{Spec: spec, Limit: limit, many: atOnce}}
		err := p.run(context.Background(), 3, rows)
		require.True(t, p.dealt)
		if fails {
			require.ErrorContains(t, err, "more than the limit of 524288 bytes")
			continue
		}
		require.NoError(t, err)
		require.Len(t, p.lines, len(rows))
	}
}

// A pipeline that fails, or panics, ends the others, whoever waits for whom.
func TestTeamEndsWhenOneFails(t *testing.T) {
	rows := randomRows(rand.New(rand.NewPCG(8, 9)), 3000)
	for want, then := range map[string]func(){"bug in velo": func() { panic("no") }, "context canceled": nil} {
		ctx, cancel := context.WithCancel(context.Background())
		if then == nil {
			then = cancel
		}
		n := atomic.Int32{}
		key := &watched{Expr: x(cStr), f: func() {
			if n.Add(1) == 20 {
				then()
			}
		}}
		p := &pipelines{threads: 3, pieces: 12, o: Options{Spec: &Spec{Keys: []expr.Expr{key}, Calls: []Call{call("COUNT")}}, many: atOnce}}
		require.ErrorContains(t, p.run(ctx, 4, rows), want)
		require.True(t, p.dealt)
		cancel()
	}
}

// watched is an expression that tells when it is computed.
type watched struct {
	expr.Expr
	f func()
}

func (w *watched) Eval(c *expr.Ctx, sel vec.Sel) *vec.Vec {
	w.f()
	return w.Expr.Eval(c, sel)
}
