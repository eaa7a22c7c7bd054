package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestStart compares two programs that only pretend.
func TestStart(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	dir := t.TempDir()
	program := func(name, answer string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, fmt.Appendf(nil, "#!/bin/sh\nif [ \"$1\" = --version ]; then echo v1.2.3 x; else printf '%s'; fi\n", answer), 0o700))
		return path
	}
	o := StartOptions{Rounds: 2, Velo: program("velo-sql", "side,n\nBUY,10\n"), DuckDB: program("duckdb", "side,n\nBUY,10\n")}
	list, err := VsStart(context.Background(), o)
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.Equal(t, "start-jsonl", list[0].Work)
	require.Equal(t, "1.2.3", list[0].Peers[0].Version)
	require.Len(t, list[1].Velo.Values, 2)
	require.Equal(t, 1, list[1].AnswerRows)

	o.DuckDB = program("other", "side,n\nBUY,9\n")
	_, err = VsStart(context.Background(), o)
	require.ErrorContains(t, err, "start-jsonl: wrong answer")
	o.DuckDB = filepath.Join(dir, "none")
	_, err = VsStart(context.Background(), o)
	require.ErrorIs(t, err, ErrNotInstalled)
	o = StartOptions{Self: filepath.Join(dir, "sub", "velo-bench"), Rounds: -1}
	_, err = VsStart(context.Background(), o)
	require.ErrorIs(t, err, ErrUsage)
}
