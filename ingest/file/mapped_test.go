package file_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
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
		o := ingesttest.Options{}
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

func TestFileThatIsCutWhileItIsRead(t *testing.T) {
	for name, line := range map[string]string{"x.jsonl": "{\"a\":1}\n", "x.capture": "{\"topic\":\"o\",\"partition\":0,\"offset\":0,\"payload\":\"{\\\"a\\\":1}\"}\n"} {
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
