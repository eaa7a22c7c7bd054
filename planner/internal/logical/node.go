package logical

import (
	"context"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/operators/agg"
)

// Field is one column of a node's rows.
type Field struct {
	Qualifier string // alias of the source it comes from, "" for none
	Name      string
	Type      arrow.DataType
	// System marks a system column: left out of `*`, found by name in any case.
	System bool
	// Hidden columns cannot be named at all: sort keys and the like.
	Hidden bool
	// Merged columns are one side's of USING: named with their qualifier only.
	Merged bool
	// Same is how many columns before it that of USING stands which it is; 0: none.
	Same int
}

// Node is one step of a query.
type Node interface {
	Fields() []Field
	Inputs() []Node
	WithInputs([]Node) Node
	// Explain gives the node's line: its name and what it does.
	Explain() string
}

// Scan reads a source. Its rows have all payload columns of the source, then
// all system columns it fills; build keeps those that are used.
type Scan struct {
	Source string // the key under which build finds the source
	Alias  string
	Out    []Field
	// Used is filled by the pruning rule: the columns that anybody reads.
	Used []bool
	// Detail is the source's own description.
	Detail string
	// Timed says that the records have times, in the order of which inputs are merged;
	// Again that each run reads all of them: the rows of a table.
	Timed, Again bool
	Bounded      bool
	// Seek narrows what is read by what the filter above asks for; nil: all.
	Seek *Seek
}

// Values is rows of constants: VALUES, and SELECT without FROM (one row, no
// columns).
type Values struct {
	Rows [][]expr.Expr
	Out  []Field
	// Run makes the rows when the run begins; nil: they are Rows.
	Run func(context.Context) ([][]expr.Expr, error)
}

// Time computes event time and, if Marks, watermarks. It adds the column
// _event_time, NULL where the time could not be read; [Require] deals with those
// after the filter.
type Time struct {
	Input  Node
	Column int // event.time.field; -1: the record's timestamp
	Stamp  int // column _timestamp
	// Deleted is a BOOLEAN column: where it is TRUE the row is a deletion, which has the
	// time of its record whatever Column is; -1: none.
	Deleted int
	Part    int    // column _partition; -1: one partition
	Format  string // event.time.format, "" to detect
	Delay   time.Duration
	Idle    time.Duration
	Marks   bool
	Inherit bool // the watermarks are those of the input
	Source  string
	Out     []Field
}

// Filter keeps the rows for which Pred is TRUE.
type Filter struct {
	Input Node
	Pred  expr.Expr
}

// Require fails the rows whose event time could not be read: column Time was
// made from column Field by Format.
type Require struct {
	Input  Node
	Time   int
	Field  int
	Format string
}

// Project computes columns from columns.
type Project struct {
	Input Node
	Exprs []expr.Expr
	Out   []Field
	// HeaderEdits says that items change headers; Headers is then the output
	// column that takes the result, and Exprs[Headers] reads the input's.
	HeaderEdits bool
	Headers     int
	// Joined marks the one above a join, which merges columns of both sides:
	// conditions on the others go below it.
	Joined bool
	// Used are the columns that are computed, the others are NULL; filled by [Use].
	Used []bool
}

// Aggregate is GROUP BY and windowed aggregation. Its rows are the keys, the
// aggregates, the last values, the group's greatest event time (with Time, but
// not when [Aggregate.WindowTime]), and for a window _window_start and
// _window_end and, when WindowTime, the row's time.
type Aggregate struct {
	Input  Node
	Keys   []expr.Expr
	Aggs   []AggCall
	Having expr.Expr // over Fields()
	Window *Window
	Mode   Mode
	Every  time.Duration
	Global bool // no GROUP BY: one group, also for an empty input
	// Retract tells that rows of the input may be taken back; Deletes, that result
	// rows which disappear are given as deletions: the result is a table.
	Retract bool
	Deletes bool
	Time    int // event time column of the input, -1: none
	// Last are input expressions whose value at the group's last contributing row
	// stands after the aggregates.
	Last []expr.Expr
	Late Late
	// LateColumns are the columns of the input that LATE ROWS INTO takes: the
	// payload, and behind it the key and the headers where its sink has them.
	LateColumns []int
	Out         []Field
}

// WindowTime tells that the output time is the window's end − 1 ms.
func (n *Aggregate) WindowTime() bool { return n.Window != nil && n.Mode == Final }

// Mode is when an aggregate emits.
type Mode uint8

// The modes.
const (
	Final Mode = iota
	Changes
	Batch // 'emit.changes'='batch'
)

func (m Mode) String() string { return [...]string{"FINAL", "CHANGES", "CHANGES per batch"}[m] }

// AggCall is one call of an aggregate.
type AggCall struct {
	Func     *agg.Func
	Overload *agg.Overload
	Args     []expr.Expr
	Distinct bool
	Filter   expr.Expr
	OrderBy  []SortKey // inside the parentheses
	Type     arrow.DataType
	Text     string // by which equal calls are found
	Written  string // as in the statement, for errors
}

// Window is a time window over the event time.
type Window struct {
	Kind                     string // TUMBLING, SLIDING, SESSION, CUMULATE
	Size, Advance, Step, Gap time.Duration
	Lateness                 time.Duration
}

// Late is what happens to late rows.
type Late struct {
	Strategy  string // drop, dead_letter, update_previous, include_in_next_window
	Retention time.Duration
}

// Distinct keeps the first of equal rows; Keys are the visible columns.
type Distinct struct {
	Input Node
	Keys  []int
}

// Sort orders the whole bounded result; Limit < 0: all rows.
type Sort struct {
	Input         Node
	Keys          []SortKey
	Limit, Offset int64
	// Window are the columns that carry the window's end and start: order and
	// limit then apply to the rows of each window.
	Window []int
}

// SortKey is one item of ORDER BY.
type SortKey struct {
	Expr       expr.Expr
	Desc       bool
	NullsFirst bool
}

// Limit cuts; Count < 0: only the offset.
type Limit struct {
	Input         Node
	Count, Offset int64
}

// Union is UNION ALL.
type Union struct {
	All []Node
	Out []Field
}

// Edge reads the rows of a stream that an earlier statement makes, in memory.
type Edge struct {
	Stream  string
	Bounded bool
	Alias   string
	Out     []Field
	Timed   []Timed // by column, see EventTime
	// Corrected says that the stream has rows of windows again, see [Corrected].
	Corrected bool
}
