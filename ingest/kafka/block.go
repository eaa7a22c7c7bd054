package kafka

import (
	"sync"
	"sync/atomic"

	"github.com/velostream/velo/ingest/kafka/recordbatch"
)

// block is records of one partition, however they were fetched. Who fetched it, and
// each batch that has rows of it, holds it; when nobody does it is filled again.
type block struct {
	recordbatch.Block
	partition int32

	refs atomic.Int32
	in   *records // who holds it since last, of the one that takes records
	from *blocks
}

// bytes is the size of some of the records: keys, payloads and headers follow each
// other in the data.
func (b *block) bytes(from, to int) int64 {
	if from == to {
		return 0
	}
	start := b.Headers[from].From
	if v := b.Values[from].From; v >= 0 {
		start = v
	}
	if k := b.Keys[from].From; k >= 0 {
		start = k
	}
	return int64(b.Headers[to-1].To - start)
}

func (b *block) hold() { b.refs.Add(1) }

// release gives up a hold on the block.
func (b *block) release(poison bool) {
	if b.refs.Add(-1) > 0 {
		return
	}
	if poison {
		for own, i := b.Own(), 0; i < len(own); i++ {
			own[i] = 0xDB
		}
	}
	b.from.put(b)
}

// blocks are those of one reader that wait to be filled.
type blocks struct {
	mu    sync.Mutex
	free  []*block
	bytes int // of the data of those
}

// How much memory one block may keep, and how much all that wait.
const (
	blockBytes = 8 << 20
	freeBytes  = 128 << 20
)

// get gives an empty block, held once.
func (f *blocks) get(partition int32) *block {
	var b *block
	f.mu.Lock()
	if n := len(f.free); n > 0 {
		b = f.free[n-1]
		f.free = f.free[:n-1]
		f.bytes -= len(b.Own())
	}
	f.mu.Unlock()
	if b == nil {
		b = &block{from: f}
	}
	b.partition = partition
	b.refs.Store(1)
	return b
}

func (f *blocks) put(b *block) {
	b.Reset()
	b.in = nil
	size := len(b.Own())
	if size > blockBytes || cap(b.Offsets) > 1<<16 {
		return // a great record must not be paid for by all that follow
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.bytes+size <= freeBytes && len(f.free) < 1024 {
		f.free, f.bytes = append(f.free, b), f.bytes+size
	}
}

// run is neighbouring records of a block.
type run struct {
	*block
	from, to int32
	at       int32 // index of the first among the records that were taken together
	row      int32 // and among those that became rows
}

func (r run) len() int { return int(r.to - r.from) }

// records are records in the order in which they are read. They hold their blocks
// until nobody holds them.
type records struct {
	runs   []run
	n      int
	bytes  int64
	blocks []*block
	refs   atomic.Int32
}

// newRecords are none yet, held once.
func newRecords() *records {
	r := &records{}
	r.refs.Store(1)
	return r
}

// add appends records of a block.
func (r *records) add(b *block, from, to int) {
	if from == to {
		return
	}
	if b.in != r {
		b.in = r
		b.hold()
		r.blocks = append(r.blocks, b)
	}
	r.bytes += b.bytes(from, to)
	if n := len(r.runs); n > 0 && r.runs[n-1].block == b && int(r.runs[n-1].to) == from {
		r.runs[n-1].to = int32(to)
	} else {
		r.runs = append(r.runs, run{b, int32(from), int32(to), int32(r.n), int32(r.n)})
	}
	r.n += to - from
}

// hold is for a scope that borrows the records.
func (r *records) hold() *records {
	r.refs.Add(1)
	return r
}

// Return implements [vec.Lender].
func (r *records) Return(poison bool) {
	if r.refs.Add(-1) > 0 {
		return
	}
	for _, b := range r.blocks {
		b.release(poison)
	}
}

// part gives records from one index up to another, with indexes of their own.
func (r *records) part(from, to int) []run {
	if from == 0 && to == r.n {
		return r.runs
	}
	var out []run
	for i := find(r.runs, from); i < len(r.runs) && int(r.runs[i].at) < to; i++ {
		x := r.runs[i]
		skip, most := max(int32(from)-x.at, 0), int32(to)-x.at
		x.from, x.to = x.from+skip, min(x.to, x.from+most)
		x.at = x.at + skip - int32(from)
		x.row = x.at
		out = append(out, x)
	}
	return out
}

// find gives the index of the run that has a record.
func find(runs []run, at int) int {
	lo, hi := 0, len(runs)
	for hi-lo > 1 {
		if m := (lo + hi) / 2; int(runs[m].at) <= at {
			lo = m
		} else {
			hi = m
		}
	}
	return lo
}

// narrow gives the runs of those records that became rows.
func narrow(runs []run, rows []int32) []run {
	var out []run
	k := 0
	for i, at := range rows {
		for at >= runs[k].at+runs[k].to-runs[k].from {
			k++
		}
		j := runs[k].from + at - runs[k].at
		if n := len(out) - 1; n >= 0 && out[n].block == runs[k].block && out[n].to == j && out[n].at+out[n].to-out[n].from == at {
			out[n].to++
			continue
		}
		out = append(out, run{runs[k].block, j, j + 1, at, int32(i)})
	}
	return out
}
