package expr

import (
	"math"

	"github.com/velostream/velo/arrowexec/vec"
)

// Range is what an expression asks of an integer column: to lie between Low and
// High, both included, or to be one of In when In is not nil.
type Range struct {
	Column    *Column
	Low, High int64
	In        []int64
}

// RangeOf reads comparisons of an integer column with constants: =, <, <=, >,
// >= and IN. Rows for which the expression is TRUE have a value in the range.
func RangeOf(e Expr) (Range, bool) {
	switch x := e.(type) {
	case *compare:
		col, v, ok := columnAndInt(x.a, x.b)
		if !ok {
			return Range{}, false
		}
		r := Range{Column: col, Low: math.MinInt64, High: math.MaxInt64}
		switch x.op {
		case opEq:
			r.Low, r.High, r.In = v, v, []int64{v}
		case opLt:
			if v == math.MinInt64 {
				return Range{}, false
			}
			r.High = v - 1
		case opLe:
			r.High = v
		case opGt:
			if v == math.MaxInt64 {
				return Range{}, false
			}
			r.Low = v + 1
		case opGe:
			r.Low = v
		default:
			return Range{}, false
		}
		return r, true
	case *in:
		if x.not || len(x.list) == 0 {
			return Range{}, false
		}
		r := Range{Low: math.MaxInt64, High: math.MinInt64, In: []int64{}}
		for _, it := range x.list {
			if c, ok := it.(*Const); ok && c.IsNull() {
				continue
			}
			col, v, ok := columnAndInt(x.e, it)
			if !ok {
				return Range{}, false
			}
			r.Column, r.Low, r.High, r.In = col, min(r.Low, v), max(r.High, v), append(r.In, v)
		}
		return r, r.Column != nil
	}
	return Range{}, false
}

// columnAndInt takes a column, widened or not, and an integer constant; a time
// compared with milliseconds counts as its milliseconds.
func columnAndInt(a, b Expr) (*Column, int64, bool) {
	if c, ok := a.(*cast); ok && c.implicit {
		a = c.e
	}
	col, ok := a.(*Column)
	if !ok || !isInt(vec.KindOf(col.T)) {
		return nil, 0, false
	}
	c, ok := b.(*Const)
	if !ok || c.IsNull() || !isInt(c.One.Kind) {
		return nil, 0, false
	}
	return col, c.One.Int64At(0), true
}
