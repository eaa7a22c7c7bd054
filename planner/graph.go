package planner

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/operators/join"
	"github.com/velostream/velo/operators/setop"
	"github.com/velostream/velo/operators/union"
	"github.com/velostream/velo/planner/internal/build"
	"github.com/velostream/velo/planner/internal/logical"
)

func sameTypes(a, b []arrow.Field) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !arrow.TypeEqual(a[i].Type, b[i].Type) {
			return false
		}
	}
	return true
}

func appendNew(list []*source, s *source) []*source {
	for _, o := range list {
		if o == s {
			return list
		}
	}
	return append(list, s)
}

func walk(n logical.Node, f func(logical.Node)) {
	f(n)
	for _, in := range n.Inputs() {
		walk(in, f)
	}
}

func (a *App) source(id string) *source {
	for _, s := range a.sources {
		if s.id == id {
			return s
		}
	}
	return nil
}

func (s *source) field(name string) int {
	for i, f := range s.fields {
		if f.System && f.Name == name {
			return i
		}
	}
	return -1
}

func (s *source) reads() bool {
	for _, u := range s.used {
		if u {
			return true
		}
	}
	return false
}

// assembly is one graph while it is put together.
type assembly struct {
	app    *App
	ctx    context.Context
	ro     RunOptions
	g      *arrowexec.Graph
	inputs map[string]*arrowexec.Input
	anew   map[reading]*arrowexec.Input
	only   bool // one statement
	tails  map[*Statement]*arrowexec.Node
	ops    map[*Statement][]arrowexec.Operator
	// ledgers are those of a statement's pipelines; alone is the statement that
	// has its source to itself.
	ledgers map[*Statement][]*arrowexec.Ledger
	alone   *Statement
	printer *printer
	from    *Cut
	left    []arrowexec.Unread // by input
	letters *letters
	mu      sync.Mutex
	// shared are the places where rows that a plan reads twice come out.
	shared map[sharing]*arrowexec.Node
	// filters are the joins whose keys are asked for.
	filters map[filtering]*join.Join
	// phase is that of the inputs being built, earliest the least given so far.
	phase, earliest int
	flushes         []func(*arrowexec.Batch) error // of sinks that several statements write
}

// attach is a place where consumers can be hung.
type attach func(*arrowexec.Node)

// graph puts a graph of statements together, in their order.
func (x *assembly) graph(list []*Statement) error {
	x.g = &arrowexec.Graph{Settle: []func(context.Context, bool) (bool, error){x.letters.settle}}
	x.filters = map[filtering]*join.Join{}
	x.inputs, x.anew = map[string]*arrowexec.Input{}, map[reading]*arrowexec.Input{}
	x.only = len(list) == 1
	for _, st := range list {
		walk(st.plan, func(n logical.Node) {
			if a, ok := n.(*logical.Aggregate); ok && a.Every > 0 && x.g.Clock == nil {
				x.g.Clock = arrowexec.NewClock(x.recorded(list))
			}
		})
	}
	for _, st := range list {
		env := x.env(st)
		tail, err := x.node(st, st.plan, env)
		if err != nil {
			return fmt.Errorf("%s: %w", st.Name, err)
		}
		if st.readers > 0 {
			hub := arrowexec.NewNode(st.Name, passOp{})
			tail(hub)
			x.tails[st] = hub
			tail = func(n *arrowexec.Node) { hub.Next = append(hub.Next, n) }
		}
		if st.sink == nil {
			if st.readers == 0 { // nobody takes the rows: they are used all the same
				tail(arrowexec.NewSinkNode(st.Name, &discard{}, st.ledger))
			} else {
				tail(arrowexec.NewSinkNode(st.Name, &discard{}, st.ledger))
			}
			continue
		}
		x.sink(st, tail)
	}
	// What joins and unions hold until a batch has reached all of them comes before
	// what is written of the batch.
	x.g.AfterBatch = append(x.g.AfterBatch, x.flushes...)
	x.flushes = nil
	x.g.Apart = len(x.g.AfterBatch) > 0 && !x.letters.live // letters of a live run go with their batch
	for _, st := range list {
		walk(st.plan, func(n logical.Node) {
			if a, ok := n.(*logical.Aggregate); ok && a.Mode == logical.Batch { // batches are seen
				x.g.Apart = false
			}
		})
	}
	if x.letters.live {
		x.g.AfterBatch = append(x.g.AfterBatch, x.letters.batch)
	}
	given := map[*sinkDef]bool{}
	for _, st := range list {
		if st.sink == nil || given[st.sink] {
			continue
		}
		given[st.sink] = true
		if s, ok := st.sink.open.(interface {
			AfterBatch(*arrowexec.Batch) error
		}); ok {
			x.g.AfterBatch = append(x.g.AfterBatch, s.AfterBatch)
		}
	}
	x.rank()
	x.shareFiles()
	return nil
}

// rank puts the inputs in the order of the --from flags, which decides between
// records of one time; the others keep the order in which statements name them.
func (x *assembly) rank() {
	of := map[*arrowexec.Input]int{}
	for id, in := range x.inputs {
		of[in] = len(x.app.o.From)
		for i, b := range x.app.o.From {
			if strings.EqualFold(b.Name, x.app.source(id).name) {
				of[in] = i
				break
			}
		}
	}
	var named []*arrowexec.Input
	for _, in := range x.g.Inputs {
		if _, ok := of[in]; ok {
			named = append(named, in)
		}
	}
	slices.SortStableFunc(named, func(a, b *arrowexec.Input) int { return of[a] - of[b] })
	for i, in := range x.g.Inputs {
		if _, ok := of[in]; ok {
			x.g.Inputs[i], named = named[0], named[1:]
		}
	}
}

// shareFiles lets inputs that read the same capture be taken in its order.
func (x *assembly) shareFiles() {
	by := map[string][]*arrowexec.Input{}
	for id, in := range x.inputs {
		s := x.app.source(id)
		if path, ok := s.keys.props.Get("path"); ok && in.Bounded && pathGiven(s.keys) {
			by[path] = append(by[path], in)
		}
	}
	for path, list := range by {
		for _, in := range list {
			if len(list) > 1 {
				in.Share = path
			}
		}
	}
}

// recorded tells that the clock of the run is that of its records: in a replay,
// and where all sources end.
func (x *assembly) recorded(list []*Statement) bool {
	for _, st := range list {
		if !st.bound.Bounded {
			return x.app.o.Mode == Replay
		}
	}
	return true
}

func (x *assembly) env(st *Statement) build.Env {
	e := build.Env{Clock: x.g.Clock, Failures: st.failures, Ledger: st.ledger, Limit: x.app.o.MemoryLimit, Bounded: st.bound.Bounded}
	if x.app.o.Mode != Query {
		e.Retention = st.retention
	}
	return e
}

// sink hangs a statement's rows on its sink.
func (x *assembly) sink(st *Statement, tail attach) {
	if st.deletes {
		node := arrowexec.NewNode("Deletions", &deletionsOp{column: st.output.Deleted >= 0, ledger: st.ledger})
		tail(node)
		tail = func(n *arrowexec.Node) { node.Next = append(node.Next, n) }
	}
	x.sinkOf(st, st.sink, st.output, st.ledger, tail)
}

// sinkOf hangs rows of a statement on a sink, which counts them in a ledger.
func (x *assembly) sinkOf(st *Statement, s *sinkDef, out ingest.Output, l *arrowexec.Ledger, tail attach) {
	if s.typ == "rows" && x.app.printed > 1 {
		if x.printer == nil {
			x.printer = &printer{}
			x.flushes = append(x.flushes, func(b *arrowexec.Batch) error { return x.printer.flush(x.ctx, b) })
		}
		tail(arrowexec.NewNode(s.name, x.printer.port(s, l)))
		return
	}
	if s.writers <= 1 {
		tail(arrowexec.NewSinkNode(s.name, s.open, l))
		return
	}
	if s.merge == nil {
		s.merge = &interleave{}
		x.flushes = append(x.flushes, func(b *arrowexec.Batch) error { return s.merge.flush(x.ctx, b) })
		x.g.Settle = append(x.g.Settle, func(ctx context.Context, _ bool) (bool, error) {
			if err := s.open.Flush(ctx); err != nil { // it is no node of the graph
				return false, fmt.Errorf("flushing sink %s: %w", s.name, err)
			}
			return true, nil
		})
	}
	port := s.merge.port(out, l, s.open)
	tail(arrowexec.NewNode("interleave", port))
}

// node builds a plan bottom-up and gives the place where its rows come out.
func (x *assembly) node(st *Statement, n logical.Node, env build.Env) (attach, error) {
	switch n := n.(type) {
	case *logical.Scan:
		in, err := x.scan(st, n)
		if err != nil {
			return nil, err
		}
		return func(c *arrowexec.Node) { in.Next = append(in.Next, c) }, nil
	case *logical.Values:
		if n.Run != nil {
			rows, err := n.Run(x.ctx)
			if err != nil {
				return nil, err
			}
			n = &logical.Values{Rows: rows, Out: n.Out}
		}
		before := int(x.readBefore(len(x.g.Inputs)))
		in := &arrowexec.Input{Name: "VALUES", Bounded: true, Pieces: []arrowexec.Piece{func(context.Context) (arrowexec.Source, error) {
			return &valuesSource{node: n, failures: st.failures, from: before, at: before}, nil
		}}}
		st.ledger.In += int64(len(n.Rows))
		in.Phase = x.phase
		x.g.Inputs = append(x.g.Inputs, in)
		return func(c *arrowexec.Node) { in.Next = append(in.Next, c) }, nil
	case *logical.Edge:
		for _, o := range st.edges {
			if o.Name == n.Stream {
				node := arrowexec.NewNode("Stream", &edgeOp{out: o.output, stream: o.Creates, ledger: st.ledger, table: o.keyed})
				hub := x.tails[o]
				hub.Next = append(hub.Next, node)
				return func(c *arrowexec.Node) { node.Next = append(node.Next, c) }, nil
			}
		}
		return nil, fmt.Errorf("bug: stream %q is not there", n.Stream)
	case *logical.Join:
		switch {
		case n.Interval != nil:
			return x.intervalJoin(st, n, env)
		case n.Table != logical.NoTable:
			return x.tableJoin(st, n, env)
		}
		return x.join(st, n, env)
	case *logical.Union:
		if x.oneByOne(st, n) {
			return x.ordered(st, n, env)
		}
		if x.app.sharesScan(n.All) {
			return x.interleaved(st, n, env)
		}
		u := union.New(len(n.All), columnTypes(n))
		out := arrowexec.NewNode("UnionAll", passOp{})
		for i, m := range n.All {
			at, err := x.node(st, m, env)
			if err != nil {
				return nil, err
			}
			at(arrowexec.NewNode("UnionPort", u.Port(i), out))
		}
		return func(c *arrowexec.Node) { out.Next = append(out.Next, c) }, nil
	case *logical.Shared:
		return x.share(st, n, env)
	case *logical.Again:
		return x.again(st, n), nil
	case *logical.KeyFilter:
		j := x.filters[filtering{st, n.Number}]
		at, err := x.node(st, n.Input, env)
		if err != nil {
			return nil, err
		}
		node := arrowexec.NewNode(build.Name(n), j.KeyFilter(n.Keys, env.Ledger, env.Failures))
		at(node)
		return func(c *arrowexec.Node) { node.Next = append(node.Next, c) }, nil
	case *logical.SetOp:
		op := setop.New(setop.Options{Except: n.Except, All: n.All, Types: n.Types(), Ledger: env.Ledger, Limit: env.Limit})
		return x.twoPorts(st, n, env, op.Left(), op.Right())
	}
	if at, ok, err := x.parallel(st, n, env); ok || err != nil {
		return at, err
	}
	below := n.Inputs()[0]
	at, err := x.node(st, below, env)
	if err != nil {
		return nil, err
	}
	if t, ok := n.(*logical.Time); ok {
		below := t.Input
		_, elements := below.(*logical.Unnest)
		for u, ok := below.(*logical.Unnest); ok; u, ok = below.(*logical.Unnest) {
			below = u.Input
		}
		if sc, ok := below.(*logical.Scan); ok {
			x.partitions(&env, sc.Source, elements)
		}
	}
	if a, ok := n.(*logical.Aggregate); ok {
		env.LateRows = x.lateNode(st, a, at)
	}
	op, err := build.Operator(n, env)
	if err != nil {
		return nil, err
	}
	if x.ops == nil {
		x.ops = map[*Statement][]arrowexec.Operator{}
	}
	x.ops[st] = append(x.ops[st], op)
	x.app.built = append(x.app.built, built{st: st, node: n, op: op})
	node := arrowexec.NewNode(build.Name(n), op)
	at(node)
	return func(c *arrowexec.Node) { node.Next = append(node.Next, c) }, nil
}

// twoPorts hangs an operator of two inputs below the nodes that read it.
func (x *assembly) twoPorts(st *Statement, n logical.Node, env build.Env, ports ...arrowexec.Operator) (attach, error) {
	name := build.Name(n)
	out := arrowexec.NewNode(name, passOp{})
	inputs := n.Inputs()
	for i := len(inputs) - 1; i >= 0; i-- { // what the left rows wait for is read first
		in := inputs[i]
		at, err := x.node(st, in, env)
		if err != nil {
			return nil, err
		}
		at(arrowexec.NewNode(name+"Port", ports[i], out))
	}
	return func(c *arrowexec.Node) { out.Next = append(out.Next, c) }, nil
}

// passOp passes batches on: a hub for several consumers.
type passOp struct{ arrowexec.Stateless }

// Process passes the batch on.
func (passOp) Process(b *arrowexec.Batch, emit arrowexec.Emit) error { return emit(b) }
