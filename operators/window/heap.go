package window

// ordered is a heap of things with bounds, the first to be emitted on top.
type ordered[T interface{ at() bounds }] struct{ items []T }

func (h *ordered[T]) len() int { return len(h.items) }

func (h *ordered[T]) push(x T) {
	h.items = append(h.items, x)
	i := len(h.items) - 1
	for i > 0 && h.items[i].at().before(h.items[(i-1)/2].at()) {
		h.items[i], h.items[(i-1)/2] = h.items[(i-1)/2], h.items[i]
		i = (i - 1) / 2
	}
}

func (h *ordered[T]) pop() T {
	top := h.items[0]
	last := len(h.items) - 1
	h.items[0] = h.items[last]
	var zero T
	h.items[last] = zero
	h.items = h.items[:last]
	for i := 0; ; {
		c := 2*i + 1
		if c >= last {
			return top
		}
		if c+1 < last && h.items[c+1].at().before(h.items[c].at()) {
			c++
		}
		if !h.items[c].at().before(h.items[i].at()) {
			return top
		}
		h.items[i], h.items[c] = h.items[c], h.items[i]
		i = c
	}
}
