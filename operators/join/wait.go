package join

import (
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// wait keeps left rows that came before the right input has ended. Where they
// are to come first their keys are numbered now, so that the right rows that
// nobody looks for need not be kept.
func (j *Join) wait(b *arrowexec.Batch) error {
	j.mark = max(j.mark, b.Watermark)
	if b.Rows() == 0 {
		return nil
	}
	alive := b.Sel
	if j.o.Early {
		var can vec.Sel
		var keys []*vec.Vec
		var err error
		if alive, can, err = j.eligible(b, j.o.OnLeft); err != nil {
			return err
		}
		if keys, alive, can, err = j.keys(j.o.Keys, false, alive, can); err != nil {
			return err
		}
		ids := none(b)
		number(j.table, b, keys, can, ids)
		each(b.N, alive, func(i int32) { j.leftIDs = append(j.leftIDs, ids[i]) })
	}
	mark := b.Scope.New(vec.TypeInt64, b.N)
	values := vec.Values[int64](mark)
	each(b.N, alive, func(i int32) { values[i] = b.MarkOf(int(i)) })
	cols := make([]*vec.Vec, 0, len(b.Cols)+1)
	for c, v := range b.Cols {
		if j.needs[c] {
			cols = append(cols, v)
		}
	}
	j.waiting.Append(b, append(cols, mark), alive)
	return j.full()
}

// resume joins the left rows that have waited.
func (j *Join) resume(last *arrowexec.Batch, emit arrowexec.Emit) error {
	n := j.waiting.Len()
	if n == 0 {
		return nil
	}
	defer j.waiting.Close()
	cols := j.waiting.Columns()
	marks := vec.Values[int64](cols[len(cols)-1])
	for from := 0; from < n; from += chunk {
		to := min(from+chunk, n)
		sc := last.Scope.Pool().Open()
		b := &arrowexec.Batch{Scope: sc, N: to - from, Seq: last.Seq, Now: last.Now, Watermark: j.mark,
			Ord: j.waiting.Ord[from:to], Weights: j.waiting.Weights[from:to], Marks: marks[from:to]}
		if to < n {
			b.Watermark = marks[to]
		}
		k := 0
		for c, t := range j.o.LeftTypes {
			if !j.needs[c] {
				b.Cols = append(b.Cols, sc.NullConst(t, b.N))
				continue
			}
			b.Cols = append(b.Cols, sc.Slice(cols[k], from, to))
			k++
		}
		var err error
		if j.o.Early {
			err = j.match(b, nil, nil, j.leftIDs[from:to], nil, emit)
		} else {
			err = j.probe(b, emit)
		}
		sc.Close()
		if err != nil {
			return err
		}
	}
	j.leftIDs = nil
	return nil
}

// matching narrows a selection to the rows that have a number.
func matching(b *arrowexec.Batch, ids []int32, sel vec.Sel) vec.Sel {
	out := vec.Slice[int32](b.Scope, sel.Count(b.N))[:0]
	each(b.N, sel, func(i int32) {
		if ids[i] >= 0 {
			out = append(out, i)
		}
	})
	return out
}
