package tablejoin

import (
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// result is a row that comes out, or the sequence number under which one is taken
// back had come.
type result struct {
	l, r int32 // -1 on one side: the other's row stands alone
	had  int64
}

// touch is a row whose matches a group has changed.
type touch struct {
	s   *side
	row int32
}

// output are the rows on their way out.
type output struct {
	l, r              []int32
	ord, had, mark, w []int64
	cause             []int64
	absentL, absentR  bool
	back              bool // some are taken back
	caused            bool // causes are known
}

// resolve emits what the events come to. The last batch goes out without rows too:
// it brings the watermark.
func (j *Join) resolve(b *arrowexec.Batch, emit arrowexec.Emit, last bool) error {
	ev := &j.ev
	said, err := j.askEvents(b)
	if err != nil {
		return err
	}
	k, pair := 0, 0
	for i := range ev.groups {
		g := &ev.groups[i]
		ev.back, ev.add, ev.touched = ev.back[:0], ev.add[:0], ev.touched[:0]
		from := k
		for ; k < g.end; k++ {
			what := ev.what[k]
			if what == rowLeaves || what == rowComes {
				j.turn(what, ev.l[k], ev.r[k])
				continue
			}
			answer := yes
			if said != nil {
				answer = said[pair]
				pair++
			}
			if answer != no {
				j.pair(what, answer, ev.l[k], ev.r[k])
			}
		}
		j.standing(g)
		j.put(g, from)
	}
	err = j.send(b, emit, last)
	ev.what, ev.l, ev.r, ev.groups = ev.what[:0], ev.l[:0], ev.r[:0], ev.groups[:0]
	if cap(ev.l) > 64*chunk { // one change met very many rows
		ev.what, ev.l, ev.r = nil, nil, nil
	}
	return err
}

// side gives one of both by the number it has in events.
func (j *Join) side(k int32) *side {
	if k == 0 {
		return &j.l
	}
	return &j.r
}

// turn lets a row leave or come.
func (j *Join) turn(what uint8, row, side int32) {
	s := j.side(side)
	if what == rowLeaves {
		s.flags[row] &^= stands
	} else {
		s.flags[row] |= stands
	}
	j.touch(s, row)
}

// touch notes a row that the group may make stand alone, or no longer.
func (j *Join) touch(s *side, row int32) {
	if !s.outer || s.flags[row]&touched != 0 {
		return
	}
	s.flags[row] |= touched
	j.ev.touched = append(j.ev.touched, touch{s, row})
}

// pair lets a pair leave or come. One whose condition fails keeps its rows from
// standing alone and does not come out.
func (j *Join) pair(what, answer uint8, l, r int32) {
	ev := &j.ev
	by := int32(1)
	if what == leaves {
		by = -1
	}
	if j.l.outer {
		j.l.matches[l] += by
		j.touch(&j.l, l)
	}
	if j.r.outer {
		j.r.matches[r] += by
		j.touch(&j.r, r)
	}
	switch {
	case answer == fails:
		j.l.flags[l] |= broken
		j.r.flags[r] |= broken
	case what == leaves:
		ev.back = append(ev.back, result{l, r, max(j.l.rows.Ord[l], j.r.rows.Ord[r])})
	default:
		ev.add = append(ev.add, result{l, r, arrowexec.Added})
	}
}

// standing compares which of the rows touched stand alone before and after.
func (j *Join) standing(g *changes) {
	ev := &j.ev
	for _, t := range ev.touched {
		s, row := t.s, t.row
		s.flags[row] &^= touched
		l, r := row, int32(-1)
		if s.right {
			l, r = r, l
		}
		alone := s.flags[row]&stands != 0 && s.matches[row] == 0
		if before := s.alone[row]; before >= 0 && !alone {
			ev.back = append(ev.back, result{l, r, before})
			s.alone[row] = -1
		} else if before < 0 && alone {
			s.alone[row] = g.ord
			ev.add = append(ev.add, result{l, r, arrowexec.Added})
		}
	}
}

// put writes the rows of a group out, what is taken back first. The first row has
// the weight of all changes of the group. A group without rows leaves its weight
// to the first row that it added.
func (j *Join) put(g *changes, from int) {
	ev, o := &j.ev, &j.ev.out
	n := len(o.l)
	for _, list := range [2][]result{ev.back, ev.add} {
		for _, x := range list {
			w := int64(0)
			if x.l >= 0 {
				w += j.l.see(x.l)
			} else {
				o.absentL = true
			}
			if x.r >= 0 {
				w += j.r.see(x.r)
			} else {
				o.absentR = true
			}
			o.l, o.r, o.w, o.had = append(o.l, x.l), append(o.r, x.r), append(o.w, w), append(o.had, x.had)
			o.ord, o.mark = append(o.ord, g.ord), append(o.mark, g.mark)
			o.cause = append(o.cause, g.cause)
			o.caused = o.caused || g.cause != noTime
		}
	}
	o.back = o.back || len(ev.back) > 0
	came := len(o.l) > n
	for k := from; k < g.end; k++ {
		if ev.what[k] != rowComes {
			continue
		}
		s, row := j.side(ev.r[k]), ev.l[k]
		if came {
			o.w[n] += s.see(row)
			continue
		}
		s.rows.Weights[row] += g.weight
		g.weight = 0
		return
	}
	if came {
		o.w[n] += g.weight
	} else {
		j.o.Ledger.Filtered += g.weight
	}
}

// send emits the rows that are on their way out.
func (j *Join) send(b *arrowexec.Batch, emit arrowexec.Emit, last bool) error {
	o := &j.ev.out
	n := len(o.l)
	if last {
		j.pass()
	}
	if n == 0 && !last {
		return nil
	}
	sc := b.Scope.Pool().Open()
	defer sc.Close()
	out := &arrowexec.Batch{Scope: sc, N: n, Seq: b.Seq, Now: b.Now, Watermark: j.mark}
	if n == 0 {
		out.Cols, out.Sel = j.none(), vec.Sel{}
		return emit(out)
	}
	if !last {
		out.Watermark = o.mark[n-1]
	}
	out.Ord, out.Weights = o.ord, o.w
	if o.back {
		out.Retracts = o.had
	}
	if o.caused {
		out.Causes = o.cause
		for k := 0; o.cause[k] == noTime; k++ { // before any was known
			o.cause[k] = 0
		}
	}
	if out.Watermark != arrowexec.NoWatermark {
		out.Marks = o.mark
	}
	out.Cols = make([]*vec.Vec, 0, len(j.reads))
	for c, t := range j.o.LeftTypes {
		out.Cols = append(out.Cols, taken(sc, j.used(c), j.l.wide(), c, t, o.l, o.absentL))
	}
	for c, t := range j.o.RightTypes {
		out.Cols = append(out.Cols, taken(sc, j.used(j.r.first+c), j.r.wide(), c, t, o.r, o.absentR))
	}
	err := emit(out)
	*o = output{l: o.l[:0], r: o.r[:0], ord: o.ord[:0], had: o.had[:0], mark: o.mark[:0], w: o.w[:0], cause: o.cause[:0]}
	if cap(o.l) > 64*chunk {
		*o = output{}
	}
	return err
}

// askEvents tells what the residual condition says of the pairs among the events;
// nil without one.
func (j *Join) askEvents(b *arrowexec.Batch) ([]uint8, error) {
	if j.o.Residual == nil {
		return nil, nil
	}
	ev := &j.ev
	l, r := ev.rows[0][:0], ev.rows[1][:0]
	ords, old := vec.Slice[int64](b.Scope, len(ev.l))[:0], vec.Slice[bool](b.Scope, len(ev.l))[:0]
	k := 0
	for _, g := range ev.groups {
		for ; k < g.end; k++ {
			if what := ev.what[k]; what == leaves || what == comes {
				l, r = append(l, ev.l[k]), append(r, ev.r[k])
				ords, old = append(ords, g.ord), append(old, what == leaves)
			}
		}
	}
	ev.rows = [2][]int32{l, r}
	return j.ask(&pairs{l: l, r: r, left: j.l.wide(), right: j.r.wide(), like: b,
		ord: func(k int) int64 { return ords[k] }, known: func(k int) bool { return old[k] }})
}
