package recordkey

import (
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/format/json"
)

func TestKeys(t *testing.T) {
	for _, tc := range []struct {
		props map[string]string
		key   string
		want  []string // of b BIGINT, a STRING; nil is an error
	}{
		{map[string]string{"key.fields": "a, b"}, "x|5", []string{"5", "x"}},
		{map[string]string{"key.fields": "a,b"}, `x\|y\\|5`, []string{"5", `x|y\`}},
		{map[string]string{"key.fields": "a,b"}, "x|", []string{"<null>", "x"}},
		{map[string]string{"key.fields": "a,b"}, "|5", []string{"5", "<null>"}},
		{map[string]string{"key.fields": "a,b"}, "x", nil},
		{map[string]string{"key.fields": "a,b"}, "x|y", nil},
		{map[string]string{"key.fields": "a,b", "key.format": "json"}, `{"b":7,"a":"z"}`, []string{"7", "z"}},
		{map[string]string{"key.fields": "a,b", "key.format": "json"}, `7`, nil},
	} {
		pool := vec.NewPool(nil, true)
		sc := pool.Open()
		f, err := FieldsOf(ingest.PropsOf(tc.props), nil)
		require.NoError(t, err)
		want := []arrow.Field{{Name: "b", Type: vec.TypeInt64, Nullable: true}, {Name: "a", Type: vec.TypeString, Nullable: true}}
		c, err := New(f, want, json.Format())
		require.NoError(t, err)
		cols := []*vec.Builder{vec.NewBuilder(sc, vec.TypeInt64, 1), vec.NewBuilder(sc, vec.TypeString, 1)}
		_, cause := c.Append(nil, cols)
		require.NoError(t, cause)
		_, cause = c.Append([]byte(tc.key), cols)
		if tc.want == nil {
			require.Error(t, cause, tc.key)
			require.Equal(t, 1, cols[0].N)
			require.Equal(t, 1, cols[1].N)
			continue
		}
		require.NoError(t, cause, tc.key)
		for i, b := range cols {
			v := b.Finish()
			require.True(t, v.IsNull(0))
			got := "<null>"
			if !v.IsNull(1) {
				got = string(text.AppendValue(nil, v, 1))
			}
			require.Equal(t, tc.want[i], got, tc.key)
		}
		sc.Close()
	}
	_, err := FieldsOf(ingest.PropsOf(map[string]string{"key.fields": "a,,b"}), nil)
	require.ErrorIs(t, err, ingest.ErrUsage)
	f, err := FieldsOf(ingest.PropsOf(map[string]string{"key.fields": "K"}), nil)
	require.NoError(t, err)
	s := f.Extend(arrow.NewSchema([]arrow.Field{{Name: "v", Type: vec.TypeInt64}}, nil))
	require.Equal(t, "K", s.Field(1).Name)
	require.Equal(t, 0, f.Index("k"))
}
