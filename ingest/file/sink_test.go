package file_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/all"
	"github.com/velostream/velo/ingest/file"
	"github.com/velostream/velo/ingest/ingesttest"
)

func sinkSpec(dir string, kv ...string) ingest.SinkSpec {
	s := source(dir, kv...)
	return ingest.SinkSpec{Name: "out", Props: s.Props, Env: s.Env, Output: ingest.Output{
		Fields: []arrow.Field{{Name: "id", Type: vec.TypeInt64, Nullable: true}, {Name: "s", Type: vec.TypeString, Nullable: true}}, Key: -1, Headers: -1, Time: -1, Deleted: -1}}
}

func batch(sc *vec.Scope, from, n int) *arrowexec.Batch {
	a, b := vec.NewBuilder(sc, vec.TypeInt64, n), vec.NewBuilder(sc, vec.TypeString, n)
	for i := from; i < from+n; i++ {
		a.Int64(int64(i))
		if i%3 == 1 {
			b.Null()
		} else {
			b.String("x,\"" + string(rune('a'+i)))
		}
	}
	return &arrowexec.Batch{Scope: sc, N: n, Cols: []*vec.Vec{a.Finish(), b.Finish()}}
}

func names(t *testing.T, dir string) []string {
	es, err := os.ReadDir(dir)
	require.NoError(t, err)
	out := []string{}
	for _, e := range es {
		out = append(out, e.Name())
	}
	return out
}

func TestSinkRoundTripsInEveryFormat(t *testing.T) {
	ctx := context.Background()
	pool := vec.NewPool(nil, true)
	sc := pool.Open()
	defer sc.Close()
	want := []string{`0|x,"a`, "1|<null>", `2|x,"c`, `3|x,"d`, "4|<null>"}
	for _, name := range []string{"o.csv", "o.tsv", "o.jsonl", "o.ndjson", "o.json", "o.arrow", "o.arrows", "o.csv.gz", "o.jsonl.zst", "o.csv.lz4", "o.csv.sz", "o.json.snappy", "o.arrows.zst", "o.arrow.gz", "o.capture", "o.capture.gz"} {
		dir := t.TempDir()
		s, err := file.OpenSink(ctx, all.New(), sinkSpec(dir, "path", name))
		require.NoError(t, err, name)
		require.NoError(t, s.Write(ctx, batch(sc, 0, 2)))
		require.NoError(t, s.Flush(ctx))
		require.NotContains(t, names(t, dir), name, "the file appears when it is complete")
		b := batch(sc, 0, 9)
		b.Sel = vec.Sel{2, 3, 4}
		require.NoError(t, s.Write(ctx, b))
		require.NoError(t, s.Close(ctx, true))
		require.NoError(t, s.Close(ctx, true))
		require.Equal(t, int64(5), s.Stats().Rows)
		require.Positive(t, s.Stats().Bytes)
		require.Equal(t, []string{name}, names(t, dir))
		got := read(t, ingesttest.Options{}, source(dir, "path", name))
		require.NoError(t, got.Err, name)
		require.Equal(t, want, got.Rows, name)

		s, err = file.OpenSink(ctx, all.New(), sinkSpec(dir, "path", name))
		require.NoError(t, err)
		require.NoError(t, s.Write(ctx, batch(sc, 0, 2)))
		require.NoError(t, s.Close(ctx, false))
		require.Equal(t, []string{name}, names(t, dir))
		require.Equal(t, want, read(t, ingesttest.Options{}, source(dir, "path", name)).Rows, "an abandoned output leaves the old file")

		s, err = file.OpenSink(ctx, all.New(), sinkSpec(dir, "path", "none-"+name))
		require.NoError(t, err)
		require.NoError(t, s.Close(ctx, true))
		require.Len(t, names(t, dir), 2, "a sink without rows makes its file")
		require.Empty(t, read(t, ingesttest.Options{}, source(dir, "path", "none-"+name)).Rows)
	}
}

func TestSinkAppendAndRotate(t *testing.T) {
	ctx := context.Background()
	pool := vec.NewPool(nil, true)
	sc := pool.Open()
	defer sc.Close()
	dir := t.TempDir()
	for i, commit := range []bool{true, true, false} {
		s, err := file.OpenSink(ctx, all.New(), sinkSpec(dir, "path", "a.csv", "append", "true"))
		require.NoError(t, err)
		require.NoError(t, s.Write(ctx, batch(sc, i, 1)))
		require.NoError(t, s.Flush(ctx))
		require.NoError(t, s.Close(ctx, commit))
	}
	b, err := os.ReadFile(filepath.Join(dir, "a.csv"))
	require.NoError(t, err)
	require.Equal(t, "id,s\n0,\"x,\"\"a\"\n1,\n", string(b))

	dir = t.TempDir()
	s, err := file.OpenSink(ctx, all.New(), sinkSpec(dir, "path", "r.jsonl", "rotate.size", "10"))
	require.NoError(t, err)
	for i := range 3 {
		require.NoError(t, s.Write(ctx, batch(sc, i, 1)))
	}
	require.NoError(t, s.Close(ctx, true))
	require.Equal(t, []string{"r-00001.jsonl", "r-00002.jsonl", "r-00003.jsonl"}, names(t, dir))

	dir = t.TempDir()
	spec := sinkSpec(dir, "path", "r.jsonl", "rotate.interval", "1s")
	now := int64(0)
	spec.Env.Clock = func() int64 { return now }
	s, err = file.OpenSink(ctx, all.New(), spec)
	require.NoError(t, err)
	for i := range 3 {
		require.NoError(t, s.Write(ctx, batch(sc, i, 1)))
		now += 600
	}
	require.NoError(t, s.Close(ctx, true))
	require.Equal(t, []string{"r-00001.jsonl", "r-00002.jsonl"}, names(t, dir))
}

func TestSinkRefuses(t *testing.T) {
	dir := t.TempDir()
	for _, kv := range [][]string{{}, {"path", "a.arrow", "append", "true"}, {"path", "a.xyz"}, {"path", "."}, {"path", "no/a.csv"}, {"path", "a.csv", "compression", "xz"}, {"path", "-", "rotate.size", "1"}, {"path", "-"}} {
		_, err := file.OpenSink(context.Background(), all.New(), sinkSpec(dir, kv...))
		require.ErrorIs(t, err, ingest.ErrUsage, kv)
		require.Empty(t, names(t, dir), kv)
	}
	spec := sinkSpec(dir, "path", "-", "format", "csv", "compression", "none")
	var out bytes.Buffer
	spec.Env.Stdout = &out
	s, err := file.OpenSink(context.Background(), all.New(), spec)
	require.NoError(t, err)
	require.NoError(t, s.Close(context.Background(), true))
	require.Equal(t, "id,s\n", out.String())
}
