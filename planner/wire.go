package planner

import (
	"slices"

	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
	"github.com/velostream/velo/planner/internal/rules"
)

// wire is the last step of a compilation: it decides which columns each scan
// reads, renumbers the plans for them, and places the sinks.
func (c *compiler) wire() {
	if c.errs.HasErrors() || c.usage != nil {
		return
	}
	c.place()
	c.unknownTo()
	c.optimize()
	app := c.app
	for _, s := range app.sources {
		s.used = make([]bool, len(s.fields))
		if slices.Contains(c.o.RulesOff, rules.ColumnPruning) {
			s.readAll()
		}
	}
	inputs := 0
	for _, st := range app.Statements {
		logical.Use(st.bound.Node, func(id string, col int) {
			if s := app.source(id); s != nil {
				s.used[col] = true
			}
		})
		walk(st.bound.Node, func(n logical.Node) {
			switch n := n.(type) {
			case *logical.Scan:
				st.scans = appendNew(st.scans, app.source(n.Source))
			case *logical.Edge:
				for _, o := range app.Statements {
					if o.Name == n.Stream {
						st.edges = append(st.edges, o)
						o.readers++
					}
				}
			}
		})
	}
	for _, s := range app.sources {
		if s.reads() {
			inputs++
		}
	}
	for _, s := range app.sources {
		if i := s.field(ingest.ColTimestamp); i >= 0 && (inputs > 1 || c.timely()) {
			s.used[i] = true // for merging in the order of time, and the clock of a replay
			if s.timed = -1; c.timely() {
				if s.timed = s.eventField(); s.timed >= 0 {
					s.used[s.timed] = true
				}
			}
		}
		s.position = make([]int, len(s.fields))
		k := 0
		for i, u := range s.used {
			s.position[i] = -1
			if u {
				s.position[i] = k
				k++
			}
		}
	}
	for _, st := range app.Statements {
		st.plan = logical.Renumber(st.bound.Node, func(id string, col int) int { return app.source(id).position[col] })
	}
	for _, sink := range app.sinks {
		if sink.typ == "rows" {
			app.printed++
		}
		for _, st := range app.Statements {
			if st.sink == sink {
				if st.deletes && sink.takesDeletions() {
					st.output.Deleted = len(st.plan.Fields())
				}
				c.writer(sink, st.output)
			}
			if st.late == sink {
				c.writer(sink, st.lateOutput)
			}
		}
		if sink.writers > 1 {
			n := len(sink.out.Fields)
			sink.out.Key, sink.out.Headers, sink.out.Time, sink.out.Deleted = n, n+1, n+2, n+3
		}
	}
}

// writer counts who writes a sink; all must give it the same columns.
func (c *compiler) writer(sink *sinkDef, out ingest.Output) {
	sink.writers++
	if sink.writers == 1 {
		sink.out = out
		return
	}
	if !sameTypes(sink.out.Fields, out.Fields) {
		c.errs.Add(diag.Errorf(diag.Type, c.o.Source, diag.Pos{Line: 1, Col: 1}, "statements write rows of different columns to sink %q", sink.name))
	}
}

// timely tells that records without timestamps of their own have that of their event
// time: in a replay, and where a statement has EMIT CHANGES EVERY, which asks for the
// clock, or joins with a table as it is then.
func (c *compiler) timely() bool {
	found := c.o.Mode == Replay
	for _, st := range c.app.Statements {
		walk(st.bound.Node, func(n logical.Node) {
			switch n := n.(type) {
			case *logical.Aggregate:
				found = found || n.Every > 0
			case *logical.Join:
				found = found || n.Table != logical.NoTable && c.o.Mode == Query
			}
		})
	}
	return found
}
