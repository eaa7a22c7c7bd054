package arrowexec

import "github.com/velostream/velo/arrowexec/vec"

// maxLent is how many headers a scope keeps for the next batches: of more, as of batches of
// single rows, the rest is garbage.
const maxLent = 64

// headers are those of batches that live no longer than their scope, and serve the
// batches of the next.
type headers struct {
	all []*Batch
	n   int // in use
}

func (h *headers) Clear() {
	for _, b := range h.all[:h.n] {
		*b = Batch{}
	}
	h.n = 0
}

// WithLent is [Batch.With] whose header is the scope's and void with it, as the columns are:
// windows of a thousand rows are projected one by one, each in a scope of its own.
func (b *Batch) WithLent(cols []*vec.Vec, sel vec.Sel) *Batch {
	h, _ := b.Scope.Beside().(*headers)
	if h == nil {
		h = &headers{}
		b.Scope.Put(h)
	}
	if h.n == maxLent {
		return b.With(cols, sel)
	}
	if h.n == len(h.all) {
		h.all = append(h.all, &Batch{})
	}
	n := h.all[h.n]
	h.n++
	*n = *b
	n.Cols, n.Sel = cols, sel
	return n
}
