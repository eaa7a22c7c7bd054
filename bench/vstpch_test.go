package bench

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAnswersOfTPCHAreCompared(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	write("q01.json", `[["a","1.333333","1995-03-15"],["b","2.00","1995-03-16"]]`)
	write("q01.csv", "a,1.3333333333333333,1995-03-15\nb,2,1995-03-16\n")
	n, err := sameAnswer(dir, 1)
	require.NoError(t, err)
	require.Equal(t, 2, n)
	write("q01.csv", "a,1.3333333333333333,1995-03-15\nb,2.001,1995-03-16\n")
	_, err = sameAnswer(dir, 1)
	require.ErrorContains(t, err, "query 1: row 2 is")
	write("q01.csv", "a,1.3333333333333333,1995-03-15\n")
	_, err = sameAnswer(dir, 1)
	require.ErrorContains(t, err, "query 1: 2 rows, and DuckDB has 1")
	require.Contains(t, tpchTables("it's"), "read_csv('it''s/lineitem.csv'")
	require.Contains(t, tpchTables("x"), "'l_shipdate': 'DATE'")
}
