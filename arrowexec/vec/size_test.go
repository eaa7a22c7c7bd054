package vec

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSize(t *testing.T) {
	s := NewPool(nil, false).Open()
	defer s.Close()
	ints := s.New(TypeInt64, 10)
	require.EqualValues(t, 80, ints.Size())
	b := NewBuilder(s, TypeString, 2)
	b.String("abc")
	b.String("de")
	text := b.Finish()
	require.EqualValues(t, 3*4+5, text.Size())
	part := *text
	part.Offsets, part.Len = text.Offsets[1:], 1
	require.EqualValues(t, 2*4+2, part.Size(), "a part counts what it shows")
}
