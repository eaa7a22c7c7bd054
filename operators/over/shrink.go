package over

import (
	"fmt"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// shrink drops the rows of the log that no buffer has any more, once there are as
// many of them as of the others, and holds the memory limit.
func (p *Buffered) shrink() error {
	over := p.o.Limit > 0 && p.bytes() > p.o.Limit
	if p.log.Len() < p.full && !over {
		return nil
	}
	p.compact()
	p.full = max(p.least, 2*p.log.Len())
	if bytes := p.bytes(); p.o.Limit > 0 && bytes > p.o.Limit {
		return fmt.Errorf("%s keeps %d rows of %d partitions in %d bytes, more than the memory limit of %d bytes; raise --memory-limit, make the buffer smaller, or filter before",
			p.o.Name, p.log.Len(), p.keys(), bytes, p.o.Limit)
	}
	return nil
}

func (p *Buffered) keys() (n int64) {
	for _, q := range p.parts {
		n += int64(q.table.Len())
	}
	return n
}

// needed tells of each row of the log whether it is in a buffer, or held.
func (p *Buffered) needed() []bool {
	live := make([]bool, p.log.Len())
	if len(live) == 0 { // the input has ended
		return live
	}
	for _, w := range p.wins {
		for g, begin := range w.begin {
			for _, r := range w.row[begin:w.end[g]] {
				live[r] = true
			}
		}
	}
	if h := p.held; h != nil {
		for r := h.first; r < len(h.gone); r++ {
			live[r] = live[r] || !h.gone[r]
		}
	}
	return live
}

// compact drops the rows of the log that are not needed, between batches.
func (p *Buffered) compact() {
	live := p.needed()
	number := make([]int32, len(live)) // old → new
	var list []int32
	for r, l := range live {
		if number[r] = int32(len(list)); l {
			list = append(list, int32(r))
		}
	}
	if len(list) == len(live) {
		return
	}
	p.log.Keep(list)
	for _, w := range p.wins {
		for g, begin := range w.begin {
			rows := w.row[begin:w.end[g]]
			for i, r := range rows {
				rows[i] = number[r]
			}
		}
	}
	if p.held != nil {
		p.held.compact(p, list, number)
	}
}

// compact keeps the rows listed.
func (h *held) compact(p *Buffered, list, number []int32) {
	for _, w := range p.wins {
		for _, c := range w.calls {
			var values []int32
			for k, r := range list {
				at := c.at[r]
				switch {
				case at >= 0 && h.gone[r]:
					at = 0 // its value has left
				case at >= 0:
					values = append(values, at)
					at = int32(len(values) - 1)
				}
				c.at[k] = at
			}
			c.at = c.at[:len(list)]
			c.values.Keep(values)
		}
	}
	for _, q := range p.parts {
		for g, r := range q.queue.head {
			if r >= 0 {
				q.queue.head[g], q.queue.tail[g] = number[r], number[q.queue.tail[g]]
			}
		}
		for k, r := range list {
			next := q.queue.next[r]
			if next >= 0 {
				next = number[next]
			}
			q.queue.next[k], q.queue.id[k] = next, q.queue.id[r]
		}
		q.queue.next, q.queue.id = q.queue.next[:len(list)], q.queue.id[:len(list)]
	}
	failed := map[int32]error{}
	for r, err := range h.failed {
		failed[number[r]] = err
	}
	h.failed = failed
	first := len(list)
	for k, r := range list {
		h.open[k], h.marks[k], h.gone[k] = h.open[r], h.marks[r], h.gone[r]
		if !h.gone[k] && k < first {
			first = k
		}
	}
	h.open, h.marks, h.gone, h.first = h.open[:len(list)], h.marks[:len(list)], h.gone[:len(list)], first
}

func (p *Buffered) bytes() int64 {
	n := p.log.Bytes()
	for _, q := range p.parts {
		n += q.table.Bytes() + int64(cap(q.queue.head)+cap(q.queue.tail)+cap(q.queue.next)+cap(q.queue.id))*4
	}
	for _, w := range p.wins {
		n += w.bytes()
		for _, c := range w.calls {
			n += c.values.Bytes() + int64(cap(c.at))*4
		}
	}
	if h := p.held; h != nil {
		n += int64(cap(h.open))*2 + int64(cap(h.marks))*8 + int64(cap(h.gone)) + int64(len(h.failed))*32
	}
	return n
}

// State tells how many rows the buffers have.
func (p *Buffered) State() arrowexec.State {
	return arrowexec.State{Keys: int64(p.log.Len()), Bytes: p.bytes()}
}

// Holds is the first row that a buffer has, or that has not left.
func (p *Buffered) Holds() (seq int64, ok bool) {
	for r, l := range p.needed() {
		if o := p.log.Ord[r]; l && (!ok || o < seq) {
			seq, ok = o, true
		}
	}
	return seq, ok
}

// Fate tells of a run that was stopped how many input rows have not left.
func (p *Buffered) Fate() (filtered, held int64) {
	if h := p.held; h != nil {
		for r := h.first; r < len(h.gone) && r < p.log.Len(); r++ {
			if !h.gone[r] && h.failed[int32(r)] != errReported {
				held += p.log.Weights[r]
			}
		}
	}
	return 0, held + p.left
}

// Close drops the buffers when a run ends before its input.
func (p *Buffered) Close() {
	_, p.left = p.Fate()
	p.log.Close()
	for _, w := range p.wins {
		for _, c := range w.calls {
			c.values.Close()
		}
	}
}

// open gives rows that were restored their memory.
func (p *Buffered) open(pool *vec.Pool) error {
	if err := p.log.Open(pool); err != nil {
		return err
	}
	for _, w := range p.wins {
		for _, c := range w.calls {
			if err := c.values.Open(pool); err != nil {
				return err
			}
		}
	}
	return nil
}
