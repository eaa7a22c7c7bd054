package arrowexec

import (
	"errors"
	"fmt"
	"strings"
	"sync"
)

// RowError says why one input row was dropped, and where it stood.
type RowError struct {
	Position
	Class string // decode, cast, overflow, event_time, expression, late
	Field string // column, if one is to blame
	Cause error
	// Seq is the sequence number of the input row that caused it; that of a record
	// that never became a row is not known.
	Seq int64
}

// Error gives the position, the field and the cause.
func (e *RowError) Error() string {
	var sb strings.Builder
	if e.Source != "" {
		sb.WriteString(e.Source)
	}
	switch {
	case e.Line > 0:
		fmt.Fprintf(&sb, " line %d", e.Line)
	case e.Source != "":
		fmt.Fprintf(&sb, " partition %d offset %d", e.Partition, e.Offset)
	}
	if e.Field != "" {
		fmt.Fprintf(&sb, " field %q", e.Field)
	}
	if sb.Len() > 0 {
		sb.WriteString(": ")
	}
	sb.WriteString(e.Cause.Error())
	return strings.TrimSpace(sb.String())
}

// Unwrap gives the cause.
func (e *RowError) Unwrap() error { return e.Cause }

// FailurePolicy is failure.strategy.
type FailurePolicy string

// The strategies for rows that fail.
const (
	LogAndContinue   FailurePolicy = "log_and_continue"
	DeadLetter       FailurePolicy = "dead_letter"
	FailBatch        FailurePolicy = "fail_batch"
	RetryWithBackoff FailurePolicy = "retry_with_backoff"
)

// Failures receives the rows of one query that failed or came late, and acts on
// the policy: it counts them, keeps a sample, and writes dead letters. Its
// methods may be called from several pipelines; the fields are read after them.
type Failures struct {
	Policy FailurePolicy
	Query  string
	// Letter writes a dead letter; set when the policy asks for it.
	Letter func(Letter) error
	// Log receives a sample of the errors; nil drops them.
	Log func(*RowError)
	// MaxPoison ends the run after that many failed rows; 0 never.
	MaxPoison int64

	Count  int64
	Kinds  map[string]int64 // Count by class
	Ledger *Ledger

	parent *Failures
	sample int
	mu     sync.Mutex // rows fail in all pipelines of a parallel run
}

// Letter is a record on its way to a dead letter queue.
type Letter struct {
	Record
	Query string
	Err   *RowError
}

const maxLogged = 20

// Row reports that row i of a batch failed. Rows that an operator made itself
// have no origin; the error says which query they belong to. The result is not
// nil when the run must stop.
func (f *Failures) Row(b *Batch, i int, class, field string, cause error) error {
	if b != nil && b.Retracted(i) { // it failed when it was added
		if f.Ledger != nil {
			f.mu.Lock()
			f.Ledger.Filtered += b.WeightOf(i)
			f.mu.Unlock()
		}
		return nil
	}
	e := &RowError{Class: class, Field: field, Cause: cause}
	if re := (*RowError)(nil); errors.As(cause, &re) {
		*e = *re
	}
	var rec Record
	if b != nil && b.Origin != nil {
		e.Position = b.Origin.Position(i)
		if f.Policy == DeadLetter {
			rec = b.Origin.Record(i)
		}
	}
	w := int64(1)
	if b != nil {
		w, e.Seq = b.WeightOf(i), b.OrdOf(i)
	}
	return f.Record(e, rec, w)
}

// Record reports a failed row that never got into a batch; weight is the number
// of input rows that it stands for.
func (f *Failures) Record(e *RowError, rec Record, weight int64) error {
	if f.Ledger != nil {
		f.mu.Lock()
		f.Ledger.Failed += weight
		f.mu.Unlock()
	}
	if f.parent != nil {
		return f.parent.record(e, rec)
	}
	return f.record(e, rec)
}

// Skip counts input rows that change nothing, since what they take back is a row
// that failed, as filtered.
func (f *Failures) Skip(weight int64) {
	if f.Ledger != nil && weight != 0 {
		f.mu.Lock()
		f.Ledger.Filtered += weight
		f.mu.Unlock()
	}
}

// Fork gives failures with the same policy, log and dead letters that count in
// another ledger: for one pipeline of several.
func (f *Failures) Fork(l *Ledger) *Failures {
	return &Failures{Policy: f.Policy, Query: f.Query, Ledger: l, Letter: f.Letter, parent: f}
}

func (f *Failures) record(e *RowError, rec Record) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.Count++
	if f.Kinds == nil {
		f.Kinds = map[string]int64{}
	}
	f.Kinds[e.Class]++
	if f.Log != nil && f.sample < maxLogged {
		f.sample++
		f.Log(e)
	}
	if f.Policy == FailBatch {
		return fmt.Errorf("row failed and failure.strategy is fail_batch: %w", e)
	}
	if f.Policy == DeadLetter && f.Letter != nil {
		if err := f.Letter(Letter{Record: rec, Query: f.Query, Err: e}); err != nil {
			return fmt.Errorf("writing a dead letter: %w", err)
		}
	}
	if f.MaxPoison > 0 && f.Count > f.MaxPoison {
		return fmt.Errorf("more than max.poison.rows=%d rows failed, the last one: %w", f.MaxPoison, e)
	}
	return nil
}
