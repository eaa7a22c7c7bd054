package intervaljoin

// due is a row of an outer side that waits for its deadline.
type due struct {
	deadline, arrival int64
	row               int32
	right             bool
}

func (d due) before(o due) bool {
	return d.deadline < o.deadline || d.deadline == o.deadline && d.arrival < o.arrival
}

// dues is a heap, the row that is due first on top.
type dues []due

func (h *dues) push(d due) {
	l := append(*h, d)
	i := len(l) - 1
	for i > 0 && l[i].before(l[(i-1)/2]) {
		l[i], l[(i-1)/2] = l[(i-1)/2], l[i]
		i = (i - 1) / 2
	}
	*h = l
}

func (h *dues) pop() due {
	l := *h
	top, last := l[0], len(l)-1
	l[0] = l[last]
	l = l[:last]
	for i := 0; ; {
		c := 2*i + 1
		if c >= last {
			break
		}
		if c+1 < last && l[c+1].before(l[c]) {
			c++
		}
		if !l[c].before(l[i]) {
			break
		}
		l[i], l[c] = l[c], l[i]
		i = c
	}
	*h = l
	return top
}
