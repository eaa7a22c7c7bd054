package tablejoin_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/join"
	"github.com/velostream/velo/operators/tablejoin"
)

// BenchmarkJoin has a table of 100,000 rows on the right, one to a key; ns/row is
// what one row of 8,192 in a batch costs: a row of the stream, an update of the
// table beside it, a stream and updates by turns in one shared batch, and an
// update of the right table of two, each of whose rows has four partners.
func BenchmarkJoin(b *testing.B) {
	const n, size = 8192, 100_000
	for _, c := range []struct {
		name string
		o    tablejoin.Options
	}{
		{"stream", tablejoin.Options{}},
		{"table", tablejoin.Options{}},
		{"shared", tablejoin.Options{Shared: true}},
		{"tables", tablejoin.Options{Table: tablejoin.Both}},
		{"tables outer", tablejoin.Options{Table: tablejoin.Both, Kind: join.Full}},
	} {
		b.Run(c.name, func(b *testing.B) {
			f := newFeeder(b, c.o)
			f.pool = vec.NewPool(nil, false)
			last := make([]int64, size) // the record that had added a row
			for k := range last {
				last[k] = f.ord + int64(k)
			}
			require.NoError(b, f.give(f.j.Right(), upTo(0, size), upTo(0, size), nil))
			if c.o.Table == tablejoin.Both {
				for range 4 {
					require.NoError(b, f.give(f.j.Left(), upTo(0, size), upTo(0, size), nil))
				}
			}
			require.NoError(b, f.j.AfterBatch(&arrowexec.Batch{Scope: f.pool.Open()}, f.emit))
			keys := make([]int64, n)
			at := int64(0)
			updates := func() error {
				sc := f.pool.Open()
				defer sc.Close()
				u := &arrowexec.Batch{Scope: sc, N: n, Ord: vec.Slice[int64](sc, n), Retracts: vec.Slice[int64](sc, n)}
				for i := 0; i < n; i += 2 {
					keys[i], keys[i+1] = at%size, at%size
					u.Ord[i], u.Ord[i+1] = f.ord+int64(i), f.ord+int64(i)
					u.Retracts[i], u.Retracts[i+1] = last[at%size], arrowexec.Added
					last[at%size] = f.ord + int64(i)
					at += 7919
				}
				u.Cols = []*vec.Vec{ints(sc, keys), ints(sc, keys)}
				return f.j.Right().Process(u, f.emit)
			}
			stream := func() error {
				for i := range keys {
					keys[i] = at % size
					at += 7919
				}
				return f.give(f.j.Left(), keys, keys, nil)
			}
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				if c.name == "stream" || c.name == "shared" {
					require.NoError(b, stream())
					f.ord -= n
				}
				if c.name != "stream" {
					require.NoError(b, updates())
				}
				f.ord += n
				if c.o.Shared {
					sc := f.pool.Open()
					require.NoError(b, f.j.AfterBatch(&arrowexec.Batch{Scope: sc}, f.emit))
					sc.Close()
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row")
		})
	}
}
