package bench

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/velostream/velo/bench/dataset"
)

func TestTimeOfDuckDB(t *testing.T) {
	d, err := spent("Run Time (s): real 0.010 user 0.006500 sys 0.001500\n")
	require.NoError(t, err)
	require.Equal(t, 8*time.Millisecond, d.Round(time.Microsecond))
	d, err = spent("cpu 0.25\n")
	require.NoError(t, err)
	require.Equal(t, 250*time.Millisecond, d)
	_, err = spent("1 row\n")
	require.ErrorContains(t, err, "no time in its output")
	_, err = spent("cpu soon\n")
	require.ErrorContains(t, err, `"soon" cannot be read`)
}

func TestScriptOfDuckDB(t *testing.T) {
	for _, w := range Workloads() {
		if w.Duck == "" {
			continue
		}
		d, err := dataset.Find(w.Dataset)
		require.NoError(t, err)
		s := duckScript(w, d, w.Format, "it's/data", "answer.csv")
		all := s.Prepare + s.Query
		require.Contains(t, all, "('it''s/data'", w.Name)
		require.Equal(t, w.Source == "memory", s.Prepare != "SET threads = 1;", w.Name)
	}
}

func TestAnswerOfDuckDBIsChecked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "answer.csv")
	want := [][]any{{"a", int64(1), 0.5}, {"b", int64(2), 1.5}}
	write := func(text string) { require.NoError(t, os.WriteFile(path, []byte(text), 0o600)) }
	write("b,2,1.5\na,1,0.5\n")
	require.NoError(t, checkCSV("DuckDB", path, want, 1))
	write("b,2,1.5\na,1,0.6\n")
	require.ErrorContains(t, checkCSV("DuckDB", path, want, 1), "DuckDB: wrong answer: row")
	write("b,2,1.5\na,x,0.5\n")
	require.ErrorContains(t, checkCSV("DuckDB", path, want, 1), "DuckDB: wrong answer: strconv")
	write("b,2,1.5\n")
	require.ErrorContains(t, checkCSV("DuckDB", path, want, 1), "1 rows, and 2 are right")
}
