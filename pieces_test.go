package velo_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/velostream/velo"
)

// Records of more rows than a piece has are read by several pipelines.
func TestPiecesOfRecordsDoNotShow(t *testing.T) {
	mem := checked(t)
	rec := numbers(mem, 0, 300_000)
	defer rec.Release()
	for _, sql := range []string{
		"SELECT n % 1000 AS d, COUNT(*), SUM(n), AVG(n), MIN(_offset) FROM t WHERE n % 3 <> 1 GROUP BY d",
		"SELECT n * 7 % 200003 AS d, COUNT(*), SUM(n), MAX(CAST(n AS STRING)) FROM t GROUP BY d HAVING d % 50 = 3",
		"SELECT SUM(n), COUNT(DISTINCT n % 7) FROM t WHERE n > 10",
		"SELECT n, CAST(n AS STRING), _offset FROM t WHERE n % 1000 = 7",
		"SELECT n FROM t WHERE n % 1000 = 7 LIMIT 150",
		"SELECT n, _offset FROM t WHERE n % 1000 = 7 ORDER BY n % 17, n DESC",
		"SELECT a.n, b.n FROM t a JOIN t b ON a.n = b.n * 2 WHERE a.n % 5000 = 0",
	} {
		var want []string
		for _, threads := range []int{1, 2, 3} {
			eng := open(t, velo.WithAllocator(mem), velo.WithThreads(threads))
			rows, err := eng.Query(context.Background(), sql, velo.FromRecords("t", rec.Schema(), rec))
			require.NoError(t, err)
			got, err := drain(rows)
			require.NoError(t, err)
			if want == nil {
				require.NotEmpty(t, got, sql)
				want = got
			}
			require.Equal(t, want, got, "%s, threads %d", sql, threads)
			l := rows.Report().Ledger
			require.Equal(t, l.In, l.Used+l.Filtered+l.Late+l.Failed+l.Held, "%s, threads %d", sql, threads)
		}
	}
}

// Groups that LIMIT leaves out are filtered, however many of them an aggregate had
// still to give out, which depends on batches and threads.
func TestLimitOfGroupsHoldsNone(t *testing.T) {
	mem := checked(t)
	rec := numbers(mem, 0, 100_000)
	defer rec.Release()
	for _, sql := range []string{
		"SELECT n % 60000 AS d, COUNT(*) FROM t WHERE n >= 10 GROUP BY d LIMIT 20",
		"SELECT n % 60000 AS d, LISTAGG(CAST(n AS STRING)) FROM t WHERE n >= 10 GROUP BY d HAVING d % 2 = 0 LIMIT 20",
	} {
		var want velo.Ledger
		for _, threads := range []int{1, 2, 3} {
			eng := open(t, velo.WithAllocator(mem), velo.WithThreads(threads))
			rows, err := eng.Query(context.Background(), sql, velo.FromRecords("t", rec.Schema(), rec))
			require.NoError(t, err)
			got, err := drain(rows)
			require.NoError(t, err)
			require.Len(t, got, 20)
			l := rows.Report().Ledger
			if threads == 1 {
				want = l
			}
			require.Equal(t, want, l, "%s, threads %d", sql, threads)
			require.Zero(t, l.Held, sql)
			require.EqualValues(t, 100_000, l.Used+l.Filtered, sql)
		}
	}
}

// A run that is cancelled while an operator gives out what it made of a batch has worked
// on some of its rows: the others are no part of the ledger.
func TestLedgerOfACancelledJoin(t *testing.T) {
	mem := checked(t)
	rec := numbers(mem, 0, 20_000)
	defer rec.Release()
	eng := open(t, velo.WithAllocator(mem))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	rows, err := eng.Query(ctx, "SELECT a.n, b.n FROM t a JOIN t b ON a.n % 2 = b.n % 2", velo.FromRecords("t", rec.Schema(), rec))
	require.NoError(t, err)
	for _, err := range rows.Records() {
		if err != nil {
			require.ErrorIs(t, err, context.Canceled)
			break
		}
		cancel()
	}
	_ = rows.Close()
	l := rows.Report().Ledger
	require.Positive(t, l.Used)
	require.Equal(t, l.In, l.Used+l.Filtered+l.Late+l.Failed+l.Held)
}
