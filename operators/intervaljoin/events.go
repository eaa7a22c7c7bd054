package intervaljoin

import (
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// events are pairs that may match, and rows of one side that are due: what comes
// out of a batch, in this order, if a condition does not say otherwise.
type events struct {
	b      *arrowexec.Batch
	before int64 // watermark of the output before the record at hand
	sent   int64 // watermark of the output as emitted
	l, r   []int32
	ord    []int64
	mark   []int64
	pair   []int32 // events that are pairs, in order
	pass   []bool
}

func (e *events) begin(b *arrowexec.Batch, mark int64) {
	e.b, e.before, e.sent = b, mark, mark
	e.clear()
}

func (e *events) clear() {
	e.l, e.r, e.ord, e.mark, e.pair = e.l[:0], e.r[:0], e.ord[:0], e.mark[:0], e.pair[:0]
}

// add writes down a row of the left or right side and, if not -1, one of the
// other.
func (e *events) add(right bool, row, other int32, ord int64) {
	l, r := row, other
	if right {
		l, r = other, row
	}
	if other >= 0 {
		e.pair = append(e.pair, int32(len(e.l)))
	}
	e.l, e.r, e.ord, e.mark = append(e.l, l), append(e.r, r), append(e.ord, ord), append(e.mark, e.before)
}

func (j *Join) drainFull(emit arrowexec.Emit) error {
	if len(j.ev.l) < chunk {
		return nil
	}
	return j.drain(emit, false)
}

// drain emits what the events come to. The last batch goes out without rows too:
// it brings the watermark.
func (j *Join) drain(emit arrowexec.Emit, last bool) error {
	ev := &j.ev
	lc, rc := j.columns(&j.l), j.columns(&j.r)
	if err := j.narrow(lc, rc); err != nil {
		return err
	}
	sc := ev.b.Scope.Pool().Open()
	defer sc.Close()
	n := 0
	weights := vec.Slice[int64](sc, len(ev.l))
	absentL, absentR := false, false
	for k := range ev.l {
		l, r := ev.l[k], ev.r[k]
		switch {
		case l >= 0 && r >= 0:
			if !ev.pass[k] {
				continue
			}
			weights[n] = j.l.see(l) + j.r.see(r)
		case l >= 0:
			if !j.alone(&j.l, l) {
				continue
			}
			weights[n] = j.l.see(l)
			absentR = true
		default:
			if !j.alone(&j.r, r) {
				continue
			}
			weights[n] = j.r.see(r)
			absentL = true
		}
		ev.l[n], ev.r[n], ev.ord[n], ev.mark[n] = l, r, ev.ord[k], ev.mark[k]
		n++
	}
	out := &arrowexec.Batch{Scope: sc, N: n, Seq: ev.b.Seq, Now: ev.b.Now, Watermark: ev.sent}
	if n > 0 {
		out.Watermark = ev.mark[n-1]
		out.Weights = weights[:n]
		out.Ord = append(vec.Slice[int64](sc, n)[:0], ev.ord[:n]...)
		out.Marks = append(vec.Slice[int64](sc, n)[:0], ev.mark[:n]...)
	}
	if w := j.held(j.mark); last && w != arrowexec.EndOfTime {
		out.Watermark = w // the end of time is for the flush of what follows
	}
	ev.sent = out.Watermark
	if n > 0 {
		out.Cols = j.gather(sc, &j.l, lc, ev.l[:n], 0, absentL)
		out.Cols = append(out.Cols, j.gather(sc, &j.r, rc, ev.r[:n], len(j.l.types), absentR)...)
	} else {
		out.Cols, out.Sel = j.none(), vec.Sel{}
	}
	ev.clear()
	if n == 0 && !last {
		return nil
	}
	return emit(out)
}

// alone settles a row that is due: it comes out when nothing has matched it.
func (j *Join) alone(s *side, row int32) bool {
	switch f := s.flags[row]; {
	case f&(matched|settled) != 0:
		return false
	case f&broken != 0:
		s.flags[row] |= settled
		j.o.Ledger.Failed += s.rows.Weights[row]
		return false
	}
	return true
}

// see notes that a row comes out and gives its weight the first time.
func (s *side) see(row int32) int64 {
	if s.flags[row]&matched != 0 {
		return 0
	}
	s.flags[row] |= matched
	return s.rows.Weights[row]
}

// columns views the rows of a side.
func (j *Join) columns(s *side) []*vec.Vec {
	out := make([]*vec.Vec, len(s.types))
	rows := s.rows.Columns()
	for c, at := range s.at {
		if at >= 0 && at < len(rows) {
			out[c] = rows[at]
		} else {
			out[c] = vec.NullOne(s.types[c])
		}
	}
	return out
}

func (j *Join) gather(sc *vec.Scope, s *side, cols []*vec.Vec, rows []int32, base int, absent bool) []*vec.Vec {
	out := make([]*vec.Vec, len(cols), len(cols)+len(j.r.types))
	for c, v := range cols {
		if s.at[c] >= 0 && j.used(base+c) && s.rows.Len() > 0 {
			out[c] = sc.Take(v, rows, absent)
		} else {
			out[c] = sc.NullConst(s.types[c], len(rows))
		}
	}
	return out
}

func (j *Join) none() []*vec.Vec {
	if j.empty == nil {
		for _, s := range []*side{&j.l, &j.r} {
			for _, t := range s.types {
				j.empty = append(j.empty, vec.Empty(t))
			}
		}
	}
	return j.empty
}

// narrow tells which pairs pass the residual condition.
func (j *Join) narrow(lc, rc []*vec.Vec) error {
	ev := &j.ev
	if cap(ev.pass) < len(ev.l) {
		ev.pass = make([]bool, len(ev.l)+chunk)
	}
	ev.pass = ev.pass[:len(ev.l)]
	for _, k := range ev.pair {
		ev.pass[k] = j.o.Residual == nil
	}
	if j.o.Residual == nil || len(ev.pair) == 0 {
		return nil
	}
	sc := ev.b.Scope.Pool().Open()
	defer sc.Close()
	n := len(ev.pair)
	li, ri := vec.Slice[int32](sc, n), vec.Slice[int32](sc, n)
	for i, k := range ev.pair {
		li[i], ri[i] = ev.l[k], ev.r[k]
	}
	pb := &arrowexec.Batch{Scope: sc, N: n, Seq: ev.b.Seq, Now: ev.b.Now, Watermark: ev.b.Watermark, Weights: vec.Slice[int64](sc, n)}
	clear(pb.Weights) // a pair that fails is no row of the input: its rows are counted when they are settled
	nl := len(j.l.types)
	for c, reads := range j.reads {
		switch {
		case !reads && c < nl:
			pb.Cols = append(pb.Cols, sc.NullConst(j.l.types[c], n))
		case !reads:
			pb.Cols = append(pb.Cols, sc.NullConst(j.r.types[c-nl], n))
		case c < nl:
			pb.Cols = append(pb.Cols, sc.Take(lc[c], li, false))
		default:
			pb.Cols = append(pb.Cols, sc.Take(rc[c-nl], ri, false))
		}
	}
	j.ctx.Reset(pb)
	pass := expr.Filter(&j.ctx, j.o.Residual, nil)
	for _, f := range j.ctx.Failed() {
		j.l.flags[li[f.Row]] |= broken
		j.r.flags[ri[f.Row]] |= broken
	}
	pass, err := j.ctx.Survivors(pass, j.o.Failures)
	if err != nil {
		return err
	}
	each(n, pass, func(i int32) { ev.pass[ev.pair[i]] = true })
	return nil
}
