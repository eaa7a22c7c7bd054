package avro

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/ingesttest"
)

func containerInput(data []byte) ingest.FileInput {
	return ingest.FileInput{Name: "f.avro", Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }}
}

// tryContainer reads the wanted columns, nil for all; what was read before an
// error is there too.
func tryContainer(data []byte, want []arrow.Field, batch int) (rows, bad []string, err error) {
	r, err := FileFormat().Open(containerInput(data))
	if err != nil {
		return nil, nil, err
	}
	if want == nil {
		want = r.Schema().Fields()
	}
	s, err := r.Scan(want, 0, -1)
	if err != nil {
		return nil, nil, err
	}
	defer s.Close()
	pool := vec.NewPool(nil, true)
	defer pool.Close()
	for at := 0; ; {
		sc := pool.Open()
		got, err := s.Next(sc, batch)
		if err != nil {
			sc.Close()
			if err == io.EOF {
				err = nil
			}
			return rows, bad, err
		}
		for i := range got.N {
			var line []byte
			for _, c := range got.Cols {
				line = append(text.AppendJSON(line, c, i, false), ' ')
			}
			rows = append(rows, string(line))
		}
		for _, b := range got.Bad {
			bad = append(bad, fmt.Sprintf("%d %s: %v", at+b.Row, b.Field, b.Cause))
		}
		at += got.Read
		sc.Close()
	}
}

func containerFile(t testing.TB, name string) []byte {
	b, err := os.ReadFile(filepath.Join("testdata", name+".avro"))
	require.NoError(t, err)
	return b
}

func TestContainers(t *testing.T) {
	for _, name := range []string{"null", "deflate", "snappy", "bzip2"} {
		data := containerFile(t, name)
		for _, batch := range []int{1, 7, 1000} {
			rows, bad, err := tryContainer(data, nil, batch)
			require.NoError(t, err)
			require.Empty(t, bad)
			require.Len(t, rows, 40)
			require.Equal(t, `0 null 0.00 "2024-01-01T00:00:00.000000Z" [] {"int":null,"string":"x"} "2024-02-28" `, rows[0])
			require.Equal(t, `5 "v5" 1.25 "2024-01-01T00:00:00.000005Z" [0,1] {"int":5,"string":null} "2024-03-04" `, rows[5])
		}
		for n := 0; n < len(data); n += 31 { // cut anywhere: the rows before, then an error
			rows, _, err := tryContainer(data[:n], nil, 3)
			if err == nil { // between two blocks there is nothing to see of a cut
				require.Less(t, len(rows), 40)
				continue
			}
			require.ErrorContains(t, err, "f.avro: ")
		}
		for i := 0; i < len(data); i += 5 {
			damaged := bytes.Clone(data)
			damaged[i] ^= byte(1 + i%255)
			_, _, _ = tryContainer(damaged, nil, 100)
		}
	}
	id := []arrow.Field{{Name: "id", Type: vec.TypeInt8, Nullable: true}, {Name: "none", Type: vec.TypeString, Nullable: true}}
	rows, _, err := tryContainer(containerFile(t, "snappy"), id, 7)
	require.NoError(t, err)
	require.Equal(t, "39 null ", rows[39])
	_, _, err = tryContainer(containerFile(t, "xz"), nil, 7)
	require.EqualError(t, err, "f.avro: the blocks are packed by xz, which velo does not read; write the file with deflate, snappy or zstandard")
	_, _, err = tryContainer([]byte("id,s\n1,2\n"), nil, 7)
	require.ErrorContains(t, err, "no Avro container file")
}

func TestContainerBadRows(t *testing.T) {
	fields := []arrow.Field{{Name: "id", Type: vec.TypeInt64, Nullable: true}, {Name: "s", Type: vec.TypeString, Nullable: true}}
	data := writtenContainer(t, nil, fields, 300, func(cols []*vec.Builder, i int) {
		cols[0].Int64(int64(i))
		cols[1].String("x")
	})
	rows, bad, err := tryContainer(data, []arrow.Field{fields[1], {Name: "id", Type: vec.TypeInt8, Nullable: true}}, 50)
	require.NoError(t, err)
	require.Len(t, rows, 128)
	require.Len(t, bad, 172)
	require.Equal(t, "128 id: out of range", bad[0])
}

func writtenContainer(t *testing.T, props map[string]string, fields []arrow.Field, n int, fill func([]*vec.Builder, int)) []byte {
	var buf bytes.Buffer
	w, err := FileFormat().NewWriter(&buf, ingest.PropsOf(props), fields)
	require.NoError(t, err)
	pool := vec.NewPool(nil, true)
	defer pool.Close()
	for from := 0; from < n; from += 100 {
		sc := pool.Open()
		var cols []*vec.Builder
		for _, f := range fields {
			cols = append(cols, vec.NewBuilder(sc, f.Type, 1))
		}
		for i := from; i < min(n, from+100); i++ {
			fill(cols, i)
		}
		b := &arrowexec.Batch{Scope: sc, N: cols[0].N}
		for _, c := range cols {
			b.Cols = append(b.Cols, c.Finish())
		}
		require.NoError(t, w.Write(b))
		sc.Close()
	}
	require.NoError(t, w.Close())
	return buf.Bytes()
}

func TestContainerRoundTrip(t *testing.T) {
	fields := ingesttest.Scalars()
	var first []string
	for _, codec := range []string{"none", "deflate", "snappy", "zstd"} {
		data := writtenContainer(t, map[string]string{"compression.type": codec}, fields, 1500, ingesttest.Fill)
		rows, bad, err := tryContainer(data, fields, 512)
		require.NoError(t, err)
		require.Empty(t, bad)
		require.Len(t, rows, 1500)
		if first == nil {
			first = rows
		}
		require.Equal(t, first, rows)
	}
	rows, _, err := tryContainer(writtenContainer(t, nil, fields, 0, nil), nil, 10)
	require.NoError(t, err)
	require.Empty(t, rows)
	_, err = FileFormat().NewWriter(io.Discard, ingest.PropsOf(map[string]string{"compression.type": "gzip"}), fields)
	require.ErrorIs(t, err, ingest.ErrUsage)
}

func FuzzContainer(f *testing.F) {
	for _, name := range []string{"null", "deflate", "snappy", "bzip2"} {
		f.Add(containerFile(f, name))
	}
	f.Fuzz(func(_ *testing.T, data []byte) { _, _, _ = tryContainer(data, nil, 100) })
}
