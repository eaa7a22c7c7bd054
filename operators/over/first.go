package over

import (
	"math"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/group"
	"github.com/velostream/velo/operators/sort"
)

// first keeps of each partition the rows that may be among its first n in the
// window's order, where nobody asks for others. Each partition remembers the number
// of its n-th row's first key: most rows are dropped by one comparison with it,
// before anything of them is copied, and none is sorted but those that pass.
type first struct {
	w     *Window
	table *group.Table // nil: one partition
	ids   []int32      // of the rows kept
	// least is, by partition, the greatest number with which a row may still matter.
	least  []uint64
	next   int // rows kept at which those that do not matter are dropped
	spare  int // how many more are kept than twice those that do
	number []uint64
}

func newFirst(w *Window) *first {
	f := &first{w: w, next: chunk, spare: chunk}
	if len(w.Partition) == 0 {
		f.least = []uint64{math.MaxUint64}
		return f
	}
	var types []arrow.DataType
	for _, e := range w.Partition {
		types = append(types, e.Type())
	}
	f.table = group.New(types)
	return f
}

// assign numbers the partitions of the selected rows of a batch.
func (f *first) assign(b *arrowexec.Batch, column func(expr.Expr) *vec.Vec, sel vec.Sel) []int32 {
	ids := vec.Slice[int32](b.Scope, b.N)
	if f.table == nil {
		clear(ids)
		return ids
	}
	var by []*vec.Vec
	for _, e := range f.w.Partition {
		by = append(by, column(e))
	}
	f.table.Assign(b, by, sel, ids)
	for len(f.least) < f.table.Len() {
		f.least = append(f.least, math.MaxUint64)
	}
	return ids
}

// numbers gives each row of a column a number that orders it by the first key, and
// whether rows of one number are peers.
func (f *first) numbers(column func(expr.Expr) *vec.Vec, sc *vec.Scope, sel vec.Sel, n int) (key *vec.Vec, numbers []uint64, exact bool) {
	f.number = slices.Grow(f.number[:0], n)[:n]
	if len(f.w.Order) == 0 { // the first to come are the first
		for i := range f.number {
			f.number[i] = 1
		}
		return nil, f.number, true
	}
	k := f.w.Order[0]
	key = sc.Gather(sc.Flat(column(k.Expr)), sel)
	exact = k.Prefix(key, f.number)
	return key, f.number, exact && len(f.w.Order) == 1
}

// narrow drops the rows of a batch that come behind the n-th of their partition.
func (f *first) narrow(b *arrowexec.Batch, column func(expr.Expr) *vec.Vec, sel vec.Sel) vec.Sel {
	ids := f.assign(b, column, sel)
	key, numbers, _ := f.numbers(column, b.Scope, sel, sel.Count(b.N))
	out := vec.Slice[int32](b.Scope, len(numbers))[:0]
	if key != nil && key.HasNulls() {
		nullsFirst := f.w.Order[0].NullsFirst
		for j, x := range numbers {
			i := at(sel, j)
			if key.IsNull(j) {
				x = 0
				if !nullsFirst {
					x = math.MaxUint64
				}
			}
			if x <= f.least[ids[i]] {
				out = append(out, int32(i))
			}
		}
	} else if sel == nil {
		for i, x := range numbers {
			if x <= f.least[ids[i]] {
				out = append(out, int32(i))
			}
		}
	} else {
		for j, x := range numbers {
			if i := sel[j]; x <= f.least[ids[i]] {
				out = append(out, i)
			}
		}
	}
	for _, i := range out {
		f.ids = append(f.ids, ids[i])
	}
	return out
}

// prune drops the rows kept that are not among the first of their partition, which it
// tells its rows from now on.
func (p *Operator) prune(pool *vec.Pool) {
	f := p.first
	n := p.rows.Len()
	if len(f.ids) < n { // those of a snapshot, and what came after them
		f.restored(p, pool)
	}
	cols := p.rows.Columns()
	sc := pool.Open()
	defer sc.Close()
	column := func(e expr.Expr) *vec.Vec { return p.column(sc, cols, n, e) }
	keys := make([]*vec.Vec, len(f.w.Order))
	for i, k := range f.w.Order {
		keys[i] = column(k.Expr)
	}
	var in []int32
	if len(keys) > 0 {
		in = sort.Order(keys, f.w.Order, n)
	}
	in = byPartition(f.ids, len(f.least), in)
	var key *vec.Vec
	numbers, exact := []uint64(nil), true
	if len(keys) > 0 {
		key, numbers = keys[0], make([]uint64, n)
		exact = f.w.Order[0].Prefix(key, numbers) && len(keys) == 1
	}
	keep := make([]int32, 0, n)
	for from := 0; from < n; {
		g := f.ids[in[from]]
		to := from + 1
		for to < n && f.ids[in[to]] == g {
			to++
		}
		first := in[from:to]
		if int64(len(first)) >= f.w.First {
			first = first[:f.w.First]
			f.least[g] = f.bound(key, numbers, exact, first[len(first)-1])
		}
		keep = append(keep, first...)
		for _, r := range in[from+len(first) : to] {
			p.o.Ledger.Filtered += p.rows.Weights[r]
		}
		from = to
	}
	slices.Sort(keep)
	var marks []int64
	ids := f.ids[:0]
	for _, r := range keep {
		ids = append(ids, f.ids[r])
		if p.marks != nil {
			marks = append(marks, p.markOf(int(r)))
		}
	}
	f.ids, p.marks = ids, marks
	p.rows.Keep(keep)
	f.next = 2*len(keep) + f.spare
}

// bound is the greatest number with which a row that comes may stand before row r.
func (f *first) bound(key *vec.Vec, numbers []uint64, exact bool, r int32) uint64 {
	switch {
	case key == nil:
		return 0 // all numbers are 1
	case key.IsNull(int(r)):
		if f.w.Order[0].NullsFirst {
			return 0
		}
		return math.MaxUint64
	case exact && numbers[r] > 0:
		return numbers[r] - 1 // peers that come later stand behind it
	}
	return numbers[r]
}

// markOf is the watermark before a row kept.
func (p *Operator) markOf(r int) int64 {
	if r < len(p.marks) {
		return p.marks[r]
	}
	return arrowexec.NoWatermark
}

// restored numbers the partitions of rows that a snapshot gave.
func (f *first) restored(p *Operator, pool *vec.Pool) {
	cols := p.rows.Columns()
	sc := pool.Open()
	defer sc.Close()
	b := &arrowexec.Batch{Scope: sc, N: p.rows.Len(), Ord: p.rows.Ord}
	ids := f.assign(b, func(e expr.Expr) *vec.Vec { return p.column(sc, cols, b.N, e) }, nil)
	f.ids = append(f.ids[:0], ids...)
}

func (f *first) bytes() int64 {
	n := int64(cap(f.ids))*4 + int64(cap(f.least)+cap(f.number))*8
	if f.table != nil {
		n += f.table.Bytes()
	}
	return n
}
