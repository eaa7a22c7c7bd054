package arrowexec

import (
	"context"
	"io"
	"reflect"
	"time"
)

// pickLive waits for the first of several unbounded inputs that has a batch. A
// goroutine per input reads ahead by one batch.
func (r *runner) pickLive(ctx context.Context, open []*feed) (int, error) {
	loading := false
	for _, f := range open {
		loading = loading || f.in.Loads > f.loaded
	}
	for _, f := range open {
		if f.live == nil && (!loading || f.in.Loads > f.loaded) {
			f.startLive(ctx)
		}
	}
	for {
		for k := range open { // the one after the last taken first: a busy input starves nobody
			i := (r.turn + k) % len(open)
			f := open[i]
			if loading && f.in.Loads <= f.loaded {
				continue
			}
			select {
			case x, ok := <-f.live:
				if !ok {
					return 0, ctx.Err()
				}
				if x.loaded { // others may begin
					f.loaded++
					return r.pickLive(ctx, open)
				}
				r.turn = i + 1
				if x.err == io.EOF {
					f.ended = true
					return i, nil
				}
				if x.err != nil {
					return 0, x.err
				}
				f.began = x.began
				f.set(x.b, x.sc, x.rd, x.given)
				return i, nil
			default:
			}
		}
		if err := r.waitLive(ctx, open); err != nil {
			return 0, err
		}
		if r.stopped() {
			return -1, nil
		}
	}
}

// waitLive blocks until one of the feeds has something, without taking it.
func (r *runner) waitLive(ctx context.Context, open []*feed) error {
	cases := make([]reflect.SelectCase, 0, len(open)+2)
	for _, f := range open {
		if f.ready == nil { // it has not begun
			continue
		}
		cases = append(cases, reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(f.ready)})
	}
	cases = append(cases, reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(ctx.Done())})
	if r.o.Stop != nil {
		cases = append(cases, reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(r.o.Stop)})
	}
	i, _, _ := reflect.Select(cases)
	if cases[i].Chan.Pointer() == reflect.ValueOf(ctx.Done()).Pointer() {
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
				send(fetched{err: recovered(x, place{input: f.in}.where())})
			}
		}()
		for k, piece := range f.in.Pieces {
			src, err := piece(ctx)
			if err != nil {
				send(fetched{err: err})
				return
			}
			rd := f.opened(src)
			x := f.fetch(ctx, rd)
			for x.err == nil {
				if !send(x) {
					return
				}
				x = f.fetch(ctx, rd)
			}
			if x.err == io.EOF {
				x.err = f.finished(rd)
			}
			if x.err != nil {
				send(x)
				return
			}
			if k < f.in.Loads && !send(fetched{loaded: true}) {
				return
			}
		}
		send(fetched{err: io.EOF})
	}()
}

// fetch reads one batch on the reading goroutine.
func (f *feed) fetch(ctx context.Context, rd *reading) fetched {
	x := fetched{rd: rd, began: time.Now(), sc: f.r.pool.Open()}
	x.b, x.err = f.in.next(ctx, rd, x.sc, int(f.want.Load()))
	x.given = rd.given
	if x.err != nil {
		x.sc.Close()
		x.sc = nil
	}
	return x
}
