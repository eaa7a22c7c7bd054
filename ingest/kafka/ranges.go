package kafka

import (
	"context"
	"time"

	"github.com/velostream/velo/ingest"
)

// idlePoll is how long a reader waits for something new before it looks again.
const idlePoll = 100 * time.Millisecond

// fetcher brings the records of some partitions, each in the order of its offsets.
type fetcher interface {
	// next gives the block that follows in a partition, held once, and nil where none
	// is at hand; at is the offset up to which the partition is known then: markers of
	// transactions and gaps are passed without a record.
	next(partition int32) (b *block, at int64, err error)
	// wait returns when something may have come, after idlePoll at the latest.
	wait(ctx context.Context) error
	// done says that a partition is wanted no more.
	done(partition int32)
	// close frees what the fetcher has beside the client.
	close()
}

// rangeReader reads offset ranges of a topic to their ends. The records come in
// the order of their timestamps, those of one partition in the order of their
// offsets: however the answers of the brokers fall, the order is the same.
type rangeReader struct {
	cl    *client
	f     fetcher
	parts []*part
}

// part is one partition's range while it is read.
type part struct {
	span
	block *block // being read, from head up to end
	head  int
	end   int
	at    int64 // everything before it has been seen
	full  bool  // the range holds nothing beyond the block
	told  bool  // whoever reads the range knows that it has ended
}

func (p *part) empty() bool { return p.head == p.end }

// drained tells whether every record of the range was taken.
func (p *part) drained() bool { return p.full && p.empty() }

// openRanges dials a client that reads exactly the ranges.
func openRanges(ctx context.Context, c *Config, env ingest.Env, spans []span) (*rangeReader, error) {
	r := &rangeReader{}
	for _, s := range spans {
		r.parts = append(r.parts, &part{span: s, at: s.From})
	}
	if c.Fetch == "raw" {
		cl, err := dial(ctx, c, env, c.fetchOpts()...)
		if err != nil {
			return nil, err
		}
		r.cl, r.f = cl, newRaw(cl, spans)
		return r, nil
	}
	p, err := openPolled(ctx, c, env, spans)
	if err != nil {
		return nil, err
	}
	r.cl, r.f = p.cl, p
	return r, nil
}

func (r *rangeReader) close() {
	r.f.close()
	r.cl.Close()
}

// take adds the next records to some, until there are want of them unless the ranges
// end before.
func (r *rangeReader) take(ctx context.Context, to *records, want int) error {
	for {
		done, err := r.merge(to, want)
		if done || err != nil {
			return err
		}
		if err := r.f.wait(ctx); err != nil {
			return err
		}
	}
}

// merge moves records from the partitions to those taken by their timestamps, ties by
// partition. It is done when there are want of them, a partition has ended or nothing
// is left, and not done when it must know what a partition brings next. A partition
// ends with its last record, which no record of another one may follow: it no longer
// holds the watermark.
func (r *rangeReader) merge(to *records, want int) (done bool, err error) {
	for to.n < want {
		for _, p := range r.parts {
			if p.empty() && !p.full {
				if err := r.fill(p); err != nil {
					return false, err
				}
			}
			if p.drained() && !p.told {
				return true, nil
			}
		}
		var best *part
		least, next := int64(0), int64(0)
		tie, others := false, false // of next: whether its partition goes first at equal times
		for _, p := range r.parts {
			if p.empty() {
				if !p.full {
					return false, nil
				}
				continue
			}
			t := p.block.Times[p.head]
			switch {
			case best == nil:
				best, least = p, t
			case t < least:
				best, least, next, tie, others = p, t, least, true, true
			case !others || t < next:
				next, tie, others = t, false, true
			}
		}
		if best == nil {
			return true, nil
		}
		stop := min(best.end, best.head+want-to.n)
		i := stop
		if others {
			times := best.block.Times[:stop]
			for i = best.head + 1; i < stop && (times[i] < next || times[i] == next && !tie); i++ {
			}
		}
		to.add(best.block, best.head, i)
		if best.head = i; best.empty() {
			best.drop()
		}
	}
	return true, nil
}

// fill makes the next block of a partition the one that is read, if it is at hand.
func (r *rangeReader) fill(p *part) error {
	for p.empty() && !p.full {
		b, at, err := r.f.next(p.Partition)
		if err != nil {
			return err
		}
		if b != nil {
			p.block, p.head, p.end = b, b.Before(0, p.at), b.Before(0, p.To)
			if p.head >= p.end { // fetched again, as after a reset that a moved leader brought about
				p.drop()
			}
		}
		moved := at > p.at
		if p.at = max(p.at, at); p.at >= p.To {
			p.full = true
			r.f.done(p.Partition)
		}
		if b == nil && !moved {
			return nil
		}
	}
	return nil
}

func (p *part) drop() {
	p.block.release(false)
	p.block, p.head, p.end = nil, 0, 0
}
