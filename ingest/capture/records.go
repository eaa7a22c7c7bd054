package capture

import (
	"math"
	"slices"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

// NoTimestamp is the timestamp of a record that has none: negative times are
// legal, so no other number can say it.
const NoTimestamp = math.MinInt64

// Want says which parts of the envelope are needed beside the payload. What is
// not wanted is validated but not kept.
type Want struct {
	Topic, Partition, Offset, Timestamp, Key, Headers bool
}

// All wants everything, as dead letters do.
var All = Want{Topic: true, Partition: true, Offset: true, Timestamp: true, Key: true, Headers: true}

// Records are the good records of one batch, column by column; columns that
// were not wanted stay empty. Reset empties it and keeps its memory.
type Records struct {
	// Payloads are the payloads, nil for a tombstone.
	Payloads [][]byte
	// Spans are the lines that the records stood in; Line counts from the start
	// of the scanned buffer.
	Spans []ingest.Span

	Topics     []string // interned by the scanner
	Partitions []int32
	Offsets    []int64
	Timestamps []int64 // ms, or NoTimestamp
	Keys       [][]byte
	// Headers has the headers of all records; those of record i end at
	// HeaderEnds[i].
	Headers    []arrowexec.Header
	HeaderEnds []int32

	// Scope gives the memory for what must be unescaped; the caller sets it for
	// every batch.
	Scope *vec.Scope
	arena []byte
	lines int32 // of the buffer that were read
}

// Reset readies the records for a batch whose memory comes from sc.
func (r *Records) Reset(sc *vec.Scope) {
	clear(r.Payloads)
	clear(r.Keys)
	clear(r.Headers)
	*r = Records{
		Payloads: r.Payloads[:0], Spans: r.Spans[:0], Topics: r.Topics[:0], Partitions: r.Partitions[:0],
		Offsets: r.Offsets[:0], Timestamps: r.Timestamps[:0], Keys: r.Keys[:0], Headers: r.Headers[:0],
		HeaderEnds: r.HeaderEnds[:0], Scope: sc,
	}
}

// resize makes it n records; what is new in them is to be written.
func (r *Records) resize(w *Want, n int) {
	r.Payloads, r.Spans = resized(r.Payloads, n), resized(r.Spans, n)
	if w.Topic {
		r.Topics = resized(r.Topics, n)
	}
	if w.Partition {
		r.Partitions = resized(r.Partitions, n)
	}
	if w.Offset {
		r.Offsets = resized(r.Offsets, n)
	}
	if w.Timestamp {
		r.Timestamps = resized(r.Timestamps, n)
	}
	if w.Key {
		r.Keys = resized(r.Keys, n)
	}
}

func resized[T any](s []T, n int) []T {
	if n <= len(s) {
		return s[:n]
	}
	return slices.Grow(s, n-len(s))[:n]
}

// Len is the number of records.
func (r *Records) Len() int { return len(r.Payloads) }

// HeadersOf are the headers of record i, borrowed.
func (r *Records) HeadersOf(i int) []arrowexec.Header {
	from := int32(0)
	if i > 0 {
		from = r.HeaderEnds[i-1]
	}
	return r.Headers[from:r.HeaderEnds[i]:r.HeaderEnds[i]]
}

// Bad is a line that is no record of the envelope. Topic and Partition are
// known when Partition is not negative: such a line counts among the records
// of its partition, as it does in [Counts].
type Bad struct {
	Span      ingest.Span
	Topic     string
	Partition int32
	Cause     error
}
