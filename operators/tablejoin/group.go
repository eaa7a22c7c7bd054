package tablejoin

import (
	"github.com/velostream/velo/arrowexec"
)

// What happens to a pair, or to a row.
const (
	leaves uint8 = iota // a pair does
	comes
	rowLeaves // of the left side or, with r set, of the right one
	rowComes
)

// events are what the changes of two tables may come to: pairs, and rows that
// leave and come. Those of one sequence number are a group.
type events struct {
	what   []uint8
	l, r   []int32
	groups []changes
	out    output
	// Of the group that is resolved.
	back, add []result
	touched   []touch
	rows      [2][]int32 // pairs as two lists of rows, for the condition
}

// changes are a group: the changes with one sequence number.
type changes struct {
	end       int // of its events
	ord, mark int64
	weight    int64 // of the changes whose row is not kept
	cause     int64 // the greatest event time of their records
}

// change goes through the changes of two tables in the order of their causes.
func (j *Join) change(b *arrowexec.Batch, emit arrowexec.Emit) error {
	l, r := j.l.changes, j.r.changes
	for len(l)+len(r) > 0 {
		var ord int64
		switch {
		case len(r) == 0 || len(l) > 0 && l[0].ord <= r[0].ord:
			ord = l[0].ord
		default:
			ord = r[0].ord
		}
		n, m := same(l, ord), same(r, ord)
		j.group(ord, l[:n], r[:m])
		l, r = l[n:], r[m:]
		if len(j.ev.l) >= chunk {
			if err := j.resolve(b, emit, false); err != nil {
				for _, list := range [2][]change{l, r} { // they change nothing any more
					for _, c := range list {
						j.o.Ledger.Filtered += c.weight
					}
				}
				return err
			}
		}
	}
	j.l.mark, j.r.mark = max(j.l.mark, j.l.read), max(j.r.mark, j.r.read)
	return j.resolve(b, emit, true)
}

// same counts the changes with a sequence number that lead a list.
func same(list []change, ord int64) (n int) {
	for n < len(list) && list[n].ord == ord {
		n++
	}
	return n
}

// group writes down what the changes with one sequence number come to: first what
// leaves, left rows before right ones, then what comes.
func (j *Join) group(ord int64, l, r []change) {
	g := changes{ord: ord, cause: noTime}
	j.leave(&g, &j.l, &j.r, l)
	j.leave(&g, &j.r, &j.l, r)
	j.come(&g, &j.l, &j.r, l)
	j.come(&g, &j.r, &j.l, r)
	j.pass()
	j.cause = max(j.cause, g.cause)
	if g.cause == noTime { // not before what is known
		g.cause = j.cause
	}
	g.end, g.mark = len(j.ev.l), j.mark
	j.ev.groups = append(j.ev.groups, g)
}

// pass moves the watermark of the output on with those of its inputs.
func (j *Join) pass() {
	l, r := j.l.mark, j.r.mark
	switch {
	case j.l.ended:
		l = max(l, r)
	case j.r.ended:
		r = max(l, r)
	}
	j.mark = max(j.mark, min(l, r))
}

func (j *Join) leave(g *changes, s, o *side, list []change) {
	for _, c := range list {
		s.mark, g.cause = max(s.mark, c.mark), max(g.cause, c.cause)
		switch {
		case c.row < 0:
			g.weight += c.weight
		case !c.back:
		case s.flags[c.row]&linked == 0: // the same record added it
			g.weight += c.weight + s.rows.Weights[c.row]
			s.flags[c.row] |= undone | used
		default:
			g.weight += c.weight
			s.unlink(c.row)
			j.ev.row(rowLeaves, s, c.row)
			j.meetAll(leaves, s, o, c.row)
		}
	}
}

func (j *Join) come(g *changes, s, o *side, list []change) {
	for _, c := range list {
		if c.row < 0 || c.back || s.flags[c.row]&undone != 0 {
			continue
		}
		s.link(c.row)
		j.ev.row(rowComes, s, c.row)
		j.meetAll(comes, s, o, c.row)
	}
}

// meetAll writes down the pairs of a row with the other side's rows of its key.
func (j *Join) meetAll(what uint8, s, o *side, row int32) {
	ev := &j.ev
	for x := o.list(s.ids[row]); x >= 0; x = o.next[x] {
		l, r := row, x
		if s.right {
			l, r = x, row
		}
		ev.what, ev.l, ev.r = append(ev.what, what), append(ev.l, l), append(ev.r, r)
	}
}

func (ev *events) row(what uint8, s *side, row int32) {
	side := int32(0)
	if s.right {
		side = 1
	}
	ev.what, ev.l, ev.r = append(ev.what, what), append(ev.l, row), append(ev.r, side)
}
