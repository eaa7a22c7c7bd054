package limit

import (
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/kept"
)

// Options of a limit.
type Options struct {
	Limit  int64 // rows to pass on; negative: all
	Offset int64 // rows to skip first
	Ledger *arrowexec.Ledger
}

// Operator is a limit.
type Operator struct {
	arrowexec.Stateless
	o    Options
	seen int64
}

// New makes a limit.
func New(o Options) *Operator { return &Operator{o: o} }

// Process passes on the rows inside the limit; the others are filtered. With
// the last row it passes on it returns [arrowexec.ErrDone].
func (l *Operator) Process(b *arrowexec.Batch, emit arrowexec.Emit) error {
	n := int64(b.Rows())
	from := min(max(l.o.Offset-l.seen, 0), n)
	to := n
	end := l.o.Offset + l.o.Limit // may pass the end of int64: OFFSET and LIMIT are the user's
	bounded := l.o.Limit >= 0 && end >= 0
	if bounded {
		to = min(max(end-l.seen, from), n)
	}
	l.seen += n
	out := b
	if from > 0 || to < n {
		sel := slice(b, int(from), int(to))
		l.o.Ledger.Filtered += b.Weight(b.Sel) - b.Weight(sel)
		out = b.With(b.Cols, sel)
	}
	if err := emit(out); err != nil {
		return err
	}
	if bounded && l.seen >= end {
		return arrowexec.ErrDone
	}
	return nil
}

// slice gives selected rows [from, to) of a batch.
func slice(b *arrowexec.Batch, from, to int) vec.Sel {
	if b.Sel != nil {
		return b.Sel[from:to:to]
	}
	sel := vec.Slice[int32](b.Scope, to-from)
	for i := range sel {
		sel[i] = int32(from + i)
	}
	return sel
}

// Snapshot writes down how many rows were seen.
func (l *Operator) Snapshot() ([]arrow.Record, error) {
	return []arrow.Record{kept.Record(1, []*vec.Vec{kept.Int64s([]int64{l.seen})})}, nil
}

// Restore reads a snapshot.
func (l *Operator) Restore(recs []arrow.Record) error {
	s := vec.NewPool(nil, false).Open()
	defer s.Close()
	if len(recs) != 1 || recs[0].NumRows() != 1 {
		return errors.New("the snapshot is not of a limit")
	}
	cols, err := kept.Columns(s, recs[0])
	if err != nil {
		return fmt.Errorf("limit: %w", err)
	}
	l.seen = vec.Values[int64](cols[0])[0]
	return nil
}
