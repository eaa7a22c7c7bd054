package agg

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/group"
)

// distinctCounts is [Distinct] of rows that may be taken back: it counts how often a
// group has a value, and the state behind it sees the first and the last of them.
// The order of values must not matter to that state.
type distinctCounts struct {
	inner Retractor
	types []arrow.DataType
	set   *group.Table // keys: owner, arguments
	times []int64      // by number in set
	// owner is, by group, the number that stands for it in set, and of the way back,
	// -1 when the group was emptied since.
	owner []int32
	of    []int32
	none  int // values of set that no group has
}

func newDistinctCounts(inner Retractor, types []arrow.DataType) *distinctCounts {
	return &distinctCounts{inner: inner, types: types, set: newSet(types)}
}

func (d *distinctCounts) Grow(n int) {
	for len(d.owner) < n {
		d.owner = append(d.owner, 0)
		d.own(int32(len(d.owner) - 1))
	}
	d.inner.Grow(n)
}

func (d *distinctCounts) own(g int32) {
	d.owner[g] = int32(len(d.of))
	d.of = append(d.of, g)
}

// number gives the values of rows their numbers, by row.
func (d *distinctCounts) number(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel) []int32 {
	owners, ids := vec.Slice[int32](b.Scope, b.N), vec.Slice[int32](b.Scope, b.N)
	for _, i := range sel {
		owners[i] = d.owner[groups[i]]
	}
	d.none += d.set.Assign(b, keyed(owners, args), sel, ids)
	d.times = grown(d.times, d.set.Len())
	return ids
}

// Change passes on the first row of a value and the last that is taken back.
func (d *distinctCounts) Change(c *Changes, args []*vec.Vec, out *vec.Builder, fail Fail) {
	sel := vec.Slice[int32](c.Batch.Scope, len(c.Rows))[:0]
	for _, i := range c.Rows {
		if c.What[i]&(Add|Take) != 0 {
			sel = append(sel, i)
		}
	}
	ids := d.number(c.Batch, c.Groups, args, vec.Sel(sel))
	what := vec.Slice[Change](c.Batch.Scope, len(c.What))
	for _, i := range c.Rows {
		w := c.What[i]
		if by := w.sign(); by != 0 {
			n := &d.times[ids[i]]
			*n += by
			switch {
			case by > 0 && *n == 1:
				d.none--
			case by < 0 && *n == 0:
				d.none++
			case *n < 0: // takes back what was never there
				*n = 0
				w &^= Take
			default:
				w &^= Add | Take
			}
		}
		what[i] = w
	}
	passed := *c
	passed.What = what
	d.inner.Change(&passed, args, out, fail)
	if d.none > 1024 && d.none > d.set.Len()/2 {
		d.compact()
	}
}

func (d *distinctCounts) Update(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel) {
	if sel == nil {
		sel = vec.Slice[int32](b.Scope, b.N)
		for i := range sel {
			sel[i] = int32(i)
		}
	}
	what := vec.Slice[Change](b.Scope, b.N)
	for _, i := range sel {
		what[i] = Add
	}
	d.Change(&Changes{Batch: b, Groups: groups, Rows: sel, What: what}, args, nil, nil)
}

func (d *distinctCounts) UpdateEach(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel, out *vec.Builder, fail Fail) {
	updateEach(d, b, groups, args, sel, out, fail)
}

// walk gives the values that groups have, with how often in place of sequence numbers.
func (d *distinctCounts) walk(f func(b *arrowexec.Batch, groups []int32, args []*vec.Vec)) {
	pool := vec.NewPool(nil, false)
	defer pool.Close()
	for from := 0; from < d.set.Len(); from += walkChunk {
		sc := pool.Open()
		var ids []int32
		for id := from; id < min(from+walkChunk, d.set.Len()); id++ {
			if d.times[id] > 0 {
				ids = append(ids, int32(id))
			}
		}
		all := d.set.Snapshot(sc, ids)
		var live, groups []int32
		var times []int64
		for i, o := range vec.Values[int32](all[0]) {
			if g := d.of[o]; g >= 0 {
				live, groups, times = append(live, int32(i)), append(groups, g), append(times, d.times[ids[i]])
			}
		}
		if len(live) > 0 {
			args := make([]*vec.Vec, len(d.types))
			for i := range args {
				args[i] = sc.Gather(all[i+1], vec.Sel(live))
			}
			f(&arrowexec.Batch{Scope: sc, N: len(live), Ord: times}, groups, args)
		}
		sc.Close()
	}
}

// have lets groups have values that often, and passes on those that are new. The
// batch has how often in place of sequence numbers.
func (d *distinctCounts) have(b *arrowexec.Batch, groups []int32, args []*vec.Vec) {
	d.Update(b, groups, args, nil)
	all := vec.Slice[int32](b.Scope, b.N)
	for i := range all {
		all[i] = int32(i)
	}
	for i, id := range d.number(b, groups, args, all) {
		d.times[id] += b.Ord[i] - 1
	}
}

func (d *distinctCounts) Merge(other State, into []int32) {
	other.(*distinctCounts).walk(func(b *arrowexec.Batch, groups []int32, args []*vec.Vec) {
		to := make([]int32, len(groups))
		for i, g := range groups {
			to[i] = into[g]
		}
		d.have(b, to, args)
	})
}

// compact makes the set anew from what groups have.
func (d *distinctCounts) compact() {
	set, times := newSet(d.types), []int64(nil)
	of := d.of
	d.walk(func(b *arrowexec.Batch, groups []int32, args []*vec.Vec) {
		ids := vec.Slice[int32](b.Scope, b.N)
		set.Assign(b, keyed(groups, args), nil, ids) // a group is its own owner from now on
		times = append(times, b.Ord...)
	})
	d.set, d.times, d.none, d.of = set, times, 0, of[:0]
	for g := range d.owner {
		d.own(int32(g))
	}
}

func (d *distinctCounts) Emit(groups []int32, out *vec.Builder, fail Fail) {
	d.inner.Emit(groups, out, fail)
}

func (d *distinctCounts) Reset(groups []int32) {
	for _, g := range groups {
		d.of[d.owner[g]] = -1
		d.own(g)
	}
	d.inner.Reset(groups)
}

// Snapshot gives, for each group, its values in one packed column.
func (d *distinctCounts) Snapshot(s *vec.Scope, groups []int32) []*vec.Vec {
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

func (d *distinctCounts) Restore(cols []*vec.Vec) {
	d.Grow(cols[0].Len)
	unpack(cols[0], d.types, d.have)
}

func (d *distinctCounts) Bytes() int64 {
	return d.set.Bytes() + d.inner.Bytes() + int64(cap(d.times))*8 + int64(cap(d.owner)+cap(d.of))*4
}
