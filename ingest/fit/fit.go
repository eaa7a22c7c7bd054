package fit

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/vec"
)

// Check tells whether a column of one engine type can be read as another.
func Check(have, want arrow.DataType) error {
	pool := vec.NewPool(nil, false)
	defer pool.Close()
	sc := pool.Open()
	defer sc.Close()
	_, err := Column(sc, vec.Empty(have), want)
	return err
}

// Column gives v the wanted type: fields that nobody reads are left out of
// STRUCTs, and numbers are widened.
func Column(sc *vec.Scope, v *vec.Vec, t arrow.DataType) (*vec.Vec, error) {
	if arrow.TypeEqual(v.Type, t) {
		return v, nil
	}
	k := vec.KindOf(t)
	switch {
	case v.Kind == vec.Null:
		return sc.NullConst(t, v.Len), nil
	case v.Kind == vec.Struct && k == vec.Struct:
		have := v.Type.(*arrow.StructType)
		h := sc.Header(v)
		h.Type, h.Children = t, nil
		for _, f := range t.(*arrow.StructType).Fields() {
			j, ok := have.FieldIdx(f.Name)
			if !ok {
				h.Children = append(h.Children, sc.Flat(sc.NullConst(f.Type, v.Len)))
				continue
			}
			c, err := Column(sc, v.Children[j], f.Type)
			if err != nil {
				return nil, fmt.Errorf("field %q: %w", f.Name, err)
			}
			h.Children = append(h.Children, c)
		}
		return h, nil
	case v.Kind == vec.List && k == vec.List:
		return children(sc, v, t, t.(*arrow.ListType).Elem())
	case v.Kind == vec.Map && k == vec.Map:
		m := t.(*arrow.MapType)
		return children(sc, v, t, m.KeyType(), m.ItemType())
	case v.Kind >= vec.Int8 && v.Kind <= vec.Int64 && (k == vec.Int64 || k == vec.Float64 || k > v.Kind && k < vec.Int64), v.Kind == vec.Float32 && k == vec.Float64:
		return widen(sc, v, t, k), nil
	case v.Kind == vec.Timestamp && k == vec.Timestamp, v.Kind == vec.Decimal && k == vec.Decimal:
	case v.Kind == k:
		h := sc.Header(v)
		h.Type = t
		return h, nil
	}
	return nil, fmt.Errorf("the column is %s (%s), and %s (%s) is declared; leave the declaration out and CAST", v.Kind, v.Type, k, t)
}

func children(sc *vec.Scope, v *vec.Vec, t arrow.DataType, want ...arrow.DataType) (*vec.Vec, error) {
	h := sc.Header(v)
	h.Type, h.Children = t, nil
	for i, ct := range want {
		c, err := Column(sc, v.Children[i], ct)
		if err != nil {
			return nil, err
		}
		h.Children = append(h.Children, c)
	}
	return h, nil
}

func widen(sc *vec.Scope, v *vec.Vec, t arrow.DataType, k vec.Kind) *vec.Vec {
	b := vec.NewBuilder(sc, t, v.Len)
	for i := range v.Len {
		switch {
		case v.IsNull(i):
			b.Null()
		case v.Kind == vec.Float32:
			b.Float64(float64(vec.Values[float32](values(v))[v.At(i)]))
		case k == vec.Float64:
			b.Float64(float64(v.Int64At(i)))
		case k == vec.Int16:
			vec.Append(b, int16(v.Int64At(i)))
		case k == vec.Int32:
			b.Int32(int32(v.Int64At(i)))
		default:
			b.Int64(v.Int64At(i))
		}
	}
	return b.Finish()
}

func values(v *vec.Vec) *vec.Vec {
	if v.Dict != nil {
		return v.Dict
	}
	return v
}
