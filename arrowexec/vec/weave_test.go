package vec

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWeaveOfEveryKind(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 5))
	for _, kind := range everyType {
		for round := range 12 {
			p := NewPool(nil, true)
			sc := p.Open()
			count := 1 + r.IntN(4)
			nulls, n := round%2 == 0, r.IntN(100)
			b, to, next := make([]*Builder, count), make([][]int32, count), make([]uint16, n)
			for k := range b {
				b[k] = NewBuilder(sc, kind, 0)
			}
			want := []any{}
			for i := range n {
				k := r.IntN(count)
				next[i], to[k] = uint16(k), append(to[k], int32(i))
				want = append(want, put(r, b[k], nulls && (k == 0 || round%4 == 0)))
			}
			parts := make([]*Vec, count)
			for k := range b {
				parts[k] = b[k].Finish()
			}
			out := sc.Weave(parts, next, to)
			require.Equal(t, n, out.Len)
			require.Nil(t, out.Dict)
			same(t, want, out)
			sc.Close()
			require.Zero(t, p.OpenScopes())
		}
	}
}

func TestSharedScopesAreClosedByTheLast(t *testing.T) {
	p := NewPool(nil, true)
	for range 2 {
		sc := p.Open()
		b := sc.Bytes(100)
		b[0] = 1
		sc.Share(1)
		sc.Share(1)
		for range 2 {
			sc.Close()
			require.Equal(t, 1, p.OpenScopes())
			require.EqualValues(t, 1, b[0])
		}
		sc.Close()
		require.Zero(t, p.OpenScopes())
		require.EqualValues(t, 0xDB, b[0])
	}
}
