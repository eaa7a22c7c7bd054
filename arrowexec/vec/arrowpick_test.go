package vec

import (
	"testing"

	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"
)

// A column may have more rows than its batch, in a dictionary too: only the batch's go.
func TestToArrowOfABatchsRowsOnly(t *testing.T) {
	p := NewPool(nil, true)
	s := p.Open()
	defer s.Close()
	b := NewBuilder(s, TypeString, 2)
	b.String("sixteen letters.")
	b.String("x")
	v := &Vec{Type: TypeString, Kind: String, Len: 5, Dict: b.Finish(), Buf: BytesOf([]int32{1, 0, 1, 1, 0})}
	for _, sel := range []Sel{nil, {0, 1, 2}} {
		a := ToArrow(memory.DefaultAllocator, v, 3, sel).(*array.String)
		require.Equal(t, 3, a.Len())
		for i, want := range []string{"x", "sixteen letters.", "x"} {
			require.Equal(t, want, a.Value(i))
		}
		a.Release()
	}
}
