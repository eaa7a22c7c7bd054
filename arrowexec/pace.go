package arrowexec

import (
	"context"
	"math"
	"time"
)

// pace lets record time pass Options.Speed times as fast as real time.
type pace struct {
	began time.Time
	first int64 // record time at began
}

// wait sleeps until a record of time ts is due, and gives the record time that is
// due then. It ends early, with false, when stop is closed.
func (p *pace) wait(ctx context.Context, stop <-chan struct{}, speed float64, ts int64) (due int64, ok bool, err error) {
	if p.began.IsZero() {
		p.began, p.first = time.Now(), ts
	}
	after := min(float64(ts-p.first)/speed*float64(time.Millisecond), float64(math.MaxInt64/2))
	if wait := time.Until(p.began.Add(time.Duration(after))); wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		select {
		case <-t.C:
		case <-stop:
			return 0, false, nil
		case <-ctx.Done():
			return 0, false, ctx.Err()
		}
	}
	return max(ts, p.first+int64(float64(time.Since(p.began).Milliseconds())*speed)), true, nil
}

// deliverDue pushes rows [f.at, to) of the current batch, in a paced run when their
// record times have come: those that are due together go together. A run that is
// stopped meanwhile leaves the others where they are.
func (r *runner) deliverDue(ctx context.Context, f *feed, to int) error {
	if r.o.Speed <= 0 || f.times == nil {
		return r.deliverTo(ctx, f, to)
	}
	for f.at < to {
		due, ok, err := r.pace.wait(ctx, r.o.Stop, r.o.Speed, f.times[f.at])
		if err != nil || !ok {
			return err
		}
		next := f.at + 1
		for next < to && f.times[next] <= due {
			next++
		}
		if err := r.deliverTo(ctx, f, next); err != nil {
			return err
		}
	}
	return nil
}
