package planner

import (
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/planner/internal/build"
	"github.com/velostream/velo/planner/internal/logical"
)

// threads is how many pipelines a statement's scan may use: several only when
// the statement is alone with its source, which ends.
func (x *assembly) threads(st *Statement) int {
	if x.alone != st || !st.bound.Bounded || x.ro.Speed > 0 || x.ro.Between != nil || x.ro.From != nil || x.ro.Analyze { // analyzed: every operator shall be seen
		return 1
	}
	if x.g.Clock != nil { // intervals of the clock are not those of a pipeline
		return 1
	}
	// The clock of a replay is the greatest record time so far: a pipeline that
	// begins in the middle of the source does not know it.
	if x.app.o.Mode == Replay && volatile(st.plan) {
		return 1
	}
	return max(x.app.o.Threads, 1)
}

// volatile tells whether a plan calls NOW, RANDOM or their like.
func volatile(n logical.Node) bool {
	found := false
	walk(n, func(n logical.Node) {
		var list []expr.Expr
		switch n := n.(type) {
		case *logical.Filter:
			list = []expr.Expr{n.Pred}
		case *logical.Project:
			list = n.Exprs
		case *logical.Aggregate:
			list = append(append(append(list, n.Keys...), n.Last...), n.Having)
			for _, a := range n.Aggs {
				list = append(append(list, a.Args...), a.Filter)
				for _, k := range a.OrderBy {
					list = append(list, k.Expr)
				}
			}
		}
		for _, e := range list {
			found = found || e != nil && expr.Volatile(e)
		}
	})
	return found
}

// parallel builds the part of a chain that several pipelines can run, each for
// its own pieces of the source: filters and projections above a scan, and the
// final aggregate above them.
func (x *assembly) parallel(st *Statement, n logical.Node, env build.Env) (attach, bool, error) {
	if x.threads(st) < 2 {
		return nil, false, nil
	}
	var chain []logical.Node // top down
	below := n
	for {
		switch b := below.(type) {
		case *logical.Filter, *logical.Project, *logical.Require:
			chain = append(chain, b)
			below = b.Inputs()[0]
			continue
		case *logical.Time:
			if !b.Marks && unmarked(st, x.app.o.Mode) { // the watermark of a pipeline is not that of the source
				chain = append(chain, b)
				below = b.Input
				continue
			}
		case *logical.Aggregate:
			if len(chain) == 0 && b.Window == nil && b.Mode == logical.Final {
				chain = append(chain, b)
				below = b.Input
				continue
			}
		}
		break
	}
	scan, ok := below.(*logical.Scan)
	if !ok || len(chain) == 0 {
		return nil, false, nil
	}
	in, err := x.scan(st, scan)
	if err != nil || len(in.Pieces) < 2 {
		return nil, false, err
	}
	top, isAgg := chain[0].(*logical.Aggregate)
	ops := chain
	if isAgg {
		ops = chain[1:]
	}
	// Build once now, so that an error shows before anything runs.
	for _, c := range chain {
		if _, err := build.Operator(c, env); err != nil {
			return nil, false, err
		}
	}
	var last build.Env
	in.Prefix = func() []arrowexec.Operator {
		last = x.pipelineEnv(st)
		var out []arrowexec.Operator
		for i := len(ops) - 1; i >= 0; i-- {
			op, _ := build.Operator(ops[i], last)
			out = append(out, op)
		}
		return out
	}
	if isAgg {
		in.Partial = func() arrowexec.Mergeable {
			op, _ := build.Operator(top, last)
			return op.(arrowexec.Mergeable)
		}
	}
	return func(c *arrowexec.Node) { in.Next = append(in.Next, c) }, true, nil
}

// remainder gives the rows that pipelines had read and nobody took any more, when a
// parallel run ended early, their fate: a LIMIT filtered them, or a stop left them
// where they were.
func (x *assembly) remainder(st *Statement, stopped bool) {
	limited := false
	walk(st.plan, func(n logical.Node) {
		_, ok := n.(*logical.Limit)
		limited = limited || ok
	})
	if x.threads(st) < 2 || !stopped && !limited {
		return
	}
	l := st.ledger
	rest := max(0, l.In-(l.Used+l.Filtered+l.Late+l.Failed+l.Held))
	if stopped {
		l.Held += rest
	} else {
		l.Filtered += rest
	}
}

// pipelineEnv is the env of one pipeline: its ledger is summed at the end.
func (x *assembly) pipelineEnv(st *Statement) build.Env {
	l := &arrowexec.Ledger{}
	x.ledgers[st] = append(x.ledgers[st], l)
	e := x.env(st)
	e.Ledger, e.Failures = l, st.failures.Fork(l)
	return e
}
