package ordinal

import (
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
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
