package group

import (
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// Table numbers the distinct rows of its key columns 0, 1, 2 … in order of
// arrival. A table without columns has one group. It belongs to one goroutine.
type Table struct {
	types []arrow.DataType
	cols  []*column
	pairs []*pairs // pairs[i] numbers (number up to column i, number of column i+1)
	n     int
	// stamps is, by group, the sequence number of the row that made it; subs the
	// order among those that one row made, nil while that is the group's number.
	stamps []int64
	subs   []int32
	dealt  bool  // rows come from several pipelines: of a known group from an earlier row, too
	latest int64 // sequence number, of the rows of a dealt table
	left   []int32
	right  []int32
	known  []share   // of Lookup, by column
	pool   *vec.Pool // of Merge
	ids    []int32
	are    []int32
	out    []*vec.Builder
	read   []*vec.Vec
}

// New makes an empty table for keys of these types.
func New(types []arrow.DataType) *Table {
	t := &Table{types: types}
	for i, k := range types {
		t.cols = append(t.cols, newColumn(k))
		if i > 0 {
			t.pairs = append(t.pairs, &pairs{})
		}
	}
	return t
}

// Types are the types of the keys.
func (t *Table) Types() []arrow.DataType { return t.types }

// Len is the number of groups.
func (t *Table) Len() int { return t.n }

// Assign writes the group of each selected row i of the batch to ids[i] and
// gives the number of groups that are new; those have the highest numbers.
func (t *Table) Assign(b *arrowexec.Batch, keys []*vec.Vec, sel vec.Sel, ids []int32) (newGroups int) {
	before := t.n
	t.number(b.Scope, keys, b.N, sel, ids)
	if t.n > before {
		t.note(b, sel, ids, before)
	}
	if t.dealt {
		t.backdate(b, sel, ids)
	}
	return t.n - before
}

// note keeps the sequence number of the row that made each of the groups from before
// on. Without a branch: whether a row makes a group is not to be foreseen. Of a selection,
// as of windows, whose groups are made anew by each, only as far as groups are made.
func (t *Table) note(b *arrowexec.Batch, sel vec.Sel, ids []int32, before int) {
	stamps := roomy(t.stamps, t.n+1-before)[:t.n+1]
	next := int32(before)
	switch {
	case sel == nil && b.Ord == nil:
		for i, id := range ids[:b.N] {
			stamps[next] = b.Seq + int64(i)
			if id == next {
				next++
			}
		}
	case sel == nil:
		for i, id := range ids[:b.N] {
			stamps[next] = b.Ord[i]
			if id == next {
				next++
			}
		}
	default:
		for len(sel) > 0 && int(next) < t.n {
			part := sel[:min(chunk, len(sel))]
			sel = sel[len(part):]
			for _, i := range part {
				stamps[next] = b.OrdOf(int(i))
				if ids[i] == next {
					next++
				}
			}
		}
	}
	t.stamps = stamps[:t.n]
	if t.subs != nil {
		for id := before; id < t.n; id++ {
			t.subs = append(t.subs, int32(id))
		}
	}
}

func (t *Table) number(sc *vec.Scope, keys []*vec.Vec, n int, sel vec.Sel, ids []int32) {
	if len(t.cols) == 0 {
		if sel.Count(n) > 0 {
			t.n = 1
		}
		clear(ids[:n])
		return
	}
	t.cols[0].assign(sc, keys[0], n, sel, ids)
	t.n = t.cols[0].n
	if len(t.cols) == 1 {
		return
	}
	right := vec.Slice[int32](sc, n)
	for c, p := range t.pairs {
		t.cols[c+1].assign(sc, keys[c+1], n, sel, right)
		p.assign(sc, ids[:n], right, t.n, t.cols[c+1].n, sel)
		t.n = p.n
	}
}

// Keys appends the keys of groups to one builder for each column.
func (t *Table) Keys(ids []int32, out []*vec.Builder) {
	if len(t.cols) == 0 {
		return
	}
	if len(t.cols) == 1 {
		t.cols[0].keys(ids, out[0])
		return
	}
	t.right = slices.Grow(t.right[:0], len(ids))[:len(ids)]
	right := t.right
	t.left = append(t.left[:0], ids...)
	for c := len(t.cols) - 1; c > 0; c-- {
		t.pairs[c-1].split(t.left, right)
		t.cols[c].keys(right, out[c])
	}
	t.cols[0].keys(t.left, out[0])
}

// Stamp is the sequence number of the row that made a group.
func (t *Table) Stamp(id int32) int64 { return t.stamps[id] }

// Arrival places a group among all by first arrival: the sequence number of the
// row that made it, and the order among those that one row made.
func (t *Table) Arrival(id int32) (stamp int64, sub int32) { return t.stamp(int(id)) }

// First is the least stamp of all groups; ok is false when there are none.
func (t *Table) First() (seq int64, ok bool) {
	if len(t.stamps) == 0 {
		return 0, false
	}
	return slices.Min(t.stamps), true
}

// mergeChunk is how many groups are read back at once.
const mergeChunk = 8192

// Merge adds the groups of another table of the same types. Its group k is
// group into[k] here. The other table stays as it is.
func (t *Table) Merge(o *Table) (into []int32) { return t.MergeTo(nil, o) }

// MergeTo is Merge whose answer stands in the memory of into, if it has enough.
func (t *Table) MergeTo(into []int32, o *Table) []int32 {
	into = slices.Grow(into[:0], o.n)[:o.n]
	t.take(o, o.n, func(from int, ids []int32) {
		for i := range ids {
			ids[i] = int32(from + i)
		}
	}, func(from int, ids, is []int32) { copy(into[from:], is) })
	return into
}

// MergeSome is Merge of the groups listed; into is -1 for others.
func (t *Table) MergeSome(o *Table, groups []int32) (into []int32) {
	into = make([]int32, o.n)
	for k := range into {
		into[k] = -1
	}
	t.take(o, len(groups), func(from int, ids []int32) { copy(ids, groups[from:]) }, func(_ int, ids, is []int32) {
		for k, id := range ids {
			into[id] = is[k]
		}
	})
	return into
}

// take adds n groups of another table: list gives some of them, and are is told what they are here.
func (t *Table) take(o *Table, n int, list func(from int, ids []int32), are func(from int, ids, is []int32)) {
	t.order()
	if t.pool == nil {
		t.pool = vec.NewPool(nil, false)
	}
	if n > mergeChunk { // many keys: their memory is not kept
		defer t.pool.Close()
	}
	k := min(mergeChunk, n)
	t.ids, t.are = slices.Grow(t.ids[:0], k)[:k], slices.Grow(t.are[:0], k)[:k]
	for from := 0; from < n; from += mergeChunk {
		ids := t.ids[:min(mergeChunk, n-from)]
		is := t.are[:len(ids)]
		list(from, ids)
		sc := t.pool.Open()
		cols := t.readBack(sc, o, ids)
		before := t.n
		t.number(sc, cols, len(ids), nil, is)
		for k, id := range is {
			stamp, sub := o.stamp(int(ids[k]))
			if int(id) >= before && int(id) == len(t.stamps) {
				t.stamps = append(t.stamps, stamp)
				t.subs = append(t.subs, sub)
			} else if stamp < t.stamps[id] || stamp == t.stamps[id] && sub < t.subs[id] {
				t.stamps[id], t.subs[id] = stamp, sub
			}
			t.latest = max(t.latest, stamp)
		}
		are(from, ids, is)
		sc.Close()
	}
}

func (t *Table) stamp(i int) (stamp int64, sub int32) {
	if t.subs == nil {
		return t.stamps[i], int32(i)
	}
	return t.stamps[i], t.subs[i]
}

// order writes down the order that numbers had until now.
func (t *Table) order() {
	if t.subs == nil {
		t.subs = make([]int32, t.n, t.n+8)
		for i := range t.subs {
			t.subs[i] = int32(i)
		}
	}
}

// Columns gives the keys of the groups listed as columns of the scope.
func (t *Table) Columns(sc *vec.Scope, ids []int32) []*vec.Vec {
	out := make([]*vec.Builder, len(t.types))
	for c, k := range t.types {
		out[c] = vec.NewBuilder(sc, k, len(ids))
	}
	t.Keys(ids, out)
	cols := make([]*vec.Vec, len(out))
	for c, b := range out {
		cols[c] = b.Finish()
	}
	return cols
}

// readBack is Columns of another table, in builders that are used again: windows merge a
// pane for every thousand rows.
func (t *Table) readBack(sc *vec.Scope, o *Table, ids []int32) []*vec.Vec {
	for c, k := range o.types {
		if c == len(t.out) {
			t.out = append(t.out, &vec.Builder{})
		}
		t.out[c].Init(sc, k, len(ids))
	}
	o.Keys(ids, t.out)
	t.read = t.read[:0]
	for _, b := range t.out {
		t.read = append(t.read, b.Finish())
	}
	return t.read
}

// Snapshot gives the keys of the groups listed, and their stamps and order
// among equal stamps, as columns of the scope.
func (t *Table) Snapshot(sc *vec.Scope, ids []int32) []*vec.Vec {
	cols := t.Columns(sc, ids)
	stamps, subs := vec.NewBuilder(sc, vec.TypeInt64, len(ids)), vec.NewBuilder(sc, vec.TypeInt32, len(ids))
	for _, id := range ids {
		stamp, sub := t.stamp(int(id))
		stamps.Int64(stamp)
		subs.Int32(sub)
	}
	return append(cols, stamps.Finish(), subs.Finish())
}

// Restore fills an empty table from the columns of Snapshot: row k becomes group k.
func (t *Table) Restore(sc *vec.Scope, cols []*vec.Vec) {
	k := len(t.types)
	n := cols[k].Len
	ids := make([]int32, n)
	t.number(sc, cols[:k], n, nil, ids)
	t.stamps = append(t.stamps[:0], vec.Values[int64](sc.Flat(cols[k]))[:n]...)
	t.subs = append(make([]int32, 0, n+8), vec.Values[int32](sc.Flat(cols[k+1]))[:n]...)
}

// Reset forgets all groups and keeps the memory.
func (t *Table) Reset() {
	t.n, t.stamps, t.subs = 0, t.stamps[:0], nil
	for _, c := range t.cols {
		c.reset()
	}
	for _, p := range t.pairs {
		p.reset()
	}
}

// Bytes is the memory that the table takes.
func (t *Table) Bytes() int64 {
	b := int64(cap(t.stamps))*8 + int64(cap(t.subs))*4
	for _, c := range t.cols {
		b += c.bytes()
	}
	for _, p := range t.pairs {
		b += p.bytes()
	}
	return b
}
