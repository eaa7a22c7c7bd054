package over

import (
	"fmt"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/agg"
)

// narrow is the greatest length of frames that are computed by adding, for all
// rows at once, the first row of each frame, then the second, and so on.
const narrow = 64

// input is what an aggregate reads, by position.
type input struct {
	batch *arrowexec.Batch
	args  []*vec.Vec
	sel   vec.Sel // rows that FILTER lets pass, nil: all
	// passed counts the rows of sel before each position.
	passed []int32
}

func (s *arranged) input(c *Call) *input {
	in := &input{batch: &arrowexec.Batch{Scope: s.sc, N: s.n, Ord: make([]int64, s.n)}}
	for i := range in.batch.Ord {
		in.batch.Ord[i] = int64(i)
	}
	for _, a := range c.Args {
		in.args = append(in.args, s.ordered(a))
	}
	in.passed = make([]int32, s.n+1)
	if c.Filter == nil {
		for i := range in.passed {
			in.passed[i] = int32(i)
		}
		return in
	}
	in.sel = vec.Sel{}
	f := s.ordered(c.Filter)
	for i := range s.n {
		in.passed[i] = int32(len(in.sel))
		if f.Kind == vec.Bool && !f.IsNull(i) && f.Bits().Get(i) {
			in.sel = append(in.sel, int32(i))
		}
	}
	in.passed[s.n] = int32(len(in.sel))
	return in
}

// values collects the values of an aggregate and those that cannot be given.
type values struct {
	name   string
	out    *vec.Builder
	failed map[int32]error
}

func (v *values) fail(k int, err error) { v.failAt(k, 0, err) }

func (v *values) failAt(k, base int, err error) {
	if v.failed == nil {
		v.failed = map[int32]error{}
	}
	v.failed[int32(base+k)] = fmt.Errorf("%s: %w", v.name, err)
}

// aggregate computes an aggregate over each row's frame.
func (s *arranged) aggregate(c *Call) result {
	in := s.input(c)
	v := &values{name: c.Name, out: vec.NewBuilder(s.sc, c.Type, s.n)}
	at := make([]int32, s.n)
	f := &c.Frame
	switch {
	case f.Start.Kind == UnboundedPreceding && (f.End.Kind == UnboundedFollowing || f.Range && f.End.Kind == CurrentRow && s.onePeer()):
		s.whole(c, in, v, at)
	case f.Start.Kind == UnboundedPreceding:
		s.running(c, in, v, at)
	default:
		s.moving(c, in, v, at)
	}
	for i, k := range at {
		if err := v.failed[k]; err != nil {
			s.fail(i, err)
		}
	}
	return result{v.out.Finish(), s.byRow(at)}
}

// onePeer tells whether all rows of each partition are peers: no ORDER BY.
func (s *arranged) onePeer() bool {
	for i := range s.past {
		if s.past[i] != s.end[i] || s.first[i] != s.begin[i] {
			return false
		}
	}
	return true
}

// partitions numbers the partitions.
func (s *arranged) partitions() (ids []int32, n int) {
	ids = make([]int32, s.n)
	for i := range ids {
		if int(s.begin[i]) == i {
			n++
		}
		ids[i] = int32(n - 1)
	}
	return ids, n
}

// whole is one value for each partition.
func (s *arranged) whole(c *Call, in *input, v *values, at []int32) {
	ids, n := s.partitions()
	st := c.state()
	st.Grow(n)
	st.Update(in.batch, ids, in.args, in.sel)
	all := make([]int32, n)
	for i := range all {
		all[i] = int32(i)
	}
	st.Emit(all, v.out, v.fail)
	copy(at, ids)
}

// running is for frames that begin with the partition: the value after each row.
func (s *arranged) running(c *Call, in *input, v *values, at []int32) {
	_, hi := s.frames(&c.Frame)
	ids, n := s.partitions()
	st := c.state()
	st.Grow(n)
	st.UpdateEach(in.batch, ids, in.args, in.sel, v.out, v.fail)
	empty := int32(v.out.N) // the value over no rows
	st = c.state()
	st.Grow(1)
	st.Emit([]int32{0}, v.out, func(k int, err error) { v.failAt(k, int(empty), err) })
	for i := range at {
		if at[i] = in.passed[hi[i]] - 1; at[i] < in.passed[s.begin[i]] {
			at[i] = empty
		}
	}
}

// moving is for frames that begin after the partition.
func (s *arranged) moving(c *Call, in *input, v *values, at []int32) {
	lo, hi := s.frames(&c.Frame)
	width := int32(0)
	for i := range at {
		at[i] = int32(i)
		lo[i], hi[i] = in.passed[lo[i]], in.passed[hi[i]] // among the rows that pass
		width = max(width, hi[i]-lo[i])
	}
	st := c.state()
	if width > narrow {
		s.sliding(c, st, in, lo, hi, v)
		return
	}
	st.Grow(s.n)
	rows, groups := make([]int32, 0, s.n), make([]int32, 0, s.n)
	for k := range width {
		rows, groups = rows[:0], groups[:0]
		for i := range at {
			if j := lo[i] + k; j < hi[i] {
				if in.sel != nil {
					j = in.sel[j]
				}
				rows, groups = append(rows, j), append(groups, int32(i))
			}
		}
		sc := s.sc.Pool().Open()
		b := &arrowexec.Batch{Scope: sc, N: len(rows), Ord: make([]int64, len(rows))}
		args := make([]*vec.Vec, len(in.args))
		for a, col := range in.args {
			args[a] = sc.Gather(col, rows)
		}
		for i, r := range rows {
			b.Ord[i] = int64(r)
		}
		st.Update(b, groups, args, nil)
		sc.Close()
	}
	st.Emit(at, v.out, v.fail)
}

// sliding moves one state over the rows: what leaves the frame is taken back
// where the aggregate can, else the frame is added up again.
func (s *arranged) sliding(c *Call, st agg.State, in *input, lo, hi []int32, v *values) {
	st.Grow(1)
	zero, one := make([]int32, s.n), []int32{0}
	sel := in.sel
	if sel == nil {
		sel = make(vec.Sel, s.n)
		for i := range sel {
			sel[i] = int32(i)
		}
	}
	back, exact := st.(agg.Retracter)
	exact = exact && c.Retracts
	var from, to int32
	for i := range s.n {
		switch {
		case !exact || lo[i] >= to || int(s.begin[i]) == i || lo[i] < from || hi[i] < to:
			st.Reset(one)
			from, to = lo[i], lo[i]
		case lo[i] > from:
			back.Retract(in.batch, zero, in.args, sel[from:lo[i]])
			from = lo[i]
		}
		if hi[i] > to {
			st.Update(in.batch, zero, in.args, sel[to:hi[i]])
			to = hi[i]
		}
		st.Emit(one, v.out, func(k int, err error) { v.failAt(k, i, err) })
	}
}
