package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/ingest"
)

// Sink is kafka_sink: rows become records with key, headers and time.
func Sink() ingest.SinkType {
	return ingest.SinkType{
		Type:    "kafka_sink",
		Schemes: []string{"kafka"},
		Keys:    sideKeys(sinkSide),
		Open: func(ctx context.Context, r *ingest.Registry, s ingest.SinkSpec) (arrowexec.Sink, error) {
			return openSink(ctx, r, s)
		},
	}
}

// sink writes batches to a topic. The client sends in the background: what Write
// took is safe when Flush returns.
type sink struct {
	cl    *client
	cfg   Config
	out   ingest.Output
	enc   ingest.Encoder
	chunk sync.Pool     // *chunk that the client no longer uses
	freed chan struct{} // the client got room

	rows, bytes atomic.Int64
	pending     atomic.Int64 // records not acknowledged
	acked       atomic.Int64 // ns since began when the client was last done with a chunk, or the first one waited
	began       time.Time

	mu     sync.Mutex
	failed error // the first delivery error; the sink is of no more use
	closed bool
}

func openSink(ctx context.Context, r *ingest.Registry, s ingest.SinkSpec) (*sink, error) {
	cfg, err := parse(s.Name, s.Props, s.Env, sinkSide)
	if err != nil {
		return nil, ingest.Usage(err)
	}
	f, err := r.Format(s.Props.String("json", "format"))
	if err != nil {
		return nil, ingest.Usage(err)
	}
	if f.NewEncoder == nil {
		return nil, ingest.Usage(fmt.Errorf("format %q cannot be written", f.Name))
	}
	enc, err := f.NewEncoder(s.Props, s.Output)
	if err != nil {
		return nil, err
	}
	k := &sink{cfg: cfg, out: s.Output, enc: enc, began: time.Now(), freed: make(chan struct{}, 1)}
	if k.cl, err = dial(ctx, &k.cfg, s.Env, k.cfg.produceOpts()...); err != nil {
		return nil, err
	}
	if _, err := k.cl.partitions(ctx); err != nil {
		k.cl.Close()
		return nil, err
	}
	return k, nil
}

// Write hands the selected rows to the client. It waits only while the client's
// buffer is full.
func (s *sink) Write(ctx context.Context, b *arrowexec.Batch) error {
	if err := s.check(); err != nil {
		return err
	}
	n := b.Rows()
	if n == 0 {
		return nil
	}
	if err := s.room(ctx); err != nil {
		return err
	}
	c := s.take()
	if err := c.fill(s, b); err != nil {
		return err
	}
	c.left.Store(int64(n))
	if s.pending.Add(int64(n)) == int64(n) {
		s.acked.Store(int64(time.Since(s.began)))
	}
	s.rows.Add(int64(n))
	s.bytes.Add(int64(len(c.buf)))
	// Once the client has the records, the end of ctx must not cancel them.
	produce := context.WithoutCancel(ctx)
	for i := range c.recs[:n] {
		s.cl.Produce(produce, &c.recs[i], c.done)
	}
	return nil
}

// room waits until what waits for the broker is below the limits; the batch that
// comes then may pass them once. The client itself has no limits, for it would
// wait without an end for a broker that is gone.
func (s *sink) room(ctx context.Context) error {
	for s.cl.BufferedProduceRecords() >= int64(s.cfg.BufferRecords) || s.cl.BufferedProduceBytes() >= int64(s.cfg.BufferBytes) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.freed:
		case <-time.After(100 * time.Millisecond):
		}
		if err := s.check(); err != nil {
			return err
		}
	}
	return nil
}

// check gives the delivery error, or finds that the broker has been silent for
// longer than delivery.timeout.ms with records waiting.
func (s *sink) check() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed != nil {
		return s.failed
	}
	if s.closed {
		return errors.New("kafka: the sink is closed")
	}
	waited := time.Since(s.began) - time.Duration(s.acked.Load())
	if s.pending.Load() > 0 && waited > s.cfg.DeliveryTimeout {
		s.failed = s.timeout()
		return s.failed
	}
	return nil
}

func (s *sink) timeout() error {
	why := "it does not answer"
	if err := s.cl.w.lastError(); err != nil {
		why = err.Error()
	}
	return fmt.Errorf("kafka: topic %q: %d records wait for the broker since more than delivery.timeout.ms=%d: %s", s.cfg.Topic, s.pending.Load(), s.cfg.DeliveryTimeout.Milliseconds(), why)
}

// Flush returns when every record is acknowledged.
func (s *sink) Flush(ctx context.Context) error {
	for {
		if err := s.check(); err != nil {
			return err
		}
		if s.pending.Load() == 0 {
			return nil
		}
		// In slices, so that a broker that went silent is noticed.
		slice, cancel := context.WithTimeout(ctx, min(time.Second, s.cfg.DeliveryTimeout))
		err := s.cl.Flush(slice)
		cancel()
		if err != nil && ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			return s.check()
		}
	}
}

// Close ends the client. Records that are not acknowledged are dropped if commit
// is false.
func (s *sink) Close(ctx context.Context, commit bool) error {
	s.mu.Lock()
	done := s.closed
	s.mu.Unlock()
	if done {
		return nil
	}
	var err error
	if commit {
		err = s.Flush(ctx)
	}
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	// Fails what is still buffered; the promises run before this returns.
	s.cl.Close()
	return err
}

// Stats counts what was handed to the client.
func (s *sink) Stats() arrowexec.SinkStats {
	return arrowexec.SinkStats{Rows: s.rows.Load(), Bytes: s.bytes.Load()}
}

// fail keeps the first delivery error.
func (s *sink) fail(r *kgo.Record, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed == nil && !s.closed {
		s.failed = s.explain(r, err)
	}
}

// settled notes that the client is done with a chunk of n records.
func (s *sink) settled(n int) {
	s.acked.Store(int64(time.Since(s.began)))
	s.pending.Add(-int64(n))
	select {
	case s.freed <- struct{}{}:
	default:
	}
}

func (s *sink) explain(r *kgo.Record, err error) error {
	switch {
	case errors.Is(err, kerr.MessageTooLarge):
		return fmt.Errorf("kafka: topic %q refused a record of %d bytes as too large: raise batch.size here and max.message.bytes of the topic", s.cfg.Topic, len(r.Key)+len(r.Value))
	case errors.Is(err, kerr.TopicAuthorizationFailed):
		return fmt.Errorf("kafka: user %q may not write to topic %q: ask for the permission, or check sasl.username", s.cfg.User, s.cfg.Topic)
	case errors.Is(err, kerr.ClusterAuthorizationFailed):
		return fmt.Errorf("kafka: user %q may not write idempotently: ask for IDEMPOTENT_WRITE, or set enable.idempotence=false", s.cfg.User)
	case errors.Is(err, kerr.UnknownTopicOrPartition):
		return fmt.Errorf("kafka: topic %q was deleted while it was written: %w", s.cfg.Topic, err)
	case errors.Is(err, kerr.InvalidRecord):
		return fmt.Errorf("kafka: topic %q refused a record: a compacted topic takes no record without a key: give the query a key (PRIMARY KEY or AS _key): %w", s.cfg.Topic, err)
	case errors.Is(err, kerr.InvalidTimestamp):
		return fmt.Errorf("kafka: topic %q refused the time %s of a record: see message.timestamp.before.max.ms and .after.max.ms of the topic: %w", s.cfg.Topic, r.Timestamp.UTC().Format(time.RFC3339), err)
	}
	return fmt.Errorf("kafka: writing to topic %q: %w", s.cfg.Topic, err)
}
