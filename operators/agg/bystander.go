package agg

import (
	"bytes"

	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/velostream/velo/arrowexec/vec"
)

// bystander is a state whose value is that of few rows: MIN, MAX, FIRST_VALUE.
type bystander interface {
	// stands tells that the group's value stays when a row, added under ord, is
	// taken out of it.
	stands(g int32, ord int64, args []*vec.Vec, row int) bool
	// covers tells that the group's value is that of a row which is added under ord,
	// whatever rows were taken out since the value was right.
	covers(g int32, ord int64, args []*vec.Vec, row int) bool
}

func (f *integers[T]) stands(g int32, _ int64, args []*vec.Vec, row int) bool {
	v := args[0]
	if v.IsNull(row) {
		return true
	}
	x, a := v.Int64At(row), f.acc.at(g)
	return (f.what == wantMax || x > a.min) && (f.what == wantMin || x < a.max)
}

func (f *integers[T]) covers(g int32, _ int64, args []*vec.Vec, row int) bool {
	v, a := args[0], f.acc.at(g)
	if v.IsNull(row) || a.n == 0 {
		return false
	}
	x := v.Int64At(row)
	return f.what == wantMax && x >= a.max || f.what == wantMin && x <= a.min
}

func (f *decimals) stands(g int32, _ int64, args []*vec.Vec, row int) bool {
	v := args[0]
	if v.IsNull(row) {
		return true
	}
	x, e := vec.Values[decimal128.Num](v)[v.At(row)], &f.ends[g]
	return (f.what == wantMax || e.min.Less(x)) && (f.what == wantMin || x.Less(e.max))
}

func (f *decimals) covers(g int32, _ int64, args []*vec.Vec, row int) bool {
	v := args[0]
	if v.IsNull(row) || f.acc[g].n == 0 {
		return false
	}
	x, e := vec.Values[decimal128.Num](v)[v.At(row)], &f.ends[g]
	return f.what == wantMax && !x.Less(e.max) || f.what == wantMin && !e.min.Less(x)
}

func (f *floats[T]) stands(g int32, _ int64, args []*vec.Vec, row int) bool {
	v := args[0]
	if v.IsNull(row) {
		return true
	}
	x, a := float64(vec.Values[T](v)[v.At(row)]), f.acc.at(g)
	return (f.what == wantMax || compareFloats(x, a.min) > 0) && (f.what == wantMin || compareFloats(x, a.max) < 0)
}

func (f *floats[T]) covers(g int32, _ int64, args []*vec.Vec, row int) bool {
	v, a := args[0], f.acc.at(g)
	if v.IsNull(row) || a.n == 0 {
		return false
	}
	x := float64(vec.Values[T](v)[v.At(row)])
	return f.what == wantMax && compareFloats(x, a.max) >= 0 || f.what == wantMin && compareFloats(x, a.min) <= 0
}

// compare orders the key of a row and the group's.
func (e *extreme) compare(g int32, k *vec.Vec, row int) int {
	if !e.words {
		return bytes.Compare(k.BytesAt(row), e.keys.get(g))
	}
	i := k.At(row)
	if k.Dict != nil {
		k = k.Dict
	}
	lo, hi := wordsOf(k, i)
	return compareWords(k.Kind, lo, hi, e.keys.lo[g], e.high(g))
}

func (e *extreme) stands(g int32, ord int64, args []*vec.Vec, row int) bool {
	k := args[e.key]
	return k.IsNull(row) || ord != e.ord[g] || e.compare(g, k, row) != 0
}

func (e *extreme) covers(g int32, _ int64, args []*vec.Vec, row int) bool {
	k := args[e.key]
	if k.IsNull(row) || !e.seen[g] {
		return false
	}
	c := e.compare(g, k, row)
	return e.max && c > 0 || !e.max && c < 0
}

func (e *ends) stands(g int32, ord int64, args []*vec.Vec, row int) bool {
	return ord != e.ord[g] || e.skipNulls && args[0].IsNull(row)
}

func (e *ends) covers(g int32, ord int64, args []*vec.Vec, row int) bool {
	return e.last && e.ord[g] != e.none() && ord >= e.ord[g] && !(e.skipNulls && args[0].IsNull(row))
}
