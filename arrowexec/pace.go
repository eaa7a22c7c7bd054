package arrowexec

import (
	"context"
	"fmt"
	"math"
	"time"
)

// pace lets record time pass Options.Speed times as fast as real time.
type pace struct {
	began   time.Time
	first   int64 // record time at began
	flushed time.Time
}

// flushEvery is how long a paced run may keep rows from who watches them.
const flushEvery = 50 * time.Millisecond

// until is how long it is until a record of time ts is due.
func (p *pace) until(speed float64, ts int64) time.Duration {
	if p.began.IsZero() {
		p.began, p.first = time.Now(), ts
		p.flushed = p.began
	}
	after := min(float64(ts-p.first)/speed*float64(time.Millisecond), float64(math.MaxInt64/2))
	return time.Until(p.began.Add(time.Duration(after)))
}

// now is the record time that is due, at least ts, which was waited for.
func (p *pace) now(speed float64, ts int64) int64 {
	return max(ts, p.first+int64(float64(time.Since(p.began).Milliseconds())*speed))
}

// sleep ends early, with false, when stop is closed or the context is done.
func sleep(ctx context.Context, stop <-chan struct{}, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-stop:
	case <-ctx.Done():
	}
	return false
}

// deliverDue pushes rows [f.at, to) of the current batch, in a paced run when their
// record times have come: those that are due together go together, and what sinks
// have is flushed before a wait. A run that is stopped meanwhile leaves the others
// where they are.
func (r *runner) deliverDue(ctx context.Context, f *feed, to int) error {
	if r.o.Speed <= 0 || f.times == nil {
		return r.deliverTo(ctx, f, to)
	}
	for f.at < to {
		ts := f.times[f.at]
		if d := r.pace.until(r.o.Speed, ts); d > 0 {
			if time.Since(r.pace.flushed)+d >= flushEvery {
				if err := r.flush(ctx); err != nil {
					return err
				}
				r.pace.flushed = time.Now()
			}
			if !sleep(ctx, r.o.Stop, d) {
				if err := r.flush(ctx); err != nil {
					return err
				}
				return ctx.Err()
			}
		}
		due, next := r.pace.now(r.o.Speed, ts), f.at+1
		for next < to && f.times[next] <= due {
			next++
		}
		if err := r.deliverTo(ctx, f, next); err != nil {
			return err
		}
	}
	return nil
}

// flush hands what sinks have to whoever reads it; a graceful stop does so too.
func (r *runner) flush(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	for _, n := range r.g.Nodes() {
		if n.Sink != nil {
			if err := n.Sink.Flush(ctx); err != nil {
				return fmt.Errorf("flushing sink %s: %w", n.Name, err)
			}
		}
	}
	return nil
}
