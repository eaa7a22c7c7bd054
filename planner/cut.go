package planner

import (
	"errors"
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/kept"
)

// Cut is an application written down between two batches, with its ledgers. A
// fresh application of the same text goes on from it, see [RunOptions.From], when
// its sources give the records behind [Cut.Records].
type Cut struct {
	component int // of those that run one after the other
	run       *arrowexec.Cut
	ledgers   []arrowexec.Ledger // of the statements
	sources   []sourceCut
}

// sourceCut is what was read of a source, and what became of records that are in
// no batch.
type sourceCut struct {
	name       string
	rows       int64
	ledger     arrowexec.Ledger
	tombstones int64
}

// Records is how many records of a source have gone through the whole application,
// those that gave no row included.
func (c *Cut) Records(source string) int64 {
	for _, in := range c.run.Inputs {
		if strings.EqualFold(in.Name, source) {
			return in.Read
		}
	}
	return 0
}

// Ended tells whether the end of a source has gone through the application.
func (c *Cut) Ended(source string) bool {
	for _, in := range c.run.Inputs {
		if strings.EqualFold(in.Name, source) {
			return in.Ended
		}
	}
	return false
}

// State is what the operators of the application keep, in their order.
func (c *Cut) State() []arrowexec.NodeCut { return c.run.Nodes }

// cutter makes cuts of a component.
func (a *App) cutter(component int, ro RunOptions) func(func() (*arrowexec.Cut, error)) error {
	if ro.Between == nil {
		return nil
	}
	return func(take func() (*arrowexec.Cut, error)) error {
		return ro.Between(func() (*Cut, error) {
			run, err := take()
			if err != nil {
				return nil, err
			}
			c := &Cut{component: component, run: run}
			for _, st := range a.Statements {
				c.ledgers = append(c.ledgers, *st.ledger)
			}
			for _, s := range a.sources {
				x := sourceCut{name: s.name, rows: s.before, tombstones: s.skipped.Tombstones}
				if s.failures != nil {
					x.ledger = *s.failures.Ledger
				}
				for _, src := range s.opened { // of components that have ended
					x.rows += src.Stats().Rows
				}
				for _, in := range run.Inputs {
					if in.Name == s.name {
						x.rows = in.Read
						x.tombstones -= in.Ahead.Skipped
						x.ledger.Failed -= in.Ahead.Failed
					}
				}
				c.sources = append(c.sources, x)
			}
			return c, nil
		})
	}
}

// resume lets the ledgers go on where the cut was made; the graphs have been put
// together before it.
func (a *App) resume(c *Cut) error {
	if len(c.ledgers) != len(a.Statements) || len(c.sources) != len(a.sources) {
		return errors.New("the cut is of an application with other statements")
	}
	for i, st := range a.Statements {
		*st.ledger = c.ledgers[i]
	}
	for i, s := range a.sources {
		x := c.sources[i]
		if x.name != s.name {
			return fmt.Errorf("the cut is of an application that reads %q, not %q", x.name, s.name)
		}
		s.before, s.skipped.Tombstones = x.rows, x.tombstones
		if s.failures != nil {
			*s.failures.Ledger = x.ledger
		}
	}
	return nil
}

// readBefore is how many rows of an input were read before the cut that the run
// goes on from.
func (x *assembly) readBefore(input int) int64 {
	if x.from == nil || input >= len(x.from.run.Inputs) {
		return 0
	}
	return x.from.run.Inputs[input].Read
}

// Snapshot writes down how many rows the stream has had.
func (e *edgeOp) Snapshot() ([]arrow.Record, error) { return int64Record(e.rows), nil }

// Restore reads it.
func (e *edgeOp) Restore(recs []arrow.Record) error {
	x, err := readInt64s(recs, 1)
	if err == nil {
		e.rows = x[0]
	}
	return err
}

// Snapshot writes down the watermarks; between two batches there are no rows.
func (m *members) Snapshot() ([]arrow.Record, error) {
	if m.rows.Len() > 0 {
		return nil, errors.New("bug: a union holds rows between two batches")
	}
	return int64Record(append([]int64{m.sent}, m.marks...)...), nil
}

// Restore reads them.
func (m *members) Restore(recs []arrow.Record) error {
	x, err := readInt64s(recs, 1+len(m.marks))
	if err == nil {
		m.sent = x[0]
		copy(m.marks, x[1:])
	}
	return err
}

func int64Record(x ...int64) []arrow.Record {
	return []arrow.Record{kept.Record(len(x), []*vec.Vec{kept.Int64s(x)})}
}

func readInt64s(recs []arrow.Record, n int) ([]int64, error) {
	if len(recs) != 1 || recs[0].NumCols() != 1 || int(recs[0].NumRows()) != n {
		return nil, errors.New("the snapshot is of another operator")
	}
	sc := vec.NewPool(nil, false).Open()
	defer sc.Close()
	cols, err := kept.Columns(sc, recs[0])
	if err != nil {
		return nil, err
	}
	return append([]int64(nil), vec.Values[int64](cols[0])...), nil
}

var (
	_ arrowexec.Snapshotter = (*edgeOp)(nil)
	_ arrowexec.Snapshotter = (*members)(nil)
)
