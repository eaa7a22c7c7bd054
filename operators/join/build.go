package join

import (
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/group"
)

// eligible narrows a batch to the rows that can match: those for which the
// condition on their side is TRUE. alive are all rows that did not fail.
func (j *Join) eligible(b *arrowexec.Batch, on expr.Expr) (alive, can vec.Sel, err error) {
	j.ctx.Reset(b)
	if on == nil {
		return b.Sel, b.Sel, nil
	}
	can = expr.Filter(&j.ctx, on, b.Sel)
	if len(j.ctx.Failed()) == 0 {
		return b.Sel, can, nil
	}
	return j.survivors(b.Sel, can)
}

// survivors takes rows that failed out of both selections.
func (j *Join) survivors(alive, can vec.Sel) (vec.Sel, vec.Sel, error) {
	bad := map[int32]bool{}
	for _, f := range j.ctx.Failed() {
		bad[f.Row] = true
	}
	if len(bad) == 0 {
		return alive, can, nil
	}
	alive, err := j.ctx.Survivors(alive, j.o.Failures)
	if err != nil {
		return nil, nil, err
	}
	var rest vec.Sel = vec.Slice[int32](j.ctx.Scope, can.Count(j.ctx.Batch.N))[:0]
	each(j.ctx.Batch.N, can, func(i int32) {
		if !bad[i] {
			rest = append(rest, i)
		}
	})
	return alive, rest, nil
}

func each(n int, sel vec.Sel, f func(int32)) {
	if sel == nil {
		for i := range n {
			f(int32(i))
		}
		return
	}
	for _, i := range sel {
		f(i)
	}
}

// keys evaluates the keys of one side for the rows of can and takes rows with a
// NULL out that is equal to nothing.
func (j *Join) keys(list []Key, right bool, alive, can vec.Sel) (keys []*vec.Vec, _, _ vec.Sel, err error) {
	b := j.ctx.Batch
	for _, k := range list {
		e := k.Left
		if right {
			e = k.Right
		}
		keys = append(keys, e.Eval(&j.ctx, can))
	}
	if len(j.ctx.Failed()) > 0 {
		if alive, can, err = j.survivors(alive, can); err != nil {
			return nil, nil, nil, err
		}
	}
	for i, k := range list {
		if !k.NullSafe {
			can = notNull(b, keys[i], can)
		}
	}
	return keys, alive, can, nil
}

func notNull(b *arrowexec.Batch, v *vec.Vec, sel vec.Sel) vec.Sel {
	if !v.HasNulls() {
		return sel
	}
	out := vec.Slice[int32](b.Scope, sel.Count(b.N))[:0]
	each(b.N, sel, func(i int32) {
		if !v.IsNull(int(i)) {
			out = append(out, i)
		}
	})
	return out
}

// build keeps the rows of a batch of the right input.
func (j *Join) build(b *arrowexec.Batch) error {
	if b.Rows() == 0 {
		return nil
	}
	alive, can, err := j.eligible(b, j.o.OnRight)
	if err != nil {
		return err
	}
	keys, alive, can, err := j.keys(j.o.Keys, true, alive, can)
	if err != nil {
		return err
	}
	ids := none(b)
	var sets []int32
	in := can
	if j.sets != nil {
		var more []*vec.Vec
		if more, alive, in, err = j.keys(j.o.In, true, alive, can); err != nil {
			return err
		}
		can = intersect(b, can, alive)
		sets = none(b)
		number(j.sets, b, keys, can, sets)
		keys = append(keys, more...)
	}
	var t *vec.Vec
	if j.o.AsOf != nil {
		if t, alive, can, err = j.times(alive, can); err != nil {
			return err
		}
		in = can
	}
	if j.o.Early && j.done { // only rows that the left ones look for are kept
		j.table.Lookup(b.Scope, keys, b.N, can, ids)
		can = matching(b, ids, can)
	} else {
		number(j.table, b, keys, in, ids)
	}
	sel := can
	if j.o.Kind == Right || j.o.Kind == Full {
		sel = alive // those that cannot match come out at the end
	} else {
		j.o.Ledger.Filtered += b.Weight(alive) - b.Weight(can)
	}
	cols := make([]*vec.Vec, len(j.keep), len(j.keep)+1)
	for i, c := range j.keep {
		cols[i] = b.Cols[c]
	}
	if t != nil {
		cols = append(cols, t)
	}
	j.rows.Append(b, cols, sel)
	each(b.N, sel, func(i int32) {
		j.ids = append(j.ids, ids[i])
		if sets != nil {
			j.setIDs = append(j.setIDs, sets[i])
			j.rowNulls = append(j.rowNulls, ids[i] < 0)
		}
	})
	return j.full()
}

// number assigns groups to the selected rows only: a table without keys gives its
// one group to all rows of a batch.
func number(t *group.Table, b *arrowexec.Batch, keys []*vec.Vec, sel vec.Sel, ids []int32) {
	t.Assign(b, keys, sel, ids)
	if len(keys) > 0 || sel == nil {
		return
	}
	for i := range ids {
		ids[i] = -1
	}
	for _, i := range sel {
		ids[i] = 0
	}
}

// none is a number for every row of a batch: no match.
func none(b *arrowexec.Batch) []int32 {
	ids := vec.Slice[int32](b.Scope, b.N)
	for i := range ids {
		ids[i] = -1
	}
	return ids
}

// intersect takes the rows of sel that are in alive, both ascending.
func intersect(b *arrowexec.Batch, sel, alive vec.Sel) vec.Sel {
	if alive == nil {
		return sel
	}
	if sel == nil {
		return alive
	}
	out := vec.Slice[int32](b.Scope, len(sel))[:0]
	k := 0
	for _, i := range sel {
		for k < len(alive) && alive[k] < i {
			k++
		}
		if k < len(alive) && alive[k] == i {
			out = append(out, i)
		}
	}
	return out
}

// index lays the right rows out by number, each list in their order.
func (j *Join) index() {
	j.ended = true
	kept := j.rows.Columns()
	j.cols = make([]*vec.Vec, len(j.o.RightTypes))
	for c, at := range j.at {
		if at >= 0 && at < len(kept) {
			j.cols[c] = kept[at]
		}
	}
	for c, v := range j.cols {
		if v == nil {
			j.cols[c] = vec.NullOne(j.o.RightTypes[c])
		}
	}
	j.seen, j.unseen = make([]bool, j.rows.Len()), j.rows.Len()
	j.start, j.list = lists(j.ids, j.table.Len())
	j.unique = true
	for k := range len(j.start) - 1 {
		j.unique = j.unique && j.start[k+1]-j.start[k] < 2
	}
	if j.o.AsOf != nil && len(kept) > len(j.keep) {
		j.time = kept[len(j.keep)]
		j.order()
	}
	if j.sets != nil {
		j.setStart, j.setRow = lists(j.setIDs, j.sets.Len())
		j.setNulls = make([]bool, j.sets.Len())
		for r, id := range j.setIDs {
			if id >= 0 && j.rowNulls[r] {
				j.setNulls[id] = true
			}
		}
	}
	j.ids, j.setIDs = nil, nil
}

// lists sorts rows by number, stably; rows without one are in no list.
func lists(ids []int32, n int) (start, list []int32) {
	start = make([]int32, n+2)
	for _, id := range ids {
		if id >= 0 {
			start[id+2]++
		}
	}
	for k := 2; k < len(start); k++ {
		start[k] += start[k-1]
	}
	list = make([]int32, start[n+1])
	for r, id := range ids {
		if id >= 0 {
			list[start[id+1]] = int32(r)
			start[id+1]++
		}
	}
	return start[:n+1], list
}
