package window

import (
	"cmp"
	"math"
	"slices"
)

// wheel holds the deadlines of open sessions, in buckets of a part of the gap by
// their end, unordered, until the watermark reaches the bucket: most sessions have
// grown by then and go to a later bucket, at no cost that grows with their number.
// The others are counted into their order, which took a fifth of the time of session
// windows when it was a heap's. What comes too late or too early for the buckets
// stands in a small heap.
type wheel struct {
	width int64 // of a bucket, ms
	floor int64 // end of the bucket that was emptied last; all ends below are in run or near
	slots [buckets][]deadline
	n     int        // entries in slots
	run   []deadline // those of the buckets that were emptied, by their end
	at    int        // the first of run that is left
	near  ordered[deadline]

	bucket []deadline // reused
	counts []int32
}

const (
	buckets  = 256
	perWidth = 64 // buckets in a gap

	// maxCounts is the widest bucket, in ms, whose deadlines are counted.
	maxCounts = 4096
)

func newWheel(gap int64) wheel { return wheel{width: gap/perWidth + 1, floor: math.MinInt64} }

// put adds a deadline. One beyond the buckets, as of rows far ahead of the
// watermark, goes to the heap.
func (w *wheel) put(d deadline) {
	if w.floor == math.MinInt64 && d.end > math.MinInt64/2 {
		w.floor = floor(d.end, w.width) - (perWidth+1)*w.width
	}
	if d.end < w.floor || d.end >= add(w.floor, buckets*w.width) || d.end < math.MinInt64/2 {
		w.near.push(d)
		return
	}
	at := w.slot(d.end)
	w.slots[at] = append(w.slots[at], d)
	w.n++
}

func (w *wheel) slot(end int64) int { return int(floor(end, w.width) / w.width & (buckets - 1)) }

// turn empties the buckets that begin before a time: now gives the bounds that a
// session has by then, ok false when it has ended.
func (w *wheel) turn(to int64, now func(d deadline) (at bounds, ok bool)) {
	for w.n > 0 && w.floor < to {
		at := w.slot(w.floor)
		list := w.slots[at]
		w.floor += w.width
		w.n -= len(list)
		w.slots[at] = list[:0]
		w.bucket = w.bucket[:0]
		for _, d := range list {
			var ok bool
			if d.bounds, ok = now(d); !ok {
				continue
			}
			if d.end < w.floor {
				w.bucket = append(w.bucket, d)
			} else {
				w.put(d)
			}
		}
		w.order()
	}
	if w.n == 0 && w.floor < to && to < math.MaxInt64/2 {
		w.floor = floor(to, w.width) + w.width
	}
}

// order appends the bucket that ends at floor to run, by end.
func (w *wheel) order() {
	if len(w.bucket) == 0 {
		return
	}
	w.run = w.run[:copy(w.run, w.run[w.at:])]
	w.at = 0
	from := len(w.run)
	w.run = append(w.run, w.bucket...)
	if out := w.run[from:]; w.width > maxCounts {
		slices.SortFunc(out, func(a, b deadline) int { return cmp.Compare(a.end, b.end) })
	} else {
		counts := slices.Grow(w.counts[:0], int(w.width)+1)[:w.width+1]
		clear(counts)
		w.counts = counts
		begin := w.floor - w.width
		for i := range w.bucket {
			counts[w.bucket[i].end-begin+1]++
		}
		for i := 1; i < len(counts); i++ {
			counts[i] += counts[i-1]
		}
		for _, d := range w.bucket {
			at := &counts[d.end-begin]
			out[*at] = d
			*at++
		}
	}
}

// first is the deadline that comes first among those whose bucket was emptied.
func (w *wheel) first() (d deadline, ok bool) {
	if w.at == len(w.run) {
		if w.near.len() == 0 {
			return d, false
		}
		return w.near.items[0], true
	}
	d = w.run[w.at]
	if w.near.len() > 0 && w.near.items[0].before(d.bounds) {
		d = w.near.items[0]
	}
	return d, true
}

// drop removes what first gave.
func (w *wheel) drop(d deadline) {
	if w.at < len(w.run) && w.run[w.at] == d {
		w.at++
		return
	}
	w.near.pop()
}

// next is a time before which no session ends.
func (w *wheel) next() int64 {
	t := int64(math.MaxInt64)
	if w.n > 0 {
		t = w.floor
	}
	if w.at < len(w.run) {
		t = min(t, w.run[w.at].end)
	}
	if w.near.len() > 0 {
		t = min(t, w.near.items[0].end)
	}
	return t
}

func (w *wheel) bytes() int64 {
	n := cap(w.near.items) + cap(w.run) + cap(w.bucket) + cap(w.counts)/6
	for _, s := range w.slots {
		n += cap(s)
	}
	return int64(n) * 24
}
