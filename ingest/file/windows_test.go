package file

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec/vec"
)

// TestWindows reads lines through windows of one page, some of them longer.
func TestWindows(t *testing.T) {
	if !canMap {
		t.Skip("files are not mapped here")
	}
	var text []byte
	for i := range 3000 {
		text = fmt.Appendf(text, "%d %s\n", i, bytes.Repeat([]byte{byte('a' + i%26)}, i%97))
		if i%1000 == 500 {
			text = append(append(text, bytes.Repeat([]byte("x"), 300_000)...), '\n')
		}
	}
	text = append(text, "the end"...)
	path := filepath.Join(t.TempDir(), "x")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	for _, from := range []int64{0, 5, 70_001} {
		l, err := newMappedReader(&input{path: path, size: int64(len(text))}, from, -1, 0)
		require.NoError(t, err)
		require.NotNil(t, l.m)
		l.m.least = leastMapped
		pool := vec.NewPool(nil, true)
		var got []byte
		held := pool.Open() // a batch that stays
		var first []byte
		for done := false; !done; {
			if first == nil {
				first, _ = l.fill(held, 10)
				l.keep(first, 0)
			}
			sc := pool.Open()
			buf, final := l.fill(sc, 10)
			require.NoError(t, l.err)
			used := bytes.LastIndexByte(buf, '\n') + 1
			if final {
				used, done = len(buf), true
			}
			got = append(got, buf[:used]...)
			l.keep(buf[used:], used)
			sc.Close()
		}
		require.True(t, bytes.Equal(text[from:], got), from)
		require.Equal(t, int64(len(text))-from, l.bytesRead())
		require.NoError(t, l.close())
		require.True(t, bytes.HasPrefix(text[from:], first), "what a batch holds stays mapped")
		held.Close()
	}
}
