package velo_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/velostream/velo"
	"github.com/velostream/velo/bench/dataset"
)

// Columns of an Arrow file stand in the file. One that is cut while a query runs is an
// error of the query, whoever reads what is gone: here a function, or what copies rows out.
func TestAnArrowFileThatIsCutIsAnError(t *testing.T) {
	for _, threads := range []int{1, 2} {
		for _, sql := range []string{"SELECT price * 2 FROM keyed", "SELECT price FROM keyed"} {
			path := filepath.Join(t.TempDir(), "keyed.arrow")
			f, err := os.Create(path)
			require.NoError(t, err)
			d, err := dataset.Find("keyed")
			require.NoError(t, err)
			require.NoError(t, d.Write(f, "arrow", dataset.Options{Rows: 1_000_000}, nil))
			require.NoError(t, f.Close())
			eng, err := velo.Open(velo.WithThreads(threads))
			require.NoError(t, err)
			rows, err := eng.Query(t.Context(), sql, velo.FromFile("keyed", path, nil))
			require.NoError(t, err)
			n := 0
			for _, e := range rows.Records() {
				if err = e; err != nil {
					break
				}
				if n++; n == 1 {
					require.NoError(t, os.Truncate(path, 1<<16))
				}
			}
			require.Error(t, err)
			// A part that is opened after the cut finds no footer any more.
			require.Regexp(t, "was cut while it was read|it is cut or was never closed", err.Error())
		}
	}
}
