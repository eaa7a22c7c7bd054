package window

import (
	"fmt"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/operators/hashagg"
)

// Kind is a kind of window.
type Kind uint8

// The kinds.
const (
	Tumbling Kind = iota // Size
	Sliding              // Size, Advance
	Cumulate             // Size, Advance: the step
	Session              // Size: the gap
)

// Emission tells when rows are given.
type Emission uint8

// The emissions.
const (
	Final     Emission = iota // each group of a window once, when the window closes
	Changes                   // for each input row the new row of each of its groups
	Coalesced                 // the last of these per batch, or per Options.Every
)

// LateStrategy is late.data.strategy.
type LateStrategy uint8

// The strategies.
const (
	Drop LateStrategy = iota
	DeadLetter
	UpdatePrevious
	IncludeInNext
)

// ParseLateStrategy reads late.data.strategy, in lower case.
func ParseLateStrategy(s string) (LateStrategy, error) {
	switch s {
	case "", "drop":
		return Drop, nil
	case "dead_letter":
		return DeadLetter, nil
	case "update_previous":
		return UpdatePrevious, nil
	case "include_in_next_window":
		return IncludeInNext, nil
	}
	return Drop, fmt.Errorf("unknown late.data.strategy %q; known: drop dead_letter update_previous include_in_next_window", s)
}

// Options of a windowed aggregation. Its output columns are those of Spec (keys,
// then calls), _window_start, _window_end (BIGINT ms), and with OutputTime one
// more, the time of the row: _window_end − 1 ms as TIMESTAMP.
type Options struct {
	Kind          Kind
	Size, Advance int64 // ms
	Spec          *hashagg.Spec
	Time          int // column of the event time, TIMESTAMP ms, never NULL
	OutputTime    bool
	Having        expr.Expr // over the output columns; nil: all rows
	// Deletes asks for a row that takes back the last one emitted of a group that
	// Having no longer lets pass: the result is a table.
	Deletes   bool
	Emission  Emission
	Every     int64            // ms of the run's clock between coalesced rows; 0: each batch
	Clock     *arrowexec.Clock // what Every is measured by; nil: Batch.Now
	Lateness  int64            // allowed.lateness in ms
	Late      LateStrategy
	Retention int64 // late.data.retention in ms of event time; 0: the whole run
	// LateRows receives, with Drop, the late rows: the columns of the input and
	// _late_by_ms, _window_start, _window_end (BIGINT). Their weights are 0: they
	// are late and not used. Nil: they are only counted.
	LateRows arrowexec.Emit
	Failures *arrowexec.Failures
	Ledger   *arrowexec.Ledger
	// Limit ends the run with an error when the state takes more bytes; 0: none.
	Limit int64
	// Name is for errors: the operator with its keys.
	Name string
}

// full is the error of a state over the limit.
func (o *Options) full(s arrowexec.State) error {
	return s.Exceeds(o.Limit, o.Name, fmt.Sprintf("%d groups in %d open windows", s.Keys, s.Windows), ", group by fewer keys or use shorter windows")
}

// Check tells what is wrong with the sizes.
func (o *Options) Check() error {
	switch {
	case o.Size <= 0:
		return fmt.Errorf("a window of %d ms is empty", o.Size)
	case o.Kind == Sliding && o.Advance <= 0:
		return fmt.Errorf("a window cannot advance by %d ms", o.Advance)
	case o.Kind == Sliding && o.Advance > o.Size:
		return fmt.Errorf("the advance of %d ms is greater than the size of %d ms; the size comes first", o.Advance, o.Size)
	case o.Kind == Cumulate && o.Advance <= 0:
		return fmt.Errorf("a step of %d ms is empty", o.Advance)
	case o.Kind == Cumulate && (o.Advance > o.Size || o.Size%o.Advance != 0):
		return fmt.Errorf("the step of %d ms does not divide the size of %d ms; the step comes first", o.Advance, o.Size)
	}
	return nil
}

// Operator is a windowed aggregation. After a run that was stopped before its
// end, Fate tells which rows HAVING has kept back and which are held in windows
// that were never emitted; after Flush both are 0.
type Operator interface {
	arrowexec.Operator
	arrowexec.Snapshotter
	arrowexec.Stater
	Fate() (filtered, held int64)
	Delays() (n, least, median, most int64)
	OpenWindows() []Open
}

// New makes the operator; the options must pass [Options.Check].
func New(o Options) Operator {
	if o.Kind == Session {
		return newSessions(o)
	}
	return newAligned(o)
}
