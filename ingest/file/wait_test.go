package file_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/all"
	"github.com/velostream/velo/ingest/file"
)

// A file that is not there yet is waited for as long as file.wait.timeout says.
func TestWaitForFile(t *testing.T) {
	dir := t.TempDir()
	_, err := file.Open(context.Background(), all.New(), source(dir, "path", "late.csv"))
	require.ErrorIs(t, err, ingest.ErrUsage)
	_, err = file.Open(context.Background(), all.New(), source(dir, "path", "late.csv", "file.wait.timeout", "1ms"))
	require.ErrorIs(t, err, ingest.ErrUsage)
	_, err = file.Open(context.Background(), all.New(), source(dir, "path", "late.csv", "file.wait.timeout", "soon"))
	require.ErrorIs(t, err, ingest.ErrUsage)

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = file.Open(ctx, all.New(), source(dir, "path", "late.csv", "file.wait.timeout", "1h"))
	require.ErrorIs(t, err, context.Canceled, "it waits")

	type opened struct {
		c   ingest.Connector
		err error
	}
	done := make(chan opened)
	go func() {
		c, err := file.Open(context.Background(), all.New(), source(dir, "path", "late.csv", "file.wait.timeout", "1h", "polling.interval", "1ms"))
		done <- opened{c, err}
	}()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "new"), []byte("a\n1\n"), 0o644))
	require.NoError(t, os.Rename(filepath.Join(dir, "new"), filepath.Join(dir, "late.csv")))
	o := <-done
	require.NoError(t, o.err)
	require.NoError(t, o.c.Close())
}
