package bench

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every workload that writes a topic has a query for Flink; what its program says is in
// the error.
func TestVsFlink(t *testing.T) {
	in, out := newPipe()
	go func() { out.CloseWithError(Broker(in.hold, out)) }()
	line := make([]byte, 64)
	n, err := in.Read(line)
	require.NoError(t, err)
	defer close(in.hold.end)
	o := FlinkOptions{TopicOptions: TopicOptions{Rows: 500, Rounds: 1, Broker: string(bytes.TrimSpace(line[:n]))}}
	o.Script = filepath.Join(t.TempDir(), "run.sh")
	require.NoError(t, os.WriteFile(o.Script, []byte("#!/bin/sh\ncat \"$1\"\nexit 1\n"), 0o777))
	for _, w := range streams() {
		_, err := VsFlink(context.Background(), w, o)
		require.ErrorContains(t, err, "exit status 1: CREATE TABLE trades (")
		require.ErrorContains(t, err, "'scan.bounded.mode' = 'latest-offset'")
		require.ErrorContains(t, err, "'properties.compression.type' = 'lz4'")
		require.ErrorContains(t, err, "INSERT INTO answer SELECT")
		require.NotEmpty(t, w.FlinkBars)
	}
	// A program that writes nothing has not given the answer.
	require.NoError(t, os.WriteFile(o.Script, []byte("#!/bin/sh\n"), 0o777))
	_, err = VsFlink(context.Background(), streams()[1], o)
	require.ErrorContains(t, err, "wrong answer")

	o.Broker = ""
	_, err = VsFlink(context.Background(), streams()[0], o)
	require.ErrorIs(t, err, ErrUsage)
	_, err = VsFlink(context.Background(), topics()[0], o)
	require.ErrorContains(t, err, "no query for Flink")
}
