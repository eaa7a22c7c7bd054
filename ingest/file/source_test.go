package file_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/all"
	"github.com/velostream/velo/ingest/file"
	"github.com/velostream/velo/ingest/ingesttest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// write makes files in a fresh folder.
func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		p := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(p), 0o755))
		require.NoError(t, os.WriteFile(p, []byte(text), 0o644))
	}
	return dir
}

func put(t testing.TB, dir, name, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
}

// columnsOf are BIGINT and STRING columns, as "a BIGINT".
func columnsOf(list ...string) *arrow.Schema {
	var fields []arrow.Field
	for _, c := range list {
		name, kind, _ := strings.Cut(c, " ")
		t := vec.TypeString
		if kind == "BIGINT" {
			t = vec.TypeInt64
		}
		fields = append(fields, arrow.Field{Name: name, Type: t, Nullable: true})
	}
	return arrow.NewSchema(fields, nil)
}

func source(dir string, kv ...string) ingest.SourceSpec {
	p := ingest.NewProps()
	for i := 0; i < len(kv); i += 2 {
		p.Set(kv[i], kv[i+1], "")
	}
	return ingest.SourceSpec{Name: "t", Props: p, Env: ingest.Env{Dirs: []string{dir}, Start: 42}}
}

func open(t testing.TB, spec ingest.SourceSpec) ingest.Connector {
	t.Helper()
	c, err := file.Open(context.Background(), all.New(), spec)
	require.NoError(t, err)
	return c
}

func read(t testing.TB, o ingesttest.Options, spec ingest.SourceSpec) ingesttest.Scanned {
	t.Helper()
	c := open(t, spec)
	got := ingesttest.Read(t, c, o)
	require.NoError(t, c.Close())
	require.Empty(t, spec.Props.Unused())
	return got
}

func pack(t testing.TB, codec, text string) string {
	var b bytes.Buffer
	var w io.WriteCloser
	switch codec {
	case "gz":
		w = gzip.NewWriter(&b)
	case "zst":
		z, err := zstd.NewWriter(&b)
		require.NoError(t, err)
		w = z
	case "lz4":
		z := lz4.NewWriter(&b)
		require.NoError(t, z.Apply(lz4.BlockSizeOption(lz4.Block64Kb)))
		w = z
	default:
		w = snappy.NewBufferedWriter(&b)
	}
	_, err := io.WriteString(w, text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.String()
}

const small = "id,name,price\n1,a,1.5\n2,,2\n3,\"c\nd\",\n"

func TestConformance(t *testing.T) {
	var csv, jsonl strings.Builder
	csv.WriteString("id,name,price\n")
	for i := range 300 {
		fmt.Fprintf(&csv, "%d,n%d,%d.5\n", i, i%7, i%11)
		fmt.Fprintf(&jsonl, `{"id":%d,"name":"n%d","price":%d.5}`+"\n", i, i%7, i%11)
		if i%50 == 9 {
			csv.WriteString("bad,row\n\n")
			jsonl.WriteString("[1]\n\n")
		}
	}
	dir := write(t, map[string]string{"a.csv": csv.String(), "a.jsonl": jsonl.String(), "a.csv.zst": pack(t, "zst", csv.String()),
		"a.ndjson.gz": pack(t, "gz", jsonl.String()), "g/1.csv": small, "g/2.csv": csv.String(), "l.txt": "one\ntwo\n\nthree"})
	for _, path := range []string{"a.csv", "a.jsonl", "a.csv.zst", "a.ndjson.gz", "g/*.csv"} {
		t.Run(path, func(t *testing.T) {
			ingesttest.Source(t, func(t testing.TB) ingest.Connector { return open(t, source(dir, "path", path)) })
		})
	}
	t.Run("lines", func(t *testing.T) {
		ingesttest.Source(t, func(t testing.TB) ingest.Connector { return open(t, source(dir, "path", "l.txt", "format", "string")) })
	})
	t.Run("stdin", func(t *testing.T) {
		ingesttest.Source(t, func(t testing.TB) ingest.Connector {
			spec := source(dir, "path", "-", "format", "csv")
			spec.Env.Stdin = strings.NewReader(csv.String())
			return open(t, spec)
		})
	})
}

func TestSystemColumnsAndOrigin(t *testing.T) {
	dir := write(t, map[string]string{"1.csv": small, "2.csv": "name,id\nx,9\nbad\ny,10\n"})
	got := read(t, ingesttest.Options{Columns: []string{"id", "price"}, System: []string{"_offset", "_timestamp", "_partition", "_topic", "_key", "_headers"}}, source(dir, "path", "*.csv"))
	one, two := filepath.Join(dir, "1.csv"), filepath.Join(dir, "2.csv")
	require.Equal(t, []string{
		"1|1.5|0|42|0|" + one + "|<null>|<null>", "2|2|1|42|0|" + one + "|<null>|<null>", "3|<null>|2|42|0|" + one + "|<null>|<null>",
		"9|<null>|3|42|0|" + two + "|<null>|<null>", "10|<null>|5|42|0|" + two + "|<null>|<null>"}, got.Rows)
	require.Equal(t, []string{"t " + one + " 0 0 2", "t " + one + " 0 1 3", "t " + one + " 0 2 4", "t " + two + " 0 3 2", "t " + two + " 0 5 4"}, got.Positions)
	require.Equal(t, []string{"1,a,1.5", "2,,2", "3,\"c\nd\",", "x,9", "y,10"}, got.Records)
	require.Equal(t, []string{`t line 3: 1 fields where 2 are expected`}, got.Errors)
	require.Equal(t, int64(6), got.Stats.Rows)
	require.Equal(t, got.Stats.Total, got.Stats.Bytes)
}

func TestPaths(t *testing.T) {
	dir := write(t, map[string]string{"data/b.csv": "a\n2\n", "data/a.csv": "a\n1\n", "data/sub/c.csv": "a\n3\n", "data/.hidden.csv": "a\n9\n", "data/readme.md": "#", "empty/x.md": ""})
	for _, tc := range []struct {
		kv   []string
		want []string
	}{
		{[]string{"path", "data/*.csv"}, []string{"1", "2"}},
		{[]string{"path", "data/**/*.csv"}, []string{"1", "2", "3"}},
		{[]string{"path", "data"}, []string{"1", "2"}},
		{[]string{"path", "data", "recursive", "true"}, []string{"1", "2", "3"}},
		{[]string{"path", "data/{b,a}.csv"}, []string{"1", "2"}},
		{[]string{"path", "file://" + filepath.Join(dir, "data/a.csv")}, []string{"1"}},
	} {
		require.Equal(t, tc.want, rowsWithout(read(t, ingesttest.Options{Columns: []string{"a"}}, source(dir, tc.kv...)), ".hidden"), tc.kv)
	}
	spec := source("", "path", "data/a.csv")
	spec.Env.Dirs = []string{filepath.Join(dir, "nowhere"), dir}
	require.Equal(t, []string{"1"}, read(t, ingesttest.Options{}, spec).Rows)
	spec = source("", "path", "data/*.csv")
	spec.Env.Dirs, spec.Env.FS = nil, os.DirFS(dir)
	require.Equal(t, []string{"1", "2"}, rowsWithout(read(t, ingesttest.Options{}, spec), ".hidden"))
	for _, bad := range [][]string{{"path", "nothing.csv"}, {"path", "no*.csv"}, {"path", "empty"}, {}, {"path", "data/readme.md"}, {"path", "data/a.csv", "format", "orc"},
		{"path", "data/a.csv", "skip_lines", "x"}, {"path", "data/a.csv", "max_records", "-1"}, {"path", "-"}, {"path", "data/a.csv", "csv.delimiter", "abc"},
		{"path", "data/a.csv", "envelope", "maybe"}, {"path", "data/a.csv", "csv.header", "false"}} {
		_, err := file.Open(context.Background(), all.New(), source(dir, bad...))
		require.ErrorIs(t, err, ingest.ErrUsage, bad)
	}
}

// rowsWithout leaves out the rows of a file that the case does not want.
func rowsWithout(s ingesttest.Scanned, name string) []string {
	var out []string
	for i, r := range s.Rows {
		if !strings.Contains(s.Positions[i], name) {
			out = append(out, r)
		}
	}
	return out
}

func TestContainersAndTheirEnds(t *testing.T) {
	var long strings.Builder
	long.WriteString("id,name\n")
	for i := range 200_000 {
		fmt.Fprintf(&long, "%d,name %d\n", i, i*7919%1000)
	}
	for _, codec := range []string{"gz", "zst", "lz4", "sz", "snappy"} {
		packed := pack(t, codec, long.String())
		flipped := []byte(packed)
		for i := len(flipped) * 3 / 4; i < len(flipped)*3/4+40; i++ {
			flipped[i] ^= 0x5A
		}
		dir := write(t, map[string]string{"a.csv." + codec: packed, "cut.csv." + codec: packed[:len(packed)*3/4], "bad.csv." + codec: string(flipped), "none.csv." + codec: ""})
		got := read(t, ingesttest.Options{Want: 10_000}, source(dir, "path", "a.csv."+codec))
		require.NoError(t, got.Err)
		require.Len(t, got.Rows, 200_000)
		require.Equal(t, int64(len(packed)), got.Stats.Bytes)
		require.Equal(t, int64(len(packed)), got.Stats.Total)
		for _, broken := range []string{"cut", "bad"} {
			got := read(t, ingesttest.Options{Want: 10_000}, source(dir, "path", broken+".csv."+codec))
			require.ErrorContains(t, got.Err, broken+".csv."+codec)
			require.ErrorContains(t, got.Err, "byte")
			require.NotErrorIs(t, got.Err, ingest.ErrUsage)
			require.Greater(t, len(got.Rows), 10_000, "rows before the break are read")
			require.LessOrEqual(t, len(got.Rows), 200_000)
			last := strings.Split(got.Rows[len(got.Rows)-1], "|")
			require.Equal(t, fmt.Sprint(len(got.Rows)-1), last[0])
		}
		got = read(t, ingesttest.Options{}, source(dir, "path", "none.csv."+codec))
		require.Error(t, got.Err)
		spec := source(dir, "path", "-", "format", "csv")
		spec.Env.Stdin = strings.NewReader(packed)
		require.Len(t, read(t, ingesttest.Options{Want: 10_000}, spec).Rows, 200_000, "standard input is unpacked by its first bytes")
	}
}

func TestKeys(t *testing.T) {
	dir := write(t, map[string]string{"a.csv": "junk\n\nid,v\n1,x\n2,y\n3,z\n", "n.csv": "1,x\n2,y\n", "bom.csv": "\xef\xbb\xbfid\n1\n", "u16.csv": "\xff\xfei\x00d\x00",
		"zero.csv": "", "zero.jsonl": "", "head.csv": "a,b\n", "d.json": `[{"a":1},{"a":2}]`, "two.json": "{\"a\":1}\n{\"a\":2}", "late.csv": "a\n1\nx\n", "p.orc": "PAR1"})
	rows := func(kv ...string) []string { return read(t, ingesttest.Options{}, source(dir, kv...)).Rows }
	require.Equal(t, []string{"1|x", "2|y", "3|z"}, rows("path", "a.csv", "skip_lines", "2"))
	require.Equal(t, []string{"1|x", "2|y"}, rows("path", "a.csv", "skip_lines", "2", "max_records", "2"))
	require.Equal(t, []string{"1"}, rows("path", "bom.csv"))
	require.Empty(t, rows("path", "head.csv"))
	require.Equal(t, []string{"1", "2"}, rows("path", "d.json"))
	require.Equal(t, []string{"1", "2"}, rows("path", "two.json"))
	require.Equal(t, []string{"1", "x"}, rows("path", "late.csv"))
	got := read(t, ingesttest.Options{}, source(dir, "path", "late.csv", "infer.records", "1"))
	require.Equal(t, []string{"1"}, got.Rows, "infer.records looks at one record")
	require.Equal(t, []string{`t line 3 field "a": "x" is no BIGINT`}, got.Errors)
	spec := source(dir, "path", "n.csv", "csv.header", "false")
	spec.Columns = arrow.NewSchema([]arrow.Field{{Name: "k", Type: vec.TypeInt64, Nullable: true}, {Name: "s", Type: vec.TypeString, Nullable: true}}, nil)
	require.Equal(t, []string{"1|x", "2|y"}, read(t, ingesttest.Options{}, spec).Rows)
	for _, p := range []string{"u16.csv", "zero.csv"} {
		got := read(t, ingesttest.Options{}, source(dir, "path", p))
		require.ErrorIs(t, got.Err, ingest.ErrUsage, p)
	}
	c := open(t, source(dir, "path", "zero.jsonl"))
	s, err := c.Schema(context.Background())
	require.NoError(t, err)
	require.Nil(t, s)
	require.Empty(t, rows("path", "zero.jsonl"))
	_, err = file.Open(context.Background(), all.New(), source(dir, "path", "p.orc"))
	require.ErrorContains(t, err, "tells no format")
}

func TestUnitedColumns(t *testing.T) {
	dir := write(t, map[string]string{"1.csv": "a,b\n1,x\n", "2.csv": "b,c\ny,2.5\n", "3.jsonl": `{"c":1,"d":[1]}` + "\n", "x/1.jsonl": `{"a":"s"}`, "x/2.csv": "a\n1\n"})
	got := read(t, ingesttest.Options{}, source(dir, "path", "*.*"))
	require.Equal(t, []string{"1|x|<null>|<null>"}, got.Rows[:1])
	require.ErrorIs(t, read(t, ingesttest.Options{}, source(dir, "path", "x")).Err, ingest.ErrUsage)
}

func TestSplitGivesTheSameRows(t *testing.T) {
	var csv, quoted, jsonl strings.Builder
	csv.WriteString("junk\nid,name\n")
	quoted.WriteString("id,name\n")
	for i := range 250_000 {
		fmt.Fprintf(&csv, "%d,name %d\n", i, i%977)
		fmt.Fprintf(&jsonl, `{"id":%d,"name":"name %d"}`+"\n", i, i%977)
		if i%500 == 3 {
			fmt.Fprintf(&quoted, "%d,\"line\n%d,x\n\"\n", i, i)
		} else {
			fmt.Fprintf(&quoted, "%d,name %d\n", i, i)
		}
		if i == 200_000 {
			csv.WriteString("bad\n")
			jsonl.WriteString("bad\n")
			quoted.WriteString("bad\n")
		}
	}
	dir := write(t, map[string]string{"a.csv": csv.String(), "q.csv": quoted.String(), "a.jsonl": jsonl.String(), "z.csv.gz": pack(t, "gz", csv.String())})
	for path, line := range map[string]string{"a.csv": "200004", "q.csv": "200803", "a.jsonl": "200002"} {
		kv := []string{"path", path}
		if path == "a.csv" {
			kv = append(kv, "skip_lines", "1")
		}
		one := read(t, ingesttest.Options{Want: 8192}, source(dir, kv...))
		three := read(t, ingesttest.Options{Want: 8192, Threads: 3}, source(dir, kv...))
		require.Equal(t, 1, one.Pieces)
		require.Greater(t, three.Pieces, 2, path)
		require.Equal(t, len(one.Rows), len(three.Rows))
		for i := range one.Rows {
			if one.Rows[i] != three.Rows[i] {
				t.Fatal(path, i, one.Rows[i], three.Rows[i])
			}
		}
		require.Equal(t, one.Stats.Rows, three.Stats.Rows)
		require.Equal(t, one.Errors, three.Errors)
		require.Contains(t, one.Errors[0], "line "+line)
		require.Equal(t, 1, read(t, ingesttest.Options{Want: 8192, Threads: 3, System: []string{"_offset"}}, source(dir, kv...)).Pieces)
		require.Equal(t, 1, read(t, ingesttest.Options{Want: 8192, Threads: 3, Policy: arrowexec.DeadLetter}, source(dir, kv...)).Pieces)
	}
	require.Equal(t, 1, read(t, ingesttest.Options{Want: 8192, Threads: 3}, source(dir, "path", "z.csv.gz", "skip_lines", "1")).Pieces)
}

func TestLongRecordsAndManyBuffers(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	dir := write(t, map[string]string{"a.csv": "a,b\n1," + long + "\n2,\"" + strings.Repeat("\n", 70_000) + "\"\n3,y\n"})
	got := read(t, ingesttest.Options{Want: 2}, source(dir, "path", "a.csv"))
	require.Len(t, got.Rows, 3)
	require.Equal(t, "1|"+long, got.Rows[0])
	require.True(t, strings.HasSuffix(got.Positions[2], " 2 70004"), got.Positions[2])
}
