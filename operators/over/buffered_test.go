package over

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/optest"
	"github.com/velostream/velo/operators/sort"
)

var even = &optest.Expr{T: vec.TypeBool, F: func(row []any) (any, error) {
	v := row[2]
	return v != nil && v.(int)%2 == 0, nil
}}

// randomWindow makes a window with some calls of every kind.
func randomWindow(t *testing.T, rnd *rand.Rand, ahead bool) Window {
	w := Window{Buffer: []int64{1, 2, 3, 5, 8, 40}[rnd.IntN(6)]}
	if rnd.IntN(4) > 0 {
		w.Partition = []expr.Expr{cell(0)}
	}
	if rnd.IntN(3) > 0 {
		w.Order = []sort.Key{{Expr: cell(1), Desc: rnd.IntN(3) == 0, NullsFirst: rnd.IntN(2) == 0}}
	}
	if rnd.IntN(3) == 0 {
		w.Expire, w.Time = int64(1+rnd.IntN(20)), &expr.Column{Index: 3, Name: "t", T: vec.TypeTimestamp}
	}
	frame := func() Frame {
		if rnd.IntN(4) == 0 {
			return Default()
		}
		f := Frame{Range: rnd.IntN(2) == 0}
		last := CurrentRow
		if ahead {
			last = UnboundedFollowing
		}
		bound := func(from, to BoundKind) Bound {
			for {
				b := Bound{Kind: from + BoundKind(rnd.IntN(int(to-from)+1))}
				offset := b.Kind == Preceding || b.Kind == Following
				if offset && f.Range && len(w.Order) == 0 {
					continue
				}
				if offset {
					b.Rows = []int64{0, 1, 2, 4}[rnd.IntN(4)]
				}
				if offset && f.Range {
					d := b.Rows
					if (b.Kind == Preceding) != w.Order[0].Desc {
						d = -d
					}
					b.At = plus(t, cell(1), d)
				}
				return b
			}
		}
		f.Start = bound(UnboundedPreceding, min(last, Following))
		f.End = bound(max(f.Start.Kind, Preceding), last)
		if f.Range && len(w.Order) > 0 {
			f.Key, f.Desc = cell(1), w.Order[0].Desc
		}
		return f
	}
	for range 1 + rnd.IntN(5) {
		c := Call{Type: vec.TypeInt64}
		switch k := Kind(rnd.IntN(int(Aggregate) + 6)); {
		case k < Aggregate:
			c.Kind = k
		default:
			c.Kind = Aggregate
		}
		switch c.Kind {
		case PercentRank, CumeDist:
			c.Type = vec.TypeFloat64
		case Ntile:
			c.Args = []expr.Expr{expr.IntConst(3)}
		case Lag, Lead:
			c.Args = []expr.Expr{cell(2)}
			if k := int64(rnd.IntN(5) - 1); rnd.IntN(2) == 0 && (ahead || k >= 0 && c.Kind == Lag) {
				c.Args = append(c.Args, expr.IntConst(k))
			} else if !ahead {
				c.Kind = Lag
			}
			c.IgnoreNulls = rnd.IntN(2) == 0
		case FirstValue, LastValue:
			c.Args, c.Frame, c.IgnoreNulls = []expr.Expr{cell(2)}, frame(), rnd.IntN(2) == 0
		case NthValue:
			c.Args, c.Frame, c.IgnoreNulls = []expr.Expr{cell(2), expr.IntConst(2)}, frame(), rnd.IntN(2) == 0
		case Aggregate:
			c.Func = []string{"SUM", "MIN", "MAX", "COUNT", "AVG", "ARRAY_AGG"}[rnd.IntN(6)]
			c.Overload, c.Args, c.Frame = overload(t, c.Func), []expr.Expr{cell(2)}, frame()
			var err error
			c.Type, err = c.Overload.Type([]arrow.DataType{vec.TypeInt64}, []*vec.Vec{nil})
			require.NoError(t, err)
			if rnd.IntN(4) == 0 {
				c.Filter = even
			}
		}
		c.Name = fmt.Sprint(c.Kind, c.Func)
		w.Calls = append(w.Calls, c)
	}
	return w
}

// TestBuffersEqualTheModel compares random windows over random rows with the
// model, in batches of many sizes, and going on from snapshots.
func TestBuffersEqualTheModel(t *testing.T) {
	for round := range 240 {
		rnd := rand.New(rand.NewPCG(uint64(round), 77))
		ahead := round%2 == 1
		n := []int{0, 1, 5, 30, 90}[rnd.IntN(5)]
		rows := random(uint64(round), n)
		now, disorder := 0, rnd.IntN(3)
		for i := range rows {
			now += rnd.IntN(6)
			rows[i] = append(rows[i], any(now))
			switch {
			case rnd.IntN(15) == 0:
				rows[i][3] = nil
			case disorder == 2:
				rows[i][3] = now - rnd.IntN(30)
			}
			if disorder < 2 && rows[i][1] != nil { // mostly in order
				if rows[i][1] = now / 3; disorder == 1 && rnd.IntN(6) == 0 {
					rows[i][1] = now/3 - rnd.IntN(5)
				}
			}
		}
		m := &model{rows: rows}
		for range 1 + rnd.IntN(3) {
			m.wins = append(m.wins, randomWindow(t, rnd, ahead))
		}
		order := m.run()
		in := optest.Input{Types: append(slices.Clone(types), vec.TypeTimestamp), Rows: rows}
		if rnd.IntN(2) == 0 {
			mark := arrowexec.NoWatermark
			for _, r := range rows {
				in.Marks = append(in.Marks, int64(mark))
				if t, ok := r[3].(int); ok {
					mark = max(mark, t)
				}
			}
			in.After = int64(mark)
		}
		res := optest.Check(t, func(e *optest.Env) arrowexec.Operator {
			op, err := NewBuffered(Options{Windows: m.wins, Failures: e.Failures, Ledger: e.Ledger})
			require.NoError(t, err)
			op.full, op.least = 1+round%7, 1+round%7
			return op
		}, in, optest.Options{Seeds: 10})
		optest.Balanced(t, res.Ledger)
		require.Len(t, res.Rows, n)
		for k, got := range res.Rows {
			r := order[k]
			want := append([]any{}, rows[r]...)
			for wi, w := range m.wins {
				for ci := range w.Calls {
					want = append(want, m.value[[3]int{wi, ci, r}])
				}
			}
			require.Equal(t, fmt.Sprint(want...), fmt.Sprint(got.Values...), "round %d, row %d, %s", round, r, describe(m.wins))
		}
	}
}

func describe(list []Window) string {
	var sb strings.Builder
	for _, w := range list {
		fmt.Fprintf(&sb, "\nbuffer %d partition %d order %+v expire %d", w.Buffer, len(w.Partition), w.Order, w.Expire)
		for _, c := range w.Calls {
			fmt.Fprintf(&sb, "\n  %d %s %v nulls %v filter %v frame %+v", c.Kind, c.Func, c.Args, c.IgnoreNulls, c.Filter != nil, c.Frame)
		}
	}
	return sb.String()
}
