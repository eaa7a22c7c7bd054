package alike

import "github.com/velostream/velo/ingest/jsonscan"

// Records is Lines for records that have bounds, from number i on: record i is
// buf[from[i]:to[i]], and from[i] is negative where there is none. They do not overlap, and
// stand in this order. None that is read has an escape.
func (x *Runs) Records(from, to []int32, i, most int) (n, alone int) {
	asked := most
	for most > 0 && int(to[i+most-1])+slack > len(x.buf) {
		most--
	}
	if most < few {
		return 0, asked
	}
	n = x.records(from, to, i, most)
	if n == 0 && from[i] >= 0 && x.change(func() ([]byte, int) { return x.buf[from[i]:to[i]], 0 }) {
		n = x.records(from, to, i, most)
	}
	return n, x.judge(n, most)
}

// bound finds the marks of records from number i on, and gives the number of those that
// have as many as they should. The end of a record is a mark too.
func (x *Runs) bound(from, to []int32, i, most int) int {
	m := x.forms[x.at].marks
	if i < x.first || i >= x.first+x.known {
		n, left := 0, x.size(most)
		for i+n < len(from) {
			a, b := from[i+n], to[i+n]
			if left -= int(b-a) + 1; left < 0 || a < 0 || int(b)+slack > len(x.buf) {
				break
			}
			n++
		}
		x.first, x.known = i, jsonscan.MarksOf(x.marks, x.buf, from[i:i+n], to[i:i+n], m-1)
		x.full = x.known == n && (i+n == len(from) || from[i+n] >= 0)
	}
	x.mark = (i - x.first) * m
	return x.first + x.known - i
}

func (x *Runs) records(from, to []int32, i, most int) int {
	if x.forms[x.at].marks == 0 {
		return 0
	}
	n := min(x.bound(from, to, i, most), most, x.limit)
	if n == 0 {
		return 0
	}
	x.room(n)
	copy(x.starts, from[i:i+n])
	n = x.take(n, true)
	x.whole = x.whole && (x.full || i+n < x.first+x.known)
	return n
}
