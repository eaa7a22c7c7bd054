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
// TestParquetPages: Parquet files pack their pages, not themselves.
func TestParquetPages(t *testing.T) {
	for key, magic := range map[string]string{"'o.compression.type'='zstd'": "\x28\xb5\x2f\xfd", "'o.compression'='gzip'": "\x1f\x8b"} {
		b := newBench(t, planner.Run)
		b.file("s.jsonl", `{"v":1,"w":[{"x":"a"},null]}`, `{"v":null,"w":[]}`)
		b.run(`CREATE STREAM o AS SELECT v, w, CAST(v AS DECIMAL(9,2)) AS d FROM 's.jsonl' WITH ('o.type'='file_sink', 'o.path'='` + filepath.Join(b.dir, "o.parquet") + `', ` + key + `)`)
		got, err := os.ReadFile(filepath.Join(b.dir, "o.parquet"))
		require.NoError(t, err)
		require.Equal(t, "PAR1", string(got[:4]))
		require.Contains(t, string(got), magic)
		q := newBench(t, planner.Query)
		q.o.Env.Dirs = b.o.Env.Dirs
		require.Equal(t, `{"v":1,"w":[{"x":"a"},null],"d":1.00}`+"\n"+`{"v":null,"w":[],"d":null}`, q.run(`SELECT * FROM 'o.parquet'`))
		require.Equal(t, `{"_offset":0,"n":2}`, q.run(`SELECT _offset, CARDINALITY(w) AS n FROM 'o.parquet' WHERE d > 0`))
	}
	b := newBench(t, planner.Run)
	b.file("s.jsonl", `{"v":1}`)
	require.Contains(t, b.fails(`CREATE STREAM o AS SELECT v FROM 's.jsonl' WITH ('o.type'='file_sink', 'o.path'='o.parquet', 'o.append'='true')`),
		"append=true cannot add to a file of format parquet")
	_, err := b.try(`CREATE STREAM o AS SELECT v FROM 's.jsonl' WITH ('o.type'='file_sink', 'o.path'='o.parquet', 'o.compression.type'='lzo')`)
	require.ErrorContains(t, err, "one of none, snappy")
}

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

func TestUnknownTo(t *testing.T) {
	b := newBench(t, planner.Replay)
	b.file("s.jsonl", `{"v":1}`)
	b.o.To = []planner.Binding{{Name: "O", Path: filepath.Join(b.dir, "o.jsonl")}, {Name: "o.dlq", Path: filepath.Join(b.dir, "d.jsonl")}}
	b.run(`CREATE STREAM o AS SELECT v FROM 's.jsonl'`)
	require.Equal(t, `{"v":1}`, b.read("o.jsonl"))
	b.o.To[0].Name = "p"
	require.Equal(t, `--to p: no statement writes a sink of that name; sinks: o`, b.fails(`CREATE STREAM o AS SELECT v FROM 's.jsonl'`))
}
