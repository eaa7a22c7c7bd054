package std_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/all"
	"github.com/velostream/velo/ingest/ingesttest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func generator(t testing.TB, fields []arrow.Field, kv map[string]string) ingest.Connector {
	g, ok := all.New().Source("generator_source")
	require.True(t, ok)
	c, err := g.Open(context.Background(), all.New(), ingest.SourceSpec{Name: "g", Props: ingest.PropsOf(kv), Columns: arrow.NewSchema(fields, nil), Env: ingest.Env{Start: 1000}})
	require.NoError(t, err)
	return c
}

func TestGenerator(t *testing.T) {
	fields := ingesttest.Scalars()
	ingesttest.Source(t, func(t testing.TB) ingest.Connector {
		return generator(t, fields, map[string]string{"rows": "500", "nulls": "10", "rate": "1000000"})
	})
	one := ingesttest.Read(t, generator(t, fields, map[string]string{"rows": "9"}), ingesttest.Options{})
	other := ingesttest.Read(t, generator(t, fields, map[string]string{"rows": "9", "seed": "2"}), ingesttest.Options{})
	require.Len(t, one.Rows, 9)
	require.NotContains(t, strings.Join(one.Rows, ""), "<null>")
	require.NotEqual(t, one.Rows, other.Rows)
	require.False(t, generator(t, fields, nil).Bounded())
	g, _ := all.New().Source("generator_source")
	for _, spec := range []ingest.SourceSpec{
		{Name: "g", Props: ingest.NewProps()},
		{Name: "g", Props: ingest.NewProps(), Columns: arrow.NewSchema([]arrow.Field{{Name: "l", Type: arrow.ListOf(vec.TypeInt64)}}, nil)},
		{Name: "g", Props: ingest.PropsOf(map[string]string{"nulls": "101"}), Columns: arrow.NewSchema(fields, nil)},
	} {
		_, err := g.Open(context.Background(), all.New(), spec)
		require.ErrorIs(t, err, ingest.ErrUsage)
	}
}

func TestSinks(t *testing.T) {
	ctx := context.Background()
	pool := vec.NewPool(nil, true)
	sc := pool.Open()
	defer sc.Close()
	a := vec.NewBuilder(sc, vec.TypeInt64, 3)
	for i := range 3 {
		a.Int64(int64(i))
	}
	b := &arrowexec.Batch{Scope: sc, N: 3, Cols: []*vec.Vec{a.Finish()}, Sel: vec.Sel{0, 2}}
	for format, want := range map[string]string{"": "{\"a\":0}\n{\"a\":2}\n", "csv": "a\n0\n2\n", "string": "0\n2\n"} {
		var out bytes.Buffer
		spec := ingest.SinkSpec{Name: "s", Props: ingest.NewProps(), Env: ingest.Env{Stdout: &out},
			Output: ingest.Output{Fields: []arrow.Field{{Name: "a", Type: vec.TypeInt64}}, Key: -1, Headers: -1, Time: -1, Deleted: -1}}
		if format != "" {
			spec.Props.Set("format", format, "")
		}
		for name, text := range map[string]string{"stdout_sink": want, "blackhole_sink": ""} {
			out.Reset()
			st, ok := all.New().Sink(name)
			require.True(t, ok)
			s, err := st.Open(ctx, all.New(), spec)
			require.NoError(t, err)
			require.NoError(t, s.Write(ctx, b))
			require.Equal(t, text, out.String(), "rows are shown at once")
			require.NoError(t, s.Flush(ctx))
			require.NoError(t, s.Close(ctx, true))
			require.NoError(t, s.Close(ctx, true))
			require.Equal(t, int64(2), s.Stats().Rows)
			require.Equal(t, text, out.String())
		}
	}
}
