package agg

import "github.com/velostream/velo/arrowexec/vec"

// Loops over the rows of the only group there is, without NULLs: what is gathered
// stands in registers, where a group in memory would make each row wait for the one
// before it.

func onlyFloats[T float32 | float64](a *floatAcc, x []T, sel vec.Sel, sums, edges bool) {
	a.n += int64(sel.Count(len(x)))
	if sums {
		b := floatAcc{sum: a.sum, err: a.err}
		if sel == nil {
			for _, x := range x {
				b.add(float64(x))
			}
		}
		for _, i := range sel {
			b.add(float64(x[i]))
		}
		a.sum, a.err = b.sum, b.err
	}
	if edges {
		b := floatAcc{min: a.min, max: a.max}
		if sel == nil {
			for _, x := range x {
				b.edge(float64(x))
			}
		}
		for _, i := range sel {
			b.edge(float64(x[i]))
		}
		a.min, a.max = b.min, b.max
	}
}

func onlyIntegers[T int8 | int16 | int32 | int64](a *intAcc, x []T, sel vec.Sel, sums, edges bool) {
	b := *a
	if sel == nil {
		for _, x := range x {
			b.take(int64(x), sums, edges)
		}
	}
	for _, i := range sel {
		b.take(int64(x[i]), sums, edges)
	}
	*a = b
}
