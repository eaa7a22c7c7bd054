package vec

import (
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"
)

func TestGiveCopiesNothingThatFillsABlock(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	p := NewPool(mem, true)
	defer p.Close()
	s := p.Open()
	v := s.New(TypeInt64, 1024)
	small := s.New(TypeInt64, 600)
	for i := range Values[int64](v) {
		Values[int64](v)[i] = int64(i)
	}
	copy(small.Buf, v.Buf)
	a := s.Give(mem, v, 1024, nil).(*array.Int64)
	require.Same(t, &Values[int64](v)[0], &a.Int64Values()[0])
	twice := s.Give(mem, v, 1024, nil).(*array.Int64)
	require.NotSame(t, &Values[int64](v)[0], &twice.Int64Values()[0], "it is given once")
	part := s.Give(mem, v, 1024, Sel{3, 5}).(*array.Int64)
	less := s.Give(mem, small, 600, nil).(*array.Int64)
	require.NotSame(t, &Values[int64](small)[0], &less.Int64Values()[0], "a block that is half empty stays")
	s.Close()
	require.Equal(t, int64(1023), a.Value(1023))
	require.Equal(t, []int64{3, 5}, part.Int64Values())
	require.Equal(t, int64(599), less.Value(599))
	require.Equal(t, 1024, twice.Len())
	for _, a := range []arrow.Array{a, twice, part, less} {
		a.Release()
	}
	require.Zero(t, p.OpenScopes())

	s = p.Open()
	v = s.New(TypeInt64, 1024)
	a = s.Give(mem, v, 1024, nil).(*array.Int64)
	defer a.Release()
	Values[int64](v)[0]++
	require.Panics(t, s.Close, "who writes to what was given is found out in tests")
}

func TestAdoptTakesOnlyMemoryOfRecordsThatLast(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	p := NewPool(mem, true)
	defer p.Close()
	s, own := p.Open(), p.Open()
	b := NewBuilder(s, TypeString, 3)
	for _, x := range []string{"a", "bc", "def"} {
		b.String(x)
	}
	made := b.Finish()
	arr := ToArrow(mem, made, 3, nil)
	rec := array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: "s", Type: TypeString}}, nil), []arrow.Array{arr}, 3)
	arr.Release()
	s.Keep(rec)
	v, err := FromArrow(s, rec.Column(0))
	require.NoError(t, err)
	_, ok := own.Adopt(s, []*Vec{v})
	require.False(t, ok, "it does not last")
	s.Lasts()
	_, ok = own.Adopt(s, []*Vec{v, made})
	require.False(t, ok, "not all is the record's")
	cols, ok := own.Adopt(s, []*Vec{v})
	require.True(t, ok)
	rec.Release()
	s.Close()
	require.Equal(t, "def", cols[0].StringAt(2))
	own.Close()
	s = p.Open()
	require.False(t, s.lasts, "a scope that is used again")
	s.Close()
}
