package tablejoin

import (
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/kept"
)

// waiting are the rows of the stream that one batch has brought, until its changes
// of the table are known too.
type waiting struct {
	rows kept.Rows // columns that are kept, keys, the watermark before each row
	can  []bool    // rows that may match
	came bool      // a batch has, if only with a watermark
}

// await keeps the rows of a batch of the stream.
func (j *Join) await(s *side, b *arrowexec.Batch) error {
	w := &j.wait
	w.came = true
	s.read = max(s.read, b.Watermark)
	if b.Rows() == 0 {
		return nil
	}
	if b.Retracts != nil {
		return errTakenBack
	}
	alive, can, keys, err := j.judge(s, b)
	if err != nil {
		return err
	}
	sel := alive
	if !s.outer {
		sel = can
		j.o.Ledger.Filtered += b.Weight(alive) - b.Weight(can)
	}
	mark := b.Scope.New(vec.TypeInt64, b.N)
	values := vec.Values[int64](mark)
	for q := range sel.Count(b.N) {
		i := at(sel, q)
		values[i] = b.MarkOf(int(i))
	}
	cols := make([]*vec.Vec, 0, len(s.keep)+len(keys)+1)
	for _, c := range s.keep {
		cols = append(cols, b.Cols[c])
	}
	w.rows.Append(b, append(append(cols, keys...), mark), sel)
	k, n := 0, can.Count(b.N)
	for q := range sel.Count(b.N) {
		may := k < n && at(can, k) == at(sel, q)
		if may {
			k++
		}
		w.can = append(w.can, may)
	}
	return j.full()
}

// resume joins the rows that have waited, with the changes between them.
func (j *Join) resume(b *arrowexec.Batch, emit arrowexec.Emit) error {
	s, t := j.sides()
	w := &j.wait
	n := w.rows.Len()
	defer func() {
		w.rows.Clear()
		w.can, w.came = w.can[:0], false
	}()
	sc := b.Scope.Pool().Open()
	defer sc.Close()
	wb := &arrowexec.Batch{Scope: sc, N: n, Seq: b.Seq, Now: b.Now, Watermark: s.read}
	if n == 0 {
		j.applyAll()
		wb.Sel = vec.Sel{}
		return emit(j.bare(wb))
	}
	cols := w.rows.Columns()
	wb.Ord, wb.Weights = w.rows.Ord, w.rows.Weights
	if s.read != arrowexec.NoWatermark {
		wb.Marks = vec.Values[int64](cols[len(cols)-1])[:n]
	}
	wb.Cols = make([]*vec.Vec, len(s.types))
	for c, typ := range s.types {
		if k := s.at[c]; k >= 0 {
			wb.Cols[c] = cols[k]
		} else {
			wb.Cols[c] = sc.NullConst(typ, n)
		}
	}
	can := vec.Slice[int32](sc, n)[:0]
	for i, may := range w.can {
		if may {
			can = append(can, int32(i))
		}
	}
	ids := none(wb)
	j.keys.Lookup(sc, cols[len(s.keep):len(cols)-1], n, vec.Sel(can), ids)
	return j.meet(wb, nil, ids, t.changes, emit)
}
