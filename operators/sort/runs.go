package sort

import (
	"slices"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// sortRuns sorts each run of rows with equal run columns for itself. cols are
// the batch's columns and the keys.
func (s *Operator) sortRuns(b *arrowexec.Batch, cols []*vec.Vec, sel vec.Sel, emit arrowexec.Emit) error {
	rows := sel
	if sel == nil {
		rows = ascending(b.N)
	}
	keys := make([]sortKey, len(s.o.Keys))
	for k, col := range s.keyed(cols) {
		keys[k] = newKey(s.o.Keys[k], b.Scope.Flat(spell(b, col, rows)))
	}
	idx := make([]int32, 0, len(rows)) // places in rows
	for from := 0; from < len(rows); {
		to := from + 1
		for to < len(rows) && s.sameRun(b, rows[from], rows[to]) {
			to++
		}
		run := ascending(to)[from:]
		idx = append(idx, s.cut(order(keys, run), func(i int) int64 { return b.WeightOf(int(rows[i])) })...)
		from = to
	}
	out := &arrowexec.Batch{Scope: b.Scope, N: len(idx), Seq: b.Seq, Watermark: b.Watermark, Now: b.Now}
	order := make([]int32, len(idx))
	for j, i := range idx {
		order[j] = rows[i]
		out.Ord = append(out.Ord, b.OrdOf(int(rows[i])))
		out.Weights = append(out.Weights, b.WeightOf(int(rows[i])))
		if b.Marks != nil {
			out.Marks = append(out.Marks, b.Marks[rows[i]])
		}
	}
	for _, v := range cols[:s.width] {
		bl := vec.NewBuilder(b.Scope, v.Type, len(order))
		for _, i := range order {
			bl.AppendRow(v, int(i))
		}
		out.Cols = append(out.Cols, bl.Finish())
	}
	return emit(out)
}

// spell gathers rows, so that undefined ones are never looked at.
func spell(b *arrowexec.Batch, v *vec.Vec, rows []int32) *vec.Vec {
	return b.Scope.Gather(v, vec.Sel(rows))
}

func (s *Operator) sameRun(b *arrowexec.Batch, i, j int32) bool {
	for _, c := range s.o.Runs {
		v := b.Cols[c]
		if v.IsNull(int(i)) != v.IsNull(int(j)) || !v.IsNull(int(i)) && v.Int64At(int(i)) != v.Int64At(int(j)) {
			return false
		}
	}
	return true
}

// arrival puts rows back in the order in which they came.
func arrival(rows []int32) { slices.Sort(rows) }
