package agg

import (
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/velostream/velo/arrowexec/vec"
)

// Frames are windows that slide over rows: frame k is the rows Row[p] for p in
// [Lo[k], Hi[k]). From one frame of a group to its next both bounds usually grow;
// a frame that does not follow the one before is added up anew.
type Frames struct {
	Row    []int32 // position → row of the arguments
	Lo, Hi []int32 // of each frame
	Group  []int32 // of each frame
	// From and To are, by group, the positions of the rows that the group's state
	// holds. They outlive the frames: who moves positions moves them, and sets both
	// to 0 to make the next frame begin anew.
	From, To []int32
}

// next gives the bounds of what the state of frame k's group holds, and whether
// the frame goes on from there.
func (w *Frames) next(k int) (from, to int32, follows bool) {
	g := w.Group[k]
	from, to = w.From[g], w.To[g]
	lo := w.Lo[k]
	if lo >= to || lo < from || w.Hi[k] < to {
		return lo, lo, false
	}
	return from, to, true
}

// Slider is a State that moves with a frame: what leaves is taken back exactly,
// so that a frame costs what it moved by, whatever its length.
type Slider interface {
	State
	// Slide appends the value over each frame to out. NULL arguments are no rows.
	Slide(w *Frames, args []*vec.Vec, out *vec.Builder, fail Fail)
}

// Slides gives the state as a Slider if its aggregate can slide.
func Slides(s State) (Slider, bool) {
	switch s := s.(type) {
	case *moments:
		return newMovingMoments(s), true
	case *bools:
		return &boolCounts{or: s.or}, true
	}
	l, ok := s.(Slider)
	if n, is := s.(interface{ sum() bool }); is && !n.sum() {
		return nil, false
	}
	return l, ok
}

func (f *integers[T]) sum() bool { return f.what == wantSum || f.what == wantAvg }
func (f *decimals) sum() bool    { return f.what == wantSum || f.what == wantAvg }
func (f *floats[T]) sum() bool   { return f.what == wantSum || f.what == wantAvg }

// slideEach is Slide of an undoer.
func slideEach(s undoer, w *Frames, v *vec.Vec, out *vec.Builder, fail Fail) {
	if v.Kind == vec.Null {
		nulls(len(w.Lo), out)
		return
	}
	for k, lo := range w.Lo {
		g, hi := w.Group[k], w.Hi[k]
		from, to, follows := w.next(k)
		if !follows {
			s.clear(g)
		}
		for ; from < lo; from++ {
			if r := int(w.Row[from]); !v.IsNull(r) {
				s.change(g, v, r, -1)
			}
		}
		for ; to < hi; to++ {
			if r := int(w.Row[to]); !v.IsNull(r) {
				s.change(g, v, r, 1)
			}
		}
		w.From[g], w.To[g] = from, to
		s.show(g, k, out, fail)
	}
}

// Slide counts the rows of each frame.
func (c *count) Slide(w *Frames, args []*vec.Vec, out *vec.Builder, _ Fail) {
	var valid vec.Bitmap
	if len(args) > 0 {
		if valid = args[0].Valid; args[0].Kind == vec.Null {
			for range w.Lo {
				out.Int64(0)
			}
			return
		}
	}
	values := vec.Extend[int64](out, len(w.Lo))
	if valid == nil {
		for k, lo := range w.Lo {
			values[k] = int64(w.Hi[k] - lo)
		}
		out.Filled(len(values))
		return
	}
	for k, lo := range w.Lo {
		g, hi := w.Group[k], w.Hi[k]
		from, to, follows := w.next(k)
		n := c.n[g]
		if !follows {
			n = 0
		}
		for ; from < lo; from++ {
			if valid.Get(int(w.Row[from])) {
				n--
			}
		}
		for ; to < hi; to++ {
			if valid.Get(int(w.Row[to])) {
				n++
			}
		}
		c.n[g], w.From[g], w.To[g], values[k] = n, from, to, n
	}
	out.Filled(len(values))
}

func (a *intAcc) sub(x int64) {
	var c uint64
	a.lo, c = bits.Sub64(a.lo, uint64(x), 0)
	a.hi -= x>>63 + int64(c)
	a.n--
}

// Slide gives SUM and AVG of each frame.
func (f *integers[T]) Slide(w *Frames, args []*vec.Vec, out *vec.Builder, fail Fail) {
	v := args[0]
	if v.Kind == vec.Null {
		nulls(len(w.Lo), out)
		return
	}
	x, valid := vec.Values[T](v), v.Valid
	for k, lo := range w.Lo {
		g, hi := w.Group[k], w.Hi[k]
		a := f.acc.at(g)
		from, to, follows := w.next(k)
		if !follows {
			*a = emptyInt
		}
		for ; from < lo; from++ {
			if r := w.Row[from]; valid == nil || valid.Get(int(r)) {
				a.sub(int64(x[r]))
			}
		}
		for ; to < hi; to++ {
			if r := w.Row[to]; valid == nil || valid.Get(int(r)) {
				a.n++
				a.add(int64(x[r]))
			}
		}
		w.From[g], w.To[g] = from, to
		f.emit(a, k, out, fail)
	}
}

func (a *decAcc) sub(x decimal128.Num) {
	var c uint64
	h := x.HighBits()
	a.lo, c = bits.Sub64(a.lo, x.LowBits(), 0)
	a.mid, c = bits.Sub64(a.mid, uint64(h), c)
	a.hi -= h>>63 + int64(c)
	a.n--
}

// Slide gives SUM and AVG of each frame.
func (f *decimals) Slide(w *Frames, args []*vec.Vec, out *vec.Builder, fail Fail) {
	v := args[0]
	if v.Kind == vec.Null {
		nulls(len(w.Lo), out)
		return
	}
	x, valid := vec.Values[decimal128.Num](v), v.Valid
	for k, lo := range w.Lo {
		g, hi := w.Group[k], w.Hi[k]
		a := &f.acc[g]
		from, to, follows := w.next(k)
		if !follows {
			*a = decAcc{}
		}
		for ; from < lo; from++ {
			if r := w.Row[from]; valid == nil || valid.Get(int(r)) {
				a.sub(x[r])
			}
		}
		for ; to < hi; to++ {
			if r := w.Row[to]; valid == nil || valid.Get(int(r)) {
				a.take(x[r])
			}
		}
		w.From[g], w.To[g] = from, to
		f.emit(g, k, out, fail)
	}
}

func nulls(n int, out *vec.Builder) {
	for range n {
		out.Null()
	}
}
