//go:build unix

package hashagg

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"syscall"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// BenchmarkManyKeys is a whole query of three million rows with a million keys, from
// the first row to the last group given out; ns/row is CPU.
func BenchmarkManyKeys(b *testing.B) {
	const rows, batch, keys = 3_000_000, 1 << 16, 1_000_000
	for _, kind := range []string{"text12", "text36", "int64", "near"} {
		b.Run(kind, func(b *testing.B) {
			pool := vec.NewPool(nil, false)
			data := pool.Open()
			rng := rand.New(rand.NewPCG(1, 2))
			universe := make([]int64, keys)
			for i := range universe {
				universe[i] = rng.Int64()
			}
			t := vec.TypeString
			if kind == "int64" || kind == "near" {
				t = vec.TypeInt64
			}
			var batches []*arrowexec.Batch
			for from := 0; from < rows; from += batch {
				n := min(batch, rows-from)
				kb, xb := vec.NewBuilder(data, t, n), vec.NewBuilder(data, vec.TypeFloat64, n)
				for range n {
					k := rng.IntN(keys)
					switch kind {
					case "text12":
						kb.String(fmt.Sprintf("key%09d", k))
					case "text36":
						kb.String(fmt.Sprintf("%036d", k))
					case "near":
						kb.Int64(int64(k))
					default:
						kb.Int64(universe[k])
					}
					xb.Float64(float64(rng.IntN(1_000_000)) / 100)
				}
				batches = append(batches, &arrowexec.Batch{N: n, Cols: []*vec.Vec{kb.Finish(), xb.Finish()}, Seq: int64(from)})
			}
			x := col(1, vec.TypeFloat64)
			spec := &Spec{Keys: []expr.Expr{col(0, arrow.DataType(t))}, Calls: []Call{call("COUNT"), call("SUM", x), call("AVG", x), call("MIN", x), call("MAX", x)}}
			run := func() {
				op, groups := New(Options{Spec: spec}), 0
				for _, bt := range batches {
					bt := *bt
					bt.Scope = pool.Open()
					if err := op.Process(&bt, nil); err != nil {
						b.Fatal(err)
					}
					bt.Scope.Close()
				}
				last := &arrowexec.Batch{Scope: pool.Open(), Seq: rows}
				if err := op.Flush(last, func(o *arrowexec.Batch) error { groups += o.N; return nil }); err != nil {
					b.Fatal(err)
				}
				last.Scope.Close()
				if groups < 900_000 {
					b.Fatal(groups)
				}
			}
			run()
			b.ResetTimer()
			took := int64(0)
			for range b.N {
				runtime.GC() // memory is used again from query to query, as it is where there are many
				from := cpu()
				run()
				took += cpu() - from
			}
			b.ReportMetric(float64(took)/float64(b.N)/rows, "cpu-ns/row")
		})
	}
}

func cpu() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
