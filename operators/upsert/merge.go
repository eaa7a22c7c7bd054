package upsert

import (
	"bytes"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// MergeOptions of [NewMerge].
type MergeOptions struct {
	Key     int  // column of the key as text; -1: rows have none
	Time    int  // column of the rows' times, which those of the causes move; -1: none
	Deletes bool // rows that are taken back and not replaced stay, as deletions
	Ledger  *arrowexec.Ledger
}

// Merge makes upserts of the changes of a table's rows: of what one record takes
// back and adds, only what is added stays when the key is the same, else the row
// taken back is a deletion of its key. All rows of a record come in one batch.
type Merge struct {
	arrowexec.Stateless
	o MergeOptions
}

// NewMerge makes the operator.
func NewMerge(o MergeOptions) *Merge { return &Merge{o: o} }

// Process drops rows that are taken back, or keeps those that nothing replaces.
func (m *Merge) Process(b *arrowexec.Batch, emit arrowexec.Emit) error {
	if m.o.Time >= 0 && b.Causes != nil {
		cols := append([]*vec.Vec(nil), b.Cols...)
		cols[m.o.Time] = b.TimesOfCauses(cols[m.o.Time])
		b = b.With(cols, b.Sel)
		b.Causes = nil
	}
	if b.Retracts == nil {
		return emit(b)
	}
	sel := b.Sel
	if sel == nil {
		sel = vec.Slice[int32](b.Scope, b.N)
		for i := range sel {
			sel[i] = int32(i)
		}
	}
	var keys *vec.Vec
	if m.o.Key >= 0 {
		keys = b.Scope.Flat(b.Cols[m.o.Key])
	}
	out := vec.Slice[int32](b.Scope, len(sel))[:0]
	deletes := false
	for from := 0; from < len(sel); {
		to := from + 1
		for to < len(sel) && b.OrdOf(int(sel[to])) == b.OrdOf(int(sel[from])) {
			to++
		}
		for _, i := range sel[from:to] {
			if b.Retracted(int(i)) {
				if !m.o.Deletes || keys == nil || keys.IsNull(int(i)) || replaced(b, keys, int(i), sel[from:to]) {
					m.o.Ledger.Filtered += b.WeightOf(int(i))
					continue
				}
				deletes = true
			}
			out = append(out, i)
		}
		from = to
	}
	next := b.With(b.Cols, vec.Sel(out))
	next.Causes = nil
	if !deletes {
		next.Retracts = nil
	}
	return emit(next)
}

// replaced tells that the record that takes row i back adds one of its key, or has
// taken one back before.
func replaced(b *arrowexec.Batch, keys *vec.Vec, i int, sel []int32) bool {
	key := keys.BytesAt(i)
	for _, j := range sel {
		if (int(j) < i || !b.Retracted(int(j))) && int(j) != i && !keys.IsNull(int(j)) && bytes.Equal(keys.BytesAt(int(j)), key) {
			return true
		}
	}
	return false
}
