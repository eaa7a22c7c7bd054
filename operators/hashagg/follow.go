package hashagg

import "github.com/velostream/velo/operators/agg"

// follow lets COUNT(*) read the count of another state for as long as what that
// counts has no NULL: a pass over all rows less, and with many groups an access to memory.
func (g *Groups) follow() {
	g.leader = -1
	if g.each || g.star < 0 {
		return
	}
	for i := range g.states {
		c := &g.spec.Calls[i]
		if i != g.star && g.lead[i] && c.Plain && c.Filter == nil && len(c.Args) == 1 && agg.Follow(g.states[g.star], g.states[i]) {
			g.leader, g.lead[g.star] = i, false
			return
		}
	}
}

// part ends that: from here on COUNT(*) counts by itself.
func (g *Groups) part() {
	if g.leader >= 0 {
		g.leader, g.lead[g.star] = -1, true
		agg.Part(g.states[g.star], len(g.pending))
	}
}

// alike makes two of one spec have the same states.
func (g *Groups) alike(o *Groups) {
	if g.leader != o.leader {
		g.part()
		o.part()
	}
}
