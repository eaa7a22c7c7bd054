package parquet

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
)

// Chunks use the memory of chunks that are closed, of other scans and other groups: what
// was read stays as it was.
func TestScansAtOnceUseMemoryAgain(t *testing.T) {
	for _, name := range []string{"dict", "plain", "delta", "fallback"} {
		data := testdata(t, "many-"+name)
		whole := read(t, data, nil, 1024).rows
		r, err := Open(input(data))
		require.NoError(t, err)
		fields := r.Schema().Fields()
		var wg sync.WaitGroup
		got := make([][]string, 5*len(r.Groups()))
		for i := range got {
			wg.Go(func() {
				g := i % 5
				s, err := r.Scan(fields, g, g+1)
				if !assert.NoError(t, err) {
					return
				}
				pool := vec.NewPool(nil, true)
				sc := pool.Open()
				rows, err := s.Next(sc, 1000)
				assert.NoError(t, err)
				assert.NoError(t, s.Close())
				for k := range rows.N {
					line := []byte{}
					for c, f := range fields {
						line = append(text.AppendJSON(append(line, f.Name+":"...), rows.Cols[c], k, false), ' ')
					}
					got[i] = append(got[i], strings.TrimSuffix(string(line), " "))
				}
				sc.Close()
			})
		}
		wg.Wait()
		for i, rows := range got {
			from := i % 5 * 700
			require.Equal(t, whole[from:min(from+700, len(whole))], rows, name)
		}
		require.NoError(t, r.Close())
	}
}
