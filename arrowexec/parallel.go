package arrowexec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// pieceSeq is how far apart the sequence numbers of two pieces are.
const pieceSeq = 1 << 40

// waitLive blocks until one of the feeds has something, without taking it.
func (r *runner) waitLive(ctx context.Context, open []*feed) error {
	cases := make([]reflect.SelectCase, 0, len(open)+2)
	for _, f := range open {
		cases = append(cases, reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(f.ready)})
	}
	cases = append(cases, reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(ctx.Done())})
	if r.o.Stop != nil {
		cases = append(cases, reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(r.o.Stop)})
	}
	if i, _, _ := reflect.Select(cases); i == len(open) {
		return ctx.Err()
	}
	return nil
}

// startLive starts the goroutine that reads ahead for an unbounded input.
func (f *feed) startLive(ctx context.Context) {
	f.live = make(chan fetched, 1)
	f.ready = make(chan struct{}, 1)
	f.want.Store(int64(f.r.sizer.Want()))
	go func() {
		defer close(f.live)
		send := func(x fetched) bool {
			select {
			case f.live <- x:
				select {
				case f.ready <- struct{}{}:
				default:
				}
				return true
			case <-ctx.Done():
				if x.sc != nil {
					x.sc.Close()
				}
				return false
			}
		}
		defer func() {
			if x := recover(); x != nil {
				send(fetched{err: fmt.Errorf("bug in velo, please report it: %v\n%s", x, debug.Stack())})
			}
		}()
		for i, piece := range f.in.Pieces {
			src, err := piece(ctx)
			if err != nil {
				send(fetched{err: err})
				return
			}
			f.reader = src
			for {
				x := f.fetch(ctx, src)
				if x.err == io.EOF && i+1 < len(f.in.Pieces) {
					break
				}
				if !send(x) || x.err != nil {
					return
				}
			}
			if err := src.Close(); err != nil {
				send(fetched{err: err})
				return
			}
		}
	}()
}

// fetch reads one batch on the reading goroutine.
func (f *feed) fetch(ctx context.Context, src Source) fetched {
	x := fetched{src: src, began: time.Now(), sc: f.r.pool.Open()}
	f.busy.Lock()
	defer f.busy.Unlock()
	x.b, x.err = src.Next(ctx, x.sc, int(f.want.Load()))
	if x.err != nil {
		x.sc.Close()
		x.sc = nil
	}
	return x
}

// pipeline is one worker of a parallel run: a chain of its own over the pieces
// that it draws.
type pipeline struct {
	chain, head []*Node
	err         error
}

// parallel reads the pieces of one bounded input in several goroutines. With a
// partial aggregate each worker fills its own, and they are merged at the end;
// without one, batches are handed over in the order of the pieces.
func (r *runner) parallel(ctx context.Context, f *feed) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	in := f.in
	n := min(r.o.Threads, len(in.Pieces))
	outs := make([]chan fetched, len(in.Pieces))
	if in.Partial == nil {
		for i := range outs {
			outs[i] = make(chan fetched, 256)
		}
	}
	workers := make([]*pipeline, n)
	var wg sync.WaitGroup
	defer func() { // also when an operator panics here
		cancel()
		wg.Wait()
		for _, c := range outs {
			drain(c)
		}
	}()
	var draw atomic.Int64
	var stats sync.Mutex
	for w := range workers {
		p := &pipeline{}
		p.chain, p.head = buildChain(in, false)
		workers[w] = p
		r.chains = append(r.chains, p.chain)
		if in.Partial != nil { // what a partial aggregate passes on, a watermark, goes nowhere
			p.chain[len(p.chain)-1].emit = func(*Batch) error { return nil }
		}
		wg.Add(1)
		go func() {
			defer wg.Done()
			defer func() {
				if x := recover(); x != nil {
					p.err = fmt.Errorf("bug in velo, please report it: %v\n%s", x, debug.Stack())
				}
				if p.err != nil && in.Partial != nil { // else the rows before it come first
					cancel()
				}
			}()
			for p.err == nil {
				i := int(draw.Add(1)) - 1
				if i >= len(in.Pieces) {
					return
				}
				var s SourceStats
				s, p.err = r.runPiece(ctx, p, in, i, outs[i])
				stats.Lock()
				f.past.Rows += s.Rows
				f.past.Bytes += s.Bytes
				f.past.Total += s.Total
				stats.Unlock()
			}
		}()
	}
	err := r.collect(ctx, f, outs, &stats)
	if err != nil {
		cancel()
	}
	if r.res.Stopped {
		cancel()
	}
	wg.Wait()
	if err == ErrDone { // nobody needs what failed behind the last row
		return r.end(f, true)
	}
	if err != nil && in.Partial == nil && !errors.Is(err, context.Canceled) {
		return err // the first in the order of the pieces
	}
	for _, p := range workers {
		if p.err != nil && !errors.Is(p.err, context.Canceled) {
			return p.err
		}
	}
	if err != nil {
		return err
	}
	if r.res.Stopped {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if in.Partial != nil {
		first := workers[0].chain[len(workers[0].chain)-1].Op.(Mergeable)
		for _, p := range workers[1:] {
			if err := first.Merge(p.chain[len(p.chain)-1].Op); err != nil {
				return err
			}
		}
		last := f.chain[len(f.chain)-1]
		last.Op = first
	}
	return r.end(f, false)
}

func drain(c chan fetched) {
	for c != nil {
		select {
		case x, ok := <-c:
			if !ok {
				return
			}
			if x.sc != nil {
				x.sc.Close()
			}
		default:
			return
		}
	}
}

// collect pushes the batches of all pieces in order, or waits for the workers'
// partial aggregates while showing progress.
func (r *runner) collect(ctx context.Context, f *feed, outs []chan fetched, stats *sync.Mutex) error {
	for _, c := range outs {
		if c == nil {
			return nil
		}
		for {
			var x fetched
			var ok bool
			select {
			case x, ok = <-c:
			case <-ctx.Done():
				return ctx.Err()
			}
			if !ok {
				break
			}
			if x.err != nil {
				return x.err
			}
			if r.stopped() {
				x.sc.Close()
				return nil
			}
			if err := r.handOver(f, x); err != nil {
				return err
			}
			stats.Lock()
			err := r.report(ctx)
			stats.Unlock()
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// handOver pushes a batch that a worker has made.
func (r *runner) handOver(f *feed, x fetched) error {
	defer x.sc.Close()                        // also when an operator panics
	if r.o.ReplayClock && f.in.Times != nil { // the prefix may have replaced the columns that Times reads
		r.now = max(r.now, x.latest)
		x.b.Now = r.now
	} else {
		x.b.Now = r.clock(f, x.b)
	}
	r.res.Batches++
	err := push(f.in.Next, x.b)
	r.seq = x.b.Seq + int64(x.b.N)
	if err != nil && err != ErrDone {
		return err
	}
	if e := r.g.afterBatch(x.b); e != nil {
		return e
	}
	return err
}

func (r *runner) runPiece(ctx context.Context, p *pipeline, in *Input, i int, out chan fetched) (stats SourceStats, err error) {
	if out != nil {
		defer func() { // an error, or a panic, stands behind the rows before it
			if x := recover(); x != nil {
				err = fmt.Errorf("bug in velo, please report it: %v\n%s", x, debug.Stack())
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
		return stats, err
	}
	defer func() {
		stats = src.Stats()
		if cerr := src.Close(); err == nil {
			err = cerr
		}
	}()
	sizer, err := NewSizer(r.o.Sizer)
	if err != nil {
		return stats, err
	}
	defer func() { // the run shows what the pieces' sizers decided
		r.mu.Lock()
		defer r.mu.Unlock()
		r.piecesSized = append(r.piecesSized, sizer)
	}()
	seq := int64(i) * pieceSeq
	for {
		if err := ctx.Err(); err != nil {
			return stats, err
		}
		sc := r.pool.Open()
		start := time.Now()
		b, err := src.Next(ctx, sc, sizer.Want())
		if err == io.EOF {
			sc.Close()
			return stats, nil
		}
		if err != nil {
			sc.Close()
			return stats, err
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
		handed, bytes := false, int64(0)
		send := func(b *Batch) error {
			if handed { // a prefix operator emits at most one batch for each it takes
				return errors.New("bug: a prefix operator emitted two batches for one")
			}
			handed, bytes = true, sc.Held() // before the receiver has it
			select {
			case out <- fetched{b: b, sc: sc, latest: latest}:
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
			return stats, err
		}
		sizer.Observe(rows, time.Since(start), bytes)
	}
}
