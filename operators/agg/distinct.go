package agg

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/group"
)

// distinct passes a row on to another state only if its arguments are new in
// its group.
type distinct struct {
	make  func() State
	inner State
	types []arrow.DataType
	set   *group.Table // keys: owner, arguments
	// owner is, by group, the number that stands for it in set; it changes when
	// the group is emptied, so what the group had is dead. of is the way back,
	// -1 for dead owners.
	owner []int32
	of    []int32
	dead  int
	few   arrowexec.Batch
}

// Distinct wraps a state for DISTINCT: inner makes its state, args are the
// types of its arguments.
func Distinct(inner func() State, args []arrow.DataType) State {
	return &distinct{make: inner, inner: inner(), types: args, set: newSet(args)}
}

func newSet(args []arrow.DataType) *group.Table {
	return group.New(append([]arrow.DataType{vec.TypeInt32}, args...))
}

func (d *distinct) Grow(n int) {
	for len(d.owner) < n {
		d.own(int32(len(d.owner)))
	}
	d.inner.Grow(n)
}

func (d *distinct) own(g int32) {
	if int(g) == len(d.owner) {
		d.owner = append(d.owner, 0)
	}
	d.owner[g] = int32(len(d.of))
	d.of = append(d.of, g)
}

func (d *distinct) Update(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel) {
	if fresh := d.fresh(b, groups, args, sel); len(fresh) > 0 {
		d.inner.Update(b, groups, args, fresh)
	}
}

// fresh gives the rows whose arguments are new in their group.
func (d *distinct) fresh(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel) vec.Sel {
	if sel != nil && 8*len(sel) < b.N {
		return d.freshOf(b, groups, args, sel)
	}
	n := b.N
	ids := vec.Slice[int32](b.Scope, n)
	next := int32(d.set.Len())
	k := d.set.Assign(b, d.keyed(b.Scope, groups[:n], args, sel), sel, ids)
	out := vec.Slice[int32](b.Scope, k+1) // one more, so that each row is written down before it is judged
	at := 0
	if sel == nil {
		for i, id := range ids {
			out[at] = int32(i)
			if id == next {
				at++
				next++
			}
		}
		return vec.Sel(out[:at])
	}
	for _, i := range sel {
		out[at] = i
		if ids[i] == next {
			at++
			next++
		}
	}
	return vec.Sel(out[:at])
}

// keyed puts the owners of rows before their arguments; of the only group there is, as
// a constant.
func (d *distinct) keyed(sc *vec.Scope, groups []int32, args []*vec.Vec, sel vec.Sel) []*vec.Vec {
	n := len(groups)
	if len(d.owner) == 1 {
		keys := keyed(d.owner, args)
		keys[0] = sc.Repeat(keys[0], n)
		return keys
	}
	owners := vec.Slice[int32](sc, n)
	if sel == nil {
		for i, g := range groups {
			owners[i] = d.owner[g]
		}
	} else {
		for _, i := range sel {
			owners[i] = d.owner[groups[i]]
		}
	}
	return keyed(owners, args)
}

// freshOf is fresh of few rows of a batch, by themselves: what the others take would
// make a batch that is added row by row cost its square.
func (d *distinct) freshOf(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel) vec.Sel {
	n := len(sel)
	owners, ids := vec.Slice[int32](b.Scope, n), vec.Slice[int32](b.Scope, n)
	d.few = arrowexec.Batch{Scope: b.Scope, N: n, Ord: vec.Slice[int64](b.Scope, n)}
	for k, i := range sel {
		owners[k], d.few.Ord[k] = d.owner[groups[i]], b.OrdOf(int(i))
	}
	keys := keyed(owners, args)
	for c, a := range args {
		keys[c+1] = b.Scope.Gather(a, sel)
	}
	next := int32(d.set.Len())
	out := vec.Slice[int32](b.Scope, d.set.Assign(&d.few, keys, nil, ids))[:0]
	for k, id := range ids {
		if id == next {
			out = append(out, sel[k])
			next++
		}
	}
	return vec.Sel(out)
}

// UpdateEach finds the new values of all rows first.
func (d *distinct) UpdateEach(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel, out *vec.Builder, fail Fail) {
	fresh := d.fresh(b, groups, args, sel)
	flat := make([]*vec.Vec, len(args))
	for i, a := range args {
		flat[i] = plain(b, a)
	}
	at, k := 0, 0
	failed := func(_ int, err error) { fail(k, err) }
	each(b.N, sel, func(i int) {
		if at < len(fresh) && int(fresh[at]) == i {
			d.inner.Update(b, groups, flat, fresh[at:at+1])
			at++
		}
		d.inner.Emit(groups[i:i+1], out, failed)
		k++
	})
}

// keyed puts the owners before the arguments.
func keyed(owners []int32, args []*vec.Vec) []*vec.Vec {
	o := &vec.Vec{Type: vec.TypeInt32, Kind: vec.Int32, Len: len(owners), Buf: vec.BytesOf(owners)}
	return append([]*vec.Vec{o}, args...)
}

// Merge adds the other's values and then fills the inner state again, in the
// order in which values first came.
func (d *distinct) Merge(other State, into []int32) {
	o := other.(*distinct)
	moved := newSet(d.types)
	o.walk(func(b *arrowexec.Batch, groups []int32, args []*vec.Vec) {
		owners, sel := vec.Slice[int32](b.Scope, b.N), vec.Slice[int32](b.Scope, b.N)[:0]
		for i, g := range groups {
			if to := into[g]; to >= 0 {
				owners[i] = d.owner[to]
				sel = append(sel, int32(i))
			}
		}
		moved.Assign(b, keyed(owners, args), vec.Sel(sel), vec.Slice[int32](b.Scope, b.N))
	})
	d.set.Merge(moved)
	d.refill()
}

// refill makes the inner state and the set anew from what is alive.
func (d *distinct) refill() {
	inner, set := d.make(), newSet(d.types)
	inner.Grow(len(d.owner))
	d.walk(func(b *arrowexec.Batch, groups []int32, args []*vec.Vec) {
		owners := vec.Slice[int32](b.Scope, b.N)
		for i, g := range groups {
			owners[i] = d.owner[g]
		}
		set.Assign(b, keyed(owners, args), nil, vec.Slice[int32](b.Scope, b.N))
		inner.Update(b, groups, args, nil)
	})
	d.inner, d.set, d.dead = inner, set, 0
}

const walkChunk = 8192

// walk gives all living values by first arrival, as batches with the sequence
// numbers of their rows.
func (d *distinct) walk(f func(b *arrowexec.Batch, groups []int32, args []*vec.Vec)) {
	order := d.set.Order()
	pool := vec.NewPool(nil, false)
	defer pool.Close()
	for len(order) > 0 {
		ids := order[:min(walkChunk, len(order))]
		order = order[len(ids):]
		sc := pool.Open()
		all := d.set.Snapshot(sc, ids)
		owners, ords := vec.Values[int32](all[0]), vec.Values[int64](all[len(all)-2])
		live, groups := vec.Slice[int32](sc, len(ids))[:0], vec.Slice[int32](sc, len(ids))[:0]
		ord := vec.Slice[int64](sc, len(ids))[:0]
		for i, o := range owners {
			if g := d.of[o]; g >= 0 {
				live, groups, ord = append(live, int32(i)), append(groups, g), append(ord, ords[i])
			}
		}
		args := make([]*vec.Vec, len(d.types))
		for i := range args {
			args[i] = sc.Gather(all[i+1], vec.Sel(live))
		}
		f(&arrowexec.Batch{Scope: sc, N: len(live), Ord: ord}, groups, args)
		sc.Close()
	}
}

func (d *distinct) Emit(groups []int32, out *vec.Builder, fail Fail) { d.inner.Emit(groups, out, fail) }

func (d *distinct) Reset(groups []int32) {
	for _, g := range groups {
		d.of[d.owner[g]] = -1
		d.own(g)
	}
	d.inner.Reset(groups)
	d.dead += len(groups)
	if len(groups) == len(d.owner) {
		d.set.Reset()
		d.of = d.of[:0]
		for g := range d.owner {
			d.own(int32(g))
		}
		d.dead = 0
	} else if d.dead > 1024 && d.dead > len(d.owner) {
		d.refill()
	}
}

// Snapshot gives, for each group, its values in one packed column.
func (d *distinct) Snapshot(s *vec.Scope, groups []int32) []*vec.Vec {
	at := make(map[int32]int, len(groups))
	for k, g := range groups {
		at[g] = k
	}
	packs := make([][]byte, len(groups))
	d.walk(func(b *arrowexec.Batch, gs []int32, args []*vec.Vec) {
		for i, g := range gs {
			if k, ok := at[g]; ok {
				packs[k] = pack(packs[k], b.Ord[i], args, i)
			}
		}
	})
	return []*vec.Vec{packed(s, packs)}
}

func (d *distinct) Restore(cols []*vec.Vec) {
	d.Grow(cols[0].Len)
	unpack(cols[0], d.types, func(b *arrowexec.Batch, groups []int32, args []*vec.Vec) {
		d.Update(b, groups, args, nil)
	})
}

func (d *distinct) Bytes() int64 {
	return d.set.Bytes() + d.inner.Bytes() + int64(cap(d.owner)+cap(d.of))*4
}
