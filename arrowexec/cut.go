package arrowexec

import (
	"context"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
)

// Cut is a run written down between two batches: every row below Seq has gone
// through the whole graph, and none above. A run of a fresh graph of the same plan
// goes on from it, see [Options.From], once its sources continue behind the rows
// that were pushed.
type Cut struct {
	Seq    int64
	Now    int64 // the run's clock
	Clock  int64 // that of the graph, if it has one
	Inputs []InputCut
	Nodes  []NodeCut // in the order of Graph.Nodes
}

// InputCut is where an input stands.
type InputCut struct {
	Name string
	Rows int64 // pushed: the input goes on with the row behind them
	// Read is what the source counts for these rows and the records between them
	// that gave none. Ahead of them are those that were read and not pushed.
	Read  int64
	Ahead Unread
	Ended bool
}

// NodeCut is what a node keeps. The records belong to the caller.
type NodeCut struct {
	Name  string
	Done  bool // it needs no more rows
	State []arrow.Record
}

// cut writes the run down; sinks are flushed first, so that what has been pushed
// is safe.
func (r *runner) cut(ctx context.Context) (*Cut, error) {
	c := &Cut{Seq: r.seq, Now: r.now}
	if r.g.Clock != nil {
		c.Clock = r.g.Clock.Now()
	}
	for _, f := range r.feeds {
		if len(f.chain) > 0 {
			return nil, fmt.Errorf("input %s is read by pipelines, which cannot be written down", f.in.Name)
		}
		in := InputCut{Name: f.in.Name, Rows: f.pushed, Read: f.before + f.stats().Rows, Ended: f.over}
		if f.b != nil {
			in.Ahead.add(f.b.N-f.at, f.b.Absent[f.absent:])
			in.Read -= in.Ahead.Records()
		}
		c.Inputs = append(c.Inputs, in)
	}
	for _, n := range r.g.Nodes() {
		x := NodeCut{Name: n.Name, Done: n.done}
		switch op := n.Op.(type) {
		case nil:
			if err := n.Sink.Flush(ctx); err != nil {
				return nil, fmt.Errorf("flushing sink %s: %w", n.Name, err)
			}
		case Snapshotter:
			var err error
			if x.State, err = op.Snapshot(); err != nil {
				return nil, fmt.Errorf("writing down %s: %w", n.Name, err)
			}
		case interface{ keepsNothing() }:
		default:
			return nil, fmt.Errorf("bug: operator %s cannot be written down", n.Name)
		}
		c.Nodes = append(c.Nodes, x)
	}
	return c, nil
}

// resume brings a fresh graph to where a cut was made.
func (r *runner) resume(c *Cut) error {
	nodes := r.g.Nodes()
	if len(nodes) != len(c.Nodes) || len(r.feeds) != len(c.Inputs) {
		return fmt.Errorf("the cut has %d operators and %d inputs, the plan has %d and %d: they are not of the same statements", len(c.Nodes), len(c.Inputs), len(nodes), len(r.feeds))
	}
	for i, n := range nodes {
		x := c.Nodes[i]
		if x.Name != n.Name {
			return fmt.Errorf("operator %d of the cut is %s, the plan has %s: they are not of the same statements", i, x.Name, n.Name)
		}
		n.done = x.Done
		if op, ok := n.Op.(Snapshotter); ok {
			if err := op.Restore(x.State); err != nil {
				return fmt.Errorf("reading the state of %s: %w", n.Name, err)
			}
		}
	}
	r.seq, r.now = c.Seq, c.Now
	if r.g.Clock != nil {
		r.g.Clock.Set(c.Seq, c.Clock, nil)
	}
	for i, f := range r.feeds {
		x := c.Inputs[i]
		f.pushed, f.before = x.Rows, x.Read
		if x.Ended {
			f.ended, f.over = true, true
			ended(f.in.Next)
		}
	}
	return nil
}

// ended notes that an input of nodes has ended before, as flush did then.
func ended(nodes []*Node) {
	for _, n := range nodes {
		if n.inputs--; n.inputs == 0 {
			ended(n.Next)
		}
	}
}
