package agg

import "github.com/velostream/velo/arrowexec/vec"

// Loops over the rows of the only group there is, without NULLs: what is gathered
// stands in registers, where a group in memory would make each row wait for the one
// before it.

func onlyFloats[T float32 | float64](a *floatAcc, x []T, sel vec.Sel, sums, edges bool) {
	a.n += int64(sel.Count(len(x)))
	if sums { // in variables: a struct of five fields is kept in memory
		sum, err := a.sum, a.err
		if sel == nil {
			for _, x := range x {
				sum, err = plus(sum, err, float64(x))
			}
		}
		for _, i := range sel {
			sum, err = plus(sum, err, float64(x[i]))
		}
		a.sum, a.err = sum, err
	}
	if edges {
		least, most := a.min, a.max
		if sel == nil {
			for _, x := range x {
				least, most = widened(least, most, float64(x))
			}
		}
		for _, i := range sel {
			least, most = widened(least, most, float64(x[i]))
		}
		a.min, a.max = least, most
	}
}

func onlyIntegers[T int8 | int16 | int32 | int64](a *intAcc, x []T, sel vec.Sel, sums, edges bool) {
	a.n += int64(sel.Count(len(x)))
	if sums {
		lo, hi := a.lo, a.hi
		if sel == nil {
			for _, x := range x {
				lo, hi = plusInteger(lo, hi, int64(x))
			}
		}
		for _, i := range sel {
			lo, hi = plusInteger(lo, hi, int64(x[i]))
		}
		a.lo, a.hi = lo, hi
	}
	if edges {
		least, most := a.min, a.max
		if sel == nil {
			for _, x := range x {
				least, most = min(least, int64(x)), max(most, int64(x))
			}
		}
		for _, i := range sel {
			least, most = min(least, int64(x[i])), max(most, int64(x[i]))
		}
		a.min, a.max = least, most
	}
}
