package kafka

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/kafka/recordbatch"
)

// A partition that is ahead of the others in time waits in memory; beyond these
// it is not fetched until the others have caught up.
const (
	queueRecords = 1 << 15
	queueBytes   = 16 << 20
)

// How much a block of polled records takes.
const (
	polledBytes   = 1 << 20
	polledRecords = 4096
)

// polled is kafka.fetch=poll for ranges: the client library fetches, and its records
// are copied into blocks.
type polled struct {
	cl     *client
	topic  string
	blocks blocks
	parts  []*pollPart
	byNum  map[int32]*pollPart
	ids    map[string][16]byte
	ahead  int64 // bytes that one partition may be ahead

	unknown int // times in a row that no broker knew the topic
}

// pollPart is one partition's range while it is polled.
type pollPart struct {
	span
	at     int64 // fetch position: everything before it has been seen
	queue  []*block
	n      int // records of the queue
	bytes  int64
	full   bool // the fetch position has reached the end
	paused bool
	misses int // polls in a row without a record of this partition
}

// openPolled dials a client that is assigned exactly the ranges.
func openPolled(ctx context.Context, c *Config, env ingest.Env, spans []span) (*polled, error) {
	offsets := map[int32]kgo.Offset{}
	r := &polled{topic: c.Topic, byNum: map[int32]*pollPart{}, ahead: queueBytes}
	for _, s := range spans {
		offsets[s.Partition] = kgo.NewOffset().At(s.From)
		p := &pollPart{span: s, at: s.From}
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

func (r *polled) close() {}

func (r *polled) next(partition int32) (*block, int64, error) {
	p := r.byNum[partition]
	if len(p.queue) == 0 {
		return nil, p.at, nil
	}
	b := p.queue[0]
	p.queue[0], p.queue = nil, p.queue[1:]
	p.n -= b.Len()
	p.bytes -= b.bytes(0, b.Len())
	if len(p.queue) > 0 {
		return b, b.Offsets[b.Len()-1] + 1, nil
	}
	return b, p.at, nil
}

// wait polls, brings more records into the queues, and finds ends.
func (r *polled) wait(ctx context.Context) error {
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
		var b *block
		for _, rec := range f.Records {
			if rec.Offset >= p.To {
				p.at = p.To
				break
			}
			if rec.Offset < p.at { // fetched again, as after a reset that a moved leader brought about
				continue
			}
			p.at = rec.Offset + 1
			if rec.Attrs.IsControl() {
				continue
			}
			if b = r.blocks.room(b, rec); b.Len() == 0 {
				p.queue = append(p.queue, b)
			}
			add(b, rec)
			p.n++
		}
		p.bytes = 0
		for _, b := range p.queue {
			p.bytes += b.bytes(0, b.Len())
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
func (r *polled) finish(p *pollPart) {
	if p.full || p.at < p.To {
		return
	}
	p.full = true
	r.cl.PauseFetchPartitions(map[string][]int32{r.topic: {p.Partition}})
}

func (r *polled) done(int32) {} // finish has seen to it

// balance pauses partitions that are far ahead and resumes those that were.
func (r *polled) balance() {
	for _, p := range r.parts {
		if p.full {
			continue
		}
		one := map[string][]int32{r.topic: {p.Partition}}
		switch {
		case !p.paused && (p.n >= queueRecords || p.bytes >= r.ahead):
			r.cl.PauseFetchPartitions(one)
			p.paused = true
		case p.paused && p.n < queueRecords/4 && p.bytes < r.ahead/4:
			r.cl.ResumeFetchPartitions(one)
			p.paused = false
		}
	}
}

// probe fetches a partition by hand at its position. Polling shows records only:
// where compaction or aborted transactions left none before the end, the raw
// answer still tells how far the log was read.
func (r *polled) probe(ctx context.Context, p *pollPart) error {
	leader, _, err := r.cl.PartitionLeader(r.topic, p.Partition)
	if err != nil || leader < 0 {
		r.cl.ForceMetadataRefresh()
		return r.missing(ctx)
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
	switch {
	case errors.Is(fp.Err, kerr.OffsetOutOfRange) && r.cl.cfg.resetName() != "none":
		// The client goes on at the start of the log, which may be behind the range.
		if low, err := r.cl.listed(ctx, Position{Kind: Earliest}); err == nil && low[p.Partition] > p.at {
			p.at = min(low[p.Partition], p.To)
			r.finish(p)
		}
		return nil
	case errors.Is(fp.Err, kerr.UnknownTopicOrPartition), errors.Is(fp.Err, kerr.UnknownTopicID):
		return r.missing(ctx)
	case fp.Err != nil:
		return nil // the client meets the same error and acts on it
	}
	r.unknown = 0
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

// missing finds out whether the topic is still there, which the client does not tell
// of partitions that it was assigned.
func (r *polled) missing(ctx context.Context) error {
	t, err := r.cl.lookup(ctx)
	if err != nil {
		return nil // polling goes on and reports what lasts
	}
	switch err = kerr.ErrorForCode(t.ErrorCode); {
	case !errors.Is(err, kerr.UnknownTopicOrPartition):
		r.unknown = 0
	case r.unknown+1 >= missingTopic:
		return r.cl.cfg.fetchError(-1, err)
	default:
		r.unknown++
	}
	return nil
}

func (r *polled) topicID(ctx context.Context) (id [16]byte, err error) {
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

// room gives a block for a polled record: the one at hand unless it is full.
func (f *blocks) room(b *block, rec *kgo.Record) *block {
	if b == nil || b.Epoch != rec.LeaderEpoch || b.Len() >= polledRecords || len(b.Data) >= polledBytes {
		b = f.get(rec.Partition)
		b.Epoch = rec.LeaderEpoch
		b.Room(polledRecords, polledBytes)
	}
	return b
}

// add copies a polled record into a block.
func add(b *block, rec *kgo.Record) {
	b.Add(rec.Offset, millis(rec), rec.Key, rec.Value, len(rec.Headers), func(i int) (string, []byte) {
		return rec.Headers[i].Key, rec.Headers[i].Value
	})
}

// millis is a record's timestamp in ms; records of the oldest format have none.
//
// The client makes its time.Time from ms × 10⁶ in 64 bits, which wraps beyond the
// year 2262. The product is undone exactly: 10⁶ is 2⁶ × 15625, and 15625 has an
// inverse modulo 2⁵⁸.
func millis(r *kgo.Record) int64 {
	if r.Attrs.TimestampType() < 0 {
		return recordbatch.NoTime
	}
	const inverse = 76480200929599801
	return int64(uint64(r.Timestamp.UnixNano())>>6*inverse<<6) >> 6
}
