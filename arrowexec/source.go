package arrowexec

import (
	"context"

	"github.com/velostream/velo/arrowexec/vec"
)

// Source reads batches. It belongs to one goroutine.
type Source interface {
	// Next reads up to want rows into memory of the scope, and returns io.EOF,
	// without a batch, when a bounded input has ended. It sets N, Cols and
	// Origin and leaves Seq, Now and the watermarks to the loop. An unbounded
	// source returns within about 100 ms, with an empty batch if nothing came.
	// Bad records are reported through the [Failures] that the source was opened
	// with and are not in the batch; the number of rows read, bad ones included,
	// is in Read of its stats.
	Next(ctx context.Context, sc *vec.Scope, want int) (*Batch, error)
	// Stats tells what has been read so far; it may be called from any goroutine.
	Stats() SourceStats
	// Close frees everything. It may be called twice.
	Close() error
}

// Acknowledger is a source that commits positions. Ack says that the first
// batches that the source returned, so many and empty ones included, are done:
// their output and their dead letters were acknowledged and no operator holds a
// row of them. It is not called while Next is, but maybe from another goroutine,
// and also after Next has returned io.EOF.
type Acknowledger interface {
	Ack(ctx context.Context, batches int64) error
}

// SourceStats counts what a source has read.
type SourceStats struct {
	Rows  int64 // records read, bad ones included
	Bytes int64 // bytes read of the input's own encoding (compressed, if it is)
	Total int64 // bytes of the whole input, 0 if unknown
}

// Partitions is implemented by sources that know at their start which
// partitions a bounded read has, and how many records each will give; a
// watermark waits for all of them and forgets each after its last record. Records
// that give no row are in [Batch.Absent].
// Ranges of a topic with gaps give their records as -1 and report the end in
// [Batch.Ended].
type Partitions interface {
	Partitions() []PartitionInfo
}

// PartitionInfo is one partition of a bounded read. Records is -1 when unknown.
type PartitionInfo struct {
	Topic     string
	Partition int32
	Records   int64
}

// Sink takes the rows of a query. It belongs to one goroutine.
type Sink interface {
	// Write takes the selected rows; it keeps nothing of the batch.
	Write(ctx context.Context, b *Batch) error
	// Flush returns when everything written is safe: acknowledged by the broker,
	// or handed to the operating system.
	Flush(ctx context.Context) error
	// Close ends the output; with commit false it is abandoned, and a file sink
	// removes what it has written so far. It may be called twice.
	Close(ctx context.Context, commit bool) error
	// Stats tells what has been written so far; from any goroutine.
	Stats() SinkStats
}

// SinkStats counts what a sink has written.
type SinkStats struct{ Rows, Bytes int64 }
