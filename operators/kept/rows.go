package kept

import (
	"slices"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// Rows is a list of rows kept by an operator. The zero value is empty and takes
// its columns' types from the first rows appended.
type Rows struct {
	// Lean rows, as long as each weighs 1, have no Weights, and no Ord but the least.
	Lean bool
	// Layout, if set, is written into snapshots, and a snapshot of another is refused.
	Layout  string
	Weights []int64
	Ord     []int64
	n       int
	least   int64 // of the sequence numbers of lean rows

	pending arrow.Record // restored, not read yet

	types []arrow.DataType
	scope *vec.Scope
	cols  []*vec.Builder
}

// Len is the number of rows.
func (r *Rows) Len() int { return r.n }

// Append copies the selected rows of columns that belong to a batch.
func (r *Rows) Append(b *arrowexec.Batch, cols []*vec.Vec, sel vec.Sel) {
	if sel.Count(b.N) == 0 {
		return
	}
	r.open(b.Scope.Pool(), cols, sel.Count(b.N))
	for c, v := range cols {
		r.cols[c].AppendSel(v, sel)
	}
	r.count(b, sel)
}

// count appends the weights and sequence numbers of rows.
func (r *Rows) count(b *arrowexec.Batch, sel vec.Sel) {
	n := sel.Count(b.N)
	if r.Lean && b.Weights == nil && r.Weights == nil {
		if least, _ := leastOf(b, sel); r.n == 0 || least < r.least {
			r.least = least
		}
		r.n += n
		return
	}
	r.full()
	r.Weights, r.Ord = slices.Grow(r.Weights, n), slices.Grow(r.Ord, n)
	for k := range n {
		i := k
		if sel != nil {
			i = int(sel[k])
		}
		r.Weights, r.Ord = append(r.Weights, b.WeightOf(i)), append(r.Ord, b.OrdOf(i))
	}
	r.n += n
}

// full spells out the weights and sequence numbers of lean rows.
func (r *Rows) full() {
	for len(r.Ord) < r.n {
		r.Weights, r.Ord = append(r.Weights, 1), append(r.Ord, r.least)
	}
}

func leastOf(b *arrowexec.Batch, sel vec.Sel) (int64, bool) {
	if b.Ord == nil {
		if sel == nil {
			return b.Seq, b.N > 0
		}
		return b.OrdOf(int(sel[0])), len(sel) > 0
	}
	if sel == nil {
		return leastIn(b.Ord[:b.N])
	}
	least := b.Ord[sel[0]]
	for _, i := range sel {
		least = min(least, b.Ord[i])
	}
	return least, true
}

func leastIn(ord []int64) (int64, bool) {
	if len(ord) == 0 {
		return 0, false
	}
	least := ord[0]
	for _, o := range ord {
		least = min(least, o)
	}
	return least, true
}

// Weigh is the weight of a row.
func (r *Rows) Weigh(row int) int64 {
	if row < len(r.Weights) {
		return r.Weights[row]
	}
	return 1
}

func (r *Rows) open(p *vec.Pool, cols []*vec.Vec, n int) {
	if r.scope != nil {
		return
	}
	r.scope = p.Open()
	if r.types == nil {
		for _, v := range cols {
			r.types = append(r.types, v.Type)
		}
	}
	r.cols = make([]*vec.Builder, len(r.types))
	for c, t := range r.types {
		r.cols[c] = vec.NewBuilder(r.scope, t, max(n, 1024))
	}
}

// Columns views the rows; the columns are valid until Keep or Close. Their headers
// are not the scope's, which would keep those of every call.
func (r *Rows) Columns() []*vec.Vec {
	out := make([]*vec.Vec, len(r.cols))
	for c, b := range r.cols {
		out[c] = new(vec.Vec)
		b.View(out[c])
	}
	return out
}

// Keep drops all rows but those listed, which come to stand in that order.
func (r *Rows) Keep(order []int32) {
	old := *r
	cols := old.Columns()
	*r = Rows{Lean: old.Lean, Layout: old.Layout, types: old.types, n: len(order), least: old.least}
	if len(order) > 0 {
		r.open(old.scope.Pool(), nil, len(order))
		for c, v := range cols {
			r.cols[c].AppendSel(v, order)
		}
		if len(old.Ord) == old.n {
			r.Weights, r.Ord = make([]int64, 0, 2*len(order)), make([]int64, 0, 2*len(order))
			for _, i := range order {
				r.Weights = append(r.Weights, old.Weights[i])
				r.Ord = append(r.Ord, old.Ord[i])
			}
		}
	}
	old.Close()
}

// Close drops all rows and their memory. Rows may be appended again.
func (r *Rows) Close() {
	if r.pending != nil {
		r.pending.Release()
	}
	if r.scope != nil {
		r.scope.Close()
	}
	*r = Rows{Lean: r.Lean, Layout: r.Layout, types: r.types}
}

// Clear drops all rows and the memory of their columns. It is for rows that wait a
// batch at a time.
func (r *Rows) Clear() {
	w, o := r.Weights[:0], r.Ord[:0]
	r.Close()
	r.Weights, r.Ord = w, o
}

// Bytes is about how much memory the rows take.
func (r *Rows) Bytes() int64 {
	n := int64(len(r.Ord)+len(r.Weights)) * 8
	for _, b := range r.cols {
		n += builderBytes(b)
	}
	return n
}

func builderBytes(b *vec.Builder) int64 {
	n := int64(b.N*b.Kind.Width() + b.DataLen() + b.N/4)
	if b.Kind.HasOffsets() {
		n += int64(b.N) * 4
	}
	for _, c := range b.Children {
		n += builderBytes(c)
	}
	return n
}

// MinOrd is the least sequence number of the rows.
func (r *Rows) MinOrd() (int64, bool) {
	if len(r.Ord) < r.n {
		return r.least, true
	}
	return leastIn(r.Ord)
}
