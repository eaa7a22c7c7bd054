package window

import (
	"fmt"
	"testing"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/optest"
)

// BenchmarkWindow is COUNT, SUM and the last value by one of 1,000 keys, 8,192
// rows to a batch, 60 rows a ms; ns/row is what one row costs.
func BenchmarkWindow(b *testing.B) {
	for _, c := range []struct {
		name string
		o    Options
	}{
		{"tumbling", Options{Kind: Tumbling, Size: 60_000}},
		{"sliding60", Options{Kind: Sliding, Size: 60_000, Advance: 1000}},
		{"session", Options{Kind: Session, Size: 5}},
		{"changes", Options{Kind: Tumbling, Size: 60_000, Emission: Changes}},
	} {
		b.Run(c.name, func(b *testing.B) {
			pool := vec.NewPool(nil, false)
			const n = 8192
			var rows [][]any
			for i := range n {
				rows = append(rows, []any{fmt.Sprint("key-", i*7919%1000), i, 0})
			}
			data := pool.Open()
			var cols [3]*vec.Vec
			for c, t := range types {
				bl := vec.NewBuilder(data, t, n)
				for _, r := range rows {
					optest.AppendValue(bl, r[c])
				}
				cols[c] = bl.Finish()
			}
			o := c.o
			o.Spec, o.Time = spec(b), 2
			env := optest.NewEnv()
			o.Ledger, o.Failures = env.Ledger, env.Failures
			op := New(o)
			emit := func(*arrowexec.Batch) error { return nil }
			times, marks := vec.Values[int64](cols[2]), make([]int64, n)
			at := int64(0)
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				for i := range n {
					times[i] = at / 60
					marks[i] = max(0, at-1) / 60
					at++
				}
				sc := pool.Open()
				batch := &arrowexec.Batch{Scope: sc, N: n, Cols: cols[:], Marks: marks, Watermark: (at - 1) / 60}
				if err := op.Process(batch, emit); err != nil {
					b.Fatal(err)
				}
				sc.Close()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row")
		})
	}
}
