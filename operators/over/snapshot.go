package over

import (
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/kept"
)

// Snapshot writes down the log, the partitions, what each buffer has of the log,
// and the rows held. What slides with frames follows from that.
func (p *Buffered) Snapshot() ([]arrow.Record, error) {
	p.compact()
	pool := vec.NewPool(nil, false)
	defer pool.Close()
	sc := pool.Open()
	defer sc.Close()
	out := []arrow.Record{p.log.Snapshot()}
	for _, q := range p.parts {
		n := q.table.Len()
		out = append(out, kept.Record(n, q.table.Snapshot(sc, numbers[int32](n))))
	}
	for _, w := range p.wins {
		var size, row []int64
		for g, begin := range w.begin {
			size = append(size, int64(w.end[g]-begin))
			for _, r := range w.row[begin:w.end[g]] {
				row = append(row, int64(r))
			}
		}
		last := make([]int64, len(size))
		copy(last, w.last)
		out = append(out, kept.Record(len(size), []*vec.Vec{kept.Int64s(size), kept.Int64s(last)}), kept.Record(len(row), []*vec.Vec{kept.Int64s(row)}))
	}
	if p.held != nil {
		out = append(out, p.held.snapshot(p, sc)...)
	}
	return out, nil
}

func (h *held) snapshot(p *Buffered, sc *vec.Scope) []arrow.Record {
	n := len(h.open)
	open, gone := make([]int64, n), make([]int64, n)
	failed := vec.NewBuilder(sc, vec.TypeString, n)
	for r := range n {
		if open[r] = int64(h.open[r]); h.gone[r] {
			gone[r] = 1
		}
		if err := h.failed[int32(r)]; err == nil {
			failed.Null()
		} else {
			failed.String(err.Error())
		}
	}
	cols := []*vec.Vec{kept.Int64s(open), kept.Int64s(gone), kept.Int64s(h.marks), failed.Finish()}
	for _, q := range p.parts {
		id := make([]int64, n)
		for r, g := range q.queue.id {
			id[r] = int64(g)
		}
		cols = append(cols, kept.Int64s(id))
	}
	var values []arrow.Record
	for _, w := range p.wins {
		for _, c := range w.calls {
			at := make([]int64, n)
			for r, x := range c.at {
				at[r] = int64(x)
			}
			cols = append(cols, kept.Int64s(at))
			values = append(values, c.values.Snapshot())
		}
	}
	return append([]arrow.Record{kept.Record(n, cols)}, values...)
}

// Restore reads a snapshot into a fresh operator.
func (p *Buffered) Restore(recs []arrow.Record) error {
	if len(recs) == 0 {
		return nil
	}
	want := 1 + len(p.parts) + 2*len(p.wins)
	if p.held != nil {
		want++
		for _, w := range p.wins {
			want += len(w.calls)
		}
	}
	if len(recs) != want {
		return fmt.Errorf("the snapshot is not of this OVER: it has %d parts, not %d", len(recs), want)
	}
	pool := vec.NewPool(nil, false)
	defer pool.Close()
	sc := pool.Open()
	defer sc.Close()
	if err := p.log.Restore(recs[0]); err != nil {
		return err
	}
	recs = recs[1:]
	for _, q := range p.parts {
		cols, err := kept.Columns(sc, recs[0])
		if err != nil {
			return err
		}
		if recs[0].NumRows() > 0 || len(q.by) == 0 {
			q.table.Restore(sc, cols)
		}
		recs = recs[1:]
	}
	for _, w := range p.wins {
		size, err := kept.Columns(sc, recs[0])
		if err != nil {
			return err
		}
		row, err := kept.Columns(sc, recs[1])
		if err != nil {
			return err
		}
		w.restore(vec.Values[int64](size[0]), vec.Values[int64](size[1]), vec.Values[int64](row[0]))
		recs = recs[2:]
	}
	if p.held == nil {
		return nil
	}
	cols, err := kept.Columns(sc, recs[0])
	if err != nil {
		return err
	}
	recs = recs[1:]
	p.held.restore(p, cols)
	cols = cols[4+len(p.parts):]
	for _, w := range p.wins {
		for _, c := range w.calls {
			for _, x := range vec.Values[int64](cols[0]) {
				c.at = append(c.at, int32(x))
			}
			if err := c.values.Restore(recs[0]); err != nil {
				return err
			}
			cols, recs = cols[1:], recs[1:]
		}
	}
	return nil
}

func (w *buffers) restore(size, last, row []int64) {
	w.part.ids = w.part.ids[:0]
	w.reserve() // arrays by partition
	for g, n := range size {
		w.move(int32(g), int32(n))
		off := w.off[g]
		w.end[g] = off + int32(n)
		for i := range int32(n) {
			r := int32(row[i])
			w.row[off+i] = r
			w.mixed[g] = w.mixed[g] || i > 0 && r < w.row[off+i-1]
		}
		row = row[n:]
		if w.last != nil {
			w.last[g] = last[g]
		}
		for _, c := range w.calls {
			c.ahead.restart(int32(g), off)
		}
	}
	w.arena, w.unrun = len(w.row), w.run != nil
}

func (h *held) restore(p *Buffered, cols []*vec.Vec) {
	open, gone, marks := vec.Values[int64](cols[0]), vec.Values[int64](cols[1]), vec.Values[int64](cols[2])
	for r := range open {
		h.open, h.gone, h.marks = append(h.open, int16(open[r])), append(h.gone, gone[r] == 1), append(h.marks, marks[r])
		if !cols[3].IsNull(r) {
			if h.failed[int32(r)] = errors.New(cols[3].StringAt(r)); string(cols[3].BytesAt(r)) == errReported.Error() {
				h.failed[int32(r)] = errReported
			}
		}
	}
	for h.first < len(h.gone) && h.gone[h.first] {
		h.first++
	}
	for i, q := range p.parts {
		for r, g := range vec.Values[int64](cols[4+i]) {
			if h.gone[r] {
				q.queue.next, q.queue.id = append(q.queue.next, -1), append(q.queue.id, int32(g))
			} else {
				q.queue.push(int32(r), int32(g))
			}
		}
	}
}
