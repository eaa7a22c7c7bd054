//go:build unix

package main

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// endless makes rows for ever.
const endless = `SELECT a FROM g WITH ('g.type'='generator_source', 'g.columns'='a BIGINT', 'g.rate'='2000');`

// TestInterruptedRunStopsInGoodOrder sends a signal to an endless run: it ends
// with 0, whole lines and a ledger.
func TestInterruptedRunStopsInGoodOrder(t *testing.T) {
	app := filepath.Join(t.TempDir(), "app.sql")
	require.NoError(t, os.WriteFile(app, []byte(endless), 0o600))
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		c := exec.Command("velo-sql", "run", app, "--stats", "json")
		var talk bytes.Buffer
		c.Stderr = &talk
		out, err := c.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, c.Start())
		r := bufio.NewReader(out)
		first, err := r.ReadString('\n')
		require.NoError(t, err)
		require.NoError(t, c.Process.Signal(sig))
		rest, err := io.ReadAll(r)
		require.NoError(t, err)
		require.NoError(t, c.Wait(), talk.String())
		require.True(t, strings.HasPrefix(first, `{"a":`), first)
		if len(rest) > 0 {
			require.Equal(t, byte('\n'), rest[len(rest)-1])
		}
		lines := strings.Split(strings.TrimSpace(talk.String()), "\n")
		require.Contains(t, talk.String(), "stopping")
		require.True(t, strings.HasPrefix(lines[len(lines)-1], `{"ledger":{"in":`), talk.String())
		require.Contains(t, lines[len(lines)-1], `"stopped":true`)
	}
}

// TestPacedReplayShowsRowsWhileItWaits reads the rows that are due while the next one is
// an hour away, and interrupts: the ledger tells of no more than was read.
func TestPacedReplayShowsRowsWhileItWaits(t *testing.T) {
	dir := t.TempDir()
	app, data := filepath.Join(dir, "app.sql"), filepath.Join(dir, "t.jsonl")
	require.NoError(t, os.WriteFile(app, []byte("SELECT a FROM t WITH ('t.event.time.field'='at');"), 0o600))
	require.NoError(t, os.WriteFile(data, []byte(`{"a":1,"at":1000}`+"\n"+`{"a":2,"at":1001}`+"\n"+`{"a":3,"at":3601000}`+"\n"), 0o600))
	c := exec.Command("velo-sql", "replay", app, "--from", "t="+data, "--speed", "1x", "--stats", "json")
	var talk bytes.Buffer
	c.Stderr = &talk
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	r := bufio.NewReader(out)
	for _, want := range []string{`{"a":1`, `{"a":2`} {
		line, err := r.ReadString('\n')
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(line, want), line)
	}
	require.NoError(t, c.Process.Signal(syscall.SIGINT))
	rest, err := io.ReadAll(r)
	require.NoError(t, err)
	require.Empty(t, rest)
	require.Error(t, c.Wait())
	lines := strings.Split(strings.TrimSpace(talk.String()), "\n")
	require.Contains(t, lines[len(lines)-1], `"out":2`, talk.String())
}

// TestInterruptedQueryEndsWith130 interrupts a query whose input has not ended.
func TestInterruptedQueryEndsWith130(t *testing.T) {
	c := exec.Command("velo-sql", "query", "SELECT a FROM t", "--from", "t=-,format=json", "-q")
	in, err := c.StdinPipe()
	require.NoError(t, err)
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	var talk bytes.Buffer
	c.Stderr = &talk
	require.NoError(t, c.Start())
	go func() { // enough to fill every buffer, then silence
		line := []byte(`{"a":"` + strings.Repeat("x", 1000) + `"}` + "\n")
		for range 4000 {
			if _, err := in.Write(line); err != nil {
				return
			}
		}
	}()
	r := bufio.NewReader(out)
	_, err = r.ReadString('\n')
	require.NoError(t, err)
	require.NoError(t, c.Process.Signal(syscall.SIGINT))
	_, _ = io.Copy(io.Discard, r)
	var exit *exec.ExitError
	require.ErrorAs(t, c.Wait(), &exit)
	require.Equal(t, 130, exit.ExitCode(), talk.String())
	require.Contains(t, talk.String(), "interrupted")
}

// TestClosedPipeEndsQuietly closes the reading end while rows are coming.
func TestClosedPipeEndsQuietly(t *testing.T) {
	app := filepath.Join(t.TempDir(), "app.sql")
	require.NoError(t, os.WriteFile(app, []byte(strings.Replace(endless, "2000", "0", 1)), 0o600))
	for _, form := range []string{"jsonl", "csv", "json", "table", "arrow"} {
		c := exec.Command("velo-sql", "run", app, "-o", form)
		var talk bytes.Buffer
		c.Stderr = &talk
		out, err := c.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, c.Start())
		_, err = out.Read(make([]byte, 10))
		require.NoError(t, err)
		require.NoError(t, out.Close())
		require.NoError(t, c.Wait(), "%s: %s", form, talk.String())
		require.Empty(t, talk.String(), form)
	}
}
