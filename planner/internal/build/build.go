package build

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/agg"
	"github.com/velostream/velo/operators/distinct"
	"github.com/velostream/velo/operators/eventtime"
	"github.com/velostream/velo/operators/filter"
	"github.com/velostream/velo/operators/hashagg"
	"github.com/velostream/velo/operators/limit"
	"github.com/velostream/velo/operators/ordinal"
	"github.com/velostream/velo/operators/over"
	"github.com/velostream/velo/operators/project"
	"github.com/velostream/velo/operators/sort"
	"github.com/velostream/velo/operators/unnest"
	"github.com/velostream/velo/operators/upsert"
	"github.com/velostream/velo/operators/window"
	"github.com/velostream/velo/planner/internal/logical"
)

// Env is what operators of one statement, or of one pipeline of it, share.
type Env struct {
	Failures  *arrowexec.Failures
	Ledger    *arrowexec.Ledger
	Limit     int64         // bytes of state, 0: none
	Retention time.Duration // distinct.retention of an unbounded query, 0: exact
	// Partitions tells of the partitions of the scan below a Time node.
	Partitions func() []arrowexec.PartitionInfo
	OnIdle     func(partition int32, idle bool)
	Bounded    bool
	// LateRows takes the late rows of the window that is being built; nil: nobody.
	LateRows arrowexec.Emit
	// Clock is what EMIT CHANGES EVERY is measured by.
	Clock *arrowexec.Clock
}

// Operator makes the operator of a node; it is called for nodes with exactly
// one input.
func Operator(n logical.Node, e Env) (arrowexec.Operator, error) {
	switch n := n.(type) {
	case *logical.Time:
		return timeOperator(n, e)
	case *logical.Filter:
		return filter.New(filter.Options{Predicate: n.Pred, Failures: e.Failures, Ledger: e.Ledger}), nil
	case *logical.Require:
		f, err := eventtime.ParseFormat(n.Format)
		if err != nil {
			return nil, err
		}
		in := n.Input.Fields()
		col := in[n.Field]
		return eventtime.NewRequire(eventtime.RequireOptions{Column: n.Time, Field: &expr.Column{Index: n.Field, Name: col.Name, T: col.Type}, Name: col.Name, Format: f, Failures: e.Failures}), nil
	case *logical.Project:
		return projectOperator(n, e), nil
	case *logical.Aggregate:
		return aggregate(n, e)
	case *logical.Distinct:
		fields := n.Fields()
		o := distinct.Options{Columns: n.Keys, Ledger: e.Ledger, Limit: e.Limit, Name: called(n)}
		for _, k := range n.Keys {
			o.Types = append(o.Types, fields[k].Type)
		}
		o.Time = -1
		for i, f := range fields {
			if f.Name == "_event_time" && f.System {
				o.Time = i
			}
		}
		if o.Time >= 0 {
			o.Retention = e.Retention.Milliseconds()
		}
		return distinct.New(o), nil
	case *logical.Table:
		o := upsert.Options{Keys: n.Keys, Names: n.KeyNames(), Again: again(n), Deleted: n.Deleted, NullKeys: n.NullKeys, Final: !n.Changes, Failures: e.Failures, Ledger: e.Ledger, Limit: e.Limit, Name: "table " + n.Name}
		for _, f := range n.Fields() {
			o.Types = append(o.Types, f.Type)
		}
		o.Stamp, o.Time = n.Stamp, n.Time
		if n.Time >= 0 {
			var err error
			if o.Format, err = eventtime.ParseFormat(n.Format); err != nil {
				return nil, err
			}
		}
		return upsert.New(o), nil
	case *logical.Upserts:
		return upsert.NewMerge(upsert.MergeOptions{Key: n.Key, Time: n.Time, Deletes: n.Deletes, Ledger: e.Ledger}), nil
	case *logical.Sort:
		o := sort.Options{Limit: n.Limit, Offset: n.Offset, Runs: n.Window, Failures: e.Failures, Ledger: e.Ledger, Max: e.Limit, Name: called(n)}
		for _, k := range n.Keys {
			o.Keys = append(o.Keys, sort.Key{Expr: k.Expr, Desc: k.Desc, NullsFirst: k.NullsFirst})
		}
		return sort.New(o), nil
	case *logical.Unnest:
		return unnest.New(unnest.Options{Args: n.Args, Outer: n.Outer, On: n.On, Failures: e.Failures, Ledger: e.Ledger}), nil
	case *logical.InTime:
		o := over.TimeOptions{Time: n.Time, Failures: e.Failures, Ledger: e.Ledger, Limit: e.Limit, Name: n.Explain()}
		for _, k := range n.Keys {
			o.Order = append(o.Order, sort.Key{Expr: k.Expr, Desc: k.Desc, NullsFirst: k.NullsFirst})
		}
		return over.NewInTime(o), nil
	case *logical.Over:
		o := over.Options{Windows: n.Windows, Failures: e.Failures, Ledger: e.Ledger, Limit: e.Limit, Name: called(n)}
		if n.Buffered {
			return over.NewBuffered(o)
		}
		return over.New(o)
	case *logical.Ordinal:
		return ordinal.New(), nil
	case *logical.Limit:
		return limit.New(limit.Options{Limit: n.Count, Offset: n.Offset, Ledger: e.Ledger}), nil
	}
	return nil, fmt.Errorf("bug: no operator for %T", n)
}

// again tells that all that a plan reads is read again whenever a run begins.
func again(n logical.Node) bool {
	switch n := n.(type) {
	case *logical.Scan:
		return n.Again
	case *logical.Values:
		return true
	}
	in := n.Inputs()
	ok := len(in) > 0
	for _, x := range in {
		ok = ok && again(x)
	}
	return ok
}

func timeOperator(n *logical.Time, e Env) (arrowexec.Operator, error) {
	o := eventtime.Options{
		Timestamp: n.Stamp, Delay: n.Delay.Milliseconds(), Partition: n.Part, Partitions: e.Partitions, OnIdle: e.OnIdle, Inherit: n.Inherit,
	}
	if !e.Bounded {
		o.IdleTimeout = n.Idle.Milliseconds()
	}
	if n.Column >= 0 {
		f := n.Input.Fields()[n.Column]
		o.Field = &expr.Column{Index: n.Column, Name: f.Name, T: f.Type}
		format, err := eventtime.ParseFormat(n.Format)
		if err != nil {
			return nil, err
		}
		o.Format = format
		if n.Deleted >= 0 {
			o.Deleted = &expr.Column{Index: n.Deleted, Name: n.Input.Fields()[n.Deleted].Name, T: vec.TypeBool}
		}
	}
	return eventtime.New(o), nil
}

func projectOperator(n *logical.Project, e Env) arrowexec.Operator {
	o := project.Options{Exprs: n.Exprs, Failures: e.Failures}
	if !n.HeaderEdits {
		return project.New(o)
	}
	o.Headers = &project.Headers{Input: -1}
	if n.Headers < 0 {
		return &dropLast{Operator: project.New(o)}
	}
	if c, ok := n.Exprs[n.Headers].(*expr.Column); ok {
		o.Headers.Input = c.Index
	}
	return &lastInto{Operator: project.New(o), at: n.Headers}
}

// lastInto puts the last column of what a projection emits, the edited headers,
// in the place where the plan expects it.
type lastInto struct {
	*project.Operator
	at int
}

func (l *lastInto) Process(b *arrowexec.Batch, emit arrowexec.Emit) error {
	return l.Operator.Process(b, func(b *arrowexec.Batch) error {
		n := len(b.Cols) - 1
		cols := append([]*vec.Vec(nil), b.Cols[:n]...)
		cols[l.at] = b.Cols[n]
		return emit(b.With(cols, b.Sel))
	})
}

// dropLast leaves the edited headers out: nobody takes them.
type dropLast struct{ *project.Operator }

func (d *dropLast) Process(b *arrowexec.Batch, emit arrowexec.Emit) error {
	return d.Operator.Process(b, func(b *arrowexec.Batch) error {
		return emit(b.With(b.Cols[:len(b.Cols)-1], b.Sel))
	})
}

// Spec makes the columns of an aggregate: keys, aggregates, last values, and the
// greatest event time.
func spec(n *logical.Aggregate) (*hashagg.Spec, error) {
	s := &hashagg.Spec{Keys: n.Keys}
	for _, a := range n.Aggs {
		c, err := hashagg.NewCall(a.Written, a.Overload, a.Args)
		if err != nil {
			return nil, err
		}
		if a.Distinct {
			c = c.Distinct()
		}
		if len(a.OrderBy) > 0 {
			var keys []expr.Expr
			var by []agg.Direction
			for _, k := range a.OrderBy {
				keys = append(keys, k.Expr)
				by = append(by, agg.Direction{Desc: k.Desc, NullsFirst: k.NullsFirst})
			}
			c = c.Ordered(keys, by)
		}
		c.Filter = a.Filter
		s.Calls = append(s.Calls, c)
	}
	for _, l := range n.Last {
		s.Calls = append(s.Calls, hashagg.LastOf(l))
	}
	if n.Time >= 0 && !n.WindowTime() {
		s.Calls = append(s.Calls, hashagg.GreatestOf(&expr.Column{Index: n.Time, Name: "_event_time", T: vec.TypeTimestamp}))
	}
	return s, nil
}

func aggregate(n *logical.Aggregate, e Env) (arrowexec.Operator, error) {
	s, err := spec(n)
	if err != nil {
		return nil, err
	}
	if n.Window == nil {
		mode := map[logical.Mode]hashagg.Mode{logical.Final: hashagg.Final, logical.Changes: hashagg.Changes, logical.Batch: hashagg.Batched}[n.Mode]
		if n.Every > 0 {
			mode = hashagg.Batched
		}
		return hashagg.New(hashagg.Options{Spec: s, Mode: mode, Every: n.Every, Clock: e.Clock, Having: n.Having, Retract: n.Retract, Deletes: n.Deletes, Again: n.Retract && again(n), Failures: e.Failures, Ledger: e.Ledger, Limit: e.Limit, Name: called(n)}), nil
	}
	if n.Retract {
		return nil, fmt.Errorf("a window over a table is not supported, as its rows may change after the window has closed; group without a window")
	}
	w := n.Window
	o := window.Options{
		Spec: s, Time: n.Time, OutputTime: n.WindowTime(), Having: n.Having, Deletes: n.Deletes, Lateness: w.Lateness.Milliseconds(),
		Retention: n.Late.Retention.Milliseconds(), Every: n.Every.Milliseconds(), Clock: e.Clock, LateRows: e.LateRows, Limit: e.Limit, Name: called(n), Failures: e.Failures, Ledger: e.Ledger,
	}
	switch w.Kind {
	case "TUMBLING":
		o.Kind, o.Size = window.Tumbling, w.Size.Milliseconds()
	case "SLIDING":
		o.Kind, o.Size, o.Advance = window.Sliding, w.Size.Milliseconds(), w.Advance.Milliseconds()
	case "CUMULATE":
		o.Kind, o.Size, o.Advance = window.Cumulate, w.Size.Milliseconds(), w.Step.Milliseconds()
	case "SESSION":
		o.Kind, o.Size = window.Session, w.Gap.Milliseconds()
	}
	switch n.Mode {
	case logical.Changes:
		o.Emission = window.Changes
	case logical.Batch:
		o.Emission = window.Coalesced
	}
	if n.Every > 0 {
		o.Emission = window.Coalesced
	}
	if o.Late, err = window.ParseLateStrategy(n.Late.Strategy); err != nil {
		return nil, err
	}
	if err := o.Check(); err != nil {
		return nil, err
	}
	return window.New(o), nil
}

// place is how plans write the number of a column, before its name.
var place = regexp.MustCompile(`#\d+:#?`)

// called is what errors call the operator of a node: the plan's line, columns by name.
func called(n logical.Node) string { return place.ReplaceAllString(n.Explain(), "") }

// Name is a node's short name, for statistics.
func Name(n logical.Node) string {
	name, _, _ := strings.Cut(n.Explain(), " ")
	return name
}
