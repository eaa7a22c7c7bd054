package agg

import (
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// keeper is an aggregate that needs all rows of a group at once: MEDIAN,
// ARRAY_AGG, LISTAGG and their kin. Rows stand in columns of the keeper's own
// scope, linked by group, and finish computes the value from them when it is
// asked for. A running value (EMIT CHANGES) costs a pass over the group a row.
type keeper struct {
	types  []arrow.DataType
	need   int // how many of the first arguments must not be NULL
	finish finish

	pool *vec.Pool
	sc   *vec.Scope
	cols []*vec.Builder
	ord  []int64
	next []int32 // by row: next row of the group, -1: last
	head []int32 // by group; -1: no rows
	tail []int32
	n    []int32
	dead int
	find *finder // nil: rows are never taken back

	views []*vec.Vec
	rows  []int32
}

// finish appends the value of a group from its rows, at least one, in the order
// of arrival.
type finish func(cols []*vec.Vec, rows []int32, out *vec.Builder) error

func newKeeper(types []arrow.DataType, need int, f finish) *keeper {
	k := &keeper{types: types, need: need, finish: f, pool: vec.NewPool(nil, false)}
	k.open()
	return k
}

func (k *keeper) open() {
	k.sc = k.pool.Open()
	k.cols = nil
	for _, t := range k.types {
		k.cols = append(k.cols, vec.NewBuilder(k.sc, t, 64))
	}
	k.ord, k.next, k.dead = k.ord[:0], k.next[:0], 0
	if k.find != nil {
		k.find.clear()
	}
}

func (k *keeper) Grow(n int) {
	old := len(k.head)
	k.head, k.tail, k.n = grown(k.head, n), grown(k.tail, n), grown(k.n, n)
	for i := old; i < n; i++ {
		k.head[i] = -1
	}
}

func (k *keeper) link(g int32, ord int64) {
	row, prev := int32(len(k.ord)), int32(-1)
	k.ord = append(k.ord, ord)
	k.next = append(k.next, -1)
	if k.head[g] < 0 {
		k.head[g] = row
	} else {
		prev = k.tail[g]
		k.next[prev] = row
	}
	if k.find != nil {
		k.find.add(g, ord, prev)
	}
	k.tail[g] = row
	k.n[g]++
}

func (k *keeper) Update(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel) {
	for _, a := range args[:k.need] {
		if a.HasNulls() {
			out := vec.Slice[int32](b.Scope, sel.Count(b.N))[:0]
			eachValid(b.N, sel, args[:k.need], func(i int) { out = append(out, int32(i)) })
			sel = vec.Sel(out)
			break
		}
	}
	for c, a := range args {
		if sel == nil && a.Len != b.N {
			h := *a
			h.Len = b.N
			a = &h
		}
		k.cols[c].AppendSel(a, sel)
	}
	if sel == nil {
		for i, g := range groups[:b.N] {
			k.link(g, b.OrdOf(i))
		}
		return
	}
	for _, i := range sel {
		k.link(groups[i], b.OrdOf(int(i)))
	}
}

func (k *keeper) UpdateEach(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel, out *vec.Builder, fail Fail) {
	updateEach(k, b, groups, args, sel, out, fail)
}

// view reads the columns kept so far.
func (k *keeper) view() []*vec.Vec {
	if k.views == nil {
		for range k.cols {
			k.views = append(k.views, &vec.Vec{})
		}
	}
	for i, b := range k.cols {
		b.View(k.views[i])
	}
	return k.views
}

// of lists the rows of a group in the order of arrival.
func (k *keeper) of(g int32) []int32 {
	rows, sorted := k.rows[:0], true
	for r := k.head[g]; r >= 0; r = k.next[r] {
		if len(rows) > 0 && k.ord[rows[len(rows)-1]] > k.ord[r] {
			sorted = false
		}
		rows = append(rows, r)
	}
	if !sorted {
		slices.SortStableFunc(rows, func(a, b int32) int {
			switch x, y := k.ord[a], k.ord[b]; {
			case x < y:
				return -1
			case x > y:
				return 1
			}
			return 0
		})
	}
	k.rows = rows
	return rows
}

func (k *keeper) Merge(other State, into []int32) {
	o := other.(*keeper)
	cols := o.view()
	for from, g := range into {
		if g < 0 {
			continue
		}
		for _, r := range o.of(int32(from)) {
			for c, b := range k.cols {
				b.AppendRow(cols[c], int(r))
			}
			k.link(g, o.ord[r])
		}
	}
}

func (k *keeper) Emit(groups []int32, out *vec.Builder, fail Fail) {
	cols := k.view()
	for i, g := range groups {
		if k.head[g] < 0 {
			out.Null()
			continue
		}
		at := out.N
		if err := k.finish(cols, k.of(g), out); err != nil {
			out.Truncate(at)
			out.Null()
			fail(i, err)
		}
	}
}

func (k *keeper) Reset(groups []int32) {
	for _, g := range groups {
		if k.head[g] >= 0 {
			k.dead += int(k.n[g])
			if k.find != nil {
				for r := k.head[g]; r >= 0; r = k.next[r] {
					k.find.remove(k.ord[r], r)
				}
			}
			k.head[g], k.n[g] = -1, 0
		}
	}
	k.tidy()
}

// tidy gives the memory of dead rows back when they are many.
func (k *keeper) tidy() {
	if k.dead == 0 {
		return
	}
	if k.dead == len(k.ord) {
		k.sc.Close()
		k.open()
	} else if k.dead > 1024 && k.dead > len(k.ord)/2 {
		k.compact()
	}
}

// compact copies the rows that are alive to a new scope.
func (k *keeper) compact() {
	old, cols, head, next, ord := k.sc, k.view(), k.head, k.next, k.ord
	k.views, k.ord, k.next = nil, nil, nil
	k.head, k.tail, k.n = nil, nil, nil
	k.open()
	k.Grow(len(head))
	for g, r := range head {
		for ; r >= 0; r = next[r] {
			for c, b := range k.cols {
				b.AppendRow(cols[c], int(r))
			}
			k.link(int32(g), ord[r])
		}
	}
	old.Close()
}

func (k *keeper) Snapshot(s *vec.Scope, groups []int32) []*vec.Vec {
	cols := k.view()
	packs := make([][]byte, len(groups))
	for i, g := range groups {
		for _, r := range k.of(g) {
			packs[i] = pack(packs[i], k.ord[r], cols, int(r))
		}
	}
	return []*vec.Vec{packed(s, packs)}
}

func (k *keeper) Restore(cols []*vec.Vec) {
	k.Grow(cols[0].Len)
	unpack(cols[0], k.types, func(b *arrowexec.Batch, groups []int32, args []*vec.Vec) {
		for c, a := range args {
			k.cols[c].AppendSel(a, nil)
		}
		for i, g := range groups {
			k.link(g, b.Ord[i])
		}
	})
}

func (k *keeper) Bytes() int64 {
	live, _, _ := k.pool.Stats()
	live += int64(cap(k.ord))*8 + int64(cap(k.next)+cap(k.head)+cap(k.tail)+cap(k.n))*4
	if k.find != nil {
		live += k.find.bytes()
	}
	return live
}

// Ordered wraps a state for ORDER BY inside the call: of the arguments, the
// first n are the aggregate's and the others the keys, each with a direction.
func Ordered(inner func() State, types []arrow.DataType, n int, by []Direction) State {
	pool := vec.NewPool(nil, false)
	return newKeeper(types, 0, func(cols []*vec.Vec, rows []int32, out *vec.Builder) error {
		slices.SortStableFunc(rows, func(a, b int32) int {
			for i, d := range by {
				if c := compareBy(cols[n+i], int(a), int(b), d); c != 0 {
					return c
				}
			}
			return 0
		})
		sc := pool.Open()
		defer sc.Close()
		args := make([]*vec.Vec, n)
		for i := range args {
			args[i] = sc.Gather(cols[i], vec.Sel(rows))
		}
		st := inner()
		st.Grow(1)
		b := &arrowexec.Batch{Scope: sc, N: len(rows)}
		st.Update(b, make([]int32, len(rows)), args, nil)
		var failed error
		st.Emit([]int32{0}, out, func(_ int, err error) { failed = err })
		return failed
	})
}

func compareBy(v *vec.Vec, i, j int, d Direction) int {
	switch x, y := v.IsNull(i), v.IsNull(j); {
	case x && y:
		return 0
	case x != y:
		if x == d.NullsFirst {
			return -1
		}
		return 1
	}
	c := expr.CompareRows(v, i, v, j)
	if d.Desc {
		return -c
	}
	return c
}
