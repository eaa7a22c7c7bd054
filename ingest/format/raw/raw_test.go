package raw

import (
	"fmt"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/ingesttest"
)

func TestConformance(t *testing.T) {
	fill := func(b []*vec.Builder, i int) { b[0].String(fmt.Sprintf("v%d é", i)) }
	for _, f := range []ingest.Format{Format(), String()} {
		s, err := f.Fixed(ingest.NewProps())
		require.NoError(t, err)
		ingesttest.Format(t, f, nil, s.Fields(), fill)
	}
}

func TestPayloads(t *testing.T) {
	pool := vec.NewPool(nil, true)
	sc := pool.Open()
	defer sc.Close()
	f := []arrow.Field{{Name: Column, Type: vec.TypeString, Nullable: true}}
	d, err := String().NewDecoder(ingest.NewProps(), nil, f)
	require.NoError(t, err)
	var bad []int
	rows := &ingest.Rows{Cols: []*vec.Builder{vec.NewBuilder(sc, vec.TypeString, 1)}, Bad: func(i int, _ string, _ error) error {
		bad = append(bad, i)
		return nil
	}}
	require.NoError(t, d.Decode([][]byte{[]byte("a\nb"), nil, []byte("\xff"), {}}, rows))
	require.Equal(t, []int{2}, bad)
	require.Equal(t, []int32{0, 1, 3}, rows.Kept)
	v := rows.Cols[0].Finish()
	require.True(t, v.IsNull(1), "a tombstone is a row with NULL value")
	require.False(t, v.IsNull(2))
	require.Equal(t, "a\nb", v.StringAt(0))
	f[0].Nullable = false
	d, err = Format().NewDecoder(ingest.NewProps(), nil, f)
	require.NoError(t, err)
	require.NoError(t, d.Decode([][]byte{nil}, rows))
	require.Equal(t, []int{2, 0}, bad)
}

func TestRefused(t *testing.T) {
	two := []arrow.Field{{Name: "a", Type: vec.TypeString}, {Name: "b", Type: vec.TypeString}}
	_, err := Format().NewDecoder(ingest.NewProps(), arrow.NewSchema(two, nil), nil)
	require.ErrorIs(t, err, ingest.ErrUsage)
	_, err = Format().NewEncoder(ingest.NewProps(), ingest.Output{Fields: two, Key: -1, Headers: -1, Time: -1, Deleted: -1})
	require.ErrorContains(t, err, "writes one column")
	_, err = Format().NewStream(ingest.NewProps(), nil, []arrow.Field{{Name: "value", Type: vec.TypeInt64}})
	require.ErrorContains(t, err, "not BIGINT")
}
