package kafka

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/velostream/velo/ingest/kafka/recordbatch"
)

// courier sends to one broker.
type courier struct {
	id    int32
	wake  chan struct{}
	enc   *recordbatch.Encoder
	first int // the partition to look at first
}

// sending is the first batch of a partition, which nobody else touches meanwhile.
type sending struct {
	*outlet
	parcel *parcel
}

// How much one request takes, before it is compressed, and how long a broker may wait for
// its replicas.
const (
	requestBytes   = 32 << 20
	produceTimeout = 10 * time.Second
)

// codecs are the values of compression.type.
var codecs = map[string]int{"none": recordbatch.None, "gzip": recordbatch.Gzip, "snappy": recordbatch.Snappy, "lz4": recordbatch.Lz4, "zstd": recordbatch.Zstd}

// serve has one request under way to a broker whenever there is something to send.
func (p *producer) serve(w *courier) {
	defer p.wg.Done()
	var err error
	if w.enc, err = recordbatch.NewEncoder(codecs[p.cfg.Compression], p.cfg.CompressLevel); err != nil {
		p.fail(err, 0, 0)
		return
	}
	defer w.enc.Close()
	for {
		todo, pause := p.choose(w)
		if len(todo) == 0 {
			t := time.NewTimer(pause)
			select {
			case <-p.ctx.Done():
			case <-w.wake:
			case <-t.C:
			}
			t.Stop()
			if p.ctx.Err() != nil {
				return
			}
			continue
		}
		resp, err := p.deliver(w, todo)
		if p.ctx.Err() != nil {
			return
		}
		p.mu.Lock()
		for _, x := range todo {
			if x.busy = false; x.leader != w.id { // it moved meanwhile: the new one found it busy
				p.wake(x.leader)
			}
		}
		if err != nil {
			p.lost(todo, err)
		} else {
			p.answered(todo, resp)
		}
		p.mu.Unlock()
	}
}

// choose gives the partitions to send the first batch of, or how long to wait for one. A
// batch that still fills is taken when linger.ms is over, or somebody waits for it.
func (p *producer) choose(w *courier) (todo []sending, pause time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, size := time.Now(), 0
	pause = time.Hour
	if p.s.broken() {
		return nil, pause
	}
	for i := range p.parts {
		at := (w.first + i) % len(p.parts)
		o := p.parts[at]
		if o.leader != w.id || o.busy {
			continue
		}
		if now.Before(o.again) {
			pause = min(pause, o.again.Sub(now))
			continue
		}
		if len(o.queue) == 0 {
			if o.open == nil || o.open.N == 0 {
				continue
			}
			if left := p.cfg.Linger - now.Sub(o.open.since); left > 0 && p.flushing == 0 {
				pause = min(pause, left)
				continue
			}
			p.full(o)
		}
		if size > 0 && size+len(o.queue[0].Bytes) > requestBytes {
			w.first = at // it goes next
			poke(w.wake)
			break
		}
		o.busy = true
		size += len(o.queue[0].Bytes)
		todo = append(todo, sending{o, o.queue[0]})
	}
	return todo, pause
}

// deliver compresses and sends the first batch of some partitions.
func (p *producer) deliver(w *courier, todo []sending) (*kmsg.ProduceResponse, error) {
	t := kmsg.NewProduceRequestTopic()
	for _, x := range todo {
		o, c := x.outlet, x.parcel
		if len(c.wire) == 0 {
			var err error
			if c.wire, err = w.enc.Encode(c.wire, &c.Records); err != nil {
				p.fail(fmt.Errorf("compressing a record batch: %w", err), 0, 0)
				return nil, err
			}
		}
		if err := p.stamp(o, c); err != nil {
			return nil, err
		}
		c.tries++
		part := kmsg.NewProduceRequestTopicPartition()
		part.Partition, part.Records = o.partition, c.wire
		t.Partitions = append(t.Partitions, part)
	}
	p.mu.Lock()
	t.Topic, t.TopicID = p.cfg.Topic, p.topic
	p.mu.Unlock()
	req := kmsg.NewPtrProduceRequest()
	req.Acks = map[string]int16{"all": -1, "1": 1, "0": 0}[p.cfg.Acks]
	req.TimeoutMillis = int32(produceTimeout.Milliseconds())
	req.Topics = append(req.Topics, t)
	var r kmsg.Request = req
	if t.TopicID == [16]byte{} && req.Acks != 0 {
		r = producedByName{req}
	}
	answer, err := p.cl.Broker(int(w.id)).Request(p.ctx, r)
	if err != nil {
		return nil, err
	}
	resp, ok := answer.(*kmsg.ProduceResponse)
	if !ok {
		return nil, fmt.Errorf("bug: produce was answered by %T", answer)
	}
	return resp, nil
}

// producedByName is a request to a broker that does not tell the ids of topics, though it
// may take them.
type producedByName struct{ *kmsg.ProduceRequest }

// MaxVersion is the last version that names topics.
func (producedByName) MaxVersion() int16 { return namesTopics }

const namesTopics = 12

// stamp numbers a batch for the broker. One that is sent again keeps its number.
func (p *producer) stamp(o *outlet, c *parcel) error {
	if c.stamped {
		return nil
	}
	c.id, c.sequence = nobody, -1
	if p.cfg.Idempotent {
		if o.id == nobody {
			id, err := p.shared()
			if err != nil {
				return err
			}
			o.id = id
		}
		c.id, c.sequence = o.id, o.next
		o.next = int32((int64(o.next) + int64(c.N)) & 0x7fffffff)
	}
	recordbatch.Stamp(c.wire, c.id.producer, c.id.epoch, c.sequence)
	c.stamped = true
	return nil
}

// shared gives the identity that partitions have to begin with.
func (p *producer) shared() (identity, error) {
	p.mu.Lock()
	id := p.id
	p.mu.Unlock()
	if id != nobody {
		return id, nil
	}
	id, err := p.introduce()
	if err != nil {
		return nobody, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.id = id
	return id, nil
}

// introduce asks for an identity.
func (p *producer) introduce() (identity, error) {
	req := kmsg.NewPtrInitProducerIDRequest()
	req.ProducerID, req.ProducerEpoch = -1, -1
	resp, err := req.RequestWith(p.ctx, p.cl.Client)
	if err == nil {
		err = kerr.ErrorForCode(resp.ErrorCode)
	}
	if err != nil {
		return nobody, err
	}
	return identity{resp.ProducerID, resp.ProducerEpoch}, nil
}

// lost notes that a whole request failed: nobody knows what became of it. The lock is held.
func (p *producer) lost(todo []sending, err error) {
	var broker *kerr.Error
	if errors.As(err, &broker) && !broker.Retriable {
		p.fail(err, 0, 0)
		return
	}
	for _, x := range todo {
		p.again(x.outlet, err)
	}
}

// again has the first batch of a partition sent again after a while, if it may. The lock
// is held.
func (p *producer) again(o *outlet, err error) {
	if c := o.queue[0]; p.cfg.Retries >= 0 && c.tries > p.cfg.Retries {
		p.fail(err, c.size(), c.First)
		return
	}
	p.s.off.Store(&err)
	now := time.Now()
	if o.failing.IsZero() {
		o.failing = now
	}
	if now.Sub(o.failing) > p.cfg.DeliveryTimeout { // though others are acknowledged meanwhile
		p.s.late(o.records())
		poke(p.idle)
		return
	}
	o.fails++
	o.again = now.Add(p.cfg.backoff(o.fails))
	poke(p.look)
}

// answered takes the partitions out of an answer. The lock is held.
func (p *producer) answered(todo []sending, resp *kmsg.ProduceResponse) {
	if p.cfg.Acks == "0" { // there is none
		for _, x := range todo {
			p.arrived(x.outlet)
		}
		return
	}
	for i := range resp.Topics {
		for j := range resp.Topics[i].Partitions {
			x := &resp.Topics[i].Partitions[j]
			k := slices.IndexFunc(todo, func(s sending) bool { return s.partition == x.Partition })
			if k < 0 {
				continue // not sent, or answered before
			}
			o := todo[k].outlet
			todo = slices.Delete(todo, k, k+1)
			p.took(o, x)
		}
	}
	for _, x := range todo { // left out of the answer
		p.again(x.outlet, errors.New("the broker's answer leaves a partition out"))
	}
}

// took handles the answer for one partition.
func (p *producer) took(o *outlet, x *kmsg.ProduceResponseTopicPartition) {
	err := kerr.ErrorForCode(x.ErrorCode)
	c := o.queue[0]
	switch {
	case err == nil, errors.Is(err, kerr.DuplicateSequenceNumber):
		p.arrived(o)
	case errors.Is(err, kerr.OutOfOrderSequenceNumber), errors.Is(err, kerr.UnknownProducerID), errors.Is(err, kerr.InvalidProducerEpoch):
		// The log has lost what the broker knew of this producer, by retention or by a
		// leader that was not in sync. This batch was not taken: it goes on as another's.
		p.cl.warn("a broker does not know the numbers of this writer any more: writing goes on with new ones", "topic", p.cfg.Topic, "partition", o.partition, "error", err)
		p.rename(o)
		p.again(o, err)
	case kerr.IsRetriable(err) && !errors.Is(err, kerr.CorruptMessage):
		p.again(o, err)
	default:
		p.fail(err, c.size(), c.First)
	}
}

// rename gives a partition a new identity: numbers begin at zero with it. The lock is
// held.
func (p *producer) rename(o *outlet) {
	o.id, o.next = nobody, 0
	o.queue[0].stamped = false
	p.id = nobody
}

// arrived is done with the first batch of a partition. The lock is held.
func (p *producer) arrived(o *outlet) {
	c := o.queue[0]
	o.queue = slices.Delete(o.queue, 0, 1)
	o.fails, o.again, o.failing = 0, time.Time{}, time.Time{}
	p.bytes.Add(-int64(len(c.Bytes)))
	n := c.N
	p.give(c)
	p.s.off.Store(nil)
	p.s.settled(n)
	poke(p.idle)
}

// records is how many of a partition wait. The lock is held.
func (o *outlet) records() (n int64) {
	for _, c := range o.queue {
		n += int64(c.N)
	}
	if o.open != nil {
		n += int64(o.open.N)
	}
	return n
}

// size is that of a batch's only record, 0 if there are more.
func (c *parcel) size() int {
	if c.N > 1 {
		return 0
	}
	return len(c.Bytes)
}
