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
	x := h.items[last]
	var zero T
	h.items[last] = zero
	h.items = h.items[:last]
	if last > 0 {
		h.replace(x)
	}
	return top
}

// replace puts another thing in place of the top.
func (h *ordered[T]) replace(x T) {
	at := x.at()
	items := h.items
	i := 0
	for {
		c := 2*i + 1
		if c >= len(items) {
			break
		}
		if c+1 < len(items) && items[c+1].at().before(items[c].at()) {
			c++
		}
		if !items[c].at().before(at) {
			break
		}
		items[i] = items[c]
		i = c
	}
	items[i] = x
}
