package ingest

import (
	"errors"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// ErrNotNull is the cause of a row error of a column declared NOT NULL.
var ErrNotNull = errors.New("NULL in a column declared NOT NULL")

// Required reports the rows of a batch with a NULL in a wanted column that is
// declared NOT NULL, and gives the batch of the others. It is for sources whose
// columns no decoder makes.
func Required(b *arrowexec.Batch, want []arrow.Field, f *arrowexec.Failures) (*arrowexec.Batch, error) {
	bad := []int32(nil) // row → the first column at fault, plus 1
	for c, w := range want {
		v := b.Cols[c]
		if w.Nullable || !v.HasNulls() {
			continue
		}
		for i := range b.N {
			if !v.IsNull(i) {
				continue
			}
			if bad == nil {
				bad = vec.Slice[int32](b.Scope, b.N)
				clear(bad)
			}
			if bad[i] == 0 {
				bad[i] = int32(c) + 1
			}
		}
	}
	if bad == nil {
		return b, nil
	}
	keep := vec.Slice[int32](b.Scope, b.N)[:0]
	for i, c := range bad {
		if c == 0 {
			keep = append(keep, int32(i))
			continue
		}
		if f == nil {
			continue
		}
		if err := f.Row(b, i, "decode", want[c-1].Name, ErrNotNull); err != nil {
			return nil, err
		}
	}
	cols := make([]*vec.Vec, len(b.Cols))
	for i, v := range b.Cols {
		cols[i] = b.Scope.Gather(v, vec.Sel(keep))
	}
	out := b.With(cols, nil)
	out.N, out.Origin = len(keep), b.OriginOf(keep)
	return out, nil
}
