package render

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/arrowipc"
	"github.com/velostream/velo/ingest/format/avro"
	"github.com/velostream/velo/ingest/format/csv"
	jsonformat "github.com/velostream/velo/ingest/format/json"
	"github.com/velostream/velo/ingest/parquet"
)

var formats = &ingest.Registry{Files: append(arrowipc.Formats(), parquet.Format(), avro.FileFormat()), Formats: []ingest.Format{jsonformat.Format(), csv.Format(), csv.TSV()}}

var output = ingest.Output{Key: -1, Headers: -1, Time: -1, Deleted: -1, Fields: []arrow.Field{
	{Name: "name", Type: vec.TypeString}, {Name: "n", Type: vec.TypeInt64}, {Name: "x", Type: vec.TypeFloat64},
}}

// batch has a row that is not selected, NULLs in each column and awkward text.
func batch(sc *vec.Scope) *arrowexec.Batch {
	name, n, x := vec.NewBuilder(sc, vec.TypeString, 5), vec.NewBuilder(sc, vec.TypeInt64, 5), vec.NewBuilder(sc, vec.TypeFloat64, 5)
	for i, s := range []string{"a|b", "dropped", "NULL", "", "two\nlines\x1b[31m"} {
		if s == "" {
			name.Null()
		} else {
			name.String(s)
		}
		if i == 2 {
			n.Null()
			x.Null()
			continue
		}
		n.Int64(int64(i) * 1000)
		x.Float64(float64(i) / 2)
	}
	return &arrowexec.Batch{Scope: sc, N: 5, Cols: []*vec.Vec{name.Finish(), n.Finish(), x.Finish()}, Sel: vec.Sel{0, 2, 3, 4}}
}

func print(t *testing.T, o Options, batches int) string {
	t.Helper()
	var out bytes.Buffer
	o.W, o.Registry = &out, formats
	s, err := New(o, output)
	require.NoError(t, err)
	pool := vec.NewPool(nil, true)
	for range batches {
		sc := pool.Open()
		require.NoError(t, s.Write(context.Background(), batch(sc)))
		sc.Close()
	}
	require.NoError(t, s.Flush(context.Background()))
	require.NoError(t, s.Close(context.Background(), true))
	require.NoError(t, s.Close(context.Background(), true))
	require.Equal(t, arrowexec.SinkStats{Rows: int64(4 * batches), Bytes: int64(out.Len())}, s.Stats())
	pool.Close()
	return out.String()
}

func TestForms(t *testing.T) {
	for _, c := range []struct{ form, want, empty string }{
		{"table", `
 name                  │    n │    x
───────────────────────┼──────┼──────
 a|b                   │    0 │    0
 'NULL'                │ NULL │ NULL
 NULL                  │ 3000 │  1.5
 two\nlines\x1b[31m    │ 4000 │    2
`, " name │ n │ x\n──────┼───┼───\n"},
		{"jsonl", `{"name":"a|b","n":0,"x":0}
{"name":"NULL","n":null,"x":null}
{"name":null,"n":3000,"x":1.5}
{"name":"two\nlines\u001b[31m","n":4000,"x":2}
`, ""},
		{"json", `[
{"name":"a|b","n":0,"x":0},
{"name":"NULL","n":null,"x":null},
{"name":null,"n":3000,"x":1.5},
{"name":"two\nlines\u001b[31m","n":4000,"x":2}
]
`, "[]\n"},
		{"csv", "name,n,x\na|b,0,0\nNULL,,\n,3000,1.5\n\"two\nlines\x1b[31m\",4000,2\n", "name,n,x\n"},
		{"tsv", "name\tn\tx\na|b\t0\t0\nNULL\t\t\n\t3000\t1.5\n\"two\nlines\x1b[31m\"\t4000\t2\n", "name\tn\tx\n"},
		{"markdown", "| name | n | x |\n| --- | ---: | ---: |\n| a\\|b | 0 | 0 |\n| 'NULL' | NULL | NULL |\n| NULL | 3000 | 1.5 |\n| two\\\\nlines\\\\x1b[31m | 4000 | 2 |\n",
			"| name | n | x |\n| --- | ---: | ---: |\n"},
	} {
		t.Run(c.form, func(t *testing.T) {
			want := strings.TrimPrefix(c.want, "\n")
			require.Equal(t, squeeze(want), squeeze(print(t, Options{Form: c.form}, 1)))
			require.Equal(t, c.empty, print(t, Options{Form: c.form}, 0))
			require.Equal(t, print(t, Options{Form: c.form, Live: true}, 1), print(t, Options{Form: c.form}, 1))
		})
	}
}

// squeeze makes runs of spaces and rules one, for a table's layout has a test of
// its own.
func squeeze(s string) string {
	for _, r := range []string{" ", "─"} {
		for strings.Contains(s, r+r) {
			s = strings.ReplaceAll(s, r+r, r)
		}
	}
	return s
}

func TestJSONOfManyBatchesIsOneArray(t *testing.T) {
	var rows []map[string]any
	require.NoError(t, json.Unmarshal([]byte(print(t, Options{Form: "json"}, 3)), &rows))
	require.Len(t, rows, 12)
}

func TestTableIsAligned(t *testing.T) {
	for _, width := range []int{0, 24, 5} {
		lines := strings.Split(strings.TrimSuffix(print(t, Options{Form: "table", Terminal: width > 0, Width: width}, 1), "\n"), "\n")
		require.Len(t, lines, 6)
		at := strings.IndexRune(lines[1], '┼')
		for i, l := range lines {
			runes := []rune(l)
			if i != 1 {
				require.Equal(t, '│', runes[len([]rune(lines[1][:at]))], l)
			}
			if width == 24 {
				require.LessOrEqual(t, len(runes), width, l)
			}
		}
		require.Equal(t, width > 0, strings.Contains(lines[5], "…"))
	}
	colored := print(t, Options{Form: "table", Terminal: true, Color: true, Width: 80}, 1)
	require.Contains(t, colored, "\x1b[2mNULL\x1b[0m")
	require.NotContains(t, colored, "\x1b[31m")
}

func TestTableOfManyBlocksKeepsItsWidths(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(print(t, Options{Form: "table"}, blockRows/2)), "\n")
	require.Len(t, lines, 2*blockRows+2)
	first, last := lines[2], lines[len(lines)-4]
	require.Equal(t, first, last)
}

func TestArrow(t *testing.T) {
	for _, n := range []int{0, 2} {
		r, err := ipc.NewFileReader(bytes.NewReader([]byte(print(t, Options{Form: "arrow"}, n))))
		require.NoError(t, err)
		require.Equal(t, n, r.NumRecords())
		require.Equal(t, 3, r.Schema().NumFields())
		for i := range n {
			rec, err := r.Record(i)
			require.NoError(t, err)
			require.EqualValues(t, 4, rec.NumRows())
			col := rec.Column(1).(*array.Int64)
			require.True(t, col.IsNull(1))
			require.EqualValues(t, 3000, col.Value(2))
		}
	}
}

func TestCapture(t *testing.T) {
	got := print(t, Options{Form: "capture", Topic: "out"}, 1)
	require.Equal(t, 4, strings.Count(got, "\n"))
	require.True(t, strings.HasPrefix(got, `{"topic":"out","partition":0,"offset":0,`), got)
	require.Contains(t, got, `"payload":"{\"name\":null,\"n\":3000,\"x\":1.5}"}`)
}

func TestAbandonedOutputIsNotFinished(t *testing.T) {
	for _, form := range []string{"json", "arrow"} {
		var out bytes.Buffer
		s, err := New(Options{Form: form, W: &out, Registry: formats}, output)
		require.NoError(t, err)
		pool := vec.NewPool(nil, true)
		sc := pool.Open()
		require.NoError(t, s.Write(context.Background(), batch(sc)))
		sc.Close()
		require.NoError(t, s.Close(context.Background(), false))
		require.False(t, json.Valid(out.Bytes()))
		_, err = ipc.NewFileReader(bytes.NewReader(out.Bytes()))
		require.Error(t, err)
	}
}

type full struct{ after int }

func (f *full) Write(p []byte) (int, error) {
	if f.after--; f.after < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

func TestWriteErrorsComeBack(t *testing.T) {
	for _, form := range Forms {
		s, err := New(Options{Form: form, W: &full{}, Registry: formats, Live: true}, output)
		require.NoError(t, err)
		pool := vec.NewPool(nil, true)
		sc := pool.Open()
		err = s.Write(context.Background(), batch(sc))
		sc.Close()
		err = errors.Join(err, s.Flush(context.Background()))
		if form == "parquet" { // a row group is written when it is full
			err = s.Close(context.Background(), true)
		}
		require.ErrorIs(t, err, io.ErrShortWrite, form)
	}
}

func TestCheck(t *testing.T) {
	for form, want := range map[string]string{"table": "", "arrow": "", "parquet": "", "avro": "", "xml": `unknown output "xml"; known: table, jsonl`} {
		if err := Check(form, false); want == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, want)
		}
	}
	require.ErrorContains(t, Check("arrow", true), "binary")
	require.ErrorContains(t, Check("parquet", true), "output parquet is binary")
	require.ErrorContains(t, Check("avro", true), "output avro is binary")
}

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{"": "", "größe 😀": "größe 😀", "a\tb": `a\tb`, "\xffa\n": "�a\\n", "\u202e": `\u202e`} {
		require.Equal(t, want, visible(in), strconv.Quote(in))
	}
}
