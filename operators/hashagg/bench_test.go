package hashagg

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/agg"
)

func fn(name string) *agg.Func {
	for _, f := range agg.All() {
		if f.Name == name {
			return f
		}
	}
	panic(name)
}

func call(name string, args ...expr.Expr) Call {
	c, err := NewCall(name, &fn(name).Overloads[0], args)
	if err != nil {
		panic(err)
	}
	return c
}

func col(i int, t arrow.DataType) expr.Expr {
	return &expr.Column{Index: i, Name: fmt.Sprint("c", i), T: t}
}

// BenchmarkGroupBy is COUNT, SUM, AVG, MIN, MAX of a DOUBLE by one key, rows of
// 8,192 to a batch; ns/row is what one row costs.
func BenchmarkGroupBy(b *testing.B) {
	const rows = 8192
	for _, kind := range []string{"string", "int64", "dictionary", "string36", "two"} {
		for _, groups := range []int{10, 1000, 1_000_000} {
			if kind == "dictionary" && groups > 1000 {
				continue
			}
			b.Run(fmt.Sprintf("%s/%d", kind, groups), func(b *testing.B) {
				pool := vec.NewPool(nil, false)
				data := pool.Open()
				rng := rand.New(rand.NewPCG(1, 2))
				batches := make([]*arrowexec.Batch, max(64, 2*groups/rows))
				name := func() string {
					if kind == "string36" {
						return fmt.Sprintf("%036d", rng.IntN(groups))
					}
					return fmt.Sprintf("key%d", rng.IntN(groups))
				}
				var dict *vec.Vec
				if kind == "dictionary" {
					db := vec.NewBuilder(data, vec.TypeString, groups)
					for i := range groups {
						db.String(fmt.Sprintf("key%d", i))
					}
					dict = db.Finish()
				}
				keyType := vec.TypeString
				for i := range batches {
					xb := vec.NewBuilder(data, vec.TypeFloat64, rows)
					sb := vec.NewBuilder(data, vec.TypeString, rows)
					ib := vec.NewBuilder(data, vec.TypeInt64, rows)
					for range rows {
						xb.Float64(rng.Float64() * 100)
						switch kind {
						case "string", "string36":
							sb.String(name())
						case "two":
							sb.String(fmt.Sprintf("k%d", rng.IntN(10)))
							ib.Int64(int64(rng.IntN(max(groups/10, 1))))
						default:
							ib.Int64(int64(rng.IntN(groups)))
						}
					}
					cols := []*vec.Vec{sb.Finish(), xb.Finish()}
					switch kind {
					case "int64":
						cols[0], keyType = ib.Finish(), vec.TypeInt64
					case "two":
						cols = append(cols, ib.Finish())
					case "dictionary":
						idx := vec.Slice[int32](data, rows)
						for k, x := range vec.Values[int64](ib.Finish()) {
							idx[k] = int32(x)
						}
						cols[0] = &vec.Vec{Type: vec.TypeString, Kind: vec.String, Len: rows, Dict: dict, Buf: vec.BytesOf(idx)}
					}
					batches[i] = &arrowexec.Batch{N: rows, Cols: cols, Seq: int64(i * rows)}
				}
				keys := []expr.Expr{col(0, keyType)}
				if kind == "two" {
					keys = append(keys, col(2, vec.TypeInt64))
				}
				x := col(1, vec.TypeFloat64)
				op := New(Options{Spec: &Spec{Keys: keys, Calls: []Call{call("COUNT"), call("SUM", x), call("AVG", x), call("MIN", x), call("MAX", x)}}})
				n := 0
				run := func(k int) {
					for range k {
						bt := *batches[n%len(batches)]
						bt.Scope = pool.Open()
						if err := op.Process(&bt, nil); err != nil {
							b.Fatal(err)
						}
						bt.Scope.Close()
						n++
					}
				}
				run(len(batches))
				b.ReportAllocs()
				b.ResetTimer()
				run(b.N)
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
			})
		}
	}
}

// BenchmarkUpdates is COUNT, SUM, AVG of a table whose rows change: each record is
// the old row, taken back, and the new one, often of another group. ns/record.
func BenchmarkUpdates(b *testing.B) {
	x := col(1, vec.TypeFloat64)
	for _, c := range []struct {
		name  string
		mode  Mode
		calls []Call
	}{
		{"changes", Changes, []Call{call("COUNT"), call("SUM", x), call("AVG", x)}},
		{"final", Final, []Call{call("COUNT"), call("SUM", x), call("AVG", x)}},
		{"stddev", Changes, []Call{call("STDDEV", x)}},
		{"max", Changes, []Call{call("MAX", x)}},
		{"distinct", Changes, []Call{call("COUNT_DISTINCT", x)}},
	} {
		b.Run(c.name, func(b *testing.B) {
			u := newUpdates(c.mode, c.calls)
			for range 64 {
				u.batch(b)
			}
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				u.batch(b)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/updates, "ns/record")
		})
	}
}

const updates = 1024 // of a batch

// updater changes the rows of a table of 10,000 keys in 100 groups.
type updater struct {
	pool *vec.Pool
	op   *Op
	rng  *rand.Rand
	rows [10_000]struct {
		g   int64
		x   float64
		ord int64
	}
	ord int64
}

func newUpdates(mode Mode, calls []Call) *updater {
	return &updater{
		pool: vec.NewPool(nil, false), rng: rand.New(rand.NewPCG(1, 2)), ord: 1,
		op: New(Options{Spec: &Spec{Keys: []expr.Expr{col(0, vec.TypeInt64)}, Calls: calls}, Mode: mode, Retract: true, Deletes: true}),
	}
}

func (u *updater) batch(t testing.TB) {
	sc := u.pool.Open()
	defer sc.Close()
	g, x := vec.NewBuilder(sc, vec.TypeInt64, 2*updates), vec.NewBuilder(sc, vec.TypeFloat64, 2*updates)
	b := &arrowexec.Batch{Scope: sc, Ord: vec.Slice[int64](sc, 2*updates), Retracts: vec.Slice[int64](sc, 2*updates), Weights: vec.Slice[int64](sc, 2*updates)}
	for range updates {
		r := &u.rows[u.rng.IntN(len(u.rows))]
		if r.ord > 0 {
			g.Int64(r.g)
			x.Float64(r.x)
			b.Ord[b.N], b.Retracts[b.N], b.Weights[b.N] = u.ord, r.ord, 0
			b.N++
		}
		r.g, r.x, r.ord = int64(u.rng.IntN(100)), float64(u.rng.IntN(1_000_000))/100, u.ord
		g.Int64(r.g)
		x.Float64(r.x)
		b.Ord[b.N], b.Retracts[b.N], b.Weights[b.N] = u.ord, arrowexec.Added, 1
		b.N++
		u.ord++
	}
	b.Cols = []*vec.Vec{g.Finish(), x.Finish()}
	if err := u.op.Process(b, func(*arrowexec.Batch) error { return nil }); err != nil {
		t.Fatal(err)
	}
}

func TestUpdatesAllocateByTheBatch(t *testing.T) {
	x := col(1, vec.TypeFloat64)
	for _, mode := range []Mode{Changes, Batched, Final} {
		u := newUpdates(mode, []Call{call("COUNT"), call("SUM", x), call("AVG", x), call("STDDEV", x)})
		for range 64 {
			u.batch(t)
		}
		if n := testing.AllocsPerRun(20, func() { u.batch(t) }); n > 100 {
			t.Errorf("mode %d: %v allocations for a batch of %d records", mode, n, updates)
		}
	}
}
