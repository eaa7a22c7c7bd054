package window

import "math/bits"

// delays are how late the late rows of a run came: the least and the greatest
// exactly, the others in buckets of an eighth of a power of two.
type delays struct {
	n, least, most int64
	buckets        [64 * 8]int64
}

func (d *delays) note(by int64) {
	if d.n == 0 {
		d.least, d.most = by, by
	}
	d.n++
	d.least, d.most = min(d.least, by), max(d.most, by)
	d.buckets[bucketOf(by)]++
}

// bucketOf keeps the highest bit of a delay and the three after it.
func bucketOf(by int64) int {
	w := bits.Len64(uint64(max(by, 0)))
	if w <= 3 {
		return int(max(by, 0))
	}
	return w<<3 | int(by>>(w-4))&7
}

// median is a delay that half of the rows do not exceed, an eighth too great at
// most.
func (d *delays) median() int64 {
	left := (d.n + 1) / 2
	for at, n := range d.buckets {
		if left -= n; n > 0 && left <= 0 {
			if at < 8 {
				return min(int64(at), d.most)
			}
			w := at >> 3
			return min(int64(at&7+9)<<(w-4)-1, d.most)
		}
	}
	return d.most
}

// Delays tells by how many ms the late rows came too late: the least, one that
// half of them do not exceed, exact to an eighth, and the greatest; n is how many
// there were.
func (a *aligned) Delays() (n, least, median, most int64) { return a.late.delays.all() }

// Delays is the same of sessions.
func (s *sessions) Delays() (n, least, median, most int64) { return s.late.delays.all() }

func (d *delays) all() (n, least, median, most int64) { return d.n, d.least, d.median(), d.most }
