package kafka

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/velostream/velo/ingest/kafka/recordbatch"
)

// endless is the end of a partition that is read for good.
const endless = math.MaxInt64

// worker asks one broker.
type worker struct {
	id   int32
	wake chan struct{}
}

// serve has one request under way to a broker whenever there is something to fetch.
func (f *rawFetch) serve(w *worker) {
	defer f.wg.Done()
	for {
		asked, pause := f.choose(w)
		if len(asked) == 0 {
			t := time.NewTimer(pause)
			select {
			case <-f.ctx.Done():
			case <-w.wake:
			case <-t.C:
			}
			t.Stop()
			if f.ctx.Err() != nil {
				return
			}
			continue
		}
		resp, err := f.request(w, asked)
		if f.ctx.Err() != nil {
			return
		}
		var lost []*cursor
		f.mu.Lock()
		for _, c := range asked {
			if c.busy = false; c.broker() != w.id { // it moved meanwhile: the new one found it busy
				f.wake(c.broker())
			}
		}
		if err != nil {
			f.failed(asked, err)
		} else {
			lost = f.answered(w, asked, resp)
		}
		poke(f.news)
		f.mu.Unlock()
		for _, c := range lost {
			f.lost(c)
		}
	}
}

// choose gives the partitions to ask a broker for, or how long to wait for one.
func (f *rawFetch) choose(w *worker) (asked []*cursor, pause time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	pause = time.Hour
	for _, c := range f.parts {
		if c.replica >= 0 && now.After(c.lease) { // the leader may know a better one
			c.replica = -1
			f.wake(c.leader)
		}
		switch {
		case c.broker() != w.id || c.busy || !c.wanted():
		case c.bytes >= f.limit:
			if f.live {
				// A request for the others would wait at the broker while this one,
				// which is being read, gets room.
				return nil, time.Hour
			}
		case now.Before(c.again):
			pause = min(pause, c.again.Sub(now))
		default:
			asked = append(asked, c)
		}
	}
	for _, c := range asked {
		c.busy = true
	}
	// The broker fills its answer in this order: who waits longest comes first.
	slices.SortFunc(asked, func(a, b *cursor) int { return int(a.bytes-b.bytes) + int(a.partition-b.partition) })
	return asked, pause
}

// request asks for partitions, and waits at the broker until there is something.
func (f *rawFetch) request(w *worker, asked []*cursor) (*kmsg.FetchResponse, error) {
	cfg := f.cl.cfg
	req := kmsg.NewPtrFetchRequest()
	req.MaxWaitMillis, req.MinBytes, req.MaxBytes = int32(min(cfg.FetchWait.Milliseconds(), math.MaxInt32)), cfg.FetchMinBytes, cfg.FetchMaxBytes
	req.SessionEpoch, req.Rack = -1, cfg.Rack
	if cfg.Isolation == "read_committed" {
		req.IsolationLevel = 1
	}
	t := kmsg.NewFetchRequestTopic()
	f.mu.Lock()
	t.Topic, t.TopicID = cfg.Topic, f.topic
	for _, c := range asked {
		p := kmsg.NewFetchRequestTopicPartition()
		p.Partition, p.FetchOffset, p.PartitionMaxBytes, p.CurrentLeaderEpoch = c.partition, c.at, cfg.FetchPartitionMax, c.leaderEpoch
		t.Partitions = append(t.Partitions, p)
	}
	f.mu.Unlock()
	req.Topics = append(req.Topics, t)
	var r kmsg.Request = req
	if t.TopicID == [16]byte{} {
		r = byName{req}
	}
	answer, err := f.cl.Broker(int(w.id)).Request(f.ctx, r)
	if err != nil {
		return nil, err
	}
	resp, ok := answer.(*kmsg.FetchResponse)
	if !ok {
		return nil, fmt.Errorf("bug: a fetch was answered by %T", answer)
	}
	return resp, kerr.ErrorForCode(resp.ErrorCode)
}

// byName is a fetch from a broker that does not know topics by id.
type byName struct{ *kmsg.FetchRequest }

// MaxVersion is the last version that names topics.
func (byName) MaxVersion() int16 { return 12 }

// Timeout lets the client wait as long as the broker may.
func (r byName) Timeout() int32 { return r.MaxWaitMillis }

// failed notes that a whole request failed. The lock is held.
func (f *rawFetch) failed(asked []*cursor, err error) {
	var broker *kerr.Error
	if errors.As(err, &broker) && !broker.Retriable {
		f.fail(f.cl.cfg.fetchError(-1, err))
		return
	}
	for _, c := range asked {
		c.replica = -1
		c.fail(f.cl.cfg)
	}
	f.ask()
}

// answered takes the partitions out of an answer, and gives those whose position is
// out of range. The lock is held.
func (f *rawFetch) answered(w *worker, asked []*cursor, resp *kmsg.FetchResponse) (lost []*cursor) {
	for i := range resp.Topics {
		for j := range resp.Topics[i].Partitions {
			p := &resp.Topics[i].Partitions[j]
			k := slices.IndexFunc(asked, func(c *cursor) bool { return c.partition == p.Partition })
			if k < 0 {
				continue // not asked for, or answered before
			}
			c := asked[k]
			asked = slices.Delete(asked, k, k+1)
			if !c.done && f.took(w, c, p) {
				lost = append(lost, c)
			}
		}
	}
	for _, c := range asked { // left out of the answer
		c.fail(f.cl.cfg)
		f.ask()
	}
	return lost
}

// took handles the answer for one partition; lost tells that its position is out of
// range.
func (f *rawFetch) took(w *worker, c *cursor, p *kmsg.FetchResponseTopicPartition) (lost bool) {
	cfg := f.cl.cfg
	err := kerr.ErrorForCode(p.ErrorCode)
	switch {
	case err == nil && p.PreferredReadReplica >= 0 && p.PreferredReadReplica != w.id:
		c.replica, c.lease = p.PreferredReadReplica, time.Now().Add(cfg.MetadataMaxAge)
		f.start(c.replica)
		return false
	case err == nil:
		c.fails = 0
		f.batches(w, c, p)
		return false
	case c.replica >= 0: // the leader knows better
		c.replica = -1
		c.fail(cfg)
		f.wake(c.leader)
		return false
	case errors.Is(err, kerr.OffsetOutOfRange):
		c.busy = true // until another one is found
		return true
	case kerr.IsRetriable(err):
		c.fail(cfg)
		f.ask() // which finds out whether the topic is still there
		return false
	}
	f.fail(cfg.fetchError(c.partition, err))
	return false
}

// batches queues what came of a partition.
func (f *rawFetch) batches(w *worker, c *cursor, p *kmsg.FetchResponseTopicPartition) {
	cfg := f.cl.cfg
	if len(p.RecordBatches) == 0 {
		if c.to != endless && p.HighWatermark < c.to && w.id == c.leader {
			// A leader that is new may not know for a moment how far its log is safe.
			if c.short++; c.short > 3 {
				f.fail(f.short(c, p.HighWatermark))
			}
			c.again = time.Now().Add(cfg.RetryBackoff)
		}
		return
	}
	c.short = 0
	next, epoch, err := recordbatch.Scan(p.RecordBatches, c.at)
	if err == nil && next == c.at {
		if size, cut := recordbatch.Cut(p.RecordBatches); cut {
			f.fail(fmt.Errorf("kafka: partition %d of topic %q: the broker gave %d bytes of the record batch of %d bytes at offset %d: raise max.partition.fetch.bytes and fetch.max.bytes above that",
				c.partition, cfg.Topic, len(p.RecordBatches), size, c.at))
			return
		}
		c.fail(cfg) // nothing new
		return
	}
	var aborted []recordbatch.Aborted
	if cfg.Isolation == "read_committed" {
		for _, a := range p.AbortedTransactions {
			aborted = append(aborted, recordbatch.Aborted{Producer: a.ProducerID, First: a.FirstOffset})
		}
	}
	c.push(recordbatch.NewChunk(p.RecordBatches, c.at, aborted), next)
	if err != nil {
		c.broken = true // whoever reads up to there gets the error
		return
	}
	c.epoch = epoch
}

// lost finds where a partition goes on whose position is out of range. The partition
// is not asked for meanwhile.
func (f *rawFetch) lost(c *cursor) {
	err := f.reset(c)
	f.mu.Lock()
	defer f.mu.Unlock()
	c.busy = false
	if errors.Is(err, errPasses) {
		c.fail(f.cl.cfg)
		f.ask()
	} else if !c.done {
		f.fail(err)
	}
	f.wake(c.broker())
}

// reset looks for another position: a log that lost its start goes on at its new one;
// else auto.offset.reset decides. A range has no other place to go on at, and does not
// need one.
func (f *rawFetch) reset(c *cursor) error {
	cfg := f.cl.cfg
	if cfg.resetName() == "none" {
		return cfg.fetchError(c.partition, kerr.OffsetOutOfRange)
	}
	ctx, cancel := context.WithTimeout(f.ctx, 3*cfg.RequestTimeout)
	defer cancel()
	low, err := f.cl.listed(ctx, Position{Kind: Earliest})
	if err != nil {
		return errPasses
	}
	high, err := f.cl.listed(ctx, Position{Kind: Latest})
	if err != nil {
		return errPasses
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	at, end := low[c.partition], high[c.partition]
	switch below := c.at < at; {
	case below && (c.moved || c.to != endless):
	case c.to != endless && end < c.to:
		return f.short(c, end)
	case c.to != endless:
		return errPasses
	case cfg.resetName() == "latest":
		at = end
	}
	f.cl.warn("a position is gone: reading goes on at another offset", "topic", cfg.Topic, "partition", c.partition, "position", c.at, "offset", at)
	c.jump(at)
	return nil
}

// short is the error of a range that the log does not hold any more.
func (f *rawFetch) short(c *cursor, end int64) error {
	return fmt.Errorf("kafka: partition %d of topic %q ends at offset %d, but ended at %d when the read began: the topic was truncated or made anew; run again",
		c.partition, f.cl.cfg.Topic, end, c.to)
}

// errPasses is a failure that may be over at the next try.
var errPasses = errors.New("try again")
