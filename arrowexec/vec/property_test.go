package vec

import (
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"
)

var everyType = []arrow.DataType{
	TypeBool, TypeInt8, TypeInt16, TypeInt32, TypeInt64, TypeFloat32, TypeFloat64, DecimalType(38, 9), TypeString, TypeBinary, TypeDate, TypeTime,
	TypeTimestamp, TypeTimestampMicros, TypeInterval, arrow.ListOf(TypeString), arrow.ListOf(TypeBool), arrow.MapOf(TypeString, TypeInt64),
	arrow.StructOf(arrow.Field{Name: "a", Type: TypeInt16, Nullable: true}, arrow.Field{Name: "b", Type: arrow.ListOf(DecimalType(10, 2)), Nullable: true}),
}

// put appends a random value, or NULL, and gives what get must read back.
func put(r *rand.Rand, b *Builder, nulls bool) any {
	if nulls && r.IntN(4) == 0 {
		b.Null()
		return nil
	}
	x := r.Int64N(1000) - 500
	switch b.Kind {
	case Bool:
		b.Bool(x > 0)
		return x > 0
	case Int8:
		Append(b, int8(x))
		return int64(int8(x))
	case Int16:
		Append(b, int16(x))
	case Int32, Date:
		b.Int32(int32(x))
	case Int64, Time, Timestamp:
		b.Int64(x)
	case Float32:
		Append(b, float32(x)/4)
		return float64(float32(x) / 4)
	case Float64:
		b.Float64(float64(x) / 8)
		return float64(x) / 8
	case Decimal:
		b.Decimal(decimal128.FromI64(x))
		return decimal128.FromI64(x)
	case Interval:
		i := arrow.MonthDayNanoInterval{Months: int32(x), Days: 2, Nanoseconds: x * x}
		Append(b, i)
		return i
	case String, Binary:
		s := []byte("née tombée"[:r.IntN(11)])
		b.Bytes(s)
		return string(s)
	case Struct:
		out := []any{}
		for _, c := range b.Children {
			out = append(out, put(r, c, nulls))
		}
		b.EndStruct()
		return out
	default: // List, Map
		out := []any{}
		for range r.IntN(4) {
			for i, c := range b.Children {
				out = append(out, put(r, c, nulls && (b.Kind == List || i > 0)))
			}
		}
		b.EndList()
		return out
	}
	return x
}

func get(v *Vec, row int) any {
	if v.IsNull(row) {
		return nil
	}
	i := v.At(row)
	if v.Dict != nil {
		v = v.Dict
	}
	switch v.Kind {
	case Bool:
		return Bitmap(v.Buf).Get(i)
	case Float32:
		return float64(Values[float32](v)[i])
	case Float64:
		return Values[float64](v)[i]
	case Decimal:
		return Values[decimal128.Num](v)[i]
	case Interval:
		return Values[arrow.MonthDayNanoInterval](v)[i]
	case String, Binary:
		return string(v.Data[v.Offsets[i]:v.Offsets[i+1]])
	case Struct:
		out := []any{}
		for _, c := range v.Children {
			out = append(out, get(c, i))
		}
		return out
	case List, Map:
		out := []any{}
		for e := int(v.Offsets[i]); e < int(v.Offsets[i+1]); e++ {
			for _, c := range v.Children {
				out = append(out, get(c, e))
			}
		}
		return out
	}
	return v.Int64At(i)
}

func same(t *testing.T, want []any, v *Vec) {
	t.Helper()
	require.Equal(t, len(want), v.Len)
	for i, w := range want {
		require.Equal(t, w, get(v, i), "row %d", i)
	}
}

// layouts are a column in each of the layouts that its type can have.
func layouts(r *rand.Rand, s *Scope, t arrow.DataType, n int, nulls bool) (vs []*Vec, wants [][]any) {
	b := NewBuilder(s, t, 0)
	want := []any{}
	for range n {
		want = append(want, put(r, b, nulls))
	}
	plain := b.Finish()
	vs, wants = append(vs, plain), append(wants, want)
	one := NewBuilder(s, t, 1)
	x := put(r, one, nulls)
	repeated := []any{}
	for range n {
		repeated = append(repeated, x)
	}
	vs, wants = append(vs, s.Repeat(one.Finish(), n)), append(wants, repeated)
	if plain.Kind == String || plain.Kind == Binary {
		values := NewBuilder(s, t, 5)
		words := []any{}
		for range 5 {
			words = append(words, put(r, values, false))
		}
		idx, picked := Slice[int32](s, n), []any{}
		d := &Vec{Type: t, Kind: plain.Kind, Len: n, Dict: values.Finish(), Buf: BytesOf(idx)}
		if nulls {
			s.SetValid(d)
		}
		for i := range idx {
			idx[i] = int32(r.IntN(5))
			picked = append(picked, words[idx[i]])
			if nulls && r.IntN(3) == 0 {
				d.Valid.Clear(i)
				picked[i] = nil
			}
		}
		vs, wants = append(vs, d), append(wants, picked)
	}
	return vs, wants
}

// Whatever is cut, picked, spelt out, copied or sent through Arrow, each row of
// each type in each layout keeps its value, and all memory comes back.
func TestEveryKindInEveryLayoutKeepsItsValues(t *testing.T) {
	r := rand.New(rand.NewPCG(rand.Uint64(), 1))
	for _, typ := range everyType {
		t.Run(typ.String(), func(t *testing.T) {
			mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
			p := NewPool(mem, true)
			for round := range 24 {
				n, nulls := []int{0, 1, 7, 8, 9, 70, 300}[r.IntN(7)], round%2 == 0
				s := p.Open()
				vs, wants := layouts(r, s, typ, n, nulls)
				for k, v := range vs {
					want := wants[k]
					same(t, want, v)
					from := r.IntN(n + 1)
					to := from + r.IntN(n-from+1)
					cut, part := s.Slice(v, from, to), want[from:to]
					same(t, part, cut)
					same(t, part, s.Flat(cut))
					sel, picked := Sel{}, []any{}
					for i := range part {
						if r.IntN(2) == 0 {
							sel, picked = append(sel, int32(i)), append(picked, part[i])
						}
					}
					same(t, picked, s.Gather(cut, sel))
					long := p.Open()
					b := NewBuilder(long, typ, 1)
					b.AppendSel(cut, sel)
					b.AppendSel(cut, nil)
					same(t, append(append([]any{}, picked...), part...), b.Finish())
					b.Truncate(len(picked))
					same(t, picked, b.Finish())
					long.Close()

					rec := ToArrow(mem, cut, cut.Len, nil)
					require.Equal(t, len(part), rec.Len())
					back, err := FromArrow(s, rec)
					require.NoError(t, err)
					same(t, part, back)
					a := r.IntN(len(part) + 1)
					sliced := array.NewSlice(rec, int64(a), int64(len(part)))
					back, err = FromArrow(s, sliced)
					require.NoError(t, err)
					same(t, part[a:], back)
					sliced.Release()
					rec.Release()
				}
				s.Close()
				require.Zero(t, p.OpenScopes())
			}
			live, _, _ := p.Stats()
			require.Zero(t, live)
			p.Close()
			mem.AssertSize(t, 0)
		})
	}
}

// Closing one scope never disturbs another, and blocks come back poisoned.
func TestScopesNeverShareMemory(t *testing.T) {
	r := rand.New(rand.NewPCG(rand.Uint64(), 2))
	p := NewPool(nil, true)
	open := map[*Scope][][]byte{}
	marks := map[*Scope]byte{}
	for step := range 2000 {
		switch r.IntN(3) {
		case 0:
			s := p.Open()
			open[s], marks[s] = nil, byte(step%200)
		case 1:
			for s := range open {
				b := s.Bytes(r.IntN(20000))
				for i := range b {
					b[i] = marks[s]
				}
				open[s] = append(open[s], b)
				break
			}
		default:
			for s, blocks := range open {
				for _, b := range blocks {
					for _, x := range b {
						require.Equal(t, marks[s], x)
					}
				}
				s.Close()
				delete(open, s)
				break
			}
		}
		require.Equal(t, len(open), p.OpenScopes())
	}
	for s := range open {
		s.Close()
	}
	live, _, _ := p.Stats()
	require.Zero(t, live)
	p.Close()
}
