package csv

import (
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

func TestBoundaryAndSplit(t *testing.T) {
	in := "1,\"a\n\"\"b\",x\"\n2,c\n3,\"\n\n\",d\n\"\",\n4,e"
	starts := map[int]bool{0: true, len(in): true}
	sd, err := Format().NewStream(ingest.PropsOf(map[string]string{"csv.header": "false"}), arrow.NewSchema([]arrow.Field{col("a", vec.TypeString)}, nil), nil)
	require.NoError(t, err)
	c := sd.(*decoder)
	rows := &ingest.Rows{Bad: func(int, string, error) error { return nil }}
	var spans []ingest.Span
	_, err = c.DecodeStream([]byte(in), true, 100, rows, &spans)
	require.NoError(t, err)
	for _, s := range spans {
		starts[int(s.From)] = true
	}
	for from := 0; from <= len(in); from++ {
		next := from
		for !starts[next] {
			next++
		}
		at, ok := c.Boundary([]byte(in), from)
		if next == len(in) {
			require.False(t, ok && at < len(in), from)
		} else {
			require.True(t, ok, from)
			require.Equal(t, next, at)
		}
		if from > 0 {
			for _, most := range []int{1, 2, 100} {
				got, err := c.Split(ranges{in, most}, 0, int64(len(in)), int64(from))
				require.NoError(t, err)
				want := int64(next)
				if next == len(in) {
					want = -1
				}
				require.Equal(t, want, got, from)
			}
		}
	}
	full := strings.Repeat(`"a","b"`+"\n", 400_000)
	got, err := c.Split(ranges{full, len(full)}, 0, int64(len(full)), 3_000_000)
	require.NoError(t, err)
	require.Equal(t, int64(-1), got, "splitting is given up where it costs as much as decoding")
}

// ranges gives a text, so many bytes at a time at most.
type ranges struct {
	text string
	most int
}

func (r ranges) Range(at int64, n int) ([]byte, error) {
	return []byte(r.text[at : int(at)+min(n, r.most)]), nil
}
