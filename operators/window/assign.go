package window

import "math"

// bounds are a window: [start, end) in ms.
type bounds struct{ start, end int64 }

// before orders windows as they are emitted.
func (b bounds) before(o bounds) bool {
	return b.end < o.end || b.end == o.end && b.start < o.start
}

// shape says which windows cover a time.
type shape struct {
	kind          Kind
	size, advance int64
	pane          int64 // width of the stretches that the same windows cover
}

func newShape(o *Options) shape {
	s := shape{kind: o.Kind, size: o.Size, advance: o.Advance}
	switch o.Kind {
	case Tumbling:
		s.advance, s.pane = o.Size, o.Size
	case Sliding:
		s.pane = gcd(o.Size, o.Advance)
	case Cumulate:
		s.pane = o.Advance
	}
	return s
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func floor(t, unit int64) int64 {
	r := t % unit
	if r < 0 {
		r += unit
	}
	return t - r
}

// first is the window over t that ends first, last the one that ends last.
func (s shape) first(t int64) bounds {
	if s.kind == Cumulate {
		base := floor(t, s.size)
		return bounds{base, floor(t-base, s.advance) + s.advance + base}
	}
	start := floor(t-s.size, s.advance) + s.advance
	return bounds{start, start + s.size}
}

func (s shape) last(t int64) bounds {
	start := floor(t, s.advance)
	if s.kind == Cumulate {
		start = floor(t, s.size)
	}
	return bounds{start, start + s.size}
}

// next is the window after w among those over one time.
func (s shape) next(w bounds) bounds {
	if s.kind == Cumulate {
		return bounds{w.start, w.end + s.advance}
	}
	return bounds{w.start + s.advance, w.end + s.advance}
}

// one tells that a time has just one window.
func (s shape) one() bool { return s.pane == s.size && s.advance == s.size }

// add adds without passing the end of int64, below the watermark after the end
// of the input.
func add(a, b int64) int64 {
	if b > 0 && a > math.MaxInt64-1-b {
		return math.MaxInt64 - 1
	}
	return a + b
}

// sub subtracts a positive b, and keeps the marks before and after everything.
func sub(a, b int64) int64 {
	switch {
	case a == math.MaxInt64 || a == math.MinInt64:
		return a
	case a < math.MinInt64+1+b:
		return math.MinInt64 + 1
	}
	return a - b
}
