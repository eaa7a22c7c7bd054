package arrowexec

import (
	"context"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
)

// Emit hands a batch to whatever comes next. The batch is borrowed: the
// receiver copies what it keeps.
type Emit func(*Batch) error

// Operator is one step of a query. It belongs to one goroutine.
//
// Process takes a batch and emits any number of batches. An input batch with no
// selected rows still carries a watermark and must be processed. An operator
// that holds rows back passes the watermark on with what it emits; emitted
// batches come in the order of their rows' causes.
//
// Flush is called once after the last batch of a bounded input, with a final
// batch that has no rows, the watermark [EndOfTime] and a scope to allocate
// from; the operator emits all that it still holds.
type Operator interface {
	Process(b *Batch, emit Emit) error
	Flush(last *Batch, emit Emit) error
	// Holds gives the least sequence number of the input rows that the operator
	// would lose if the process ended now; ok is false when there are none.
	// Offsets are committed only below it.
	Holds() (seq int64, ok bool)
}

// Stateless is embedded by operators that keep nothing between batches.
type Stateless struct{}

// Flush emits nothing: a stateless operator has nothing left.
func (Stateless) Flush(*Batch, Emit) error { return nil }

// Holds holds nothing.
func (Stateless) Holds() (int64, bool) { return 0, false }

// keepsNothing says that there is nothing to write down, unless the operator is a
// [Snapshotter] all the same.
func (Stateless) keepsNothing() {}

// Mergeable is an operator whose state can be filled by several pipelines, each
// over a part of the input, and merged at the end of a bounded input.
type Mergeable interface {
	Operator
	// Merge takes over all state of other, an operator of the same plan, which is
	// void afterwards. The order of merging must not show in the rows.
	Merge(other Operator) error
}

// Teamed is a Mergeable whose pipelines may pass rows on to each other, so that each keeps a
// part of the state alone. A batch whose rows others still read is kept with [vec.Scope.Share].
type Teamed interface {
	Mergeable
	// Team tells the operator of the first pipeline of those of all, itself first, before there
	// is a batch. Whoever waits for another one gives up when ctx ends.
	Team(ctx context.Context, all []Operator)
	// Finish is called when a pipeline has read its last piece, on its goroutine, and returns when
	// no other one has anything left for it.
	Finish() error
}

// Releaser is an operator that keeps rows and gives them under the sequence number of a
// later row, which let them go: who keeps them above then holds too little.
type Releaser interface {
	// Released gives the least sequence number of the input rows that were given under one
	// of at least low, or low if that is less.
	Released(low int64) int64
	// Forget tells that all rows below low are done with.
	Forget(low int64)
}

// Closer is an operator that keeps memory of its own between batches. Close gives
// it back; the loop calls it once at the end of every run, however it ended.
type Closer interface {
	Close()
}

// Snapshotter is an operator whose state can be written down and read back into
// a fresh operator of the same plan. The records are copies that belong to the
// caller.
type Snapshotter interface {
	Snapshot() ([]arrow.Record, error)
	Restore([]arrow.Record) error
}

// Stater tells how much state an operator holds, for statistics, memory limits
// and explain.
type Stater interface {
	State() State
}

// State is the size of an operator's state.
type State struct {
	Keys    int64 // groups, rows or distinct values held
	Windows int64 // open windows
	Bytes   int64
}

// Exceeds is the error of a state over a limit in bytes, 0 for none: of operator
// name, what it holds, and what to do besides raising the limit.
func (s State) Exceeds(limit int64, name, holds, advice string) error {
	if limit <= 0 || s.Bytes <= limit {
		return nil
	}
	return fmt.Errorf("state of %s takes %d bytes for %s, more than the limit of %d bytes; raise the limit%s", name, s.Bytes, holds, limit, advice)
}
