package file_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/ingesttest"
)

// TestMappedFiles reads the same text from a plain file, which is mapped, and from
// a container, which is read.
func TestMappedFiles(t *testing.T) {
	var lines, table, captured strings.Builder
	lines.WriteString("\xef\xbb\xbf")
	table.WriteString("skip me\na,b\n")
	for i := range 20_000 {
		switch i % 1000 {
		case 17:
			lines.WriteString("no json\n\n")
			table.WriteString("1\n")
			captured.WriteString("broken\n{\"topic\":\"o\",\"partition\":2,\"offset\":x}\n")
		case 18:
			fmt.Fprintf(&lines, "{\"b\":\"%s\",\"a\":%d}\r\n", strings.Repeat("long", 5000), i)
			fmt.Fprintf(&table, "%d,\"quoted\n%d\"\n", i, i)
			fmt.Fprintf(&captured, "{\"topic\":\"o\",\"offset\":%d,\"partition\":1,\"payload\":null}\n", i)
		}
		fmt.Fprintf(&lines, "{\"a\":%d,\"b\":\"é%d\"}\n", i, i)
		fmt.Fprintf(&table, "%d,text %d\n", i, i)
		fmt.Fprintf(&captured, "{\"topic\":\"o\",\"partition\":%d,\"offset\":%d,\"ts\":%d,\"key\":null,\"payload\":\"{\\\"a\\\":%d,\\\"b\\\":\\\"x\\\"}\"}\n", i%3, i, i, i)
	}
	for name, text := range map[string]string{"x.jsonl": lines.String(), "x.csv": table.String(), "x.capture": captured.String()} {
		dir := write(t, map[string]string{name: text, name + ".gz": pack(t, "gz", text)})
		keys := []string{"path", name}
		o := ingesttest.Options{Want: 3000}
		if name == "x.csv" {
			keys = append(keys, "skip_lines", "1")
		}
		if name == "x.capture" {
			o.System = []string{"_partition", "_offset", "_timestamp"}
		}
		plain := read(t, o, source(dir, keys...))
		keys[1] = name + ".gz"
		packed := read(t, o, source(dir, keys...))
		require.NoError(t, plain.Err)
		require.Equal(t, packed.Rows, plain.Rows, name)
		require.Len(t, plain.Errors, len(packed.Errors), name)
		require.NotEmpty(t, plain.Errors, name)
		require.GreaterOrEqual(t, len(plain.Rows), 20_000, name)
		for i, e := range plain.Errors {
			require.Equal(t, strings.ReplaceAll(packed.Errors[i], ".gz", ""), e, name)
		}
	}
}

// TestPartsOfACapture reads a capture in the parts that pipelines get.
func TestPartsOfACapture(t *testing.T) {
	var text strings.Builder
	text.WriteString("pass me over\n")
	pad := strings.Repeat("x", 1000)
	for i := range 6_000 {
		if i%1_000 == 999 {
			text.WriteString("broken\n")
		}
		fmt.Fprintf(&text, "{\"topic\":\"o\",\"partition\":%d,\"offset\":%d,\"ts\":%d,\"payload\":\"{\\\"a\\\":%d,\\\"b\\\":\\\"%s\\\"}\"}\n", i%3, i, i, i, pad)
	}
	dir := write(t, map[string]string{"1.capture": text.String(), "2.capture": text.String()})
	var all [2]ingesttest.Scanned
	for k, threads := range []int{1, 2} {
		all[k] = read(t, ingesttest.Options{Columns: []string{"a"}, System: []string{"_partition", "_offset"}, Threads: threads, Want: 5000}, source(dir, "path", "*.capture", "skip_lines", "1"))
		require.NoError(t, all[k].Err)
		require.Len(t, all[k].Rows, 12_000)
	}
	require.Equal(t, all[0].Rows, all[1].Rows)
	require.Equal(t, all[0].Positions, all[1].Positions)
	require.Equal(t, all[0].Errors, all[1].Errors)
	require.Len(t, all[0].Errors, 12)
	c := open(t, source(dir, "path", "*.capture", "skip_lines", "1"))
	pieces, err := c.Scan(context.Background(), ingest.Scan{Threads: 2})
	require.NoError(t, err)
	require.Greater(t, len(pieces), 4)
	src, err := pieces[3](context.Background())
	require.NoError(t, err)
	parts := src.(arrowexec.Partitions).Partitions()
	require.Len(t, parts, 3)
	require.Equal(t, int64(4_000), parts[0].Records, "each part knows those of all")
	require.NoError(t, src.Close())
}

func TestFileThatIsCutWhileItIsRead(t *testing.T) {
	for name, line := range map[string]string{"x.jsonl": "{\"a\":1}\n", "x.csv": "12,345\n", "x.capture": "{\"topic\":\"o\",\"partition\":0,\"offset\":0,\"payload\":\"{\\\"a\\\":1}\"}\n"} {
		dir := write(t, map[string]string{name: strings.Repeat(line, 300_000)})
		c := open(t, source(dir, "path", name))
		schema, err := c.Schema(context.Background())
		require.NoError(t, err)
		pieces, err := c.Scan(context.Background(), ingest.Scan{Columns: schema.Fields()})
		require.NoError(t, err)
		src, err := pieces[0](context.Background())
		require.NoError(t, err)
		pool := vec.NewPool(nil, true)
		next := func() error {
			sc := pool.Open()
			defer sc.Close()
			_, err := src.Next(context.Background(), sc, 1000)
			return err
		}
		require.NoError(t, next())
		require.NoError(t, os.Truncate(filepath.Join(dir, name), 100))
		for err == nil {
			err = next()
		}
		require.Error(t, err)
		require.NoError(t, src.Close())
	}
}
