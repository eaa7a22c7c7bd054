package join

import (
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// probe joins a batch of the left input.
func (j *Join) probe(b *arrowexec.Batch, emit arrowexec.Emit) error {
	if b.Rows() == 0 {
		return emit(j.bare(b))
	}
	alive, can, err := j.eligible(b, j.o.OnLeft)
	if err != nil {
		return err
	}
	keys, alive, can, err := j.keys(j.o.Keys, false, alive, can)
	if err != nil {
		return err
	}
	in, sets := can, []int32(nil)
	if j.sets != nil {
		var more []*vec.Vec
		if more, alive, in, err = j.keys(j.o.In, false, alive, can); err != nil {
			return err
		}
		can = intersect(b, can, alive)
		sets = none(b)
		j.sets.Lookup(b.Scope, keys, b.N, can, sets)
		keys = append(keys, more...)
	}
	ids := none(b)
	j.table.Lookup(b.Scope, keys, b.N, in, ids)
	return j.match(b, alive, in, ids, sets, emit)
}

// match joins the rows of a batch whose keys are numbered.
func (j *Join) match(b *arrowexec.Batch, alive, in vec.Sel, ids, sets []int32, emit arrowexec.Emit) error {
	if j.o.Early { // a number may be a left row's alone
		for i, id := range ids {
			if id >= 0 && j.start[id] == j.start[id+1] {
				ids[i] = -1
			}
		}
	}
	switch {
	case j.o.AsOf != nil:
		rows, alive, err := j.nearest(b, alive, ids)
		if err != nil {
			return err
		}
		return j.one(b, alive, rows, emit)
	case j.o.Kind == Mark:
		return j.marked(b, alive, in, ids, sets, emit)
	case j.o.Residual == nil && (j.o.Kind == Semi || j.o.Kind == Anti):
		return j.narrow(b, alive, ids, emit)
	case j.o.Residual == nil && j.unique:
		for i, id := range ids {
			if id >= 0 {
				ids[i] = j.list[j.start[id]]
			}
		}
		return j.one(b, alive, ids, emit)
	}
	return j.many(b, alive, ids, emit)
}

// narrow is EXISTS and NOT EXISTS by keys alone: the batch loses rows.
func (j *Join) narrow(b *arrowexec.Batch, alive vec.Sel, ids []int32, emit arrowexec.Emit) error {
	sel := vec.Slice[int32](b.Scope, alive.Count(b.N))[:0]
	var lost int64
	each(b.N, alive, func(i int32) {
		if ids[i] >= 0 == (j.o.Kind == Semi) {
			sel = append(sel, i)
		} else {
			lost += b.WeightOf(int(i))
		}
	})
	j.o.Ledger.Filtered += lost
	out := b.With(b.Cols, vec.Sel(sel))
	if j.o.Kind == Semi {
		out.Weights = j.weigh(b, sel, func(i int32) int32 { return j.list[j.start[ids[i]]] })
	}
	j.stamp(out)
	return emit(out)
}

// weigh gives the weights of the rows of a batch when each row of sel stands for
// a right row too, which counts where it comes out first.
func (j *Join) weigh(b *arrowexec.Batch, sel []int32, right func(i int32) int32) []int64 {
	if j.unseen == 0 {
		return b.Weights
	}
	w := vec.Slice[int64](b.Scope, b.N)
	for i := range w {
		w[i] = b.WeightOf(i)
	}
	for _, i := range sel {
		if r := right(i); r >= 0 && !j.seen[r] {
			w[i] += j.see(r)
		}
	}
	return w
}

// see notes that a right row comes out and gives its weight.
func (j *Join) see(r int32) int64 {
	j.seen[r] = true
	j.unseen--
	return j.rows.Weights[r]
}

// stamp holds the watermark of an output back where the join says so.
func (j *Join) stamp(out *arrowexec.Batch) {
	if j.o.HoldMarks {
		out.Marks, out.Watermark = nil, arrowexec.NoWatermark
	}
}

// one joins left rows with one right row each at most, -1 for none: the left
// rows stay where they are.
func (j *Join) one(b *arrowexec.Batch, alive vec.Sel, rows []int32, emit arrowexec.Emit) error {
	outer := j.o.Kind != Inner && j.o.Kind != Right
	if outer && alive == nil && j.unseen == 0 {
		return j.all(b, rows, emit)
	}
	sel := vec.Slice[int32](b.Scope, alive.Count(b.N))[:0]
	absent := false
	var lost int64
	idx := vec.Slice[int32](b.Scope, b.N)
	clear(idx)
	each(b.N, alive, func(i int32) {
		switch r := rows[i]; {
		case r >= 0:
			idx[i] = r
			sel = append(sel, i)
		case outer:
			idx[i], absent = -1, true
			sel = append(sel, i)
		default:
			lost += b.WeightOf(int(i))
		}
	})
	j.o.Ledger.Filtered += lost
	if len(sel)*4 < b.N {
		p := &j.pairs
		p.l, p.r, p.absent, p.prev = append(p.l[:0], sel...), p.r[:0], absent, -1
		for _, i := range sel {
			p.r = append(p.r, idx[i])
		}
		return j.flush(b, emit, true)
	}
	out := b.With(nil, vec.Sel(sel))
	if len(sel) == b.N {
		out.Sel = b.Sel
	}
	out.Weights = j.weigh(b, sel, func(i int32) int32 { return idx[i] })
	for c, v := range b.Cols {
		if !j.used(c) {
			v = b.Scope.NullConst(v.Type, b.N)
		}
		out.Cols = append(out.Cols, v)
	}
	for c, v := range j.cols {
		if j.used(len(j.o.LeftTypes) + c) {
			if len(sel) == 0 {
				v = b.Scope.NullConst(v.Type, b.N)
			} else {
				v = j.right(b.Scope, c, idx, absent)
			}
		} else {
			v = b.Scope.NullConst(v.Type, b.N)
		}
		out.Cols = append(out.Cols, v)
	}
	j.stamp(out)
	return emit(out)
}

// all is one for all rows of a batch, none of which goes.
func (j *Join) all(b *arrowexec.Batch, rows []int32, emit arrowexec.Emit) error {
	absent := false
	for _, r := range rows[:b.N] {
		absent = absent || r < 0
	}
	out := b.With(nil, b.Sel)
	for c, v := range b.Cols {
		if !j.used(c) {
			v = b.Scope.NullConst(v.Type, b.N)
		}
		out.Cols = append(out.Cols, v)
	}
	for c, v := range j.cols {
		if j.used(len(j.o.LeftTypes) + c) {
			v = j.right(b.Scope, c, rows[:b.N], absent)
		} else {
			v = b.Scope.NullConst(v.Type, b.N)
		}
		out.Cols = append(out.Cols, v)
	}
	j.stamp(out)
	return emit(out)
}

// bare is a batch without rows that passes a watermark on.
func (j *Join) bare(b *arrowexec.Batch) *arrowexec.Batch {
	if j.empty == nil {
		for _, t := range j.o.LeftTypes {
			j.empty = append(j.empty, vec.Empty(t))
		}
		switch {
		case j.o.Kind == Mark:
			j.empty = append(j.empty, vec.Empty(vec.TypeBool))
		case j.pairsOut():
			for _, t := range j.o.RightTypes {
				j.empty = append(j.empty, vec.Empty(t))
			}
		}
	}
	out := &arrowexec.Batch{Scope: b.Scope, Cols: j.empty, Sel: vec.Sel{}, Seq: b.Seq, Watermark: b.Watermark, Now: b.Now}
	j.stamp(out)
	return out
}

// finish gives the right rows that matched nothing.
func (j *Join) finish(last *arrowexec.Batch, emit arrowexec.Emit) error {
	if j.closed {
		return nil
	}
	defer j.close()
	outer := j.o.Kind == Right || j.o.Kind == Full
	var rest []int32
	for r, seen := range j.seen {
		switch {
		case seen:
		case !outer:
			j.o.Ledger.Filtered += j.see(int32(r))
		case j.failed != nil && j.failed[r]:
			j.o.Ledger.Failed += j.see(int32(r))
		default:
			rest = append(rest, int32(r))
		}
	}
	for from := 0; from < len(rest); from += chunk {
		part := rest[from:min(from+chunk, len(rest))]
		sc := last.Scope.Pool().Open()
		out := &arrowexec.Batch{Scope: sc, N: len(part), Seq: last.Seq, Now: last.Now, Watermark: arrowexec.NoWatermark,
			Ord: vec.Slice[int64](sc, len(part)), Weights: vec.Slice[int64](sc, len(part))}
		for k, r := range part {
			out.Ord[k], out.Weights[k] = last.Seq, j.see(r)
		}
		for _, t := range j.o.LeftTypes {
			out.Cols = append(out.Cols, sc.NullConst(t, len(part)))
		}
		for _, v := range j.cols {
			out.Cols = append(out.Cols, sc.Take(v, part, false))
		}
		err := emit(out)
		sc.Close()
		if err != nil {
			return err
		}
	}
	return nil
}
