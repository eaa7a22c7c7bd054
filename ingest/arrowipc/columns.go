package arrowipc

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest/fit"
)

// Columns takes the wanted columns of a record into a scope, which keeps the
// record. at has, for each wanted column, the place of its column in the
// record, -1 for one that is missing and therefore NULL.
func Columns(sc *vec.Scope, rec arrow.Record, want []arrow.Field, at []int) ([]*vec.Vec, error) {
	sc.Keep(rec)
	cols := make([]*vec.Vec, len(want))
	for i, f := range want {
		if at[i] < 0 {
			cols[i] = sc.NullConst(f.Type, int(rec.NumRows()))
			continue
		}
		v, err := fitted(sc, rec.Column(at[i]), f)
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", f.Name, err)
		}
		cols[i] = v
	}
	return cols, nil
}

// fitted takes an array as a wanted column.
func fitted(sc *vec.Scope, a arrow.Array, f arrow.Field) (*vec.Vec, error) {
	v, err := vec.FromArrow(sc, a)
	if err != nil {
		return nil, err
	}
	return fit.Column(sc, v, f.Type)
}
