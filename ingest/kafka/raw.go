package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/velostream/velo/ingest/kafka/recordbatch"
)

// rawFetch is kafka.fetch=raw: it sends fetch requests of its own and walks the
// record batches of the answers straight into blocks; the client library connects,
// logs in, knows the brokers and keeps the group. A goroutine for each broker has one
// request under way, for all partitions that it leads and that have room, while what
// came before is read. Answers are unpacked by who reads them, when their turn has
// come: what waits is as small as it was sent, and what is read is in the cache.
type rawFetch struct {
	cl     *client
	live   bool // all partitions of a broker wait while one has no room
	limit  int64
	dec    recordbatch.Decoder
	blocks blocks

	ctx  context.Context
	stop context.CancelFunc
	wg   sync.WaitGroup
	news chan struct{} // something came, or the fetch failed
	look chan struct{} // leaders are to be looked up

	mu      sync.Mutex
	topic   [16]byte // its id; zero where brokers know topics by name only
	parts   map[int32]*cursor
	brokers map[int32]*worker
	err     error
	closed  bool
}

// newRaw fetches ranges.
func newRaw(cl *client, spans []span) *rawFetch {
	f := openRaw(cl)
	for _, s := range spans {
		f.parts[s.Partition] = newCursor(s)
	}
	f.ask()
	return f
}

func openRaw(cl *client) *rawFetch {
	f := &rawFetch{cl: cl, limit: 2 * int64(cl.cfg.FetchPartitionMax), parts: map[int32]*cursor{}, brokers: map[int32]*worker{},
		news: make(chan struct{}, 1), look: make(chan struct{}, 1)}
	f.dec.SkipCRC = !cl.cfg.CheckCRC
	f.ctx, f.stop = context.WithCancel(context.Background())
	f.wg.Add(1)
	go f.lead()
	return f
}

func newCursor(s span) *cursor {
	return &cursor{partition: s.Partition, at: s.From, read: s.From, to: s.To, epoch: -1, leader: -1, leaderEpoch: -1, replica: -1}
}

// close ends the goroutines, and waits for them.
func (f *rawFetch) close() {
	f.mu.Lock()
	if f.closed {
		f.mu.Unlock()
		return
	}
	f.closed = true
	f.mu.Unlock()
	f.stop()
	f.wg.Wait()
	f.dec.Close()
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// ask has the leaders looked up.
func (f *rawFetch) ask() { poke(f.look) }

// fail ends the fetch with an error that waiting does not mend. The lock is held.
func (f *rawFetch) fail(err error) {
	if f.err == nil && err != nil {
		f.err = err
	}
	poke(f.news)
}

// wait returns when something has come, or after a while.
func (f *rawFetch) wait(ctx context.Context) error { return f.waitFor(ctx, idlePoll) }

func (f *rawFetch) waitFor(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-f.news:
	case <-t.C:
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// next unpacks what follows in a partition.
func (f *rawFetch) next(partition int32) (*block, int64, error) {
	for {
		f.mu.Lock()
		c := f.parts[partition]
		if f.err != nil || c == nil || len(c.queue) == 0 {
			defer f.mu.Unlock()
			if c == nil {
				return nil, 0, f.err
			}
			return nil, c.read, f.err
		}
		ch := c.queue[0]
		var after *recordbatch.Chunk
		if len(c.queue) > 1 {
			after = c.queue[1]
		}
		f.mu.Unlock()

		b, before := f.blocks.get(partition), waiting(ch, after)
		ch.Before(after)
		size, more, err := f.dec.Fill(&b.Block, ch)
		f.cl.w.bytes.Add(int64(size))

		f.mu.Lock()
		c.read = ch.Next()
		had := c.bytes >= f.limit
		if c.bytes -= int64(before - waiting(ch, after)); !more {
			c.queue[0], c.queue = nil, c.queue[1:]
		}
		if had && c.bytes < f.limit {
			f.wake(c.broker())
		}
		if err != nil {
			f.fail(f.unreadable(partition, err))
		}
		err = f.err
		f.mu.Unlock()
		if err != nil || b.Len() == 0 {
			b.release(false)
		}
		if err != nil {
			return nil, ch.Next(), err
		}
		if b.Len() > 0 {
			return b, ch.Next(), nil
		}
	}
}

// waiting is how many bytes of the next answer, and of the one behind it, were not read.
func waiting(ch, after *recordbatch.Chunk) int {
	if after == nil {
		return ch.Size()
	}
	return ch.Size() + after.Size()
}

// unreadable says what cannot be read, where it is, and what to do.
func (f *rawFetch) unreadable(partition int32, err error) error {
	var old *recordbatch.OldFormat
	what := fmt.Errorf("kafka: partition %d of topic %q: %w", partition, f.cl.cfg.Topic, err)
	if errors.As(err, &old) {
		return fmt.Errorf("%w: set kafka.fetch=poll, which reads the formats from before Kafka 0.11", what)
	}
	return fmt.Errorf("%w: set start behind it to go on without it", what)
}

func (f *rawFetch) done(partition int32) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c := f.parts[partition]; c != nil {
		c.done = true
		f.wake(c.broker())
	}
}

// add fetches partitions from offsets on, without an end. The epochs are those of the
// leaders that took what is before them.
func (f *rawFetch) add(partitions map[int32]kgo.EpochOffset) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for n, at := range partitions {
		f.remove(n)
		c := newCursor(span{Partition: n, From: at.Offset, To: endless})
		c.epoch = at.Epoch
		f.parts[n] = c
	}
	f.ask()
}

// drop fetches partitions no more; what has come of them is gone.
func (f *rawFetch) drop(partitions []int32) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, n := range partitions {
		f.remove(n)
	}
}

func (f *rawFetch) remove(n int32) {
	if c := f.parts[n]; c != nil {
		c.done = true // a request that is under way still knows it
		delete(f.parts, n)
		f.wake(c.broker()) // the others may have waited for it to get room
	}
}

// wake has a broker look for partitions that can be fetched. The lock is held.
func (f *rawFetch) wake(broker int32) {
	if w := f.brokers[broker]; w != nil {
		poke(w.wake)
	}
}
