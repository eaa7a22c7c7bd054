package file_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/ingesttest"
)

// quotedText is CSV of some bytes with newlines, doubled quotes and delimiters in quotes,
// records that are bad, and texts in quotes that are as long as some parts.
func quotedText(rnd *rand.Rand, size int, nl, begin, end string) string {
	var b strings.Builder
	b.WriteString(begin)
	long := size / 3
	for i := 0; b.Len() < size; i++ {
		switch k := rnd.IntN(400); {
		case k == 0:
			fmt.Fprintf(&b, `%d,"%s"""`, i, strings.Repeat("x,"+nl+`""`, rnd.IntN(300)))
		case k == 1:
			fmt.Fprintf(&b, `"%d","a""%s""b"`, i, nl)
		case k == 2:
			b.WriteString(`no number,"` + nl + `"`)
		case k == 3:
			fmt.Fprintf(&b, `%d,a"b`, i)
		case k == 4:
			fmt.Fprintf(&b, `%d,"a"b,"%s`, i, "x")
		default:
			fmt.Fprintf(&b, "%d,text %s", i, strings.Repeat("y", rnd.IntN(80)))
		}
		b.WriteString(nl)
		if long > 0 && b.Len() > long {
			fmt.Fprintf(&b, `%d,"%s"%s`, i, strings.Repeat("quoted"+nl+"1,2"+nl, size/40), nl)
			long = 0
		}
	}
	fmt.Fprintf(&b, "7,last%s", end)
	return b.String()
}

// TestPartsOfCSV reads files with quotes in the parts that pipelines get, and whole.
func TestPartsOfCSV(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for name, text := range map[string]string{
		"lf":       quotedText(rnd, 5<<20, "\n", "a,b\n", "\n"),
		"crlf":     quotedText(rnd, 4<<20, "\r\n", "\xef\xbb\xbfa,\"b\"\r\n", ""),
		"unclosed": quotedText(rnd, 4<<20, "\n", "a,b\n", "\n8,\"never closed\n") + strings.Repeat("9,x\n", 600_000),
		"broken":   quotedText(rnd, 3<<20, "\n", "a,b\n", "\n") + "8,\"x\"y,\"\n9,z\n\"" + strings.Repeat("9,x\n", 500_000),
	} {
		dir := write(t, map[string]string{"x.csv": text, "x.csv.gz": pack(t, "gz", text)})
		scan := func(path string, threads int) ingesttest.Scanned {
			spec := source(dir, "path", path)
			spec.Columns = columnsOf("a BIGINT", "b STRING")
			got := read(t, ingesttest.Options{Want: 4096, Threads: threads}, spec)
			require.NoError(t, got.Err)
			return got
		}
		one, three, packed := scan("x.csv", 1), scan("x.csv", 3), scan("x.csv.gz", 3)
		require.Equal(t, 1, one.Pieces)
		require.Equal(t, 1, packed.Pieces)
		require.Greater(t, three.Pieces, 2, name)
		require.Greater(t, len(one.Rows), 1000, name)
		for _, got := range []ingesttest.Scanned{three, packed} {
			require.Equal(t, len(one.Rows), len(got.Rows), name)
			for i, r := range one.Rows {
				if r != got.Rows[i] {
					t.Fatalf("%s row %d: %.100q and %.100q", name, i, r, got.Rows[i])
				}
			}
			require.Equal(t, one.Stats.Rows, got.Stats.Rows, name)
			require.Len(t, got.Errors, len(one.Errors), name)
			for i, e := range one.Errors {
				require.Equal(t, e, strings.ReplaceAll(got.Errors[i], ".csv.gz", ".csv"), name)
			}
		}
		require.NotEmpty(t, one.Errors, name)
	}
}

// TestUnclosedQuoteHasOneLine: however many pipelines read, the error names the same line.
func TestUnclosedQuoteHasOneLine(t *testing.T) {
	dir := write(t, map[string]string{"x.csv": "a,b\n" + strings.Repeat("1,\"x\ny\"\n", 2) + strings.Repeat("1,text of a row\n", 150_000) + "2,\"never closed\n" + strings.Repeat("3,y\n", 300_000)})
	for _, threads := range []int{1, 2, 3, 16} {
		got := read(t, ingesttest.Options{Want: 1000, Threads: threads}, source(dir, "path", "x.csv"))
		require.NoError(t, got.Err)
		require.Len(t, got.Rows, 150_002)
		require.Len(t, got.Errors, 1)
		require.Contains(t, got.Errors[0], "line 150006")
		require.Contains(t, got.Errors[0], "is not closed before the input ends")
	}
}

// TestPartsOfAFileThatGrows: what is written after the parts were cut is not read, and
// what was there is read once.
func TestPartsOfAFileThatGrows(t *testing.T) {
	line := "1,\"text\nof a row\"\n2,plain text of a row of the file\n3,plain text of a row of the file\n"
	n := 60_000
	dir := write(t, map[string]string{"x.csv": "a,b\n" + strings.Repeat(line, n)})
	c := open(t, source(dir, "path", "x.csv"))
	schema, err := c.Schema(context.Background())
	require.NoError(t, err)
	pieces, err := c.Scan(context.Background(), ingest.Scan{Columns: schema.Fields(), Threads: 3})
	require.NoError(t, err)
	require.Greater(t, len(pieces), 2)
	f, err := os.OpenFile(filepath.Join(dir, "x.csv"), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	defer f.Close()
	pool := vec.NewPool(nil, true)
	defer pool.Close()
	rows := 0
	for _, p := range pieces {
		_, err := f.WriteString(strings.Repeat(line, 5_000))
		require.NoError(t, err)
		src, err := p(context.Background())
		require.NoError(t, err)
		for {
			sc := pool.Open()
			b, err := src.Next(context.Background(), sc, 1000)
			if err == nil {
				rows += b.N
			}
			sc.Close()
			if err != nil {
				require.Equal(t, "EOF", err.Error())
				break
			}
		}
		require.NoError(t, src.Close())
	}
	require.Equal(t, 3*n, rows)
}
