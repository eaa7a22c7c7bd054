package alike

import "github.com/velostream/velo/ingest/jsonscan"

// Records is Lines for records that have bounds, from number i on: record i is
// buf[from[i]:to[i]], and from[i] is negative where there is none. They do not overlap, and
// stand in this order.
func (x *Runs) Records(from, to []int32, i, most int) (n, alone int) {
	asked := most
	for most > 0 && int(to[i+most-1])+slack > len(x.buf) {
		most--
	}
	if most == 0 {
		return 0, asked
	}
	n = x.records(from, to, i, most)
	if n == 0 && from[i] >= 0 && x.mayLearn() && x.learn(x.buf[from[i]:to[i]], 0) {
		n = x.records(from, to, i, most)
	}
	return n, x.judge(n, most)
}

// bound finds the marks of records from number i on, and gives the number of those that
// have as many as they should. The end of a record is a mark too.
func (x *Runs) bound(from, to []int32, i, most int) int {
	m := x.form.marks
	if i < x.first || i >= x.first+x.known {
		x.first, x.known, x.full = i, 0, false
		left := x.size(most)
		for k := 0; i+x.known < len(from) && left > 0; {
			a, b := from[i+x.known], to[i+x.known]
			if a < 0 || int(b-a) >= len(x.marks)-k-jsonscan.MarksRoom || int(b)+slack > len(x.buf) {
				break
			}
			n, read := jsonscan.Marks(x.marks[k:], x.buf[a:b], a, x.escapes)
			if n != m-1 || read < int(b-a) {
				break
			}
			k += m
			x.marks[k-1] = b
			x.known++
			left -= int(b - a)
			x.full = left <= 0 || i+x.known == len(from)
		}
	}
	x.mark = (i - x.first) * m
	return x.first + x.known - i
}

func (x *Runs) records(from, to []int32, i, most int) int {
	if x.form.marks == 0 {
		return 0
	}
	n := min(x.bound(from, to, i, most), most, x.limit)
	if n == 0 {
		return 0
	}
	x.room(n)
	copy(x.starts, from[i:i+n])
	return x.take(n, true)
}
