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
