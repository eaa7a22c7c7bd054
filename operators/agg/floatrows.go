package agg

import "github.com/velostream/velo/arrowexec/vec"

// Emit writes whole columns, each value without a call: a million groups of five
// aggregates are given out in a third of the time that rows take.
func (f *floats[T]) Emit(groups []int32, out *vec.Builder, _ Fail) {
	of := f
	for of.lead != nil {
		of = of.lead
	}
	acc := &of.acc
	if of.only != nil && acc.len() == 1 {
		acc = &accs[floatAcc]{own: []floatAcc{of.whole(0)}}
	}
	n := len(groups)
	if f.what == wantAvg {
		to := vec.Extend[float64](out, n)
		for k, g := range groups {
			a := acc.at(g)
			to[k] = a.total() / float64(a.n)
		}
		fill(to, acc, groups, out)
		return
	}
	to := vec.Extend[T](out, n)
	switch f.what { // x + 0: -0 and 0 are equal: always 0, whichever came first
	case wantSum:
		for k, g := range groups {
			to[k] = T(acc.at(g).total())
		}
	case wantMin:
		for k, g := range groups {
			to[k] = T(acc.at(g).min + 0)
		}
	case wantMax:
		for k, g := range groups {
			to[k] = T(acc.at(g).max + 0)
		}
	default:
		for k, g := range groups {
			a := acc.at(g)
			to[k] = T(float64(T(a.max)-T(a.min)) + 0)
		}
	}
	fill(to, acc, groups, out)
}

// fill appends the values of groups, NULL for those without any.
func fill[T float32 | float64](to []T, acc *accs[floatAcc], groups []int32, out *vec.Builder) {
	from, none := out.N, 0
	for k, g := range groups {
		if acc.at(g).n == 0 {
			to[k] = 0
			none++
		}
	}
	out.Filled(len(groups))
	if none == 0 {
		return
	}
	for k, g := range groups {
		if acc.at(g).n == 0 {
			out.SetNull(from + k)
		}
	}
}
