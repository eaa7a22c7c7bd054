package hashagg

// Reserve makes room for about n groups, which else grow to them step by step. What it
// takes is kept, so n is what others like it have had.
func (g *Groups) Reserve(n int) {
	if n <= g.Len() {
		return
	}
	g.Table.Reserve(n)
	if old := len(g.pending); n > cap(g.pending) {
		g.pending = append(make([]int64, 0, max(2*old, n)), g.pending...)
	}
}
