package arrowexec

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/velostream/velo/arrowexec/vec"
)

// pieceSeq is how far apart the sequence numbers of two pieces are.
const pieceSeq = 1 << 40

// pipeline is one worker of a parallel run: a chain of its own over the pieces
// that it draws.
type pipeline struct {
	chain, head []*Node
	sizer       *Sizer
	pool        *vec.Pool // of its batches
	at          place
	err         error
}

// fleet is a parallel run of one bounded input: workers that draw its pieces, in
// their order.
type fleet struct {
	r       *runner
	f       *feed
	workers []*pipeline
	draw    atomic.Int64
	lanes   lanes         // of the pieces, when their batches are handed over; else none
	ahead   chan struct{} // how many pieces may be drawn before they are handed over
	read    []*reading    // of each piece that was drawn, for a partial aggregate
}

// parallel reads the pieces of one bounded input in several goroutines. With a
// partial aggregate each worker fills its own, and they are merged at the end;
// without one, batches are handed over in the order of the pieces.
func (r *runner) parallel(ctx context.Context, f *feed) error {
	outer := ctx
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	in := f.in
	n := min(r.o.Threads, len(in.Pieces))
	x := &fleet{r: r, f: f, workers: make([]*pipeline, n)}
	if in.Partial == nil {
		x.lanes.m, x.ahead = map[int]chan fetched{}, make(chan struct{}, 2*n)
	} else {
		x.read = make([]*reading, len(in.Pieces))
	}
	var wg sync.WaitGroup
	defer func() { // also when an operator panics here
		cancel()
		wg.Wait()
		x.lanes.drain()
	}()
	for w := range x.workers {
		p := &pipeline{pool: r.pool.Branch()}
		sizer, err := NewSizer(r.o.Sizer)
		if err != nil {
			return err
		}
		p.sizer = sizer
		r.piecesSized = append(r.piecesSized, sizer) // the run shows what they decided
		p.chain, p.head = buildChain(in, false, &p.at)
		x.workers[w] = p
		r.chains = append(r.chains, p.chain)
		if in.Partial != nil { // what a partial aggregate passes on, a watermark, goes nowhere
			p.chain[len(p.chain)-1].emit = func(*Batch) error { return nil }
		}
	}
	x.team(ctx)
	for _, p := range x.workers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			x.work(ctx, cancel, p)
		}()
	}
	done := make(chan struct{})
	go func() {
		wg.Wait()
		close(done)
	}()
	err := x.collect(ctx, done)
	if err != nil || r.res.Stopped {
		cancel()
	}
	<-done
	switch {
	case err == ErrDone: // nobody needs what failed behind the last row
		return r.end(f, true)
	case err != nil && in.Partial == nil && !errors.Is(err, context.Canceled):
		return err // the first in the order of the pieces
	}
	for _, p := range x.workers {
		if r.res.Stopped && in.Partial == nil {
			break // what failed behind the last row that was handed over was not reached
		}
		if p.err != nil && !errors.Is(p.err, context.Canceled) {
			return p.err
		}
	}
	switch {
	case r.res.Stopped:
		return outer.Err()
	case err != nil:
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	}
	if in.Partial != nil {
		first := x.workers[0].last().(Mergeable)
		for _, p := range x.workers[1:] {
			if err := first.Merge(p.last()); err != nil {
				return err
			}
		}
		f.chain[len(f.chain)-1].Op = first
		r.seq = int64(len(in.Pieces)) * pieceSeq
		for _, rd := range x.read {
			f.mark(r.seq, rd, rd.given)
		}
	}
	return r.end(f, false)
}

// work reads pieces until there are none, or one fails.
func (x *fleet) work(ctx context.Context, cancel context.CancelFunc, p *pipeline) {
	defer orFault()()
	defer func() {
		if e := recover(); e != nil {
			p.err = recovered(e, p.at.where())
		}
		if p.err != nil && x.f.in.Partial != nil { // else the rows before it come first
			cancel()
		}
	}()
	for p.err == nil {
		if x.ahead != nil {
			select {
			case x.ahead <- struct{}{}:
			case <-ctx.Done():
				p.err = ctx.Err()
				return
			}
		}
		i := int(x.draw.Add(1)) - 1
		if i >= len(x.f.in.Pieces) {
			break
		}
		p.err = x.piece(ctx, p, i)
	}
	if t, ok := p.last().(Teamed); ok && p.err == nil && x.f.in.Partial != nil {
		p.at = place{node: p.chain[len(p.chain)-1]}
		p.err = t.Finish()
	}
}

// last is the operator that ends a pipeline, nil: it has none.
func (p *pipeline) last() Operator {
	if len(p.chain) == 0 {
		return nil
	}
	return p.chain[len(p.chain)-1].Op
}

// team tells partial aggregates that pass rows on to each other of all of them.
func (x *fleet) team(ctx context.Context) {
	first, ok := x.workers[0].last().(Teamed)
	if !ok || x.f.in.Partial == nil {
		return
	}
	var all []Operator
	for _, p := range x.workers {
		all = append(all, p.last())
	}
	first.Team(ctx, all)
}

// collect pushes the batches of all pieces in order, or waits for the workers'
// partial aggregates, and shows progress meanwhile.
func (x *fleet) collect(ctx context.Context, done <-chan struct{}) error {
	r := x.r
	tick := time.NewTicker(r.o.ProgressEvery)
	defer tick.Stop()
	if x.f.in.Partial != nil {
		for {
			select {
			case <-done:
				return nil
			case <-r.o.Stop:
				r.res.Stopped = true
				return nil
			case <-tick.C:
				if err := r.report(ctx); err != nil {
					return err
				}
			}
		}
	}
	for i := range x.f.in.Pieces {
		lane := x.lanes.of(i)
		for open := true; open; {
			select {
			case b, ok := <-lane:
				switch {
				case !ok:
					open = false
				case b.err != nil:
					return b.err
				case r.stopped():
					b.sc.Close()
					return nil
				case b.b == nil: // the end of a piece that commits
					b.sc.Close()
					x.f.mark(r.seq, b.rd, b.given)
				default:
					if err := x.handOver(b); err != nil {
						return err
					}
				}
			case <-tick.C:
			case <-r.o.Stop:
				r.res.Stopped = true
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
			if err := r.report(ctx); err != nil {
				return err
			}
		}
		x.lanes.done(i)
		<-x.ahead
	}
	return nil
}

// handOver pushes a batch that a worker has made.
func (x *fleet) handOver(b fetched) error {
	r, f, err := x.r, x.f, error(nil)
	defer b.sc.Close()                        // also when an operator panics
	if r.o.ReplayClock && f.in.Times != nil { // the prefix may have replaced the columns that Times reads
		r.now = max(r.now, b.latest)
		b.b.Now = r.now
	} else {
		b.b.Now = r.clock(f, b.b)
	}
	r.res.Batches++
	parts := []*Batch{b.b}
	if r.g.Apart && b.b.N > 0 && len(b.b.Ended) > 0 { // as in deliverTo
		rows, end := b.b.With(b.b.Cols, b.b.Sel), b.b.With(nil, nil)
		rows.Ended = nil
		for _, c := range b.b.Cols {
			end.Cols = append(end.Cols, b.sc.Slice(c, 0, 0))
		}
		end.N, end.Seq, end.Began = 0, b.b.Seq+int64(b.b.N), nil
		parts = []*Batch{rows, end}
	}
	for _, part := range parts {
		if err = push(f.in.Next, part); err != nil && err != ErrDone {
			return err
		}
		r.seq = part.Seq + int64(part.N)
		if e := r.g.afterBatch(part); e != nil {
			return e
		}
	}
	f.mark(r.seq, b.rd, b.given)
	return err
}

// piece reads piece i to its end.
func (x *fleet) piece(ctx context.Context, p *pipeline, i int) (err error) {
	r, in := x.r, x.f.in
	var out chan fetched
	if in.Partial == nil {
		out = x.lanes.of(i)
		defer func() { // an error, or a panic, stands behind the rows before it
			if e := recover(); e != nil {
				err = recovered(e, p.at.where())
			}
			if err != nil {
				select {
				case out <- fetched{err: err}:
				case <-ctx.Done():
				}
			}
			close(out)
		}()
	}
	src, err := in.Pieces[i](ctx)
	if err != nil {
		return err
	}
	rd := x.f.opened(src)
	if out == nil {
		x.read[i] = rd // each is written by one worker, and read when all are done
	}
	seq := int64(i) * pieceSeq
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		sc := p.pool.Open()
		start := time.Now()
		p.at = place{input: in}
		b, err := in.next(ctx, rd, sc, p.sizer.Want())
		if err == io.EOF {
			return x.ended(ctx, out, rd, sc)
		}
		if err != nil {
			sc.Close()
			return err
		}
		b.Scope, b.Seq, b.Watermark = sc, seq, NoWatermark
		seq += int64(b.N)
		rows := b.N
		b.Now = time.Now().UnixMilli()
		if r.o.Clock != nil {
			b.Now = r.o.Clock()
		}
		latest := int64(NoWatermark)
		if r.o.ReplayClock && in.Times != nil && rows > 0 {
			latest = slices.Max(in.Times(b)[:rows])
		}
		handed, bytes, given := false, int64(0), rd.given
		send := func(b *Batch) error {
			if handed { // a prefix operator emits at most one batch for each it takes
				return errors.New("bug: a prefix operator emitted two batches for one")
			}
			handed, bytes = true, sc.Held() // before the receiver has it
			select {
			case out <- fetched{b: b, sc: sc, rd: rd, given: given, latest: latest}:
				return nil
			case <-ctx.Done():
				handed = false
				return ctx.Err()
			}
		}
		switch {
		case out == nil:
			err = push(p.head, b)
		case len(p.chain) == 0:
			err = send(b)
		default:
			tail := p.chain[len(p.chain)-1]
			tail.emit = send
			err = push(p.head, b)
		}
		if !handed {
			bytes = sc.Held()
			sc.Close()
		}
		if err != nil {
			return err
		}
		p.sizer.Observe(rows, time.Since(start), bytes)
	}
}

// ended closes a piece; one that commits tells how many batches it had, for the
// last of them may have had no row left.
func (x *fleet) ended(ctx context.Context, out chan fetched, rd *reading, sc *vec.Scope) error {
	if out != nil && rd.acks {
		select {
		case out <- fetched{sc: sc, rd: rd, given: rd.given}:
		case <-ctx.Done():
			sc.Close()
			return ctx.Err()
		}
	} else {
		sc.Close()
	}
	return x.f.finished(rd)
}

// lanes carry the batches of each piece to the one goroutine that pushes them.
// Those of pieces that nobody has drawn yet cost nothing.
type lanes struct {
	mu sync.Mutex
	m  map[int]chan fetched
}

func (l *lanes) of(i int) chan fetched {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.m[i]
	if c == nil {
		c = make(chan fetched, 256)
		l.m[i] = c
	}
	return c
}

func (l *lanes) done(i int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.m, i)
}

// drain closes the scopes of batches that nobody took; the workers have ended.
func (l *lanes) drain() {
	for _, c := range l.m {
		for more := true; more; {
			select {
			case x, ok := <-c:
				if more = ok; ok && x.sc != nil {
					x.sc.Close()
				}
			default:
				more = false
			}
		}
	}
}
