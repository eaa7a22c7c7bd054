package over

import (
	"errors"
	"slices"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// held are the rows that wait for others to follow: all rows pass it when a call
// of the query looks ahead. They leave in the order in which they arrived in each
// of their partitions. Slices are by row of the log.
type held struct {
	waits  int16   // calls that look ahead
	open   []int16 // of these, not asked for yet
	marks  []int64 // the watermark before the row
	gone   []bool  // has left
	failed map[int32]error
	first  int // the oldest row that has not left
	ready  []int32
	// rows leave now, caused by the input rows cause, with the watermark that those
	// that stay allow.
	rows         []int32
	cause, least []int64
}

// errReported stands for an error that was reported when the row came.
var errReported = errors.New("reported")

// queue holds, for each partition, the rows that have not left.
type queue struct {
	head, tail []int32 // by partition, −1: none
	next, id   []int32 // by row of the log; id is its partition
}

func (q *queue) push(r, g int32) {
	for int(g) >= len(q.head) {
		q.head, q.tail = append(q.head, -1), append(q.tail, -1)
	}
	q.next, q.id = append(q.next, -1), append(q.id, g)
	if q.head[g] < 0 {
		q.head[g] = r
	} else {
		q.next[q.tail[g]] = r
	}
	q.tail[g] = r
}

// pop takes the first row of a partition away and gives the next one.
func (q *queue) pop(g int32) int32 {
	r := q.head[g]
	q.head[g] = q.next[r]
	return q.head[g]
}

// computed notes that one more call of a row was asked for.
func (h *held) computed(r int32) {
	if h.open[r]--; h.open[r] == 0 {
		h.ready = append(h.ready, r)
	}
}

// hold adds the rows of a batch one after the other.
func (p *Buffered) hold(b *arrowexec.Batch, sel vec.Sel, first, n int) {
	h := p.held
	for k := range n {
		r, i := int32(first+k), at(sel, k)
		mark := b.MarkOf(i)
		h.open, h.marks, h.gone = append(h.open, h.waits), append(h.marks, mark), append(h.gone, false)
		for _, q := range p.parts {
			q.queue.push(r, q.ids[k])
		}
		for _, w := range p.wins {
			for _, c := range w.calls {
				c.at = append(c.at, -1)
				if !c.waits {
					c.at[r] = int32(c.values.Len() + k)
				}
			}
			w.take(h, r, w.part.ids[k])
		}
		h.free(p, b.OrdOf(i))
	}
}

// free lets the rows go that wait for nothing and no row.
func (h *held) free(p *Buffered, cause int64) {
	from := len(h.rows)
	least := int64(arrowexec.NoWatermark)
	if h.first < len(h.marks) {
		least = h.marks[h.first]
	}
	for len(h.ready) > 0 {
		r := h.ready[len(h.ready)-1]
		h.ready = h.ready[:len(h.ready)-1]
		if h.gone[r] || h.open[r] > 0 || !p.leads(r) {
			continue
		}
		h.gone[r] = true
		h.rows = append(h.rows, r)
		for _, q := range p.parts {
			if next := q.queue.pop(q.queue.id[r]); next >= 0 {
				h.ready = append(h.ready, next)
			}
		}
	}
	slices.Sort(h.rows[from:])
	for range h.rows[from:] {
		h.cause, h.least = append(h.cause, cause), append(h.least, least)
	}
	for h.first < len(h.gone) && h.gone[h.first] {
		h.first++
	}
}

// leads tells whether a row is the first that has not left of each of its
// partitions.
func (p *Buffered) leads(r int32) bool {
	for _, q := range p.parts {
		if q.queue.head[q.queue.id[r]] != r {
			return false
		}
	}
	return true
}

// release computes what was asked for and emits the rows that leave.
func (p *Buffered) release(b *arrowexec.Batch, sel vec.Sel, first, n int, emit arrowexec.Emit) error {
	h := p.held
	for _, w := range p.wins {
		if w.w.Trim {
			w.complete()
		}
		for _, c := range w.calls {
			if !c.waits {
				err := p.store(b, w, c, w.now, func(k int, e error) error {
					if r := int32(first + k); h.failed[r] == nil {
						h.failed[r] = errReported
						return p.o.Failures.Row(b, at(sel, k), "expression", "", e)
					}
					return nil
				})
				if err != nil {
					return err
				}
				continue
			}
			err := p.store(b, w, c, c.asked, func(k int, e error) error {
				if r := w.row[c.asked.pos[k]]; h.failed[r] == nil {
					h.failed[r] = e
				}
				return nil
			})
			if err != nil {
				return err
			}
			c.asked.clear()
		}
		if w.w.Trim {
			w.trim(w.view(p, b.Scope, w.now))
		}
		w.settle()
	}
	for from := 0; from < len(h.rows); from += chunk {
		if err := p.send(b, from, min(from+chunk, len(h.rows)), emit); err != nil {
			return err
		}
	}
	h.rows, h.cause, h.least = h.rows[:0], h.cause[:0], h.least[:0]
	cols := append(make([]*vec.Vec, 0, len(b.Cols)+4), b.Cols...)
	if len(cols) == 0 { // the input has ended
		return nil
	}
	for _, w := range p.wins {
		for _, c := range w.calls {
			cols = append(cols, b.Scope.NullConst(c.Type, b.N))
		}
	}
	none := b.With(cols, vec.Sel{})
	none.Watermark, none.Marks = h.watermark(b.Watermark), nil
	return emit(none)
}

// watermark is that of the input, but not beyond what it was before the oldest
// row that is still here.
func (h *held) watermark(mark int64) int64 {
	if h.first < len(h.marks) {
		return min(mark, h.marks[h.first])
	}
	return mark
}

// store computes a call over entries and keeps the values.
func (p *Buffered) store(b *arrowexec.Batch, w *buffers, c *bufferedCall, e entries, f func(int, error) error) (err error) {
	n := len(e.pos)
	if n == 0 {
		return nil
	}
	v := w.view(p, b.Scope, e)
	r := v.compute(c.Call, c.state, func(k int, cause error) {
		if err == nil {
			err = f(k, cause)
		}
	})
	if err != nil {
		return err
	}
	col := r.values
	if r.at != nil {
		col = b.Scope.Take(r.values, r.at, true)
	}
	c.values.Append(&arrowexec.Batch{Scope: b.Scope, N: n}, []*vec.Vec{b.Scope.Flat(col)}, nil)
	return nil
}

// send emits some of the rows that leave.
func (p *Buffered) send(b *arrowexec.Batch, from, to int, emit arrowexec.Emit) error {
	h, sc := p.held, b.Scope
	rows := h.rows[from:to]
	out := &arrowexec.Batch{Scope: sc, N: len(rows), Seq: b.Seq, Now: b.Now, Watermark: h.least[to-1],
		Ord: h.cause[from:to], Marks: h.least[from:to], Weights: vec.Slice[int64](sc, len(rows))}
	if to == len(h.rows) {
		out.Watermark = h.watermark(b.Watermark)
	}
	for k, r := range rows {
		out.Weights[k] = p.log.Weights[r]
	}
	for _, col := range p.cols[:p.width] {
		out.Cols = append(out.Cols, sc.Flat(sc.Take(col, rows, false)))
	}
	for _, w := range p.wins {
		for _, c := range w.calls {
			idx := vec.Slice[int32](sc, len(rows))
			for k, r := range rows {
				idx[k] = c.at[r]
			}
			out.Cols = append(out.Cols, sc.Flat(sc.Take(c.values.Columns()[0], idx, false)))
		}
	}
	if len(h.failed) > 0 {
		sel := vec.Slice[int32](sc, len(rows))[:0]
		for k, r := range rows {
			err, bad := h.failed[r]
			if !bad {
				sel = append(sel, int32(k))
				continue
			}
			delete(h.failed, r)
			if err == errReported {
				continue
			}
			if err := p.o.Failures.Row(out, k, "expression", "", err); err != nil {
				return err
			}
		}
		if len(sel) < len(rows) {
			out.Sel = sel
		}
	}
	return emit(out)
}
