package expr

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/velostream/velo/arrowexec/vec"
)

// A search through all rows at once finds the rows that each for itself would match.
func TestScanOfAllRows(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 8))
	pool := vec.NewPool(nil, true)
	for _, pattern := range []string{"%a%", "%ab%", "%aba%", "%a%b%", "%ab%%ba%", "%a%b", "%%b%a%", "%é%a%"} {
		p, err := compileLike(pattern, '\\', false)
		require.NoError(t, err)
		require.True(t, p.within(), pattern)
		for _, n := range []int{1, 2, 50} {
			for range 50 {
				s := pool.Open()
				b := vec.NewBuilder(s, vec.TypeString, n+2)
				for range n + 2 {
					text := ""
					size := 6
					if rnd.IntN(4) == 0 {
						size = 30
					}
					for range rnd.IntN(size) {
						text += string([]rune("abcé")[rnd.IntN(4)])
					}
					b.String(text)
				}
				v := s.Slice(b.Finish(), 1, n+1)
				for _, not := range []bool{false, true} {
					want := vec.Sel{}
					for i := range n {
						if p.match(v.BytesAt(i)) != not {
							want = append(want, int32(i))
						}
					}
					out := make(vec.Sel, n)
					require.Equal(t, want, out[:p.scan(v, n, not, out)], "%s %v", pattern, not)
				}
				s.Close()
			}
		}
	}
	for _, pattern := range []string{"%", "", "a%", "%a", "a%b%", "%a_%"} {
		p, err := compileLike(pattern, '\\', false)
		require.NoError(t, err)
		require.False(t, p.within(), pattern)
	}
}
