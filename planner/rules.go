package planner

import (
	"math"

	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/planner/internal/logical"
	"github.com/velostream/velo/planner/internal/rules"
)

// optimize rewrites the plans of all statements by the rules.
func (c *compiler) optimize() {
	reads := map[string]int{}
	for _, st := range c.app.Statements {
		walk(st.bound.Node, func(n logical.Node) {
			if s, ok := n.(*logical.Scan); ok {
				reads[s.Source]++
			}
		})
	}
	for _, st := range c.app.Statements {
		f := rules.Facts{Bounded: st.bound.Bounded, Unmarked: st.Creates == "" && unmarked(st, c.o.Mode), Seeks: func(id string) bool {
			s := c.app.source(id)
			if s == nil || reads[id] != 1 || c.o.Mode == Replay { // the clock of a replay follows all records
				return false
			}
			k, ok := s.connector.(ingest.Seeker)
			return ok && k.Seeks()
		}}
		if len(c.app.Statements) == 1 && free(st) {
			f.Rows = c.app.rowsOf
		}
		st.bound.Node, st.rules = rules.Apply(st.bound.Node, f, c.o.RulesOff)
	}
}

// unmarked tells that a statement does not look at its watermarks: it has no
// window, no join and no DISTINCT that forgets. A later statement may.
func unmarked(st *Statement, mode Mode) bool {
	ok := st.bound.Bounded
	walk(st.bound.Node, func(n logical.Node) {
		switch n := n.(type) {
		case *logical.Time:
			ok = ok && !n.Marks
		case *logical.Aggregate:
			ok = ok && n.Window == nil && n.Every == 0
		case *logical.Scan, *logical.Values, *logical.Filter, *logical.Require, *logical.Project, *logical.Sort,
			*logical.Limit, *logical.Union, *logical.SetOp, *logical.Attach, *logical.Unnest, *logical.Over:
		case *logical.Distinct: // distinct.retention is measured by the watermark
			ok = ok && mode == Query
		default: // joins of streams, and whatever else may look at them
			ok = false
		}
	})
	return ok
}

// free tells that the rows of a statement may come late: no window, no later
// statement, nor anything that looks at its watermarks.
func free(st *Statement) bool {
	ok := st.Creates == "" && st.bound.Bounded
	walk(st.bound.Node, func(n logical.Node) {
		switch n := n.(type) {
		case *logical.Time:
			ok = ok && !n.Marks
		case *logical.Aggregate:
			ok = ok && n.Window == nil && n.Mode == logical.Final
		case *logical.Join:
			ok = ok && n.Hashed()
		}
	})
	return ok
}

// rowsOf is about how many rows a source has, negative when it is not known.
func (a *App) rowsOf(id string) int64 {
	if s := a.source(id); s != nil {
		if c, ok := s.connector.(ingest.Sized); ok {
			return c.Rows()
		}
	}
	return -1
}

// Rules are the names of the planner's rules, for [Options.RulesOff].
func Rules() []string { return rules.Names() }

// seekOf turns the bounds of a scan into those that a connector takes.
func seekOf(b *logical.Seek) *ingest.Seek {
	if b == nil {
		return nil
	}
	s := &ingest.Seek{FromOffset: max(b.FromOffset, 0), ToOffset: -1, FromTimestamp: b.FromTimestamp, ToTimestamp: -1}
	if b.ToOffset != math.MaxInt64 {
		s.ToOffset = b.ToOffset
	}
	if b.ToTimestamp != math.MaxInt64 {
		s.ToTimestamp = b.ToTimestamp
	}
	if b.Partitions != nil {
		s.Partitions = []int32{}
		for _, p := range b.Partitions {
			if p >= 0 && p <= math.MaxInt32 {
				s.Partitions = append(s.Partitions, int32(p))
			}
		}
	}
	return s
}

// readAll makes a source decode all its columns: column pruning is off.
func (s *source) readAll() {
	for i, f := range s.fields {
		s.used[i] = s.used[i] || !f.System && vec.KindOf(f.Type) != vec.Null
	}
}
