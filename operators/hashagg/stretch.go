package hashagg

import (
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/agg"
	"github.com/velostream/velo/operators/group"
)

// stretchRows is how many rows are numbered before they are added, where groups are more than
// the caches hold: what numbering has read of them is then still in the second-level cache.
const stretchRows = 512

// part is a stretch of rows as a batch of its own; it is used again for the next.
type part struct {
	rows  Rows
	batch arrowexec.Batch
	keys  []*vec.Vec
	args  [][]*vec.Vec
}

// far tells that rows are added in stretches: groups are many, and no key is a dictionary, which
// is numbered once for a whole batch.
func (g *Groups) far(r *Rows) bool {
	if g.each || g.Len() < group.ManyKeys || len(r.Keys) == 0 {
		return false
	}
	for _, k := range r.Keys {
		if k.Dict != nil {
			return false
		}
	}
	return true
}

// useLines makes the first state that can keep its groups in the lines of the table do so.
func (g *Groups) useLines() {
	g.linesAsked = true
	for i, s := range g.states {
		if l, ok := s.(agg.Lined); ok && g.lead[i] {
			if lines := g.Table.Lines(); lines != nil {
				l.UseLines(lines)
			}
			return
		}
	}
}

// updateFar is [Groups.Update] in stretches.
func (g *Groups) updateFar(r *Rows, sel vec.Sel) []int32 {
	if !g.linesAsked {
		g.useLines()
	}
	b := r.Batch
	ids := vec.Slice[int32](b.Scope, b.N)
	if sel == nil && g.spec.filters() {
		sel = all(b)
	}
	n := sel.Count(b.N)
	for from := 0; from < n; from += stretchRows {
		to := min(from+stretchRows, n)
		p, own, rows := r, ids, vec.Sel(nil)
		if sel != nil {
			rows = sel[from:to]
		} else {
			p, own = g.stretch.of(r, from, to), ids[from:to]
		}
		if g.Table.Assign(p.Batch, p.Keys, rows, own) > 0 {
			g.grow()
		}
		g.Add(p, own, rows)
	}
	return ids
}

func (s *Spec) filters() bool {
	for i := range s.Calls {
		if s.Calls[i].Filter != nil {
			return true
		}
	}
	return false
}

// of gives rows [from, to) of all, which have no FILTER.
func (p *part) of(r *Rows, from, to int) *Rows {
	sc := r.Batch.Scope
	p.batch = *r.Batch
	b := &p.batch
	b.N, b.Sel, b.Cols, b.Origin, b.Absent, b.Began, b.Ended = to-from, nil, nil, nil, nil, nil, nil
	b.Seq += int64(from)
	for _, s := range []*[]int64{&b.Ord, &b.Weights, &b.Retracts, &b.Causes, &b.Marks} {
		if *s != nil {
			*s = (*s)[from:to]
		}
	}
	p.keys = p.keys[:0]
	for _, k := range r.Keys {
		p.keys = append(p.keys, sc.Slice(k, from, to))
	}
	if len(p.args) != len(r.args) {
		p.args = make([][]*vec.Vec, len(r.args))
	}
	var was, is *vec.Vec // calls of one column follow each other
	for i, args := range r.args {
		p.args[i] = p.args[i][:0]
		for _, a := range args {
			if a != was {
				was, is = a, sc.Slice(a, from, to)
			}
			p.args[i] = append(p.args[i], is)
		}
	}
	p.rows = Rows{Batch: b, Keys: p.keys, args: p.args, pass: r.pass}
	return &p.rows
}
