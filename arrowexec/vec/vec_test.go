package vec

import (
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"
)

func TestBuilderTruncateDuplicateAndNull(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	p := NewPool(mem, true)
	s := p.Open()
	b := NewBuilder(s, TypeString, 1)
	for i := range 300 {
		b.String("first")
		b.Truncate(i)
		if i%3 == 0 {
			b.Null()
		} else {
			b.String("second")
		}
	}
	v := b.Finish()
	require.Equal(t, 300, v.Len)
	for i := range 300 {
		require.Equal(t, i%3 == 0, v.IsNull(i), i)
		if i%3 != 0 {
			require.Equal(t, "second", v.StringAt(i))
		}
	}
	sel := Sel{1, 2, 3, 299}
	g := s.Gather(v, sel)
	require.Equal(t, 4, g.Len)
	require.True(t, g.IsNull(2))
	require.Equal(t, "second", g.StringAt(3))
	sl := s.Slice(v, 3, 10)
	require.True(t, sl.IsNull(0))
	require.False(t, sl.IsNull(1))
	s.Close()
	require.Zero(t, p.OpenScopes())
	p.Close()
	mem.AssertSize(t, 0)
}

func TestArrowRoundTripSlicedNestedDictionary(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	lb := array.NewListBuilder(mem, arrow.PrimitiveTypes.Int64)
	eb := lb.ValueBuilder().(*array.Int64Builder)
	for i := range 20 {
		if i%5 == 0 {
			lb.AppendNull()
			continue
		}
		lb.Append(true)
		for e := range i % 4 {
			eb.Append(int64(i*10 + e))
		}
	}
	list := lb.NewArray()
	lb.Release()
	defer list.Release()
	sliced := array.NewSlice(list, 3, 17)
	defer sliced.Release()

	db := array.NewDictionaryBuilder(mem, &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}).(*array.BinaryDictionaryBuilder)
	for i := range 20 {
		if i%7 == 3 {
			db.AppendNull()
		} else {
			require.NoError(t, db.AppendString(string(rune('a'+i%3))))
		}
	}
	dict := db.NewArray()
	db.Release()
	defer dict.Release()
	dsl := array.NewSlice(dict, 2, 20)
	defer dsl.Release()

	p := NewPool(mem, true)
	defer p.Close()
	s := p.Open()
	defer s.Close()
	v, err := FromArrow(s, sliced)
	require.NoError(t, err)
	back := ToArrow(mem, v, v.Len, nil)
	defer back.Release()
	require.True(t, array.Equal(sliced, back), "%v\n%v", sliced, back)

	dv, err := FromArrow(s, dsl)
	require.NoError(t, err)
	require.NotNil(t, dv.Dict)
	for i := range dv.Len {
		require.Equal(t, (i+2)%7 == 3, dv.IsNull(i))
		if !dv.IsNull(i) {
			require.Equal(t, string(rune('a'+(i+2)%3)), dv.StringAt(i))
		}
	}
	flat := s.Flat(dv)
	require.Nil(t, flat.Dict)
	require.Equal(t, dv.StringAt(0), flat.StringAt(0))
}

func TestScopeCloseTwiceReusesAndPoisons(t *testing.T) {
	p := NewPool(nil, true)
	s := p.Open()
	b := s.Bytes(10000)
	b[0] = 7
	s.Close()
	require.Equal(t, byte(0xDB), b[0])
	s = p.Open()
	c := s.Bytes(9000)
	require.Same(t, &b[0], &c[0])
	s.Close()
	live, held, _ := p.Stats()
	require.Zero(t, live)
	require.Positive(t, held)
	p.Close()
	_, held, _ = p.Stats()
	require.Zero(t, held)
}

// A column is full when its bytes no longer fit the limit, not before, whatever the
// size class of its memory; so is one that is gathered.
func TestTooMuch(t *testing.T) {
	p := NewPool(nil, true)
	defer p.Close()
	p.LimitData(1000)
	s := p.Open()
	defer s.Close()
	b := NewBuilder(s, TypeString, 4)
	for range 10 {
		b.Bytes(make([]byte, 100))
	}
	require.PanicsWithError(t, "one column of text or bytes holds more than 1000 bytes", func() { b.Bytes([]byte("x")) })
	b.Null()
	v := b.Finish()
	require.Equal(t, 11, v.Len)
	require.Equal(t, 9, s.Take(v, []int32{0, 1, 2, 3, 4, 5, 6, 7, 8}, false).Len)
	require.Panics(t, func() { s.Take(v, []int32{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, false) })
	w := NewBuilder(s, TypeString, 4)
	w.AppendSel(v, nil)
	require.Panics(t, func() { w.AppendSel(v, Sel{0}) })
}

// lender counts what comes back.
type lender struct{ returned, poisoned int }

func (l *lender) Return(poison bool) {
	l.returned++
	if poison {
		l.poisoned++
	}
}

func TestBorrow(t *testing.T) {
	for _, poison := range []bool{false, true} {
		p, l := NewPool(nil, poison), &lender{}
		s := p.Open()
		s.Borrow(l)
		s.Borrow(l)
		require.Zero(t, l.returned)
		s.Close()
		require.Equal(t, 2, l.returned)
		require.Equal(t, poison, l.poisoned == 2)
		p.Open().Close() // the same scope again: nothing is lent
		require.Equal(t, 2, l.returned)
		p.Close()
	}
}

func TestShortsAreTheTexts(t *testing.T) {
	for _, most := range []int{15, 7} {
		shorts(t, most)
	}
}

func shorts(t *testing.T, most int) {
	p := NewPool(nil, true)
	s := p.Open()
	defer s.Close()
	b := NewBuilder(s, TypeString, 4)
	var want []string
	for i := range 300 {
		want = append(want, strings.Repeat("x", i%most)+string(rune('a'+i%7)))
		b.String(want[i])
	}
	v := s.Slice(b.Finish(), 3, 299)
	want = want[3:299]
	longest, ok := v.Longest()
	require.True(t, ok)
	packed := s.NewShorts(v.Type, v.Len, longest)
	to := make([]int32, v.Len)
	for i := range to {
		to[i] = int32((i*7 + 5) % v.Len)
	}
	packed.Scatter(v, to)
	for _, rows := range [][]int32{{}, {0}, {295, 0, 7, 7}, {1, 2, 3}} {
		places := make([]int32, len(rows))
		for j, r := range rows {
			places[j] = to[r]
		}
		got := packed.Take(s, places)
		require.Equal(t, len(rows), got.Len)
		plain := s.Take(v, rows, false)
		for j, r := range rows {
			require.Equal(t, want[r], got.StringAt(j))
			require.Equal(t, want[r], plain.StringAt(j))
		}
	}
	b = NewBuilder(s, TypeString, 1)
	b.String("sixteen letters.")
	n, ok := b.Finish().Longest()
	require.True(t, ok)
	require.Greater(t, n, LongestShort)
	b.Null()
	_, ok = b.Finish().Longest()
	require.False(t, ok)
}
