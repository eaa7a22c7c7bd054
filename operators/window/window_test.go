package window

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/agg"
	"github.com/velostream/velo/operators/hashagg"
	"github.com/velostream/velo/operators/optest"
)

// The input of all tests: key, value, event time.
var types = []arrow.DataType{vec.TypeString, vec.TypeInt64, vec.TypeTimestamp}

func call(t testing.TB, name string, args ...expr.Expr) hashagg.Call {
	t.Helper()
	for _, f := range agg.All() {
		if f.Name != name {
			continue
		}
		for i := range f.Overloads {
			o := &f.Overloads[i]
			if len(o.Args) != len(args) && !(f.Star && len(args) == 0) {
				continue
			}
			ok := true
			for k, a := range args {
				ok = ok && (o.Args[k].Any || o.Args[k].Kind == vec.KindOf(a.Type()))
			}
			if ok {
				c, err := hashagg.NewCall(name, o, args)
				require.NoError(t, err)
				return c
			}
		}
	}
	t.Fatalf("no aggregate %s", name)
	return hashagg.Call{}
}

func spec(t testing.TB) *hashagg.Spec {
	v := optest.Col(1, vec.TypeInt64)
	return &hashagg.Spec{Keys: []expr.Expr{optest.Col(0, vec.TypeString)},
		Calls: []hashagg.Call{call(t, "COUNT"), call(t, "SUM", v), hashagg.LastOf(v)}}
}

func mk(o Options) func(*optest.Env) arrowexec.Operator {
	return func(e *optest.Env) arrowexec.Operator {
		o.Ledger, o.Failures = e.Ledger, e.Failures
		return New(o)
	}
}

// disorder makes rows with event times that mostly rise, and their watermarks.
func disorder(rnd *rand.Rand, n int) (optest.Input, []refRow) {
	in := optest.Input{Types: types, After: arrowexec.NoWatermark}
	var rows []refRow
	delay, spread := int64(rnd.IntN(3)*15), 1+rnd.IntN(60)
	now := int64(-300)
	mark := int64(arrowexec.NoWatermark)
	for range n {
		now += int64(rnd.IntN(12))
		if rnd.IntN(25) == 0 {
			now += 150
		}
		t := now - int64(rnd.IntN(spread))
		if rnd.IntN(12) == 0 {
			t -= int64(rnd.IntN(200))
		}
		r := refRow{t: t}
		if k := rnd.IntN(5); k < 4 {
			r.key = string(rune('a' + k))
		}
		if v := rnd.IntN(20) - 10; v != 0 {
			r.v = v
		}
		rows = append(rows, r)
		in.Rows = append(in.Rows, []any{r.key, r.v, int(t)})
		in.Marks = append(in.Marks, mark)
		mark = max(mark, t-delay)
		if rnd.IntN(15) == 0 { // rows that a WHERE removed have moved it as well
			mark += int64(rnd.IntN(30))
		}
	}
	in.After = mark
	return in, rows
}

func options(t testing.TB, rnd *rand.Rand) (Options, int) {
	o := Options{Kind: Kind(rnd.IntN(4)), Spec: spec(t), Time: 2, OutputTime: true, Emission: Emission(rnd.IntN(2)),
		Late: LateStrategy(rnd.IntN(4))}
	o.Size = int64(10 * (1 + rnd.IntN(6)))
	switch o.Kind {
	case Sliding:
		o.Advance = []int64{o.Size, o.Size / 2, 10, 4, 7}[rnd.IntN(5)]
	case Cumulate:
		o.Advance = 10
	case Session:
		o.Size = int64(1 + rnd.IntN(20))
	}
	o.Lateness = int64(rnd.IntN(3) * 20)
	if rnd.IntN(2) == 0 {
		o.Retention = int64(30 + rnd.IntN(100))
	}
	having := 0
	if rnd.IntN(3) == 0 {
		having = 1
		o.Having = &optest.Expr{T: vec.TypeBool, F: func(r []any) (any, error) { return r[1].(int) > 1, nil }}
	}
	return o, having
}

func TestWindowsFollowTheReference(t *testing.T) {
	for seed := range uint64(250) {
		rnd := rand.New(rand.NewPCG(seed, 11))
		o, having := options(t, rnd)
		if o.Check() != nil {
			continue
		}
		in, rows := disorder(rnd, rnd.IntN(120))
		name := fmt.Sprintf("seed %d: kind %d size %d advance %d emission %d late %d lateness %d retention %d having %d",
			seed, o.Kind, o.Size, o.Advance, o.Emission, o.Late, o.Lateness, o.Retention, having)
		m := &model{o: o, having: having, rows: rows}
		m.run(in.Marks, in.After)
		multi := o.Kind == Sliding || o.Kind == Cumulate
		res := optest.Check(t, mk(o), in, optest.Options{Seeds: 9})
		var got []string
		for _, r := range res.Rows {
			s := r.String()
			at := strings.LastIndex(s, " *")
			got = append(got, s[:at]+s[strings.LastIndex(s, " ~"):])
		}
		for i := range min(len(got), len(m.out)) {
			require.Equal(t, m.out[i], got[i], "row %d, %s", i, name)
		}
		require.Equal(t, len(m.out), len(got), name)
		optest.Balanced(t, res.Ledger)
		require.EqualValues(t, len(m.late), res.Ledger.Late, name)
		require.EqualValues(t, m.applied, res.Ledger.LateApplied, name)
		if !(multi && having > 0 && (o.Emission == Changes || o.Late == UpdatePrevious)) {
			require.EqualValues(t, len(m.used), res.Ledger.Used, name)
		}
	}
}
