package group

import "math/bits"

// Reserve makes room for about n groups, so that a table need not grow to them step by step:
// each window has one of its own. Texts only, and as many as [fewSlots] take: integers
// may come to lie in an array, and slots of many keys are worth being grown to.
func (t *Table) Reserve(n int) {
	n = min(n, limit(fewSlots, 8))
	if n <= t.n || len(t.cols) != 1 || t.cols[0].str == nil {
		return
	}
	t.cols[0].str.reserve(n)
	t.stamps = roomy(t.stamps, n+1-len(t.stamps))
}

func (t *strings) reserve(n int) {
	if t.lines != nil || n <= t.limit {
		return
	}
	t.grow(1 << bits.Len(uint(8*n-1)))
	t.keys = roomy(t.keys, n-len(t.keys))
}
