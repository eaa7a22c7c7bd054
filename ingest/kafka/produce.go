package kafka

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/ingest/kafka/recordbatch"
)

// producer is kafka.produce=raw: rows are appended to record batches as the log will
// have them, without a record object each, and sent by produce requests of its own; the
// client library connects, logs in, throttles and knows the brokers. A goroutine for each
// broker compresses what is ready and has one request under way, with one batch of each
// partition that the broker leads: so batches of a partition cannot overtake each other,
// and one that is sent again has the number that it had, by which brokers know it.
type producer struct {
	s   *sink
	cl  *client
	cfg *Config

	ctx  context.Context
	stop context.CancelFunc
	wg   sync.WaitGroup
	look chan struct{} // leaders are to be looked up
	idle chan struct{} // something was acknowledged, or failed

	writing sync.Mutex // guards what Write fills
	buf     []byte     // the payloads of a batch of rows
	ends    []int
	heads   []byte // the headers of a row

	bytes atomic.Int64 // of records that wait for the broker

	mu       sync.Mutex
	topic    [16]byte // its id; zero where brokers know topics by name only
	parts    []*outlet
	brokers  map[int32]*courier
	sticky   *outlet // takes what has no key, until its batch is full
	free     []*parcel
	flushing int // nothing is held back
	closed   bool
	id       identity // of partitions that begin
}

// identity is by which brokers know batches that they have had.
type identity struct {
	producer int64 // -1: none
	epoch    int16
}

var nobody = identity{producer: -1, epoch: -1}

// outlet is one partition that is written to. Its producer guards it.
type outlet struct {
	partition int32
	leader    int32 // -1: not known
	epoch     int32 // of the leader

	open  *parcel   // takes records; nil: none yet
	queue []*parcel // full, in their order
	busy  bool      // a request with the first of them is under way
	fails int
	again time.Time // not before, after a failure

	failing time.Time // since when the first of them has not been taken; zero: it has not failed

	id   identity
	next int32 // number of the next record
}

// parcel is a batch on its way.
type parcel struct {
	recordbatch.Records
	since time.Time // it has records
	wire  []byte    // the batch, when it was compressed
	tries int

	id       identity
	sequence int32
	stamped  bool
}

// How much a parcel that waits to be used again may hold, and how many wait.
const (
	parcelBytes = 4 << 20
	freeParcels = 64
)

func newProducer(s *sink) *producer {
	p := &producer{s: s, cl: s.cl, cfg: &s.cfg, brokers: map[int32]*courier{}, id: nobody,
		buf:  make([]byte, 0, 4096), // never nil: an empty payload is not a tombstone
		look: make(chan struct{}, 1), idle: make(chan struct{}, 1)}
	p.ctx, p.stop = context.WithCancel(context.Background())
	return p
}

// batchesSince is the first version of a produce request that has record batches.
const batchesSince = 3

// takesBatches refuses brokers from before Kafka 0.11.
func (cl *client) takesBatches(ctx context.Context) error {
	req := kmsg.NewPtrApiVersionsRequest()
	req.ClientSoftwareName, req.ClientSoftwareVersion = "velo", "1"
	resp, err := req.RequestWith(ctx, cl.Client)
	switch {
	case err != nil && ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return cl.cfg.explain(err)
	}
	for _, k := range resp.ApiKeys {
		if k.ApiKey == int16(kmsg.Produce) && k.MaxVersion < batchesSince {
			return fmt.Errorf("kafka at %s is older than Kafka 0.11, whose log kafka.produce=raw does not write: set kafka.produce=client", strings.Join(cl.cfg.Brokers, ","))
		}
	}
	return nil
}

// open learns the topic's partitions, of which there must be some.
func (p *producer) open(t kmsg.MetadataResponseTopic) {
	p.led(t)
	p.wg.Add(1)
	go func() {
		defer p.wg.Done()
		p.cl.follow(p.ctx, p.look, p.cfg.MetadataMaxAge, p.led, func(err error) { p.fail(err, 0, 0) })
	}()
}

// close ends the goroutines, and waits for them. What was not acknowledged is dropped.
func (p *producer) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.stop()
	p.wg.Wait()
}

// waiting is how much waits for the broker.
func (p *producer) waiting() (records, bytes int64) { return p.s.pending.Load(), p.bytes.Load() }

// fail ends the sink.
func (p *producer) fail(err error, size int, at int64) {
	p.s.fail(err, size, at)
	poke(p.idle)
}

// led takes over what the broker says of the topic; again tells that some partition has
// no leader yet.
func (p *producer) led(t kmsg.MetadataResponseTopic) (again bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	none := [16]byte{}
	switch {
	case p.topic != none && t.TopicID != none && p.topic != t.TopicID:
		p.fail(errors.New("it was deleted and made anew while it was written: run again"), 0, 0)
		return false
	case t.TopicID != none:
		p.topic = t.TopicID
	}
	for len(p.parts) < len(t.Partitions) {
		p.parts = append(p.parts, &outlet{partition: int32(len(p.parts)), leader: -1, epoch: -1, id: nobody})
	}
	for _, x := range t.Partitions {
		if x.Partition < 0 || int(x.Partition) >= len(p.parts) { // partitions are numbered from 0 on
			again = true
			continue
		}
		o := p.parts[x.Partition]
		if x.Leader < 0 || x.LeaderEpoch >= 0 && x.LeaderEpoch < o.epoch {
			again = true
			continue
		}
		if o.leader != x.Leader { // who has not failed yet
			o.fails, o.again = 0, time.Time{}
		}
		o.leader, o.epoch = x.Leader, x.LeaderEpoch
		p.start(o.leader)
	}
	return again || len(t.Partitions) < len(p.parts)
}

// start makes sure that somebody sends to a broker, and wakes who does. The lock is held.
func (p *producer) start(broker int32) {
	if p.brokers[broker] == nil && !p.closed {
		w := &courier{id: broker, wake: make(chan struct{}, 1)}
		p.brokers[broker] = w
		p.wg.Add(1)
		go p.serve(w)
	}
	p.wake(broker)
}

func (p *producer) wake(broker int32) {
	if w := p.brokers[broker]; w != nil {
		poke(w.wake)
	}
}

// send appends the selected rows to the batches of their partitions.
func (p *producer) send(_ context.Context, b *arrowexec.Batch) error {
	p.writing.Lock()
	defer p.writing.Unlock()
	n := b.Rows()
	var err error
	if p.buf, p.ends, err = p.s.enc.Encode(p.buf[:0], p.ends[:0], b); err != nil {
		return err
	}
	if len(p.ends) != n {
		return fmt.Errorf("bug: the encoder gave %d payloads for %d rows", len(p.ends), n)
	}
	p.s.handed(n)
	o := p.s.out
	if o.Headers >= 0 && bare(b.Cols[o.Headers]) {
		o.Headers = -1
	}
	now := time.Now()
	clock := now.UnixMilli()
	from, payload, total := 0, 0, int64(0)
	p.mu.Lock()
	defer p.mu.Unlock()
	for j := range n {
		i := j
		if b.Sel != nil {
			i = int(b.Sel[j])
		}
		value := p.buf[from:p.ends[j]]
		from = p.ends[j]
		if o.Deleted >= 0 && !b.Cols[o.Deleted].IsNull(i) && b.Cols[o.Deleted].BoolAt(i) {
			value = nil // a tombstone
		}
		var key, heads []byte
		if o.Key >= 0 && !b.Cols[o.Key].IsNull(i) {
			if key = b.Cols[o.Key].BytesAt(i); key == nil {
				key = []byte{}
			}
		}
		if o.Headers >= 0 && !b.Cols[o.Headers].IsNull(i) {
			heads = p.headers(b.Cols[o.Headers], i)
		}
		at := clock
		if o.Time >= 0 && !b.Cols[o.Time].IsNull(i) {
			at = b.Cols[o.Time].Int64At(i)
		}
		payload += len(key) + len(value) + len(heads)
		total += p.add(now, at, key, value, heads)
	}
	p.s.bytes.Add(int64(payload))
	p.bytes.Add(total)
	return nil
}

// add appends a record to the batch of its partition, and gives how many bytes it took.
// The lock is held.
func (p *producer) add(now time.Time, at int64, key, value, heads []byte) int64 {
	size := len(key) + len(value) + len(heads)
	for {
		o := p.sticky
		if key != nil {
			o = p.parts[int(murmur2(key)&0x7fffffff)%len(p.parts)]
		} else if o == nil {
			o = p.stick()
		}
		c := o.open
		if c == nil {
			c = p.take()
			o.open = c
		}
		if c.Size(size) <= int(p.cfg.BatchBytes) {
			if c.N == 0 {
				c.since = now
				p.wake(o.leader)
			}
			before := len(c.Bytes)
			c.Append(at, key, value, heads)
			return int64(len(c.Bytes) - before)
		}
		if c.N == 0 {
			p.fail(kerr.MessageTooLarge, size, at)
			return 0
		}
		p.full(o)
	}
}

// full ends the batch that a partition fills. The lock is held.
func (p *producer) full(o *outlet) {
	o.queue, o.open = append(o.queue, o.open), nil
	if p.sticky == o {
		p.sticky = nil
	}
	p.wake(o.leader)
}

// stick picks another partition for records without a key, as clients do: at random,
// where there is a leader. The lock is held.
func (p *producer) stick() *outlet {
	n := rand.IntN(len(p.parts))
	p.sticky = p.parts[n]
	for i := range p.parts {
		if o := p.parts[(n+i)%len(p.parts)]; o.leader >= 0 {
			p.sticky = o
			break
		}
	}
	return p.sticky
}

func (p *producer) take() *parcel {
	if n := len(p.free); n > 0 {
		c := p.free[n-1]
		p.free = p.free[:n-1]
		return c
	}
	return &parcel{}
}

// give keeps the memory of a parcel that has arrived. The lock is held.
func (p *producer) give(c *parcel) {
	if len(p.free) < freeParcels && cap(c.Bytes)+cap(c.wire) <= parcelBytes {
		c.Reset()
		*c = parcel{Records: c.Records, wire: c.wire[:0]}
		p.free = append(p.free, c)
	}
}

// flush returns when nothing waits any more, or ctx ends.
func (p *producer) flush(ctx context.Context) error {
	p.hold(1)
	defer p.hold(-1)
	for p.s.pending.Load() > 0 && p.s.check() == nil {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.idle:
		}
	}
	poke(p.idle) // another may wait as well
	return nil
}

func (p *producer) hold(by int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flushing += by
	for id := range p.brokers {
		p.wake(id)
	}
}
