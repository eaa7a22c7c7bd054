package eventtime

import (
	"math"

	"github.com/velostream/velo/arrowexec"
)

// partition is what a watermark knows of one partition.
type partition struct {
	id       int32
	greatest int64 // event time
	left     int64 // records still to come; -1: unknown
	seen     int64 // clock of the batch with its last record
	place    int   // in the heap; -1: not live
	ended    bool
	idle     bool
}

// partitions keeps the greatest event time of each live partition in a heap, so
// that the least of them is at hand after each row.
type partitions struct {
	byID map[int32]int
	all  []partition
	heap []int32 // places in all, the least greatest time first
	last int     // partition of the row before, most often that of the next too
}

func (p *partitions) find(id int32) int {
	if p.last < len(p.all) && p.all[p.last].id == id {
		return p.last
	}
	i, ok := p.byID[id]
	if !ok {
		i = p.add(id, -1)
	}
	p.last = i
	return i
}

func (p *partitions) add(id int32, records int64) int {
	if p.byID == nil {
		p.byID = map[int32]int{}
	}
	i := len(p.all)
	p.byID[id] = i
	p.all = append(p.all, partition{id: id, greatest: arrowexec.NoWatermark, left: records, place: -1})
	if records == 0 {
		p.all[i].ended = true
	} else {
		p.insert(i)
	}
	return i
}

func (p *partitions) insert(i int) {
	p.heap = append(p.heap, int32(i))
	p.all[i].place = len(p.heap) - 1
	p.up(len(p.heap) - 1)
}

func (p *partitions) remove(i int) {
	at := p.all[i].place
	if at < 0 {
		return
	}
	p.all[i].place = -1
	last := len(p.heap) - 1
	moved := p.heap[last]
	p.heap = p.heap[:last]
	if at < last {
		p.put(at, moved)
		p.up(at)
		p.down(int(p.all[moved].place))
	}
}

func (p *partitions) put(at int, i int32) {
	p.heap[at] = i
	p.all[i].place = at
}

func (p *partitions) time(at int) int64 { return p.all[p.heap[at]].greatest }

func (p *partitions) up(at int) {
	for at > 0 && p.time(at) < p.time((at-1)/2) {
		p.swap(at, (at-1)/2)
		at = (at - 1) / 2
	}
}

func (p *partitions) down(at int) {
	for {
		c := 2*at + 1
		if c >= len(p.heap) {
			return
		}
		if c+1 < len(p.heap) && p.time(c+1) < p.time(c) {
			c++
		}
		if p.time(at) <= p.time(c) {
			return
		}
		p.swap(at, c)
		at = c
	}
}

func (p *partitions) swap(a, b int) {
	x, y := p.heap[a], p.heap[b]
	p.put(a, y)
	p.put(b, x)
}

// row takes a record of a partition; ok tells that its time could be read.
func (p *partitions) row(i int, t int64, ok bool, now int64) {
	x := &p.all[i]
	x.seen = now
	if x.idle {
		x.idle = false
		p.insert(i)
	}
	if ok && t > x.greatest {
		x.greatest = t
		if x.place >= 0 {
			p.down(x.place)
		}
	}
	if x.left > 0 {
		if x.left--; x.left == 0 {
			p.end(i)
		}
	}
}

// begin makes a partition live that is read from now on, for the first time or
// again.
func (p *partitions) begin(id int32, now int64) {
	i, ok := p.byID[id]
	if !ok {
		i = p.add(id, -1)
	}
	x := &p.all[i]
	x.ended, x.idle, x.seen = false, false, now
	if x.place < 0 {
		p.insert(i)
	}
}

// end takes a partition out; the last live one stays for its watermark, which
// only the end of the input can pass.
func (p *partitions) end(i int) {
	p.all[i].ended = true
	if len(p.heap) > 1 {
		p.remove(i)
	}
}

// least is the least greatest time of the live partitions; ok is false when
// none is live.
func (p *partitions) least() (t int64, ok bool) {
	if len(p.heap) == 0 {
		return 0, false
	}
	return p.time(0), true
}

// others is the least greatest time of the live partitions besides one of them.
func (p *partitions) others(x *partition) int64 {
	least := int64(math.MaxInt64)
	if x.place > 0 {
		return p.time(0)
	}
	for at := 1; at < min(3, len(p.heap)); at++ {
		least = min(least, p.time(at))
	}
	return least
}
