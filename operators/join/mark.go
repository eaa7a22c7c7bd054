package join

import (
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// marked gives the left rows with what IN says of them: TRUE when a row of their
// set is equal, NULL when none is and a comparison was NULL, else FALSE.
func (j *Join) marked(b *arrowexec.Batch, alive, in vec.Sel, ids, sets []int32, emit arrowexec.Emit) error {
	p := &j.pairs
	p.begin(b, alive)
	p.first = none(b)
	starts, list := j.start, j.list
	if sets == nil {
		sets = ids
	} else {
		starts, list = j.setStart, j.setRow
	}
	if j.o.Three == nil || j.o.Plain {
		if err := j.equal(b, ids); err != nil {
			return err
		}
	}
	if j.o.Three != nil {
		null := vec.Bitmap(b.Scope.Zeroed(vec.BitmapBytes(b.N)))
		if j.o.Plain {
			each(b.N, alive, func(i int32) { null.Set(int(i)) })
			each(b.N, in, func(i int32) { null.Clear(int(i)) })
		}
		if err := j.compare(b, sets, starts, list, null); err != nil {
			return err
		}
	}
	sel := vec.Slice[int32](b.Scope, alive.Count(b.N))[:0]
	out := b.Scope.New(vec.TypeBool, b.N)
	clear(out.Buf)
	valid := b.Scope.SetValid(out)
	each(b.N, alive, func(i int32) {
		switch hit := p.hit[i]; {
		case hit&matched != 0:
			out.Bits().Set(int(i))
		case hit&broken != 0:
			j.o.Ledger.Failed += b.WeightOf(int(i))
			return
		case hit&unknown != 0:
			valid.Clear(int(i))
		}
		sel = append(sel, i)
	})
	next := b.With(append(b.Cols[:len(b.Cols):len(b.Cols)], out), vec.Sel(sel))
	next.Weights = j.weigh(b, sel, func(i int32) int32 { return p.first[i] })
	j.stamp(next)
	return emit(next)
}

// equal marks the rows that have an equal one.
func (j *Join) equal(b *arrowexec.Batch, ids []int32) error {
	p := &j.pairs
	return j.candidates(b, func(i int32) []int32 {
		if ids[i] < 0 {
			return nil
		}
		rows := j.list[j.start[ids[i]]:j.start[ids[i]+1]]
		if j.o.Residual == nil {
			p.hit[i] |= matched
			p.first[i] = rows[0]
			return nil
		}
		return rows
	}, func(pass vec.Sel, _ *arrowexec.Batch) error {
		for q := range pass.Count(len(p.cl)) {
			p.markPair(at(pass, q), matched)
		}
		return nil
	})
}

func (p *pairs) markPair(k int32, hit byte) {
	i := p.cl[k]
	p.hit[i] |= hit
	if hit == matched && p.first[i] < 0 {
		p.first[i] = p.cr[k]
	}
}

// compare looks for comparisons that are NULL, and TRUE where keys cannot tell.
func (j *Join) compare(b *arrowexec.Batch, sets, starts, list []int32, null vec.Bitmap) error {
	p := &j.pairs
	return j.candidates(b, func(i int32) []int32 {
		id := sets[i]
		if id < 0 || p.hit[i]&matched != 0 {
			return nil
		}
		rows := list[starts[id]:starts[id+1]]
		if !j.o.Plain {
			return rows
		}
		if !null.Get(int(i)) && !j.setNulls[id] {
			return nil
		}
		if j.o.Residual == nil && len(j.o.In) == 1 {
			p.hit[i] |= unknown
			return nil
		}
		return rows
	}, func(pass vec.Sel, pb *arrowexec.Batch) error {
		v := pb.Scope.Flat(j.o.Three.Eval(&p.ctx, pass))
		pass, err := j.failPairs(pass)
		if err != nil {
			return err
		}
		for q := range pass.Count(len(p.cl)) {
			k := at(pass, q)
			switch {
			case v.IsNull(int(k)):
				p.markPair(k, unknown)
			case v.BoolAt(int(k)):
				p.markPair(k, matched)
			}
		}
		return nil
	})
}

// candidates runs the pairs of all rows, for which rows names the right ones,
// through the residual condition and gives those left to look.
func (j *Join) candidates(b *arrowexec.Batch, rows func(i int32) []int32, look func(vec.Sel, *arrowexec.Batch) error) error {
	p := &j.pairs
	drain := func() error {
		if len(p.cl) == 0 {
			return nil
		}
		pb := j.pairBatch(b)
		defer pb.Scope.Close()
		p.ctx.Reset(pb)
		var pass vec.Sel
		if j.o.Residual != nil {
			var err error
			if pass, err = j.residual(); err != nil {
				return err
			}
		}
		err := look(pass, pb)
		p.cl, p.cr = p.cl[:0], p.cr[:0]
		return err
	}
	for k := range p.alive.Count(b.N) {
		i := at(p.alive, k)
		for list := rows(i); len(list) > 0; {
			m := min(len(list), chunk-len(p.cl))
			for _, r := range list[:m] {
				p.cl = append(p.cl, i)
				p.cr = append(p.cr, r)
			}
			list = list[m:]
			if len(p.cl) == chunk {
				if err := drain(); err != nil {
					return err
				}
				if p.hit[i]&matched != 0 {
					break
				}
			}
		}
	}
	return drain()
}
