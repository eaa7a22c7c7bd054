package arrowexec

import (
	"context"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/velostream/velo/arrowexec/vec"
)

// feed reads the pieces of one input, one after the other, and keeps the batch
// that is being pushed.
type feed struct {
	r     *runner
	in    *Input
	piece int
	chain []*Node // prefix and partial, run by this feed
	head  []*Node // where batches go: the chain, or in.Next

	b     *Batch // current batch, nil if none
	sc    *vec.Scope
	rd    *reading // where it came from, and as which of its batches
	given int64
	at    int // rows of it already pushed, when merging
	// absent are the records of it without a row that were already pushed.
	absent int
	// pushed are the rows that have gone through the graph and over tells that the
	// end has, those before a cut included; before are what was read then.
	pushed, before int64
	over           bool
	left           Unread // when it is closed

	times []int64
	// places, of an input that shares its file, are those of the rows in it.
	places []int64
	cols   []*vec.Vec // of the stretch being pushed, when merging
	began  time.Time

	mu       sync.Mutex // of the next three, which the pipelines of a parallel run share
	readings []*reading // open sources
	past     SourceStats
	acks     bool // a source commits positions

	loaded int // pieces of those that load

	marks []ackMark
	ended bool
	live  chan fetched
	ready chan struct{}
	want  atomic.Int64
}

type fetched struct {
	b      *Batch
	sc     *vec.Scope
	err    error
	rd     *reading
	given  int64 // batches that its source has returned, this one included
	began  time.Time
	loaded bool  // nothing but that a piece that loads has ended
	latest int64 // greatest record timestamp of a batch of a parallel run, for the clock of a replay
}

func newFeed(r *runner, in *Input) *feed {
	f := &feed{r: r, in: in}
	f.chain, f.head = buildChain(in, true, &r.at)
	for _, n := range f.chain {
		n.ctx, n.analyze = context.Background(), r.o.Analyze
	}
	return f
}

// buildChain strings the prefix operators, and the partial aggregate, to nodes
// that end in the input's consumers, or in nothing.
func buildChain(in *Input, toNext bool, at *place) (chain, head []*Node) {
	var ops []Operator
	if in.Prefix != nil {
		ops = in.Prefix()
	}
	if in.Partial != nil {
		ops = append(ops, in.Partial())
	}
	var next []*Node
	if toNext {
		next = in.Next
	}
	for i := len(ops) - 1; i >= 0; i-- {
		n := NewNode("", ops[i], next...)
		n.emit, n.at = n.forward, at
		next = []*Node{n}
		chain = append([]*Node{n}, chain...)
	}
	return chain, next
}

func (f *feed) push(b *Batch) error { return push(f.head, b) }

// flushChain flushes the prefix operators into what follows.
func (f *feed) flushChain(last *Batch) error {
	for _, n := range f.chain {
		n.at.node = n
		if err := n.Op.Flush(last, n.emit); err != nil {
			return err
		}
	}
	return nil
}

// fill makes sure that a batch is at hand; io.EOF when the input has ended.
func (f *feed) fill(ctx context.Context) error {
	if f.b != nil {
		return nil
	}
	if f.ended {
		return io.EOF
	}
	for {
		if f.rd == nil {
			if f.piece == len(f.in.Pieces) {
				f.ended = true
				return io.EOF
			}
			src, err := f.in.Pieces[f.piece](ctx)
			if err != nil {
				return err
			}
			f.rd = f.opened(src)
		}
		f.began = time.Now()
		f.r.at = place{input: f.in}
		sc := f.r.pool.Open()
		b, err := f.in.next(ctx, f.rd, sc, f.r.sizer.Want())
		if err == io.EOF {
			sc.Close()
			rd := f.rd
			f.rd = nil
			f.piece++
			if err := f.finished(rd); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			sc.Close()
			return err
		}
		f.set(b, sc, f.rd, f.rd.given)
		return nil
	}
}

// next asks a source for a batch, and shows it to who wants to see it first.
func (in *Input) next(ctx context.Context, rd *reading, sc *vec.Scope, want int) (*Batch, error) {
	rd.mu.Lock()
	defer rd.mu.Unlock()
	b, err := rd.src.Next(ctx, sc, want)
	for _, f := range in.Arrived {
		f(sc, b)
	}
	if err == nil {
		rd.given++
	}
	return b, err
}

func (f *feed) set(b *Batch, sc *vec.Scope, rd *reading, given int64) {
	b.Scope, b.Watermark = sc, NoWatermark
	f.b, f.sc, f.at, f.absent, f.times, f.places = b, sc, 0, 0, nil, nil
	f.rd, f.given = rd, given
	if f.in.Times != nil && b.N > 0 {
		f.times = f.in.Times(b)
	}
	if p, ok := b.Origin.(Placer); ok && f.in.Share != "" {
		f.places = p.Places(sc)
	}
}

// take gives the whole current batch, numbered.
func (f *feed) take() *Batch {
	f.b.Seq = f.r.seq
	return f.b
}

// release closes the scope of the current batch, which has been pushed, and lets
// the sizer learn.
func (f *feed) release() {
	if f.b == nil {
		return
	}
	f.mark(f.r.seq, f.rd, f.given)
	f.r.sizer.Observe(f.b.N, time.Since(f.began), f.sc.Held())
	f.want.Store(int64(f.r.sizer.Want()))
	f.sc.Close()
	f.b, f.sc, f.at = nil, nil, 0
}

func (f *feed) close() error {
	if f.sc != nil {
		f.left.add(f.b.N-f.at, f.b.Absent[f.absent:])
		f.sc.Close()
		f.sc, f.b = nil, nil
	}
	if f.live != nil {
		for x := range f.live { // the fetching goroutine ends by its context
			if x.sc != nil {
				f.left.add(x.b.N, x.b.Absent)
				x.sc.Close()
			}
		}
	}
	return f.closeReadings()
}
