package agg

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// replay lets a state that cannot undo anything take rows back: it keeps the rows
// of its groups, and adds those that are left to an emptied state when a value is
// asked for after one was taken back. Rows that are only added cost what they cost
// the state.
type replay struct {
	*keeper // the rows that are there
	inner   State
	from    bystander // nil: inner cannot tell
	stale   []bool    // by group: inner has a row that is no longer there
	run     []int32
	groups  []int32
}

func newReplay(inner State, types []arrow.DataType) *replay {
	k := newKeeper(types, 0, nil)
	k.find = newFinder()
	r := &replay{keeper: k, inner: inner}
	r.from, _ = inner.(bystander)
	return r
}

func (r *replay) Grow(n int) {
	r.keeper.Grow(n)
	r.inner.Grow(n)
	r.stale = grown(r.stale, n)
}

func (r *replay) Update(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel) {
	r.keeper.Update(b, groups, args, sel)
	r.inner.Update(b, groups, args, sel)
}

func (r *replay) UpdateEach(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel, out *vec.Builder, fail Fail) {
	updateEach(r, b, groups, args, sel, out, fail)
}

// Change adds runs of rows to the state, up to the next one that is taken back.
func (r *replay) Change(c *Changes, args []*vec.Vec, out *vec.Builder, fail Fail) {
	r.run = r.run[:0]
	shown := 0
	failed := func(_ int, err error) { fail(shown, err) }
	pass := func() {
		if len(r.run) > 0 {
			r.inner.Update(c.Batch, c.Groups, args, vec.Sel(r.run))
			r.run = r.run[:0]
		}
	}
	for _, i := range c.Rows {
		g, w := c.Groups[i], c.What[i]
		switch {
		case w&Add != 0:
			r.keep(g, c.Batch.OrdOf(int(i)), args, int(i))
			if r.stale[g] && r.from != nil {
				r.stale[g] = !r.from.covers(g, c.Batch.OrdOf(int(i)), args, int(i))
			}
			if !r.stale[g] {
				r.run = append(r.run, i)
			}
		case w&Take != 0:
			pass()
			ord := c.Batch.Retracts[i]
			if r.drop(g, ord, args, int(i)) && !r.stale[g] {
				r.stale[g] = r.from == nil || !r.from.stands(g, ord, args, int(i))
			}
		}
		if w&Show != 0 {
			pass()
			r.Emit(c.Groups[i:i+1], out, failed)
			shown++
		}
		if w&Clear != 0 {
			pass()
			r.Reset(c.Groups[i : i+1])
		}
	}
	pass()
	r.tidy()
}

// renew makes inner what the rows that are there make it.
func (r *replay) renew(g int32) {
	one := [1]int32{g}
	r.inner.Reset(one[:])
	r.stale[g] = false
	rows := r.of(g)
	if len(rows) == 0 {
		return
	}
	cols := r.view()
	sc := r.pool.Open()
	defer sc.Close()
	r.groups = r.groups[:0]
	ords := vec.Slice[int64](sc, len(rows))
	for k, row := range rows {
		ords[k] = r.ord[row]
		r.groups = append(r.groups, g)
	}
	args := make([]*vec.Vec, len(cols))
	for i, v := range cols {
		args[i] = sc.Gather(v, vec.Sel(rows))
	}
	r.inner.Update(&arrowexec.Batch{Scope: sc, N: len(rows), Ord: ords}, r.groups, args, nil)
}

func (r *replay) Merge(other State, into []int32) {
	o := other.(*replay)
	r.keeper.Merge(o.keeper, into)
	for _, g := range into {
		r.stale[g] = true
	}
}

func (r *replay) Emit(groups []int32, out *vec.Builder, fail Fail) {
	for _, g := range groups {
		if r.stale[g] {
			r.renew(g)
		}
	}
	r.inner.Emit(groups, out, fail)
}

func (r *replay) Reset(groups []int32) {
	r.keeper.Reset(groups)
	r.inner.Reset(groups)
	for _, g := range groups {
		r.stale[g] = false
	}
}

func (r *replay) Restore(cols []*vec.Vec) {
	r.Grow(cols[0].Len)
	r.keeper.Restore(cols)
	for g := range r.stale {
		r.stale[g] = true
	}
}

func (r *replay) Bytes() int64 {
	return r.keeper.Bytes() + r.inner.Bytes() + int64(cap(r.stale)) + int64(cap(r.run)+cap(r.groups))*4
}
