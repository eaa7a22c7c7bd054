package vec

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPrefetchAndPartTakeAnyRange(t *testing.T) {
	p := NewPool(nil, true)
	defer p.Close()
	s := p.Open()
	defer s.Close()
	v := s.NewLarge(TypeInt64, 300)
	for i := range v.Len {
		Values[int64](v)[i] = int64(i)
	}
	was := slices.Clone(v.Buf)
	words, texts := s.NewShorts(TypeString, 300, 7), s.NewShorts(TypeString, 300, 15)
	for from := 0; from <= 300; from += 60 {
		for to := from; to <= 300; to += 75 {
			v.Prefetch(from, to)
			words.Prefetch(from, to)
			texts.Prefetch(from, to)
			part := s.Part(v, from, to)
			require.Equal(t, to-from, part.Len)
			require.Equal(t, Values[int64](v)[from:to], append([]int64{}, Values[int64](part)...))
		}
	}
	require.Equal(t, was, v.Buf)
}
