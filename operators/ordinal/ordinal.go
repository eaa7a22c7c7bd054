package ordinal

import (
	"errors"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/kept"
)

// Operator numbers rows.
type Operator struct {
	arrowexec.Stateless
	next int64
}

// New makes the operator.
func New() *Operator { return &Operator{} }

// Process adds the column to a batch.
func (o *Operator) Process(b *arrowexec.Batch, emit arrowexec.Emit) error {
	v := b.Scope.New(vec.TypeInt64, b.N)
	n := vec.Values[int64](v)
	if b.Sel == nil {
		for i := range n[:b.N] {
			n[i] = o.next + int64(i)
		}
		o.next += int64(b.N)
	} else {
		for k, i := range b.Sel {
			n[i] = o.next + int64(k)
		}
		o.next += int64(len(b.Sel))
	}
	return emit(b.With(append(b.Cols[:len(b.Cols):len(b.Cols)], v), b.Sel))
}

// Snapshot writes the next number down.
func (o *Operator) Snapshot() ([]arrow.Record, error) {
	return []arrow.Record{kept.Record(1, []*vec.Vec{kept.Int64s([]int64{o.next})})}, nil
}

// Restore reads a snapshot.
func (o *Operator) Restore(recs []arrow.Record) error {
	if len(recs) != 1 || recs[0].NumRows() != 1 {
		return errors.New("the snapshot is not of a numbering of rows")
	}
	sc := vec.NewPool(nil, false).Open()
	defer sc.Close()
	cols, err := kept.Columns(sc, recs[0])
	if err != nil {
		return err
	}
	o.next = vec.Values[int64](cols[0])[0]
	return nil
}
