package ast

import (
	"strconv"
	"time"
)

// WindowKind is the kind of a time window.
type WindowKind uint8

// The kinds.
const (
	Tumbling WindowKind = iota
	Sliding
	Session
	Cumulate
)

func (k WindowKind) String() string {
	return [...]string{"TUMBLING", "SLIDING", "SESSION", "CUMULATE"}[k]
}

// Window is WINDOW kind(…), or TUMBLE(…), HOP(…) … in GROUP BY. The parser has
// checked that durations are positive, ADVANCE and STEP are at most SIZE, and
// STEP divides SIZE.
type Window struct {
	Place // of the kind's word
	Kind  WindowKind
	// Column is the time column, nil for the default.
	Column *Name
	// Size is the size of a tumbling, sliding or cumulate window; Advance of a
	// sliding one; Step of a cumulate one; Gap of a session.
	Size    *Duration
	Advance *Duration
	Step    *Duration
	Gap     *Duration
	// Keys are the keys written in SESSION(col, gap, key …); they group like
	// GROUP BY expressions.
	Keys      []Expr
	InGroupBy bool // written as an item of GROUP BY
}

// Duration is a fixed length of time, in any of its spellings.
type Duration struct {
	Place
	Value time.Duration
}

// String is the shortest spelling: 90s, 5m, 250ms.
func (d *Duration) String() string { return FormatDuration(d.Value) }

// FormatDuration writes a length of time in the greatest unit that divides it.
func FormatDuration(v time.Duration) string {
	units := []struct {
		name string
		size time.Duration
	}{
		{"w", 7 * 24 * time.Hour}, {"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute},
		{"s", time.Second}, {"ms", time.Millisecond}, {"us", time.Microsecond},
	}
	for _, u := range units {
		if v != 0 && v%u.size == 0 {
			return strconv.FormatInt(int64(v/u.size), 10) + u.name
		}
	}
	if v == 0 {
		return "0s"
	}
	return strconv.FormatInt(int64(v), 10) + "ns"
}

// Over is the OVER (…) of a call.
type Over struct {
	Place
	// Buffer is n of ROWS WINDOW BUFFER n ROWS, 0 for none.
	Buffer      int64
	PartitionBy []Expr
	OrderBy     []*OrderItem
	Frame       *Frame // nil: the default frame
	// ExpireAfter is EXPIRE AFTER d INACTIVITY; nil for none and for NEVER.
	ExpireAfter *Duration
}

// FrameMode is ROWS or RANGE.
type FrameMode uint8

// The modes.
const (
	Rows FrameMode = iota
	Range
)

func (m FrameMode) String() string { return [...]string{"ROWS", "RANGE"}[m] }

// Frame is ROWS|RANGE BETWEEN start AND end. `ROWS n PRECEDING` ends at the
// current row.
type Frame struct {
	Place
	Mode  FrameMode
	Start Bound
	End   Bound
}

// BoundKind is the kind of a frame's bound, in order from first to last.
type BoundKind uint8

// The kinds.
const (
	UnboundedPreceding BoundKind = iota
	Preceding
	CurrentRow
	Following
	UnboundedFollowing
)

// Bound is one bound of a frame. Offset is set for Preceding and Following: of
// ROWS a non-negative *IntLit, of RANGE a number, an *IntervalLit or a
// *DurationLit.
type Bound struct {
	Place
	Kind   BoundKind
	Offset Expr
}
