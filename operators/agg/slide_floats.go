package agg

import "github.com/velostream/velo/arrowexec/vec"

// slid is the sum of a frame of floats. It is exactly sum+err unless rough: then
// an addition has rounded something away, and rows cannot be taken back.
type slid struct {
	sum, err float64
	n        int64
	rough    bool
}

// add adds x, of which nothing is lost: what sum cannot hold goes to err, and
// what err cannot hold either makes the sum rough. So do infinities and NaN.
func (a *slid) add(x float64) {
	s := a.sum + x
	bb := s - a.sum
	e := (a.sum - (s - bb)) + (x - bb)
	t := a.err + e
	cc := t - a.err
	if (a.err-(t-cc))+(e-cc) != 0 {
		a.rough = true
	}
	a.sum, a.err = s, t
}

// Slide gives SUM and AVG of each frame, the same as if each were added up from
// its first row to its last.
func (f *floats[T]) Slide(w *Frames, args []*vec.Vec, out *vec.Builder, _ Fail) {
	v := args[0]
	if v.Kind == vec.Null {
		nulls(len(w.Lo), out)
		return
	}
	f.slid = grown(f.slid, len(w.From))
	x, valid := vec.Values[T](v), v.Valid
	for k, lo := range w.Lo {
		g, hi := w.Group[k], w.Hi[k]
		a := &f.slid[g]
		from, to, follows := w.next(k)
		if !follows {
			*a = slid{}
		}
		for ; from < lo; from++ {
			if r := w.Row[from]; valid == nil || valid.Get(int(r)) {
				a.n--
				a.add(-float64(x[r]))
			}
		}
		for ; to < hi; to++ {
			if r := w.Row[to]; valid == nil || valid.Get(int(r)) {
				a.n++
				a.add(float64(x[r]))
			}
		}
		w.From[g], w.To[g] = from, to
		if !a.rough {
			acc := floatAcc{sum: a.sum, err: a.err, n: a.n}
			f.emit(&acc, out)
			continue
		}
		*a = slid{}
		acc := emptyFloat
		for p := lo; p < hi; p++ {
			if r := w.Row[p]; valid == nil || valid.Get(int(r)) {
				acc.n++
				acc.add(float64(x[r]))
				a.n++
				a.add(float64(x[r]))
			}
		}
		f.emit(&acc, out)
	}
}
