package vec

import (
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"
)

func TestDictionaryOfBooleansIsSpeltOut(t *testing.T) {
	mem := memory.NewGoAllocator()
	bb := array.NewBooleanBuilder(mem)
	bb.AppendValues([]bool{false, true}, nil)
	ib := array.NewInt8Builder(mem)
	ib.AppendValues([]int8{1, 0, 1, 1}, []bool{true, true, false, true})
	dt := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.FixedWidthTypes.Boolean}
	a := array.NewDictionaryArray(dt, ib.NewArray(), bb.NewArray())
	p := NewPool(nil, true)
	s := p.Open()
	defer s.Close()
	v, err := FromArrow(s, a)
	require.NoError(t, err)
	require.Nil(t, v.Dict)
	require.True(t, v.BoolAt(0))
	require.False(t, v.BoolAt(1))
	require.True(t, v.IsNull(2))
	require.True(t, v.BoolAt(3))
}
