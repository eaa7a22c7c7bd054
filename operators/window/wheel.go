package window

import "math"

// wheel holds the deadlines of open sessions. Those of the near future stand in
// a small heap; others in buckets of a part of the gap by their end, unordered,
// until the watermark reaches the bucket: most sessions have grown by then and go
// to a later bucket, at no cost that grows with their number.
type wheel struct {
	width int64 // of a bucket, ms
	floor int64 // end of the bucket that was emptied last; all ends below are in near
	slots [buckets][]deadline
	n     int // entries in slots
	near  ordered[deadline]
}

const (
	buckets  = 256
	perWidth = 64 // buckets in a gap
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
		for _, d := range list {
			var ok bool
			if d.bounds, ok = now(d); ok {
				w.put(d)
			}
		}
	}
	if w.n == 0 && w.floor < to && to < math.MaxInt64/2 {
		w.floor = floor(to, w.width)
	}
}

// next is a time before which no session ends.
func (w *wheel) next() int64 {
	t := int64(math.MaxInt64)
	if w.n > 0 {
		t = w.floor
	}
	if w.near.len() > 0 {
		t = min(t, w.near.items[0].end)
	}
	return t
}

func (w *wheel) bytes() int64 {
	n := cap(w.near.items)
	for _, s := range w.slots {
		n += cap(s)
	}
	return int64(n) * 24
}
