package window

import (
	"fmt"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// lateRows are the late rows of a batch on their way to LATE ROWS INTO.
type lateRows struct {
	rows []int32
	by   []int64
	w    []bounds

	delays delays
}

// row counts a row that came too late, and keeps or letters it as asked for. by
// is how far the watermark was ahead, w the last window that would have held it.
func (l *lateRows) row(b *arrowexec.Batch, o *Options, i int, by, mark int64, w bounds) error {
	weight := b.WeightOf(i)
	o.Ledger.Late += weight
	l.delays.note(by)
	if o.Late == Drop && o.LateRows != nil {
		l.rows, l.by, l.w = append(l.rows, int32(i)), append(l.by, by), append(l.w, w)
	}
	if o.Late != DeadLetter || o.Failures.Letter == nil {
		return nil
	}
	e := &arrowexec.RowError{Class: "late", Seq: b.OrdOf(i), Cause: fmt.Errorf("row is %d ms behind the watermark %d; its window [%d, %d) is closed", by, mark, w.start, w.end)}
	letter := arrowexec.Letter{Query: o.Failures.Query, Err: e}
	if b.Origin != nil {
		e.Position, letter.Record = b.Origin.Position(i), b.Origin.Record(i)
	}
	if err := o.Failures.Letter(letter); err != nil {
		return fmt.Errorf("writing a dead letter of a late row: %w", err)
	}
	return nil
}

// flush gives the late rows of the batch.
func (l *lateRows) flush(b *arrowexec.Batch, o *Options, _ arrowexec.Emit) error {
	if len(l.rows) == 0 {
		return nil
	}
	cols := b.Cols[:len(b.Cols):len(b.Cols)]
	var add [3][]int64
	for c := range add {
		v := b.Scope.New(vec.TypeInt64, b.N)
		add[c] = vec.Values[int64](v)
		cols = append(cols, v)
	}
	for k, i := range l.rows {
		add[0][i], add[1][i], add[2][i] = l.by[k], l.w[k].start, l.w[k].end
	}
	out := b.With(cols, append(vec.Slice[int32](b.Scope, len(l.rows))[:0], l.rows...))
	out.Weights = vec.Slice[int64](b.Scope, b.N)
	clear(out.Weights)
	l.rows, l.by, l.w = l.rows[:0], l.by[:0], l.w[:0]
	return o.LateRows(out)
}
