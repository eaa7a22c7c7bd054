package over

// released remembers of rows that went on under the sequence number of another, which
// let them go, what their own numbers were.
type released struct{ all []release }

// release is of the rows that one row let go, or several rows one after the other.
type release struct {
	by  int64 // the number of the row, the last of several
	own int64 // the least of those that went
}

// mostReleases are kept apart; beyond, two and two are joined, which holds back a
// little more than need be.
const mostReleases = 1024

// add notes that a row went; by never falls.
func (r *released) add(by, own int64) {
	n := len(r.all)
	if n > 0 && r.all[n-1].by == by {
		r.all[n-1].own = min(r.all[n-1].own, own)
		return
	}
	if n == mostReleases {
		for i := 0; i < n; i += 2 {
			r.all[i/2] = release{by: r.all[i+1].by, own: min(r.all[i].own, r.all[i+1].own)}
		}
		r.all = r.all[:n/2]
	}
	r.all = append(r.all, release{by: by, own: own})
}

// least is the least number of the rows that went under one of at least low, or low.
func (r *released) least(low int64) int64 {
	least := low
	for i := len(r.all) - 1; i >= 0 && r.all[i].by >= low; i-- {
		least = min(least, r.all[i].own)
	}
	return least
}

// forget drops what went under less than low.
func (r *released) forget(low int64) {
	k := 0
	for k < len(r.all) && r.all[k].by < low {
		k++
	}
	r.all = append(r.all[:0], r.all[k:]...)
}
