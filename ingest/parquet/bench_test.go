package parquet

import (
	"io"
	"os"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

// BenchmarkScan reads three columns of a file of trades (symbol, price, qty) that the variable
// PARQUET names.
func BenchmarkScan(b *testing.B) {
	name := os.Getenv("PARQUET")
	if name == "" {
		b.Skip("PARQUET names no file")
	}
	r, err := Open(ingest.FileInput{Name: name, Open: func() (io.ReadCloser, error) { return os.Open(name) }})
	require.NoError(b, err)
	var want []arrow.Field
	for _, c := range []string{"symbol", "price", "qty"} {
		want = append(want, r.Schema().Field(ingest.Lookup(r.Schema(), c)))
	}
	pool := vec.NewPool(nil, false)
	rows := 0
	for b.Loop() {
		s, err := r.Scan(want, 0, -1)
		require.NoError(b, err)
		for {
			sc := pool.Open()
			got, err := s.Next(sc, 16384)
			rows += got.N
			sc.Close()
			if err == io.EOF {
				break
			}
			require.NoError(b, err)
		}
		require.NoError(b, s.Close())
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds()/1e6, "Mrows/s")
}
