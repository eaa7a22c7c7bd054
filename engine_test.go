package velo_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/velostream/velo"
)

func TestSmoke(t *testing.T) {
	eng, err := velo.Open()
	require.NoError(t, err)
	for _, q := range []string{
		"SELECT 1 + 2 AS x, 'a' || 'b', 1/2, CAST('5' AS BIGINT)",
		"SELECT a, COUNT(*) n, SUM(b) s FROM (VALUES (1, 2.5), (2, 3.5), (1, 1.0)) AS t(a, b) GROUP BY a HAVING COUNT(*) > 0 ORDER BY n DESC",
		"SELECT COUNT(*) FROM (VALUES (1)) t(a) WHERE a > 5",
		"SELECT a FROM (VALUES (3),(1),(2)) t(a) ORDER BY a LIMIT 2",
		"SELECT DISTINCT a FROM (VALUES (3),(1),(3)) t(a) UNION ALL SELECT 7",
		"SELECT x FROM (VALUES (3)) t(a)",
	} {
		rows, err := eng.Query(context.Background(), q)
		if err != nil {
			fmt.Println(q, "\n", err)
			continue
		}
		for rec, err := range rows.Records() {
			if err != nil {
				fmt.Println(q, "\nRUN:", err)
				break
			}
			fmt.Println(q, "\n", rec)
		}
		fmt.Printf("%+v\n", rows.Report().Ledger)
	}
}
