package over

import (
	"fmt"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/agg"
)

// state is what a call keeps between batches, by group. It only remembers what
// the rows tell anyhow: with bounds of 0 it begins anew.
type state struct {
	slider   agg.Slider // of an aggregate that moves with its frame
	extreme  bool       // MIN or MAX
	from, to []int32    // positions that the slider, or the deque, stands for
	dq       deque
}

func newState(c *Call) *state {
	s := &state{}
	if c.Kind == Aggregate {
		s.extreme = c.extreme()
		if !s.extreme {
			s.slider, _ = agg.Slides(c.state())
		}
	}
	return s
}

// grow makes room for groups below n.
func (s *state) grow(n int) {
	if !s.extreme && s.slider == nil {
		return
	}
	for len(s.from) < n {
		s.from, s.to = append(s.from, 0), append(s.to, 0)
	}
	if s.extreme {
		s.dq.grow(n)
	} else {
		s.slider.Grow(n)
	}
}

func (s *state) bytes() int64 {
	n := int64(cap(s.from)+cap(s.to)) * 4
	if s.slider != nil {
		n += s.slider.Bytes()
	}
	return n + s.dq.bytes()
}

// reset makes the next frame of a group begin anew.
func (s *state) reset(group int32) {
	if s.from != nil {
		s.from[group], s.to[group] = 0, 0
	}
}

// move follows a group whose positions, from begin on, went down by some and
// that now has its place at off.
func (s *state) move(group, begin, by, off int32) {
	switch {
	case s.from == nil || s.to[group] == 0:
	case s.from[group] < begin:
		s.reset(group)
	default:
		s.from[group] -= by
		s.to[group] -= by
		s.dq.move(group, by, off)
	}
}

// aggregate computes an aggregate over each entry's frame.
func (v *view) aggregate(c *Call, s *state, f fail) result {
	named := func(k int, err error) { f(k, fmt.Errorf("%s: %w", c.Name, err)) }
	frame := &c.Frame
	switch {
	case s.extreme:
		return v.extreme(c, s)
	case s.slider != nil:
		w := v.sliding(c, s)
		out := vec.NewBuilder(v.sc, c.Type, len(v.pos))
		args := make([]*vec.Vec, len(c.Args))
		for i, a := range c.Args {
			args[i] = v.column(a)
		}
		s.slider.Slide(w, args, out, named)
		return result{values: out.Finish()}
	case !v.all || frame.Start.Kind != UnboundedPreceding:
		return v.anew(c, named)
	case frame.End.Kind == UnboundedFollowing || frame.Range && frame.End.Kind == CurrentRow && v.run == nil:
		return v.whole(c, named)
	}
	return v.running(c, named)
}

func (v *view) sliding(c *Call, s *state) *agg.Frames {
	lo, hi := v.frames(&c.Frame)
	return &agg.Frames{Row: v.row, Lo: lo, Hi: hi, Group: v.group, From: s.from, To: s.to}
}

// ordered gives what an aggregate reads by position, and the positions that
// FILTER lets pass, nil for all.
func (v *view) ordered(c *Call) (b *arrowexec.Batch, args []*vec.Vec, sel vec.Sel) {
	n := len(v.row)
	b = &arrowexec.Batch{Scope: v.sc, N: n, Ord: numbers[int64](n)}
	for _, a := range c.Args {
		args = append(args, v.sc.Gather(v.column(a), v.row))
	}
	if c.Filter != nil {
		sel = vec.Sel{}
		filter := v.column(c.Filter)
		for p, r := range v.row {
			if isTrue(filter, r) {
				sel = append(sel, int32(p))
			}
		}
	}
	return b, args, sel
}

func isTrue(v *vec.Vec, row int32) bool {
	return v.Kind == vec.Bool && !v.IsNull(int(row)) && v.BoolAt(int(row))
}

func numbers[T int32 | int64](n int) []T {
	out := make([]T, n)
	for i := range out {
		out[i] = T(i)
	}
	return out
}

// whole is one value for each partition.
func (v *view) whole(c *Call, f fail) result {
	b, args, sel := v.ordered(c)
	groups := int32(0)
	if n := len(v.group); n > 0 {
		groups = v.group[n-1] + 1
	}
	st := c.state()
	st.Grow(int(groups))
	st.Update(b, v.group, args, sel)
	out := vec.NewBuilder(v.sc, c.Type, int(groups))
	failed := map[int32]error{}
	st.Emit(numbers[int32](int(groups)), out, func(k int, err error) { failed[int32(k)] = err })
	v.failures(v.group, failed, f)
	return result{out.Finish(), v.group}
}

func (v *view) failures(at []int32, failed map[int32]error, f fail) {
	if len(failed) == 0 {
		return
	}
	for k, n := range at {
		if err := failed[n]; err != nil {
			f(k, err)
		}
	}
}

// running is for frames that begin with the partition: the value after each row.
func (v *view) running(c *Call, f fail) result {
	_, hi := v.frames(&c.Frame)
	b, args, sel := v.ordered(c)
	passed := numbers[int32](b.N + 1) // rows that FILTER lets pass before each position
	if sel != nil {
		clear(passed)
		for _, p := range sel {
			passed[p+1] = 1
		}
		for p := range b.N {
			passed[p+1] += passed[p]
		}
	}
	st := c.state()
	if n := len(v.group); n > 0 {
		st.Grow(int(v.group[n-1]) + 1)
	}
	out := vec.NewBuilder(v.sc, c.Type, b.N+1)
	failed := map[int32]error{}
	st.UpdateEach(b, v.group, args, sel, out, func(k int, err error) { failed[int32(k)] = err })
	empty := int32(out.N) // the value over no rows
	st = c.state()
	st.Grow(1)
	st.Emit([]int32{0}, out, func(_ int, err error) { failed[empty] = err })
	at := make([]int32, len(hi))
	for k, h := range hi {
		if at[k] = passed[h] - 1; at[k] < passed[v.begin[k]] {
			at[k] = empty
		}
	}
	v.failures(at, failed, f)
	return result{out.Finish(), at}
}

// piece is how many rows are given to an aggregate at once.
const piece = 1 << 14

// anew adds every frame up from its first row to its last, many frames at once.
func (v *view) anew(c *Call, f fail) result {
	lo, hi := v.frames(&c.Frame)
	st := c.state()
	out := vec.NewBuilder(v.sc, c.Type, len(lo))
	var filter *vec.Vec
	if c.Filter != nil {
		filter = v.column(c.Filter)
	}
	var cols []*vec.Vec
	for _, a := range c.Args {
		cols = append(cols, v.column(a))
	}
	var rows, frame []int32
	for from := 0; from < len(lo); {
		rows, frame = rows[:0], frame[:0]
		k := from
		for ; k < len(lo) && (k == from || len(rows)+int(hi[k]-lo[k]) <= piece) && k-from < piece; k++ {
			for _, r := range v.row[lo[k]:hi[k]] {
				if filter == nil || isTrue(filter, r) {
					rows, frame = append(rows, r), append(frame, int32(k-from))
				}
			}
		}
		all := numbers[int32](k - from)
		st.Grow(len(all))
		sc := v.sc.Pool().Open()
		b := &arrowexec.Batch{Scope: sc, N: len(rows), Ord: numbers[int64](len(rows))}
		args := make([]*vec.Vec, len(cols))
		for i, col := range cols {
			args[i] = sc.Gather(col, rows)
		}
		if len(rows) > 0 {
			st.Update(b, frame, args, nil)
		}
		base := from
		st.Emit(all, out, func(k int, err error) { f(base+k, err) })
		st.Reset(all)
		sc.Close()
		from = k
	}
	return result{values: out.Finish()}
}
