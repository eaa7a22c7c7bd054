package arrowexec

import (
	"context"
	"io"
	"math"
)

// pick chooses the feed to run next. Bounded inputs with record timestamps are
// merged: the one whose next record is the oldest, ties in the order of the
// inputs; one without timestamps comes before all others. Of inputs that share a
// file the one that is next in it stands for all. Unbounded inputs are taken as they
// deliver.
func (r *runner) pick(ctx context.Context, open []*feed) (int, error) {
	if r.live {
		return r.pickLive(ctx, open)
	}
	if len(open) == 1 {
		return 0, nil
	}
	for i, f := range open {
		if err := f.fill(ctx); err == io.EOF {
			if f.in.Share == "" {
				return i, nil // step finds the end again and closes the feed
			}
		} else if err != nil {
			return 0, err
		}
	}
	best, least := -1, int64(math.MaxInt64)
	for i, f := range open {
		if f.b == nil {
			if others(f, open) {
				continue // a source ends when the file ends
			}
			return i, nil
		}
		if waits(f, open) {
			continue
		}
		t := int64(math.MinInt64) // without a row it only moves the watermark
		if !f.rowless() && f.times != nil {
			t = f.times[f.at]
		}
		if best < 0 || t < least {
			best, least = i, t
		}
	}
	return best, nil
}

// others tells whether another input that shares the file of f has not come to its
// end.
func others(f *feed, open []*feed) bool {
	for _, o := range open {
		if o != f && o.in.Share == f.in.Share && o.b != nil {
			return true
		}
	}
	return false
}

// waits tells whether a record of another input stands before that of f in the file
// that they share.
func waits(f *feed, open []*feed) bool {
	if f.in.Share == "" || len(f.places) == 0 || f.rowless() {
		return false
	}
	for _, o := range open {
		if o != f && o.in.Share == f.in.Share && o.b != nil && (len(o.places) == 0 || o.rowless() || o.places[o.at] < f.places[f.at]) {
			return true
		}
	}
	return false
}

// rowless tells that what a feed gives next are no rows: an empty batch, or records
// that gave none and stand before the first row of one. They go at once, so that they
// stand right behind the row that was read before them, whatever the batches are.
func (f *feed) rowless() bool {
	return f.b.N == 0 || f.absent < len(f.b.Absent) && int(f.b.Absent[f.absent].Row) <= f.at
}

// stepMerged pushes rows of a feed up to the first that is not older than the
// next one of another feed.
func (r *runner) stepMerged(ctx context.Context, f *feed, open []*feed) error {
	if err := f.fill(ctx); err != nil {
		return err
	}
	if f.b.N == 0 {
		var err error
		if r.g.Apart && len(f.b.Absent) > 1 {
			err = r.deliverTo(ctx, f, 0)
		} else {
			err = r.deliver(ctx, f, f.take(), 0)
		}
		f.release()
		return err
	}
	if f.rowless() {
		return r.deliverTo(ctx, f, f.at)
	}
	to := f.at + 1
	before := true // other feeds seen so far stand before f in the order of ties
	limit, place := int64(math.MaxInt64), int64(math.MaxInt64)
	strict := false
	for _, o := range open {
		if o == f {
			before = false
			continue
		}
		if o.in.Share != "" {
			if o.b == nil {
				continue
			}
			if o.in.Share == f.in.Share && len(o.places) > 0 && len(f.places) > 0 && !o.rowless() {
				place = min(place, o.places[o.at])
				continue
			}
			if waits(o, open) {
				continue
			}
		}
		if o.b == nil || o.rowless() || o.times == nil {
			limit = math.MinInt64
			break
		}
		if t := o.times[o.at]; t < limit || t == limit && before {
			limit, strict = t, before
		}
	}
	for to < f.b.N && (f.times[to] < limit || f.times[to] == limit && !strict) && (place == math.MaxInt64 || f.places[to] < place) {
		to++
	}
	err := r.deliverDue(ctx, f, to)
	if f.at == f.b.N {
		f.release()
	}
	return err
}
