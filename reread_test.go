package velo_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/velostream/velo"
)

// Records that stand in memory are read once for each time at which a query wants
// them: rows, their order and the ledger are those of one reading.
func TestRecordsAreReadAgain(t *testing.T) {
	mem := checked(t)
	rec := numbers(mem, 0, 500)
	defer rec.Release()
	none := numbers(mem, 0, 0)
	defer none.Release()
	small := numbers(mem, 3, 3)
	defer small.Release()
	for name, c := range map[string]struct {
		sql  string
		rows int
	}{
		"the greater side of a join stands below an aggregate too": {"SELECT s.n, a.c FROM s JOIN (SELECT n % 10 AS k, COUNT(*) AS c FROM t GROUP BY k) a ON a.k = s.n JOIN t ON t.n = s.n", 3},
		"a correlated aggregate":                                   {"SELECT n FROM s WHERE n < (SELECT AVG(t.n) FROM t WHERE t.n % 10 = s.n)", 3},
		"itself":                                                   {"SELECT x.n FROM t x JOIN t y ON x.n = y.n WHERE y.n < 7", 6},
		"LIMIT":                                                    {"SELECT x.n FROM t x JOIN t y ON x.n = y.n LIMIT 2", 2},
		"nothing":                                                  {"SELECT x.n FROM t x JOIN t y ON x.n = y.n WHERE y.n < 0", 0},
	} {
		t.Run(name, func(t *testing.T) {
			var want []string
			for _, size := range []string{"1", "7", "1024"} {
				eng := open(t, velo.WithAllocator(mem))
				rows, err := eng.Query(context.Background(), c.sql, velo.FromRecords("t", rec.Schema(), rec, none), velo.FromRecords("s", small.Schema(), small), velo.Set("batch.size", size))
				require.NoError(t, err)
				got, err := drain(rows)
				require.NoError(t, err)
				require.NoError(t, rows.Close())
				require.Len(t, got, c.rows)
				if want == nil {
					want = got
				}
				require.Equal(t, want, got)
				l := rows.Report().Ledger
				require.Equal(t, l.In, l.Used+l.Filtered+l.Late+l.Failed+l.Held)
				require.Equal(t, int64(0), l.Held)
			}
		})
	}
}
