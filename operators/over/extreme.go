package over

import (
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/agg"
)

// deque holds, by group, the positions of the rows of a frame that are the
// greatest of all behind them, or the least: the first one has the frame's value.
// A group's part of at stands where its positions do, so that both move together.
type deque struct {
	at         []int32
	head, tail []int32 // by group, in at
}

func (d *deque) grow(n int) {
	for len(d.head) < n {
		d.head, d.tail = append(d.head, 0), append(d.tail, 0)
	}
}

func (d *deque) bytes() int64 { return int64(cap(d.at)+cap(d.head)+cap(d.tail)) * 4 }

// move follows a group whose positions went down by some and that now has its
// place at off.
func (d *deque) move(group, by, off int32) {
	if d.head == nil {
		return
	}
	from, to := d.head[group], d.tail[group]
	if n := int(off + to - from); len(d.at) < n {
		d.at = append(d.at, make([]int32, n-len(d.at))...)
	}
	n := int32(copy(d.at[off:], d.at[from:to]))
	for i := off; i < off+n; i++ {
		d.at[i] -= by
	}
	d.head[group], d.tail[group] = off, off+n
}

// place is where the positions of groups stand: each may use [off, off+room).
type place struct{ off, room []int32 }

// extreme is MIN and MAX: the row that has the value.
func (v *view) extreme(c *Call, s *state) result {
	col := v.column(c.Args[0])
	w := v.sliding(c, s)
	at := make([]int32, len(v.pos))
	if col.Kind == vec.Null {
		for k := range at {
			at[k] = -1
		}
		return result{col, at}
	}
	if n := v.room(); len(s.dq.at) < n {
		s.dq.at = append(s.dq.at, make([]int32, n-len(s.dq.at))...)
	}
	s.dq.slide(w, v.place, col, worse(col, c.Func == "MAX"), at)
	values := col
	if col.Kind == vec.Float32 || col.Kind == vec.Float64 {
		values = plusZero(v.sc, v.sc.Take(col, at, true))
		at = nil
	}
	return result{values, at}
}

// room is how many positions deques have to have.
func (v *view) room() int {
	n := int32(0)
	for g, off := range v.place.off {
		n = max(n, off+v.place.room[g])
	}
	return int(n)
}

// slide writes the row with the extreme of each frame to at, −1 for none.
func (d *deque) slide(w *agg.Frames, pl place, col *vec.Vec, worse func(a, b int32) bool, at []int32) {
	valid := col.Valid
	for k, lo := range w.Lo {
		g, hi := w.Group[k], w.Hi[k]
		from, to := w.From[g], w.To[g]
		head, tail := d.head[g], d.tail[g]
		off := pl.off[g]
		if lo >= to || lo < from || hi < to {
			to, head, tail = lo, off, off
		}
		for ; to < hi; to++ {
			r := w.Row[to]
			if valid != nil && !valid.Get(int(r)) {
				continue
			}
			for tail > head && worse(w.Row[d.at[tail-1]], r) {
				tail--
			}
			for tail > head && d.at[head] < lo {
				head++
			}
			if tail == off+pl.room[g] {
				tail = off + int32(copy(d.at[off:], d.at[head:tail]))
				head = off
			}
			d.at[tail] = to
			tail++
		}
		for tail > head && d.at[head] < lo {
			head++
		}
		w.From[g], w.To[g], d.head[g], d.tail[g] = lo, to, head, tail
		if at[k] = -1; tail > head {
			at[k] = w.Row[d.at[head]]
		}
	}
}

// worse tells whether row a of a column can never be the extreme while row b is
// there too.
func worse(col *vec.Vec, most bool) func(a, b int32) bool {
	switch col.Kind {
	case vec.Int64, vec.Timestamp, vec.Time:
		x := vec.Values[int64](col)
		if most {
			return func(a, b int32) bool { return x[a] < x[b] }
		}
		return func(a, b int32) bool { return x[a] > x[b] }
	case vec.Float64: // NaN is the greatest
		x := vec.Values[float64](col)
		if most {
			return func(a, b int32) bool { return x[a] < x[b] || x[b] != x[b] && x[a] == x[a] }
		}
		return func(a, b int32) bool { return x[a] > x[b] || x[a] != x[a] && x[b] == x[b] }
	}
	if most {
		return func(a, b int32) bool { return expr.CompareRows(col, int(a), col, int(b)) < 0 }
	}
	return func(a, b int32) bool { return expr.CompareRows(col, int(a), col, int(b)) > 0 }
}

// plusZero turns −0 into 0, which it equals: which of them came first is not to
// show.
func plusZero(sc *vec.Scope, v *vec.Vec) *vec.Vec {
	out := sc.Header(v)
	if v.Kind == vec.Float32 {
		out.Buf = vec.BytesOf(addZero(sc, vec.Values[float32](v)))
	} else {
		out.Buf = vec.BytesOf(addZero(sc, vec.Values[float64](v)))
	}
	return out
}

func addZero[T float32 | float64](sc *vec.Scope, x []T) []T {
	out := vec.Slice[T](sc, len(x))
	for i := range x {
		out[i] = x[i] + 0
	}
	return out
}
