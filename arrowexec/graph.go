package arrowexec

import (
	"context"
	"errors"
	"time"

	"github.com/velostream/velo/arrowexec/vec"
)

// ErrDone is returned by an [Emit] whose receiver needs no more rows (LIMIT).
// It is no failure: the loop stops reading inputs that nobody needs.
var ErrDone = errors.New("no more rows needed")

// Graph is what one run executes: inputs, a node for every operator and sink,
// edges from each to its consumers. Statements that read one stream share its
// input; a stream made by one statement and read by another is an edge.
type Graph struct {
	Inputs []*Input
	// AfterBatch are called when a batch of an input, or the end of one, has been
	// pushed through the whole graph: for sinks that several statements write, to
	// bring the rows of one batch in order.
	AfterBatch []func(last *Batch) error
	// Apart lets records without a row, and ends of partitions, go between batches of
	// rows: what they let go then comes behind all that the row before them has
	// caused, where AfterBatch brings the rows of a batch in order.
	Apart bool
	// Settle are called before positions are acknowledged, when the sinks that are
	// nodes have been flushed: for sinks that are none, and for dead letters. last
	// is set when nothing more will be read. Positions are acknowledged only if
	// all are ready.
	Settle []func(ctx context.Context, last bool) (ready bool, err error)
	// Clock, if set, is kept at the run's clock by input row.
	Clock *Clock
}

// Input is a source at the top of a graph.
type Input struct {
	Name string
	// Pieces open the parts of the source, which are read in this order: one for
	// the whole, or one for each chunk of a file.
	Pieces []Piece
	// Prefix makes a fresh chain of stateless operators that run before Next, in
	// one pipeline goroutine each when there is more than one piece and thread.
	// Nil for none.
	Prefix func() []Operator
	// Partial makes the aggregate that ends the chain of each pipeline; the
	// partial states are merged at the end of the input and flushed into Next.
	// Nil: the batches of all pipelines go to Next in the order of the pieces.
	Partial func() Mergeable
	// Next are the consumers.
	Next []*Node
	// Times gives the record timestamp of each row (ms), for merging inputs in
	// the order of time and for the clock of a replay; nil if not needed.
	Times func(*Batch) []int64
	// Arrived see each batch when the source has given it, on the goroutine that
	// reads it, and nil when it gave none.
	Arrived []func(sc *vec.Scope, b *Batch)
	// Share, if not empty, names the file that the input shares with others of the
	// same Share: they are taken in its order ([Placer]), and all end when it ends.
	Share string
	// Bounded is false for a source that does not end.
	Bounded bool
	// Loads is how many of the pieces, in a graph with an unbounded input, are read to
	// their ends before inputs that load nothing begin: the rows of a table.
	Loads int
	// Phase orders bounded inputs: those of a lower phase are read to their end
	// before the next. In a graph with an unbounded input it means nothing.
	Phase int
}

// Piece opens one part of a source.
type Piece func(ctx context.Context) (Source, error)

// Node is one operator, or one sink, of a graph.
type Node struct {
	Name  string // for explain and statistics
	Op    Operator
	Sink  Sink
	Next  []*Node
	Stats NodeStats

	ledger  *Ledger
	inputs  int // upstream nodes and inputs not flushed yet
	done    bool
	emit    Emit
	ctx     context.Context
	at      *place
	analyze bool
}

// NodeStats counts what passed a node; Nanos and Bytes only when the run analyzes.
type NodeStats struct {
	Batches, In, Out int64
	Nanos            int64 // of this node and everything after it
	Bytes            int64 // of the rows that came in, as columns
}

// NewNode makes a node of an operator.
func NewNode(name string, op Operator, next ...*Node) *Node {
	return &Node{Name: name, Op: op, Next: next}
}

// NewSinkNode makes a node of a sink; the weights of the rows it takes count as
// used in the ledger, and the rows as out.
func NewSinkNode(name string, s Sink, l *Ledger) *Node {
	return &Node{Name: name, Sink: s, ledger: l}
}

// Nodes lists all nodes, each once, consumers after producers.
func (g *Graph) Nodes() []*Node {
	var post []*Node
	seen := map[*Node]bool{}
	var visit func(*Node)
	visit = func(n *Node) {
		if seen[n] {
			return
		}
		seen[n] = true
		for i := len(n.Next) - 1; i >= 0; i-- {
			visit(n.Next[i])
		}
		post = append(post, n)
	}
	for i := len(g.Inputs) - 1; i >= 0; i-- {
		for j := len(g.Inputs[i].Next) - 1; j >= 0; j-- {
			visit(g.Inputs[i].Next[j])
		}
	}
	for i, j := 0, len(post)-1; i < j; i, j = i+1, j-1 {
		post[i], post[j] = post[j], post[i]
	}
	return post
}

func (g *Graph) prepare(ctx context.Context, analyze bool, at *place) {
	for _, n := range g.Nodes() {
		n.at = at
		n.inputs = 0
		n.done = false
		n.ctx = ctx
		n.analyze = analyze
	}
	for _, in := range g.Inputs {
		for _, n := range in.Next {
			n.inputs++
		}
	}
	for _, n := range g.Nodes() {
		n.emit = n.forward
		for _, c := range n.Next {
			c.inputs++
		}
	}
}

// push gives a batch to all nodes of a list. The result is ErrDone when none
// of them needs more.
func push(nodes []*Node, b *Batch) error {
	open := false
	for _, n := range nodes {
		if n.done {
			continue
		}
		if err := n.process(b); err == ErrDone {
			n.done = true
			continue
		} else if err != nil {
			return err
		}
		open = true
	}
	if !open {
		return ErrDone
	}
	return nil
}

// Emit pushes a batch to the node's consumers, for AfterBatch hooks.
func (n *Node) Emit(b *Batch) error { return n.forward(b) }

func (n *Node) forward(b *Batch) error {
	n.Stats.Out += int64(b.Rows())
	if n.ctx != nil { // an operator may make any number of batches of one
		if err := n.ctx.Err(); err != nil {
			return err
		}
	}
	err := push(n.Next, b)
	n.at.node = n
	return err
}

func (n *Node) process(b *Batch) error {
	n.Stats.Batches++
	n.at.node = n
	rows := int64(b.Rows())
	n.Stats.In += rows
	if n.analyze {
		n.Stats.Bytes += b.size()
		start := time.Now()
		defer func() { n.Stats.Nanos += int64(time.Since(start)) }()
	}
	if n.Sink == nil {
		return n.Op.Process(b, n.emit)
	}
	if rows == 0 {
		return nil
	}
	if err := n.Sink.Write(n.ctx, b); err != nil {
		return err
	}
	if n.ledger != nil {
		n.ledger.Out += rows
		n.ledger.Used += b.Weight(b.Sel)
	}
	return nil
}

// size is the memory of a batch's columns, in the part that its rows take.
func (b *Batch) size() int64 {
	n := int64(0)
	for _, c := range b.Cols {
		n += c.Size()
	}
	if b.Sel != nil && b.N > 0 {
		n = n * int64(len(b.Sel)) / int64(b.N)
	}
	return n
}

// flush tells the nodes of a list that one of their inputs has ended.
func flush(nodes []*Node, last *Batch) error {
	for _, n := range nodes {
		n.inputs--
		if n.inputs > 0 {
			continue
		}
		if n.Op != nil && !n.done {
			n.at.node = n
			if err := n.Op.Flush(last, n.emit); err != nil && err != ErrDone {
				return err
			}
		}
		if err := flush(n.Next, last); err != nil {
			return err
		}
	}
	return nil
}

func (g *Graph) afterBatch(b *Batch) error {
	for _, f := range g.AfterBatch {
		if err := f(b); err != nil {
			return err
		}
	}
	return nil
}

func endOf(sc *vec.Scope, seq, now int64) *Batch {
	return &Batch{Scope: sc, Seq: seq, Watermark: EndOfTime, Now: now, Sel: vec.Sel{}}
}
