package planner_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/planner"
)

// The container of a file sink is that of compression.type, whose other
// spelling is Velostream's, and else that of the extension.
func TestFileSinkCompression(t *testing.T) {
	for _, c := range []struct{ key, path, magic string }{
		{`'o.compression.type'='zstd'`, "o.jsonl", "\x28\xb5\x2f\xfd"},
		{`'o.compression'='gzip'`, "o.jsonl", "\x1f\x8b"},
		{`'o.Compression'='none'`, "o.jsonl.gz", `{"v":1}`},
		{`'o.format'='json'`, "o.jsonl.gz", "\x1f\x8b"},
		{`'o.format'='json'`, "o.jsonl", `{"v":1}`},
	} {
		b := newBench(t, planner.Run)
		b.file("s.jsonl", `{"v":1}`)
		b.run(`CREATE STREAM o AS SELECT v FROM 's.jsonl' WITH ('o.type'='file_sink', 'o.path'='` + filepath.Join(b.dir, c.path) + `', ` + c.key + `)`)
		got, err := os.ReadFile(filepath.Join(b.dir, c.path))
		require.NoError(t, err)
		require.Equal(t, c.magic, string(got[:len(c.magic)]), "%s %s", c.key, c.path)
	}
}
