package group

import "math/bits"

// Reserve makes room for the keys of about n groups in an empty table, so that it need not grow
// to them step by step: each window has a table of its own. Texts only, and as many as
// [fewSlots] take: integers may come to lie in an array, and slots of many keys are
// worth being grown to.
func (t *Table) Reserve(n int) {
	if t.n > 0 || len(t.cols) != 1 || t.cols[0].str == nil {
		return
	}
	n = min(n, limit(fewSlots, 8))
	t.cols[0].str.reserve(n)
	t.stamps = roomy(t.stamps, n+1)
}

func (t *strings) reserve(n int) {
	if t.lines != nil || t.len() > 0 || n <= t.limit {
		return
	}
	t.init(1 << bits.Len(uint(8*n-1)))
	t.keys = roomy(t.keys, n)
}
