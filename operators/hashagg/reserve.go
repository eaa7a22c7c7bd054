package hashagg

// Reserve makes room for about n groups in empty groups, which else grow to them step by
// step. What it takes it keeps, so n is what others like it have had.
func (g *Groups) Reserve(n int) {
	if g.Len() > 0 {
		return
	}
	g.Table.Reserve(n)
	if n > cap(g.pending) {
		g.pending = make([]int64, 0, n)
	}
}
