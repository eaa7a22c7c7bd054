package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/velostream/velo/ingest"
)

// A partition that is ahead of the others in time waits in memory; beyond these
// it is not fetched until the others have caught up.
const (
	queueRecords = 1 << 17
	queueBytes   = 64 << 20
)

// idlePoll is how long a poll may bring nothing before a partition is probed for
// an end that has no record.
const idlePoll = 100 * time.Millisecond

// rangeReader reads offset ranges of a topic to their ends. The records come in
// the order of their timestamps, those of one partition in the order of their
// offsets: however the answers of the brokers fall, the order is the same.
type rangeReader struct {
	cl    *client
	topic string
	parts []*part
	byNum map[int32]*part
	out   []*kgo.Record
	ids   map[string][16]byte
	ahead int64 // bytes that one partition may be ahead
}

// part is one partition's range while it is read.
type part struct {
	span
	at     int64 // fetch position: everything before it has been seen
	queue  []*kgo.Record
	head   int
	bytes  int64
	full   bool // the fetch position has reached the end
	told   bool // whoever reads the range knows that it has ended
	paused bool
	misses int // polls in a row without a record of this partition
}

func (p *part) empty() bool { return p.head == len(p.queue) }

// drained tells whether every record of the range was taken.
func (p *part) drained() bool { return p.full && p.empty() }

// openRanges dials a client that is assigned exactly the ranges.
func openRanges(ctx context.Context, c *Config, env ingest.Env, spans []span) (*rangeReader, error) {
	offsets := map[int32]kgo.Offset{}
	r := &rangeReader{topic: c.Topic, byNum: map[int32]*part{}, ahead: queueBytes}
	for _, s := range spans {
		offsets[s.Partition] = kgo.NewOffset().At(s.From)
		p := &part{span: s, at: s.From}
		r.parts = append(r.parts, p)
		r.byNum[s.Partition] = p
	}
	reset := kgo.NewOffset().AtStart()
	if c.resetName() == "none" {
		reset = kgo.NoResetOffset()
	}
	opts := append(c.fetchOpts(),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{c.Topic: offsets}),
		kgo.ConsumeResetOffset(reset),
		// The end of a range may be a transaction marker: it must be seen to know
		// that the end was reached.
		kgo.KeepControlRecords(),
	)
	var err error
	r.cl, err = dial(ctx, c, env, opts...)
	return r, err
}

func (r *rangeReader) close() { r.cl.Close() }

// take gives the next records, want of them unless the ranges end before. The
// slice is valid until the next call.
func (r *rangeReader) take(ctx context.Context, want int) ([]*kgo.Record, error) {
	r.out = r.out[:0]
	for {
		if r.merge(want) {
			return r.out, nil
		}
		if err := r.poll(ctx); err != nil {
			return nil, err
		}
	}
}

// merge moves records from the queues to out by their timestamps, ties by
// partition. It is done when out is full, a partition has ended or nothing is left,
// and not done when it must know what a partition brings next. A partition ends
// with its last record, which no record of another one may follow in out: it no
// longer holds the watermark.
func (r *rangeReader) merge(want int) bool {
	for len(r.out) < want {
		for _, p := range r.parts {
			if p.drained() && !p.told {
				return true
			}
		}
		var best *part
		least, next := int64(0), int64(0)
		tie, others := false, false // of next: whether its partition goes first at equal times
		for _, p := range r.parts {
			if p.empty() {
				if !p.full {
					return false
				}
				continue
			}
			t := millis(p.queue[p.head], 0)
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
			return true
		}
		for len(r.out) < want && !best.empty() {
			rec := best.queue[best.head]
			if t := millis(rec, 0); others && (t > next || t == next && tie) {
				break
			}
			best.queue[best.head] = nil
			best.head++
			best.bytes -= size(rec)
			r.out = append(r.out, rec)
		}
		if best.empty() {
			best.queue, best.head = best.queue[:0], 0
		}
	}
	return true
}

func size(r *kgo.Record) int64 { return int64(len(r.Key) + len(r.Value) + 160) }

// poll brings more records into the queues, and finds ends.
func (r *rangeReader) poll(ctx context.Context) error {
	r.balance()
	pctx, cancel := context.WithTimeout(ctx, idlePoll)
	fetches := r.cl.PollFetches(pctx)
	cancel()
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := r.cl.cfg.pollError(fetches); err != nil {
		return err
	}
	for _, p := range r.parts {
		p.misses++
	}
	fetches.EachPartition(func(f kgo.FetchTopicPartition) {
		p := r.byNum[f.Partition]
		if p == nil || len(f.Records) == 0 {
			return
		}
		p.misses = 0
		for _, rec := range f.Records {
			if rec.Offset >= p.To {
				p.at = p.To
				break
			}
			if rec.Offset < p.at { // fetched again, as after a reset that a moved leader brought about
				continue
			}
			p.at = rec.Offset + 1
			if !rec.Attrs.IsControl() {
				p.queue = append(p.queue, rec)
				p.bytes += size(rec)
			}
		}
		r.finish(p)
	})
	idle := fetches.NumRecords() == 0
	for _, p := range r.parts {
		if !p.full && !p.paused && (idle && p.misses > 1 || p.misses > 8) {
			p.misses = 0
			if err := r.probe(ctx, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// finish notes that a partition's end was reached and fetches it no more.
func (r *rangeReader) finish(p *part) {
	if p.full || p.at < p.To {
		return
	}
	p.full = true
	r.cl.PauseFetchPartitions(map[string][]int32{r.topic: {p.Partition}})
}

// balance pauses partitions that are far ahead and resumes those that were.
func (r *rangeReader) balance() {
	for _, p := range r.parts {
		if p.full {
			continue
		}
		one := map[string][]int32{r.topic: {p.Partition}}
		n := len(p.queue) - p.head
		switch {
		case !p.paused && (n >= queueRecords || p.bytes >= r.ahead):
			r.cl.PauseFetchPartitions(one)
			p.paused = true
		case p.paused && n < queueRecords/4 && p.bytes < r.ahead/4:
			r.cl.ResumeFetchPartitions(one)
			p.paused = false
		}
	}
}

// probe fetches a partition by hand at its position. Polling shows records only:
// where compaction or aborted transactions left none before the end, the raw
// answer still tells how far the log was read.
func (r *rangeReader) probe(ctx context.Context, p *part) error {
	leader, _, err := r.cl.PartitionLeader(r.topic, p.Partition)
	if err != nil || leader < 0 {
		r.cl.ForceMetadataRefresh()
		return nil
	}
	id, err := r.topicID(ctx)
	if err != nil {
		return nil // polling goes on and reports what lasts
	}
	req := kmsg.NewPtrFetchRequest()
	req.MaxWaitMillis, req.MinBytes, req.MaxBytes = 0, 0, r.cl.cfg.FetchMaxBytes
	req.SessionEpoch = -1
	if r.cl.cfg.Isolation == "read_committed" {
		req.IsolationLevel = 1
	}
	t := kmsg.NewFetchRequestTopic()
	t.Topic, t.TopicID = r.topic, id
	tp := kmsg.NewFetchRequestTopicPartition()
	tp.Partition, tp.FetchOffset, tp.PartitionMaxBytes = p.Partition, p.at, r.cl.cfg.FetchPartitionMax
	t.Partitions = append(t.Partitions, tp)
	req.Topics = append(req.Topics, t)

	pctx, cancel := context.WithTimeout(ctx, r.cl.cfg.RequestTimeout)
	defer cancel()
	answer, err := r.cl.Broker(int(leader)).Request(pctx, req)
	if err != nil {
		return ctx.Err()
	}
	resp := answer.(*kmsg.FetchResponse)
	if len(resp.Topics) != 1 || len(resp.Topics[0].Partitions) != 1 {
		return nil
	}
	got := &resp.Topics[0].Partitions[0]
	if got.ErrorCode == 0 && got.HighWatermark < p.To {
		return fmt.Errorf("kafka: partition %d of topic %q ends at offset %d, but ended at %d when the read began: the topic was truncated or made anew; run again",
			p.Partition, r.topic, got.HighWatermark, p.To)
	}
	fp, next := kgo.ProcessFetchPartition(kgo.ProcessFetchPartitionOpts{
		KeepControlRecords: true, DisableCRCValidation: !r.cl.cfg.CheckCRC, Offset: p.at,
		IsolationLevel: r.cl.cfg.isolation(), Topic: r.topic, Partition: p.Partition,
	}, got, kgo.DefaultDecompressor(), nil)
	if fp.Err != nil {
		return nil // the client meets the same error and acts on it
	}
	// Records before the end will come by polling; without any, the position moves.
	for _, rec := range fp.Records {
		if rec.Offset < p.To && !rec.Attrs.IsControl() {
			return nil
		}
	}
	if next > p.at {
		p.at = min(next, p.To)
	}
	r.finish(p)
	return nil
}

func (r *rangeReader) topicID(ctx context.Context) (id [16]byte, err error) {
	if id, ok := r.ids[r.topic]; ok {
		return id, nil
	}
	meta, err := r.cl.adm.Metadata(ctx, r.topic)
	if err != nil {
		return id, err
	}
	id = meta.Topics[r.topic].ID
	r.ids = map[string][16]byte{r.topic: id}
	return id, nil
}

// pollError gives the first error of a poll that waiting does not mend.
func (c *Config) pollError(fetches kgo.Fetches) error {
	var found error
	fetches.EachError(func(_ string, partition int32, err error) {
		if found == nil {
			found = c.fetchError(partition, err)
		}
	})
	return found
}

func (c *Config) fetchError(partition int32, err error) error {
	var loss *kgo.ErrDataLoss
	var group *kgo.ErrGroupSession
	var broker *kerr.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return nil
	case errors.As(err, &loss):
		return nil // the client goes on where auto.offset.reset says, and logs it
	case errors.As(err, &group):
		if !errors.As(err, &broker) || broker.Retriable {
			return nil
		}
		if broker == kerr.FencedInstanceID {
			return fmt.Errorf("kafka: another process joined group %q with group.instance.id=%s: give each its own", c.Group, c.InstanceID)
		}
		if broker == kerr.GroupAuthorizationFailed {
			return fmt.Errorf("kafka: user %q may not use group %q: ask for the permission, or set group.id", c.User, c.Group)
		}
		return fmt.Errorf("kafka: group %q: %w", c.Group, err)
	case errors.Is(err, kerr.OffsetOutOfRange):
		return fmt.Errorf("kafka: the position in partition %d of topic %q is gone (deleted by retention) and auto.offset.reset is none: set start, or auto.offset.reset=earliest: %w", partition, c.Topic, err)
	case errors.Is(err, kerr.UnknownTopicOrPartition), errors.Is(err, kerr.UnknownTopicID):
		return fmt.Errorf("kafka: topic %q was deleted while it was read: %w", c.Topic, err)
	case errors.Is(err, kerr.TopicAuthorizationFailed):
		return c.topicError(err)
	case errors.As(err, &broker) && broker.Retriable:
		return nil
	case partition >= 0:
		return fmt.Errorf("kafka: reading partition %d of topic %q: %w", partition, c.Topic, err)
	}
	return fmt.Errorf("kafka: reading topic %q: %w", c.Topic, err)
}
