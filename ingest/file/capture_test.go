package file_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/ingesttest"
)

const captured = `{"topic":"o","partition":0,"offset":7,"tstype":"create","ts":1700000000000,"headers":["h","v"],"key":"c1","payload":"{\"a\":1}"}
{"topic":"o","partition":1,"offset":3,"ts":1700000000005,"key":"c2","payload":{"a":2}}
{"topic":"p","partition":0,"offset":1,"ts":1,"key":null,"payload":"{\"a\":9}"}
{"topic":"o","partition":1,"offset":4,"ts":6,"key":"c2","payload":null}
{"topic":"o","partition":1,"offset":5,"ts":7,"key":"c3","payload":"oops"}
broken
{"topic":"o","partition":0,"offset":8,"ts":8,"key":"x|y","payload":"{\"a\":null}"}
`

func TestCapture(t *testing.T) {
	dir := write(t, map[string]string{"c.jsonl": captured, "c.capture.gz": pack(t, "gz", captured)})
	sys := []string{"_partition", "_offset", "_timestamp", "_topic", "_key", "_headers"}
	for _, path := range []string{"c.jsonl", "c.capture.gz"} {
		got := read(t, ingesttest.Options{System: sys}, source(dir, "path", path, "topic", "o"))
		require.NoError(t, got.Err)
		require.Len(t, got.Rows, 3)
		require.True(t, strings.HasPrefix(got.Rows[0], "1|0|7|1700000000000|o|c1|{"), got.Rows[0])
		require.Equal(t, []string{"2|1|3|1700000000005|o|c2|{}", "<null>|0|8|8|o|x|y|{}"}, got.Rows[1:])
		require.Len(t, got.Errors, 2)
		require.Equal(t, int64(1), got.Skipped.Tombstones)
		require.Equal(t, "t o 0 7 1", got.Positions[0])
		require.Equal(t, `c1={"a":1} h:v`, got.Records[0])
		ingesttest.Source(t, func(t testing.TB) ingest.Connector { return open(t, source(dir, "path", path, "topic", "o")) })
	}
	got := read(t, ingesttest.Options{Columns: []string{}, System: []string{"_offset"}}, source(dir, "path", "c.jsonl", "topic", "o"))
	require.Equal(t, []string{"7", "3", "5", "8"}, got.Rows, "without payload columns no payload is decoded")
	got = read(t, ingesttest.Options{}, source(dir, "path", "c.jsonl", "topic", "o", "format", "string"))
	require.Equal(t, []string{`{"a":1}`, `{"a":2}`, "<null>", "oops", `{"a":null}`}, got.Rows)
	got = read(t, ingesttest.Options{Columns: []string{"topic"}}, source(dir, "path", "c.jsonl", "envelope", "none"))
	require.Equal(t, []string{"o", "o", "p", "o", "o", "o"}, got.Rows)
}

func TestCapturePartitionsAndKeyFields(t *testing.T) {
	dir := write(t, map[string]string{"c.jsonl": captured})
	c := open(t, source(dir, "path", "c.jsonl", "topic", "o"))
	pieces, err := c.Scan(context.Background(), ingest.Scan{Threads: 3})
	require.NoError(t, err)
	src, err := pieces[0](context.Background())
	require.NoError(t, err)
	require.Equal(t, []arrowexec.PartitionInfo{{Topic: "o", Partition: 0, Records: 2}, {Topic: "o", Partition: 1, Records: 3}}, src.(arrowexec.Partitions).Partitions())
	require.NoError(t, src.Close())
	got := read(t, ingesttest.Options{}, source(dir, "path", "c.jsonl", "topic", "o", "key.fields", "k"))
	require.Equal(t, []string{"1|c1", "2|c2", "<null>|x|y"}, got.Rows)
	spec := source(dir, "path", "c.jsonl", "topic", "o")
	spec.KeyFields = []string{"k", "l"}
	spec.Columns = arrow.NewSchema([]arrow.Field{{Name: "a", Type: vec.TypeInt64, Nullable: true}, {Name: "k", Type: vec.TypeString}, {Name: "l", Type: vec.TypeString}}, nil)
	got = read(t, ingesttest.Options{}, spec)
	require.Equal(t, []string{"<null>|x|y"}, got.Rows)
	require.Contains(t, strings.Join(got.Errors, "\n"), "the message key has 1 parts where key.fields names 2")
}

func TestWatch(t *testing.T) {
	dir := write(t, map[string]string{"1.csv": "a\n1\n2"})
	c := open(t, source(dir, "path", "*.csv", "watch", "true", "polling.interval", "5ms", "max_records", "5"))
	require.False(t, c.Bounded())
	schema, err := c.Schema(context.Background())
	require.NoError(t, err)
	pieces, err := c.Scan(context.Background(), ingest.Scan{Columns: schema.Fields(), System: []string{"_offset"}, Threads: 2})
	require.NoError(t, err)
	src, err := pieces[0](context.Background())
	require.NoError(t, err)
	defer src.Close()
	pool := vec.NewPool(nil, true)
	var got []int64
	until := func(n int) {
		for deadline := time.Now().Add(20 * time.Second); len(got) < n && time.Now().Before(deadline); {
			sc := pool.Open()
			b, err := src.Next(context.Background(), sc, 10)
			require.NoError(t, err)
			for r := range b.N {
				got = append(got, b.Cols[0].Int64At(r))
			}
			sc.Close()
		}
	}
	until(1)
	require.Equal(t, []int64{1}, got, "a line without its end waits")
	f, err := os.OpenFile(filepath.Join(dir, "1.csv"), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteString("5\n3\n")
	require.NoError(t, err)
	require.NoError(t, f.Close())
	until(3)
	require.Equal(t, []int64{1, 25, 3}, got)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "2.csv"), []byte("a\n4\n"), 0o644))
	until(4)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "1.csv"), []byte("a\n7\n"), 0o644))
	until(5)
	require.Equal(t, []int64{1, 25, 3, 4, 7}, got)
}
