package render

import (
	"context"
	"sync/atomic"

	"github.com/velostream/velo/arrowexec"
)

// Discard is a sink that counts rows and drops them.
type Discard struct{ rows atomic.Int64 }

// Write counts the rows.
func (d *Discard) Write(_ context.Context, b *arrowexec.Batch) error {
	d.rows.Add(int64(b.Rows()))
	return nil
}

// Flush does nothing.
func (*Discard) Flush(context.Context) error { return nil }

// Close does nothing.
func (*Discard) Close(context.Context, bool) error { return nil }

// Stats tells how many rows were dropped.
func (d *Discard) Stats() arrowexec.SinkStats { return arrowexec.SinkStats{Rows: d.rows.Load()} }
