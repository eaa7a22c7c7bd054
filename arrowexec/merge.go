package arrowexec

import (
	"context"
	"io"
	"math"

	"github.com/velostream/velo/arrowexec/vec"
)

// pick chooses the feed to run next. Bounded inputs with record timestamps are
// merged: the one whose next record is the oldest, ties in the order of the
// inputs; one without timestamps comes before all others. Unbounded inputs are
// taken as they deliver.
func (r *runner) pick(ctx context.Context, open []*feed) (int, error) {
	if r.live {
		return r.pickLive(ctx, open)
	}
	if len(open) == 1 {
		return 0, nil
	}
	best, least := -1, int64(math.MaxInt64)
	for i, f := range open {
		if err := f.fill(ctx); err == io.EOF {
			return i, nil // step finds the end again and closes the feed
		} else if err != nil {
			return 0, err
		}
		t := int64(math.MinInt64) // an empty batch only moves the watermark
		if f.b.N > 0 && f.times != nil {
			t = f.times[f.at]
		}
		if best < 0 || t < least {
			best, least = i, t
		}
	}
	return best, nil
}

// stepMerged pushes rows of a feed up to the first that is not older than the
// next one of another feed.
func (r *runner) stepMerged(ctx context.Context, f *feed, open []*feed) error {
	if err := f.fill(ctx); err != nil {
		return err
	}
	if f.b.N == 0 {
		b := f.take()
		err := r.deliver(ctx, f, b, 0)
		f.release()
		return err
	}
	to := f.at + 1
	before := true // other feeds seen so far stand before f in the order of ties
	limit := int64(math.MaxInt64)
	strict := false
	for _, o := range open {
		if o == f {
			before = false
			continue
		}
		if o.b == nil || o.b.N == 0 || o.times == nil {
			limit = math.MinInt64
			break
		}
		if t := o.times[o.at]; t < limit || t == limit && before {
			limit, strict = t, before
		}
	}
	for to < f.b.N && (f.times[to] < limit || f.times[to] == limit && !strict) {
		to++
	}
	sel := vec.Slice[int32](f.sc, to-f.at)
	for i := range sel {
		sel[i] = int32(f.at + i)
	}
	b := f.b.With(f.b.Cols, vec.Sel(sel))
	b.Seq = r.seq - int64(f.at)
	rows := to - f.at
	err := r.deliver(ctx, f, b, rows)
	f.at = to
	if f.at == f.b.N {
		f.release()
	}
	return err
}

// pickLive waits for the first of several unbounded inputs that has a batch. A
// goroutine per input reads ahead by one batch.
func (r *runner) pickLive(ctx context.Context, open []*feed) (int, error) {
	for _, f := range open {
		if f.live == nil {
			f.startLive(ctx)
		}
	}
	for {
		for k := range open { // the one after the last taken first: a busy input starves nobody
			i := (r.turn + k) % len(open)
			f := open[i]
			select {
			case x, ok := <-f.live:
				if !ok {
					return 0, ctx.Err()
				}
				r.turn = i + 1
				if x.err == io.EOF {
					f.ended = true
					return i, nil
				}
				if x.err != nil {
					return 0, x.err
				}
				f.src, f.began = x.src, x.began
				_, f.acks = x.src.(Acknowledger)
				f.set(x.b, x.sc)
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
