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
				got, plain, err := c.Split(ranges{in, most}, 0, int64(len(in)), int64(from))
				require.NoError(t, err)
				require.False(t, plain)
				want := int64(next)
				if next == len(in) {
					want = -1
				}
				require.Equal(t, want, got, from)
			}
		}
	}
	full := strings.Repeat(`"a","b"`+"\n", 400_000)
	got, plain, err := c.Split(ranges{full, len(full)}, 0, int64(len(full)), 3_000_000)
	require.NoError(t, err)
	require.Equal(t, int64(-1), got, "splitting is given up where it costs as much as decoding")
	require.False(t, plain)
	got, plain, err = c.Split(ranges{"a,b\nc,d\n\"e\",f\n", 3}, 0, 16, 3)
	require.NoError(t, err)
	require.Equal(t, int64(4), got)
	require.True(t, plain)
}

// FuzzSplit: in any text, broken quotes too, following the quotes finds the starts of
// records that decoding finds.
func FuzzSplit(f *testing.F) {
	for _, s := range []string{
		"1,\"a\n\"\"b\",x\"\n2,c\n", "a,b\r\n\"x\r\n\"\r\n", "\"a\"x,\"b\nc\"\nd\n", "a\"b\n\"c\"\"\n\"\nd\n", "x,\"never closed\n1,2\n3,4\n", "\n\n\"\n\n\"\n\r\n",
		"\"a\" ,\"b\n\"\n", "\"\"\"\n,\"\n\"\"", "\"a\"\rb\n\"c\n\"", "a,\r\"b\n\"\n", "\"", "\"\"", "\n",
	} {
		f.Add(s)
	}
	sd, err := Format().NewStream(ingest.PropsOf(map[string]string{"csv.header": "false"}), arrow.NewSchema([]arrow.Field{col("a", vec.TypeString)}, nil), nil)
	require.NoError(f, err)
	c := sd.(*decoder)
	f.Fuzz(func(t *testing.T, in string) {
		if len(in) > 200 {
			return
		}
		rows := &ingest.Rows{Bad: func(int, string, error) error { return nil }}
		var spans []ingest.Span
		_, err := c.DecodeStream([]byte(in), true, 1000, rows, &spans)
		require.NoError(t, err)
		begins := map[int]bool{}
		for _, s := range spans {
			begins[int(s.From)] = true
		}
		inside := func(at int) bool { // of a record, behind its first byte
			for _, s := range spans {
				if at > int(s.From) && at < int(s.To) {
					return true
				}
			}
			return false
		}
		for at := 1; at < len(in); at++ {
			for _, most := range []int{1, 7, 1000} {
				got, plain, err := c.Split(ranges{in, most}, 0, int64(len(in)), int64(at))
				require.NoError(t, err)
				require.Equal(t, got >= 0 && !strings.Contains(in[:max(got, 0)], `"`), plain, "%q: at %d of %d", in, got, at)
				if got >= 0 {
					require.False(t, inside(int(got)), "%q: at %d of %d", in, got, at)
					require.True(t, in[got-1] == '\n', "%q: at %d of %d", in, got, at)
					require.GreaterOrEqual(t, got, int64(at))
				}
				for next := at; next < len(in) && (got < 0 || int64(next) < got); next++ {
					require.False(t, begins[next], "%q: a record at %d was passed over from %d", in, next, at)
				}
			}
		}
	})
}

// ranges gives a text, so many bytes at a time at most.
type ranges struct {
	text string
	most int
}

func (r ranges) Range(at int64, n int) ([]byte, error) {
	return []byte(r.text[at : int(at)+min(n, r.most)]), nil
}
