package arrowexec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/velostream/velo/arrowexec/vec"
)

// Options of a run.
type Options struct {
	Allocator memory.Allocator // nil: Go's heap
	Poison    bool             // overwrite freed memory, for tests
	Threads   int              // pipelines; 0 or 1: one
	Sizer     SizerOptions
	// Clock gives the time in ms for Now; nil: the wall clock. A replay leaves it
	// nil and sets ReplayClock.
	Clock func() int64
	// ReplayClock makes Now the greatest record timestamp so far.
	ReplayClock bool
	// Stop ends the run gracefully when it is closed: nothing more is read, open
	// windows stay open, sinks are flushed and positions acknowledged.
	Stop <-chan struct{}
	// CommitEvery is how often sinks are flushed and positions acknowledged in an
	// unbounded run; 0: 5 s.
	CommitEvery time.Duration
	// Progress is called at most every ProgressEvery with what has been read.
	Progress      func(SourceStats)
	ProgressEvery time.Duration
	// Speed lets the record time of inputs that end pass so many times as fast as
	// real time; 0: as fast as possible. Such a run has one pipeline.
	Speed   float64
	Analyze bool
	MaxData int // bytes that one column of text may hold; 0: 2 GiB
	// Between is called between two batches. take writes the run down; the graph
	// must have no pipelines of its own (Prefix, Partial).
	Between func(take func() (*Cut, error)) error
	// From lets the run go on where a cut was made; the sources continue there.
	From *Cut
}

// Result is what a run did.
type Result struct {
	Batches   int64
	Peak      int64 // bytes of batch memory taken at most
	Sized     int64 // number of sizing decisions
	Decisions []Decision
	Stopped   bool // by Options.Stop
	// Left is, by input, what was read and not pushed when the run ended.
	Left    []Unread
	Elapsed time.Duration
}

type runner struct {
	piecesSized []*Sizer // of the pieces of a parallel run
	g           *Graph
	o           Options
	pool        *vec.Pool
	sizer       *Sizer
	res         Result
	feeds       []*feed
	// chains are the operators that are no nodes of the graph.
	chains [][]*Node
	at     place
	seq    int64
	now    int64
	pace   pace
	live   bool // several inputs, one of them unbounded: taken as they deliver
	turn   int  // where the search for the next live batch begins
	shown  time.Time
	acked  time.Time
}

// Run executes a graph until its inputs end, nobody needs more rows, Stop is
// closed, or ctx is cancelled. Sinks are flushed but not closed: that is for
// the caller, who knows whether to commit. A panic of an operator comes back as
// an error that names it a bug.
func Run(ctx context.Context, g *Graph, o Options) (res Result, err error) {
	defer orFault()()
	sizer, err := NewSizer(o.Sizer)
	if err != nil {
		return Result{}, err
	}
	if o.CommitEvery <= 0 {
		o.CommitEvery = 5 * time.Second
	}
	if o.ProgressEvery <= 0 {
		o.ProgressEvery = 200 * time.Millisecond
	}
	r := &runner{g: g, o: o, sizer: sizer, pool: vec.NewPool(o.Allocator, o.Poison), now: NoWatermark}
	if o.MaxData > 0 {
		r.pool.LimitData(o.MaxData)
	}
	start := time.Now()
	r.shown, r.acked = start, start
	ctx, cancel := context.WithCancel(ctx)
	defer func() {
		if p := recover(); p != nil {
			err = recovered(p, r.at.where())
		}
		cancel()
		for _, f := range r.feeds {
			cerr := f.close()
			if cerr != nil && err == nil {
				err = cerr
			}
			r.res.Left = append(r.res.Left, f.left)
		}
		if cerr := r.closeOperators(); cerr != nil && err == nil {
			err = cerr
		}
		_, _, r.res.Peak = r.pool.Stats()
		r.pool.Close()
		r.res.Elapsed = time.Since(start)
		r.res.Sized, r.res.Decisions = sizer.Decisions()
		for _, s := range r.piecesSized {
			n, d := s.Decisions()
			r.res.Sized += n
			if room := 2*keptDecisions - len(r.res.Decisions); room > 0 {
				r.res.Decisions = append(r.res.Decisions, d[:min(room, len(d))]...)
			}
		}
		res = r.res
	}()
	g.prepare(ctx, o.Analyze, &r.at)
	for _, in := range g.Inputs {
		f := newFeed(r, in)
		r.feeds = append(r.feeds, f)
		r.chains = append(r.chains, f.chain)
		r.live = r.live || !in.Bounded && len(g.Inputs) > 1
	}
	if o.From != nil {
		if err := r.resume(o.From); err != nil {
			return r.res, err
		}
	}
	if err := r.loop(ctx); err != nil {
		return r.res, err
	}
	return r.res, r.settle(ctx, true)
}

// closeOperators lets every operator give back what it still holds.
func (r *runner) closeOperators() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("bug in velo, please report it: closing an operator: %v\n%s", p, debug.Stack())
		}
	}()
	for _, list := range append(r.chains, r.g.Nodes()) {
		for _, n := range list {
			if c, ok := n.Op.(Closer); ok {
				c.Close()
			}
		}
	}
	return nil
}

func (r *runner) stopped() bool {
	select {
	case <-r.o.Stop:
		r.res.Stopped = true
		return true
	default:
		return false
	}
}

func (r *runner) loop(ctx context.Context) error {
	if len(r.feeds) == 1 && r.o.Threads > 1 && r.o.Speed <= 0 && len(r.g.Inputs[0].Pieces) > 1 && r.g.Inputs[0].Bounded {
		return r.parallel(ctx, r.feeds[0])
	}
	var open []*feed
	for _, f := range r.feeds {
		if !f.over {
			open = append(open, f)
		}
	}
	if !r.live && len(open) > 0 {
		var later []*feed
		open, later = firstPhase(open)
		for len(later) > 0 {
			if err := r.drain(ctx, open); err != nil || r.res.Stopped {
				return err
			}
			open, later = firstPhase(later)
		}
	}
	return r.drain(ctx, open)
}

// firstPhase splits feeds by the least phase.
func firstPhase(list []*feed) (first, later []*feed) {
	for _, f := range list {
		if len(first) > 0 && f.in.Phase < first[0].in.Phase {
			later, first = append(later, first...), first[:0:0]
		}
		if len(first) == 0 || f.in.Phase == first[0].in.Phase {
			first = append(first, f)
		} else {
			later = append(later, f)
		}
	}
	return first, later
}

// drain reads feeds, merged, until all have ended.
func (r *runner) drain(ctx context.Context, open []*feed) error {
	for len(open) > 0 {
		if r.stopped() {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		i, err := r.pick(ctx, open)
		if err != nil {
			return err
		}
		if i < 0 {
			return nil
		}
		f := open[i]
		err = r.step(ctx, f, open)
		if err == io.EOF || err == ErrDone {
			if err := r.end(f, err == ErrDone); err != nil {
				return err
			}
			open = append(open[:i:i], open[i+1:]...)
		} else if err != nil {
			return err
		}
		if err := r.report(ctx); err != nil {
			return err
		}
		if r.o.Between != nil {
			if err := r.o.Between(func() (*Cut, error) { return r.cut(ctx) }); err != nil {
				return err
			}
		}
	}
	return nil
}

// step runs one batch, or one run of its rows, from a feed to the sinks.
func (r *runner) step(ctx context.Context, f *feed, open []*feed) error {
	// A batch of which a part has gone between rows of others goes on as it began.
	if (len(open) > 1 || f.at > 0) && f.in.Times != nil && !r.live {
		return r.stepMerged(ctx, f, open)
	}
	if err := f.fill(ctx); err != nil {
		return err
	}
	err := r.deliverDue(ctx, f, f.b.N) // rows of it may have been pushed while there were other inputs
	if f.at == f.b.N || err == ErrDone {
		f.release()
	}
	return err
}

// deliver numbers a batch and pushes it.
func (r *runner) deliver(ctx context.Context, f *feed, b *Batch, rows int) error {
	b.Now = r.clock(f, b)
	if r.g.Clock != nil {
		r.setClock(f, b, rows)
	}
	r.res.Batches++
	r.seq += int64(rows)
	f.pushed += int64(rows)
	err := f.push(b)
	if err != nil && err != ErrDone {
		return err
	}
	if e := r.g.afterBatch(b); e != nil {
		return e
	}
	return err
}

func (r *runner) clock(f *feed, b *Batch) int64 {
	if r.o.ReplayClock && f.in.Times != nil {
		ts := f.in.Times(b)
		if b.Sel == nil {
			for _, t := range ts[:b.N] {
				r.now = max(r.now, t)
			}
		} else {
			for _, i := range b.Sel {
				r.now = max(r.now, ts[i])
			}
		}
		return r.now
	}
	if r.o.Clock != nil {
		return r.o.Clock()
	}
	return time.Now().UnixMilli()
}

// setClock gives the graph's clock the times of the rows that are pushed next.
func (r *runner) setClock(f *feed, b *Batch, rows int) {
	c := r.g.Clock
	switch {
	case !c.records:
		c.Set(r.seq, b.Now, nil)
	case f.in.Times == nil || rows == 0: // it moves with records that have a time
		c.Set(r.seq, c.Now(), nil)
	default:
		from := int(r.seq - b.Seq)
		c.Set(r.seq, c.Now(), append(vec.Slice[int64](b.Scope, rows)[:0], f.in.Times(b)[from:from+rows]...))
	}
}

// end tells the consumers of a feed that it has ended.
func (r *runner) end(f *feed, done bool) error {
	f.over = true
	sc := r.pool.Open()
	defer sc.Close()
	last := endOf(sc, r.seq, r.clockAtEnd())
	if c := r.g.Clock; c != nil && c.records {
		c.Set(r.seq, c.Now(), nil)
	} else if c != nil {
		c.Set(r.seq, last.Now, nil)
	}
	if !done {
		if err := f.flushChain(last); err != nil && err != ErrDone {
			return err
		}
	}
	if err := flush(f.in.Next, last); err != nil {
		return err
	}
	return r.g.afterBatch(last)
}

func (r *runner) clockAtEnd() int64 {
	if r.o.ReplayClock && r.now != NoWatermark {
		return r.now
	}
	if r.o.Clock != nil {
		return r.o.Clock()
	}
	return time.Now().UnixMilli()
}

// report calls Progress and acknowledges positions when their time has come.
func (r *runner) report(ctx context.Context) error {
	if r.o.Progress == nil && !r.acknowledges() {
		return nil
	}
	now := time.Now()
	if r.o.Progress != nil && now.Sub(r.shown) >= r.o.ProgressEvery {
		r.shown = now
		r.o.Progress(r.sourceStats())
	}
	if r.acknowledges() && now.Sub(r.acked) >= r.o.CommitEvery {
		r.acked = now
		return r.settle(ctx, false)
	}
	return nil
}

func (r *runner) sourceStats() SourceStats {
	var s SourceStats
	for _, f := range r.feeds {
		t := f.stats()
		s.Rows += t.Rows
		s.Bytes += t.Bytes
		s.Total += t.Total
	}
	return s
}

func (r *runner) acknowledges() bool {
	for _, f := range r.feeds {
		if f.acknowledges() {
			return true
		}
	}
	return false
}

// held is the least sequence number of the rows that an operator holds, and below which
// all is done with.
func (r *runner) held() int64 {
	low := r.seq
	var releasers []Releaser
	look := func(op Operator) {
		if s, ok := op.Holds(); ok {
			low = min(low, s)
		}
		if x, ok := op.(Releaser); ok {
			releasers = append(releasers, x)
		}
	}
	for _, n := range r.g.Nodes() {
		if n.Sink == nil {
			look(n.Op)
		}
	}
	for _, f := range r.feeds {
		for _, n := range f.chain {
			look(n.Op)
		}
	}
	for again := true; again; { // one may be above another
		again = false
		for _, x := range releasers {
			if l := x.Released(low); l < low {
				low, again = l, true
			}
		}
	}
	for _, x := range releasers {
		x.Forget(low)
	}
	return low
}

// settle flushes the sinks and then acknowledges what no operator holds.
func (r *runner) settle(ctx context.Context, last bool) error {
	ctx = context.WithoutCancel(ctx) // a graceful stop still flushes and commits
	if err := r.flush(ctx); err != nil {
		return err
	}
	low := r.held()
	ready := true
	for _, f := range r.g.Settle {
		ok, err := f(ctx, last)
		if err != nil {
			return err
		}
		ready = ready && ok
	}
	if !ready {
		return nil
	}
	var errs []error
	for _, f := range r.feeds {
		errs = append(errs, f.ack(ctx, low))
	}
	return errors.Join(errs...)
}
