package planner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/planner/internal/logical"
)

// Run executes the application until its sources end, LIMITs are met, Stop is
// closed or ctx is cancelled. Output files appear under their names only when
// all went well. An App runs once.
func (a *App) Run(ctx context.Context, ro RunOptions) (rep Report, err error) {
	start := time.Now()
	if stopped, err := a.await(ctx, ro.Stop); stopped || err != nil {
		return Report{Elapsed: time.Since(start)}, err
	}
	a.prepare()
	letters := newLetters(a, ctx)
	opened, err := a.openSinks(ctx)
	if err != nil {
		closeSinks(ctx, opened, false)
		return rep, err
	}
	var runs []*assembly
	for i, list := range a.components() {
		if ro.From != nil && i < ro.From.component {
			continue // it had ended
		}
		x := &assembly{app: a, ctx: ctx, ro: ro, letters: letters, tails: map[*Statement]*arrowexec.Node{}, ledgers: map[*Statement][]*arrowexec.Ledger{}}
		if len(list) == 1 && list[0].reads() == 1 {
			x.alone = list[0]
		}
		runs = append(runs, x)
		if ro.From != nil && i == ro.From.component {
			x.from = ro.From
		}
		if err = x.graph(list); err != nil {
			break
		}
		o := a.options(x, list, ro)
		o.Between = a.cutter(i, ro)
		if ro.From != nil && i == ro.From.component {
			if err = a.resume(ro.From); err != nil {
				break
			}
			o.From = ro.From.run
		}
		var res arrowexec.Result
		res, err = arrowexec.Run(ctx, x.g, o)
		rep.Run = sum(rep.Run, res)
		x.left = res.Left
		x.settle()
		if err != nil || res.Stopped {
			break
		}
	}
	if lerr := letters.close(ctx); err == nil {
		err = lerr
	}
	stats := sinkStats(a)
	if cerr := closeSinks(ctx, opened, err == nil); err == nil {
		err = cerr
	}
	a.report(&rep, runs, stats, err != nil)
	rep.Elapsed = time.Since(start)
	return rep, err
}

// reads is how many sources and streams a statement's plan reads; one that it
// reads twice counts twice.
func (st *Statement) reads() int {
	n := len(st.edges)
	walk(st.bound.Node, func(node logical.Node) {
		if _, ok := node.(*logical.Scan); ok {
			n++
		}
	})
	return n
}

// prepare gives every statement and source its ledger and failures.
func (a *App) prepare() {
	for _, st := range a.Statements {
		st.ledger = &arrowexec.Ledger{}
		st.failures = &arrowexec.Failures{Policy: st.policy, Query: st.Name, Ledger: st.ledger, MaxPoison: st.maxPoison}
		st.failures.Log = a.logger(st.Name)
		for _, s := range st.scans {
			if s.failures == nil {
				s.failures = &arrowexec.Failures{Policy: st.policy, Query: st.Name, Ledger: &arrowexec.Ledger{}, MaxPoison: st.maxPoison, Log: a.logger(st.Name)}
			}
			if st.policy == arrowexec.FailBatch {
				s.failures.Policy = arrowexec.FailBatch
			}
		}
	}
}

func (a *App) logger(query string) func(*arrowexec.RowError) {
	if a.o.LogRow == nil {
		return nil
	}
	return func(e *arrowexec.RowError) { // rows fail in pipelines and sources at a time
		a.logging.Lock()
		defer a.logging.Unlock()
		a.o.LogRow(query, e)
	}
}

// components splits the statements in groups that share sources, streams or
// sinks. Groups that end run one after the other, each with a loop of its own;
// if one does not end, all run in one loop.
func (a *App) components() [][]*Statement {
	for _, st := range a.Statements {
		if !st.bound.Bounded {
			return [][]*Statement{a.Statements}
		}
	}
	parent := map[any]any{}
	var find func(any) any
	find = func(x any) any {
		if p, ok := parent[x]; ok && p != x {
			return find(p)
		}
		return x
	}
	join := func(x, y any) { parent[find(x)] = find(y) }
	for _, st := range a.Statements {
		for _, s := range st.scans {
			join(st, s)
		}
		for _, e := range st.edges {
			join(st, e)
		}
		if st.sink != nil && st.sink.writers > 1 {
			join(st, st.sink)
		}
		if st.sink != nil && st.sink.typ == "rows" {
			join(st, "stdout")
		}
		if st.late != nil && st.late.writers > 1 {
			join(st, st.late)
		}
		if st.late != nil && st.late.typ == "rows" {
			join(st, "stdout")
		}
	}
	var out [][]*Statement
	index := map[any]int{}
	for _, st := range a.Statements {
		root := find(st)
		i, ok := index[root]
		if !ok {
			i = len(out)
			index[root] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], st)
	}
	return out
}

// sizerOf are the batch.* keys of statements that share a loop: the last that
// has any decides.
func sizerOf(list []*Statement) arrowexec.SizerOptions {
	var o arrowexec.SizerOptions
	for _, st := range list {
		if st.sizer != (arrowexec.SizerOptions{}) {
			o = st.sizer
		}
	}
	return o
}

func (a *App) options(x *assembly, list []*Statement, ro RunOptions) arrowexec.Options {
	o := arrowexec.Options{
		Allocator: ro.Allocator, Poison: ro.Poison, Threads: a.o.Threads, Sizer: sizerOf(list), Clock: a.o.Env.Clock,
		Stop: ro.Stop, CommitEvery: ro.CommitEvery, Progress: ro.Progress, ProgressEvery: ro.ProgressEvery, Analyze: ro.Analyze,
		ReplayClock: a.o.Mode == Replay, MaxData: ro.MaxData, Speed: ro.Speed,
	}
	if ro.Sizer != nil {
		o.Sizer = *ro.Sizer
	}
	if x.alone == nil || x.threads(x.alone) < 2 {
		o.Threads = 1
	}
	return o
}

// settle moves what is still in state after a stopped run to its fate.
func (x *assembly) settle() {
	for st, list := range x.ledgers {
		for _, l := range list {
			st.ledger.Add(*l)
		}
	}
}

func sum(a, b arrowexec.Result) arrowexec.Result {
	a.Batches += b.Batches
	a.Peak = max(a.Peak, b.Peak)
	a.Sized += b.Sized
	a.Decisions = append(a.Decisions, b.Decisions...)
	a.Stopped = a.Stopped || b.Stopped
	return a
}

// openSinks opens every sink that a statement writes.
func (a *App) openSinks(ctx context.Context) ([]*sinkDef, error) {
	var opened []*sinkDef
	if a.o.Mode == Replay && a.o.Out != "" {
		if err := os.MkdirAll(a.o.Out, 0o777); err != nil {
			return nil, ingest.Usage(fmt.Errorf("--out: %w", err))
		}
	}
	for _, s := range a.sinks {
		if s.writers == 0 {
			continue
		}
		var err error
		switch s.typ {
		case "rows":
			if a.o.Rows == nil {
				err = fmt.Errorf("rows of %s have nowhere to go", s.name)
			} else {
				s.open, err = a.o.Rows(s.out)
			}
		case "embedder":
			s.open, err = a.o.SinkFor[strings.ToLower(s.name)](s.out)
		default:
			t, ok := a.o.Registry.Sink(s.typ)
			if !ok {
				return opened, fmt.Errorf("bug: no sink type %q", s.typ)
			}
			env := a.o.Env
			env.AppName, env.Query = a.name, s.name
			if s.given {
				env.Dirs = nil // --to and --out are relative to the working directory
			}
			s.open, err = t.Open(ctx, a.o.Registry, ingest.SinkSpec{Name: s.name, Props: s.keys.props, Output: s.out, Env: env})
		}
		if err != nil {
			return opened, err
		}
		opened = append(opened, s)
	}
	return opened, nil
}

func closeSinks(ctx context.Context, list []*sinkDef, commit bool) error {
	var errs []error
	ctx = context.WithoutCancel(ctx)
	for _, s := range list {
		if err := s.open.Close(ctx, commit); err != nil {
			errs = append(errs, fmt.Errorf("closing sink %q: %w", s.name, err))
		}
	}
	return errors.Join(errs...)
}

func sinkStats(a *App) []SinkReport {
	var out []SinkReport
	for _, s := range a.sinks {
		if s.open != nil {
			t := s.open.Stats()
			out = append(out, SinkReport{Name: s.name, Rows: t.Rows, Bytes: t.Bytes})
		}
	}
	return out
}

// discard takes the rows of a statement that nobody reads.
type discard struct{ rows int64 }

func (d *discard) Write(_ context.Context, b *arrowexec.Batch) error {
	d.rows += int64(b.Rows())
	return nil
}
func (d *discard) Flush(context.Context) error       { return nil }
func (d *discard) Close(context.Context, bool) error { return nil }
func (d *discard) Stats() arrowexec.SinkStats        { return arrowexec.SinkStats{Rows: d.rows} }

// report sums what the run counted.
func (a *App) report(rep *Report, runs []*assembly, sinks []SinkReport, failed bool) {
	rep.Sinks = sinks
	rows := map[*source]int64{}
	for _, s := range a.sources {
		r := SourceReport{Name: s.name, UnknownFields: s.skipped.UnknownFields, Tombstones: s.skipped.Tombstones, Watermark: arrowexec.NoWatermark}
		for _, src := range s.opened {
			t := src.Stats()
			r.Rows += t.Rows
			r.Bytes += t.Bytes
		}
		for _, again := range s.rereads { // a LIMIT may have ended one before another
			var n int64
			for _, src := range *again {
				n += src.Stats().Rows
			}
			r.Rows = max(r.Rows, n)
		}
		unread := left(runs, s.name)
		r.Rows += s.before - unread.Records()
		r.Tombstones -= unread.Skipped
		s.unread = unread
		rows[s] = r.Rows
		rep.Bytes += r.Bytes
		rep.Sources = append(rep.Sources, r)
	}
	for _, st := range a.Statements {
		l := st.ledger
		walk(st.bound.Node, func(n logical.Node) { // a query that reads a source twice has each row twice
			if sc, ok := n.(*logical.Scan); ok {
				s := a.source(sc.Source)
				l.In += rows[s]
				l.Failed += s.failures.Ledger.Failed - s.unread.Failed
				l.Filtered += s.skipped.Tombstones + s.skipped.Sought - s.unread.Skipped
			}
		})
		if rep.Run.Stopped || l.In > l.Used+l.Filtered+l.Late+l.Failed+l.Held {
			a.unsettled(st, runs)
			for _, x := range runs {
				x.remainder(st, rep.Run.Stopped || failed)
			}
		}
		if fates := l.Used + l.Filtered + l.Late + l.Failed + l.Held; l.In > fates && limited(st.plan) {
			l.In = fates // what a query whose LIMIT is met no longer reads counts nowhere
		}
		if failed { // the batch in which the run ended was not counted as read, or not all of its rows were worked on
			l.In = l.Used + l.Filtered + l.Late + l.Failed + l.Held
		}
		rep.Ledger.Add(*l)
		rep.Queries = append(rep.Queries, QueryReport{Name: st.Name, Ledger: *l})
	}
	for i, s := range a.sources {
		for _, st := range a.Statements {
			if len(st.scans) == 1 && st.scans[0] == s && len(st.edges) == 0 {
				rep.Sources[i].Ledger.Add(*st.ledger)
				continue
			}
			walk(st.bound.Node, func(n logical.Node) {
				if sc, ok := n.(*logical.Scan); ok && a.source(sc.Source) == s {
					rep.Sources[i].Among += rows[s]
				}
			})
		}
	}
	a.times(rep)
	for _, x := range runs {
		if x.g == nil {
			continue
		}
		for _, n := range x.g.Nodes() {
			nr := NodeReport{Name: n.Name, Batches: n.Stats.Batches, In: n.Stats.In, Out: n.Stats.Out, Bytes: n.Stats.Bytes, Time: time.Duration(n.Stats.Nanos)}
			for _, c := range n.Next {
				nr.Time -= time.Duration(c.Stats.Nanos)
			}
			if s, ok := n.Op.(arrowexec.Stater); ok {
				nr.State = s.State()
			}
			rep.Nodes = append(rep.Nodes, nr)
		}
	}
}

// limited tells whether a LIMIT may end the query before its input.
func limited(n logical.Node) bool {
	found := false
	walk(n, func(n logical.Node) {
		_, ok := n.(*logical.Limit)
		found = found || ok
	})
	return found
}

// left is what was read of a source and not pushed when a run was stopped: it is no
// part of it.
func left(runs []*assembly, source string) (n arrowexec.Unread) {
	for _, x := range runs {
		for i, u := range x.left {
			if x.g.Inputs[i].Name == source {
				n.Rows, n.Skipped, n.Failed = n.Rows+u.Rows, n.Skipped+u.Skipped, n.Failed+u.Failed
			}
		}
	}
	return n
}

// unsettled asks operators of a run that was stopped before its end what they
// hold: rows of theirs are held, or were suppressed by HAVING.
func (a *App) unsettled(st *Statement, runs []*assembly) {
	for _, x := range runs {
		for _, op := range x.ops[st] {
			switch op := op.(type) {
			case interface{ Fate() (int64, int64) }:
				f, h := op.Fate()
				st.ledger.Filtered += f
				st.ledger.Held += h
			case interface{ Settle() }:
				op.Settle()
			}
		}
	}
}
