package hashagg

import (
	"slices"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/group"
)

// strand is what one of several Groups has of an emitted batch.
type strand struct {
	g       *Groups
	ids, to []int32 // groups of the batch, and their rows in it
	n       int
	c       *Columns
	weights []int64
}

// weave emits the groups of several, by first arrival.
func (p *Op) weave(last *arrowexec.Batch, emit arrowexec.Emit) error {
	var tables []*group.Table
	var strands []*strand
	for _, g := range p.all() {
		tables = append(tables, g.Table)
		strands = append(strands, &strand{g: g})
	}
	ids, next := group.Arrivals(tables)
	for from := 0; from < len(next); from += maxRows {
		to := min(from+maxRows, len(next))
		if err := p.weaveChunk(last, strands, ids[from:to], next[from:to], emit); err != nil {
			return err
		}
	}
	return nil
}

func (p *Op) weaveChunk(last *arrowexec.Batch, strands []*strand, ids []int32, next []uint16, emit arrowexec.Emit) error {
	sc := last.Scope.Pool().Open()
	defer sc.Close()
	n := len(next)
	for _, s := range strands {
		s.n, s.ids, s.to = 0, slices.Grow(s.ids[:0], n)[:n], slices.Grow(s.to[:0], n)[:n]
	}
	for k, t := range next {
		s := strands[t]
		s.ids[s.n], s.to[s.n] = ids[k], int32(k)
		s.n++
	}
	for _, s := range strands {
		s.ids, s.to = s.ids[:s.n], s.to[:s.n]
		s.c = s.g.Emit(sc, s.ids)
	}
	out := &arrowexec.Batch{Scope: sc, N: n, Seq: last.Seq, Watermark: arrowexec.NoWatermark, Now: last.Now}
	out.Ord = vec.Slice[int64](sc, n)
	for k := range out.Ord {
		out.Ord[k] = last.Seq
	}
	var failed []Failed
	parts, to := make([]*vec.Vec, len(strands)), make([][]int32, len(strands))
	for c := range strands[0].c.Cols {
		for i, s := range strands {
			parts[i], to[i] = s.c.Cols[c], s.to
		}
		out.Cols = append(out.Cols, sc.Weave(parts, next, to))
	}
	for _, s := range strands {
		for _, f := range s.c.Failed {
			failed = append(failed, Failed{Row: s.to[f.Row], Err: f.Err})
		}
	}
	if p.o.Having != nil || len(failed) > 0 {
		gs, ids := make([]*Groups, n), vec.Slice[int32](sc, n)
		for _, s := range strands {
			for k, at := range s.to {
				gs[at], ids[at] = s.g, s.ids[k]
			}
		}
		return p.out.SendEach(out, failed, gs, ids, nil, nil, emit)
	}
	out.Weights = vec.Slice[int64](sc, n)
	for _, s := range strands {
		w := vec.Slice[int64](sc, len(s.ids))
		s.g.settleAll(s.ids, w)
		for k, at := range s.to {
			out.Weights[at] = w[k]
		}
	}
	return emit(out)
}
